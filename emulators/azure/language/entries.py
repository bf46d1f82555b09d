"""The entries of a template's `resources`: copies made, children taken out of their parents, identities resolved."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulators.azure.language.batches import batch_size
from emulators.azure.language.evaluation import copy_count, resolve
from emulators.azure.language.identities import DEPLOYMENT, RESOURCE_GROUP, resource_id, scope_of
from emulators.azure.language.models import Context, Resource, TemplateError
from emulators.azure.language.profiles import find_version, takes_version_of_profile
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
            if resource.type.lower() == RESOURCE_GROUP:
                with_type = f"{resource.type}/{resource.name}"
            return [resource.id, resource.name, with_type, resource.name.rpartition("/")[2]]
        symbol = f"{resource.symbol}[{self.index}]" if self.loop else str(resource.symbol)
        return [symbol, resource.id]


def entries_of(resources: Any, scope: Scope) -> Iterator[Entry]:
    """The entries of `resources`, an array or (symbolic names) an object."""
    for symbol, raw in _named(resources):
        yield from _copies(symbol, raw, scope, None)


def _named(resources: Any) -> Iterable[tuple[str | None, Mapping[str, Any]]]:
    return resources.items() if isinstance(resources, Mapping) else ((None, raw) for raw in resources)


def loop_names(resources: Any) -> Iterator[str]:
    """How dependsOn may name the loops of `resources`, in lower case: those without copies, too."""
    for symbol, raw in _named(resources):
        loop = raw.get("copy")
        if isinstance(loop, Mapping):
            yield from (str(name).lower() for name in (symbol, loop.get("name")) if name)
        yield from loop_names(raw.get("resources") or ())


def _copies(symbol: str | None, raw: Mapping[str, Any], scope: Scope, parent: Resource | None) -> Iterator[Entry]:
    loop = raw.get("copy")
    if not isinstance(loop, Mapping):
        yield from _entry(symbol, raw, scope, parent, {})
        return
    name = str(loop.get("name", symbol or ""))
    static = replace(scope, may_refer=False)
    count = copy_count(loop, static)
    batch = batch_size(loop, str(symbol or raw.get("name")), static) if count else 0
    for index in range(count):
        copied = replace(scope, copies={**scope.copies, name.lower(): index}, copy=name.lower())
        yield from _entry(symbol, raw, copied, parent, {"loop": name, "index": index, "batch": batch})


def _entry(
    symbol: str | None, raw: Mapping[str, Any], scope: Scope, parent: Resource | None, loop: Mapping[str, Any]
) -> Iterator[Entry]:
    static = replace(scope, may_refer=False)
    condition: Any = True
    try:
        _require(raw, "type")
        if not takes_version_of_profile(raw, scope):
            _require(raw, "apiVersion")
        condition = _condition(resolve(raw.get("condition", True), static))
        resource, context, identity = _identify(symbol, raw, static, parent)
    except TemplateError as error:
        if condition is not False:
            raise TemplateError(
                f"The template resource '{raw.get('name')}' is not valid: {error.message}", error.code
            ) from error
        resource, context, identity = _describe_skipped(symbol, raw, scope.context)
    resource = replace(resource, condition=condition)
    yield Entry(raw, scope, context, resource, identity, **loop)
    for symbol, child in _named(raw.get("resources") or ()):
        if symbol is None:  # a child within its parent is never copied
            yield from _entry(symbol, child, scope, resource, {})
        else:
            yield from _copies(symbol, child, scope, resource)


def _identify(
    symbol: str | None, raw: Mapping[str, Any], scope: Scope, parent: Resource | None
) -> tuple[Resource, Context, Any]:
    _require(raw, "name")
    full_type, name = (_text(resolve(raw[key], scope), key) for key in ("type", "name"))
    is_whole = parent is None or full_type.lower().startswith(parent.type.lower() + "/")
    if parent is not None and not is_whole and not _is_of_another(full_type, name):
        full_type, name = f"{parent.type}/{full_type}", f"{parent.name}/{name}"
    keys = ["resourceGroup", "subscriptionId"]
    placed = {key: resolve(raw[key], scope) for key in [*keys, "scope"] if key in raw}
    context = scope_of(placed, scope.context)
    extended = placed.get("scope")
    if full_type.lower() == DEPLOYMENT and extended is not None:
        context, extended = replace(context, resource_group=None, scope=str(extended)), None
    identity = resource_id(full_type, name, extended, context)
    if takes_version_of_profile(raw, scope):
        api_version = find_version(full_type, scope.context)
    else:
        api_version = _text(resolve(raw["apiVersion"], scope), "apiVersion")
    if full_type.lower() == DEPLOYMENT and not raw.get("existing"):
        _check_location(resolve(raw.get("location"), scope), identity, context)
    text = str(identity)
    resource = Resource(
        symbol=symbol,
        id=text,
        type=full_type,
        name=str(name),
        api_version=str(api_version),
        scope=text[: max(text.lower().rfind("/providers/"), 0)],
        existing=bool(raw.get("existing", False)),
        **_read_options(raw.get("@options") or {}),
    )
    return resource, context, identity


def _check_location(location: Any, identity: Any, context: Context) -> None:
    """Raise TemplateError unless a nested deployment has a location, or is at the scope of a resource group."""
    usage = "Please see https://aka.ms/arm-deployment-subscription for usage details."
    if location is None and context.resource_group is None:
        raise TemplateError(f"The 'location' property must be specified for '{identity}'. {usage}")
    if location is not None and context.resource_group is not None:
        raise TemplateError(f"The 'location' property is not allowed for '{identity}' at resource group scope. {usage}")


def _require(raw: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        if not isinstance(raw.get(key), str):
            raise TemplateError(
                f"The resource has no '{key}'. Please see https://aka.ms/arm-syntax-resources for usage details."
            )


def _is_of_another(full_type: str, name: Any) -> bool:
    """Whether a resource that is written within another one is no child of it: its type and name are whole."""
    namespace, *types = full_type.split("/")
    return "." in namespace and (isinstance(name, Residual) or len(types) == len(name.split("/")))


def _describe_skipped(symbol: str | None, raw: Mapping[str, Any], context: Context) -> tuple[Resource, Context, Any]:
    """A resource that is not deployed: what is wrong with it does not count, and it is called as it is written."""
    kind, name, version = (str(raw.get(key, "")) for key in ("type", "name", "apiVersion"))
    scope = context.scope_id
    written = f"{scope}/providers/{kind}/{name}"
    return Resource(symbol, written, kind, name, version, scope, existing=bool(raw.get("existing"))), context, written


def _read_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """What `@options` say of a resource, as Bicep writes them: `onlyIfNotExists`, `retryOn: [[codes], count]`."""
    if unknown := sorted(options.keys() - {"onlyIfNotExists", "retryOn"}):
        raise TemplateError(f"The option '{unknown[0]}' of resources is not supported by the embedded Azure.")
    read: dict[str, Any] = {"only_if_not_exists": "onlyIfNotExists" in options}
    if "retryOn" in options:
        codes, *count = options["retryOn"] if isinstance(options["retryOn"], list) else (None,)
        if not isinstance(codes, list) or not all(isinstance(part, int) for part in count):
            raise TemplateError(f"The option 'retryOn' is '{options['retryOn']}'. Expected '[[codes], count]'.")
        read |= {"retry_on": tuple(str(code).lower() for code in codes), "retries": count[0] if count else 1}
    return read


def _text(value: Any, key: str) -> Any:
    if not isinstance(value, (str, Residual)) or value == "":
        raise TemplateError(f"The resource's '{key}' must be a text that is not empty, but is '{value}'.")
    return value


def _condition(value: Any) -> Any:
    if value is None:
        return True
    if isinstance(value, (bool, Residual)):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise TemplateError(f"The resource's 'condition' must be a boolean, but is '{value}'.")
