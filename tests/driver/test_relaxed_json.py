"""Files of packages that only ARM's tools would read, and what is said of those that nobody can read."""

import json
from typing import Any

import pytest

from driver.errors import InvalidRequest
from driver.packages.catalogue import Package, load_own_package
from driver.packages.relaxed_json import read_json
from driver.packages.templates import list_resource_types
from tests.support.requests import SETTINGS

LENIENT = """\ufeff// written by hand
{
  '$schema': "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#", /* of
  a group */
  contentVersion: '1.0.0.0',
  parameters: {name: {type: 'string', defaultValue: 'it\\'s', },},
  resources: [],
}
"""


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1, // one\n "b": [1, 2, /* three */],}', {"a": 1, "b": [1, 2]}),
        ("{a: 'b', $c_1: true}", {"a": "b", "$c_1": True}),
        ("""{'a"b': 'it\\'s "so"'}""", {'a"b': 'it\'s "so"'}),
        ('{"a": "[concat(\n\t1,\n 2)]"}', {"a": "[concat(\n\t1,\n 2)]"}),
        ('{"a": "http://x/* // */,]"}', {"a": "http://x/* // */,]"}),
        ("/* a */ [] // b", []),
        ('{"a": "\\ud83d\\ude00 \\\\ud800"}', {"a": "\U0001f600 \\ud800"}),
        ('{"copy": [1], "a": 2, "copy": [3]}', {"copy": [1, 3], "a": 2}),
    ],
)
def test_what_arms_tools_read_is_read(text: str, value: Any) -> None:
    assert read_json(text.encode(), "main.json") == value


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"a": 1 // one\n "b": 2}', "line 2, column 2"),
        ("{\n/* a\nb */ a: 1\n c: 2}", "line 4, column 2"),
        ('{"a": "b}', "Unterminated string"),
        ("{'a': 'b}", "Unterminated string"),
        ("{a: /* b}", "Expecting value"),
        ("a" * 500_000, "Expecting value$"),
        ("/*" * 500_000, "Expecting value"),
        ("{a: " + ", " * 300_000, "Expecting value"),
        ('{"b": {"a": 1},\n "c": [{"a": 2}],\n "b": 3}', "line 3, b: this key stands twice, first in line 1: keep one"),
        ("{a: 1, // {\n '\\u0061': 'b'}", "line 2, a: this key stands twice, first in line 1: keep one"),
        ('{"copy": [], "copy": {}}', "a key stands twice"),
        ("{" + '"a": {"b": "{"},\n' * 200_000 + '"c": 1}', "line 2, a: this key stands twice, first in line 1"),
    ],
)
def test_a_fault_is_named_at_its_line(text: str, fault: str) -> None:
    with pytest.raises(InvalidRequest, match=rf"^main\.json .*{fault}"):
        read_json(text.encode(), "main.json")


def load(**files: str) -> Package:
    package = load_own_package({f"{name}.json": text.encode() for name, text in files.items()}, SETTINGS)
    assert package is not None
    return package


@pytest.mark.parametrize("name", ["main", "create"])
def test_a_template_without_a_manifest_is_deployed_if_it_is_lenient_and_its_fault_named_if_it_is_broken(
    name: str,
) -> None:
    package = load(**{name: LENIENT})
    assert package.manifest.transitions["Create"].deploy == f"{name}.json"
    assert package.load_template(f"{name}.json")[0].parameters[0].declared["defaultValue"] == "it's"
    broken = load(**{name: LENIENT.replace("resources:", "resources")})
    with pytest.raises(InvalidRequest, match=rf"^{name}\.json line 7, column \d+: it is no JSON: Expecting "):
        broken.load_template(f"{name}.json")


def test_a_main_json_that_is_no_template_is_named() -> None:
    with pytest.raises(InvalidRequest, match=r"^main\.json: '\$schema' is missing"):
        load(main='{"resources": []}').load_template("main.json")


def test_a_linked_template_is_read_alike() -> None:
    properties = {"mode": "Incremental", "templateLink": {"relativePath": "inner.json"}}
    link = {
        "type": "Microsoft.Resources/deployments",
        "name": "n",
        "apiVersion": "2022-09-01",
        "properties": properties,
    }
    outer = {"$schema": "https://x/deploymentTemplate.json#", "resources": [link]}
    template = load(main=json.dumps(outer), inner=LENIENT).load_template("main.json")[0]
    assert template.body["resources"][0]["properties"]["template"]["contentVersion"] == "1.0.0.0"


def test_keys_are_read_in_any_case() -> None:
    """As ARM reads them: a required parameter, the type of a resource and a link, written in another case."""
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    disk = {
        "Type": "Microsoft.Compute/disks",
        "ApiVersion": "2024-03-02",
        "NAME": "d",
        "Properties": {"CreateOption": 1},
    }
    inner = {"$schema": schema, "ContentVersion": "1.0.0.0", "Resources": [disk]}
    link = {"Mode": "Incremental", "TemplateLink": {"RelativePath": "inner.json"}}
    nested = {"Type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "n", "Properties": link}
    declared = {"Size": {"TYPE": "int", "MinValue": 2}}
    outer = {"$Schema": schema, "contentVersion": "1.0.0.0", "PARAMETERS": declared, "RESOURCES": [nested]}
    body = load(main=json.dumps(outer), inner=json.dumps(inner)).load_template("main.json")[0]
    assert [(one.name, one.type, one.required, one.minimum) for one in body.parameters] == [("Size", "int", True, 2)]
    assert list_resource_types(body.body) == {"microsoft.resources/deployments", "microsoft.compute/disks"}
    deployed = body.body["resources"][0]["properties"]["template"]["resources"][0]
    assert deployed["properties"] == {"CreateOption": 1}  # a service's own keys stay as they are
