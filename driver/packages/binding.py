"""Binding of template parameters: each gets its value by name, converted to its type."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from driver.errors import Missing
from driver.faults import suggest_name
from driver.models.requests import Properties
from driver.packages import properties
from driver.packages.coercions import Unfit
from driver.packages.secure_values import mask_values
from driver.packages.templates import Parameter
from driver.packages.values import coerce_value
from driver.redaction import list_key_texts, shows_secret

_MOST_SUGGESTED = 20  # missing properties for which a similar one is looked for
_SHORTEST_KEY = 32  # a shorter text is no private key, but a placeholder: other values may have it by chance


def bind_parameters(
    parameters: Collection[Parameter],
    explicit: Mapping[str, Any],
    sources: tuple[Properties, ...],
    given: Mapping[str, Any],
    system: Properties,
    faults: list[str],
    find_place: Callable[[str], str],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of a template's parameters, and the Key Vault references of those that have one. A parameter that
    keeps its default is in neither.

    A value comes from `explicit` (lifecycle.yaml), else from the property of its name in the first of the `sources`
    that has it, else from `given` (a .bicepparam file, as an ARM parameters file: `{name: {"value"} |
    {"reference"}}`), else, if the template has no default, from the `system` properties (ADR 39). What is wrong is
    added to `faults`, with the place of a value from `explicit`, by the parameter's name there. So is a value from
    `explicit` that shows the private key of a property where its parameter is not secure.
    """
    spelled = {name.lower(): name for name in explicit}
    lifecycle = {name.lower(): value for name, value in explicit.items()}
    bound: dict[str, Any] = {}
    references: dict[str, Any] = {}
    declared = {parameter.name.lower() for parameter in parameters}
    private = _list_private_texts((*sources, system)) if explicit else []
    others = [name for source in sources[:2] for name in source if name.lower() not in declared]
    for parameter in parameters:
        file = given.get(parameter.name, {})
        is_explicit = parameter.name.lower() in lifecycle
        place = find_place(spelled[parameter.name.lower()]) if is_explicit else f"property '{parameter.name}'"
        try:
            value = lifecycle[parameter.name.lower()] if is_explicit else properties.find_value(parameter, sources)
            if properties.is_absent(value, parameter):
                value = file.get("value")
            if value is None and parameter.required and not is_explicit and not file:
                value = properties.find_value(parameter, (system,))
            if not properties.is_absent(value, parameter):
                bound[parameter.name] = _convert_value(parameter, value, private if is_explicit else [])
            elif "reference" in file:
                references[parameter.name] = file["reference"]
            elif parameter.required:
                is_near = not is_explicit and len(faults) < _MOST_SUGGESTED
                near = suggest_name(parameter.name, others) if is_near else ""
                said = ": it gives no value" if is_explicit else " is missing"
                faults.append(Missing(f"{place}{said}: {_describe_requirement(parameter)}{near}"))
        except Unfit as unfit:
            faults.append(f"{place}: {unfit}")
    return bound, references


def _convert_value(parameter: Parameter, value: Any, private: list[str]) -> Any:
    """The value converted to the parameter's type. Raises Unfit if it does not fit, or shows one of the `private` texts
    where it is not secure.
    """
    if not parameter.shows_secrets:
        _refuse_private_key(value, private)  # first: the message about a value that does not fit may repeat it
    converted = coerce_value(parameter, value)
    if not parameter.secure:
        _refuse_private_key(mask_values(converted, parameter.list_secure_members(converted)), private)
    return converted


def _refuse_private_key(value: Any, private: list[str]) -> None:
    if shows_secret(value, private):
        raise Unfit(properties.OPEN_KEY)


def _list_private_texts(sources: tuple[Properties, ...]) -> list[str]:
    """The texts by which the private keys of properties are recognised."""
    keys = [value for source in sources for value in source.values() if value.is_key]
    texts = [
        text for key in keys if key.private_key for text in (key.private_key.strip(), *list_key_texts(key.private_key))
    ]
    # A private key also holds the public one: a line of it may stand there, too.
    public = [key.public_key for key in keys if key.public_key]
    return [text for text in texts if len(text) >= _SHORTEST_KEY and not any(text in one for one in public)]


def _describe_requirement(parameter: Parameter) -> str:
    allowed = f", one of {', '.join(map(str, parameter.allowed))}" if parameter.allowed else ""
    return f"it is required ({parameter.type}{allowed})"
