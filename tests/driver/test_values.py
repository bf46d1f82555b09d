"""Values of typed parameters: each part is converted to its declared type, and what ARM would refuse is named."""

from typing import Any

import pytest

from driver.models.requests import Property
from driver.packages.binding import bind_parameters
from driver.packages.coercions import Unfit
from driver.packages.structures import find_structure_faults
from driver.packages.templates import Parameter, read_template
from driver.packages.values import coerce_value

INT, BOOL, TEXT = {"type": "int"}, {"type": "bool"}, {"type": "string"}
SKU = {"type": "string", "allowedValues": ["Basic", "Standard"]}
USER = {
    "type": "object",
    "properties": {
        "name": TEXT,
        "age": {"type": "int", "nullable": True, "minValue": 18},
        "sku": {**SKU, "nullable": True},
    },
    "additionalProperties": False,
}
SHAPE = {
    "type": "object",
    "discriminator": {
        "propertyName": "kind",
        "mapping": {
            "circle": {"$ref": "#/definitions/Circle"},
            "square": {
                "type": "object",
                "properties": {"kind": {"type": "string", "allowedValues": ["square"]}, "side": INT},
            },
        },
    },
}
DEFINITIONS = {
    "Circle": {
        "type": "object",
        "properties": {"kind": {"type": "string", "allowedValues": ["circle"]}, "radius": INT},
        "additionalProperties": False,
    },
    "User": USER,
    "Tree": {"type": "object", "properties": {"size": INT, "inner": {"$ref": "#/definitions/Tree", "nullable": True}}},
    "Nobody": {"$ref": "#/definitions/Nobody"},
}
NEEDLE = "n33dle-Secret"


def read_body(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "languageVersion": "2.0",
        "definitions": DEFINITIONS,
        "parameters": {"p": schema},
        "resources": {},
    }


def declare(schema: dict[str, Any]) -> Parameter:
    """The parameter `p` of a template that declares it so."""
    return read_template(read_body(schema), "main.json").parameters[0]


def list_of(kind: Any) -> dict[str, Any]:
    return {"type": "array", "items": kind}


def ref(name: str, **more: Any) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{name}", **more}


@pytest.mark.parametrize(
    ("schema", "value", "coerced"),
    [
        (list_of(INT), "1,2", [1, 2]),
        (list_of(INT), ["1", "2"], [1, 2]),
        (list_of(INT), '["1", 2]', [1, 2]),
        (list_of(INT), [], []),
        (list_of(BOOL), "true,false", [True, False]),
        (list_of(BOOL), ["yes", False], [True, False]),
        (list_of(TEXT), [1, "a", True], ["1", "a", "true"]),
        (list_of(list_of(INT)), [["1"], "2,3"], [[1], [2, 3]]),
        (list_of({**TEXT, "nullable": True}), [None, "a"], [None, "a"]),
        (list_of(SKU), "basic,STANDARD", ["Basic", "Standard"]),
        (list_of(ref("User")), '[{"name": "a", "age": "30"}]', [{"name": "a", "age": 30}]),
        (ref("User"), {"NAME": 5, "Age": "18"}, {"NAME": "5", "Age": 18}),
        (ref("User"), {"name": "a", "age": None, "sku": "basic"}, {"name": "a", "age": None, "sku": "Basic"}),
        ({"type": "array", "prefixItems": [INT, TEXT]}, ["1", 2, "3"], [1, "2", "3"]),
        ({"type": "array", "prefixItems": [INT], "items": BOOL}, "1,true", [1, True]),
        ({"type": "object", "additionalProperties": INT}, {"a": "1"}, {"a": 1}),
        ({"type": "object", "properties": {"a": INT}}, {"a": "1", "b": "1"}, {"a": 1, "b": "1"}),
        ({"type": "object", "properties": {"a": {}}}, {"a": ["1"]}, {"a": ["1"]}),
        ({"type": "object", "properties": {"a": {**INT, "Nullable": True}}}, {}, {}),
        ({"type": "object", "properties": {"a": ref("User", nullable=True)}}, {}, {}),
        (SHAPE, {"kind": "circle", "radius": "5"}, {"kind": "circle", "radius": 5}),
        (SHAPE, {"Kind": "Circle", "radius": 5}, {"Kind": "circle", "radius": 5}),
        (SHAPE, '{"kind": "square", "side": "5", "more": "6"}', {"kind": "square", "side": 5, "more": "6"}),
        (ref("Tree"), {"size": "1", "inner": {"size": "2"}}, {"size": 1, "inner": {"size": 2}}),
        # What leads to no type is ARM's to judge.
        (list_of(ref("Nowhere")), ["1"], ["1"]),
        (list_of(ref("Nobody")), ["1"], ["1"]),
        ({"type": "object", "properties": {"a": ref("Nowhere")}}, {}, {}),
        (list_of({"allowedValues": [1, "a"]}), ["1"], ["1"]),
        ({"type": "array"}, "1,2", ["1", "2"]),
    ],
)
def test_each_part_is_converted_to_its_type(schema: dict[str, Any], value: Any, coerced: Any) -> None:
    result = coerce_value(declare(schema), value)
    assert (result, repr(result)) == (coerced, repr(coerced))


@pytest.mark.parametrize(
    ("schema", "value", "said"),
    [
        (list_of(INT), "1,two", "[1]: it takes a whole number"),
        (list_of(BOOL), ["maybe"], "[0]: it takes true or false"),
        (list_of(INT), [1, None], "[1]: it is null, which its type does not take"),
        (list_of(SKU), ["Premium"], "[0]: 'Premium' is none of Basic, Standard"),
        (list_of({**INT, "minValue": 3}), "3,2", "[1]: '2' is less than 3"),
        (list_of(ref("User")), [{"name": "a"}, {"name": "b", "age": 5}], "[1].age: '5' is less than 18"),
        (list_of(ref("User")), [{"age": 20}], "[0]: its member 'name' is missing"),
        (ref("User"), {"name": None}, "its member 'name' is missing"),
        (
            ref("User"),
            {"name": "a", "agee": 20},
            "not take: 'agee', did you mean 'age'? (there are age, name, sku)",
        ),
        (list_of(ref("User")), ["a"], "[0]: it takes an object"),
        (
            {"type": "object", "properties": {"u": ref("User")}},
            {"u": {"name": "a", "age": "x"}},
            "u.age: it takes a whole number",
        ),
        ({"type": "object", "additionalProperties": INT}, {"a": "x"}, "a: it takes a whole number"),
        ({"type": "array", "prefixItems": [INT, TEXT]}, [1], "it has 1 entries: it takes 2"),
        ({"type": "array", "prefixItems": [INT], "items": False}, [1, 2], "it has 2 entries: it takes 1"),
        (SHAPE, {"kind": "ring"}, "its member 'kind': 'ring' is none of circle, square"),
        (SHAPE, {"radius": 1}, "its member 'kind' is missing: it takes one of circle, square"),
        (SHAPE, {"kind": "circle"}, "its member 'radius' is missing"),
        (SHAPE, {"kind": "circle", "radius": "x"}, "radius: it takes a whole number"),
        (SHAPE, {"kind": "circle", "radius": 1, "side": 1}, "does not take: 'side'"),
        ({**SHAPE, "additionalProperties": False}, {"kind": "square", "side": 1, "x": 1}, "does not take: 'x'"),
    ],
)
def test_a_part_that_arm_would_refuse_is_named_with_its_place(schema: dict[str, Any], value: Any, said: str) -> None:
    faults: list[str] = []
    bind_parameters([declare(schema)], {}, ({"p": Property(value=value)},), {}, {}, faults, str)
    assert len(faults) == 1
    assert faults[0].startswith("property 'p': ")
    assert said in faults[0]


@pytest.mark.parametrize(
    ("members", "value"),
    [
        ({"pin": {"type": "int", "maxValue": 5}}, {"pin": 4711}),
        ({"pin": {"type": "string", "maxLength": 3}}, {"pin": NEEDLE}),
        ({"pin": SKU}, {"pin": NEEDLE}),
        ({"pin": INT}, {"pin": NEEDLE}),
        ({}, {NEEDLE: "4711"}),
    ],
)
@pytest.mark.parametrize("kind", ["secureObject", "object"])
def test_a_secure_part_is_in_no_fault(members: dict[str, Any], value: Any, kind: str) -> None:
    schema = {"type": "secureObject", "properties": members, "additionalProperties": False}
    if kind == "object":
        schema, value = {"type": "object", "properties": {"inner": schema}}, {"inner": value}
    with pytest.raises(Unfit) as caught:
        coerce_value(declare(schema), value)
    assert NEEDLE not in str(caught.value)
    assert "4711" not in str(caught.value)


def test_a_value_of_a_type_that_holds_itself_may_be_200_deep() -> None:
    value: dict[str, Any] = {"size": "1"}
    for _ in range(198):
        value = {"size": "1", "inner": value}
    assert coerce_value(declare(ref("Tree")), value)["inner"]["size"] == 1
    with pytest.raises(Unfit, match="nested more than 200 deep"):
        coerce_value(declare(ref("Tree")), {"size": 1, "inner": {"size": 1, "inner": value}})


def test_a_text_of_json_within_a_value_counts_with_what_it_is_in() -> None:
    text = '{"size":1,"inner":' * 150 + '{"size":1}' + "}" * 150
    value: Any = {"size": 1, "inner": text}
    for _ in range(100):
        value = {"size": 1, "inner": value}
    with pytest.raises(Unfit, match="nested more than 200 deep"):
        coerce_value(declare(ref("Tree")), value)


@pytest.mark.parametrize("default", [["[add(1, 2)]"], [1, "[add(1, 2)]"]])
def test_a_default_with_expressions_is_left_to_arm(default: Any) -> None:
    body = read_body({**list_of(INT), "defaultValue": default})
    assert find_structure_faults(read_template(body, "main.json")) == []
