"""The types that templates declare, and the check of values against them."""

import re
from collections.abc import Mapping
from typing import Any

from emulators.azure.language.functions_numbers import same
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import Residual
from emulators.azure.language.units import count_units

Schema = Mapping[str, Any]

TYPES: dict[str, tuple[str, type]] = {
    "string": ("String, Uri", str),
    "securestring": ("String, Uri", str),
    "int": ("Integer", int),
    "bool": ("Boolean", bool),
    "array": ("Array", list),
    "object": ("Object", dict),
    "secureobject": ("Object", dict),
}
GIVEN = {
    str: "String",
    int: "Integer",
    float: "Float",
    bool: "Boolean",
    list: "Array",
    dict: "Object",
    type(None): "Null",
}
_LEAST, _MOST = -(2**63), 2**63 - 1  # the integers of 64 bits
USAGE = "Please see https://aka.ms/arm-create-parameter-file for usage details."


TYPE_NAMES = {
    "string": "String",
    "securestring": "SecureString",
    "int": "Int",
    "bool": "Bool",
    "array": "Array",
    "object": "Object",
    "secureobject": "SecureObject",
}


def show_type(schema: Schema) -> dict[str, str]:
    """`{"type": "String"}`, as GET shows it of a parameter or output; nothing for one that takes any value."""
    return {"type": TYPE_NAMES[str(schema["type"]).lower()]} if "type" in schema else {}


def is_secure(schema: Schema) -> bool:
    """Whether a parameter or output is a secret."""
    return str(schema.get("type", "")).lower().startswith("secure")


def flatten(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """The schema with its `$ref`s (`#/definitions/Name`) followed; what stands beside a $ref comes on top."""
    followed = 0
    while "$ref" in schema:
        name = str(schema["$ref"]).removeprefix("#/definitions/")
        if name not in definitions or followed > len(definitions):
            raise TemplateError(f"The template type definition '{schema['$ref']}' is not found or refers to itself.")
        schema = {**definitions[name], **{key: value for key, value in schema.items() if key != "$ref"}}
        followed += 1
    return schema


def check(value: Any, schema: Schema, definitions: Mapping[str, Schema], subject: str) -> None:
    """Raise TemplateError unless a value fits; `subject` names it (`template parameter 'x'`). Residuals fit."""
    if isinstance(value, Residual):
        return
    schema = flatten(schema, definitions)
    if value is None and schema.get("nullable"):
        return
    if "type" not in schema:  # takes any value
        _check_allowed(value, schema, subject)
        return
    expected, kind = _type(schema, subject)
    if (not isinstance(value, kind) or isinstance(value, bool) is not (kind is bool)) and not (
        kind is int and isinstance(value, float) and value.is_integer()
    ):
        given = GIVEN.get(type(value), "Array" if isinstance(value, list) else "Object")
        raise _invalid(
            subject, f"Expected a value of type '{expected}', but received a value of type '{given}'. {USAGE}"
        )
    _check_allowed(value, schema, subject)
    _check_limits(value, schema, subject)
    if isinstance(value, list):
        _check_items(value, schema, definitions, subject)
    if isinstance(value, dict):
        _check_properties(value, schema, definitions, subject)


def _invalid(subject: str, reason: str) -> TemplateError:
    return TemplateError(f"The provided value for the {subject} is not valid. {reason}")


def _type(schema: Schema, subject: str) -> tuple[str, type]:
    name = str(schema.get("type", "")).lower()
    if name not in TYPES:
        raise TemplateError(
            f"The {subject} has an invalid type '{schema.get('type')}'; supported are {', '.join(TYPES)}."
        )
    return TYPES[name]


def _check_allowed(value: Any, schema: Schema, subject: str) -> None:
    allowed = schema.get("allowedValues")
    if not isinstance(allowed, list) or any(same(value, item) for item in allowed):
        return
    if isinstance(value, list) and all(any(same(part, item) for item in allowed) for part in value):
        return
    raise _invalid(
        subject, f"The value '{value}' is not part of the allowed value(s): '{','.join(map(str, allowed))}'."
    )


def _check_limits(value: Any, schema: Schema, subject: str) -> None:
    if isinstance(value, (bool, dict)):
        return
    if isinstance(value, (int, float)):
        size, what, limits = value, "Value", (schema.get("minValue", _LEAST), schema.get("maxValue", _MOST))
    else:
        size, what = count_units(value) if isinstance(value, str) else len(value), "Length of the value"
        limits = schema.get("minLength"), schema.get("maxLength")
    least, most = limits
    if least is not None and size < least:
        raise _invalid(subject, f"{what} should be greater than or equal to '{least}'. {USAGE}")
    if most is not None and size > most:
        raise _invalid(subject, f"{what} should be less than or equal to '{most}'. {USAGE}")
    pattern = schema.get("pattern")
    if pattern is not None and isinstance(value, str) and not re.search(str(pattern), value):
        raise _invalid(subject, f"It does not match the pattern '{pattern}'. {USAGE}")


def _check_items(values: list[Any], schema: Schema, definitions: Mapping[str, Schema], subject: str) -> None:
    first = schema.get("prefixItems") or []
    for index, value in enumerate(values):
        item = first[index] if index < len(first) else schema.get("items")
        if item is False:
            raise _invalid(subject, f"It has more than {len(first)} elements. {USAGE}")
        if isinstance(item, Mapping):
            check(value, item, definitions, f"{subject} at index {index}")
    if len(values) < len(first):
        raise _invalid(subject, f"It has fewer than {len(first)} elements. {USAGE}")


def _check_properties(value: dict[str, Any], schema: Schema, definitions: Mapping[str, Schema], subject: str) -> None:
    discriminator = schema.get("discriminator")
    if isinstance(discriminator, Mapping):
        chosen = _chosen(value, discriminator, subject)
        check(value, {**flatten(chosen, definitions), "nullable": False}, definitions, subject)
        return
    names = {name.lower(): item for name, item in value.items()}
    properties: Mapping[str, Schema] = schema.get("properties") or {}
    for name, member in properties.items():
        if name.lower() in names:
            check(names[name.lower()], member, definitions, f"{subject} property '{name}'")
        elif not flatten(member, definitions).get("nullable"):
            raise _invalid(subject, f"The property '{name}' is required, but it is missing. {USAGE}")
    others = schema.get("additionalProperties")
    declared = {name.lower() for name in properties}
    for name, item in value.items():
        if name.lower() not in declared and others is False:
            raise _invalid(subject, f"The property '{name}' is not permitted. {USAGE}")
        if name.lower() not in declared and isinstance(others, Mapping):
            check(item, others, definitions, f"{subject} property '{name}'")


def _chosen(value: dict[str, Any], discriminator: Mapping[str, Any], subject: str) -> Schema:
    name, mapping = discriminator["propertyName"], discriminator["mapping"]
    choice = value.get(name)
    if choice not in mapping:
        raise _invalid(
            subject, f"The property '{name}' is '{choice}', but must be one of '{', '.join(mapping)}'. {USAGE}"
        )
    schema: Schema = mapping[choice]
    return schema
