"""Requests as they come over the wire, parsed into models."""

import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from driver.errors import InvalidRequest
from driver.models.events import FailureCode, build_event
from driver.models.outcomes import Outcome, fail
from driver.models.requests import LifecycleRequest, Property, ReferenceRequest, parse
from driver.steps.actions import Action, CallState
from tests.support.requests import NEEDLE, body, encoded, lifecycle_request
from tests.support.shared import SHARED, needs_shared

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(NEEDLE),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "lifecycleName",
    "driverFiles",
    "systemProperties",
    "resourceProperties",
    "requestProperties",
    "associatedTopology",
    "deploymentLocation",
)


def test_all_faults_are_named_at_once_and_no_value_is_shown() -> None:
    wrong = {
        "lifecycleName": "",
        "driverFiles": 5,
        "systemProperties": [NEEDLE],
        "resourceProperties": {"key": {"privateKey": NEEDLE}},
        "associatedTopology": {"vnet": {"id": 7, "type": NEEDLE}, "other": NEEDLE},
        "deploymentLocation": {"properties": NEEDLE},
    }
    with pytest.raises(InvalidRequest) as caught:
        parse(LifecycleRequest, encoded(wrong))
    named = {fault.partition(":")[0] for fault in caught.value.faults}
    assert named == {
        "lifecycleName",
        "driverFiles",
        "systemProperties",
        "resourceProperties.key",
        "associatedTopology.vnet.id",
        "associatedTopology.other",
        "deploymentLocation.name",
        "deploymentLocation.properties",
    }
    assert 'resourceProperties.key: must be {"type": ..., "value": ...}' in caught.value.faults
    assert NEEDLE not in str(caught.value)


@pytest.mark.parametrize("missing", ["lifecycleName", "driverFiles", "systemProperties", "deploymentLocation"])
def test_a_missing_field_is_named(missing: str) -> None:
    content = body()
    del content[missing]
    with pytest.raises(InvalidRequest, match=f"^{missing}: is missing$"):
        lifecycle_request(content)


@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b'"text"', b"{", b"\xff\xfe{}", b'{"a": "\\ud800"}', b"[" * 9999])
def test_what_is_no_json_object_is_refused_as_the_body(raw: bytes) -> None:
    with pytest.raises(InvalidRequest, match=r"^body: "):
        parse(LifecycleRequest, raw)


@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_json_is_a_request_or_an_invalid_request_that_shows_no_value(content: dict[str, Any]) -> None:
    assert NEEDLE not in _told(content) or NEEDLE in _keys(content)


def _told(content: dict[str, Any]) -> str:
    """What is said of a body; nothing of one that is taken."""
    try:
        parse(LifecycleRequest, encoded(content))
    except InvalidRequest as fault:
        return str(fault)
    return ""


def _keys(content: Any) -> str:
    """All keys of a JSON value in one text."""
    if isinstance(content, dict):
        return " ".join([*content, *map(_keys, content.values())])
    return " ".join(map(_keys, content)) if isinstance(content, list) else ""


@given(st.binary(max_size=200))
def test_any_bytes_are_an_invalid_request(raw: bytes) -> None:
    with pytest.raises(InvalidRequest):
        parse(LifecycleRequest, raw)


@pytest.mark.parametrize("nothing", [None, {}, ""])
def test_no_driver_files_in_any_spelling(nothing: Any) -> None:
    assert lifecycle_request(body(driverFiles=nothing)).driver_files == ""


@pytest.mark.parametrize("absent", ["resourceProperties", "requestProperties", "associatedTopology"])
def test_null_is_empty_where_a_field_may_be_left_out(absent: str) -> None:
    name = {"resourceProperties": "resource_properties", "requestProperties": "request_properties"}.get(absent)
    assert getattr(lifecycle_request({**body(), absent: None}), name or "associated_topology") == {}


def test_bare_values_are_properties_and_unknown_fields_are_ignored() -> None:
    content = body(systemProperties={"requestId": "r", "resourceId": 7, "resourceName": None}, unheardOf=[1])
    request = lifecycle_request(content)
    assert request.read_system_property("requestId") == "r"
    assert request.read_system_property("resourceId") == "7"
    assert request.read_system_property("resourceName") == request.read_system_property("metricKey") == ""


def test_a_key_property_has_three_fields() -> None:
    wire = {"type": "key", "keyName": "admin", "publicKey": "ssh-rsa AAA", "privateKey": NEEDLE}
    key = lifecycle_request(body(resourceProperties={"ssh": wire})).resource_properties["ssh"]
    assert key.is_key
    assert key.content == {"keyName": "admin", "publicKey": "ssh-rsa AAA", "privateKey": NEEDLE}
    assert NEEDLE not in repr(key)


@pytest.mark.parametrize(
    ("wire", "kind", "content"),
    [
        ({"type": "integer", "value": 5}, "integer", 5),
        ({"value": [1]}, "string", [1]),
        ({"type": None, "value": True}, "string", True),
        ({"type": "string"}, "string", None),
        ({}, "string", None),
        ("bare", "string", "bare"),
        (None, "string", None),
        ({"type": "map", "value": {"a": None}}, "map", {"a": None}),
    ],
)
def test_properties_in_every_form(wire: Any, kind: str, content: Any) -> None:
    parsed = Property.model_validate(wire)
    assert (parsed.type, parsed.content) == (kind, content)


def test_a_topology_name_may_be_null_and_old_entries_are_read() -> None:
    old = {"id": "/subscriptions/s/resourceGroups/rg-1", "type": "Azure"}
    topology = lifecycle_request(body(associatedTopology={"vnet1": old, "gone": None})).associated_topology
    assert topology["gone"] is None
    assert topology["vnet1"] is not None
    assert topology["vnet1"].model_dump() == old


def test_a_request_is_frozen_and_its_text_shows_no_property() -> None:
    request = lifecycle_request(body(properties={"admin_password": NEEDLE}))
    assert NEEDLE not in repr(request)
    with pytest.raises(ValueError, match="frozen"):
        request.lifecycle_name = "Delete"


@needs_shared
def test_the_published_examples_are_read() -> None:
    api = yaml.safe_load((SHARED / "contract" / "resource-driver.openapi.yaml").read_text(encoding="utf-8"))
    examples = api["components"]["examples"]
    lifecycle = parse(LifecycleRequest, encoded(examples["ExampleLifecycleExecutionRequest"]["value"]))
    assert lifecycle.read_system_property("resourceType") == "resource::helloworld::1.0"
    assert lifecycle.resource_properties["propA"].value == "valueA"
    reference = parse(ReferenceRequest, encoded(examples["ExampleFindReferenceRequest"]["value"]))
    assert (reference.instance_name, reference.driver_files) == ("NetworkA", "")


def test_events() -> None:
    assert build_event("r", {"vnet": None}, {"a": 1}) == {
        "requestId": "r",
        "status": "COMPLETE",
        "outputs": {"a": 1},
        "associatedTopology": {"vnet": None},
        "version": "1.0.0",
    }
    failure = build_event("r", {"vnet": None}, {"a": 1}, (FailureCode.INSUFFICIENT_CAPACITY, "full"))
    assert failure["status"] == "FAILED"
    assert failure["outputs"] == {}
    assert failure["associatedTopology"] == {"vnet": None}
    assert failure["failureDetails"] == {"failureCode": "INSUFFICIENT_CAPACITY", "description": "full"}


def test_an_outcome_crosses_the_durable_boundary_as_plain_json() -> None:
    state = CallState(actions=(Action(url="https://arm/1", phase="running"),))
    outcome = fail(FailureCode.RESOURCE_NOT_FOUND, "gone", state)
    wire = json.loads(json.dumps(outcome.model_dump(mode="json")))
    assert wire["state"]["actions"][0]["url"] == "https://arm/1"
    read = Outcome.model_validate(wire)
    assert CallState.model_validate(read.state) == state
    assert read.model_copy(update={"state": state}) == outcome
