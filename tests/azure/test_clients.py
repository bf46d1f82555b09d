"""What az and the SDKs need beside the resources themselves: conditions, lists, filters, states, roles."""

from typing import Any

import pytest

from tests.azure.emulator import SUBSCRIPTION, Emulator
from tests.azure.templates import deployment, template

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
ROLES = "providers/Microsoft.Authorization"
VERSION = "api-version=2024-05-01"
DNS = "api-version=2018-05-01"
PRIVATE_DNS = "api-version=2024-06-01"
MACHINES = "api-version=2024-07-01"
DISKS = "api-version=2024-03-02"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"})
    return azure


def put(azure: Emulator, path: str, properties: dict[str, Any], **more: Any) -> Any:
    """Write a resource, and wait until it is ready."""
    body = {"location": "northeurope", "properties": properties, **more}
    answer = azure.call("PUT", path, body)
    assert answer.ok, answer.text
    azure.advance(60)
    return answer


def put_network(azure: Emulator, name: str) -> str:
    put(azure, f"{NETWORK}/virtualNetworks/{name}?{VERSION}", {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}})
    return f"{NETWORK}/virtualNetworks/{name}"


def properties_of(azure: Emulator, path: str) -> dict[str, Any]:
    found: dict[str, Any] = azure.call("GET", path).json()["properties"]
    return found


def test_every_status_message_of_a_failed_deployment_is_an_object_with_a_code(group: Emulator) -> None:
    outside = {
        "type": "Microsoft.Network/virtualNetworks/subnets",
        "apiVersion": "2024-05-01",
        "name": "net/outside",
        "properties": {"addressPrefix": "192.168.0.0/24"},
    }
    put_network(group, "net")
    group.call("PUT", f"{GROUP}/providers/Microsoft.Resources/deployments/one?{VERSION}", deployment(template(outside)))
    group.advance(60)
    found = group.call("GET", f"{GROUP}/deployments/one/operations?{VERSION}").json()["value"]
    told = [item["properties"]["statusMessage"]["error"]["code"] for item in found]
    assert told == ["NetcfgInvalidSubnet", "DeploymentFailed"]


def test_a_record_is_written_or_deleted_only_as_its_conditions_say(group: Emulator) -> None:
    put(group, f"{NETWORK}/dnsZones/example.org?{DNS}", {}, location="global")
    record = f"{NETWORK}/dnsZones/example.org/A/web?{DNS}"
    body = {"properties": {"TTL": 60, "ARecords": [{"ipv4Address": "192.0.2.1"}]}}
    assert group.call("PUT", record, body, **{"If-Match": "*"}).status_code == 412
    first = group.call("PUT", record, body, **{"If-None-Match": "*"})
    assert first.status_code == 201
    again = group.call("PUT", record, body, **{"If-None-Match": "*"})
    assert (again.status_code, again.json()["code"]) == (412, "PreconditionFailed")
    etag = first.json()["etag"]
    assert group.call("PUT", record, body, **{"If-Match": "other"}).status_code == 412
    assert group.call("PUT", record, body, **{"If-Match": etag}).status_code == 200
    assert group.call("DELETE", record, **{"If-Match": "other"}).status_code == 412
    assert group.call("DELETE", record, **{"If-Match": "*"}).status_code == 200


def test_a_network_is_changed_only_if_its_etag_matches(group: Emulator) -> None:
    path = f"{put_network(group, 'net')}?{VERSION}"
    body = {"location": "northeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/8"]}}}
    refused = group.call("PUT", path, body, **{"If-Match": 'W/"0"'})
    assert (refused.status_code, refused.json()["error"]["code"]) == (412, "PreconditionFailed")
    etag = group.call("GET", path).json()["etag"]
    assert group.call("PUT", path, body, **{"If-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("providers/Microsoft.Compute/skus", "skus"),
        ("providers/Microsoft.Compute/locations/northeurope/vmSizes", "vmSizes"),
        ("providers/Microsoft.Compute/locations/northeurope/usages", "usages"),
        ("providers/Microsoft.Compute/locations/northeurope/publishers/p/artifacttypes/vmextension/types", "types"),
        ("providers/Microsoft.Compute/locations/northeurope/runCommands/one", "runCommands"),
        ("providers/Microsoft.Network/locations/northeurope/serviceTags", "serviceTags"),
        ("providers/Microsoft.Features/features", "features"),
        ("tagNames", "tagNames"),
        ("resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/net/usages", "usages"),
        ("resourceGroups/rg/providers/Microsoft.KeyVault/vaults/safe/privateLinkResources", "privateLinkResources"),
        ("providers/Microsoft.Authorization/policyDefinitions", "policyDefinitions"),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(group: Emulator, path: str, name: str) -> None:
    put_network(group, "net")
    put(
        group, f"{GROUP}/providers/Microsoft.KeyVault/vaults/safe?api-version=2023-07-01", {"sku": {"name": "standard"}}
    )
    answer = group.call("GET", f"/subscriptions/{SUBSCRIPTION}/{path}?{VERSION}")
    assert answer.status_code == 501, answer.text
    assert name in answer.json()["error"]["message"]


def test_a_list_of_a_type_that_azure_has_is_empty(group: Emulator) -> None:
    path = f"{COMPUTE}/virtualMachineScaleSets?{MACHINES}"
    assert group.call("GET", path).json() == {"value": []}


def test_images_are_found_by_publisher_offer_sku_and_version(group: Emulator) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/locations/northeurope/publishers"
    publishers = group.call("GET", f"{path}?{MACHINES}").json()
    assert "Debian" in [item["name"] for item in publishers]
    skus = f"{path}/debian/artifacttypes/vmimage/offers/debian-12/skus"
    assert [item["name"] for item in group.call("GET", f"{skus}?{MACHINES}").json()] == ["12", "12-gen2"]
    [version] = group.call("GET", f"{skus}/12-gen2/versions?{MACHINES}").json()
    image = group.call("GET", f"{version['id']}?{MACHINES}").json()
    assert (image["name"], image["properties"]["hyperVGeneration"]) == (version["name"], "V2")
    missing = group.call("GET", f"{path}/nobody/artifacttypes/vmimage/offers?{MACHINES}")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NotFound")


def test_a_list_of_what_was_there_is_empty_again(group: Emulator) -> None:
    path = f"{GROUP}/providers/Contoso.Play/things"
    put(group, f"{path}/one?{VERSION}", {})
    assert len(group.call("GET", f"{path}?{VERSION}").json()["value"]) == 1
    group.call("DELETE", f"{path}/one?{VERSION}")
    assert group.call("GET", f"{path}?{VERSION}").json() == {"value": []}


@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ("resourceGroup eq 'RG'", ["net", "safe"]),
        ("resourceGroup eq 'other'", []),
        ("resourceGroup eq 'rg' and resourceType eq 'Microsoft.KeyVault/vaults'", ["safe"]),
        ("substringof('af', name)", ["safe"]),
        ("name ne 'net'", ["safe"]),
        ("tagName eq 'owner'", ["safe"]),
        ("tagName eq 'owner' and tagValue eq 'us'", ["safe"]),
        ("tagName eq 'owner' and tagValue eq 'them'", []),
        ("plan/publisher eq 'contoso'", ["safe"]),
        ("identity/principalId eq 'nobody'", []),
    ],
)
def test_lists_are_filtered_as_documented(group: Emulator, condition: str, names: list[str]) -> None:
    put_network(group, "net")
    vault = f"{GROUP}/providers/Microsoft.KeyVault/vaults/safe?api-version=2023-07-01"
    put(group, vault, {}, tags={"owner": "us"}, plan={"publisher": "Contoso", "name": "one"})
    found = group.call("GET", f"/subscriptions/{SUBSCRIPTION}/resources?{VERSION}&$filter={condition}").json()["value"]
    assert sorted(item["name"] for item in found) == names


def put_peering(azure: Emulator, here: str, there: str) -> Any:
    body = {"properties": {"remoteVirtualNetwork": {"id": f"{NETWORK}/virtualNetworks/{there}"}}}
    answer = azure.call("PUT", f"{NETWORK}/virtualNetworks/{here}/virtualNetworkPeerings/to-{there}?{VERSION}", body)
    azure.advance(60)
    return answer


def peering_state(azure: Emulator, here: str, there: str) -> str:
    path = f"{NETWORK}/virtualNetworks/{here}/virtualNetworkPeerings/to-{there}?{VERSION}"
    return str(properties_of(azure, path)["peeringState"])


def test_a_peering_is_disconnected_once_its_counterpart_is_gone(group: Emulator) -> None:
    for name in ("hub", "spoke"):
        put_network(group, name)
    put_peering(group, "hub", "spoke")
    assert peering_state(group, "hub", "spoke") == "Initiated"
    put_peering(group, "spoke", "hub")
    assert (peering_state(group, "hub", "spoke"), peering_state(group, "spoke", "hub")) == ("Connected", "Connected")
    group.call("DELETE", f"{NETWORK}/virtualNetworks/spoke?{VERSION}")
    group.advance(60)
    assert peering_state(group, "hub", "spoke") == "Disconnected"
    put_network(group, "spoke")
    assert peering_state(group, "hub", "spoke") == "Disconnected"
    refused = put_peering(group, "spoke", "hub")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "RemotePeeringIsDisconnected")
    put_peering(group, "hub", "spoke")
    assert peering_state(group, "hub", "spoke") == "Initiated"
    put_peering(group, "spoke", "hub")
    assert peering_state(group, "hub", "spoke") == "Connected"


def test_a_private_zone_counts_its_links_and_refuses_one_that_leads_nowhere(group: Emulator) -> None:
    zone = f"{NETWORK}/privateDnsZones/corp.example"
    put(group, f"{zone}?{PRIVATE_DNS}", {}, location="global")
    for name, registers in (("one", True), ("two", False)):
        network = {"id": put_network(group, name)}
        properties = {"virtualNetwork": network, "registrationEnabled": registers}
        put(group, f"{zone}/virtualNetworkLinks/{name}?{PRIVATE_DNS}", properties, location="global")
    found = properties_of(group, f"{zone}?{PRIVATE_DNS}")
    assert (found["numberOfVirtualNetworkLinks"], found["numberOfVirtualNetworkLinksWithRegistration"]) == (2, 1)
    body = {"location": "global", "properties": {"virtualNetwork": {"id": f"{NETWORK}/virtualNetworks/none"}}}
    refused = group.call("PUT", f"{zone}/virtualNetworkLinks/three?{PRIVATE_DNS}", body)
    assert (refused.status_code, refused.json()["code"]) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("kind", "version", "lists"), [("dnsZones", DNS, "recordsets"), ("privateDnsZones", PRIVATE_DNS, "ALL")]
)
def test_a_zone_lists_its_records_of_all_types(group: Emulator, kind: str, version: str, lists: str) -> None:
    zone = f"{NETWORK}/{kind}/corp.example"
    put(group, f"{zone}?{version}", {}, location="global")
    before = len(group.call("GET", f"{zone}/{lists}?{version}").json()["value"])
    for name in ("A", "TXT"):
        assert group.call("PUT", f"{zone}/{name}/web?{version}", {"properties": {}}).status_code == 201
    assert len(group.call("GET", f"{zone}/{lists}?{version}").json()["value"]) == before + 2
    records = [key for key in properties_of(group, f"{zone}?{version}").items() if key[0] == "numberOfRecordSets"]
    assert records == [("numberOfRecordSets", before + 2)]


def test_built_in_roles_are_found_by_name_and_by_id(group: Emulator) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/{ROLES}/roleDefinitions"
    [found] = group.call("GET", f"{path}?api-version=2022-04-01&$filter=roleName eq 'reader'").json()["value"]
    assert (found["name"], found["properties"]["type"]) == (READER, "BuiltInRole")
    assert found["properties"]["permissions"][0]["actions"] == ["*/read"]
    assert group.call("GET", f"{path}/{READER}?api-version=2022-04-01").json() == found
    assert group.call("GET", f"{GROUP}/{ROLES}/roleDefinitions/{READER}?api-version=2022-04-01").json() == found


@pytest.mark.parametrize(
    ("scope", "condition", "names"),
    [
        (GROUP, "", ["group", "network", "subscription"]),
        (GROUP, "atScope()", ["group", "subscription"]),
        (f"/subscriptions/{SUBSCRIPTION}", "", ["group", "network", "subscription"]),
        (f"/subscriptions/{SUBSCRIPTION}", "atScope()", ["subscription"]),
        (f"{NETWORK}/virtualNetworks/net", "atScope() and assignedTo('us')", ["group", "subscription"]),
        (GROUP, "principalId eq 'them'", ["network"]),
    ],
)
def test_role_assignments_hold_at_above_and_below_a_scope(
    group: Emulator, scope: str, condition: str, names: list[str]
) -> None:
    scopes = {"subscription": f"/subscriptions/{SUBSCRIPTION}", "group": GROUP, "network": put_network(group, "net")}
    for name, place in scopes.items():
        role = f"/subscriptions/{SUBSCRIPTION}/{ROLES}/roleDefinitions/{READER}"
        properties = {"roleDefinitionId": role, "principalId": "them" if name == "network" else "us"}
        path = f"{place}/{ROLES}/roleAssignments/{name}?api-version=2022-04-01"
        assert group.call("PUT", path, {"properties": properties}).status_code == 201
    asked = f"{scope}/{ROLES}/roleAssignments?api-version=2022-04-01&$filter={condition}"
    assert sorted(item["name"] for item in group.call("GET", asked).json()["value"]) == names


def put_machine(azure: Emulator, *disks: str) -> str:
    path = f"{COMPUTE}/virtualMachines/vm"
    data = [{"lun": at, "createOption": "Attach", "managedDisk": {"id": disk}} for at, disk in enumerate(disks)]
    put(azure, f"{path}?{MACHINES}", {"storageProfile": {"dataDisks": data}, "additionalCapabilities": {}})
    return path


def test_a_disk_says_who_has_it(group: Emulator) -> None:
    disk = f"{COMPUTE}/disks/data"
    put(group, f"{disk}?{DISKS}", {"creationData": {"createOption": "Empty"}, "diskSizeGB": 64})
    found = properties_of(group, f"{disk}?{DISKS}")
    assert (found["diskState"], found["diskSizeGB"], found["diskSizeBytes"]) == ("Unattached", 64, 64 * 1024**3)
    machine = put_machine(group, disk)
    found = group.call("GET", f"{disk}?{DISKS}").json()
    assert (found["properties"]["diskState"], found["managedBy"]) == ("Attached", machine)
    group.call("POST", f"{machine}/deallocate?{MACHINES}")
    group.advance(60)
    assert properties_of(group, f"{disk}?{DISKS}")["diskState"] == "Reserved"
    put_machine(group)
    found = group.call("GET", f"{disk}?{DISKS}").json()
    assert (found["properties"]["diskState"], found.get("managedBy")) == ("Unattached", None)
    assert "additionalCapabilities" not in properties_of(group, f"{machine}?{MACHINES}")


def test_the_location_of_a_disk_ends_with_the_disk(group: Emulator) -> None:
    path = f"{COMPUTE}/disks/data?{DISKS}"
    answer = put(group, path, {"creationData": {"createOption": "Empty"}, "diskSizeGB": 64})
    ended = group.call("GET", answer.headers["Location"])
    assert (ended.status_code, ended.json()) == (200, group.call("GET", path).json())


@pytest.mark.parametrize("action", ["start", "powerOff", "restart", "deallocate", "redeploy"])
def test_an_action_of_a_machine_says_when_to_ask_again(group: Emulator, action: str) -> None:
    answer = group.call("POST", f"{put_machine(group)}/{action}?{MACHINES}")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (202, "10")


def test_an_availability_set_is_there_at_once_and_knows_its_machines(group: Emulator) -> None:
    path = f"{COMPUTE}/availabilitySets/set?{MACHINES}"
    body = {"location": "northeurope", "properties": {"platformFaultDomainCount": 2}, "sku": {"name": "Aligned"}}
    assert [group.call("PUT", path, body).status_code for _ in range(2)] == [200, 200]
    machine = f"{COMPUTE}/virtualMachines/vm"
    put(group, f"{machine}?{MACHINES}", {"availabilitySet": {"id": path.partition("?")[0]}})
    assert properties_of(group, path)["virtualMachines"] == [{"id": machine}]
    assert group.call("DELETE", path).status_code == 409
