"""`readyWhen`: a transition that waits until what it has deployed meets a condition."""

import json
from dataclasses import replace
from typing import Any

import pytest

from dev.brent import Resource
from tests.e2e.trial import Trial, eventually, ids
from tests.support.driver_files import zipped

SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
GROUPS = "Microsoft.Network/applicationSecurityGroups"
CONDITION = "tags.ready == 'yes'"


def pack(timeout: str, that: str = CONDITION) -> str:
    """A package of a security group, named by the property `group_name`, and a condition that Azure does not meet by
    itself.
    """
    group = {
        "type": GROUPS,
        "apiVersion": "2024-05-01",
        "name": "[parameters('group_name')]",
        "location": "northeurope",
    }
    template = {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {"group_name": {"type": "string"}},
        "resources": [group],
        "outputs": {"made": {"type": "string", "value": "[parameters('group_name')]"}},
    }
    deployed = {"deploy": "main.json", "readyWhen": [{"on": GROUPS, "that": that, "timeout": timeout}]}
    transitions: dict[str, Any] = {"Create": deployed, "Upgrade": {**deployed, "prune": True}}
    manifest = {"version": 1, "resourceGroup": "{{ resourcegroup_name }}", "transitions": transitions}
    return zipped({"main.json": json.dumps(template), "lifecycle.yaml": json.dumps(manifest)})


def own(group: str) -> Resource:
    return Resource("own", "resource::Own::1.0", {"resourcegroup_name": group, "group_name": "a"})


def place(group: str, name: str) -> str:
    return f"/resourceGroups/{group}/providers/{GROUPS}/{name}"


def wait_for_condition(trial: Trial, request_id: str) -> dict[str, Any]:
    """What the execution shows once it waits for its condition."""

    def find_wait() -> dict[str, Any]:
        waiting = trial.execution(request_id)["waiting"] or {}
        return waiting if waiting.get("for") == "condition" else {}

    return eventually(find_wait)


def test_a_create_and_an_upgrade_wait_until_their_condition_is_met(trial: Trial, group: str) -> None:
    files, wanted = pack("10m"), own(group)
    ready = {"location": "northeurope", "tags": {"ready": "yes"}}
    request_id = trial.begin(wanted, files=files)
    assert wait_for_condition(trial, request_id)["reason"] == f"a: tags.ready is null, waits for {CONDITION}"
    assert trial.execution(request_id)["step"] == "await_readiness"
    assert not trial.events_of(request_id)
    trial.make(place(group, "a"), ready)  # by somebody else
    made = trial.completed(request_id, wanted)
    assert made.properties["made"] == "a"

    other = replace(made, properties={**made.properties, "group_name": "b"})
    request_id = trial.begin(other, "Upgrade", files=files)
    wait_for_condition(trial, request_id)
    assert trial.arm("GET", place(group, "a")).ok  # pruning comes after the wait
    trial.make(place(group, "b"), ready)
    upgraded = trial.completed(request_id, other)
    assert trial.arm("GET", place(group, "a")).status_code == 404
    assert upgraded.properties["made"] == "b"


@pytest.mark.slow
def test_a_condition_that_is_not_met_in_time_fails_and_a_delete_removes_all(trial: Trial, group: str) -> None:
    files, wanted = pack("1s"), own(group)
    details, half = trial.failed(trial.begin(wanted, files=files), wanted)
    made = f"{trial.subscription}{place(group, 'a')}"
    told = f"{made}: tags.ready is null, readyWhen {GROUPS} `{CONDITION}` (timeout 1 s)"
    assert (details["failureCode"], details["description"].endswith(told)) == ("INFRASTRUCTURE_ERROR", True)
    assert made.lower() in ids(half.topology)
    assert trial.run(half, "Delete", files=files).topology == {}
    assert len(trial.in_azure(group)) == 1


@pytest.mark.slow
def test_a_wrong_condition_is_refused_with_its_place(trial: Trial, group: str) -> None:
    answer = trial.post(trial.body(own(group), files=pack("1s", that="properties.a =")))
    assert answer.status_code == 400
    assert "transitions.Create.readyWhen.0.that: is no JMESPath: " in answer.json()["localizedMessage"]
