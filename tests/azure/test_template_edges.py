"""Deployments of templates at the edges of the language, and what services make that templates ask for."""

from typing import Any

import pytest

from tests.azure.emulator import SUBSCRIPTION, Emulator
from tests.azure.templates import GROUP_SCHEMA, deployment, network, template

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
DEPLOYMENT = f"{GROUP}/providers/Microsoft.Resources/deployments/one"
VERSION = "api-version=2025-04-01"
WRONG = "[createObject('a', 'b').x]"


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "westeurope"})
    return azure


def resource(kind: str, name: str, version: str = "2024-05-01", **more: Any) -> dict[str, Any]:
    return {"type": kind, "apiVersion": version, "name": name, "location": "westeurope", "properties": {}, **more}


def table(name: str, **more: Any) -> dict[str, Any]:
    return resource("Microsoft.Network/routeTables", name, **more)


def nested(inner: dict[str, Any], scope: str = "inner", **more: Any) -> dict[str, Any]:
    properties = {"mode": "Incremental", "expressionEvaluationOptions": {"scope": scope}, "template": inner}
    kind = {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "deep"}
    return {**kind, "properties": properties, **more}


def symbolic(**resources: dict[str, Any]) -> dict[str, Any]:
    """A template with symbolic names."""
    known = {"$schema": GROUP_SCHEMA, "contentVersion": "1.0.0.0", "languageVersion": "2.0"}
    return {**known, "resources": resources}


def refused(azure: Emulator, body: dict[str, Any]) -> str:
    """Why a template is refused before anything is made."""
    answer = azure.call("PUT", f"{DEPLOYMENT}?{VERSION}", deployment(body))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidTemplate"), answer.text
    azure.advance(60)
    assert azure.control("GET", "resources")["resources"] == []
    return str(answer.json()["error"]["message"])


def outcome(azure: Emulator, *resources: dict[str, Any], **outputs: str) -> dict[str, Any]:
    """The record of a deployment, whose outputs are of any type."""
    declared = {name: {"type": "object", "value": f"[createObject('v', {value})]"} for name, value in outputs.items()}
    return run(azure, template(*resources, outputs=declared))


def run(azure: Emulator, body: dict[str, Any]) -> dict[str, Any]:
    answer = azure.call("PUT", f"{DEPLOYMENT}?{VERSION}", deployment(body))
    assert answer.ok, answer.text
    azure.advance(600)
    found: dict[str, Any] = azure.call("GET", f"{DEPLOYMENT}?{VERSION}").json()["properties"]
    return found


def values(record: dict[str, Any]) -> dict[str, Any]:
    assert record["provisioningState"] == "Succeeded", record
    return {name: output["value"]["v"] for name, output in record["outputs"].items()}


def test_what_no_run_can_evaluate_is_refused_and_nothing_is_made(group: Emulator) -> None:
    second = table("second", tags={"t": WRONG}, dependsOn=["first"])
    assert "'second' is not valid: The language expression property 'x'" in refused(
        group, template(table("first"), second)
    )
    deep = nested(template(table("third", tags={"t": WRONG})))
    assert "'third' is not valid" in refused(group, template(table("first"), deep))
    unused = template(table("first")) | {"variables": {"v": WRONG}}
    assert "variable 'v' is not valid" in refused(group, unused)


def test_symbolic_names_leave_no_outer_scope(group: Emulator) -> None:
    assert "does not support 'Outer'" in refused(group, symbolic(d=nested(template(table("a")), "outer")))


def test_secure_outputs_go_from_a_nested_deployment_to_its_parent_only(group: Emulator) -> None:
    inner = template(outputs={"s": {"type": "securestring", "value": "hush"}})
    length = "[string(length(listOutputsWithSecureValues('d', '2022-09-01').s))]"
    record = run(group, symbolic(d=nested(inner), r=table("a", tags={"t": length}, dependsOn=["d"])))
    assert record["provisioningState"] == "Succeeded", record
    shown = group.call("GET", f"{GROUP}/providers/Microsoft.Network/routeTables/a?api-version=2024-05-01").json()
    assert shown["tags"] == {"t": "4"}
    deep = DEPLOYMENT.replace("/one", "/deep")
    records = [group.call("GET", f"{path}?{VERSION}").text for path in (DEPLOYMENT, deep, f"{deep}/operations")]
    assert "hush" not in "".join(records)


def test_a_template_knows_who_deploys_it(group: Emulator) -> None:
    found = values(outcome(group, who="deployer().objectId", where="deployer().tenantId"))
    assert found["who"] == "tests"
    assert found["where"] == "99999999-8888-7777-6666-555555555555"


def test_a_template_finds_roles_and_api_versions(group: Emulator) -> None:
    found = values(
        outcome(
            group,
            role="roleDefinitions('Reader')",
            version="providers('Microsoft.Storage', 'storageAccounts').apiVersions[0]",
            types="length(providers('Microsoft.Storage').resourceTypes)",
        )
    )
    reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    role = {"id": f"/providers/Microsoft.Authorization/roleDefinitions/{reader}", "roleDefinitionId": reader}
    assert found["role"] == role
    provider = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Storage?{VERSION}"
    types = group.call("GET", provider).json()["resourceTypes"]
    accounts = next(kind for kind in types if kind["resourceType"] == "storageAccounts")
    assert (found["version"], found["types"]) == (accounts["apiVersions"][0], len(types))


def test_what_is_refused_with_a_named_code_is_tried_again(group: Emulator) -> None:
    refusal = {"kind": "fail", "type": "Microsoft.Network/routeTables", "status": 409, "code": "Busy"}

    def state(count: int) -> str:
        group.control("POST", "faults", {**refusal, "times": 2})
        record = run(group, symbolic(t=table("ra", **{"@options": {"retryOn": [["Busy"], count]}})))
        return str(record["provisioningState"])

    assert state(1) == "Failed"
    assert state(2) == "Succeeded"


def test_a_nested_deployment_may_be_at_the_tenant(group: Emulator) -> None:
    inner = template(outputs={"o": {"type": "string", "value": "[tenantResourceId('T.P/things', 'a')]"}})
    deep = nested(inner, scope="inner") | {"scope": "/", "location": "westeurope"}
    told = {"o": {"type": "string", "value": "[reference('deep').outputs.o.value]"}}
    record = run(group, template(deep, outputs=told))
    assert record["outputs"]["o"]["value"] == "/providers/T.P/things/a", record


def test_policy_assignments_show_where_their_identity_is(group: Emulator) -> None:
    kind = "Microsoft.Authorization/policyAssignments"
    run(group, template(resource(kind, "tags", "2024-04-01", identity={"type": "SystemAssigned"})))
    shown = group.call("GET", f"{GROUP}/providers/{kind}/tags?api-version=2024-04-01").json()
    assert shown["location"] == "westeurope"
    assert shown["identity"]["principalId"]


def test_extension_resources_may_be_written_the_old_way(group: Emulator) -> None:
    settings = resource("Microsoft.Network/routeTables/providers/diagnosticSettings", "ra/microsoft.insights/d")
    settings |= {"apiVersion": "2017-05-01-preview", "dependsOn": ["ra"]}
    record = run(group, template(table("ra"), settings))
    assert record["provisioningState"] == "Succeeded", record
    made = f"{GROUP}/providers/Microsoft.Network/routeTables/ra/providers/microsoft.insights/diagnosticSettings/d"
    assert made in [item["id"] for item in record["outputResources"]]
    provider = f"/subscriptions/{SUBSCRIPTION}/providers/microsoft.insights?{VERSION}"
    assert "diagnosticSettings" in [
        kind["resourceType"] for kind in group.call("GET", provider).json()["resourceTypes"]
    ]


def test_services_add_what_templates_ask_for(group: Emulator) -> None:
    record = outcome(
        group,
        resource(
            "Microsoft.Network/publicIPAddresses",
            "ip",
            properties={"publicIPAllocationMethod": "Static", "dnsSettings": {"domainNameLabel": "lbl7"}},
        ),
        resource("Microsoft.KeyVault/vaults", "vault"),
        resource("Microsoft.KeyVault/vaults/secrets", "vault/one", dependsOn=["vault"]),
        resource("Microsoft.ServiceBus/namespaces", "bus"),
        resource("Microsoft.Network/dnsZones", "example.com", location="global"),
        resource("Microsoft.ContainerInstance/containerGroups", "box", properties={"ipAddress": {"type": "Public"}}),
        fqdn="reference('ip').dnsSettings.fqdn",
        secret="reference(resourceId('Microsoft.KeyVault/vaults/secrets', 'vault', 'one')).secretUri",
        key="length(listKeys(resourceId('Microsoft.ServiceBus/namespaces/authorizationRules', 'bus', "
        "'RootManageSharedAccessKey'), '2022-10-01-preview').primaryKey)",
        servers="length(reference('example.com').nameServers)",
        box="reference('box').ipAddress.ip",
    )
    found = values(record)
    assert found.pop("box").startswith("198.1")
    assert found == {
        "fqdn": "lbl7.westeurope.cloudapp.azure.com",
        "secret": "https://vault.vault.azure.net/secrets/one",
        "key": 88,
        "servers": 4,
    }


def test_a_private_endpoint_has_an_interface_that_goes_with_it(group: Emulator) -> None:
    subnets = [{"name": "sn", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    place = "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'net', 'sn')]"
    endpoint = resource(
        "Microsoft.Network/privateEndpoints", "pe", properties={"subnet": {"id": place}}, dependsOn=["net"]
    )
    record = outcome(
        group,
        network(subnets=subnets),
        endpoint,
        nic="reference(reference('pe').networkInterfaces[0].id, '2024-05-01').ipConfigurations[0].properties",
    )
    assert values(record)["nic"]["privateIPAddress"] == "10.0.0.4"
    names = [item["name"] for item in group.control("GET", "resources")["resources"]]
    assert [name for name in names if name.startswith("pe.nic.")]
    path = f"{GROUP}/providers/Microsoft.Network/privateEndpoints/pe?api-version=2024-05-01"
    assert group.call("DELETE", path).status_code == 202
    group.advance(60)
    names = [item["name"] for item in group.control("GET", "resources")["resources"]]
    assert [name for name in names if name.startswith("pe")] == []


def test_a_read_of_what_is_not_modelled_says_so(group: Emulator) -> None:
    record = outcome(group, resource("Microsoft.Maps/accounts", "maps"), gone="reference('maps').nothing")
    assert record["error"]["code"] == "DeploymentOutputEvaluationFailed"
    assert "property 'nothing' doesn't exist" in record["error"]["message"]
    assert "does not model what its service adds" in record["error"]["message"]


def test_a_type_that_azure_does_not_have_is_refused(group: Emulator) -> None:
    text = "The resource type could not be found in the namespace 'Microsoft.Network' for api version '2024-05-01'."
    body = template(resource("Microsoft.Network/routeTabels", "a"))
    refused = group.call("PUT", f"{DEPLOYMENT}?{VERSION}", deployment(body))
    assert refused.json()["error"] == {"code": "InvalidResourceType", "message": text}
    path = f"{GROUP}/providers/Microsoft.Network/routeTabels/a?api-version=2024-05-01"
    answers = [group.call("PUT", path, {"location": "westeurope"}), group.call("GET", path), group.call("DELETE", path)]
    assert [(one.status_code, one.json()["error"]["message"]) for one in answers] == [(404, text)] * 3
    record = run(group, template(nested(body)))
    assert (record["provisioningState"], "InvalidResourceType" in str(record["error"])) == ("Failed", True)


def test_a_type_of_a_provider_that_is_not_known_is_taken(group: Emulator) -> None:
    assert outcome(group, resource("Contoso.Play/things", "a"))["provisioningState"] == "Succeeded"


def test_what_a_service_adds_is_known_by_its_name_or_said_to_be_unknown(group: Emulator) -> None:
    test = resource("Microsoft.LoadTestService/loadTests", "lt", "2022-12-01")
    record = outcome(group, test, uri="reference('lt').dataPlaneURI")
    assert values(record) == {"uri": "https://lt.westeurope.azure.com/"}
    for missing in ("reference('lt').madeUp", "reference('lt').parts[0].deep.madeUp"):
        sent = test | {"properties": {"parts": [{"deep": {}}]}}
        assert "does not model what its service adds" in str(outcome(group, sent, x=missing)["error"])


@pytest.mark.parametrize(
    ("script", "names"),
    [
        ("$DeploymentScriptOutputs = @{}\n$DeploymentScriptOutputs['text'] = 'x'", ["text"]),
        ("$DeploymentScriptOutputs = @{\n  one = 1; two = 2 }", ["one", "two"]),
        ("echo '{\"result\": {}}' | jq '{a: .result}' > $AZ_SCRIPTS_OUTPUT_PATH", ["result", "a"]),
        ('echo "{\\"key\\": \\"$v\\"}" > $AZ_SCRIPTS_OUTPUT_PATH', ["key"]),
    ],
)
def test_the_outputs_of_a_script_are_those_that_it_names(group: Emulator, script: str, names: list[str]) -> None:
    body = resource("Microsoft.Resources/deploymentScripts", "s", "2023-08-01", properties={"scriptContent": script})
    found = values(outcome(group, body, **{name: f"reference('s').outputs.{name}" for name in names}))
    assert found == {name: name for name in names}


READS = [
    (
        "Microsoft.Web/sites/config",
        "list('{}/config/publishingcredentials', '2023-12-01').properties.publishingUserName",
    ),
    ("Microsoft.Web/sites/config", "length(list('{}/config/appsettings', '2023-12-01').properties)"),
    ("Microsoft.Web/sites/functions", "listKeys('{}/functions/f', '2023-12-01').default"),
    ("Microsoft.Web/staticSites", "listSecrets('{}', '2023-12-01').properties.apiKey"),
    ("Microsoft.Devices/IotHubs/IotHubKeys", "listKeys('{}/IotHubKeys/iothubowner', '2023-06-30').primaryKey"),
    ("Microsoft.Devices/provisioningServices", "listKeys('{}', '2022-12-12').value[0].primaryKey"),
    ("Microsoft.Automation/automationAccounts", "listKeys('{}', '2023-11-01').keys[0].Value"),
    (
        "Microsoft.NotificationHubs/namespaces/AuthorizationRules",
        "listKeys('{}/AuthorizationRules/RootManageSharedAccessKey', '2023-09-01').primaryConnectionString",
    ),
    ("Microsoft.Monitor/accounts", "reference('{}').metrics.prometheusQueryEndpoint"),
    ("Microsoft.DesktopVirtualization/hostPools", "listRegistrationTokens('{}', '2024-04-03').value[0].token"),
    ("Microsoft.Purview/accounts", "reference('{}').endpoints.catalog"),
    ("Microsoft.Dashboard/grafana", "reference('{}').endpoint"),
    ("Microsoft.Attestation/attestationProviders", "reference('{}').attestUri"),
    ("Microsoft.ConfidentialLedger/ledgers", "reference('{}').ledgerUri"),
    ("Microsoft.DevCenter/devcenters", "reference('{}').devCenterUri"),
    ("Microsoft.ServiceFabric/clusters", "reference('{}').clusterEndpoint"),
    ("Microsoft.Network/frontDoors", "reference('{}').cname"),
    ("Microsoft.Network/privateEndpoints", "reference('{}').customDnsConfigs[0].fqdn"),
    ("Microsoft.Compute/virtualMachineScaleSets", "reference('{}').uniqueId"),
    (
        "Microsoft.Network/virtualNetworkGateways",
        "reference('{}').bgpSettings.bgpPeeringAddresses[0].tunnelIpAddresses[0]",
    ),
    ("Microsoft.App/managedEnvironments", "reference('{}').customDomainConfiguration.customDomainVerificationId"),
    (
        "Microsoft.DocumentDB/databaseAccounts",
        "listConnectionStrings('{}', '2024-05-15').connectionStrings[3].connectionString",
    ),
]


@pytest.mark.parametrize(("kind", "expression"), READS)
def test_templates_read_what_services_set(group: Emulator, kind: str, expression: str) -> None:
    namespace, top = kind.split("/")[:2]
    read = expression.format(f"{GROUP}/providers/{namespace}/{top}/a")
    assert values(outcome(group, resource(f"{namespace}/{top}", "a"), v=read))["v"] not in ("", None)


def test_a_user_assigned_identity_shows_its_principal(group: Emulator) -> None:
    identity = "resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'robot')"
    robot = resource("Microsoft.ManagedIdentity/userAssignedIdentities", "robot", "2023-01-31")
    assigned = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {f"[{identity}]": {}}}
    site = resource("Microsoft.Web/sites", "site1", identity=assigned, dependsOn=["robot"])
    read = f"reference('site1', '2024-05-01', 'Full').identity.userAssignedIdentities[{identity}].principalId"
    found = values(outcome(group, robot, site, own="reference('robot').principalId", seen=read))
    assert found["own"] == found["seen"]
    foreseen = group.call("POST", f"{DEPLOYMENT}/whatIf?{VERSION}", deployment(template(robot, site)))
    group.advance(60)
    changes = group.call("GET", foreseen.headers["location"]).json()["properties"]["changes"]
    assert {change["changeType"] for change in changes} == {"NoChange"}, changes


def test_a_profile_stands_in_for_the_api_versions_of_a_template(group: Emulator) -> None:
    bare = {key: value for key, value in table("routes").items() if key != "apiVersion"}
    inner = {key: value for key, value in nested(template(table("more"))).items() if key != "apiVersion"}
    wanted = template(
        bare, inner, outputs={"name": {"type": "string", "value": "[reference('routes').provisioningState]"}}
    )
    assert "has no 'apiVersion'" in refused(group, wanted)
    assert "has no 'apiVersion'" in refused(group, {**wanted, "apiProfile": None})
    record = run(group, {**wanted, "apiProfile": "2020-09-01-hybrid"})
    assert record["provisioningState"] == "Succeeded", record
    made = {one["name"] for one in group.control("GET", "resources")["resources"]}
    assert {"routes", "more"} <= made


def test_a_profile_has_no_version_of_a_type_that_is_not_known(group: Emulator) -> None:
    unknown = {"type": "Microsoft.Network/nothings", "name": "one", "location": "westeurope"}
    assert "does not match any valid api-version" in refused(group, {**template(unknown), "apiProfile": "latest"})


def test_a_condition_of_null_counts_as_true(group: Emulator) -> None:
    run(group, template(table("one", condition=None), table("two", condition="[null()]"), table("no", condition=False)))
    made = {one["name"] for one in group.control("GET", "resources")["resources"]}
    assert {"one", "two"} <= made
    assert "no" not in made


def test_the_parts_of_an_application_gateway_have_ids(group: Emulator) -> None:
    kind = "Microsoft.Network/applicationGateways"
    lists = ["backendAddressPools", "frontendIPConfigurations", "httpListeners", "requestRoutingRules"]
    gateway = resource(kind, "gw", properties={part: [{"name": "first", "properties": {"a": 1}}] for part in lists})
    record = outcome(group, gateway, **{part: f"reference('gw').{part}[0]" for part in lists})
    for part, shown in values(record).items():
        assert (shown["name"], shown["type"]) == ("first", f"{kind}/{part}")
        assert shown["id"] == f"{GROUP}/providers/{kind}/gw/{part}/first"
        assert shown["properties"] == {"provisioningState": "Succeeded", "a": 1}
