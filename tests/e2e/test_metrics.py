"""/metrics of a stack of its own, value by value against what was done."""

from collections import Counter
from collections.abc import Iterator

import pytest

from dev import azure
from dev.brent import vnet
from dev.stack import Stack
from tests.e2e.trial import Trial, eventually, started
from tests.support.kafka import Kafka
from tests.support.scrape import Samples, add_up, find, read_samples

GROUP = "rg-measured"
VNET = "resource::AzureVNet::1.0"


@pytest.fixture(scope="module")
def measured(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    folder = tmp_path_factory.mktemp("metrics")
    settings = {"OTEL_METRICS_EXPORTER": "prometheus", "PROMETHEUS_MULTIPROC_DIR": str(folder / "shared")}
    with started(Stack(folder, provisioning_seconds=0.3, kafka=kafka.address, settings=settings)) as trial:
        trial.make_group(GROUP)
        yield trial


def scrape(trial: Trial) -> Samples:
    answer = trial.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert answer.headers["Cache-Control"] == "no-store"
    return read_samples(answer.text)


def await_in_flight(trial: Trial, count: int) -> Samples:
    """The first scrape that says that so many transitions are in flight."""

    def scrape_again() -> Samples | None:
        found = scrape(trial)
        return found if find(found, "azure_driver_transitions_in_flight") == count else None

    return eventually(scrape_again) or {}


def count_arm_calls(trial: Trial) -> Counter[tuple[str, str]]:
    """The driver's calls to ARM by method and status, as Azure saw them."""
    calls = azure.calls(trial.stack.endpoints())
    return Counter((one["method"], str(one["status"])) for one in calls if one["path"].startswith("/subscriptions/"))


@pytest.mark.slow
def test_a_scrape_tells_what_was_done(measured: Trial) -> None:
    measured.reset_counters()
    made, refused = vnet("vnet-1", GROUP), vnet("vnet-2", GROUP)
    throttle = {"kind": "throttle", "method": "PUT", "path": "/deployments/", "times": 1, "retryAfter": 1}
    with measured.faults(throttle):
        made = measured.run(made)
    with measured.faults({"kind": "quota", "type": ".*/virtualNetworks", "path": GROUP, "message": "Limit is 0."}):
        measured.failed(measured.begin(refused), refused)
    measured.run(made, "Delete")
    assert measured.post({"lifecycleName": "Create"}).status_code == 400

    found = await_in_flight(measured, 0)
    assert add_up(found, "azure_driver_transitions_total", "resource_type", "verb", "outcome", "error_type") == {
        (VNET, "deploy", "COMPLETE", ""): 1,
        (VNET, "deploy", "FAILED", "INSUFFICIENT_CAPACITY"): 1,
        (VNET, "remove", "COMPLETE", ""): 1,
    }
    route = "/api/driver/lifecycle/execute"
    by_status = add_up(found, "http_server_request_duration_seconds_count", "http_route", "http_response_status_code")
    assert by_status == {(route, "202"): 3, (route, "400"): 1, (route, "503"): 0}

    spent = "azure_driver_transition_duration_seconds"
    create = {"resource_type": VNET, "verb": "deploy", "outcome": "COMPLETE"}
    assert find(found, f"{spent}_count", **create) == 1
    assert 1.0 < (find(found, f"{spent}_sum", **create) or 0) < 60, "it waited a second for ARM"
    assert find(found, "azure_driver_event_duration_seconds_count", outcome="COMPLETE") == 2
    assert find(found, "azure_driver_event_duration_seconds_count", outcome="FAILED") == 1

    calls = "http_client_request_duration_seconds_count"
    assert add_up(found, calls, "http_request_method", "http_response_status_code") == count_arm_calls(measured)
    deployments = {"http_request_method": "PUT", "arm_type": "microsoft.resources/deployments", "error_type": ""}
    assert find(found, calls, **deployments, http_response_status_code="429") == 1
    assert find(found, calls, **deployments, http_response_status_code="201") == 1
    assert add_up(found, "azure_driver_retries_total", "error_type") == {("SubscriptionRequestsThrottled",): 1}
    assert GROUP not in "".join(value for _, labels in found for _, value in labels), "no name of a resource"

    assert add_up(found, "azure_driver_service_reachable", "service") == {("kafka",): 1, ("entra",): 1, ("azure",): 1}
    assert find(found, "azure_driver_task_hub_reachable") == 1
    assert find(found, "azure_driver_events_pending") == 0
    assert find(found, "azure_driver_arm_limits_reached", arm_kind="writes") == 0


@pytest.mark.slow
def test_what_runs_is_read_from_the_task_hub(measured: Trial) -> None:
    hanging = {"kind": "slow", "factor": 1_000_000, "path": f"/{GROUP}/.*/virtualNetworks/"}
    with measured.faults(hanging):
        begun = [measured.begin(vnet(f"slow-{number}", GROUP)) for number in range(3)]
        found = await_in_flight(measured, 3)
        assert 0 < (find(found, "azure_driver_transitions_oldest_age_seconds") or 0) < 120
        assert 0 < (find(found, "azure_driver_transitions_time_used_ratio") or 0) < 120 / 840
        assert find(found, "azure_driver_events_pending") == 0
    for request_id in begun:
        measured.instances(f"/{request_id}/terminate", "POST", reason="the test is over")
    await_in_flight(measured, 0)
