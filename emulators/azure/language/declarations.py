"""What a template declares: parameters, variables, functions; together the scope in which its expressions stand."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulators.azure.language.evaluation import expand_loop, is_property_copy, resolve
from emulators.azure.language.expressions import Call, Literal
from emulators.azure.language.models import Context, TemplateError
from emulators.azure.language.parameters import given_values, missing
from emulators.azure.language.schemas import check, flatten
from emulators.azure.language.scopes import Lookup, Scope, nothing
from emulators.azure.language.secure_values import hide

Declared = Mapping[str, Any]


def declare(
    template: Declared, parameters: Mapping[str, Mapping[str, Any]], context: Context, predicting: bool
) -> Scope:
    """The scope of a template; each parameter is checked. In predictions a secret that is given stays an expression."""
    definitions = template.get("definitions") or {}
    declared = {name: flatten(schema, definitions) for name, schema in (template.get("parameters") or {}).items()}
    given = given_values(declared, parameters, predicting, context.read_secret)
    has_profile = template.get("apiProfile") is not None
    scope = Scope(context, str(template.get("contentVersion", "")), may_refer=False, has_profile=has_profile)
    # Defaults, variables and functions may use each other, so each lookup sees the others through the scope they share.
    lookups: dict[str, Lookup] = {}
    seen = replace(scope, variable=lambda name: lookups["variable"](name))
    scope = replace(scope, functions=_functions(template.get("functions") or (), definitions, seen))
    scope = replace(
        scope, parameter=lambda name: lookups["parameter"](name), variable=lambda name: lookups["variable"](name)
    )
    in_defaults = replace(scope, is_default_value=True)

    def parameter(name: str) -> Any:
        schema = declared[name]
        if name in given and not (given[name] is None and "defaultValue" in schema):
            value = given[name]
            check(value, schema, definitions, f"template parameter '{name}'")
            return hide(value, schema, definitions, Call("parameters", (Literal(name),))) if predicting else value
        if "defaultValue" not in schema:
            if schema.get("nullable"):
                return None
            raise missing(name)
        value = resolve(schema["defaultValue"], in_defaults)
        check(value, schema, definitions, f"template parameter '{name}'")
        return value

    variables, loops = _variables(template.get("variables") or {})

    def variable(name: str) -> Any:
        return expand_loop(loops[name], scope) if name in loops else resolve(variables[name], scope)

    lookups["parameter"] = _once("parameter", declared, parameter)
    lookups["variable"] = _once("variable", [*variables, *loops], variable)
    for name in declared:
        lookups["parameter"](name)
    for name in [*variables, *loops]:
        try:
            lookups["variable"](name)
        except TemplateError as error:
            raise TemplateError(f"The template variable '{name}' is not valid: {error.message}", error.code) from error
    return scope


def _once(kind: str, names: Iterable[str], compute: Callable[[str], Any]) -> Lookup:
    """A lookup without case that computes each value at most once and finds circles."""
    spelled = {name.lower(): name for name in names}
    values: dict[str, Any] = {}
    running: list[str] = []

    def lookup(name: str) -> Any:
        key = name.lower()
        if key in values:
            return values[key]
        if key not in spelled:
            return nothing(kind)(name)
        if key in running:
            circle = " -> ".join(spelled[item] for item in [*running[running.index(key) :], key])
            raise TemplateError(f"The '{spelled[key]}' symbol's definition cycles back to itself ({circle}).")
        running.append(key)
        try:
            values[key] = compute(spelled[key])
        finally:
            running.pop()
        return values[key]

    return lookup


def _variables(declared: Declared) -> tuple[dict[str, Any], dict[str, Any]]:
    """The plain variables, and those that are copy loops."""
    plain = dict(declared)
    loops = plain.pop("copy") if is_property_copy(plain.get("copy")) else []
    names = {name.lower() for name in plain}
    if double := next((loop["name"] for loop in loops if str(loop["name"]).lower() in names), None):
        raise TemplateError(
            f"Each variable declaration must have a unique name, but the template defines multiple variables named "
            f"'{double}'. Please see https://aka.ms/arm-syntax-variables for usage details."
        )
    return plain, {str(loop["name"]): loop for loop in loops}


def _functions(
    declared: Sequence[Declared], definitions: Declared, scope: Scope
) -> dict[str, Callable[[list[Any]], Any]]:
    """The user-defined functions, by `namespace.name` in lower case. They see their parameters, each other, and the
    variables.
    """
    functions: dict[str, Callable[[list[Any]], Any]] = {}
    inner = replace(scope, functions=functions)
    for space in declared:
        for name, member in (space.get("members") or {}).items():
            full = f"{space['namespace']}.{name}"
            functions[full.lower()] = _function(full, member, definitions, inner)
    return functions


def _function(full: str, member: Declared, definitions: Declared, scope: Scope) -> Callable[[list[Any]], Any]:
    parameters = member.get("parameters") or []

    def call(arguments: list[Any]) -> Any:
        if len(arguments) != len(parameters):
            raise TemplateError(
                f"The user-defined function '{full}' takes {len(parameters)} arguments; {len(arguments)} are given."
            )
        values = {}
        for declared, value in zip(parameters, arguments, strict=True):
            check(value, declared, definitions, f"'{declared['name']}' parameter of the user-defined function '{full}'")
            values[str(declared["name"]).lower()] = value
        output = member["output"]
        own = replace(scope, parameter=_once("parameter", values, lambda name: values[name.lower()]))
        value = resolve(output["value"], own)
        check(value, output, definitions, f"output of the user-defined function '{full}'")
        return value

    return call
