"""The ids that a template writes, as far as the driver evaluates them."""

from typing import Any

import pytest

from driver.packages.targets import find_plans, find_targets, read_api_versions
from driver.resource_ids import ResourceId

GROUP = "/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/rg"
NETWORK = "Microsoft.Network/virtualNetworks"
HUB = f"{GROUP}/providers/{NETWORK}/hub"


def find(*resources: dict[str, Any], **parameters: Any) -> Any:
    body = {
        "parameters": {"name": {"defaultValue": "hub"}, "other": {"defaultValue": "[concat('h','ub')]"}, "bare": {}},
        "variables": {"known": "[format('{0}', parameters('name'))]", "loop": "[variables('loop')]", "list": [1]},
        "resources": list(resources),
    }
    return find_targets(body, parameters, GROUP)


@pytest.mark.parametrize(
    "name",
    [
        "hub",
        "[parameters('name')]",
        "[Parameters('NAME')]",
        "[parameters('other')]",
        "[variables('known')]",
        "[concat('h', 'u', 'b')]",
        "[ concat( 'h' , format('{0}b', 'u') ) ]",
        "[format('{0}{1}', 'h', 'ub')]",
    ],
)
def test_a_name_that_is_evaluated(name: str) -> None:
    targets = find({"type": NETWORK, "name": name})
    assert targets.ids == (ResourceId.parse(HUB),)
    assert targets.is_complete


@pytest.mark.parametrize(
    "name",
    [
        "[uniqueString(resourceGroup().id)]",
        "[parameters('bare')]",
        "[parameters('missing')]",
        "[variables('loop')]",
        "[variables('list')]",
        "[variables('list')[0]]",
        "[parameters('name').x]",
        "[format('{0:x}', 'hub')]",
        "[format('{1}', 'hub')]",
        "[format('{{{0}}}', 'hub')]",
        "[if(true(), 'a', 'b')]",
        "[]",
        None,
        "a/b",
    ],
)
def test_a_name_that_only_arm_knows(name: Any) -> None:
    targets = find({"type": NETWORK, "name": name})
    assert targets.ids == ()
    assert not targets.is_complete


def test_the_plans_of_marketplace_offers() -> None:
    plan = {"publisher": "contoso", "product": "[parameters('offer')]", "name": "[variables('plan')]"}
    unknown = {**plan, "name": "[reference('x').plan]"}
    machines = [{"type": "a/b", "name": "n", "plan": one} for one in (plan, plan, unknown, "[parameters('plan')]")]
    body = {"variables": {"plan": "byol"}, "resources": [*machines, {"type": "a/c", "name": "n"}]}
    assert find_plans(body, {"offer": "router"}) == (("contoso", "router", "byol"),)


def test_the_value_of_a_parameter_is_no_expression() -> None:
    assert find({"type": NETWORK, "name": "[parameters('name')]"}, name="[concat('a')]").ids == (
        ResourceId.parse(f"{GROUP}/providers/{NETWORK}/[concat('a')]"),
    )


def test_children_are_named_with_their_parents() -> None:
    child = {"type": f"{NETWORK}/subnets", "name": "[format('{0}/{1}', parameters('name'), 'front')]"}
    assert find(child).ids == (ResourceId.parse(f"{HUB}/subnets/front"),)


@pytest.mark.parametrize(
    "name", ["[format('{0}/{1}', parameters('name'), copyIndex())]", "[concat('hub/', guid('x'))]"]
)
def test_a_child_whose_name_is_not_known_opens_its_parent(name: str) -> None:
    targets = find({"type": f"{NETWORK}/subnets", "name": name})
    assert targets.open_parents == (ResourceId.parse(HUB),)
    assert targets.is_complete


def test_copies_of_a_top_level_resource_are_left_to_arm() -> None:
    assert not find({"type": NETWORK, "name": "hub", "copy": {"name": "c", "count": 2}}).is_complete


@pytest.mark.parametrize(
    "resource",
    [
        {"type": "Microsoft.Resources/deployments", "name": "inner", "properties": {"template": {"resources": []}}},
        {"type": "Microsoft.Authorization/locks", "name": "keep", "scope": "[resourceId('a/b', 'c')]"},
        {"type": f"{NETWORK}/subnets", "name": "hub/front", "resourceGroup": "rg-2"},
    ],
)
def test_what_may_lie_elsewhere_is_left_to_arm(resource: dict[str, Any]) -> None:
    assert not find(resource).is_complete


def test_what_is_written_only_if_there_is_none() -> None:
    optional = {"type": NETWORK, "name": "hub", "@options": {"onlyIfNotExists": {}}}
    targets = find(optional, {"type": f"{NETWORK}/subnets", "name": "hub/front"})
    assert targets.additional == (ResourceId.parse(HUB),)
    assert set(targets.ids) == {ResourceId.parse(HUB), ResourceId.parse(f"{HUB}/subnets/front")}


def test_resources_that_are_only_referred_to() -> None:
    existing = {"type": NETWORK, "name": "hub", "existing": True}
    targets = find(existing, {"type": f"{NETWORK}/subnets", "name": "hub/front"})
    assert targets.referred == (ResourceId.parse(HUB),)
    assert targets.ids == (ResourceId.parse(f"{HUB}/subnets/front"),)
    assert not targets.is_vague
    assert find({**existing, "name": "[guid('x')]"}).is_vague


def test_the_names_of_an_inner_template_are_none_of_the_outer_one() -> None:
    inner = {"resources": [{"type": NETWORK, "name": "[parameters('name')]"}]}
    nested = {"type": "Microsoft.Resources/deployments", "name": "n", "properties": {"template": inner}}
    assert find(nested).ids == ()


def test_a_resource_group() -> None:
    subscription = GROUP.rsplit("/", 2)[0]
    body = {"resources": [{"type": "Microsoft.Resources/resourceGroups", "name": "rg"}]}
    assert find_targets(body, {}, subscription).ids == (ResourceId.parse(GROUP),)


def test_api_versions_of_nested_templates_too() -> None:
    inner = {"resources": [{"type": NETWORK, "apiVersion": "2023-09-01"}, {"type": NETWORK, "apiVersion": "[x]"}]}
    nested = {"type": "Microsoft.Resources/deployments", "properties": {"template": inner}}
    body = {"resources": [nested, {"type": NETWORK, "apiVersion": "2024-05-01"}]}
    assert read_api_versions(body) == {NETWORK.lower(): ("2023-09-01", "2024-05-01")}


@pytest.mark.parametrize("resources", [5, "text", None, [5, "text"], {"a": 5}])
def test_what_is_no_resource_is_passed_over(resources: Any) -> None:
    nested = {"type": "Microsoft.Resources/deployments", "properties": {"template": {"resources": resources}}}
    assert read_api_versions({"resources": [nested, {**nested, "properties": "text"}]}) == {}
