"""The binding of parameters: what is missing, unknown, of another type or outside of its limits is named."""

from typing import Any

import pytest

from emulators.azure.language import TemplateError, expand
from tests.azure_language.worlds import context, template

OBJECT = {"type": "object", "properties": {"name": {"type": "string"}, "size": {"type": "int", "nullable": True}}}
KIND_A = {"type": "object", "properties": {"kind": {"type": "string", "allowedValues": ["a"]}, "x": {"type": "int"}}}
CHOICE = {"type": "object", "discriminator": {"propertyName": "kind", "mapping": {"a": {"$ref": "#/definitions/A"}}}}


def _bound(schema: dict[str, Any], *given: Any) -> Any:
    declared = template(parameters={"p": schema}, definitions={"A": KIND_A, "Loop": {"$ref": "#/definitions/Loop"}})
    request = {"p": {"value": given[0]}} if given else {}
    return expand(declared, request, context()).parameters()["p"]["value"]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "String"}, ""),
        ({"type": "int", "minValue": 1, "maxValue": 3}, 3),
        ({"type": "int"}, 2**63 - 1),
        ({"type": "int", "minValue": None}, -(2**63)),
        ({"type": "bool"}, False),
        ({"type": "array", "allowedValues": ["a", "b"]}, ["b", "a"]),
        ({"type": "array", "items": {"type": "int"}}, [1, 2]),
        ({"type": "array", "prefixItems": [{"type": "int"}], "items": False}, [1]),
        ({"type": "string", "nullable": True}, None),
        (OBJECT, {"NAME": "n", "more": 1}),
        (CHOICE, {"kind": "a", "x": 1}),
        ({"$ref": "#/definitions/A", "nullable": True}, None),
        ({"type": "object", "additionalProperties": {"type": "int"}}, {"any": 1}),
    ],
)
def test_what_fits_is_taken_as_it_is(schema: dict[str, Any], value: Any) -> None:
    assert _bound(schema, value) == value


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"type": "string"}, 1, "Expected a value of type 'String, Uri', but received a value of type 'Integer'"),
        ({"type": "int"}, "1", "Expected a value of type 'Integer', but received a value of type 'String'"),
        ({"type": "int"}, True, "but received a value of type 'Boolean'"),
        ({"type": "string"}, None, "but received a value of type 'Null'"),
        ({"type": "text"}, "x", "invalid type 'text'"),
        ({"type": "string", "allowedValues": ["a", "b"]}, "A", "'A' is not part of the allowed value(s): 'a,b'"),
        ({"type": "string", "minLength": 3}, "ab", "Length of the value should be greater than or equal to '3'"),
        ({"type": "array", "maxLength": 1}, [1, 2], "Length of the value should be less than or equal to '1'"),
        ({"type": "int", "maxValue": 3}, 4, "Value should be less than or equal to '3'"),
        ({"type": "int"}, 2**63, "Value should be less than or equal to '9223372036854775807'"),
        ({"type": "int"}, -(2**63) - 1, "Value should be greater than or equal to '-9223372036854775808'"),
        ({"type": "array", "items": {"type": "int"}}, [1, "x"], "'p' at index 1"),
        ({"type": "array", "prefixItems": [{"type": "int"}], "items": False}, [1, 2], "more than 1 elements"),
        (OBJECT, {"size": 1}, "The property 'name' is required"),
        (OBJECT, {"name": "n", "size": "1"}, "'p' property 'size'"),
        ({"type": "object", "additionalProperties": False}, {"a": 1}, "The property 'a' is not permitted"),
        (CHOICE, {"kind": "b"}, "The property 'kind' is 'b', but must be one of 'a'"),
        (CHOICE, {"kind": "a"}, "The property 'x' is required"),
        ({"$ref": "#/definitions/None"}, 1, "'#/definitions/None' is not found"),
        ({"$ref": "#/definitions/Loop"}, 1, "refers to itself"),
    ],
)
def test_what_does_not_fit_is_named(schema: dict[str, Any], value: Any, message: str) -> None:
    with pytest.raises(TemplateError) as raised:
        _bound(schema, value)
    assert message in raised.value.message


def test_a_missing_value_is_named() -> None:
    with pytest.raises(TemplateError, match="The value for the template parameter 'p' is not provided"):
        _bound({"type": "string"})


def test_a_missing_nullable_is_null() -> None:
    assert _bound({"type": "string", "nullable": True}) is None


def test_an_unknown_parameter_is_named_with_the_known_ones() -> None:
    with pytest.raises(
        TemplateError, match=r"'q' in the parameters file are not valid.*parameters for this template are 'p'"
    ):
        expand(template(parameters={"p": {"type": "int"}}), {"q": {"value": 1}}, context())


def test_key_vault_references_are_refused_where_nothing_reads_secrets() -> None:
    given = {"p": {"reference": {"keyVault": {"id": "/x"}, "secretName": "s"}}}
    with pytest.raises(
        TemplateError, match="'p' is given as a 'reference' to a Key Vault, and there is nothing that reads"
    ) as raised:
        expand(template(parameters={"p": {"type": "securestring"}}), given, context())
    assert raised.value.code == "InvalidDeploymentParameterValue"
