"""Deployment locations in every spelling, and what is said of wrong ones."""

from typing import Any

import pytest

from driver.azure.locations import read_location
from driver.errors import InvalidRequest
from driver.models.orders import Order, Remove
from driver.models.requests import DeploymentLocation
from driver.settings import Settings
from tests.support.requests import LOCATION, NEEDLE, SUBSCRIPTION, deployment_location

GIVEN = LOCATION["properties"]
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
