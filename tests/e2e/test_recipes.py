"""The recipes: checked by the command for authors, and taken through their lives as driver files, compiled by the real
Bicep compiler.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.brent import Resource
from driver import __main__ as command
from tests.e2e.conftest import BICEP
from tests.e2e.trial import Trial, ids
from tests.support.driver_files import zipped
from tests.support.shared import needs_shared

pytestmark = [needs_shared, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted(path.parent for path in (ROOT / "examples" / "recipes").glob("*/properties.yaml"))
# What each owns besides the deployment's record, and what it needs to be there.
OWNED = {
    "AzureFirewall": {"shop", "shop-policy", "shop-ip", "AzureFirewallSubnet", "shop-address"},
    "AzureKubernetes": {"shop", "work", "spare"},
    "AzureRoleAssignment": {"*"},
    "AzureScaleSet": {"shop", "shop-vnet"},
}
HUB = {"location": "northeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}


def resource_of(recipe: Path, group: str) -> Resource:
    properties: dict[str, Any] = yaml.safe_load((recipe / "properties.yaml").read_text())
    return Resource("shop", f"resource::{recipe.name}::1.0", {**properties, "resourcegroup_name": group})


def files_of(recipe: Path) -> str:
    folder = recipe / "Lifecycle" / "azure"
    return zipped({str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()})


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_a_recipe_is_created_and_deleted(trial: Trial, group: str, recipe: Path) -> None:
    trial.make(f"/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/shop-hub", HUB)
    before = trial.in_azure("subscriptions")
    files = files_of(recipe)
    made = trial.run(resource_of(recipe, group), files=files)
    names = {one.rsplit("/", 1)[-1] for one in ids(made.topology) if "microsoft.resources/deployments/shop-" not in one}
    record = {
        one for one in ids(made.topology) if one.rsplit("/", 1)[-1].startswith("shop-") and "/deployments/" in one
    }
    expected = {name.lower() for name in OWNED[recipe.name]}
    assert expected == {"*"} or expected - {"shop-address"} == names
    assert record
    assert ids(made.topology) <= trial.in_azure("subscriptions") - before
    trial.run(made, "Delete", files=files)
    assert trial.in_azure("subscriptions") - before == set()


def test_a_scale_set_is_scaled_and_stopped(trial: Trial, group: str) -> None:
    recipe = ROOT / "examples" / "recipes" / "AzureScaleSet"
    files = files_of(recipe)
    made = trial.run(resource_of(recipe, group), files=files)
    path = f"/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachineScaleSets/shop"
    scaled = trial.run(made, "Scale", request_properties={"instances": 5}, files=files)
    assert trial.arm("GET", path, version="2024-07-01").json()["sku"]["capacity"] == 5
    assert ids(made.topology) < ids(scaled.topology)  # and the record of the second deployment
    volatile = replace(scaled, properties={**scaled.properties, "instances": "4"})
    changed = trial.run(volatile, "Reconfigure", files=files)
    assert trial.arm("GET", path, version="2024-07-01").json()["sku"]["capacity"] == 4
    trial.run(trial.run(changed, "Stop", files=files), "Start", files=files)


def test_a_firewalls_rules_come_and_go(trial: Trial, group: str) -> None:
    recipe = ROOT / "examples" / "recipes" / "AzureFirewall"
    files = files_of(recipe)
    trial.make(f"/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/shop-hub", HUB)
    made = trial.run(resource_of(recipe, group), files=files)
    opened = trial.run(made, "OpenWeb", request_properties={"fqdns": "*.ubuntu.com,example.org"}, files=files)
    path = f"/resourceGroups/{group}/providers/Microsoft.Network/firewallPolicies/shop-policy/ruleCollectionGroups/web"
    rules = trial.arm("GET", path).json()["properties"]["ruleCollections"][0]["rules"]
    assert rules[0]["targetFqdns"] == ["*.ubuntu.com", "example.org"]
    closed = trial.run(opened, "CloseWeb", files=files)
    assert trial.arm("GET", path).status_code == 404
    trial.run(closed, "Delete", files=files)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_a_recipe_passes_the_check(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BICEP_PATH", str(BICEP))
    properties = ["--resource-properties", str(recipe / "properties.yaml")]
    operations = recipe / "operations.yaml"
    requested = ["--request-properties", str(operations)] if operations.exists() else []
    assert command.main(["check", str(recipe), *properties, *requested]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert printed.out.startswith("Create: deploys main.bicep at ")
