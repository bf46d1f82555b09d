"""Create and Delete, from the POST to the event and to what is in Azure."""

import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dev.brent import Resource, resource_group, vnet
from tests.e2e.trial import Trial, eventually
from tests.support.driver_files import zipped

VNET_TYPE = "Microsoft.Network/virtualNetworks"
DEPLOYMENT = "Microsoft.Resources/deployments"


def keys(resource: Resource) -> set[str]:
    """The keys of a topology without the deployment, whose name is the driver's own."""
    return {key for key in resource.topology if not key.startswith(DEPLOYMENT)}


def test_a_resource_group_is_created_and_deleted(trial: Trial) -> None:
    wanted = resource_group("rg-life")
    request_id = trial.begin(wanted)
    made = trial.completed(request_id, wanted)
    group_id = f"{trial.subscription}/resourceGroups/rg-life"
    assert trial.event(request_id).value["outputs"] == {
        "resourcegroup_id": group_id,
        "resourcegroup_name": "rg-life",
    }
    assert made.topology["Microsoft.Resources/resourceGroups/rg-life"] == {
        "id": group_id,
        "type": "Microsoft.Resources/resourceGroups",
    }
    deployment = next(entry for key, entry in made.topology.items() if key.startswith(f"{DEPLOYMENT}/rg-life-"))
    assert deployment["type"] == DEPLOYMENT
    assert deployment["id"].startswith(f"{trial.subscription}/providers/{DEPLOYMENT}/rg-life-")
    assert request_id in deployment["id"]
    in_azure = trial.arm("GET", "/resourceGroups/rg-life", version="2024-03-01").json()
    assert (in_azure["location"], in_azure["tags"]) == ("northeurope", {"Creator": "Cp4na"})

    gone = trial.begin(made, "Delete")
    left = trial.completed(gone, made)
    assert trial.event(gone).value["associatedTopology"] == dict.fromkeys(made.topology)
    assert (left.topology, trial.in_azure("rg-life")) == ({}, set())
    assert deployment["id"].lower() not in trial.in_azure("deployments")


def test_a_vnet_is_created_and_deleted(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    request_id = trial.begin(wanted)
    made = trial.completed(request_id, wanted)
    vnet_id = f"{trial.subscription}/resourceGroups/{group}/providers/{VNET_TYPE}/vnet-1"
    event = trial.event(request_id)
    assert event.value["outputs"] == {
        "vnet_id": vnet_id,
        "vnet_name": "vnet-1",
        "default_subnet_id": f"{vnet_id}/subnets/default",
    }
    assert keys(made) == {f"{VNET_TYPE}/vnet-1", f"{VNET_TYPE}/subnets/vnet-1/default"}
    assert {entry["id"].lower() for entry in made.topology.values()} == trial.in_azure(group) - {
        f"{trial.subscription}/resourceGroups/{group}".lower()
    }
    in_azure = trial.arm("GET", f"/resourceGroups/{group}/providers/{VNET_TYPE}/vnet-1").json()
    assert in_azure["tags"] == {"Creator": "Cp4na"}
    assert in_azure["properties"]["addressSpace"]["addressPrefixes"] == ["10.0.0.0/16"]
    assert in_azure["properties"]["subnets"][0]["properties"]["addressPrefix"] == "10.0.0.0/24"

    deletion = trial.begin(made, "Delete")
    left = trial.completed(deletion, made)
    assert left.topology == {}
    assert [one.key for one in trial.seen if one.key in (request_id, deletion)] == [request_id, deletion]
    assert trial.in_azure(group) == {f"{trial.subscription}/resourceGroups/{group}".lower()}


def test_headers_key_and_trace_go_with_a_request(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    transaction, process = str(uuid.uuid4()), str(uuid.uuid4())
    headers = {"tenantId": "tenant-7", "X-TraceCtx-TransactionId": transaction, "x-tracectx-processid": process}
    answer = trial.post(trial.body(wanted), headers)
    request_id = answer.json()["requestId"]
    assert answer.status_code == 202
    assert answer.headers["tenantId"] == "tenant-7"
    assert answer.json() == {"requestId": request_id, "associatedTopology": {}, "version": "1.0.0"}

    event = trial.event(request_id)
    assert (event.key, event.value["requestId"], event.value["version"]) == (request_id, request_id, "1.0.0")
    assert event.headers == {"tenantId": "tenant-7"}

    def told() -> list[dict[str, Any]]:
        return [line for line in trial.log_lines() if request_id in json.dumps(line)]

    eventually(lambda: "azure/EventPublished" in told()[-1]["message"])
    lines = told()
    own = [line for line in lines if line["logger_name"].startswith("driver.")]
    assert len(own) == 3  # accepted, deployment started, COMPLETE
    for line in lines:
        assert line["requestId"] == request_id
        assert (line["tracectx.transactionid"], line["tracectx.processid"]) == (transaction, process)
    assert any("correlation id" in line["message"] for line in lines)


def test_a_request_without_tenant_gets_none(trial: Trial, group: str) -> None:
    answer = trial.post(trial.body(vnet("vnet-1", group)))
    assert "tenantId" not in answer.headers
    assert trial.event(answer.json()["requestId"]).headers == {}


@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "content-length"])
def test_bodies_of_either_kind_are_read(trial: Trial, group: str, chunked: bool) -> None:
    wanted = vnet("vnet-1", group)
    large = {**wanted.properties, "unused": "x" * 200_000}  # more than a socket's buffer holds
    answer = trial.post(trial.body(replace(wanted, properties=large)), chunked=chunked)
    assert answer.status_code == 202, answer.text
    assert keys(trial.completed(answer.json()["requestId"], wanted)) == {
        f"{VNET_TYPE}/vnet-1",
        f"{VNET_TYPE}/subnets/vnet-1/default",
    }


def test_an_execution_is_shown_during_and_after(trial: Trial, group: str) -> None:
    wanted = vnet("vnet-1", group)
    with trial.faults({"kind": "slow", "factor": 5, "path": f"/{group}/"}):
        request_id = trial.begin(wanted)
        during = eventually(lambda: (now := trial.execution(request_id))["deployment"] and now)
    assert (during["status"], during["step"], during["endedAt"]) == ("IN_PROGRESS", "watch_deployment", None)
    assert during["resource"] == {"id": wanted.id, "name": wanted.name, "type": wanted.type}
    assert (during["transition"], during["deploymentLocation"]) == ("Create", "trial")
    assert request_id in during["deployment"]["name"]
    assert during["deployment"]["id"].endswith(during["deployment"]["name"])
    uuid.UUID(during["deployment"]["correlationId"])

    event = trial.event(request_id)
    after = trial.ended(request_id)
    assert (after["requestId"], after["status"], after["event"]) == (request_id, "COMPLETE", event.value)
    assert (after["step"], after["attempt"], after["waiting"], after["failureDetails"]) == (None, None, None, None)
    assert (after["acceptedAt"], after["deployment"]) == (during["acceptedAt"], during["deployment"])
    times = [datetime.fromisoformat(after[name]) for name in ("acceptedAt", "deadline")]
    assert times[1] - times[0] == timedelta(minutes=14)


def test_the_execution_of_an_unknown_request_is_404(trial: Trial) -> None:
    answer = trial.get("/api/driver/lifecycle/executions/no-such-request")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert "no-such-request" in answer.json()["localizedMessage"]


def test_a_vnet_costs_at_most_five_arm_calls_and_no_token_of_its_own(trial: Trial, group: str) -> None:
    trial.run(vnet("vnet-first", group))  # the token, and what is cached with it
    before, tokens = trial.count_calls(group), trial.counters()["token"]
    trial.run(vnet("vnet-1", group))
    after = trial.count_calls(group)
    assert 2 <= sum(after.values()) - sum(before.values()) <= 5  # at least the PUT and the GET of its end
    assert trial.counters()["token"] == tokens


def test_health_tells_its_vitals(trial: Trial) -> None:
    answer = trial.get("/management/health")
    vitals = answer.json()["vitals"]
    assert (answer.status_code, list(vitals)) == (200, ["app", "taskHub", "kafka", "azure", "entra"])
    assert {vital["status"] for vital in vitals.values()} == {"OK"}
    assert all(vital["reason"] and datetime.fromisoformat(vital["since"]) for vital in vitals.values())


def test_health_asks_entra_id_and_arm_where_that_is_asked_for(trial: Trial) -> None:
    vitals = trial.get("/management/health?deep=1").json()["vitals"]
    assert [vitals[name]["reason"] for name in ("azure", "entra")] == ["asked now, it answers"] * 2


def test_an_output_that_looks_like_an_object_of_the_sdk_is_data(trial: Trial, group: str) -> None:
    """The Durable SDK takes objects with these three keys for Python objects, unless its strict typing is on."""
    odd = {"__class__": "Path", "__module__": "pathlib", "__data__": "/"}
    template = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": [],
        "outputs": {"odd": {"type": "object", "value": odd}},
    }
    wanted = Resource("odd", "resource::Own::1.0", {"resourcegroup_name": group})
    made = trial.run(wanted, files=zipped({"main.json": json.dumps(template)}))
    assert made.properties["odd"] == odd
