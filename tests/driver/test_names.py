"""ARM's naming rules at their limits."""

import pytest

from driver.packages.names import RULES, find_name_fault

VNET = "Microsoft.Network/virtualNetworks"
NETWORK = [
    "virtualNetworks/subnets",
    "virtualNetworks/virtualNetworkPeerings",
    "networkSecurityGroups",
    "networkSecurityGroups/securityRules",
    "routeTables",
    "routeTables/routes",
    "publicIPAddresses",
    "networkInterfaces",
    "loadBalancers",
    "natGateways",
]
GROUP = "Microsoft.Resources/resourceGroups"
LENGTHS = {
    GROUP: (1, 90),
    "Microsoft.Resources/deployments": (1, 64),
    VNET: (2, 64),
    **{f"Microsoft.Network/{name}": (1, 80) for name in NETWORK},
    "Microsoft.Network/privateDnsZones": (3, 253),
    "Microsoft.Storage/storageAccounts": (3, 24),
    "Microsoft.Compute/virtualMachines": (1, 64),
    "Microsoft.Compute/disks": (1, 80),
}
GOOD = {
    GROUP: ["_rg", "-rg-", "(rg)", "rg.1", "Gruppe-Nürnberg", "グループ", "1"],
    VNET: ["1a", "a_", "a.b-c_d"],
    "Microsoft.Network/networkInterfaces": ["1", "a", "a.b-c_"],
    "Microsoft.Network/privateDnsZones": ["a.b", "privatelink.blob.core.windows.net", "_tcp.example", "1.2"],
    "Microsoft.Storage/storageAccounts": ["000", "abc123"],
    "Microsoft.Compute/virtualMachines": ["1", "vm_1", "VM-1"],
}
BAD = {
    GROUP: ["", "rg.", "r g", "a/b", "rg!", "rg\n", "a\u200bb"],
    "Microsoft.Resources/deployments": ["a b", "a/b", "dé", "a(1)", "x\n"],
    VNET: ["", "a", "-ab", "_ab", ".ab", "ab-", "ab.", "a b", "né", "ab\n", "a/b"],
    "Microsoft.Network/virtualNetworks/subnets": ["", "-a", "_a", ".a", "a-", "a.", "é", "a b"],
    "Microsoft.Network/privateDnsZones": ["local", "a..b", ".a.b", "a.b.", "-a.b", "a-.b", "é.com"],
    "Microsoft.Storage/storageAccounts": ["ab", "Abc", "a-b", "a_b", "abé"],
    "Microsoft.Compute/virtualMachines": ["", "-vm", "_vm", "vm.", "vm-"],
    "Microsoft.Compute/disks": ["", "a b", "é"],
}


def of_length(kind: str, length: int) -> str:
    """A name of that length, of characters that every rule takes."""
    if not kind.endswith("privateDnsZones"):
        return "a" * length
    labels = "a" * 63 + "."
    text = (labels * 4)[:length]
    return "a.b"[:length] if length <= 3 else text[:-1] + "a"


def test_every_rule_is_tested() -> None:
    assert {kind.lower() for kind in LENGTHS} == set(RULES)


@pytest.mark.parametrize("kind", LENGTHS)
def test_lengths(kind: str) -> None:
    shortest, longest = LENGTHS[kind]
    assert find_name_fault(kind, of_length(kind, shortest)) is None
    assert find_name_fault(kind, of_length(kind, longest)) is None
    assert find_name_fault(kind, of_length(kind, shortest - 1))
    assert find_name_fault(kind, of_length(kind, longest) + "a")


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in GOOD.items() for name in names])
def test_good_names(kind: str, name: str) -> None:
    assert find_name_fault(kind.upper(), name) is None


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in BAD.items() for name in names])
def test_bad_names_are_named_with_the_rule(kind: str, name: str) -> None:
    fault = find_name_fault(kind, name)
    assert fault is not None
    assert f"'{name}' is no name for {kind}: it takes {RULES[kind.lower()].text}" == fault


@pytest.mark.parametrize("label", ["a" * 64 + ".com", ".".join("a" * 35)])
def test_dns_labels(label: str) -> None:
    assert find_name_fault("Microsoft.Network/privateDnsZones", label)


def test_an_unknown_type_has_no_rule() -> None:
    assert find_name_fault("Microsoft.Unheard/of", "!!!") is None
