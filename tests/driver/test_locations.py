"""Deployment locations in every spelling, and what is said of wrong ones."""

import base64
import json
from typing import Any

import pytest

from driver.azure.locations import read_location, takes_time
from driver.errors import InvalidRequest
from driver.models.orders import AzureLocation, Order, Remove
from driver.models.requests import DeploymentLocation
from driver.redaction import hide_secrets
from driver.settings import Settings, read
from tests.support.certificates import list_lines, make_identity
from tests.support.requests import LOCATION, NEEDLE, SUBSCRIPTION, deployment_location

GIVEN = LOCATION["properties"]
TENANT, CLIENT = GIVEN["tenantId"], GIVEN["clientId"]
OTHER = "99999999-9999-9999-9999-999999999999"
CERTIFICATE = make_identity()
PASSWORD = "n33dle-Passw0rd"
README = {
    "AZURE_TENANTID": GIVEN["tenantId"],
    "AZURE_CLIENTID": GIVEN["clientId"],
    "AZURE_CLIENTSECRET": NEEDLE,
    "AZURE_SUBSCRIPTION": SUBSCRIPTION,
}


def faults(location: DeploymentLocation, settings: Settings | None = None) -> tuple[str, ...]:
    with pytest.raises(InvalidRequest) as caught:
        read_location(location, settings or Settings())
    assert NEEDLE not in str(caught.value)
    return caught.value.faults


@pytest.mark.parametrize("properties", [GIVEN, README], ids=["as read before", "as documented before"])
def test_both_spellings(properties: dict[str, Any]) -> None:
    found = read_location(DeploymentLocation(name="trial", properties=properties), Settings())
    assert (found.tenant_id, found.client_id) == (GIVEN["tenantId"], GIVEN["clientId"])
    assert (found.client_secret, found.subscription_id) == (NEEDLE, SUBSCRIPTION)


def test_what_is_missing_is_named_all_at_once_with_the_location() -> None:
    missing = faults(DeploymentLocation(name="trial", properties={"tenantId": " ", "clientSecret": None}))
    assert len(missing) == 4
    for fault, name in zip(missing, ("tenantId", "clientId", "clientSecret", "subscriptionId"), strict=True):
        assert fault.startswith(f"deployment location 'trial': property '{name}' is missing")


@pytest.mark.parametrize("value", [5, True, ["a"], {"a": NEEDLE}])
@pytest.mark.parametrize("name", ["tenantId", "clientId", "clientSecret", "subscriptionId"])
def test_what_is_no_text_is_named(name: str, value: Any) -> None:
    assert faults(deployment_location(**{name: value})) == (
        f"deployment location 'trial': property '{name}' must be text",
    )


@pytest.mark.parametrize("name", ["clientId", "subscriptionId"])
@pytest.mark.parametrize("value", [NEEDLE, "1111", f"{SUBSCRIPTION}/..", "33333333333333333333333333333333"])
def test_ids_are_guids(name: str, value: str) -> None:
    assert [name in fault for fault in faults(deployment_location(**{name: value}))] == [True]


@pytest.mark.parametrize("tenant", ["contoso.onmicrosoft.com", "11111111-1111-1111-1111-111111111111"])
def test_a_tenant_is_a_guid_or_a_domain(tenant: str) -> None:
    assert read_location(deployment_location(tenantId=tenant), Settings()).tenant_id == tenant


@pytest.mark.parametrize("tenant", ["contoso", "../common", "a b.com", "contoso.com/x", "contoso.com?x"])
def test_no_other_tenant(tenant: str) -> None:
    assert "tenantId must be" in faults(deployment_location(tenantId=tenant))[0]


@pytest.mark.parametrize(
    ("cloud", "authority", "manager", "scope"),
    [
        ("AzureCloud", "login.microsoftonline.com", "management.azure.com", "management.azure.com"),
        ("AZUREPUBLICCLOUD", "login.microsoftonline.com", "management.azure.com", "management.azure.com"),
        (
            "AzureUSGovernment",
            "login.microsoftonline.us",
            "management.usgovcloudapi.net",
            "management.core.usgovcloudapi.net",
        ),
        (
            "azurechinacloud",
            "login.chinacloudapi.cn",
            "management.chinacloudapi.cn",
            "management.chinacloudapi.cn",
        ),
    ],
)
def test_clouds_by_name_win_over_the_settings(cloud: str, authority: str, manager: str, scope: str) -> None:
    settings = Settings(authority_host="https://own", resource_manager_url="https://own")
    found = read_location(deployment_location(cloud=cloud), settings)
    assert found.authority_host == f"https://{authority}"
    assert found.resource_manager_url == f"https://{manager}"
    assert found.credential_scope == f"https://{scope}/.default"


@pytest.mark.parametrize("cloud", ["AzureStack", "https://evil.example", 5, ["AzureCloud"]])
def test_no_other_cloud_and_no_endpoint(cloud: Any) -> None:
    assert (
        "'cloud' must be AzureCloud, AzureUSGovernment or AzureChinaCloud"
        in faults(deployment_location(cloud=cloud, resourceManagerUrl="https://evil.example"))[0]
    )


def test_without_a_cloud_the_settings_hold_and_else_the_public_cloud() -> None:
    settings = Settings(authority_host="https://login.own", resource_manager_url="https://arm.own:9443")
    own = read_location(deployment_location(cloud=""), settings)
    assert own.authority_host == "https://login.own"
    assert own.resource_manager_url == "https://arm.own:9443"
    assert own.credential_scope == "https://arm.own:9443/.default"
    public = read_location(deployment_location(), Settings())
    assert public.resource_manager_url == "https://management.azure.com"
    known = Settings(resource_manager_url="https://management.usgovcloudapi.net")
    government = read_location(deployment_location(), known)
    assert government.authority_host == "https://login.microsoftonline.us"
    assert government.credential_scope == "https://management.core.usgovcloudapi.net/.default"


def test_the_secret_is_in_no_text() -> None:
    location = read_location(deployment_location(), Settings())
    order = Order(request_id="r", location=location, topology={}, work=Remove())
    for shown in (location, order, deployment_location()):
        assert NEEDLE not in repr(shown)
        assert NEEDLE not in str(shown)
    assert order.secrets == (NEEDLE,)


NO_SECRET: dict[str, Any] = {"clientSecret": None}
IN_CERTIFICATE = {**NO_SECRET, "authentication": "clientCertificate"}


@pytest.mark.parametrize(
    "names",
    [
        ("authentication", "clientCertificate", "clientCertificatePassword", "sendCertificateChain"),
        ("authentication", "client_certificate", "client_certificate_password", "send_certificate_chain"),
        (
            "AZURE_AUTHENTICATION",
            "AZURE_CLIENTCERTIFICATE",
            "AZURE_CLIENTCERTIFICATEPASSWORD",
            "AZURE_SENDCERTIFICATECHAIN",
        ),
        (
            "AZURE_AUTHENTICATION",
            "AZURE_CLIENT_CERTIFICATE",
            "AZURE_CLIENT_CERTIFICATE_PASSWORD",
            "AZURE_SEND_CERTIFICATE_CHAIN",
        ),
    ],
)
def test_a_certificate_in_every_spelling(names: tuple[str, str, str, str]) -> None:
    values = ("ClientCertificate", CERTIFICATE.pkcs12(PASSWORD), PASSWORD, "True")
    found = read_location(deployment_location(**NO_SECRET, **dict(zip(names, values, strict=True))), Settings())
    assert found.authentication == "clientCertificate"
    assert (found.client_certificate, found.send_certificate_chain) == (CERTIFICATE.canonical, True)
    assert (found.tenant_id, found.client_id, found.client_secret) == (TENANT, CLIENT, "")


def test_the_password_is_not_kept_and_the_chain_is_sent_only_if_asked() -> None:
    location = deployment_location(
        **IN_CERTIFICATE, clientCertificate=CERTIFICATE.pem(PASSWORD), clientCertificatePassword=PASSWORD
    )
    found = read_location(location, Settings())
    assert PASSWORD not in found.model_dump_json()
    assert not found.send_certificate_chain


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"authentication": "password"}, "'authentication' must be clientSecret, clientCertificate, workloadIdentity"),
        ({"authentication": 5}, "'authentication' must be"),
        (IN_CERTIFICATE, "'clientCertificate' is missing"),
        ({**IN_CERTIFICATE, "clientCertificate": ["a"]}, "'clientCertificate' must be text"),
        ({**IN_CERTIFICATE, "clientCertificate": NEEDLE}, "'clientCertificate' must be PEM"),
        (
            {**IN_CERTIFICATE, "clientCertificate": CERTIFICATE.pem(), "sendCertificateChain": "perhaps"},
            "'sendCertificateChain' must be true or false",
        ),
        (
            {**IN_CERTIFICATE, "clientCertificate": CERTIFICATE.pem(), "clientCertificatePassword": 5},
            "'clientCertificatePassword' must be text",
        ),
        ({"auxiliaryTenants": 5}, "'auxiliaryTenants' must be a list"),
        ({"auxiliaryTenants": [5]}, "'auxiliaryTenants' must be a list"),
        ({"auxiliaryTenants": ["contoso"]}, "'auxiliaryTenants' must be at most 3 tenants"),
        ({"auxiliaryTenants": [f"a{number}.example" for number in range(4)]}, "must be at most 3 tenants"),
    ],
)
def test_what_is_wrong_with_credentials_is_named(changes: dict[str, Any], said: str) -> None:
    (fault,) = faults(deployment_location(**changes))
    assert said in fault


def test_a_certificate_without_authentication_is_not_taken_for_a_forgotten_secret() -> None:
    said = faults(deployment_location(**NO_SECRET, clientCertificate=CERTIFICATE.pem()))
    assert "'authentication' must be clientCertificate" in said[1]


@pytest.mark.parametrize("given", [["contoso.com", OTHER], f"contoso.com, {OTHER}"])
def test_auxiliary_tenants(given: Any) -> None:
    assert read_location(deployment_location(auxiliaryTenants=given), Settings()).auxiliary_tenants == (
        "contoso.com",
        OTHER,
    )


def test_an_order_of_release_2_0_0_is_still_read() -> None:
    """It has a client secret, and none of the fields that came later."""
    written = {
        "name": "trial",
        "tenant_id": TENANT,
        "client_id": CLIENT,
        "client_secret": NEEDLE,
        "subscription_id": SUBSCRIPTION,
        "authority_host": "https://login.microsoftonline.com",
        "resource_manager_url": "https://management.azure.com",
        "credential_scope": "https://management.azure.com/.default",
    }
    found = AzureLocation.model_validate(written)
    assert found == read_location(deployment_location(), Settings())
    assert found.authentication == "clientSecret"


def test_a_private_key_is_hidden_in_whatever_form_it_stands() -> None:
    location = read_location(deployment_location(**IN_CERTIFICATE, clientCertificate=CERTIFICATE.pem()), Settings())
    order = Order(request_id="r", location=location, topology={}, work=Remove())
    pem, lines = CERTIFICATE.pem(), list_lines(CERTIFICATE.pem())
    der = "".join(lines)
    forms = [
        pem,
        " ".join(pem.split("\n")),
        "".join(pem.split("\n")),
        json.dumps(pem),
        repr(pem),
        der,
        base64.b64encode(pem.encode()).decode(),
        base64.b64encode(pem.split("-----BEGIN CERTIFICATE")[0].strip().encode()).decode(),
        *lines,
    ]
    for form in forms:
        hidden = hide_secrets(f"before {form} after", order.secrets)
        assert hidden.startswith("before ")
        assert not any(line in hidden for line in lines if len(line) >= 8)
        assert base64.b64encode(pem.encode()).decode()[:60] not in hidden
    assert not any(line in repr(location) + repr(order) for line in lines)


def test_a_private_key_that_nobody_has_named_is_hidden() -> None:
    hidden = hide_secrets(f"it has {CERTIFICATE.pem()}", ())
    assert not any(line in hidden for line in list_lines(CERTIFICATE.pem()))
    assert CERTIFICATE.public.strip() in hidden
    cut = hide_secrets(f"it has {CERTIFICATE.pem()[:300]}", ())
    assert not any(line in cut for line in list_lines(CERTIFICATE.pem())[:3])


# The driver's own identities

FILE = "/var/run/secrets/azure/tokens/azure-identity-token"


def identities(*entries: dict[str, Any], file: str = FILE) -> Settings:
    found = read({"AZURE_IDENTITIES": json.dumps(entries), "AZURE_FEDERATED_TOKEN_FILE": file})
    assert [fault for fault in found.faults if "AZURE_IDENTITIES" in fault] == []
    return found


WORKLOAD = {"kind": "workloadIdentity", "clientId": CLIENT, "tenantId": TENANT, "subscriptions": [SUBSCRIPTION]}
MANAGED = {"kind": "managedIdentity", "clientId": CLIENT, "tenantId": TENANT, "subscriptions": [SUBSCRIPTION]}
SYSTEM = {"kind": "managedIdentity", "subscriptions": [SUBSCRIPTION]}
AS_WORKLOAD = {**NO_SECRET, "authentication": "workloadIdentity"}
AS_MANAGED = {**NO_SECRET, "authentication": "managedIdentity"}
AS_SYSTEM = {**AS_MANAGED, "clientId": None, "tenantId": None}


@pytest.mark.parametrize("changes", [AS_WORKLOAD, AS_MANAGED, AS_SYSTEM])
def test_no_identity_of_the_driver_is_allowed_by_default(changes: dict[str, Any]) -> None:
    (fault,) = faults(deployment_location(**changes))
    assert f"authentication '{changes['authentication']}' is not allowed" in fault
    assert "AZURE_IDENTITIES" in fault
    assert "use clientSecret or clientCertificate" in fault


@pytest.mark.parametrize(("entry", "changes"), [(WORKLOAD, AS_MANAGED), (MANAGED, AS_WORKLOAD)])
def test_the_kind_of_an_identity_counts(entry: dict[str, Any], changes: dict[str, Any]) -> None:
    (fault,) = faults(deployment_location(**changes), identities(entry))
    assert "lists no identity of this kind" in fault


@pytest.mark.parametrize(
    ("entry", "changes", "said"),
    [
        (WORKLOAD, {**AS_WORKLOAD, "clientId": OTHER}, f"'clientId' must be {CLIENT}"),
        (WORKLOAD, {**AS_WORKLOAD, "tenantId": OTHER}, f"'tenantId' must be {TENANT}"),
        (WORKLOAD, {**AS_WORKLOAD, "tenantId": "contoso.onmicrosoft.com"}, f"'tenantId' must be {TENANT}"),
        (WORKLOAD, {**AS_WORKLOAD, "subscriptionId": OTHER}, f"'subscriptionId' must be {SUBSCRIPTION}"),
        (WORKLOAD, {**AS_WORKLOAD, "auxiliaryTenants": [OTHER]}, "'auxiliaryTenants' must be absent"),
        (
            {**WORKLOAD, "auxiliaryTenants": ["fabrikam.com"]},
            {**AS_WORKLOAD, "auxiliaryTenants": [OTHER]},
            "'auxiliaryTenants' must be fabrikam.com",
        ),
        (MANAGED, {**AS_MANAGED, "clientId": OTHER}, f"'clientId' must be {CLIENT}"),
        (MANAGED, AS_SYSTEM, f"'clientId' must be {CLIENT}"),
        (SYSTEM, AS_MANAGED, "'clientId' must be absent"),
        (MANAGED, {**AS_MANAGED, "tenantId": OTHER}, f"'tenantId' must be {TENANT}"),
        (MANAGED, {**AS_MANAGED, "subscriptionId": OTHER}, f"'subscriptionId' must be {SUBSCRIPTION}"),
        (SYSTEM, {**AS_SYSTEM, "subscriptionId": OTHER}, f"'subscriptionId' must be {SUBSCRIPTION}"),
        (MANAGED, {**AS_MANAGED, "auxiliaryTenants": [OTHER]}, "'auxiliaryTenants' must be absent"),
    ],
)
def test_an_identity_may_only_be_used_as_it_is_listed(
    entry: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    (fault,) = faults(deployment_location(**changes), identities(entry))
    assert f"deployment location 'trial': property {said}" in fault


def test_two_entries_do_not_allow_what_neither_allows() -> None:
    other = {**WORKLOAD, "clientId": OTHER, "subscriptions": [OTHER]}
    (fault,) = faults(deployment_location(**AS_WORKLOAD, subscriptionId=OTHER), identities(WORKLOAD, other))
    assert f"'subscriptionId' must be {SUBSCRIPTION}" in fault


def test_identities_that_are_allowed() -> None:
    shouted = {**AS_WORKLOAD, "clientId": CLIENT.upper(), "auxiliaryTenants": ["Fabrikam.com"]}
    workload = read_location(
        deployment_location(**shouted), identities({**WORKLOAD, "auxiliaryTenants": ["fabrikam.com"]})
    )
    assert (workload.authentication, workload.assertion_scope, workload.client_secret) == ("workloadIdentity", "", "")
    managed = read_location(deployment_location(**AS_MANAGED, tenantId=None), identities(MANAGED))
    assert (managed.client_id, managed.tenant_id) == (CLIENT, TENANT)
    system = read_location(deployment_location(**AS_SYSTEM), identities(MANAGED, SYSTEM))
    assert (system.authentication, system.client_id, system.tenant_id) == ("managedIdentity", "", "")
    anywhere = identities({**SYSTEM, "subscriptions": ["*"]})
    assert read_location(deployment_location(**AS_SYSTEM, subscriptionId=OTHER), anywhere).subscription_id == OTHER
    assert workload.secrets == managed.secrets == ()


@pytest.mark.parametrize(
    ("cloud", "scope"),
    [
        (None, "api://AzureADTokenExchange/.default"),
        ("AzureUSGovernment", "api://AzureADTokenExchangeUSGov/.default"),
        ("AzureChinaCloud", "api://AzureADTokenExchangeChina/.default"),
    ],
)
@pytest.mark.parametrize(("source", "client"), [("system", ""), (OTHER, OTHER)])
def test_a_managed_identity_signs_a_workload_identity_in(
    cloud: str | None, scope: str, source: str, client: str
) -> None:
    settings = identities({**WORKLOAD, "managedIdentity": source}, file="")
    found = read_location(deployment_location(**AS_WORKLOAD, cloud=cloud), settings)
    assert (found.assertion_scope, found.assertion_client_id) == (scope, client)


def test_without_a_token_file_a_workload_identity_cannot_be_used() -> None:
    (fault,) = faults(deployment_location(**AS_WORKLOAD), identities(WORKLOAD, file=""))
    assert "AZURE_FEDERATED_TOKEN_FILE is not set" in fault


# Clouds

OWN = {
    "name": "Northwind",
    "authority": "https://login.northwind.example/",
    "resourceManager": "https://arm.northwind.example",
}


def clouds(*entries: dict[str, Any]) -> Settings:
    found = read({"AZURE_CLOUDS": json.dumps(entries)})
    assert [fault for fault in found.faults if "AZURE_CLOUDS" in fault] == []
    return found


@pytest.mark.parametrize(
    ("audience", "scope"),
    [
        (None, "https://arm.northwind.example/.default"),
        ("https://management.northwind.example/5f", "https://management.northwind.example/5f/.default"),
        ("https://management.northwind.example/", "https://management.northwind.example//.default"),
    ],
)
def test_a_cloud_of_the_settings_by_name(audience: str | None, scope: str) -> None:
    entry = OWN if audience is None else {**OWN, "audience": audience}
    for spelling, name in (("cloud", "northwind"), ("AZURE_CLOUD", "Northwind")):
        found = read_location(deployment_location(**{spelling: name}), clouds(entry))
        assert found.authority_host == "https://login.northwind.example"
        assert found.resource_manager_url == "https://arm.northwind.example"
        assert found.credential_scope == scope
    assert not takes_time(deployment_location(cloud="Northwind"), clouds(entry))


def test_an_unknown_cloud_is_told_all_that_are_known() -> None:
    (fault,) = faults(deployment_location(cloud="Contoso"), clouds(OWN))
    assert "'cloud' must be AzureCloud, AzureUSGovernment, AzureChinaCloud or Northwind" in fault


HOSTS = [
    "authority",
    "authorityHost",
    "authority_host",
    "AZURE_AUTHORITY",
    "AZURE_AUTHORITYHOST",
    "AZURE_AUTHORITY_HOST",
    "resourceManager",
    "resource_manager",
    "resourceManagerUrl",
    "AZURE_RESOURCE_MANAGER",
    "AZURE_RESOURCEMANAGERURL",
    "AZURE_RESOURCE_MANAGER_URL",
    "audience",
    "credentialScope",
    "AZURE_AUDIENCE",
    "metadata",
    "metadataUrl",
    "AZURE_CLOUDS",
    "ARM_GATEWAY_HOSTS",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",
    "endpoint",
    "managementEndpoint",
    "AZURE_ENDPOINT",
]


@pytest.mark.parametrize("name", HOSTS)
@pytest.mark.parametrize("value", ["https://evil.example", {"name": "x", "authority": "https://evil.example"}])
def test_no_property_names_a_host(name: str, value: Any) -> None:
    """Old locations may have such properties. They are read as if they were not there."""
    found = read_location(deployment_location(**{name: value}), Settings())
    assert found == read_location(deployment_location(), Settings())
    assert "evil" not in found.model_dump_json()


@pytest.mark.parametrize("spelling", ["cloud", "AZURE_CLOUD"])
@pytest.mark.parametrize(
    "value",
    ["https://evil.example", "evil.example", {"authority": "https://evil.example"}, ["AzureCloud"], "AzureStack"],
)
def test_a_cloud_is_a_name_and_nothing_else(spelling: str, value: Any) -> None:
    (fault,) = faults(deployment_location(**{spelling: value}))
    assert f"'{spelling}' must be AzureCloud, AzureUSGovernment or AzureChinaCloud" in fault
    assert "evil" not in fault


@pytest.mark.parametrize(
    "tenant", ["evil.example/..", "evil.example:8443", "evil.example#", "a@evil.example", "//evil"]
)
@pytest.mark.parametrize("name", ["tenantId", "auxiliaryTenants"])
def test_a_tenant_leads_to_no_other_host(name: str, tenant: str) -> None:
    (fault,) = faults(deployment_location(**{name: tenant}))
    assert name in fault
