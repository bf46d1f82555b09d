"""What is left of resources whose Create or Delete went wrong: a Delete cleans up, and what is stuck is named."""

import re
from typing import Any

import pytest

from dev.brent import Resource
from tests.e2e.catalogue.forms import Entry
from tests.e2e.catalogue.machines import VIRTUAL_EDGE, VIRTUAL_MACHINE
from tests.e2e.catalogue.networks import NETWORK_SECURITY_GROUP, ROUTE_TABLE
from tests.e2e.catalogue.services import PRIVATE_DNS_ZONE
from tests.e2e.journeys import DEPLOYMENTS, Journey
from tests.e2e.trial import Trial, ids
from tests.support.driver_files import zipped

REFUSED = {"kind": "fail", "code": "NotToday", "message": "Not here.", "status": 400}


def journey(trial: Trial, entry: Entry, group: str) -> Journey:
    started = Journey(trial, entry, group)
    started.make_foreign()
    return started


HALF_MADE: dict[str, tuple[Entry, dict[str, Any]]] = {
    "edge-machine": (VIRTUAL_EDGE, {"type": ".*/virtualMachines"}),
    "edge-vm-late": (VIRTUAL_EDGE, {"type": ".*/virtualMachines", "after": True}),
    "edge-subnet": (VIRTUAL_EDGE, {"type": ".*/subnets", "path": ".*/Private_SN"}),
    "edge-nic-late": (VIRTUAL_EDGE, {"type": ".*/networkInterfaces", "path": ".*/edge-72-nic", "after": True}),
    "vm-late": (VIRTUAL_MACHINE, {"type": ".*/virtualMachines", "after": True}),
    "zone-link": (PRIVATE_DNS_ZONE, {"type": ".*/virtualNetworkLinks"}),
}


@pytest.mark.slow
def test_a_delete_after_a_half_failed_create_leaves_nothing(trial: Trial) -> None:
    """All cases at the same time, each in a group of its own."""
    groups = {name: f"rg-half-{name}" for name in HALF_MADE}
    cases = {name: journey(trial, entry, groups[name]) for name, (entry, _) in HALF_MADE.items()}
    faults = [
        {**REFUSED, **fault, "path": f"/{groups[name]}/{fault.get('path', '')}"}
        for name, (_, fault) in HALF_MADE.items()
    ]
    with trial.faults(*faults):
        creating = {name: trial.begin(case.resource) for name, case in cases.items()}
        for name, case in cases.items():
            details, case.resource = trial.failed(creating[name], case.resource)
            assert "NotToday: Not here." in details["description"], name
    for name, case in cases.items():
        left = case.in_azure()
        assert len(left) > 1, name
        assert left <= ids(case.resource.topology), name
    deleting = {name: trial.begin(case.resource, "Delete") for name, case in cases.items()}
    for name, case in cases.items():
        assert trial.completed(deleting[name], case.resource).topology == {}, name
        assert case.all_in_azure() == case.foreign, name


@pytest.mark.slow
def test_a_create_after_a_half_failed_one_completes_it(trial: Trial, group: str) -> None:
    edge = journey(trial, VIRTUAL_EDGE, group)
    with trial.faults({"path": group, **REFUSED, "type": ".*/virtualMachines"}):
        _, edge.resource = trial.failed(trial.begin(edge.resource), edge.resource)
    edge.resource = trial.run(edge.resource)
    assert edge.ids(*VIRTUAL_EDGE.owned) <= ids(edge.resource.topology)
    assert ids(edge.resource.topology) == edge.in_azure()
    trial.run(edge.resource, "Delete")
    assert edge.all_in_azure() == edge.foreign


@pytest.mark.slow
def test_what_is_stuck_is_named_and_holds_up_nothing_else(trial: Trial, group: str) -> None:
    """A subnet of the edge in which somebody has put an interface: all that can go goes."""
    edge = journey(trial, VIRTUAL_EDGE, group)
    made = trial.run(edge.resource)
    network = edge.filled("{rg}/providers/Microsoft.Network")
    subnet = f"{network}/virtualNetworks/vnet-edge/subnets/Private_SN"
    configuration = {"name": "ip", "properties": {"subnet": {"id": subnet}}}
    interface = f"{network}/networkInterfaces/nic-of-others"
    edge.make(interface, {"location": "northeurope", "properties": {"ipConfigurations": [configuration]}})

    details, left = trial.failed(trial.begin(made, "Delete"), made)
    assert details["failureCode"] == "INFRASTRUCTURE_ERROR"
    assert f"{subnet}: InUseSubnetCannotBeDeleted" in details["description"]
    assert "nic-of-others" in details["description"]
    stuck = {entry["id"] for entry in left.topology.values() if "/deployments/" not in entry["id"]}
    routes = f"{network}/routeTables/vnet-edge-PRI-RT"
    assert stuck == {subnet, subnet.rsplit("/subnets/", 1)[0], routes}
    assert all(f"{one}: " in details["description"] for one in stuck)
    assert ids(left.topology) | {interface.lower()} == edge.in_azure()

    edge.unmake(interface)
    assert trial.run(left, "Delete").topology == {}
    assert edge.all_in_azure() == edge.foreign


@pytest.mark.slow
def test_what_takes_for_ever_is_named_and_holds_up_nothing_else(trial: Trial, group: str) -> None:
    edge = journey(trial, VIRTUAL_EDGE, group)
    made = trial.run(edge.resource)
    address = edge.filled("{rg}/providers/Microsoft.Network/publicIPAddresses/edge-7-publicIP")
    manifest = "{version: 1, transitions: {Delete: {remove: all, timeout: 12s}}}"
    body = {**trial.body(made, "Delete"), "driverFiles": zipped({"lifecycle.yaml": manifest})}
    with trial.faults({"kind": "slow", "factor": 10_000_000, "path": f"/{group}/.*/publicIPAddresses/"}):
        details, left = trial.failed(trial.post(body).json()["requestId"], made)
    assert re.match(r"not over after \d+ seconds of 12, in step remove_resources: ", details["description"])
    assert f"{address}: is being deleted" in details["description"]
    assert {one for one in ids(left.topology) if DEPLOYMENTS not in one} == {address.lower()}
    assert ids(left.topology) == edge.in_azure()


@pytest.mark.slow
@pytest.mark.parametrize("existing", [True, False], ids=["existing", "new"])
def test_an_edge_in_a_network_that_was_there_leaves_it(trial: Trial, group: str, existing: bool) -> None:
    """Asked for an existing network, and for a new one that turns out to be there."""
    edge = journey(trial, VIRTUAL_EDGE, group)
    network = edge.filled("{rg}/providers/Microsoft.Network/virtualNetworks/vnet-edge")
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    edge.make(network, {"location": "northeurope", "properties": space})
    for name, prefix in {"Public_SN": "10.0.0.0/24", "Private_SN": "10.0.3.0/24"}.items():
        edge.make(f"{network}/subnets/{name}", {"properties": {"addressPrefix": prefix}})
    edge.foreign = edge.all_in_azure()
    kind = "existing" if existing else "new"
    wanted = Resource(edge.resource.name, edge.resource.type, {**edge.properties, "virtualNetworkNewOrExisting": kind})
    made = trial.run(wanted)
    assert ids(made.topology) == edge.in_azure()
    assert not {one for one in ids(made.topology) if "/virtualnetworks/" in one}
    assert any("/routetables/" in one for one in ids(made.topology)) is not existing

    if existing:
        trial.run(made, "Delete")
        assert edge.all_in_azure() == edge.foreign
    else:  # the subnets, which are not the edge's, refer to its route tables now
        details, _ = trial.failed(trial.begin(made, "Delete"), made)
        assert "InUseRouteTableCannotBeDeleted" in details["description"]
        assert edge.foreign <= edge.all_in_azure()


@pytest.mark.parametrize(
    ("entry", "rules", "properties"),
    [
        (
            NETWORK_SECURITY_GROUP,
            "securityRules",
            {
                "priority": 1000,
                "direction": "Inbound",
                "access": "Deny",
                "protocol": "*",
                "sourceAddressPrefix": "*",
                "sourcePortRange": "*",
                "destinationAddressPrefix": "*",
                "destinationPortRange": "*",
            },
        ),
        (ROUTE_TABLE, "routes", {"addressPrefix": "192.0.2.0/24", "nextHopType": "None"}),
    ],
    ids=["nsg", "routes"],
)
def test_a_parent_that_was_there_keeps_its_own(
    trial: Trial, group: str, entry: Entry, rules: str, properties: dict[str, Any]
) -> None:
    """The template makes the parent only where it is not there: neither its tags nor its children are touched."""
    there = journey(trial, entry, group)
    parent = there.filled(entry.owned[0])
    tags = {"Owner": "somebody"}
    body = {"location": "northeurope", "tags": tags, "properties": {rules: [{"name": "own", "properties": properties}]}}
    there.make(parent, body)
    there.foreign = there.all_in_azure()
    made = trial.run(there.resource)
    assert ids(made.topology) == there.in_azure()
    assert {one for one in ids(made.topology) if DEPLOYMENTS not in one} == there.ids(*entry.owned[1:])
    assert there.get(parent)["tags"] == tags
    assert trial.run(made, "Delete").topology == {}
    assert there.all_in_azure() == there.foreign
    assert [one["name"] for one in there.get(parent)["properties"][rules]] == ["own"]
