"""Property values for template parameters: they are found by name."""

from typing import Any

from driver.models.requests import Properties, Property
from driver.packages.coercions import Unfit
from driver.packages.templates import Parameter

OPEN_KEY = "a private key goes only to a secure parameter (securestring)"


def find_value(parameter: Parameter, sources: tuple[Properties, ...]) -> Any:
    """The value of the property with the parameter's name, from the first source that has one; None if none has.

    Of a property of type `key`, the parameters `<name>` and `<name>_public` get the public key. The secure parameters
    `<name>` and `<name>_private` get the private key.
    """
    for properties in sources:
        if (found := _find_property(properties, parameter.name)) is not None:
            if not found.is_key:
                return found.value
            return found.private_key if parameter.secure else found.public_key
        for suffix in ("_public", "_private"):
            key = (
                _find_property(properties, parameter.name.removesuffix(suffix))
                if parameter.name.endswith(suffix)
                else None
            )
            if key is not None and key.is_key:
                return _read_key_half(key, suffix, parameter)
    return None


def is_absent(value: Any, parameter: Parameter) -> bool:
    """Whether a value counts as not given: null, or an empty text unless a required string parameter takes it."""
    return value is None or (
        value == "" and (not parameter.required or parameter.type not in ("string", "securestring"))
    )


def _find_property(properties: Properties, name: str) -> Property | None:
    if name in properties:
        return properties[name]
    return next((value for key, value in properties.items() if key.lower() == name.lower()), None)


def _read_key_half(key: Property, suffix: str, parameter: Parameter) -> Any:
    if suffix == "_public":
        return key.public_key
    if not parameter.secure:
        raise Unfit(OPEN_KEY)
    return key.private_key
