"""A collector and Application Insights get the traces and the metrics of a stack of its own."""

import re
import uuid
from collections.abc import Iterator

import pytest

from dev.brent import Resource, vnet
from dev.stack import Stack
from driver.metrics import INSTRUMENTS
from tests.e2e.trial import INSTANCES, Trial, eventually, started
from tests.support.collector import Collector, Span, collector
from tests.support.kafka import Kafka

GROUP = "rg-traced"
SERVER, CLIENT, INTERNAL = 2, 3, 1


@pytest.fixture(scope="module")
def taken() -> Iterator[Collector]:
    with collector() as running:
        yield running


@pytest.fixture(scope="module")
def traced(taken: Collector, kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    settings = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": taken.url,
        "OTEL_SERVICE_NAME": "driver-of-the-test",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={uuid.uuid4()};IngestionEndpoint={taken.url}/",
    }
    folder = tmp_path_factory.mktemp("traces")
    with started(Stack(folder, provisioning_seconds=2, kafka=kafka.address, settings=settings)) as trial:
        trial.make_group(GROUP)
        yield trial


def post(trial: Trial, resource: Resource, **headers: str) -> str:
    answer = trial.post(trial.body(resource), headers={"tenantId": "trial", **headers})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["requestId"])


def await_spans(taken: Collector, trace: str, *names: str) -> list[Span]:
    """The spans of a trace, as soon as it has those of these names, and of the newest process no call without its step:
    a call is sent when it is over, its step later.
    """

    def find() -> list[Span]:
        found = taken.find_spans(trace)
        ids = {one.id for one in found}
        is_whole = all(one.parent in ids for one in found if one.kind == CLIENT and one.instance == found[-1].instance)
        return found if is_whole and {one.name for one in found} >= set(names) else []

    return eventually(find)


@pytest.mark.slow
def test_one_trace_from_the_request_over_a_crash_to_each_call(traced: Trial, taken: Collector) -> None:
    trace, caller = uuid.uuid4().hex, uuid.uuid4().hex[:16]
    wanted = vnet("vnet-1", GROUP)
    put = "PUT microsoft.resources/deployments"
    with traced.faults({"kind": "slow", "factor": 4, "path": f"/{GROUP}/.*/vnet-1"}):
        request_id = post(traced, wanted, traceparent=f"00-{trace}-{caller}-01")
        await_spans(taken, trace, put, "start_deployment")
        eventually(lambda: traced.execution(request_id)["step"] == "watch_deployment")
        traced.kill_host()
    traced.stack.start_host()
    traced.completed(request_id, wanted)
    spans = await_spans(taken, trace, put, "watch_deployment")
    assert {one.service for one in spans} == {"driver-of-the-test"}
    assert len({one.instance for one in spans}) == 2, "both processes have their part in it"

    (root,) = [one for one in spans if one.kind == SERVER]
    assert (root.name, root.parent) == ("POST /api/driver/lifecycle/execute", caller)
    assert root.attributes["http.response.status_code"] == 202
    steps = {one.id: one for one in spans if one.kind == INTERNAL}
    assert {one.name for one in steps.values()} >= {"start_deployment", "watch_deployment"}
    assert {one.parent for one in steps.values()} == {root.id}
    assert {one.attributes["azure_driver.request_id"] for one in steps.values()} == {request_id}

    calls = [one for one in spans if one.kind == CLIENT]
    (deployed,) = [one for one in calls if one.name == put]
    assert steps[deployed.parent].name == "start_deployment"
    shown = traced.execution(request_id)["deployment"]
    assert deployed.attributes["azure_driver.correlation_id"] == shown["correlationId"]
    assert deployed.attributes["url.full"].lower() == f"{traced.stack.azure}{shown['id']}".lower()
    lost = [one for one in calls if one.parent not in steps]
    assert not [one for one in lost if one.instance == spans[-1].instance], "only spans that the kill has cut off"


@pytest.mark.slow
def test_a_transaction_of_the_resource_manager_is_a_trace(traced: Trial, taken: Collector) -> None:
    transaction = uuid.uuid4()
    wanted = vnet("vnet-2", GROUP)
    request_id = post(traced, wanted, **{"X-TraceCtx-TransactionId": str(transaction)})
    traced.completed(request_id, wanted)
    spans = await_spans(taken, transaction.hex, "POST /api/driver/lifecycle/execute", "inspect_resources")
    assert {one.attributes.get("azure_driver.request_id", request_id) for one in spans} == {request_id}


@pytest.mark.slow
def test_metrics_go_to_the_collector_too(traced: Trial, taken: Collector) -> None:
    wanted = vnet("vnet-3", GROUP)
    slow = {"kind": "slow", "factor": 1_000_000, "path": f"/{GROUP}/.*/virtualNetworks/vnet-3"}
    with traced.faults(slow):
        request_id = post(traced, wanted)
        key = traced.log().rsplit(f"{INSTANCES}?code=", 1)[1].split()[0]
        timer = f"{traced.stack.driver}/admin/functions/read_task_hub"

        def find_in_flight() -> bool:
            traced.session.post(timer, json={}, headers={"x-functions-key": key}, timeout=30).raise_for_status()
            points = taken.read_points("azure_driver.transitions.in_flight")
            return [point.as_double for _, point in points] == [1.0]

        assert eventually(find_in_flight)
    traced.instances(f"/{request_id}/terminate", "POST", reason="the test is over")
    finished = {
        "azure_driver.resource.type": wanted.type,
        "azure_driver.verb": "deploy",
        "azure_driver.outcome": "COMPLETE",
    }
    points = taken.read_points("azure_driver.transitions")
    assert [attributes for attributes, _ in points] == [finished]
    reachable = taken.read_points("azure_driver.service.reachable")
    assert {attributes["azure_driver.service"]: point.as_double for attributes, point in reachable} == {
        "kafka": 1.0,
        "entra": 1.0,
        "azure": 1.0,
    }
    assert taken.read_points("http.client.request.duration")


@pytest.mark.slow
def test_application_insights_gets_both(traced: Trial, taken: Collector) -> None:
    trace, wanted = uuid.uuid4().hex, vnet("vnet-4", GROUP)
    request_id = post(traced, wanted, traceparent=f"00-{trace}-{uuid.uuid4().hex[:16]}-01")
    traced.completed(request_id, wanted)

    def find_names() -> set[str]:
        items = [one for one in taken.read_items() if one["tags"].get("ai.operation.id") == trace]
        names = {one["data"]["baseData"]["name"] for one in items}
        return names if names >= {"start_deployment", "watch_deployment"} else set()

    names = eventually(find_names)
    assert "POST /api/driver/lifecycle/execute" in names
    assert any(re.fullmatch(rf"PUT /subscriptions/.*/{GROUP}/.*/deployments/vnet-4-.*", name) for name in names)

    def find_metrics() -> set[str]:
        data = [one["data"]["baseData"] for one in taken.read_items() if one["data"]["baseType"] == "MetricData"]
        return {metric["name"] for one in data for metric in one["metrics"]}

    assert eventually(lambda: "azure_driver.transitions" in find_metrics())
    known = {instrument.name for instrument in INSTRUMENTS}
    assert find_metrics() <= known


@pytest.mark.slow
def test_no_secret_and_nothing_of_libraries_goes_out(traced: Trial, taken: Collector) -> None:
    whole = b"".join(body for _, body in taken.bodies)
    secret = traced.stack.deployment_location["properties"]["clientSecret"].encode()
    assert whole
    assert secret not in whole
    assert b"Bearer" not in whole
    assert b"api-version=" not in whole, "queries of addresses may hold what opens them"
    spans = {span.name.split()[0] for span in taken.read_spans()}
    data = [one["data"]["baseData"] for one in taken.read_items()]
    spans |= {one["name"].split()[0] for one in data if "name" in one}
    assert spans <= {"POST", "GET", "PUT", "DELETE", "HEAD", "PATCH"} | {
        *("inspect_resources", "start_deployment", "watch_deployment", "publish_event", "abandon_deployment"),
        *("await_readiness", "prune_resources"),
    }
