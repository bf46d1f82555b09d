"""What a Delete releases instead of deleting, through the real SDK against a stub of ARM."""

import logging

import pytest

from driver.models.orders import AzureLocation
from driver.packages.lifecycle_yaml import read_manifest
from tests.support.arm_stub import Stub
from tests.support.arm_world import GROUP, World, name, remove

STORE = name("Contoso.Play/things/store")
PART = f"{STORE}/parts/p"
OTHER = name("Contoso.Play/links/other")
RECORD = name("Microsoft.Resources/deployments/d")


@pytest.fixture
def world(stub: Stub, location: AzureLocation) -> World:
    made = World(stub, location)
    made.add(GROUP, STORE, PART, OTHER, RECORD)
    return made


def test_a_retained_type_stays_with_its_parts_and_its_group(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "driver.lifecycle"):
        outcome = remove(world, GROUP, STORE, PART, OTHER, RECORD, retain=("contoso.play/THINGS",))
    assert outcome.kind == "Completed"
    assert set(outcome.topology.values()) == {None}
    assert len(outcome.topology) == 5
    assert set(world.there) == {GROUP, STORE, PART}
    assert {entry.id: entry.reason for entry in outcome.not_owned} == {
        GROUP: f"released: it holds {STORE}, which the package retains",
        STORE: "released: the package retains Contoso.Play/things",
        PART: f"released: it is a part of {STORE}, which the package retains",
    }
    assert f"{STORE} stays in Azure: released" in caplog.text


def test_a_parent_of_something_retained_stays_too(world: World) -> None:
    outcome = remove(world, STORE, PART, OTHER, retain=("Contoso.Play/things/parts",))
    assert outcome.kind == "Completed"
    assert {GROUP, STORE, PART, RECORD} == set(world.there)


def test_of_a_retained_group_the_content_is_deleted(world: World) -> None:
    outcome = remove(world, GROUP, STORE, PART, OTHER, retain=("Microsoft.Resources/resourceGroups",))
    assert outcome.kind == "Completed"
    assert set(world.there) == {GROUP, RECORD}


def test_retain_on_the_transition_releases_all_but_the_record(world: World) -> None:
    outcome = remove(world, GROUP, STORE, PART, OTHER, RECORD, retain_all=True)
    assert outcome.kind == "Completed"
    assert len(outcome.topology) == 5
    assert set(world.there) == {GROUP, STORE, PART, OTHER}
    assert [path.partition("?")[0] for path in world.calls("DELETE")] == [RECORD]


def test_both_forms_are_read_from_the_manifest() -> None:
    text = "{version: 1, retain: [Microsoft.KeyVault/vaults], transitions: {Delete: {remove: all, retain: true}}}"
    manifest = read_manifest(text)
    assert manifest.retain == ("Microsoft.KeyVault/vaults",)
    assert manifest.transitions["Delete"].retain
