"""The entries of a template's `resources`: copies made, children taken out of their parents, identities resolved."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulators.azure.language.evaluation import copy_count, resolve
from emulators.azure.language.identities import DEPLOYMENT, resource_id, scope_of
from emulators.azure.language.models import Context, Resource, TemplateError
from emulators.azure.language.residuals import Residual
from emulators.azure.language.scopes import Scope


@dataclass(frozen=True)
class Entry:
    """One resource of a template: what is written (`raw`), where its expressions stand, the context of its deployment.

    `identity` is its id, or the expression of it in predictions. `loop` and `index` name the copy that it is; `batch`
    is how many copies a serial loop deploys at a time, 0 for all.
    """

    raw: Mapping[str, Any]
    scope: Scope
    context: Context
    resource: Resource
    identity: Any
    loop: str | None = None
    index: int = 0
    batch: int = 0

    def names(self, symbolic: bool) -> list[str]:
        """By what reference() and dependsOn may name it."""
        resource = self.resource
        if not symbolic:
            with_type = resource.id[len(resource.scope) :].removeprefix("/providers/")
            return [resource.id, resource.name, with_type, resource.name.rpartition("/")[2]]
        symbol = f"{resource.symbol}[{self.index}]" if self.loop else str(resource.symbol)
        return [symbol, resource.id]


def entries_of(resources: Any, scope: Scope) -> Iterator[Entry]:
    """The entries of `resources`, an array or (symbolic names) an object."""
    named = resources.items() if isinstance(resources, Mapping) else ((None, raw) for raw in resources)
    for symbol, raw in named:
        yield from _copies(symbol, raw, scope, None)


def _copies(symbol: str | None, raw: Mapping[str, Any], scope: Scope, parent: Resource | None) -> Iterator[Entry]:
    loop = raw.get("copy")
    if not isinstance(loop, Mapping):
        yield from _entry(symbol, raw, scope, parent, {})
        return
    name = str(loop.get("name", symbol or ""))
    serial = str(loop.get("mode", "parallel")).lower() == "serial"
    static = replace(scope, may_refer=False)
    batch = int(resolve(loop.get("batchSize", 1), static)) if serial else 0
    for index in range(copy_count(loop, static)):
        copied = replace(scope, copies={**scope.copies, name.lower(): index}, copy=name.lower())
        yield from _entry(symbol, raw, copied, parent, {"loop": name, "index": index, "batch": batch})


def _entry(
    symbol: str | None, raw: Mapping[str, Any], scope: Scope, parent: Resource | None, loop: Mapping[str, Any]
) -> Iterator[Entry]:
    try:
        resource, context, identity = _identify(symbol, raw, replace(scope, may_refer=False), parent)
    except TemplateError as error:
        raise TemplateError(
            f"The template resource '{raw.get('name')}' is not valid: {error.message}", error.code
        ) from error
    yield Entry(raw, scope, context, resource, identity, **loop)
    for child in raw.get("resources") or ():
        yield from _copies(None, child, scope, resource)


def _identify(
    symbol: str | None, raw: Mapping[str, Any], scope: Scope, parent: Resource | None
) -> tuple[Resource, Context, Any]:
    for key in ("type", "apiVersion", "name"):
        if not isinstance(raw.get(key), str):
            raise TemplateError(
                f"The resource has no '{key}'. Please see https://aka.ms/arm-syntax-resources for usage details."
            )
    full_type, name, api_version = (_text(resolve(raw[key], scope), key) for key in ("type", "name", "apiVersion"))
    if parent is not None and not full_type.lower().startswith(parent.type.lower() + "/"):
        full_type, name = f"{parent.type}/{full_type}", f"{parent.name}/{name}"
    keys = ["resourceGroup", "subscriptionId"]
    placed = {key: resolve(raw[key], scope) for key in [*keys, "scope"] if key in raw}
    context = scope_of(placed, scope.context)
    extended = placed.get("scope")
    if full_type.lower() == DEPLOYMENT and extended is not None:
        context, extended = replace(context, resource_group=None, scope=str(extended)), None
    condition = _condition(resolve(raw.get("condition", True), scope))
    identity = resource_id(full_type, name, extended, context)
    text = str(identity)
    resource = Resource(
        symbol=symbol,
        id=text,
        type=full_type,
        name=str(name),
        api_version=str(api_version),
        scope=text[: max(text.lower().rfind("/providers/"), 0)],
        condition=condition,
        existing=bool(raw.get("existing", False)),
        only_if_not_exists=_only_if_not_exists(raw.get("@options") or {}),
    )
    return resource, context, identity


def _only_if_not_exists(options: Mapping[str, Any]) -> bool:
    if unknown := sorted(options.keys() - {"onlyIfNotExists"}):
        raise TemplateError(f"The option '{unknown[0]}' of resources is not supported by the embedded Azure.")
    return "onlyIfNotExists" in options


def _text(value: Any, key: str) -> Any:
    if not isinstance(value, (str, Residual)) or value == "":
        raise TemplateError(f"The resource's '{key}' must be a text that is not empty, but is '{value}'.")
    return value


def _condition(value: Any) -> Any:
    if isinstance(value, (bool, Residual)):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise TemplateError(f"The resource's 'condition' must be a boolean, but is '{value}'.")
