"""What lmctl does not check: that the example packages fit together and fit the driver's built-in types."""

import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml

from driver.packages.lifecycle_yaml import read_manifest
from driver.packages.manifests import STANDARD, Manifest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples" / "packages"
OWN = (EXAMPLES / "AzureApplicationSecurityGroup", *sorted((ROOT / "examples" / "recipes").glob("Azure*")))
BUILT_IN = sorted(path.parent.name for path in (ROOT / "infra" / "resources").glob("*/lifecycle.yaml"))
REFERENCE = re.compile(r"\$\{(?:([\w-]+)\.)?([\w-]+)\}")
GIVEN_TO_THE_RESOURCE_MANAGER = {"deploymentLocation", "resourceManager"}


def _load(path: str) -> Any:
    return yaml.safe_load((EXAMPLES / path).read_text(encoding="utf-8"))


def _descriptor(resource_type: str) -> Any:
    return _load(f"{resource_type.split('::')[1]}/Definitions/lm/resource.yaml")


def check_declared(descriptor: Any, described: Manifest) -> None:
    """The descriptor declares all that the package and the driver do, and as volatile what a Reconfigure changes."""
    upgrade = {"Upgrade"} if "Reconfigure" in described.transitions else set()
    given = {*described.transitions, *upgrade, "Adopt", "Stop", "Integrity"}
    assert set(descriptor["lifecycle"]) == {one for one in given if one in STANDARD}
    operations = {one for one in given if one not in STANDARD}
    assert set(descriptor["operations"]) == {*operations, "Precheck", "WhatIf", "CheckDrift"}
    changed = described.transitions["Reconfigure"].changes if upgrade else ()
    assert {key for key, one in descriptor["properties"].items() if one.get("volatile")} == set(changed)


@pytest.mark.parametrize("folder", OWN, ids=lambda folder: folder.name)
def test_every_package_with_its_own_templates_declares_what_it_does(folder: Path) -> None:
    descriptor = yaml.safe_load((folder / "Definitions" / "lm" / "resource.yaml").read_text(encoding="utf-8"))
    described = read_manifest((folder / "Lifecycle" / "azure" / "lifecycle.yaml").read_text(encoding="utf-8"))
    check_declared(descriptor, described)
    assert described.reference is not None
    assert described.transitions["Start"].if_missing


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_type_has_a_package_that_leaves_the_templates_to_the_driver(name: str) -> None:
    descriptor = _descriptor(f"resource::{name}::1.0")
    described = read_manifest((ROOT / "infra" / "resources" / name / "lifecycle.yaml").read_text(encoding="utf-8"))
    check_declared(descriptor, described)
    assert {one["type"] for one in descriptor["properties"].values()} == {"string"}
    assert [path.name for path in (EXAMPLES / name / "Lifecycle" / "azure").iterdir()] == ["README.md"]


def test_operations_of_a_type_ask_only_for_what_the_resource_does_not_have() -> None:
    operations = _descriptor("resource::AzureNetworkSecurityGroup::1.0")["operations"]
    assert set(operations["RemoveNsgRule"]["properties"]) == {"nsg_rule_name"}
    assert "network_security_group_name" not in operations["CreateNsgRule"]["properties"]


def test_the_package_with_its_own_template_is_complete() -> None:
    folder = EXAMPLES / "AzureApplicationSecurityGroup" / "Lifecycle" / "azure"
    described = read_manifest((folder / "lifecycle.yaml").read_text(encoding="utf-8"))
    deployed = [folder / transition.deploy for transition in described.transitions.values() if transition.deploy]
    assert deployed
    assert all(path.is_file() and path.with_suffix(".json").is_file() for path in deployed)


def test_the_components_of_the_assembly_have_the_properties_they_get_and_need() -> None:
    for name, component in _load("AzureBranch/Descriptor/assembly.yml")["composition"].items():
        declared = _descriptor(component["type"])["properties"]
        writable = {one for one, about in declared.items() if not about.get("read-only")}
        required = {one for one, about in declared.items() if about.get("required")}
        given = set(component["properties"])
        assert given <= writable | GIVEN_TO_THE_RESOURCE_MANAGER, name
        assert required <= given, name


def test_the_assembly_can_be_created_in_the_order_of_its_references() -> None:
    assembly = _load("AzureBranch/Descriptor/assembly.yml")
    composition = assembly["composition"]
    needs: dict[str, set[str]] = {}
    for name, component in composition.items():
        for value in component["properties"].values():
            for other, wanted in REFERENCE.findall(value["value"]):
                owner = _descriptor(composition[other]["type"])["properties"] if other else assembly["properties"]
                assert wanted in owner, f"{name} refers to {value['value']}"
                needs.setdefault(name, set()).update({other} if other else ())
    order = list(TopologicalSorter(needs).static_order())
    assert order[0] == "group"
    assert order[-1] == "server"
    assert [composition[name]["type"].split("::")[1] for name in order if name in ("wan", "lan")] == ["AzureSubnet"] * 2
    assert set(order) == set(composition)
