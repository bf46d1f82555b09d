"""Virtual networks and subnets: what keeps, deletes and refuses them."""

from typing import Any

import pytest
import requests
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.azure.emulator import SUBSCRIPTION, Emulator

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
VNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
OLD, NEW = "2023-09-01", "2023-11-01"


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?api-version=2022-09-01", {"location": "northeurope"})
    return azure


def put(azure: Emulator, path: str, properties: dict[str, Any], version: str = NEW) -> requests.Response:
    """A PUT whose operation has ended."""
    answer = azure.call("PUT", f"{path}?api-version={version}", {"location": "North Europe", "properties": properties})
    azure.advance(60)
    return answer


def network(**properties: Any) -> dict[str, Any]:
    return {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, **properties}


def subnets(azure: Emulator) -> list[str]:
    return [item["name"] for item in azure.call("GET", f"{VNET}?api-version={NEW}").json()["properties"]["subnets"]]


def interface(azure: Emulator) -> None:
    """A network interface in subnet `one`."""
    address = {"name": "ip", "properties": {"subnet": {"id": f"{VNET}/subnets/one"}}}
    answer = put(azure, f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic", {"ipConfigurations": [address]})
    assert answer.status_code == 201, answer.text


def code(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_network_is_made_and_deleted_through_the_sdk(resources: ResourceManagementClient) -> None:
    resources.resource_groups.create_or_update("rg", {"location": "North Europe"})
    body = {
        "location": "North Europe",
        "properties": network(subnets=[{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24"}}]),
    }
    made = resources.resources.begin_create_or_update_by_id(VNET, body, api_version=NEW).result()
    assert (made.location, made.as_dict()["properties"]["provisioningState"]) == ("northeurope", "Succeeded")
    assert [item.id for item in resources.resources.list_by_resource_group("rg")] == [VNET]
    resources.resources.begin_delete_by_id(VNET, api_version=NEW).result()
    assert list(resources.resources.list_by_resource_group("rg")) == []
    resources.resource_groups.begin_delete("rg").result()
    assert not resources.resource_groups.check_existence("rg")


@pytest.mark.parametrize(("version", "left"), [(NEW, ["one"]), (OLD, [])])
def test_a_put_without_subnets_keeps_them_from_2023_11_on(group: Emulator, version: str, left: list[str]) -> None:
    put(group, VNET, network(subnets=[{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24"}}]))
    put(group, VNET, network(dhcpOptions={"dnsServers": ["10.0.0.9"]}), version)
    assert subnets(group) == left


def test_a_list_of_subnets_replaces_the_ones_that_are_there(group: Emulator) -> None:
    put(group, VNET, network(subnets=[{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24"}}]))
    put(group, VNET, network(subnets=[{"name": "two", "properties": {"addressPrefix": "10.0.1.0/24"}}]))
    assert subnets(group) == ["two"]


def test_what_is_in_use_is_not_deleted(group: Emulator) -> None:
    put(group, VNET, network(subnets=[{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24"}}]))
    interface(group)
    for path in (VNET, f"{VNET}/subnets/one"):
        assert code(group.call("DELETE", f"{path}?api-version={NEW}")) == (400, "InUseSubnetCannotBeDeleted")
    assert code(put(group, VNET, network(subnets=[]))) == (400, "InUseSubnetCannotBeDeleted")
    assert subnets(group) == ["one"]


def test_two_subnets_are_not_written_at_once(group: Emulator) -> None:
    put(group, VNET, network())
    one = group.call("PUT", f"{VNET}/subnets/one?api-version={NEW}", {"properties": {"addressPrefix": "10.0.0.0/24"}})
    two = group.call("PUT", f"{VNET}/subnets/two?api-version={NEW}", {"properties": {"addressPrefix": "10.0.1.0/24"}})
    assert (one.status_code, code(two)) == (201, (409, "AnotherOperationInProgress"))
    group.advance(60)
    again = group.call("PUT", f"{VNET}/subnets/two?api-version={NEW}", {"properties": {"addressPrefix": "10.0.1.0/24"}})
    assert again.status_code == 201


def test_a_write_changes_the_etag_of_the_network_and_of_every_child(group: Emulator) -> None:
    put(group, VNET, network(subnets=[{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24"}}]))
    before = group.call("GET", f"{VNET}?api-version={NEW}").json()
    put(group, f"{VNET}/subnets/two", {"addressPrefix": "10.0.1.0/24"})
    after = group.call("GET", f"{VNET}?api-version={NEW}")
    assert before["etag"] != after.json()["etag"] == after.headers["etag"]
    assert {item["etag"] for item in after.json()["properties"]["subnets"]} == {after.headers["etag"]}


def test_a_put_that_changes_nothing_is_ready_at_once_and_keeps_the_etag(group: Emulator) -> None:
    put(group, VNET, network())
    before = group.call("GET", f"{VNET}?api-version={NEW}").headers["etag"]
    answer = group.call("PUT", f"{VNET}?api-version={NEW}", {"location": "northeurope", "properties": network()})
    assert answer.json()["properties"]["provisioningState"] == "Succeeded"
    assert (answer.json()["etag"], "retry-after" in answer.headers) == (before, False)


def test_ids_come_back_in_the_case_of_their_creation(group: Emulator) -> None:
    put(group, VNET, network())
    found = group.call("GET", f"{VNET.lower()}?api-version={NEW}").json()
    assert (found["id"], found["name"]) == (VNET, "net")


@pytest.mark.parametrize(
    ("path", "properties", "expected"),
    [
        (f"{VNET}-", network(), (400, "InvalidResourceName")),
        (f"{VNET}/subnets/one", {"addressPrefix": "10.0.0.0/24"}, (404, "ParentResourceNotFound")),
        (VNET, network(addressSpace={"addressPrefixes": ["10.0.0.0"]}), (400, "InvalidAddressPrefixFormat")),
        (VNET, network(addressSpace={"addressPrefixes": ["10.0.0.1/16"]}), (400, "InvalidCIDRNotation")),
        (
            f"{GROUP}/providers/Microsoft.Network/networkInterfaces/nic",
            {"ipConfigurations": [{"name": "ip", "properties": {"subnet": {"id": f"{VNET}/subnets/none"}}}]},
            (400, "InvalidResourceReference"),
        ),
    ],
)
def test_bad_requests_are_refused_as_azure_refuses_them(
    group: Emulator, path: str, properties: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert code(put(group, path, properties)) == expected


def test_a_subnet_lies_within_its_network_and_apart_from_its_siblings(group: Emulator) -> None:
    put(group, VNET, network(subnets=[{"name": "one", "properties": {"addressPrefix": "10.0.0.0/24"}}]))
    assert code(put(group, f"{VNET}/subnets/two", {"addressPrefix": "10.1.0.0/24"})) == (400, "NetcfgInvalidSubnet")
    overlap = put(group, f"{VNET}/subnets/two", {"addressPrefix": "10.0.0.128/25"})
    assert code(overlap) == (400, "NetcfgSubnetRangesOverlap")


def test_locations_and_versions_are_checked(group: Emulator) -> None:
    def made(location: str, version: str) -> tuple[int, str]:
        return code(group.call("PUT", f"{VNET}?api-version={version}", {"location": location, "properties": network()}))

    assert made("nowhere", NEW) == (400, "LocationNotAvailableForResourceType")
    assert made("northeurope", "2020-02-30") == (400, "NoRegisteredProviderFound")
    assert made("northeurope", "2013-12-31") == (400, "NoRegisteredProviderFound")
    assert made("northeurope", "2999-01-01") == (400, "NoRegisteredProviderFound")
    assert made("northeurope", "") == (400, "MissingApiVersionParameter")
    put(group, VNET, network())
    assert made("westeurope", NEW) == (409, "InvalidResourceLocation")


@pytest.mark.parametrize("version", ["2025-05-01", "2025-07-13-preview"])
def test_versions_after_the_newest_known_one_are_answered_like_it(group: Emulator, version: str) -> None:
    put(group, VNET, network(), version)
    newest = group.call("GET", f"{VNET}?api-version=2025-01-01").json()
    assert group.call("GET", f"{VNET}?api-version={version}").json() == newest
    assert group.call("GET", f"{GROUP}?api-version=2025-09-09").json()["name"] == "rg"
    refused = group.call("GET", f"{GROUP}?api-version=2025-9-9")
    assert code(refused) == (400, "InvalidApiVersionParameter")
    assert "2025-04-01" in refused.json()["error"]["message"]


def test_a_delete_of_what_is_not_there(group: Emulator, resources: ResourceManagementClient) -> None:
    assert group.call("DELETE", f"{VNET}?api-version={NEW}").status_code == 204
    gone = VNET.replace("/rg/", "/gone/")
    assert code(group.call("DELETE", f"{gone}?api-version={NEW}")) == (404, "ResourceGroupNotFound")
    with pytest.raises(HttpResponseError, match="ResourceGroupNotFound"):
        resources.resources.begin_delete_by_id(gone, api_version=NEW)


def test_retry_after_is_scaled_to_the_provisioning_time(group: Emulator, quick: Emulator) -> None:
    assert put(group, VNET, network()).headers["retry-after"] == "3"
    quick.call("PUT", f"{GROUP}?api-version=2022-09-01", {"location": "northeurope"})
    assert put(quick, VNET, network()).headers["retry-after"] == "0"
