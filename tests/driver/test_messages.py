"""Messages to authors of packages name file, line and key, and what would be right. At the driver's edge, too."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from driver import plans
from driver.__main__ import main
from driver.errors import InvalidRequest
from driver.models.requests import LifecycleRequest, parse
from driver.packages.catalogue import find_package
from tests.support.driver_files import zipped
from tests.support.requests import LOCATION, SETTINGS
from tests.support.shared import needs_shared

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/"
LIFECYCLE = """version: 1
resourceGroup: "{{ resourcegroup_name }}"
transitions:
  Create:
    deploy: main.json
"""
DESCRIPTOR = """name: resource::Vault::1.0
properties:
  resourcegroup_name: {type: string, required: true}
  vault_name: {type: string, required: true}
  vault_sku: {type: string}
lifecycle:
  Create: {}
  Delete: {}
default-driver: {azure: {selector: {infrastructure-type: ["*"]}}}
operations:
  Precheck: {}
"""
PROJECT = "schema: '2.0'\nname: Vault\nversion: '1.0'\ntype: Resource\nresource-manager: brent\n"
PROPERTIES = "resourcegroup_name: rg-1\nvault_name: vault-1\n"


def template(outputs: Mapping[str, object] | None = None, schema: str = "deploymentTemplate.json") -> str:
    body = {
        "$schema": f"{SCHEMA}{schema}#",
        "contentVersion": "1.0.0.0",
        "parameters": {
            "vault_name": {"type": "string"},
            "vault_sku": {"type": "string", "defaultValue": "standard"},
            "vault_secret": {"type": "secureString", "defaultValue": ""},
            "vault_count": {"type": "int", "defaultValue": 1},
        },
        "resources": [],
        "outputs": outputs or {},
    }
    return json.dumps(body, indent=2)


FILES = {
    "Lifecycle/azure/lifecycle.yaml": LIFECYCLE,
    "Lifecycle/azure/main.json": template(),
    "Definitions/lm/resource.yaml": DESCRIPTOR,
    "lmproject.yml": PROJECT,
    "properties.yaml": PROPERTIES,
}


def write(folder: Path, changes: Mapping[str, str | None]) -> Path:
    """A package with changed files; a file of None is left out. A name without folder is one of Lifecycle/azure."""
    named = {
        name if name in FILES or "/" in name else f"Lifecycle/azure/{name}": text for name, text in changes.items()
    }
    for path, text in {**FILES, **named}.items():
        if text is not None:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
    return folder


class Checked:
    """The result of `check` with the package's properties.yaml."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.lines = status, out, err.splitlines()


@pytest.fixture
def check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> "Checker":
    return Checker(tmp_path, capsys)


class Checker:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def __call__(self, changes: Mapping[str, str | None], command: str = "check", *options: str) -> Checked:
        folder = write(self.folder, changes)
        properties = str(folder / "properties.yaml")
        status = main([command, str(folder), "--resource-properties", properties, *options])
        shown = self.capsys.readouterr()
        assert "Traceback" not in shown.err
        return Checked(status, shown.out, shown.err.replace(f"{folder}/", ""))


def test_a_good_package_has_nothing_to_say(check: Checker) -> None:
    checked = check({})
    assert (checked.status, checked.lines) == (0, [])
    assert '  vault_name = "vault-1"\n' in checked.out


def edit(old: str, new: str) -> str:
    assert old in LIFECYCLE
    return LIFECYCLE.replace(old, new)


FAULTS: dict[str, tuple[str, str]] = {
    "a transition twice": (
        LIFECYCLE + "  Create:\n    deploy: other.json\n",
        "line 6, transitions.Create: this key stands twice, first in line 4: keep one of the two",
    ),
    "a transition in another case": (
        LIFECYCLE + "  create:\n    deploy: main.json\n",
        "line 3, transitions: 'Create' and 'create' are one transition, for names compare without case",
    ),
    "a key of a transition twice": (
        LIFECYCLE + "    deploy: main.json\n",
        "line 6, transitions.Create.deploy: this key stands twice, first in line 5: keep one of the two",
    ),
    "a misspelled key": (
        edit("deploy:", "deply:"),
        "line 5, transitions.Create.deply: is no key here, did you mean 'deploy'? (there are deploy, remove, call, on,",
    ),
    "a misspelled key at the top": (
        edit("resourceGroup:", "resourcegroup:"),
        "line 2, resourcegroup: is no key here, did you mean 'resourceGroup'? (there are version, resourceGroup,",
    ),
    "a misspelled key in a list": (
        LIFECYCLE + "    readyWhen:\n      - {on: a/b, thta: id}\n",
        "line 7, transitions.Create.readyWhen.0.thta: is no key here, did you mean 'that'? (there are on, ",
    ),
    "a number as a timeout": (
        LIFECYCLE + "    timeout: 10\n",
        "line 6, transitions.Create.timeout: takes a number followed by s, m or h, such as 30s, 20m or 2h; it is 10",
    ),
    "a number as a text": (
        edit('"{{ resourcegroup_name }}"', "5"),
        "line 2, resourceGroup: takes a text: put 5 into quotes",
    ),
    "a text as a boolean": (
        LIFECYCLE + "    prune: sometimes\n",
        "line 6, transitions.Create.prune: takes true or false",
    ),
    "an object that has to be a list": (
        LIFECYCLE + "    readyWhen: {on: a/b}\n",
        "line 6, transitions.Create.readyWhen: takes a list",
    ),
    "a key that is missing": (
        LIFECYCLE + "    readyWhen:\n      - {on: a/b}\n",
        "line 7, transitions.Create.readyWhen.0: 'that' is missing",
    ),
    "an expression without quotes": (
        edit('"{{ resourcegroup_name }}"', "{{ resourcegroup_name }}"),
        'line 2, column 16, resourceGroup: an expression has to stand in quotes: "{{ resourcegroup_name }}"',
    ),
    "two expressions without quotes": (
        LIFECYCLE + "    parameters:\n      vault_name: {{ a }}-{{ b }}\n",
        'line 7: a text that begins with {{ has to stand in quotes: "{{ a }}-{{ b }}"',
    ),
    "a tab": (LIFECYCLE + "\ttimeout: 10m\n", "line 6, column 1: a tab is not taken here: indent with spaces"),
    "a colon": (
        LIFECYCLE + "    timeout: 10m: 5\n",
        "line 6, column 17: a ':' is not taken here; put a text with ': ' in it into quotes",
    ),
    "a quote": (LIFECYCLE + "    timeout: '10m\n", "line 6, column 14: the quote that opens here is not closed"),
    "an indentation": (
        LIFECYCLE + "   timeout: 10m\n",
        "line 6, column 4: this line is indented otherwise than the lines that it belongs to",
    ),
    "a list without an end": (
        LIFECYCLE + "    changes: [a\n",
        "line 6, column 14: a ',' is missing, or the '[' that opens here is not closed",
    ),
    "a key without a colon": (
        LIFECYCLE + "    timeout\n  Delete: {remove: all}\n",
        "line 6, column 5: a ':' is missing after this key",
    ),
    "a wrong JMESPath": (
        LIFECYCLE + "reference:\n  type: a/b\n  outputs:\n    sku: properties.sku.\n",
        "line 9, reference.outputs.sku: is no JMESPath: it is not complete",
    ),
    "an unknown function": (
        LIFECYCLE + "reference:\n  type: a/b\n  outputs:\n    sku: lenght(tags)\n",
        "line 9, reference.outputs.sku: is no JMESPath: there is no function lenght(), did you mean 'length'?",
    ),
    "no verb": (
        edit("    deploy: main.json", "    prune: true"),
        "line 4, transitions.Create: takes exactly one of deploy, remove and call; it has none",
    ),
    "no template": (
        edit("main.json", "man.json"),
        (
            "line 5, transitions.Create.deploy: 'man.json' is no file of the package, did you mean 'main.json'?"
            " (there are main.json)"
        ),
    ),
    "no resource group": (
        edit('resourceGroup: "{{ resourcegroup_name }}"\n', ""),
        (
            "line 3, transitions.Create: 'resourceGroup' is missing: 'main.json' is deployed to a resource group."
            ' Give it here or at the top level: resourceGroup: "{{ resourcegroup_name }}"'
        ),
    ),
    "a misspelled property": (
        edit("resourcegroup_name", "resorcegroup_name"),
        (
            "line 2, resourceGroup: '{{ resorcegroup_name }}' needs the property 'resorcegroup_name', which is not"
            " there, did you mean 'resourcegroup_name'? (there are "
        ),
    ),
    "a part that a property does not have": (
        edit("resourcegroup_name", "deployment_location.nmae"),
        "line 2, resourceGroup: '{{ deployment_location.nmae }}' needs 'nmae' of a property, which has no such part",
    ),
    "a filter that is not known": (
        edit("resourcegroup_name", "resourcegroup_name | uper"),
        "line 2, resourceGroup: '{{ resourcegroup_name | uper }}' has no known filter 'uper', did you mean 'upper'?",
    ),
    "an expression without an end": (
        edit("{{ resourcegroup_name }}", "{{ resourcegroup_name"),
        "line 2, resourceGroup: '{{ resourcegroup_name' cannot be evaluated: its '}}' is missing",
    ),
    "a parameter that the template does not have": (
        LIFECYCLE + "    parameters:\n      vault_nam: x\n",
        (
            "line 7, transitions.Create.parameters.vault_nam: 'main.json' has no parameter 'vault_nam', did you mean"
            " 'vault_name'? (there are vault_count, vault_name, vault_secret,"
        ),
    ),
    "an empty file": ("# nothing\n", "line 1: it is empty: it takes the keys version, resourceGroup,"),
    "a tag": (
        LIFECYCLE + "    parameters: {vault_sku: !!set {a}}\n",
        "line 6, column 29: a tag is not taken: write the value without its '!'",
    ),
    "a blank that is no space": (
        edit("  Create", "\u00a0\u00a0Create"),
        "line 4, Create: U+00A0 is not taken, it only looks like a blank or like nothing: write a space",
    ),
    "a blank that is no space in a line that is no YAML": (
        LIFECYCLE + " \u00a0  timeout: 10m\n",
        "line 6, column 2: U+00A0 is not taken, it only looks like a blank or like nothing: write a space",
    ),
    "a parameter in another case": (
        LIFECYCLE + "    parameters: {vault_sku: a, Vault_SKU: b}\n",
        "line 6, transitions.Create.parameters: 'vault_sku' and 'Vault_SKU' are one parameter, for names compare",
    ),
    "a parameter that does not fit": (
        LIFECYCLE + "    parameters: {vault_count: many}\n",
        "line 6, transitions.Create.parameters.vault_count: it takes a whole number",
    ),
    "a parameter without a value": (
        LIFECYCLE + "    parameters: {vault_name: }\n",
        "line 6, transitions.Create.parameters.vault_name: it gives no value: it is required (string)",
    ),
    "a type without a namespace": (
        LIFECYCLE + "  Start: {call: start, on: virtualMachines}\n",
        "line 6, transitions.Start.on: takes an ARM type such as Microsoft.Compute/virtualMachines, without",
    ),
    "a type with an api-version": (
        LIFECYCLE + "retain: [Microsoft.Compute/disks@2024-03-02]\n",
        "line 6, retain.0: takes an ARM type such as Microsoft.Compute/virtualMachines, without",
    ),
    "an action that is a path": (
        LIFECYCLE + "  Start: {call: /start, on: a/b}\n",
        "line 6, transitions.Start.call: takes the name of an ARM action such as start or powerOff; it is '/start'",
    ),
    "a text in double quotes in a JMESPath": (
        LIFECYCLE + "    readyWhen:\n      - {on: a/b, that: 'properties.state == \"Ready\"'}\n",
        (
            'line 7, transitions.Create.readyWhen.0.that: compares with the field named "Ready": a text stands in'
            " single quotes: 'Ready'"
        ),
    ),
    "a number in a JMESPath": (
        LIFECYCLE + "    readyWhen:\n      - {on: a/b, that: properties.count > 1}\n",
        "line 7, transitions.Create.readyWhen.0.that: is no JMESPath: column 20: '1' is not taken here; a number",
    ),
    "an expression in a JMESPath": (
        LIFECYCLE + 'reference:\n  type: a/b\n  outputs:\n    sku: "sku.{{ a }}"\n',
        "line 9, reference.outputs.sku: is no JMESPath: expressions {{ }} are not evaluated here",
    ),
    "a resource group in other braces": (
        edit("{{ resourcegroup_name }}", "${resourcegroup_name}"),
        "line 2, resourceGroup: '${resourcegroup_name}' is no name for Microsoft.Resources/resourceGroups: it takes",
    ),
    "an expression with one brace at its end": (
        edit("{{ resourcegroup_name }}", "{{ resourcegroup_name }"),
        "line 2, resourceGroup: '{{ resourcegroup_name }' cannot be evaluated: its '}}' is missing",
    ),
    "resource properties as an object": (
        edit("resourcegroup_name", "resource_properties.resourcegroup_name"),
        (
            "line 2, resourceGroup: '{{ resource_properties.resourcegroup_name }}' needs 'resource_properties', which"
            " is not there: a resource property is named alone, such as {{ vnet_name }}"
        ),
    ),
    "a test that is not known": (
        edit("resourcegroup_name", "resourcegroup_name is definde"),
        (
            "line 2, resourceGroup: '{{ resourcegroup_name is definde }}' has no known test 'definde', did you mean"
            " 'defined'?"
        ),
    ),
    "a file that is no template": (
        edit("main.json", "lifecycle.yaml"),
        "line 5, transitions.Create.deploy: 'lifecycle.yaml' is no template: it takes a file that ends with .json,",
    ),
    "a type that the template does not deploy": (
        LIFECYCLE + "    readyWhen:\n      - {on: Microsoft.KeyVault/vaults, that: id}\n",
        "line 7, transitions.Create.readyWhen.0: 'main.json' deploys no Microsoft.KeyVault/vaults, so nothing could",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_lifecycle_yaml(check: Checker, name: str) -> None:
    text, told = FAULTS[name]
    checked = check({"lifecycle.yaml": text})
    assert checked.status == 1
    assert [line for line in checked.lines if line.startswith(f"error: lifecycle.yaml {told}")], checked.lines
    assert f"lifecycle.yaml {told}" in refuse({"lifecycle.yaml": text})


def refuse(files: Mapping[str, str], resource_type: str = "resource::Vault::1.0") -> str:
    """The message of the 400 to a Create with these driver files."""
    content = {
        "lifecycleName": "Create",
        "driverFiles": zipped({"lifecycle.yaml": LIFECYCLE, "main.json": template(), **files}),
        "systemProperties": {"resourceName": {"value": "vault-1"}, "resourceType": {"value": resource_type}},
        "resourceProperties": {"resourcegroup_name": {"value": "rg-1"}, "vault_name": {"value": "vault-1"}},
        "deploymentLocation": LOCATION,
    }
    request = parse(LifecycleRequest, json.dumps(content).encode())
    with pytest.raises(InvalidRequest) as caught:
        plans.plan(request, find_package(resource_type, request.driver_files, SETTINGS), SETTINGS)
    return str(caught.value)


@pytest.mark.parametrize("scope", ["managementGroup", "tenant"])
def test_a_scope_that_is_not_supported(check: Checker, scope: str) -> None:
    text = template(schema=f"{scope}DeploymentTemplate.json")
    told = f"main.json line 2, targetScope: the scope {scope} is not supported, these are: resourceGroup, subscription"
    checked = check({"main.json": text})
    assert (checked.status, checked.lines) == (1, [f"error: {told}"])
    assert refuse({"main.json": text}) == told


@pytest.mark.parametrize("name", ["lifecycle.yml", "Lifecycle.yaml"])
def test_another_name_of_lifecycle_yaml(check: Checker, name: str) -> None:
    told = f"{name}: this name is not read: rename the file to lifecycle.yaml"
    checked = check({"lifecycle.yaml": None, name: LIFECYCLE})
    assert (checked.status, checked.lines) == (1, [f"error: {told}"])
    assert refuse({name: LIFECYCLE}) == told


def test_driver_files_with_a_folder_around_them() -> None:
    content = zipped({"azure/lifecycle.yaml": LIFECYCLE})
    with pytest.raises(
        InvalidRequest, match=r"'azure/lifecycle\.yaml' is not: zip the content of the folder, without the folder"
    ):
        find_package("resource::Vault::1.0", content, SETTINGS)


SHOWN = {
    "a parameter": ("[parameters('vault_secret')]", "the secure parameter 'vault_secret'"),
    "a parameter in a text": (
        "[format('user:{0}', parameters('vault_secret'))]",
        "the secure parameter 'vault_secret'",
    ),
    "a parameter in base64": ("[base64(parameters('VAULT_SECRET'))]", "the secure parameter 'VAULT_SECRET'"),
    "a branch": ("[if(true(), parameters('vault_secret'), '')]", "the secure parameter 'vault_secret'"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_an_output_that_shows_a_secure_parameter(check: Checker, name: str) -> None:
    value, shown = SHOWN[name]
    text = template({"leak": {"type": "string", "value": value}})
    line = text.split("\n").index('    "leak": {') + 1
    told = f"main.json line {line}, output leak: this output shows {shown}, and outputs are sent in clear text: remove"
    checked = check({"main.json": text})
    assert checked.status == 1
    assert next(one for one in checked.lines if one.startswith("error: ")).startswith(f"error: {told}")
    assert refuse({"main.json": text}).startswith(told)


def test_an_output_that_shows_keys_is_refused_by_check(check: Checker) -> None:
    leak = {"type": "string", "value": "[listKeys(resourceId('a/b', 'c'), '2024-01-01').keys[0].value]"}
    checked = check({"main.json": template({"leak": leak})})
    assert checked.status == 1
    assert "output leak: this output shows the result of listKeys(), which gives secrets" in checked.lines[-1]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("bool", "[empty(parameters('vault_secret'))]"),
        ("string", "[if(empty(parameters('vault_secret')), 'none', 'given')]"),
        ("string", "[uniqueString(parameters('vault_secret'))]"),
        ("string", "[[parameters('vault_secret')]"),
        ("string", "parameters('vault_secret')"),
        ("string", "[concat('parameters(''vault_secret'')', parameters('vault_name'))]"),
    ],
)
def test_an_output_that_shows_no_secret(check: Checker, kind: str, value: str) -> None:
    checked = check({"main.json": template({"vault_sku": {"type": kind, "value": value}})})
    assert (checked.status, checked.lines) == (0, [])


def test_a_secure_output_is_said_to_vanish(check: Checker) -> None:
    outputs = {"vault_key": {"type": "secureString", "value": "[parameters('vault_secret')]"}}
    checked = check({"main.json": template(outputs)})
    assert checked.status == 0
    assert "output vault_key: ARM gives no value for a secure output, so it reaches neither" in checked.lines[0]


def test_properties_that_nothing_uses(check: Checker) -> None:
    descriptor = DESCRIPTOR.replace("  vault_sku:", "  vault_sukk:")
    checked = check(
        {"Definitions/lm/resource.yaml": descriptor, "properties.yaml": f"{PROPERTIES}vault_sukk: premium\n"}
    )
    unused = "vault_sukk: nothing in this package uses this property, did you mean 'vault_sku'?"
    assert checked.status == 0
    assert checked.lines == [
        f"warning: properties.yaml line 3, {unused}",
        f"warning: Definitions/lm/resource.yaml line 5, properties.{unused}",
    ]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"lmproject.yml": None}, "lmproject.yml is missing: lmctl needs it"),
        ({"Definitions/lm/resource.yaml": None}, "Definitions/lm/resource.yaml is missing: it declares"),
        (
            {"lmproject.yml": PROJECT.replace("resource-manager", "resource-manger")},
            "lmproject.yml line 1, top level: 'resource-manager' is missing: it takes brent, did you",
        ),
        (
            {"lmproject.yml": PROJECT.replace("Resource\n", "Assembly\n")},
            "lmproject.yml line 4, type: it is 'Assembly', a resource package has Resource",
        ),
        (
            {"lmproject.yml": f"{PROJECT}name: Other\n"},
            "lmproject.yml line 6, name: this key stands twice, first in line 2: keep one of the two",
        ),
        (
            {"Definitions/lm/resource.yaml": DESCRIPTOR.replace("::Vault::", "::Volt::")},
            "Definitions/lm/resource.yaml line 1, name: the name is 'Volt', and 'Vault' in lmproject.yml",
        ),
        (
            {"Definitions/lm/resource.yaml": DESCRIPTOR.replace("  vault_name:", "  vault_nme:")},
            (
                "Definitions/lm/resource.yaml line 2, properties: 'vault_name' is missing: main.json needs it (string)"
                " for Create, did you mean 'vault_nme'?"
            ),
        ),
        (
            {"Definitions/lm/resource.yaml": DESCRIPTOR.replace("  resourcegroup_name:", "  rg_name:")},
            (
                "Definitions/lm/resource.yaml line 2, properties: 'resourcegroup_name' is missing: lifecycle.yaml"
                " line 2, resourceGroup names it for Create"
            ),
        ),
        (
            {"Definitions/lm/resource.yaml": DESCRIPTOR.replace("  Create: {}\n", "")},
            (
                "Definitions/lm/resource.yaml line 6, lifecycle: 'Create' is missing: lifecycle.yaml line 4,"
                " transitions.Create has it, and TNC-O calls only what is declared"
            ),
        ),
        (
            {"lifecycle.yaml": f"{LIFECYCLE}  Rotate:\n    deploy: main.json\n"},
            (
                "Definitions/lm/resource.yaml line 10, operations: 'Rotate' is missing: lifecycle.yaml line 6,"
                " transitions.Rotate has it, and TNC-O calls only what is declared"
            ),
        ),
        (
            {"Definitions/lm/resource.yaml": f"{DESCRIPTOR}  Rotat: {{}}\n"},
            "Definitions/lm/resource.yaml line 12, operations.Rotat: lifecycle.yaml has no such",
        ),
    ],
)
def test_documents_that_do_not_fit_the_lifecycle(check: Checker, changes: dict[str, str | None], told: str) -> None:
    checked = check(changes)
    assert checked.status == 1
    assert [line for line in checked.lines if line.startswith(f"error: {told}")], checked.lines


def test_an_object_is_a_value_in_a_properties_file(check: Checker) -> None:
    body = json.loads(template())
    body["parameters"] |= {"tags": {"type": "object"}, "plan": {"type": "object"}, "none": {"type": "object"}}
    descriptor = DESCRIPTOR.replace("lifecycle:", "  tags: {}\n  plan: {}\n  none: {}\nlifecycle:")
    properties = (
        f"{PROPERTIES}tags: {{env: prod}}\nplan: {{type: a, size: 5}}\nnone: {{}}\nvault_sku: {{value: premium}}\n"
    )
    files = {"main.json": json.dumps(body), "properties.yaml": properties}
    checked = check({**files, "Definitions/lm/resource.yaml": descriptor})
    assert (checked.status, checked.lines) == (0, [])
    for shown in ('tags = {"env": "prod"}', 'plan = {"type": "a", "size": 5}', "none = {}", 'vault_sku = "premium"'):
        assert f"  {shown}\n" in checked.out


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "vault_name: a\nvault_name: b\n",
            "properties.yaml line 2, vault_name: this key stands twice, first in line 1",
        ),
        ("- a\n", "properties.yaml: it takes an object, such as name: value"),
        (
            "vault_nme: a\nresourcegroup_name: b",
            "Create: property 'vault_name' is missing: it is required (string), did",
        ),
        ("a: {{ b }}\n", "properties.yaml line 1, column 4, a: an expression has to stand in quotes"),
    ],
)
def test_faults_of_a_properties_file(check: Checker, text: str, told: str) -> None:
    checked = check({"properties.yaml": text})
    assert checked.status == 1
    assert [line for line in checked.lines if line.startswith(f"error: {told}")], checked.lines


LMCTL_LOCATION = "infrastructureType: Azure\nresourceManager: brent\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("type: Azure\nproperties: {}\n", "location.yaml: 'name' is missing: a deployment location has a name"),
        ("name: trial\n", "location.yaml: 'properties' is missing (lmctl calls it infrastructureSpecificProperties)"),
        (
            "name: trial\nproperites: {}\n",
            "location.yaml line 2, properites: is no key of a deployment location, did you",
        ),
        (
            f"{LMCTL_LOCATION}name: trial\ninfrastructureSpecificProperties: {{}}\n",
            "deployment location 'trial': property 'tenantId' is missing",
        ),
        (
            "name: trial\nproperties: {tenantId: a, tenantId: b}\n",
            "location.yaml line 2, properties.tenantId: this key st",
        ),
    ],
)
def test_faults_of_a_deployment_location(check: Checker, text: str, told: str) -> None:
    (check.folder / "location.yaml").write_text(text)
    checked = check({}, "plan", "--deployment-location", str(check.folder / "location.yaml"))
    assert checked.status == 1
    assert [line for line in checked.lines if told in line], checked.lines


@needs_shared
@pytest.mark.usefixtures("bicep")
def test_warnings_and_places_of_bicep(check: Checker) -> None:
    bicep = (
        "param vault_name string\nparam vault_sku string = 'standard'\n@secure()\nparam vault_secret string\n"
        "resource table 'Microsoft.Network/routeTables@2024-05-01' = {\n  name: '${vault_name}${vault_sku}'\n"
        "  location: 'westeurope'\n  properties: { colour: 1 }\n}\noutput leak string = 'a ${vault_secret}'\n"
    )
    files = {"lifecycle.yaml": LIFECYCLE.replace("main.json", "main.bicep"), "main.json": None, "main.bicep": bicep}
    checked = check({**files, "properties.yaml": f"{PROPERTIES}vault_secret: x\n"})
    assert checked.status == 1
    assert [line for line in checked.lines if line.startswith("warning: main.bicep(8,17): BCP037: ")], checked.lines
    leak = "error: main.bicep line 10, output leak: this output shows the secure parameter 'vault_secret'"
    assert [line for line in checked.lines if line.startswith(leak)]


BICEP_TYPES = """type user = {
  name: string
  @secure()
  password: string
}
param vault_name string
param users user[] = []
param config user?
@secure()
param vault_secret string = ''
var settings = { name: vault_name, password: vault_secret }
module m 'm.bicep' = { name: 'm', params: { p: vault_secret } }
module ms 'm.bicep' = [for i in range(0, 2): { name: 'm${i}', params: { p: vault_secret } }]
"""


@needs_shared
@pytest.mark.usefixtures("bicep")
@pytest.mark.parametrize(
    ("valid", "leak", "shown"),
    [
        ("string = settings.name", "string = settings.password", "'vault_secret'"),
        ("string = config.?name ?? 'none'", "string = config.?password ?? 'none'", "'config'"),
        ("string = users[0].name", "string = users[0].password", "'users'"),
        ("array = [for u in users: u.name]", "array = [for u in users: u.password]", "'users'"),
        ("array = map(users, u => u.name)", "array = map(users, u => u.password)", "'users'"),
        ("int = m.outputs.n", "string = m.outputs.o", "'vault_secret', passed as the parameter 'p' of the module 'm'"),
        ("int = ms[0].outputs.n", "string = ms[0].outputs.o", "'vault_secret', passed as the parameter 'p' of"),
    ],
)
def test_only_the_outputs_of_bicep_that_show_a_secret_are_refused(
    check: Checker, valid: str, leak: str, shown: str
) -> None:
    files = {
        "lifecycle.yaml": LIFECYCLE.replace("main.json", "main.bicep"),
        "main.json": None,
        "m.bicep": "param p string\noutput o string = toLower(p)\noutput n int = length(p)\n",
    }
    main_file = f"{BICEP_TYPES}output good {valid}\n"
    checked = check({**files, "main.bicep": main_file})
    assert checked.status == 0, checked.lines
    told = f"main.bicep line 15, output leak: this output shows the secure parameter {shown}"
    checked = check({**files, "main.bicep": f"{main_file}output leak {leak}\n"})
    errors = [line for line in checked.lines if line.startswith("error: ")]
    assert len(errors) == 1
    assert errors[0].startswith(f"error: {told}")


def test_an_output_of_a_module_that_shows_a_secure_parameter_is_refused() -> None:
    inner = {
        "$schema": f"{SCHEMA}deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": {"p": {"type": "string"}},
        "resources": [],
        "outputs": {"o": {"type": "string", "value": "[toLower(parameters('p'))]"}},
    }
    module = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "m",
        "properties": {
            "mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "parameters": {"p": {"value": "[parameters('vault_secret')]"}},
            "template": inner,
        },
    }
    leak = "[reference(resourceId('Microsoft.Resources/deployments', 'm'), '2022-09-01').outputs.o.value]"
    body = json.loads(template({"leak": {"type": "string", "value": leak}}))
    told = refuse({"main.json": json.dumps({**body, "resources": [module]})})
    shown = "the secure parameter 'vault_secret', passed as the parameter 'p' of the module 'm'"
    assert told.startswith(f"main.json line 1, output leak: this output shows {shown}, and outputs are sent in clear")
