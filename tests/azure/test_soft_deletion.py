"""Services that keep what was deleted: the name is held, it can be recovered and purged."""

from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.azure.emulator import SUBSCRIPTION, Emulator
from tests.azure.templates import deployment, template

ROOT = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{ROOT}/resourceGroups/rg"
VERSION = "api-version=2025-04-01"
DAY = 86400


@dataclass(frozen=True)
class Service:
    type: str
    version: str
    deleted: str
    code: str
    recover: dict[str, Any]
    days: int
    purge: str = "POST"
    in_group: bool = False

    @property
    def id(self) -> str:
        return f"{GROUP}/providers/{self.type}/kept"

    @property
    def gone(self) -> str:
        """The path of the deleted one."""
        group = "/resourceGroups/rg" if self.in_group else ""
        namespace = self.type.partition("/")[0]
        return f"{ROOT}/providers/{namespace}/locations/northeurope{group}/{self.deleted}/kept"

    @property
    def all_gone(self) -> str:
        return f"{ROOT}/providers/{self.type.partition('/')[0]}/{self.deleted}"


RECOVER = {"createMode": "recover"}
SERVICES = [
    Service("Microsoft.KeyVault/vaults", "2023-07-01", "deletedVaults", "ConflictError", RECOVER, 90),
    Service("Microsoft.KeyVault/managedHSMs", "2023-07-01", "deletedManagedHSMs", "ConflictError", RECOVER, 90),
    Service(
        "Microsoft.CognitiveServices/accounts",
        "2023-05-01",
        "deletedAccounts",
        "FlagMustBeSetForRestore",
        {"restore": True},
        2,
        "DELETE",
        True,
    ),
    Service(
        "Microsoft.ApiManagement/service",
        "2022-08-01",
        "deletedservices",
        "ServiceAlreadyExistsInSoftDeletedState",
        {"restore": True},
        2,
        "DELETE",
    ),
    Service(
        "Microsoft.AppConfiguration/configurationStores",
        "2023-03-01",
        "deletedConfigurationStores",
        "NameUnavailable",
        {"createMode": "Recover"},
        7,
    ),
]
STORE = SERVICES[-1]


@pytest.fixture
def group(azure: Emulator) -> Emulator:
    azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"})
    return azure


def call(azure: Emulator, service: Service, method: str, path: str = "", body: Any = None) -> requests.Response:
    return azure.call(method, f"{path or service.id}?api-version={service.version}", body)


def make(azure: Emulator, service: Service, **properties: Any) -> requests.Response:
    body = {"location": "northeurope", "sku": {"name": "standard"}, "properties": properties}
    return call(azure, service, "PUT", body=body)


def error(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def purge(azure: Emulator, service: Service) -> requests.Response:
    return call(azure, service, service.purge, service.gone + ("/purge" if service.purge == "POST" else ""))


@pytest.fixture(params=SERVICES, ids=lambda service: service.type)
def deleted(request: pytest.FixtureRequest, group: Emulator) -> Service:
    """A service of which one was made and deleted."""
    service: Service = request.param
    assert make(group, service, note="kept").status_code == 201
    assert call(group, service, "DELETE").ok
    assert call(group, service, "GET").status_code == 404
    return service


def test_it_is_listed_and_shown_among_the_deleted(group: Emulator, deleted: Service) -> None:
    [listed] = call(group, deleted, "GET", deleted.all_gone).json()["value"]
    assert listed["name"] == "kept"
    assert listed["id"].lower() == deleted.gone.lower()
    shown = call(group, deleted, "GET", deleted.gone).json()
    assert shown == listed
    assert {"deletionDate", "scheduledPurgeDate"} <= set(shown["properties"])


def test_its_name_is_held(group: Emulator, deleted: Service) -> None:
    assert error(make(group, deleted)) == (409, deleted.code)


def test_a_deployment_meets_the_held_name_too(group: Emulator, deleted: Service) -> None:
    body = {"type": deleted.type, "apiVersion": deleted.version, "name": "kept", "location": "northeurope"}
    url = f"{GROUP}/providers/Microsoft.Resources/deployments/one?{VERSION}"
    group.call("PUT", url, deployment(template({**body, "properties": {}})))
    group.advance(60)
    assert deleted.code in str(group.call("GET", url).json()["properties"]["error"])


def test_it_is_recovered(group: Emulator, deleted: Service) -> None:
    assert make(group, deleted, **deleted.recover).ok
    found = call(group, deleted, "GET").json()
    assert (found["properties"]["note"], found["sku"]["name"]) == ("kept", "standard")
    assert call(group, deleted, "GET", deleted.all_gone).json()["value"] == []


def test_it_is_purged(group: Emulator, deleted: Service) -> None:
    assert purge(group, deleted).status_code == 202
    assert call(group, deleted, "GET", deleted.gone).status_code == 404
    group.advance(600)
    assert make(group, deleted).status_code == 201


def test_it_goes_for_good_when_its_time_is_over(group: Emulator, deleted: Service) -> None:
    group.advance(deleted.days * DAY + 1)
    assert call(group, deleted, "GET", deleted.gone).status_code == 404
    group.sign_in()
    assert make(group, deleted).status_code == 201


def test_a_name_is_held_for_minutes_after_a_purge(group: Emulator) -> None:
    make(group, STORE)
    call(group, STORE, "DELETE")
    purge(group, STORE)
    assert error(make(group, STORE)) == (409, "NameUnavailable")
    group.advance(301)
    assert make(group, STORE).status_code == 201


def test_a_free_store_is_not_kept(group: Emulator) -> None:
    call(group, STORE, "PUT", body={"location": "northeurope", "sku": {"name": "free"}, "properties": {}})
    call(group, STORE, "DELETE")
    assert call(group, STORE, "GET", STORE.gone).status_code == 404


@pytest.mark.parametrize(("service", "refused"), [(SERVICES[0], (405, "MethodNotAllowed")), (STORE, (409, "Conflict"))])
def test_purge_protection(group: Emulator, service: Service, refused: tuple[int, str]) -> None:
    make(group, service, enablePurgeProtection=True)
    call(group, service, "DELETE")
    assert error(purge(group, service)) == refused
    assert call(group, service, "GET", service.gone).status_code == 200


def test_what_a_vault_refuses(group: Emulator) -> None:
    vault = SERVICES[0]
    assert error(make(group, vault, enablePurgeProtection=False)) == (400, "BadRequest")
    assert error(make(group, vault, **RECOVER)) == (404, "DeletedVaultNotFound")
    make(group, vault)
    group.call("PUT", f"{GROUP}2?{VERSION}", {"location": "northeurope"})
    elsewhere = vault.id.replace("/rg/", "/rg2/")
    body = {"location": "northeurope", "properties": {}}
    assert error(call(group, vault, "PUT", elsewhere, body)) == (409, "VaultAlreadyExists")


def test_deleting_the_group_keeps_what_was_in_it(group: Emulator) -> None:
    make(group, SERVICES[0])
    group.call("DELETE", f"{GROUP}?{VERSION}")
    group.advance(60)
    assert call(group, SERVICES[0], "GET", SERVICES[0].gone).status_code == 200
