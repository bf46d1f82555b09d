"""Purging, pass by pass: through the real SDK against a stub of ARM. `tests/e2e/test_soft_deletion.py` has it whole."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from driver.models.orders import AzureLocation
from tests.support.arm_stub import Reply, Stub
from tests.support.arm_world import GROUP, World, error, name, pass_time, remove, step
from tests.support.requests import SUBSCRIPTION

VAULT = name("Microsoft.KeyVault/vaults/kv")
ACCOUNT = name("Microsoft.CognitiveServices/accounts/ai")
THING = name("Contoso.Play/things/a")
KEY_VAULT = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.KeyVault"
KEPT = f"{KEY_VAULT}/locations/westeurope/deletedVaults/kv"
KEPT_ACCOUNT = (
    f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.CognitiveServices/locations/westeurope"
    "/resourceGroups/rg-1/deletedAccounts/ai"
)


@pytest.fixture
def world(stub: Stub, location: AzureLocation) -> World:
    """A vault is there. Once it is deleted, it is kept until its purge."""
    made = World(stub, location)
    made.there[VAULT] = {"id": VAULT, "location": "West Europe", "properties": {}}
    return made


def keep(world: World, times: int = 1_000_000, listed: int = 1_000_000, **properties: Any) -> None:
    """What Azure shows of the vault once it is gone."""
    body = {"id": KEPT, "properties": {"vaultId": VAULT, **properties}}
    world.say("GET", f"{KEPT}\\?", Reply(body=body), times, after=VAULT)
    world.say("GET", f"{KEY_VAULT}/deletedVaults", Reply(body={"value": [body]}), listed, after=VAULT)
    world.say("GET", f"{KEY_VAULT}/deletedVaults", Reply(body={"value": []}))


def test_what_azure_keeps_is_purged_and_confirmed(world: World) -> None:
    keep(world, times=2)
    world.say("POST", f"{KEPT}/purge", Reply(202, None, {"Location": f"{world.stub.url}/op"}))
    outcome = remove(world, VAULT, purge=True)
    assert (outcome.kind, outcome.not_owned) == ("Completed", ())
    assert list(outcome.topology.values()) == [None]
    assert [path.partition("?")[0] for path in world.calls("POST")] == [f"{KEPT}/purge"]
    assert len(world.calls("GET", KEPT)) == 3


def test_nothing_is_purged_unless_the_package_says_so(world: World) -> None:
    keep(world)
    assert remove(world, VAULT).kind == "Completed"
    assert not world.calls("POST") + world.calls("GET", "deletedVaults")


def test_the_vaults_of_an_owned_group_are_purged_too(world: World) -> None:
    keep(world, times=2)
    world.there[GROUP] = {"id": GROUP, "properties": {}}
    world.say("POST", f"{KEPT}/purge", Reply(200))
    assert remove(world, GROUP, VAULT, purge=True).kind == "Completed"
    assert len(world.calls("POST", "/purge")) == 1
    assert len(world.calls("DELETE")) == 1


def test_an_account_is_purged_by_a_delete_in_its_group(world: World) -> None:
    world.there = {ACCOUNT: {"id": ACCOUNT, "location": "westeurope", "properties": {}}}
    world.say("GET", f"{KEPT_ACCOUNT}\\?", Reply(body={"id": KEPT_ACCOUNT, "properties": {}}), 1, after=ACCOUNT)
    assert remove(world, ACCOUNT, purge=True).kind == "Completed"
    assert len(world.calls("DELETE", KEPT_ACCOUNT)) == 1


@pytest.mark.parametrize("protected", [{"purgeProtectionEnabled": True, "scheduledPurgeDate": "2027-02-24"}, {}])
def test_purge_protection_is_said_and_not_fought(world: World, protected: dict[str, Any]) -> None:
    keep(world, **protected)
    world.say("POST", f"{KEPT}/purge", error(405, "MethodNotAllowed", "Operation 'DeletedVaultPurge' is not allowed."))
    outcome = remove(world, VAULT, purge=True)
    assert outcome.kind == "Completed"
    (said,) = outcome.not_owned
    assert said.id == VAULT
    assert "its purge protection holds the name back" in said.reason
    assert ("2027-02-24" in said.reason) == bool(protected)
    assert len(world.calls("POST")) == (0 if protected else 1)


def test_a_purge_that_azure_forbids_fails_the_delete_and_the_next_one_finds_it_in_the_list(world: World) -> None:
    keep(world)
    world.say("POST", f"{KEPT}/purge", error(403, "AuthorizationFailed", "no purge/action"), times=7)
    outcome = remove(world, VAULT, purge=True)
    assert outcome.kind == "Failed"
    assert "is deleted, and could not be purged: AuthorizationFailed: no purge/action" in outcome.reason
    world.answers.clear()
    keep(world, listed=2)
    world.say("POST", f"{KEPT}/purge", Reply(202))
    assert remove(world, VAULT, purge=True).kind == "Completed"
    assert len(world.calls("GET", f"{KEY_VAULT}/deletedVaults")) == 3


def test_what_is_kept_of_another_vault_of_that_name_is_left_alone(world: World) -> None:
    other = VAULT.replace("rg-1", "rg-of-another")
    world.say("GET", f"{KEPT}\\?", Reply(body={"id": KEPT, "properties": {"vaultId": other}}), after=VAULT)
    outcome = remove(world, VAULT, purge=True)
    assert outcome.kind == "Running"
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=20)):
        outcome = step(world, [VAULT], pass_time(outcome), purge=True)
    assert outcome.kind == "Completed"
    assert not world.calls("POST")
    (told,) = outcome.not_owned
    assert told.reason == "is deleted; Azure lists nothing that it keeps of it"


def test_what_azure_lists_late_is_purged(world: World) -> None:
    world.say("GET", f"{KEPT}\\?", error(404, "NotFound"), times=8, after=VAULT)
    keep(world, times=2)
    world.say("POST", f"{KEPT}/purge", Reply(202))
    assert remove(world, VAULT, purge=True).kind == "Completed"
    assert len(world.calls("POST", "/purge")) == 1


def test_a_throttled_purge_is_sent_again_and_holds_up_nothing_else(world: World) -> None:
    keep(world, times=3)
    world.add(THING)
    world.say("POST", f"{KEPT}/purge", error(429, "NamespaceInTransition", **{"Retry-After": "7"}), times=1)
    world.say("POST", f"{KEPT}/purge", Reply(202))
    outcome = step(world, [VAULT, THING], purge=True)
    outcome = step(world, [VAULT, THING], pass_time(outcome), purge=True)
    assert THING not in world.there
    while outcome.kind == "Running":
        outcome = step(world, [VAULT, THING], pass_time(outcome), purge=True)
    assert outcome.kind == "Completed"
    assert len(world.calls("POST")) == 2
