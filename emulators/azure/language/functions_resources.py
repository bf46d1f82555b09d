"""Functions that ask for the state of resources: reference, references, list*, resourceInfo."""

from typing import Any

from emulators.azure.language.expressions import Call
from emulators.azure.language.foresight import foretell
from emulators.azure.language.functions_logic import Evaluate, Scoped, left, take
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import Residual, quote
from emulators.azure.language.scopes import Scope, Target

SECURE_OUTPUTS = "listoutputswithsecurevalues"  # of a nested deployment: the engine's own, no action of a resource


def _target(call: Call, name: Any, scope: Scope) -> Target:
    if not scope.may_refer:
        raise TemplateError(
            f"The template function '{call.name}' is not expected at this location. "
            "Please see https://aka.ms/arm-functions for usage details."
        )
    target = scope.find(name) if isinstance(name, str) else None
    if target:
        return target
    own = scope.context.resource_group["id"] if scope.context.resource_group else scope.context.scope_id
    if isinstance(name, str) and "/" in name and name[0] != "/" and isinstance(own, str):
        return Target(f"{own}/providers/{name}", None)  # type/name, in the scope of the deployment
    if isinstance(name, str) and (name.startswith("/") or scope.runtime is None):
        return Target(name, None)
    raise TemplateError(
        f"The template reference '{name}' is not valid: could not find template resource or resource copy with this "
        "name. Please see https://aka.ms/arm-function-reference for usage details."
    )


def _is_full(value: Any) -> bool:
    return isinstance(value, str) and value.lower() == "full"


def _reference(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    name, *options = take(call, scope, evaluate, 1, 3)
    if isinstance(name, Residual):
        return Residual(Call(call.name, tuple(map(quote, [name, *options]))))
    return _refer(_target(call, name, scope), options, scope)


def _refer(target: Target, options: list[Any], scope: Scope) -> Any:
    """The state of a resource, by the runtime or as the template foretells it; `options`: api-version, 'Full'."""
    version = (options[0] if options else None) or target.api_version
    full = len(options) > 1 and _is_full(options[1])
    if scope.runtime is not None:
        return scope.runtime.reference(target.id, version, full)
    given = options or ([version] if version else [])
    node = Call("reference", tuple(map(quote, [target.id, *given])))
    is_same = version == target.api_version and not isinstance(target.id, Residual)
    properties = target.properties() if is_same else None
    if properties is None:
        return Residual(node)
    return foretell({"Properties": properties} if full else properties, node, target.exact)


def _references(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    """references(symbol, 'Full'): the states of all copies of a loop."""
    symbol, *full = take(call, scope, evaluate, 1, 2)
    targets: list[Target] = []
    while target := scope.find(f"{symbol}[{len(targets)}]"):
        targets.append(target)
    if not targets and scope.runtime is None:
        return left(call, scope, [symbol, *full])
    return [_refer(target, [target.api_version, *full] if full else [], scope) for target in targets]


def call_list(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    """list*(resource, apiVersion, body): the actions whose names start with `list`."""
    name, api_version, *body = take(call, scope, evaluate, 2, 3)
    if isinstance(name, Residual):
        return Residual(Call(call.name, tuple(map(quote, [name, api_version, *body]))))
    target = _target(call, name, scope)
    if scope.runtime is not None:
        return scope.runtime.list(target.id, call.name, api_version, body[0] if body else None)
    is_plain = call.name.lower() == SECURE_OUTPUTS and not scope.leads_out
    shown = name if is_plain else target.id
    return Residual(Call(call.name, tuple(map(quote, [shown, api_version, *body]))))


def _resource_info(call: Call, scope: Scope, evaluate: Evaluate) -> Any:
    [name] = take(call, scope, evaluate, 1)
    target = scope.find(name) if isinstance(name, str) else None
    if target is None:
        raise TemplateError(
            f"The template resource '{name}' is not found. Please see https://aka.ms/arm-syntax for usage details."
        )
    _, _, path = target.id.rpartition("/providers/")
    namespace, *pairs = path.split("/")
    full_type = "/".join([namespace, *pairs[::2]])
    return {"id": target.id, "name": "/".join(pairs[1::2]), "type": full_type, "apiVersion": target.api_version}


TABLE: dict[str, Scoped] = {
    "reference": _reference,
    "references": _references,
    "resourceinfo": _resource_info,
}
