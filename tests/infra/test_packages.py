"""What every built-in resource package keeps to, read from its compiled templates."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from driver.packages.lifecycle_yaml import read_manifest
from driver.packages.manifests import Manifest, Transition
from driver.packages.names import RULES

PACKAGES = Path(__file__).resolve().parents[2] / "infra" / "resources"
NAMES = sorted(path.parent.name for path in PACKAGES.glob("*/lifecycle.yaml"))
TEMPLATES = sorted(str(path.relative_to(PACKAGES)) for path in PACKAGES.glob("*/*.json"))
WITHOUT_TAGS = {"subnets", "virtualNetworkPeerings", "securityRules", "routes"}


def _manifest(name: str) -> Manifest:
    return read_manifest((PACKAGES / name / "lifecycle.yaml").read_text(encoding="utf-8"))


def _template(path: str) -> Any:
    return json.loads((PACKAGES / path).read_text(encoding="utf-8"))


def _resources(template: Any) -> Iterator[dict[str, Any]]:
    resources = template["resources"]
    for one in resources.values() if isinstance(resources, dict) else resources:
        if not one.get("existing"):
            yield one


def test_the_catalogue_is_whole() -> None:
    assert NAMES == [
        "AzureLoadBalancer",
        "AzureNatGateway",
        "AzureNetworkInterface",
        "AzureNetworkSecurityGroup",
        "AzurePrivateDnsZone",
        "AzurePublicIPAddress",
        "AzureResourceGroup",
        "AzureRouteTable",
        "AzureStorageAccount",
        "AzureSubnet",
        "AzureVNet",
        "AzureVirtualEdge",
        "AzureVirtualMachine",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_lifecycle_refers_to_templates_that_exist(name: str) -> None:
    transitions = _manifest(name).transitions
    deployed = {transition.deploy for transition in transitions.values() if transition.deploy}
    assert {"Create", "Delete"} <= set(transitions)
    assert deployed == {path.name for path in (PACKAGES / name).glob("*.bicep")}
    assert all((PACKAGES / name / file).with_suffix(".json").is_file() for file in deployed)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found_by_reference_has_the_outputs_of_create(name: str) -> None:
    reference = _manifest(name).reference
    assert reference is not None
    template = _template(f"{name}/main.json")
    assert reference.type in {one["type"] for one in _resources(template)}
    of_other_resources = {"edge_public_ip_address"}
    assert set(template["outputs"]) - of_other_resources <= set(reference.outputs)


@pytest.mark.parametrize("name", NAMES)
def test_reconfigure_changes_parameters_of_its_template_that_name_nothing(name: str) -> None:
    changes = _manifest(name).transitions.get("Reconfigure", Transition(deploy="main.bicep")).changes
    parameters = _template(f"{name}/main.json")["parameters"]
    assert set(changes) <= set(parameters)
    own = _manifest(name).reference
    assert own is not None
    assert own.type not in {parameters[one]["metadata"].get("nameOf") for one in changes}


@pytest.mark.parametrize("path", TEMPLATES)
def test_parameters_are_described(path: str) -> None:
    for name, parameter in _template(path)["parameters"].items():
        description = parameter["metadata"]["description"]
        expected = "Optional. " if "defaultValue" in parameter else "Required. "
        assert description.startswith(expected), name
        assert description.endswith("."), name


@pytest.mark.parametrize("path", TEMPLATES)
def test_names_of_resources_are_checked_by_a_known_rule(path: str) -> None:
    named = {
        name: parameter["metadata"].get("nameOf")
        for name, parameter in _template(path)["parameters"].items()
        if name.endswith("_name") and not name.endswith(("pool_name", "type_name", "tier_name", "computer_name"))
    }
    assert {name for name, arm_type in named.items() if str(arm_type).lower() not in RULES} == set()


@pytest.mark.parametrize("path", TEMPLATES)
def test_outputs_are_described_and_hold_no_secret(path: str) -> None:
    outputs = _template(path)["outputs"]
    assert outputs
    for name, output in outputs.items():
        assert output["metadata"]["description"].endswith("."), name
        assert not output["type"].lower().startswith("secure"), name


@pytest.mark.parametrize("path", TEMPLATES)
def test_resources_carry_the_creator_and_one_version_of_each_provider(path: str) -> None:
    for one in _resources(_template(path)):
        if one["type"].rsplit("/", 1)[-1] not in WITHOUT_TAGS:
            assert one["tags"] in ({"Creator": "Cp4na"}, "[variables('tags')]"), one["type"]
        if one["type"].startswith("Microsoft.Network/") and "privateDnsZones" not in one["type"]:
            assert one["apiVersion"] == "2024-05-01", one["type"]


@pytest.mark.parametrize("path", TEMPLATES)
def test_nothing_is_removed_from_a_parent_by_a_second_create(path: str) -> None:
    """A PUT that names children removes the others (virtual networks); one without them does too (rules and routes)."""
    own_children = {"AzureVirtualEdge/main.json": {"networkSecurityGroups", "routeTables"}}.get(path, set())
    for one in _resources(_template(path)):
        name = one["type"].rsplit("/", 1)[-1]
        if name == "virtualNetworks":
            assert {"subnets", "virtualNetworkPeerings"}.isdisjoint(one["properties"])
        elif name in {"networkSecurityGroups", "routeTables"} - own_children:
            assert "onlyIfNotExists" in one["@options"]
