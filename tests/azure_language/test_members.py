"""The members that the embedded Azure takes in a template are those that Microsoft's deployments engine takes."""

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from emulators.azure.language.members import find_member_fault
from tests.azure_language import oracle
from tests.support.shared import SHARED, needs_shared

Template = dict[str, Any]
TYPE = (
    "type $ref metadata allowedValues nullable minValue maxValue pattern minLength maxLength prefixItems items"
    " properties required additionalProperties sealed discriminator validate"
)


def make_template(**changes: Any) -> Template:
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "contentVersion": "1.0.0.0", "resources": [], **changes}


def make_resource(**changes: Any) -> Template:
    return {"type": "Microsoft.Network/virtualNetworks", "apiVersion": "2024-01-01", "name": "a", **changes}


def make_child(**changes: Any) -> Template:
    child = {"type": "subnets", "apiVersion": "2024-01-01", "name": "b", **changes}
    return make_template(resources=[make_resource(resources=[child])])


def make_function(parameter: Template = {}, output: Template = {}, **changes: Any) -> Template:  # noqa: B006
    given = {"name": "x", "type": "string", **parameter}
    function = {"parameters": [given], "output": {"type": "string", "value": "a", **output}, **changes}
    return make_template(functions=[{"namespace": "n", "members": {"f": function}}])


def make_output(**changes: Any) -> Template:
    return make_template(outputs={"o": {"type": "string", "value": "a", **changes}})


def make_parameter(**changes: Any) -> Template:
    return make_template(parameters={"p": {"type": "string", "defaultValue": "a", **changes}})


def make_definition(**changes: Any) -> Template:
    return make_template(languageVersion="2.0", resources={}, definitions={"d": {"type": "object", **changes}})


# Of each object: what makes a template of members; which it takes, besides those that it needs; some that it refuses.
OBJECTS: dict[str, tuple[Callable[..., Template], str, str]] = {
    "Template": (
        make_template,
        (
            "languageVersion apiProfile imports extensions definitions parameters variables functions asserts outputs"
            " metadata outputsReferences emptyResourceCopies invalidDisabledResources parsedLanguageVersion"
        ),
        "output comments // $comments name location",
    ),
    "TemplateResource": (
        lambda **members: make_template(resources=[make_resource(**members)]),
        (
            "extension import apiVersion existing comments location extendedLocation dependsOn tags sku kind zones"
            " scale identity scope plan properties resources method managedBy managedByExtended metadata id"
            " subscriptionId resourceGroup copy condition asserts placement @options symbolicName copyLoopSymbolicName"
            " copyContext retryOnContext dependsOnReferences propertyReferences originalName skipEvaluationPaths"
        ),
        "dependOn etag eTag description apiProfile systemData options $schema",
    ),
    "TemplateResource (child)": (make_child, "dependsOn tags copy condition", "dependOn etag"),
    "TemplateResourceCopy": (
        lambda **members: make_template(resources=[make_resource(copy={"name": "c", "count": 1, **members})]),
        "mode batchSize",
        "input comments",
    ),
    "TemplateInputParameter": (
        make_parameter,
        f"value parentResource originalValue {TYPE.removeprefix('type ')}",
        "description condition name",
    ),
    "TemplateOutputParameter": (
        make_output,
        f"condition copy {TYPE.removeprefix('type ')}",
        "description defaultValue originalValue",
    ),
    "TemplateOutputCopy": (
        lambda **members: make_template(
            outputs={"o": {"type": "array", "copy": {"count": 1, "input": "a", **members}}}
        ),
        "",
        "name mode",
    ),
    "TemplateTypeDefinition": (make_definition, TYPE.removeprefix("type "), "value defaultValue description"),
    "TemplateTypeDefinition (items)": (
        lambda **members: make_definition(type="array", items={"type": "string", **members}),
        "metadata",
        "description",
    ),
    "TemplateTypeDefinition (properties)": (
        lambda **members: make_definition(properties={"a": {"type": "string", **members}}),
        "metadata",
        "description",
    ),
    "TemplateFunctionNamespace": (
        lambda **members: make_template(functions=[{"namespace": "n", "members": {}, **members}]),
        "metadata",
        "name functions",
    ),
    "TemplateFunction": (make_function, "metadata", "outputs description"),
    "TemplateFunctionParameter": (
        lambda **members: make_function(parameter=members),
        f"value {TYPE.removeprefix('type ')}",
        "defaultValue description",
    ),
    "TemplateFunctionOutputParameter": (
        lambda **members: make_function(output=members),
        TYPE.removeprefix("type "),
        "defaultValue condition copy",
    ),
}
REFUSED = [(kind, name) for kind, (_, _, names) in OBJECTS.items() for name in names.split()]
SHAPES: dict[str, tuple[Template, str]] = {
    "a copy without a name": (
        make_template(resources=[make_resource(copy={"count": 2})]),
        "Required property 'name' not found in JSON. Path 'properties.template.resources[0].copy'",
    ),
    "a copy with an empty name": (
        make_template(resources=[make_resource(copy={"name": "", "count": 2})]),
        "Required property 'name' not found in JSON.",
    ),
    "a copy without a count": (
        make_template(resources=[make_resource(copy={"name": "c"})]),
        "Required property 'count' not found in JSON.",
    ),
    "a list of copies": (
        make_template(resources=[make_resource(copy=[{"name": "c", "count": 1}])]),
        "Error converting value [",
    ),
    "a dependsOn that is a text": (
        make_template(resources=[make_resource(dependsOn="b")]),
        "Error converting value \"b\" to type 'System.String[]'. Path 'properties.template.resources[0].dependsOn'",
    ),
    "metadata that are a number": (make_template(metadata=1), "Error converting value 1 to type "),
    "variables that are a list": (make_template(variables=[]), "Error converting value [] to type "),
    "functions that are an object": (make_template(functions={}), "Error converting value {} to type "),
}


def take_all(kind: str) -> Template:
    """A template with every member of an object, null, spelled in capitals."""
    make, names, _ = OBJECTS[kind]
    return make(**dict.fromkeys(names.upper().split()))


@pytest.mark.parametrize("kind", OBJECTS)
def test_members_are_taken_in_any_case(kind: str) -> None:
    assert find_member_fault(take_all(kind)) == ""


@pytest.mark.parametrize(("kind", "name"), REFUSED)
def test_another_member_is_refused(kind: str, name: str) -> None:
    told = find_member_fault(OBJECTS[kind][0](**{name: None}))
    assert told.startswith(f"Could not find member '{name}' on object of type '{kind.partition(' ')[0]}'. Path ")


@pytest.mark.parametrize("name", SHAPES)
def test_another_shape_is_refused(name: str) -> None:
    template, told = SHAPES[name]
    assert find_member_fault(template).startswith(told)


@pytest.mark.parametrize("name", oracle.names())
def test_own_templates_have_no_other_members(name: str) -> None:
    assert find_member_fault(oracle.template_of(name)) == ""


@needs_shared
def test_the_corpus_has_no_other_members() -> None:
    paths = sorted((SHARED / "corpus/arm-templates").glob("*.json"))
    faults = {path.stem: find_member_fault(json.loads(path.read_text(encoding="utf-8"))) for path in paths}
    assert paths
    assert {name: fault for name, fault in faults.items() if fault} == {}


def is_taken(template: Mapping[str, Any]) -> bool:
    """Whether the engine reads a template."""
    try:
        oracle.snapshot(os.environ["BICEP_PATH"], dict(template), {})
    except RuntimeError:
        return False
    return True


@pytest.mark.skipif("BICEP_PATH" not in os.environ, reason="BICEP_PATH names no Bicep CLI")
@pytest.mark.slow
@pytest.mark.parametrize("kind", OBJECTS)
def test_the_engine_takes_the_members_that_are_taken_and_refuses_others(kind: str) -> None:
    make, _, names = OBJECTS[kind]
    assert is_taken(take_all(kind))
    assert [name for name in names.split() if is_taken(make(**{name: None}))] == []


@pytest.mark.skipif("BICEP_PATH" not in os.environ, reason="BICEP_PATH names no Bicep CLI")
@pytest.mark.slow
@pytest.mark.parametrize("name", SHAPES)
def test_the_engine_refuses_another_shape(name: str) -> None:
    assert not is_taken(SHAPES[name][0])
