"""Calls of Microsoft's newest SDKs for network, compute, storage and private DNS, each in a world of its own.

`python -m tests.azure.sdk_calls URL CA` plays them on the embedded Azure of that URL and prints what each gives.
`CALLS` has for each its name, the call, and what it gives on Azure.
"""

import json
import os
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

import requests

from tests.azure.emulator import SCOPE, SUBSCRIPTION, TENANT

G = "rg"
PLACE = {"location": "northeurope"}
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{G}"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
ZONE = "example.com"
Clients = Any  # the SDKs are not there when mypy runs
Call = Callable[[Clients], Any]


class World:
    """The clients of the SDKs, each made when it is used."""

    def __init__(self, url: str) -> None:
        self.url = url
        identity = import_module("azure.identity")
        self._credential = identity.ClientSecretCredential(
            TENANT, "client", "secret", authority=url, disable_instance_discovery=True
        )

    def __getattr__(self, name: str) -> Any:
        kind = {"dns": "PrivateDns"}.get(name, name.capitalize())
        module = import_module(f"azure.mgmt.{kind.lower()}")
        client = getattr(module, f"{kind}ManagementClient")(
            self._credential, SUBSCRIPTION, base_url=self.url, credential_scopes=[SCOPE], polling_interval=0
        )
        setattr(self, name, client)
        return client


def properties(**values: Any) -> dict[str, Any]:
    return {**PLACE, "properties": values}


def net(c: Clients, name: str = "net", number: int = 0) -> Any:
    subnets = [{"name": "one", "properties": {"addressPrefix": f"10.{number}.0.0/24"}}]
    body = properties(addressSpace={"addressPrefixes": [f"10.{number}.0.0/16"]}, subnets=subnets)
    return c.network.virtual_networks.begin_create_or_update(G, name, body).result()


def nic(c: Clients) -> Any:
    address = {"name": "ip", "properties": {"subnet": {"id": f"{net(c).id}/subnets/one"}}}
    return c.network.network_interfaces.begin_create_or_update(
        G, "nic", properties(ipConfigurations=[address])
    ).result()


def group(c: Clients) -> Any:
    return c.network.network_security_groups.begin_create_or_update(G, "nsg", properties()).result()


def rule(c: Clients) -> Any:
    body = {"priority": 100, "direction": "Inbound", "access": "Allow", "protocol": "Tcp", "sourcePortRange": "*"}
    body |= {"destinationPortRange": "22", "sourceAddressPrefix": "*", "destinationAddressPrefix": "*"}
    group(c)
    return c.network.security_rules.begin_create_or_update(G, "nsg", "ssh", {"properties": body}).result()


def address(c: Clients) -> Any:
    body = {**properties(publicIPAllocationMethod="Static", dnsSettings={"domainNameLabel": "mine"})}
    body["sku"] = {"name": "Standard"}
    return c.network.public_ip_addresses.begin_create_or_update(G, "pip", body).result()


def route(c: Clients) -> Any:
    c.network.route_tables.begin_create_or_update(G, "table", properties()).result()
    body = {"properties": {"addressPrefix": "10.9.0.0/16", "nextHopType": "None"}}
    return c.network.routes.begin_create_or_update(G, "table", "away", body).result()


def peer(c: Clients) -> Any:
    sides = [net(c, "left", 1), net(c, "right", 2)]
    for here, there in (sides, sides[::-1]):
        body = {"properties": {"remoteVirtualNetwork": {"id": there.id}}}
        made = c.network.virtual_network_peerings.begin_create_or_update(G, here.name, "peer", body).result()
    return made


def balancer(c: Clients) -> Any:
    front = {"name": "front", "properties": {"publicIPAddress": {"id": address(c).id}}}
    body = {**properties(frontendIPConfigurations=[front], backendAddressPools=[{"name": "pool"}])}
    return c.network.load_balancers.begin_create_or_update(G, "lb", {**body, "sku": {"name": "Standard"}}).result()


def endpoint(c: Clients) -> Any:
    target = {"privateLinkServiceId": store(c).id, "groupIds": ["blob"]}
    connections = [{"name": "one", "properties": target}]
    body = properties(subnet={"id": f"{net(c).id}/subnets/one"}, privateLinkServiceConnections=connections)
    return c.network.private_endpoints.begin_create_or_update(G, "pe", body).result()


def other(c: Clients, kind: str, **values: Any) -> Any:
    """A resource of a type without a model."""
    return getattr(c.network, kind).begin_create_or_update(G, "one", properties(**values)).result()


def disk(c: Clients, name: str = "disk") -> Any:
    body = properties(creationData={"createOption": "Empty"}, diskSizeGB=10)
    return c.compute.disks.begin_create_or_update(G, name, body).result()


def machine(c: Clients) -> Any:
    image = {"publisher": "Canonical", "offer": "ubuntu", "sku": "server", "version": "latest"}
    body = properties(
        hardwareProfile={"vmSize": "Standard_B1s"},
        osProfile={"computerName": "vm", "adminUsername": "admin", "adminPassword": "Needle-1234"},
        storageProfile={"osDisk": {"createOption": "FromImage"}, "imageReference": image},
        networkProfile={"networkInterfaces": [{"id": nic(c).id}]},
    )
    return c.compute.virtual_machines.begin_create_or_update(G, "vm", body).result()


def power(c: Clients, *actions: str) -> list[str]:
    machine(c)
    seen = []
    for action in actions:
        getattr(c.compute.virtual_machines, f"begin_{action}")(G, "vm").result()
        seen.append(c.compute.virtual_machines.instance_view(G, "vm").statuses[1].code)
    return seen


def attach(c: Clients) -> Any:
    machine(c)
    data = {"lun": 0, "createOption": "Attach", "managedDisk": {"id": disk(c).id}}
    body = {"properties": {"storageProfile": {"dataDisks": [data]}}}
    c.compute.virtual_machines.begin_update(G, "vm", body).result()
    return c.compute.disks.get(G, "disk")


def extension(c: Clients) -> Any:
    machine(c)
    body = properties(publisher="Microsoft.Azure.Extensions", type="CustomScript", typeHandlerVersion="2.1")
    return c.compute.virtual_machine_extensions.begin_create_or_update(G, "vm", "script", body).result()


def store(c: Clients) -> Any:
    body = {**PLACE, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "properties": {}}
    return c.storage.storage_accounts.begin_create(G, "account1", body).result()


def container(c: Clients) -> Any:
    store(c)
    return c.storage.blob_containers.create(G, "account1", "files", {"properties": {}})


def zone(c: Clients) -> Any:
    return c.dns.private_zones.begin_create_or_update(G, ZONE, {"location": "global"}).result()


def record(c: Clients, name: str = "www", **more: Any) -> Any:
    body = {"properties": {"ttl": 60, "aRecords": [{"ipv4Address": "10.0.0.4"}]}}
    return c.dns.record_sets.create_or_update(G, ZONE, "A", name, body, **more)


def link(c: Clients) -> Any:
    zone(c)
    body = {"location": "global", "properties": {"virtualNetwork": {"id": net(c).id}, "registrationEnabled": False}}
    return c.dns.virtual_network_links.begin_create_or_update(G, ZONE, "link", body).result()


def names(found: Iterable[Any]) -> list[str]:
    return sorted(one.name for one in found)


def sequence(*steps: Any) -> Any:
    """The value of the last step; the steps are made in their order."""
    return steps[-1]


CALLS: dict[str, tuple[Call, Any]] = {
    "network.create": (lambda c: net(c).provisioning_state, "Succeeded"),
    "network.get": (lambda c: sequence(net(c), names(c.network.virtual_networks.get(G, "net").subnets)), ["one"]),
    "network.list": (lambda c: sequence(net(c), names(c.network.virtual_networks.list(G))), ["net"]),
    "network.list_all": (lambda c: sequence(net(c), names(c.network.virtual_networks.list_all())), ["net"]),
    "network.update_tags": (
        lambda c: sequence(net(c), dict(c.network.virtual_networks.update_tags(G, "net", {"tags": {"a": "b"}}).tags)),
        {"a": "b"},
    ),
    "network.delete": (
        lambda c: sequence(
            net(c),
            c.network.virtual_networks.begin_delete(G, "net").result(),
            names(c.network.virtual_networks.list(G)),
        ),
        [],
    ),
    "network.get missing": (lambda c: c.network.virtual_networks.get(G, "none"), "ResourceNotFound"),
    "subnets.create": (
        lambda c: sequence(
            net(c),
            c.network.subnets.begin_create_or_update(
                G, "net", "two", {"properties": {"addressPrefix": "10.0.1.0/24"}}
            ).result(),
            names(c.network.subnets.list(G, "net")),
        ),
        ["one", "two"],
    ),
    "subnets.overlap": (
        lambda c: sequence(
            net(c),
            c.network.subnets.begin_create_or_update(
                G, "net", "two", {"properties": {"addressPrefix": "10.0.0.0/25"}}
            ).result(),
        ),
        "NetcfgSubnetRangesOverlap",
    ),
    "subnets.delete": (
        lambda c: sequence(
            net(c), c.network.subnets.begin_delete(G, "net", "one").result(), names(c.network.subnets.list(G, "net"))
        ),
        [],
    ),
    "subnets.delete in use": (
        lambda c: sequence(nic(c), c.network.subnets.begin_delete(G, "net", "one").result()),
        "InUseSubnetCannotBeDeleted",
    ),
    "nsg.create": (lambda c: len(group(c).default_security_rules), 6),
    "rules.create": (lambda c: rule(c).provisioning_state, "Succeeded"),
    "rules.list": (lambda c: sequence(rule(c), names(c.network.security_rules.list(G, "nsg"))), ["ssh"]),
    "rules.delete": (
        lambda c: sequence(
            rule(c),
            c.network.security_rules.begin_delete(G, "nsg", "ssh").result(),
            names(c.network.security_rules.list(G, "nsg")),
        ),
        [],
    ),
    "routes.create": (lambda c: route(c).next_hop_type, "None"),
    "routes.list": (lambda c: sequence(route(c), names(c.network.routes.list(G, "table"))), ["away"]),
    "address.create": (
        lambda c: sequence(address(c), c.network.public_ip_addresses.get(G, "pip").dns_settings.fqdn),
        "mine.northeurope.cloudapp.azure.com",
    ),
    "address.list": (lambda c: sequence(address(c), names(c.network.public_ip_addresses.list(G))), ["pip"]),
    "nic.create": (lambda c: nic(c).ip_configurations[0].private_ip_address, "10.0.0.4"),
    "nic.list_all": (lambda c: sequence(nic(c), names(c.network.network_interfaces.list_all())), ["nic"]),
    "peering.create": (lambda c: peer(c).peering_state, "Connected"),
    "balancer.create": (lambda c: balancer(c).frontend_ip_configurations[0].name, "front"),
    "nat.create": (lambda c: other(c, "nat_gateways").provisioning_state, "Succeeded"),
    "endpoint.create": (lambda c: len(endpoint(c).network_interfaces), 1),
    "application groups.create": (lambda c: other(c, "application_security_groups").provisioning_state, "Succeeded"),
    "gateways.create": (
        lambda c: other(c, "local_network_gateways", gatewayIpAddress="1.2.3.4").gateway_ip_address,
        "1.2.3.4",
    ),
    "firewall policies.create": (lambda c: other(c, "firewall_policies").threat_intel_mode, "Alert"),
    "circuits.create": (lambda c: len(other(c, "express_route_circuits").service_key), 36),
    "disks.create": (lambda c: sequence(disk(c), c.compute.disks.get(G, "disk").disk_state), "Unattached"),
    "disks.size": (lambda c: sequence(disk(c), c.compute.disks.get(G, "disk").disk_size_bytes), 10 * 1024**3),
    "disks.update": (
        lambda c: (
            sequence(
                disk(c), c.compute.disks.begin_update(G, "disk", {"properties": {"diskSizeGB": 20}}).result()
            ).disk_size_gb
        ),
        20,
    ),
    "disks.list": (lambda c: sequence(disk(c), names(c.compute.disks.list_by_resource_group(G))), ["disk"]),
    "disks.delete": (
        lambda c: sequence(disk(c), c.compute.disks.begin_delete(G, "disk").result(), names(c.compute.disks.list())),
        [],
    ),
    "disks.attach": (lambda c: attach(c).disk_state, "Attached"),
    "machine.create": (lambda c: machine(c).provisioning_state, "Succeeded"),
    "machine.view": (
        lambda c: sequence(
            machine(c), c.compute.virtual_machines.get(G, "vm", expand="instanceView").instance_view.statuses[1].code
        ),
        "PowerState/running",
    ),
    "machine.power": (
        lambda c: power(c, "power_off", "start", "deallocate", "restart"),
        ["PowerState/stopped", "PowerState/running", "PowerState/deallocated", "PowerState/running"],
    ),
    "machine.list": (lambda c: sequence(machine(c), names(c.compute.virtual_machines.list(G))), ["vm"]),
    "machine.list_all": (lambda c: sequence(machine(c), names(c.compute.virtual_machines.list_all())), ["vm"]),
    "machine.update": (
        lambda c: sequence(
            machine(c), dict(c.compute.virtual_machines.begin_update(G, "vm", {"tags": {"a": "b"}}).result().tags)
        ),
        {"a": "b"},
    ),
    "machine.delete": (
        lambda c: sequence(
            machine(c),
            c.compute.virtual_machines.begin_delete(G, "vm").result(),
            names(c.compute.virtual_machines.list(G)),
        ),
        [],
    ),
    "extensions.create": (lambda c: extension(c).provisioning_state, "Succeeded"),
    "extensions.list": (
        lambda c: sequence(extension(c), names(c.compute.virtual_machine_extensions.list(G, "vm").value)),
        ["script"],
    ),
    "availability sets.create": (
        lambda c: c.compute.availability_sets.create_or_update(G, "set", {**PLACE, "sku": {"name": "Aligned"}}).name,
        "set",
    ),
    "keys.create": (
        lambda c: c.compute.ssh_public_keys.create(G, "key", properties(publicKey="ssh-rsa AAAA")).public_key,
        "ssh-rsa AAAA",
    ),
    "snapshots.create": (
        lambda c: (
            c.compute.snapshots.begin_create_or_update(
                G, "snap", properties(creationData={"createOption": "Copy", "sourceResourceId": disk(c).id})
            )
            .result()
            .provisioning_state
        ),
        "Succeeded",
    ),
    "placement groups.create": (
        lambda c: c.compute.proximity_placement_groups.create_or_update(G, "near", properties()).name,
        "near",
    ),
    "galleries.create": (
        lambda c: c.compute.galleries.begin_create_or_update(G, "gallery", properties()).result().provisioning_state,
        "Succeeded",
    ),
    "account.name": (
        lambda c: (
            c.storage.storage_accounts.check_name_availability(
                {"name": "account1", "type": "Microsoft.Storage/storageAccounts"}
            ).name_available
        ),
        True,
    ),
    "account.name taken": (
        lambda c: sequence(
            store(c),
            c.storage.storage_accounts.check_name_availability(
                {"name": "account1", "type": "Microsoft.Storage/storageAccounts"}
            ).reason,
        ),
        "AlreadyExists",
    ),
    "account.create": (
        lambda c: store(c).primary_endpoints.blob,
        "https://account1.blob.core.windows.net/",
    ),
    "account.get": (
        lambda c: sequence(store(c), c.storage.storage_accounts.get_properties(G, "account1").kind),
        "StorageV2",
    ),
    "account.list": (
        lambda c: sequence(store(c), names(c.storage.storage_accounts.list_by_resource_group(G))),
        ["account1"],
    ),
    "account.keys": (
        lambda c: sequence(
            store(c), [key.key_name for key in c.storage.storage_accounts.list_keys(G, "account1").keys_property]
        ),
        ["key1", "key2"],
    ),
    "account.update": (
        lambda c: sequence(
            store(c),
            c.storage.storage_accounts.update(G, "account1", {"properties": {"accessTier": "Cool"}}).access_tier,
        ),
        "Cool",
    ),
    "account.delete": (
        lambda c: sequence(
            store(c), c.storage.storage_accounts.delete(G, "account1"), names(c.storage.storage_accounts.list())
        ),
        [],
    ),
    "containers.create": (lambda c: container(c).name, "files"),
    "containers.list": (
        lambda c: sequence(container(c), names(c.storage.blob_containers.list(G, "account1"))),
        ["files"],
    ),
    "blob services.get": (
        lambda c: sequence(store(c), c.storage.blob_services.get_service_properties(G, "account1").name),
        "default",
    ),
    "shares.create": (
        lambda c: sequence(store(c), c.storage.file_shares.create(G, "account1", "share", {"properties": {}}).name),
        "share",
    ),
    "queues.create": (
        lambda c: sequence(store(c), c.storage.queue.create(G, "account1", "queue", {"properties": {}}).name),
        "queue",
    ),
    "tables.create": (
        lambda c: sequence(store(c), c.storage.table.create(G, "account1", "table1", {"properties": {}}).name),
        "table1",
    ),
    "zone.create": (lambda c: zone(c).number_of_record_sets, 1),
    "zone.list": (lambda c: sequence(zone(c), names(c.dns.private_zones.list_by_resource_group(G))), [ZONE]),
    "zone.update": (
        lambda c: sequence(
            zone(c), dict(c.dns.private_zones.begin_update(G, ZONE, {"tags": {"a": "b"}}).result().tags)
        ),
        {"a": "b"},
    ),
    "zone.delete": (
        lambda c: sequence(
            zone(c), c.dns.private_zones.begin_delete(G, ZONE).result(), names(c.dns.private_zones.list())
        ),
        [],
    ),
    "records.create": (lambda c: sequence(zone(c), record(c).fqdn), f"www.{ZONE}."),
    "records.list": (
        lambda c: sequence(zone(c), record(c), names(c.dns.record_sets.list(G, ZONE))),
        ["@", "www"],
    ),
    "records.list by type": (
        lambda c: sequence(zone(c), record(c), names(c.dns.record_sets.list_by_type(G, ZONE, "A"))),
        ["www"],
    ),
    "records.update": (
        lambda c: sequence(
            zone(c), record(c), c.dns.record_sets.update(G, ZONE, "A", "www", {"properties": {"ttl": 90}}).ttl
        ),
        90,
    ),
    "records.delete": (
        lambda c: sequence(
            zone(c), record(c), c.dns.record_sets.delete(G, ZONE, "A", "www"), names(c.dns.record_sets.list(G, ZONE))
        ),
        ["@"],
    ),
    "links.create": (lambda c: link(c).virtual_network_link_state, "Completed"),
    "links.list": (lambda c: sequence(link(c), names(c.dns.virtual_network_links.list(G, ZONE))), ["link"]),
    "links.delete": (
        lambda c: sequence(
            link(c),
            c.dns.virtual_network_links.begin_delete(G, ZONE, "link").result(),
            names(c.dns.virtual_network_links.list(G, ZONE)),
        ),
        [],
    ),
}


def play(url: str, ca: str) -> dict[str, Any]:
    """What each call gives: its value, or the code of the error that it raises."""
    world, found = World(url), {}
    base, token = f"{url}/emulator", ""
    with requests.Session() as session:
        session.trust_env, session.verify = False, ca
        form = {"grant_type": "client_credentials", "client_id": "tests", "client_secret": "secret", "scope": SCOPE}
        token = session.post(f"{url}/{TENANT}/oauth2/v2.0/token", data=form, timeout=60).json()["access_token"]
        for name, (call, _) in CALLS.items():
            session.post(f"{base}/reset", timeout=60).raise_for_status()
            session.put(
                f"{url}{GROUP}?api-version=2022-09-01",
                json=PLACE,
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            ).raise_for_status()
            try:
                found[name] = call(world)
            except Exception as error:
                found[name] = getattr(getattr(error, "error", None), "code", None) or repr(error)[:500]
    return found


if __name__ == "__main__":
    os.environ["REQUESTS_CA_BUNDLE"] = sys.argv[2]
    print(json.dumps(play(*sys.argv[1:])))
