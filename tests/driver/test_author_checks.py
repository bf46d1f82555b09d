"""What `check` finds in a package that the driver takes, and that ARM, TNC-O or the author would not."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from driver.packages.dependencies import find_dependency_faults
from driver.packages.members import check_members
from driver.packages.sources import Source
from driver.packages.spelling import spell_template
from tests.driver.test_messages import DESCRIPTOR, LIFECYCLE, PROJECT, Checked, Checker, template
from tests.support.shared import SHARED, needs_shared

RESOURCE = "Definitions/lm/resource.yaml"
THING = {"type": "Contoso.Play/things", "apiVersion": "2024-01-01", "name": "a", "location": "westeurope"}


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Checker:
    return Checker(tmp_path, capsys)


def arm(parameters: Mapping[str, Any] | None = None, **changes: Any) -> str:
    """The template with more parameters and other sections; None leaves one out."""
    body = {**json.loads(template()), **changes}
    body["parameters"] |= parameters or {}
    return json.dumps({key: value for key, value in body.items() if value is not None}, indent=2)


def told(checked: Checked, kind: str) -> list[str]:
    return [line.removeprefix(f"{kind}: ") for line in checked.lines if line.startswith(f"{kind}: ")]


def assert_only(checked: Checked, kind: str, text: str) -> None:
    """Nothing is said but this, and the exit status fits."""
    assert checked.status == (1 if kind == "error" else 0)
    found = told(checked, kind)
    assert len(found) == 1, checked.lines
    assert text in found[0]


STRUCTURES: dict[str, tuple[str, str]] = {
    "a parameter in two cases": (
        arm({"Vault_Name": {"type": "string", "defaultValue": ""}}),
        "param Vault_Name: 'vault_name' and 'Vault_Name' are one name, for ARM compares without case",
    ),
    "a default of another type": (
        arm({"size": {"type": "int", "defaultValue": "5"}}),
        "param size: the defaultValue is no int, which is the type of the parameter",
    ),
    "a boolean as a whole number": (
        arm({"size": {"type": "int", "defaultValue": True}}),
        "param size: the defaultValue is no int, which is the type of the parameter",
    ),
    "a default that is not allowed": (
        arm({"size": {"type": "string", "defaultValue": "a", "allowedValues": ["b", "c"]}}),
        "param size: the defaultValue does not fit: 'a' is none of b, c",
    ),
    "a resource without an api-version": (
        arm(resources=[{key: value for key, value in THING.items() if key != "apiVersion"}]),
        "main.json, resource 0: 'apiVersion' is missing",
    ),
    "a misspelled api-version of a child": (
        arm(resources=[{**THING, "resources": [{"type": "parts", "name": "b", "apiVerson": "1"}]}]),
        "main.json, resource 0.resources.0: 'apiVerson' is no member of a resource, did you mean 'apiVersion'?",
    ),
    "a member that no parameter has": (
        arm({"size": {"type": "int", "defaultValue": 5, "description": "b"}}),
        "param size: 'description' is no member of a parameter",
    ),
    "a misspelled member of a resource": (
        arm(resources=[{**THING, "dependOn": []}]),
        "main.json, resource 0: 'dependOn' is no member of a resource, did you mean 'dependsOn'?",
    ),
    "a misspelled section": (arm(output={}), "main.json: 'output' is no member of a template, did you mean 'outputs'?"),
    "a misspelled member of an output's type": (
        arm(outputs={"vault_name": {"type": "object", "value": {}, "properties": {"a": {"typ": "string"}}}}),
        "output vault_name.properties.a: 'typ' is no member of a type definition, did you mean 'type'?",
    ),
    "a misspelled member of a function": (
        arm(functions=[{"namespace": "c", "members": {"f": {"outputs": {}}}}]),
        "main.json, functions.0.members.f: 'outputs' is no member of a function, did you mean 'output'?",
    ),
    "a copy without a name": (
        arm(resources=[{**THING, "copy": {"count": 2}}]),
        "main.json, resource 0.copy: 'name' is missing",
    ),
    "a copy without a count": (
        arm(resources=[{**THING, "copy": {"name": "c"}}]),
        "main.json, resource 0.copy: 'count' is missing",
    ),
    "a parallel copy with a size of batches": (
        arm(resources=[{**THING, "copy": {"name": "c", "count": 2, "batchSize": 1}}]),
        'main.json, resource 0: its copy has a batchSize, which ARM takes only with "mode": "serial"',
    ),
    "one dependency that is no list": (
        arm(resources=[{**THING, "dependsOn": "b"}]),
        "main.json, resource 0: 'dependsOn' takes a list",
    ),
    "a resource that is there twice": (
        arm(resources=[{**THING, "resources": [{**THING, "type": "parts"}]}, THING | {"type": "CONTOSO.play/things"}]),
        "main.json, resource 1: CONTOSO.play/things 'a' is there already, as resource 0",
    ),
    "a child that is there twice": (
        arm(
            resources=[
                {**THING, "resources": [{**THING, "type": "parts", "name": "b"}]},
                {**THING, "type": "Contoso.Play/things/parts", "name": "a/b"},
            ]
        ),
        "main.json, resource 1: Contoso.Play/things/parts 'a/b' is there already, as resource 0.resources.0",
    ),
    "a dependency that is not there": (
        arm(resources=[{**THING, "name": "queue"}, {**THING, "dependsOn": ["queu"]}]),
        "main.json, resource 1: it depends on 'queu', which is no resource of the template, did you mean 'queue'?",
    ),
    "a dependency without such a symbolic name": (
        arm(languageVersion="2.0", resources={"one": {**THING, "name": "[newGuid()]", "dependsOn": ["other"]}}),
        "main.json, resource one: it depends on 'other', which is no resource of the template",
    ),
    "resources that wait for each other": (
        arm(resources=[{**THING, "dependsOn": ["b"]}, {**THING, "name": "b", "dependsOn": ["A"]}]),
        "main.json, resource 0: it depends on itself: 0 -> 1 -> 0",
    ),
    "a resource that waits for itself": (
        arm(resources=[{**THING, "dependsOn": ["a"]}]),
        "main.json, resource 0: it depends on itself: 0 -> 0",
    ),
    "metadata that are a number": (arm(metadata=1), "main.json: 'metadata' takes an object"),
    "a type without a namespace": (
        arm(resources={"a": {**THING, "type": "things"}}),
        "main.json, resource a: its type is 'things': it takes one such as Microsoft.Network/virtualNetworks",
    ),
    "a name with too few parts": (
        arm(resources=[{**THING, "type": "Contoso.Play/things/parts"}]),
        "main.json, resource 0: Contoso.Play/things/parts takes 2 names joined by '/'; 'a' has 1",
    ),
    "a resource that is a text": (
        arm(resources=["a"]),
        "main.json, resource 0: it takes an object with type, apiVersion and name",
    ),
    "an output that is a text": (arm(outputs={"vault_name": "a"}), "output vault_name: it takes an object with type"),
    "an output without a type": (
        arm(outputs={"vault_name": {"value": "a"}}),
        "output vault_name: 'type' is missing: it takes one of string, secureString, int, bool, array, object,",
    ),
    "an output without a value": (
        arm(outputs={"vault_name": {"type": "string"}}),
        "output vault_name: 'value' is missing",
    ),
    "a parameter that is not declared": (
        arm(outputs={"vault_name": {"type": "string", "value": "[parameters('vault_nme')]"}}),
        ": parameters('vault_nme') is used and not declared, did you mean 'vault_name'? (there are vault_count,",
    ),
    "a variable that is not declared": (
        arm(resources=[{**THING, "name": "[variables('name')]"}], variables={"copy": [{"name": "nam"}]}),
        ": variables('name') is used and not declared, did you mean 'nam'? (there are nam)",
    ),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_what_arm_would_refuse_in_a_template(check: Checker, name: str) -> None:
    text, fault = STRUCTURES[name]
    assert_only(check({"main.json": text}), "error", fault)


@pytest.mark.parametrize("version", [None, "1", 1])
def test_a_content_version_that_arm_would_refuse(check: Checker, version: Any) -> None:
    assert_only(check({"main.json": arm(contentVersion=version)}), "warning", "main.json: 'contentVersion' is ")


def test_a_template_that_arm_takes_has_no_faults(check: Checker) -> None:
    inner = {"$schema": "", "contentVersion": "1.0.0.0", "resources": [], "outputs": {}}
    nested = {"expressionEvaluationOptions": {"scope": "inner"}, "template": {**inner, "x": "[parameters('theirs')]"}}
    body = arm(
        {
            "group": {"type": "object", "defaultValue": {}},
            "place": {"type": "string", "defaultValue": "[resourceGroup().location]"},
            "maybe": {"type": "string", "nullable": True, "defaultValue": None},
            "empty": {"type": "string", "defaultValue": "", "minLength": 3},
        },
        variables={"copy": [{"name": "names", "count": 2, "input": "a"}], "text": "parameters('none')"},
        functions=[{"namespace": "c", "members": {"f": {"parameters": [], "output": {"value": "[parameters('x')]"}}}}],
        resources=[
            {**THING, "resources": [{"type": "parts", "apiVersion": "2024-01-01", "name": "b"}]},
            {**THING, "type": "Contoso.Play/things/parts", "name": "[format('{0}/b', variables('NAMES')[0])]"},
            {**THING, "type": "Contoso.Play/things/providers/locks", "name": "a/Microsoft.Authorization/b"},
            {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "n", "properties": nested},
        ],
        outputs={"vault_name": {"type": "string", "value": "[[parameters('none')]"}},
    )
    checked = check({"main.json": body, "properties.yaml": "resourcegroup_name: rg-1\nvault_name: vault-1\n"})
    assert (checked.status, checked.lines) == (0, [])


def test_members_are_read_in_any_case_and_may_be_null(check: Checker) -> None:
    loop = {"NAME": "c", "Count": 2, "MODE": "Serial", "batchsize": 1}
    thing = {**THING, "DEPENDSON": None, "Zones": ["1"], "managedByExtended": [], "@options": {}, "copy": loop}
    empty = {**THING, "copy": {"name": "none", "count": 0, "batchSize": 1}}
    checked = check(
        {
            "main.json": arm({"p": {"TYPE": "string", "Pattern": "a", "DefaultValue": "a"}}, Metadata=None).replace(
                '"resources": []', f'"Resources": {json.dumps([thing, empty])}'
            ),
            "properties.yaml": "resourcegroup_name: rg-1\nvault_name: vault-1\n",
        }
    )
    assert (checked.status, checked.lines) == (0, [])


def test_what_only_a_deployment_knows_of_dependencies_is_no_fault(check: Checker) -> None:
    loop = {"name": "loop", "count": 2}
    listed = [
        {**THING, "condition": "[equals(1, 1)]"},
        {**THING, "condition": "[equals(1, 2)]", "dependsOn": ["nowhere"]},
        {**THING, "resourceGroup": "other"},
        {**THING, "name": "b", "dependsOn": ["A", "loop", "[resourceId('x', 'y')]", "Contoso.Play/things/a", "c"]},
        {**THING, "name": "[concat('c', copyIndex())]", "copy": loop},
        {**THING, "name": "p", "resources": [{**THING, "type": "parts", "name": "c", "dependsOn": ["p"]}]},
    ]
    named = {
        "one": {**THING, "dependsOn": ["two", "b"]},
        "two": {**THING, "name": "b", "existing": True, "dependsOn": ["one"]},
        "off": {**THING, "name": "[concat('c', copyIndex())]", "copy": loop, "dependsOn": ["one"]},
    }
    for resources in (listed, named):
        text = arm(languageVersion="2.0" if resources is named else None, resources=resources)
        checked = check({"main.json": text, "properties.yaml": "resourcegroup_name: rg-1\nvault_name: vault-1\n"})
        assert (checked.status, checked.lines) == (0, [])


def test_members_of_what_bicep_has_compiled_are_left_to_arm(check: Checker) -> None:
    generator = {"_generator": {"name": "bicep", "version": "9.9.9"}}
    text = arm(metadata=generator, resources=[{**THING, "newer": 1}])
    checked = check({"main.json": text, "properties.yaml": "resourcegroup_name: rg-1\nvault_name: vault-1\n"})
    assert (checked.status, checked.lines) == (0, [])


@needs_shared
def test_no_template_of_the_corpus_has_other_members_or_dependencies() -> None:
    paths = sorted((SHARED / "corpus/arm-templates").glob("*.json"))
    assert paths
    for path in paths:
        body = json.loads(path.read_text(encoding="utf-8"))
        del body["metadata"]  # which says that Bicep has compiled it
        check_members(spell_template(body), Source(path.name))
        assert list(find_dependency_faults(body["resources"])) == []


THINGS = arm(resources=[THING])
EFFECTS: dict[str, tuple[str, str, str]] = {
    "a type that nothing deploys": (
        "retain: [Contoso.Play/thing]\n",
        "warning",
        "lifecycle.yaml line 6, retain.0: no template deploys Contoso.Play/thing, did you mean 'contoso.play/things'?",
    ),
    "a property that nothing changes": (
        "    changes: [vault_nme]\n",
        "warning",
        "lifecycle.yaml line 6, transitions.Create.changes.0: Create uses no property 'vault_nme', did you mean",
    ),
    "a condition that outlasts its transition": (
        "    timeout: 5m\n    readyWhen: [{on: Contoso.Play/things, that: id, timeout: 6m}]\n",
        "warning",
        "line 7, transitions.Create.readyWhen.0: it waits 6m, and the transition ends after 5 minutes: give that a",
    ),
    "the place of another scope": (
        "    location: westeurope\n",
        "warning",
        "line 6, transitions.Create.location: it is not used: main.json is deployed to a resource group",
    ),
    "a property where a resource is looked for": (
        'reference:\n  type: Contoso.Play/things\n  resourceGroup: "{{ resourcegroup_name }}"\n',
        "error",
        "line 8, reference.resourceGroup: it names 'resourcegroup_name': when a resource is looked for, there are only",
    ),
    "the name of no resource group": (
        '    resourceGroup: "{resourcegroup_name}"\n',
        "error",
        "; an expression is written {{ name }}",
    ),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_settings_without_a_right_effect(check: Checker, name: str) -> None:
    lines, kind, text = EFFECTS[name]
    assert_only(check({"lifecycle.yaml": LIFECYCLE + lines, "main.json": THINGS}), kind, text)


def test_a_type_that_is_adopted_or_may_be_deployed_is_not_doubted(check: Checker) -> None:
    lines = "  Start: {call: start, on: Contoso.Play/things}\n"
    descriptor = DESCRIPTOR.replace("  Delete: {}", "  Delete: {}\n  Start: {}")
    adopted = f"{LIFECYCLE}{lines}reference: {{type: contoso.play/THINGS}}\n"
    assert check({"lifecycle.yaml": adopted, RESOURCE: descriptor}).lines == []
    assert_only(
        check({"lifecycle.yaml": LIFECYCLE + lines, RESOURCE: descriptor}),
        "warning",
        "lifecycle.yaml line 6, transitions.Start.on: no template deploys Contoso.Play/things (they deploy nothing)",
    )


def test_a_configuration_of_bicep_is_said_not_to_be_read(check: Checker) -> None:
    assert_only(check({"bicepconfig.json": "{}"}), "warning", "bicepconfig.json: the driver does not read it")


def edit(old: str, new: str) -> str:
    assert old in DESCRIPTOR
    return DESCRIPTOR.replace(old, new)


SKU = "vault_sku: {type: string}"
DRIVER = '{azure: {selector: {infrastructure-type: ["*"]}}}'
DECLARATIONS: dict[str, tuple[str, str, str]] = {
    "a list of properties": (
        edit("operations:", "private-properties: [a]\noperations:"),
        "error",
        "resource.yaml line 10, private-properties: takes an object, such as vnet_name: {type: string}",
    ),
    "a property that is a text": (
        edit(SKU, "vault_sku: string"),
        "error",
        "line 5, properties.vault_sku: takes an obj",
    ),
    "a name with a blank": (
        edit("operations:", "private-properties: {a b: {}}\noperations:"),
        "error",
        "private-properties.a b: the name of a property takes no spaces and no points",
    ),
    "a misspelled switch": (
        edit(SKU, "vault_sku: {type: string, readOnly: false}"),
        "warning",
        "line 5, properties.vault_sku: 'readOnly' is no key of a property, did you mean 'read-only'? (there are type,",
    ),
    "a misspelled type": (
        edit(SKU, "vault_sku: {type: strng}"),
        "warning",
        "'strng' is no type, did you mean 'string'?",
    ),
    "a switch that is none": (
        edit(SKU, "vault_sku: {required: always}"),
        "warning",
        "properties.vault_sku: required takes true or false; it is 'always'",
    ),
    "an object as a default": (
        edit(SKU, "vault_sku: {default: {a: 1}}"),
        "warning",
        "properties.vault_sku: default takes a text: write it as JSON in quotes, or with commas",
    ),
    "a volatile property with a fixed value": (
        edit(SKU, "vault_sku: {volatile: true, value: a}"),
        "error",
        "line 5, properties.vault_sku: volatile and value exclude each other",
    ),
    "two properties in one name": (
        edit(SKU, f"{SKU}\n  Vault_Sku: {{type: string}}"),
        "warning",
        "line 6, properties.Vault_Sku: it differs from 'vault_sku' only in case",
    ),
    "a default that the template refuses": (
        edit(SKU, f"{SKU}\n  vault_count: {{type: string, default: many}}"),
        "error",
        "line 6, properties.vault_count.default: main.json would refuse it: it takes a whole number",
    ),
    "a transition in another case": (
        edit("  Delete: {}", "  Delete: {}\n  start: {}"),
        "error",
        "line 9, lifecycle.start: is no transition of TNC-O, did you mean 'Start'?",
    ),
    "an operation among the transitions": (
        edit("  Delete: {}", "  Delete: {}\n  WhatIf: {}"),
        "error",
        "line 9, lifecycle.WhatIf: is no transition of TNC-O: declare an operation under operations",
    ),
    "a transition among the operations": (
        f"{DESCRIPTOR}  Start: {{}}\n",
        "warning",
        "line 12, operations.Start: it is a transition: TNC-O calls it only if it is declared under lifecycle",
    ),
    "no driver": (
        edit(f"default-driver: {DRIVER}\n", ""),
        "warning",
        "default-driver: is missing: it says which driver",
    ),
    "another driver": (
        edit(DRIVER, "{ansible: {}}"),
        "error",
        "line 9, default-driver: TNC-O asks ansible for Create; this driver is called azure",
    ),
    "another driver of one transition": (
        edit("  Create: {}", "  Create: {drivers: {openstack: {}}}"),
        "error",
        "line 7, lifecycle.Create.drivers: TNC-O asks openstack for Create; this driver is called azure",
    ),
    "a driver without a selector": (edit(DRIVER, "{azure: {}}"), "warning", "default-driver.azure: it has no selector"),
    "deployment locations of another type": (
        edit('["*"]', "[Openstack]"),
        "warning",
        "default-driver.azure: it is asked only for deployment locations of the type Openstack, which is not Azure's",
    ),
    "a misspelled section": (
        f"{DESCRIPTOR}privat-properties: {{}}\n",
        "warning",
        "line 12, privat-properties: is no key of a resource descriptor, did you mean 'private-properties'?",
    ),
    "a version with a letter": (
        edit("::1.0", "::v1.0"),
        "error",
        "line 1, name: the version 'v1.0' takes numbers and points, such as 1.0",
    ),
}


@pytest.mark.parametrize("name", DECLARATIONS)
def test_what_tnc_o_would_not_do_with_a_descriptor(check: Checker, name: str) -> None:
    text, kind, fault = DECLARATIONS[name]
    project = PROJECT.replace("'1.0'", "v1.0") if "v1.0" in text else PROJECT
    assert_only(check({RESOURCE: text, "lmproject.yml": project}), kind, fault)


def test_what_tnc_o_takes_of_a_descriptor_is_taken(check: Checker) -> None:
    text = edit(SKU, "vault_sku: {value: '${vault_tier}'}\n  vault_id: {type: string, read-only: yes}")
    text = text.replace("  Delete: {}", "  Delete: {}\n  Install: {drivers: {ansible: {}}}")
    checked = check({RESOURCE: text, "main.json": template({"vault_id": {"type": "string", "value": "a"}})})
    assert (checked.status, checked.lines) == (0, [])


def test_the_name_of_a_child_without_its_parents(check: Checker) -> None:
    owned = "{type: Contoso.Play/things/parts, name: '{{ vault_name }}'}"
    files = {"main.json": arm(resources=[THING, {**THING, "type": "Contoso.Play/things/parts", "name": "a/b"}])}
    lifecycle, descriptor = f"{LIFECYCLE}  Remove:\n    remove: {owned}\n", f"{DESCRIPTOR}  Remove: {{}}\n"
    assert_only(
        check({"lifecycle.yaml": lifecycle, RESOURCE: descriptor, **files}),
        "error",
        "lifecycle.yaml line 7, transitions.Remove.remove.name: Contoso.Play/things/parts takes 2 names joined by '/',",
    )


def test_an_object_for_a_property_that_is_a_text(check: Checker) -> None:
    text = edit(SKU, f"{SKU}\n  vault_net: {{type: string, read-only: true}}")
    outputs = {"vault_net": {"type": "object", "value": {}}}
    assert_only(
        check({RESOURCE: text, "main.json": template(outputs)}),
        "warning",
        "line 6, properties.vault_net: its type is string, and main.json gives an object, which is sent as it is",
    )


@pytest.mark.parametrize(
    ("project", "text"),
    [
        (
            PROJECT.replace("schema: '2.0'\n", ""),
            "lmproject.yml line 1, top level: 'schema' is missing: it takes '2.0'",
        ),
        (PROJECT.replace("'1.0'", "1.00"), "lmproject.yml line 3, version: 1.00 without quotes is the number 1.0: put"),
    ],
)
def test_faults_of_lmproject(check: Checker, project: str, text: str) -> None:
    assert_only(check({"lmproject.yml": project}), "error", text)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"Lifecycle/Azure/lifecycle.yaml": LIFECYCLE},
            "Lifecycle/Azure: this name is not read: rename it to Lifecycle/a",
        ),
        ({"lifecycle/azure/lifecycle.yaml": LIFECYCLE}, "lifecycle: this name is not read: rename it to Lifecycle"),
        (
            {"Lifecycle/azure/vault/lifecycle.yaml": LIFECYCLE},
            "'vault/lifecycle.yaml' is in a folder of its own, move it",
        ),
        (
            {"Vault/Lifecycle/azure/lifecycle.yaml": LIFECYCLE, RESOURCE: None, "lmproject.yml": None},
            "holds neither a lifecycle.yaml nor a template: the package is Vault",
        ),
        (
            {"lmproject.yml": PROJECT.replace("Resource\n", "Assembly\n")},
            ": lmproject.yml says that it is of type Assembly",
        ),
    ],
)
def test_a_package_that_is_elsewhere(check: Checker, changes: dict[str, str | None], text: str) -> None:
    none = dict.fromkeys(("lifecycle.yaml", "main.json"))
    assert_only(check({**none, **changes}), "error", text)


@pytest.mark.parametrize(
    ("files", "text"),
    [
        ({f"Lifecycle/azure/notes/{number}": "" for number in range(999)}, "driverFiles: 1001 files, more than 1000"),
        ({"a:b.txt": ""}, "driverFiles: 'a:b.txt' is no path inside the zip"),
    ],
)
def test_a_package_that_would_be_refused_as_a_zip(check: Checker, files: dict[str, str | None], text: str) -> None:
    assert_only(check(files), "error", text)


def test_what_macos_puts_beside_a_template_is_no_operation(check: Checker) -> None:
    text = '\x00\x05\x16\x07 "$schema": "deploymentTemplate.json"'
    checked = check({"lifecycle.yaml": None, "._main.json": text})
    assert (checked.status, checked.lines) == (0, [])


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("main.bicep", "{\n}", "main.bicep line 1: this is the text of a .json file: rename it"),
        ("main.json", "\nparam a string", "main.json line 1: this is the text of a .bicep file: rename it"),
    ],
)
def test_a_template_with_the_suffix_of_the_other_kind(check: Checker, name: str, text: str, fault: str) -> None:
    changes = {"lifecycle.yaml": LIFECYCLE.replace("main.json", name), "main.json": None, name: text}
    assert_only(check(changes), "error", fault)


@pytest.mark.parametrize("function", ["newGuid", "utcNow"])
def test_a_default_that_is_another_one_each_time(check: Checker, function: str) -> None:
    body = arm({"suffix": {"type": "string", "defaultValue": f"[{function}()]"}})
    assert_only(
        check({"main.json": body}), "warning", f"param suffix: its default has {function}(), which gives another"
    )


@needs_shared
@pytest.mark.usefixtures("bicep")
def test_a_compiled_template_that_is_no_copy_of_its_source(check: Checker) -> None:
    source = "param vault_name string\nparam vault_sku string = vault_name\noutput vault_name string = vault_sku\n"
    changes = {"lifecycle.yaml": LIFECYCLE.replace("main.json", "main.bicep"), "main.bicep": source}
    text = "main.json: a driver without a Bicep CLI deploys it, and main.bicep is another template: compile it again"
    assert_only(check({**changes, "main.json": arm()}), "warning", text)
    copy = json.loads(arm(outputs={"vault_name": {"type": "string", "value": "a"}}))
    copy["parameters"] = {"vault_name": {"type": "string"}, "vault_sku": {"type": "string", "defaultValue": ""}}
    assert check({**changes, "main.json": json.dumps(copy)}).lines == []


DEEP: Any = "end"
for _ in range(400):
    DEEP = {"resources": [DEEP]}
ODD: tuple[Any, ...] = (5, "text", [5], {"a": 5}, [[]], {"copy": 5}, True, None)


@pytest.mark.parametrize("section", ["variables", "outputs", "parameters", "resources", "functions"])
def test_a_template_of_any_form_is_judged_in_words(check: Checker, section: str) -> None:
    for value in (*ODD, DEEP):
        body = {**json.loads(arm()), section: value}
        inner = {**THING, "resources": value}
        check({"main.json": json.dumps(body)})
        check({"main.json": json.dumps({**body, section: {}, "resources": [inner]})})


@pytest.mark.parametrize(
    "section", ["name", "properties", "private-properties", "lifecycle", "operations", "default-driver", "queries"]
)
def test_a_descriptor_of_any_form_is_judged_in_words(check: Checker, section: str) -> None:
    whole = {**yaml.safe_load(DESCRIPTOR)}
    for value in (*ODD, {"Create": 5}, {"Create": {"drivers": 5}}, {"azure": {"selector": 5}}, {1: {"type": [1]}}):
        check({RESOURCE: yaml.safe_dump({**whole, section: value})})


def test_a_property_that_is_changed_in_place_and_not_volatile(check: Checker) -> None:
    lifecycle = f"{LIFECYCLE}    changes: [vault_sku]\n"
    text = "line 5, properties.vault_sku: lifecycle.yaml has it among changes, and it is not volatile: true"
    assert_only(check({"lifecycle.yaml": lifecycle}), "warning", text)
    assert check({"lifecycle.yaml": lifecycle, RESOURCE: edit(SKU, "vault_sku: {volatile: true}")}).lines == []


def test_a_default_driver_that_is_a_text(check: Checker) -> None:
    assert_only(check({RESOURCE: edit(DRIVER, "azure")}), "error", "default-driver: takes an object with the name of a")
