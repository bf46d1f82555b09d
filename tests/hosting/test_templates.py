"""What the hosting templates make, as Microsoft's deployments engine predicts it from the parameters files."""

import json
import os
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from dev.bicep import Bicep, started
from driver import settings
from driver.metrics import INSTRUMENTS
from driver.packages.lifecycle_yaml import read_manifest
from driver.packages.manifests import FILE
from tests.hosting.snapshots import INFRA, VAULT_REFERENCE, Snapshot, take

pytestmark = pytest.mark.slow

SITE = "Microsoft.Web/sites"
# Settings that Flex Consumption refuses, since functionAppConfig says the same.
REFUSED_BY_FLEX = {"FUNCTIONS_EXTENSION_VERSION", "FUNCTIONS_WORKER_RUNTIME", "WEBSITE_RUN_FROM_PACKAGE"}


@pytest.fixture(scope="module")
def dev(compiler: Bicep) -> Snapshot:
    return take(compiler, INFRA / "main.parameters.dev.bicepparam")


@pytest.fixture(scope="module")
def prod(compiler: Bicep) -> Snapshot:
    return take(compiler, INFRA / "main.parameters.prod.bicepparam")


def variant(compiler: Bicep, folder: Path, *lines: str) -> Snapshot:
    """A deployment with other parameters than the files give."""
    parameters = folder / "variant.bicepparam"
    kafka = "param kafka = { bootstrapServers: 'kafka.example.com:9093' }"
    using = f"using '{os.path.relpath(INFRA, folder)}/main.bicep'"
    head = (using, "param environmentName = 'test'", "param location = 'westeurope'", kafka)
    parameters.write_text("\n".join((*head, *lines, "")), encoding="utf-8")
    return take(compiler, parameters)


def test_sources_are_formatted(compiler: Bicep) -> None:
    sources = [*INFRA.glob("*.bicepparam"), *INFRA.glob("modules/*.bicep")]
    assert len(sources) > 10
    assert [one.name for one in sources if compiler.format(one) != one.read_text(encoding="utf-8")] == []


def test_dev_is_the_function_app_and_what_it_needs(dev: Snapshot) -> None:
    assert dev.types() == {
        "Microsoft.Resources/resourceGroups": 1,
        "Microsoft.ManagedIdentity/userAssignedIdentities": 1,
        "Microsoft.OperationalInsights/workspaces": 1,
        "Microsoft.Insights/components": 1,
        "Microsoft.Storage/storageAccounts": 1,
        "Microsoft.Storage/storageAccounts/blobServices": 1,
        "Microsoft.Storage/storageAccounts/blobServices/containers": 1,
        "Microsoft.KeyVault/vaults": 1,
        "Microsoft.KeyVault/vaults/secrets": 3,
        "Microsoft.Insights/diagnosticSettings": 1,
        "Microsoft.Authorization/roleAssignments": 5,
        "Microsoft.Web/serverfarms": 1,
        "Microsoft.Web/sites": 1,
        "Microsoft.Web/sites/config": 1,
        "Microsoft.Web/sites/basicPublishingCredentialsPolicies": 2,
        "Microsoft.Insights/scheduledQueryRules": 11,
    }


def test_prod_adds_a_private_network_alerts_by_mail_and_the_role(dev: Snapshot, prod: Snapshot) -> None:
    added = prod.types() - dev.types()
    assert added == {
        "Microsoft.Network/networkSecurityGroups": 1,
        "Microsoft.Network/virtualNetworks": 1,
        "Microsoft.Network/privateEndpoints": 5,
        "Microsoft.Network/privateEndpoints/privateDnsZoneGroups": 5,
        "Microsoft.Network/privateDnsZones": 5,
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks": 5,
        "Microsoft.Insights/actionGroups": 1,
        "Microsoft.KeyVault/vaults/secrets": 2,
        "Microsoft.Authorization/roleDefinitions": 1,
        "Microsoft.Authorization/roleAssignments": 1,
    }


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_only_tls_and_no_passwords_lead_to_the_app(name: str, request: pytest.FixtureRequest) -> None:
    snapshot: Snapshot = request.getfixturevalue(name)
    site = snapshot.one(SITE)["properties"]
    assert site["httpsOnly"] is True
    assert site["siteConfig"]["minTlsVersion"] == site["siteConfig"]["scmMinTlsVersion"] == "1.2"
    assert site["siteConfig"]["ftpsState"] == "Disabled"
    policies = snapshot.all("Microsoft.Web/sites/basicPublishingCredentialsPolicies")
    assert [one["properties"]["allow"] for one in policies] == [False, False]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_storage_has_no_keys_and_is_reached_by_identity(name: str, request: pytest.FixtureRequest) -> None:
    snapshot: Snapshot = request.getfixturevalue(name)
    account = snapshot.one("Microsoft.Storage/storageAccounts")["properties"]
    assert account["allowSharedKeyAccess"] is False
    assert account["allowBlobPublicAccess"] is False
    assert account["supportsHttpsTrafficOnly"] is True
    assert account["minimumTlsVersion"] == "TLS1_2"
    assert snapshot.settings()["AzureWebJobsStorage__credential"] == "managedidentity"
    assert snapshot.one(SITE)["identity"]["type"] == "UserAssigned"
    deployment = snapshot.one(SITE)["properties"]["functionAppConfig"]["deployment"]["storage"]
    assert deployment["authentication"]["type"] == "UserAssignedIdentity"


def test_no_template_reads_a_key() -> None:
    compiled = (INFRA / "main.json").read_text(encoding="utf-8")
    assert not re.search(r"listKeys|listAccountSas|AccountKey|listConnectionStrings", compiled)


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_identity_gets_the_roles_it_needs_and_no_other(name: str, request: pytest.FixtureRequest) -> None:
    snapshot: Snapshot = request.getfixturevalue(name)
    roles = [one["properties"].get("description") for one in snapshot.all("Microsoft.Authorization/roleAssignments")]
    assert sorted(role for role in roles if role) == [
        "Key Vault Secrets User",
        "Monitoring Metrics Publisher",
        "Storage Blob Data Owner",
        "Storage Queue Data Contributor",
        "Storage Table Data Contributor",
    ]


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_vault_is_opened_by_roles_only(name: str, request: pytest.FixtureRequest) -> None:
    snapshot: Snapshot = request.getfixturevalue(name)
    vault = snapshot.one("Microsoft.KeyVault/vaults")["properties"]
    assert vault["enableRbacAuthorization"] is True
    assert vault["enableSoftDelete"] is True
    assert vault["enablePurgeProtection"] is (True if name == "prod" else None)
    insights = snapshot.one("Microsoft.Insights/components")["properties"]
    assert insights["DisableLocalAuth"] is True


def test_what_is_secret_stands_in_the_settings_as_a_reference_to_the_vault(prod: Snapshot) -> None:
    expected = {
        "SEALING_KEYS": "sealing-keys/",
        "AzureFunctionsJobHost__extensions__http__routePrefix": "route-prefix/",
        "KAFKA_CONFIG_SSL_CA_PEM": "ssl-ca-pem",
        "KAFKA_CONFIG_SSL_CERTIFICATE_PEM": "ssl-certificate-pem",
        "KAFKA_CONFIG_SSL_KEY_PEM": "ssl-key-pem",
    }
    references = {name: value for name, value in prod.settings().items() if VAULT_REFERENCE in value}
    assert set(references) == set(expected)
    assert all(expected[name] in value for name, value in references.items())
    secrets = {one["name"].rsplit("/", 1)[1] for one in prod.all("Microsoft.KeyVault/vaults/secrets")}
    assert secrets == {
        "sealing-keys",
        "route-prefix",
        "kafka-ssl-ca-pem",
        "kafka-ssl-certificate-pem",
        "kafka-ssl-key-pem",
    }


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_settings_are_what_the_app_and_the_host_need(name: str, request: pytest.FixtureRequest) -> None:
    given = dict(request.getfixturevalue(name).settings())
    assert given["PYTHON_ENABLE_INIT_INDEXING"] == "1"
    assert given["PYTHON_THREADPOOL_THREAD_COUNT"] == "20"
    assert given["AzureFunctionsJobHost__logging__logLevel__Microsoft"] == "Warning"
    assert not REFUSED_BY_FLEX & set(given)
    assert not [one for one in given if "." in one], "a setting's name has no dots on Linux"
    read = settings.read(given)
    assert read.faults == ()
    read.require_ready()
    assert read.kafka_bootstrap_servers
    assert dict(read.kafka_config)["security.protocol"] in ("SSL", "SASL_SSL")


def test_further_settings_reach_the_app(compiler: Bicep, tmp_path: Path) -> None:
    given = "param furtherSettings = { REGISTER_PROVIDERS: 'false', PYTHON_THREADPOOL_THREAD_COUNT: '40' }"
    found = dict(variant(compiler, tmp_path, given).settings())
    assert found["REGISTER_PROVIDERS"] == "false"
    assert found["PYTHON_THREADPOOL_THREAD_COUNT"] == "40"
    assert found["LOG_LEVEL"] == "INFO"


def test_prod_is_reached_through_its_private_endpoints_only(prod: Snapshot) -> None:
    for kind in ("Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults", SITE):
        assert prod.one(kind)["properties"]["publicNetworkAccess"] == "Disabled", kind
    for kind in ("Microsoft.Storage/storageAccounts", "Microsoft.KeyVault/vaults"):
        assert prod.one(kind)["properties"]["networkAcls"]["defaultAction"] == "Deny", kind
    site = prod.one(SITE)["properties"]
    assert site["virtualNetworkSubnetId"].endswith("/virtualNetworks/vnet-azure-driver-prod/subnets/app")
    assert site["outboundVnetRouting"] == {"allTraffic": True}
    connections = [
        one["properties"]["privateLinkServiceConnections"][0]["properties"]["groupIds"]
        for one in prod.all("Microsoft.Network/privateEndpoints")
    ]
    assert sorted(connections) == [["blob"], ["queue"], ["sites"], ["table"], ["vault"]]


PROVIDER = "AzureFunctionsJobHost__extensions__durableTask__storageProvider__"


def _storage_provider(snapshot: Snapshot) -> dict[str, str]:
    given = snapshot.settings().items()
    return {name.removeprefix(PROVIDER): value for name, value in given if name.startswith(PROVIDER)}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_task_hub_in_storage_has_its_own_settings(name: str, request: pytest.FixtureRequest) -> None:
    snapshot: Snapshot = request.getfixturevalue(name)
    assert _storage_provider(snapshot) == {
        "partitionCount": "4",
        "maxQueuePollingInterval": "00:00:02",
        "workItemQueueVisibilityTimeout": "00:01:00",
        "controlQueueVisibilityTimeout": "00:01:00",
    }
    assert not [one for one in snapshot.types() if "DurableTask" in one]


@pytest.mark.parametrize(
    ("task_hub", "sku"),
    [
        ("{ kind: 'azureManaged' }", {"name": "Consumption"}),
        ("{ kind: 'azureManaged', sku: 'Dedicated' }", {"name": "Dedicated", "capacity": 1}),
        ("{ kind: 'azureManaged', sku: 'Dedicated', capacity: 3 }", {"name": "Dedicated", "capacity": 3}),
    ],
)
def test_task_hub_in_durable_task_scheduler(
    task_hub: str, sku: dict[str, Any], dev: Snapshot, compiler: Bicep, tmp_path: Path
) -> None:
    snapshot = variant(compiler, tmp_path, f"param taskHub = {task_hub}")
    assert snapshot.types() - dev.types() == {
        "Microsoft.DurableTask/schedulers": 1,
        "Microsoft.DurableTask/schedulers/taskHubs": 1,
        "Microsoft.Authorization/roleAssignments": 1,
    }
    scheduler = snapshot.one("Microsoft.DurableTask/schedulers")
    assert scheduler["properties"] == {"sku": sku, "ipAllowlist": ["0.0.0.0/0"]}
    hub = snapshot.one("Microsoft.DurableTask/schedulers/taskHubs")["name"].rsplit("/", 1)[1]
    host = json.loads((INFRA.parent / "host.json").read_text(encoding="utf-8"))
    assert hub == host["extensions"]["durableTask"]["hubName"]


def test_scheduler_is_reached_by_identity(compiler: Bicep, tmp_path: Path) -> None:
    snapshot = variant(compiler, tmp_path, "param taskHub = { kind: 'azureManaged' }")
    provider = _storage_provider(snapshot)
    assert provider.keys() == {"type", "connectionStringName"}, "nothing that only Azure Storage understands"
    assert provider["type"] == "azureManaged"
    assert "'outputs', 'connectionString', 'value'" in snapshot.settings()[provider["connectionStringName"]]
    compiled = (INFRA / "main.json").read_text(encoding="utf-8")
    assert "'Endpoint={0};Authentication=ManagedIdentity;ClientID={1}'" in compiled
    (role,) = [
        one
        for one in snapshot.all("Microsoft.Authorization/roleAssignments")
        if one["properties"].get("description") == "Durable Task Data Contributor"
    ]
    assert "/schedulers/" in role["id"]
    assert role["properties"]["roleDefinitionId"].endswith("/0ad04412-c4d5-4796-b79c-f76d14c8d402")


def test_azd_takes_the_task_hub_from_its_environment(
    compiler: Bicep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The compiler that runs already has its environment: another one.
    monkeypatch.setenv("TASK_HUB", "azureManaged")
    with started() as fresh:
        assert take(fresh, INFRA / "main.bicepparam").types()["Microsoft.DurableTask/schedulers"] == 1
    assert take(compiler, INFRA / "main.bicepparam").types()["Microsoft.DurableTask/schedulers"] == 0


def test_only_allowed_addresses_get_in(dev: Snapshot, compiler: Bicep, tmp_path: Path) -> None:
    snapshot = variant(compiler, tmp_path, "param allowedIpRanges = ['192.0.2.0/24', '198.51.100.7/32']")
    config = snapshot.one(SITE)["properties"]["siteConfig"]
    assert config["ipSecurityRestrictionsDefaultAction"] == "Deny"
    assert [one["ipAddress"] for one in config["ipSecurityRestrictions"]] == ["192.0.2.0/24", "198.51.100.7/32"]
    assert config["scmIpSecurityRestrictionsUseMain"] is True
    assert dev.one(SITE)["properties"]["siteConfig"]["ipSecurityRestrictionsDefaultAction"] == "Allow"


def test_flex_is_the_default_and_scales_to_nothing(dev: Snapshot, prod: Snapshot) -> None:
    assert dev.one("Microsoft.Web/serverfarms")["sku"] == {"name": "FC1", "tier": "FlexConsumption"}
    config = dev.one(SITE)["properties"]["functionAppConfig"]
    assert config["runtime"] == {"name": "python", "version": "3.11"}
    assert config["scaleAndConcurrency"]["alwaysReady"] == []
    assert not {"linuxFxVersion", "alwaysOn"} & set(dev.one(SITE)["properties"]["siteConfig"]), "refused by Flex"
    warm = prod.one(SITE)["properties"]["functionAppConfig"]["scaleAndConcurrency"]["alwaysReady"]
    assert warm == [{"name": "http", "instanceCount": 2}]
    assert prod.one("Microsoft.Web/serverfarms")["properties"]["zoneRedundant"] is True
    assert prod.one("Microsoft.Storage/storageAccounts")["sku"] == {"name": "Standard_ZRS"}


@pytest.mark.parametrize(
    ("plan", "sku", "site_config"),
    [
        (
            "{ kind: 'premium', size: 'EP2' }",
            {"name": "EP2", "tier": "ElasticPremium", "capacity": 1},
            ("functionsRuntimeScaleMonitoringEnabled", True),
        ),
        (
            "{ kind: 'dedicated', instances: 2 }",
            {"name": "P0v3", "tier": "PremiumV3", "capacity": 2},
            ("alwaysOn", True),
        ),
    ],
)
def test_other_plans_run_the_package_from_storage(
    plan: str, sku: dict[str, Any], site_config: tuple[str, Any], compiler: Bicep, tmp_path: Path
) -> None:
    snapshot = variant(compiler, tmp_path, f"param plan = {plan}")
    assert snapshot.one("Microsoft.Web/serverfarms")["sku"] == sku
    site = snapshot.one(SITE)["properties"]
    assert site["functionAppConfig"] is None
    assert site["siteConfig"]["linuxFxVersion"] == "PYTHON|3.11"
    assert site["siteConfig"][site_config[0]] == site_config[1]
    given = snapshot.settings()
    assert set(given) >= REFUSED_BY_FLEX
    assert "azure-driver.zip" in given["WEBSITE_RUN_FROM_PACKAGE"]
    assert given["WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID"].endswith("/id-azure-driver-test")


def test_without_a_secret_path_and_with_client_certificates(compiler: Bicep, tmp_path: Path) -> None:
    snapshot = variant(compiler, tmp_path, "param secretPath = false", "param clientCertificate = true")
    path_settings = ("routePrefix", "logLevel__Microsoft", "CONSOLE")
    assert not [name for name in snapshot.settings() if name.endswith(path_settings)]
    site = snapshot.one(SITE)["properties"]
    assert (site["clientCertEnabled"], site["clientCertMode"]) == (True, "Required")


def test_behind_a_secret_path_the_list_of_executions_is_on(dev: Snapshot) -> None:
    assert dev.settings()["CONSOLE"] == "true"


def test_alerts_look_at_what_the_driver_measures(dev: Snapshot) -> None:
    """Names, labels and values. Of its own metrics Application Insights keeps the name and only the status."""
    instruments = {one.name: one for one in INSTRUMENTS}
    known = {
        "azure_driver.service": {"kafka", "entra", "azure"},
        "azure_driver.outcome": {"COMPLETE", "FAILED"},
        "request/resultCode": {"503"},
    }
    rules = dev.all("Microsoft.Insights/scheduledQueryRules")
    for rule in rules:
        [criterion] = rule["properties"]["criteria"]["allOf"]
        table, name, *labels = criterion["query"].split(" | ")
        assert table == "customMetrics"
        instrument = instruments[name.removeprefix('where name == "').removesuffix('"')]
        if rule["name"] == "azure-driver-dev-transition-near-timeout":
            assert criterion["threshold"] == 0.75, "as in the chart"
        if rule["name"] == "azure-driver-dev-silent":  # no record is what it looks for
            assert (criterion["timeAggregation"], criterion["operator"]) == ("Count", "LessThan")
            assert criterion.get("metricMeasureColumn") is None
            continue
        gauge = instrument.kind == "gauge"
        assert criterion["metricMeasureColumn"] == {"gauge": "value", "counter": "valueSum"}.get(
            instrument.kind, "valueCount"
        )
        assert criterion["timeAggregation"] in (("Minimum", "Maximum") if gauge else ("Total",))
        for label in labels:
            found = re.fullmatch(r'where tostring\(customDimensions\["(.+)"\]\) == "(.+)"', label)
            assert found, label
            assert found[2] in known[found[1]]
            assert found[1] in (*instrument.labels, "request/resultCode")
    assert len(rules) == 11


def test_every_alert_of_the_chart_has_one_on_azure(dev: Snapshot) -> None:
    chart = (INFRA.parent / "helm/azure-driver/templates/prometheusrule.yaml").read_text(encoding="utf-8")
    named = {re.sub(r"(?<!^)([A-Z])", r"-\1", name).lower() for name in re.findall(r"alert: AzureDriver(\w+)", chart)}
    on_azure = {
        one["name"].partition("azure-driver-dev-")[2] for one in dev.all("Microsoft.Insights/scheduledQueryRules")
    }
    assert on_azure == named


def test_alerts_reach_people_where_there_are_addresses(prod: Snapshot, dev: Snapshot) -> None:
    receivers = prod.one("Microsoft.Insights/actionGroups")["properties"]["emailReceivers"]
    assert [one["emailAddress"] for one in receivers] == ["operations@example.com"]
    rules = prod.all("Microsoft.Insights/scheduledQueryRules")
    assert all(rule["properties"]["actions"]["actionGroups"] for rule in rules)
    assert all(
        rule["properties"]["actions"]["actionGroups"] == []
        for rule in dev.all("Microsoft.Insights/scheduledQueryRules")
    )


def test_the_role_allows_what_the_built_in_packages_do_and_no_secrets(prod: Snapshot) -> None:
    (permissions,) = prod.one("Microsoft.Authorization/roleDefinitions")["properties"]["permissions"]
    allowed = permissions["actions"]
    assert [one for one in _needed() if not any(fnmatchcase(one, pattern) for pattern in allowed)] == []
    forbidden = (
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.Compute/virtualMachines/runCommand/action",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Resources/subscriptions/write",
    )
    assert [one for one in forbidden if any(fnmatchcase(one, pattern) for pattern in allowed)] == []


def _needed() -> set[str]:
    """The ARM actions of the built-in packages: read, write, delete of what they make, and their calls."""
    needed = set()
    for package in (INFRA / "resources").glob(f"*/{FILE}"):
        for path in package.parent.glob("*.json"):
            for resource_type in _types(json.loads(path.read_text(encoding="utf-8"))):
                kind = resource_type.replace(
                    "Microsoft.Resources/resourceGroups", "Microsoft.Resources/subscriptions/resourceGroups"
                )
                needed |= {f"{kind}/{verb}" for verb in ("read", "write", "delete")}
        for transition in read_manifest(package.read_text(encoding="utf-8")).transitions.values():
            if transition.call:
                needed.add(f"{transition.on}/{transition.call}/action")
    assert len(needed) > 40
    return needed


def _types(template: dict[str, Any]) -> set[str]:
    declared = template["resources"]
    resources = list(declared.values() if isinstance(declared, dict) else declared)
    found = {str(one["type"]) for one in resources}
    for one in resources:
        if inner := one.get("properties", {}).get("template"):
            found |= _types(inner)
    return found


SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


def test_no_identity_of_the_app_may_be_used_by_default(dev: Snapshot, prod: Snapshot) -> None:
    for snapshot in (dev, prod):
        assert len(snapshot.all("Microsoft.ManagedIdentity/userAssignedIdentities")) == 1
        assert not {"AZURE_IDENTITIES", "AZURE_CLOUDS"} & snapshot.settings().keys()


def test_a_managed_identity_for_deployments_is_not_that_of_the_app(compiler: Bicep, tmp_path: Path) -> None:
    snapshot = variant(compiler, tmp_path, f"param managedIdentitySubscriptions = ['{SUBSCRIPTION[:-1]}1']")
    names = {one["name"] for one in snapshot.all("Microsoft.ManagedIdentity/userAssignedIdentities")}
    assert names == {"id-azure-driver-test", "id-azure-driver-deployments-test"}
    attached = snapshot.one(SITE)["identity"]["userAssignedIdentities"]
    assert {name.rsplit("/", 1)[1] for name in attached} == names
    given = snapshot.settings()["AZURE_IDENTITIES"]
    assert "managedIdentity" in given
    assert f"{SUBSCRIPTION[:-1]}1" in given
    described = [
        one["properties"].get("description") for one in snapshot.all("Microsoft.Authorization/roleAssignments")
    ]
    assert len(described) == 5, "the identity for deployments may not read the vault"


def test_identities_and_clouds_are_what_the_driver_reads(compiler: Bicep, tmp_path: Path) -> None:
    snapshot = variant(
        compiler,
        tmp_path,
        "param identities = [",
        f"  {{ kind: 'workloadIdentity', clientId: '{SUBSCRIPTION}', tenantId: 'contoso.com', subscriptions: ['*']",
        "    managedIdentity: 'system' }",
        "]",
        "param clouds = [",
        "  { name: 'Northwind', authority: 'https://login.example', resourceManager: 'https://arm.example' }",
        "  { name: 'Fabrikam', metadata: 'https://arm.example/metadata/endpoints?api-version=2022-09-01' }",
        "]",
    )
    read = settings.read(dict(snapshot.settings()))
    assert read.faults == ()
    assert [(one.kind, one.tenant_id, one.managed_identity) for one in read.identities] == [
        ("workloadIdentity", "contoso.com", "system")
    ]
    assert [cloud.name for cloud in read.clouds] == ["Northwind", "Fabrikam"]
