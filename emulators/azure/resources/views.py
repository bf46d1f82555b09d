"""Resources as their services show them: keys, their order, defaults and computed values by api-version."""

from typing import Any

from emulators.azure.providers import texts, type_of
from emulators.azure.providers.computed import FUNCTIONS, REWORKED
from emulators.azure.providers.types import ABSENT, Field, Items
from emulators.azure.wire.times import timestamp
from emulators.azure.world import ids
from emulators.azure.world.entities import Resource
from emulators.azure.world.state import State


def show(state: State, resource: Resource, version: str) -> dict[str, Any]:
    """The whole resource as GET answers it."""
    row = type_of(resource.type)
    known = {
        "id": resource.id,
        "name": resource.name,
        "type": row.name,
        "location": resource.location,
        "tags": resource.tags,
        "etag": shown_etag(state, resource, version),
        "properties": _properties(state, resource, row.fields, resource.properties, version),
    }
    top = top_of(state, resource, version)
    if known["tags"] is None:
        known["tags"] = top.pop("tags", None)
    shown = {}
    for name in row.order:
        value = known.get(name, top.pop(name, None))
        if value is not None:
            shown[name] = value
    shown |= {name: value for name, value in top.items() if value is not None}
    is_invented = row.name.lower().startswith("contoso.")  # has it, as the contract of resource providers asks
    return shown | (_show_system_data(resource) if is_invented or version >= row.shows_system_data else {})


def _show_system_data(resource: Resource) -> dict[str, Any]:
    return {
        "systemData": {
            "createdByType": "Application",
            "createdAt": timestamp(resource.created),
            "lastModifiedByType": "Application",
            "lastModifiedAt": timestamp(resource.changed),
        }
    }


def top_of(state: State, resource: Resource, version: str) -> dict[str, Any]:
    """What stands beside `properties` (sku, kind, zones ...), with the service's defaults."""
    top = dict(resource.top)
    for field in type_of(resource.type).top:
        if not field.shown_in(version):
            continue
        value = FUNCTIONS[field.computed](state, resource, {}) if field.computed else field.default
        if "." in field.name:
            _add_below(top, field.name.split("."), value)
        elif value is not ABSENT and top.get(field.name) is None:
            top[field.name] = value
    return top


def _properties(
    state: State,
    resource: Resource,
    fields: tuple[Field, ...],
    stored: dict[str, Any],
    version: str,
    item: dict[str, Any] | None = None,
) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for field in fields:
        if not field.shown_in(version) or field.dropped:
            continue
        value = _value(state, resource, field, stored, version, item or {})
        if value is ABSENT:
            continue
        if "." in field.name:
            _add_below(shown, field.name.split("."), value)
        elif field.name not in shown:
            shown[field.name] = value
    hidden = {field.name for field in fields}
    return shown | {name: value for name, value in stored.items() if name not in hidden and value is not None}


def _value(
    state: State, resource: Resource, field: Field, stored: dict[str, Any], version: str, item: dict[str, Any]
) -> Any:
    if field.text is not None and stored.get(field.name) is None:
        return texts.fill(field.text, resource, item)
    if field.reworked is not None:
        return REWORKED[field.reworked](state, resource, item, version)
    if field.computed is not None:
        return FUNCTIONS[field.computed](state, resource, item)
    if field.children is not None:
        return [
            show(state, child, version)
            for child in state.children_of(resource.id)
            if child.type.lower() == field.children.lower()
        ]
    value = stored.get(field.name, ABSENT)
    if value is ABSENT or value is None:
        value = ABSENT if callable(field.default) else field.default
    if field.items is not None and isinstance(value, list):
        return [_item(state, resource, field, field.items, item, version) for item in value]
    return value


def _item(
    state: State, resource: Resource, field: Field, items: Items, item: dict[str, Any], version: str
) -> dict[str, Any]:
    name = item.get("name", "")
    shown: dict[str, Any] = {}
    for key in items.order:
        if key == "id":
            shown["id"] = f"{resource.id}/{field.name}/{name}"
        elif key == "etag":
            shown["etag"] = shown_etag(state, resource, version)
        elif key == "type":
            shown["type"] = items.type
        elif key == "properties":
            shown["properties"] = _properties(
                state, resource, items.fields, item.get("properties") or {}, version, item
            )
        elif key in item:
            shown[key] = item[key]
    return shown


def _add_below(shown: dict[str, Any], path: list[str], value: Any) -> None:
    """Add a default to an object that is there, without changing what is stored."""
    holder = shown.get(path[0])
    if not isinstance(holder, dict):
        return
    copied = shown[path[0]] = dict(holder)
    if len(path) > 2:
        _add_below(copied, path[1:], value)
    else:
        copied.setdefault(path[1], value)


def shown_etag(state: State, resource: Resource, version: str) -> str | None:
    """The etag in its service's form; None where it has none."""
    row = type_of(resource.type)
    return row.etag.format(etag_of(state, resource)) if row.etag and version >= row.etag_since else None


def etag_of(state: State, resource: Resource) -> str:
    """A network's write changes the etag of the whole family, so the topmost resource keeps it."""
    if type_of(resource.type).own_etag:
        return resource.etag
    rid = ids.parse(resource.id)
    while rid is not None and rid.parent is not None:
        rid = rid.parent
    root = state.resources.get(str(rid).lower())
    return root.etag if root else resource.etag


def listed(state: State, resource: Resource, expand: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The resource as GET .../resources lists it."""
    rid = ids.parse(resource.id)
    top = top_of(state, resource, resource.api_version)
    entry: dict[str, Any] = {
        "id": resource.id,
        "name": rid.full_name if rid else resource.name,
        "type": resource.type,
        "sku": top.get("sku"),
        "kind": top.get("kind"),
        "plan": top.get("plan"),
        "managedBy": top.get("managedBy"),
        "location": resource.location,
        "identity": resource.top.get("identity"),
    }
    if "createdtime" in expand:
        entry["createdTime"] = timestamp(resource.created)
    if "changedtime" in expand:
        entry["changedTime"] = timestamp(resource.changed)
    if "provisioningstate" in expand:
        entry["provisioningState"] = resource.state
    entry["tags"] = resource.tags
    return {key: value for key, value in entry.items() if value is not None}
