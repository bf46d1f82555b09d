"""Random worlds and templates: few names, so that much of it meets."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from tests.properties.views import VERSION

SUBSCRIPTIONS = ("33333333-3333-3333-3333-333333333333", "44444444-4444-4444-4444-444444444444")
GROUPS = tuple(
    f"/subscriptions/{subscription}/resourceGroups/{name}" for subscription in SUBSCRIPTIONS for name in ("rg", "hub")
)
HOME = GROUPS[0]
BOX, POLICY = "Contoso.Store/boxes", "Microsoft.Network/firewallPolicies"
CHILDREN = {BOX: "parts", POLICY: "ruleCollectionGroups"}
ROLE_NAME = "55555555-5555-5555-5555-555555555555"
EXTENSIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "lock": ("Microsoft.Authorization/locks", "2020-05-01", {"level": "CanNotDelete"}),
    ROLE_NAME: (
        "Microsoft.Authorization/roleAssignments",
        "2022-04-01",
        {"roleDefinitionId": "reader", "principalId": "p"},
    ),
}
_SCHEMAS = {
    "resourceGroup": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "subscription": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
}
Draw = Callable[[st.SearchStrategy[Any]], Any]
Entry = dict[str, Any]


def build_template(
    entries: list[Entry], scope: str = "resourceGroup", parameters: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A template of these resources. With one that exists already it has symbolic names."""
    template: dict[str, Any] = {"$schema": _SCHEMAS[scope], "contentVersion": "1.0.0.0"}
    if parameters:
        template["parameters"] = {name: {"type": "string"} for name in parameters}
    if any(entry.get("existing") for entry in entries):
        named = {f"r{at}": entry for at, entry in enumerate(entries)}
        return {**template, "languageVersion": "2.0", "resources": named}
    return {**template, "resources": entries}


def build_top(kind: str, name: str, value: Any = "x") -> Entry:
    return {
        "type": kind,
        "apiVersion": VERSION,
        "name": name,
        "location": "northeurope",
        "properties": {"value": value},
    }


def build_child(kind: str, parent: str, name: str) -> Entry:
    return {
        "type": f"{kind}/{CHILDREN[kind]}",
        "apiVersion": VERSION,
        "name": f"{parent}/{name}",
        "properties": {"value": "x"},
    }


def build_extension(name: str, extended: str = "") -> Entry:
    """A lock or a role assignment on a resource (`<type>/<name>`), or on what is deployed to."""
    kind, version, properties = EXTENSIONS[name]
    scope = {"scope": extended} if extended else {}
    return {"type": kind, "apiVersion": version, "name": name, **scope, "properties": properties}


def build_group(name: str) -> Entry:
    return {
        "type": "Microsoft.Resources/resourceGroups",
        "apiVersion": VERSION,
        "name": name,
        "location": "northeurope",
    }


def build_nested(
    template: dict[str, Any], group: str, name: str = "inner", parameters: dict[str, Any] | None = None
) -> Entry:
    """A nested deployment into a group (its id)."""
    given = {key: {"value": value} for key, value in (parameters or {}).items()}
    properties = {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "parameters": given}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": name,
        "subscriptionId": group.split("/")[2],
        "resourceGroup": group.split("/")[4],
        "properties": {**properties, "template": template},
    }


def build_body(kind: str) -> dict[str, Any]:
    """The body of a PUT of a resource of a type."""
    known = next((properties for name, _, properties in EXTENSIONS.values() if name == kind), None)
    if known is not None:
        return {"properties": known}
    located = {"location": "northeurope"} if kind.count("/") == 1 else {}
    return {**located, "properties": {"value": "x"}}


@st.composite
def contents(draw: Draw, group: str) -> list[str]:
    """Ids of what may lie in a group: parents before children, children before what extends them."""
    ids = []
    for kind, name in draw(
        st.lists(st.tuples(st.sampled_from((BOX, POLICY)), st.sampled_from("ab")), max_size=3, unique=True)
    ):
        top = f"{group}/providers/{kind}/{name}"
        ids.append(top)
        if draw(st.booleans()):
            ids.append(f"{top}/{CHILDREN[kind]}/c")
    for extended in (group, *ids):
        name = draw(st.sampled_from(("", "", "", *EXTENSIONS)))
        if name:
            ids.append(f"{extended}/providers/{EXTENSIONS[name][0]}/{name}")
    return ids


@st.composite
def entries(draw: Draw, group: str) -> list[Entry]:
    """Resources of a template for a group: each after what it depends on. What it does not make may be there or not."""
    found: list[Entry] = []
    tops = draw(st.lists(st.tuples(st.sampled_from((BOX, POLICY)), st.sampled_from("ab")), max_size=3, unique=True))
    for kind, name in tops:
        top = f"{group}/providers/{kind}/{name}"
        form = draw(st.sampled_from(("made", "made", "made", "existing", "absent")))
        if form != "absent":
            found.append({**build_top(kind, name), **({"existing": True} if form == "existing" else {})})
        before = {"dependsOn": [top]} if form == "made" else {}
        if draw(st.booleans()):
            found.append({**build_child(kind, name, "c"), **before})
        extension = draw(st.sampled_from(("", "", *EXTENSIONS)))
        if extension:
            found.append({**build_extension(extension, f"{kind}/{name}"), **before})
    extension = draw(st.sampled_from(("", "", "", *EXTENSIONS)))
    return [*found, build_extension(extension)] if extension else found


@st.composite
def group_templates(draw: Draw, group: str = HOME) -> dict[str, Any]:
    """A template for a group: its own resources, what asks other resources, nested deployments."""
    found = draw(entries(group))
    made = [entry for entry in found if entry["type"] in CHILDREN and not entry.get("existing")]
    asked = draw(st.sampled_from((None, "reference", "listKeys")))
    if asked:
        target = f"{draw(st.sampled_from(GROUPS))}/providers/{BOX}/{draw(st.sampled_from('ab'))}"
        member = "value" if asked == "reference" else "key1"
        before = {"dependsOn": [target]} if any(_is_made(entry, target, group) for entry in made) else {}
        found.append({**build_top(BOX, "asks", f"[{asked}('{target}', '{VERSION}').{member}]"), **before})
    for name in draw(st.lists(st.sampled_from(("inner", "other")), max_size=2, unique=True)):
        found.append(_draw_nested(draw, name, group, made))
    return build_template(found)


@st.composite
def subscription_templates(draw: Draw) -> dict[str, Any]:
    """A template for a subscription: groups, and nested deployments into them or into others."""
    subscription = draw(st.sampled_from(SUBSCRIPTIONS))
    names = draw(st.lists(st.sampled_from(("rg", "hub", "new")), max_size=2, unique=True))
    found: list[Entry] = [build_group(name) for name in names]
    groups = [f"/subscriptions/{SUBSCRIPTIONS[0]}/resourceGroups/{entry['name']}" for entry in found]
    for at, group in enumerate(draw(st.lists(st.sampled_from((*groups, *GROUPS)), max_size=2, unique=True))):
        nested = build_nested(build_template(draw(entries(group))), group, f"inner{at}")
        found.append({**nested, **({"dependsOn": [group]} if group in groups else {})})
    if draw(st.booleans()):
        elsewhere = build_nested(
            build_template([build_group("new")], "subscription"), f"/subscriptions/{subscription}/x/x"
        )
        found.append(
            {
                **{key: value for key, value in elsewhere.items() if key != "resourceGroup"},
                "name": "elsewhere",
                "location": "northeurope",
            }
        )
    return build_template(found, "subscription")


def _draw_nested(draw: Draw, name: str, group: str, made: list[Entry]) -> Entry:
    """A nested deployment: plain, with a parameter, or with one that only a run can know."""
    target = draw(st.sampled_from(GROUPS))
    form = draw(st.sampled_from(("plain", "parameter", "run-time", "run-time")))
    if form == "plain":
        return build_nested(build_template(draw(entries(target))), target, name)
    template = build_template([build_top(BOX, "[parameters('x')]")], parameters=("x",))
    if form == "parameter" or not made:
        return build_nested(template, target, name, {"x": draw(st.sampled_from("ab"))})
    asked = f"{group}/providers/{made[0]['type']}/{made[0]['name']}"
    return {
        **build_nested(template, target, name, {"x": f"[reference('{asked}', '{VERSION}').value]"}),
        "dependsOn": [asked],
    }


def _is_made(entry: Entry, target: str, group: str) -> bool:
    return f"{group}/providers/{entry['type']}/{entry['name']}".lower() == target.lower()
