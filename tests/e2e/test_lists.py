"""The list of executions, as an operator asks for it while things run, wait and fail."""

from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from dev.brent import Resource, execute, resource_group, vnet
from tests.e2e.trial import Trial, eventually

EXECUTIONS = "/api/driver/lifecycle/executions"


def begin(trial: Trial, resource: Resource, location: str, transition: str = "Create", tenant: str = "trial") -> str:
    """Send a request with a deployment location of that name, by which a test finds its own executions."""
    body = trial.body(resource, transition)
    body["deploymentLocation"]["name"] = location
    return execute(trial.stack.driver, body, trial.session, tenant)


def get(trial: Trial, tenant: str | None = None, **parameters: str) -> requests.Response:
    headers = {} if tenant is None else {"tenantId": tenant}
    return trial.session.get(trial.stack.driver + EXECUTIONS, params=parameters, headers=headers, timeout=30)


def read_all(trial: Trial, tenant: str | None = None, **parameters: str) -> list[dict[str, Any]]:
    """The executions of all answers."""
    found, continuation = list[dict[str, Any]](), dict[str, str]()
    while True:
        answer = get(trial, tenant, **parameters, **continuation)
        assert answer.status_code == 200, answer.text
        found += answer.json()["executions"]
        if answer.json()["continuation"] is None:
            return found
        continuation = {"continuation": answer.json()["continuation"]}


def list_ids(trial: Trial, tenant: str | None = None, **parameters: str) -> list[str]:
    """The requestIds, in their order."""
    return sorted(execution["requestId"] for execution in read_all(trial, tenant, **parameters))


def find_running(trial: Trial, location: str) -> dict[str, dict[str, Any]]:
    """What runs, by requestId, once two of them have begun: one watches its deployment, one waits."""
    found = {one["requestId"]: one for one in read_all(trial, location=location, status="IN_PROGRESS")}
    steps = {one["step"] for one in found.values() if one["step"] == "watch_deployment" or one["waiting"]}
    return found if steps == {"watch_deployment", "remove_resources"} else {}


def test_what_runs_what_waits_and_what_has_failed(trial: Trial, group: str) -> None:
    before = datetime.now(UTC)
    network, location = vnet("vnet-1", group), f"seen-{group}"
    refusal = {"code": "SubnetBroken", "status": 400, "path": f"/{group}/"}
    with trial.faults({"kind": "fail", "type": ".*/subnets", **refusal}):
        failed = begin(trial, vnet("vnet-2", group), location)
        assert trial.event(failed).value["status"] == "FAILED"
    trial.ended(failed)
    with trial.faults({"kind": "slow", "factor": 40, "path": f"/{group}/.*/virtualNetworks/"}):
        creating = begin(trial, network, location)
        deleting = begin(trial, network, location, "Delete")
        running = eventually(lambda: find_running(trial, location))
    assert set(running) == {creating, deleting}
    create, delete = running[creating], running[deleting]
    assert (create["status"], create["transition"], create["deploymentLocation"]) == ("IN_PROGRESS", "Create", location)
    assert create["resource"] == {"id": network.id, "name": "vnet-1", "type": network.type}
    assert create["deployment"]["name"].endswith(creating)
    assert (delete["waiting"]["for"], delete["waiting"]["requestId"]) == ("request", creating)
    (listed,) = read_all(trial, location=location, status="FAILED")
    assert (listed["requestId"], listed["step"], listed["waiting"]) == (failed, None, None)
    assert listed["failureDetails"] == listed["event"]["failureDetails"]
    broken = [one for one in listed["operations"] if one["state"] == "Failed"]
    assert [one["resource"].rpartition("/")[2] for one in broken] == ["default"]
    assert all(one["since"] <= one["until"] for one in broken)
    for request_id in (creating, deleting):
        assert trial.event(request_id).value["status"] == "COMPLETE"
        trial.ended(request_id)

    both, every = sorted([creating, deleting]), sorted([creating, deleting, failed])
    assert list_ids(trial, location=location) == every
    assert list_ids(trial, resource=network.id) == list_ids(trial, location=location, status="COMPLETE") == both
    assert list_ids(trial, location=location, type=network.type) == every
    assert list_ids(trial, location=location, type="AzureResourceGroup") == []
    assert list_ids(trial, location=location, since=before.isoformat()) == every
    assert list_ids(trial, location=location, since=(before + timedelta(days=1)).isoformat()) == []
    assert list_ids(trial, resource=network.id, limit="1") == both
    (created,) = (one for one in read_all(trial, location=location) if one["requestId"] == creating)
    assert {one["state"] for one in created["operations"]} == {"Succeeded"}
    assert created["operationsTotal"] == len(created["operations"]) > 0
    for execution in read_all(trial, location=location):
        assert trial.execution(execution["requestId"]) == execution
    newest = [execution["acceptedAt"] for execution in read_all(trial, resource=network.id)]
    assert newest == sorted(newest, reverse=True)


def test_a_tenant_sees_its_own_executions_only(trial: Trial, group: str) -> None:
    location, tenants = f"tenants-{group}", ("one", "zwölf")
    ids = {
        tenant: begin(trial, resource_group(f"{group}-of-{len(tenant)}"), location, tenant=tenant) for tenant in tenants
    }
    for request_id in ids.values():
        trial.event(request_id)
    assert list_ids(trial, location=location) == sorted(ids.values())
    for tenant, request_id in ids.items():
        assert list_ids(trial, tenant, location=location) == [request_id]
    answer = get(trial, "three", location=location)
    assert (answer.json(), answer.headers["tenantId"]) == ({"executions": [], "continuation": None}, "three")


def test_a_wrong_parameter_is_refused(trial: Trial) -> None:
    answer = get(trial, state="FAILED", limit="1000")
    assert answer.status_code == 400
    assert "parameter 'state' is unknown" in answer.json()["localizedMessage"]
    assert "parameter limit is '1000': it takes a whole number from 1 to 100" in answer.json()["localizedMessage"]


def test_what_keeps_a_template_is_not_shown(trial: Trial) -> None:
    """All that the list shows are executions, whatever else is in the task hub."""
    shown = list_ids(trial)
    instances = {one["instanceId"]: one for one in trial.instances(showInput="false", createdTimeFrom="2020-01-01")}
    assert set(shown) <= set(instances)
    assert {instances[one]["name"] for one in shown} <= {"run_lifecycle"}
