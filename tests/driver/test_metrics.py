"""The table of instruments, what bounds their labels, and several worker processes behind one /metrics."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from driver import metrics
from driver.azure.limits import Limits, Scope
from driver.metrics import INSTRUMENTS, MOST_VALUES, OTHER, find_prometheus_label, find_prometheus_name
from tests.support.collector import collector
from tests.support.scrape import Samples, add_up, find, read_samples

ROOT = Path(__file__).resolve().parents[2]
# A worker process: it exports to the folder, records what a line of its input says, and answers with a scrape.
WORKER = """
import json, sys
from driver import metrics
from driver.prometheus import Prometheus
exporter = Prometheus(sys.argv[1])
metrics.add_exporter(exporter)
instruments = {one.name: one for one in metrics.INSTRUMENTS}
gauges = {}
metrics.add_source(lambda: [metrics.Reading(instruments[name], *rest) for name, rest in gauges.items()])
for line in sys.stdin:
    records, given = json.loads(line)
    for name, value, labels in records:
        metrics.record(instruments[name], value, *labels)
    gauges |= {name: (value, tuple(labels)) for name, (value, labels) in given.items()}
    print(json.dumps(exporter.render([metrics.Reading(metrics.PENDING, 3)], "")[0].decode()), flush=True)
"""
Record = tuple[str, float, tuple[str, ...]]


class Worker:
    def __init__(self, folder: str, code: str = WORKER) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PROMETHEUS_MULTIPROC_DIR": folder}
        if not folder:
            del environment["PROMETHEUS_MULTIPROC_DIR"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, folder],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *records: Record, **gauges: tuple[float, tuple[str, ...]]) -> Samples:
        """Let it record this, and scrape it. Gauges have `__` for the dots of their names."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        given = {name.replace("__", "."): reading for name, reading in gauges.items()}
        self.process.stdin.write(json.dumps([records, given]) + "\n")
        self.process.stdin.flush()
        return read_samples(json.loads(self.process.stdout.readline()))

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def worker(folder: Path | str, code: str = WORKER) -> Iterator[Worker]:
    started = Worker(str(folder), code)
    try:
        yield started
    finally:
        started.kill()
        for pipe in (started.process.stdin, started.process.stdout):
            if pipe is not None:
                pipe.close()


def build_transition(kind: str, outcome: str = "COMPLETE", code: str = "") -> Record:
    return (metrics.TRANSITIONS.name, 1, (kind, "deploy", outcome, code))


def test_the_table_is_one_that_prometheus_and_opentelemetry_take() -> None:
    names = [find_prometheus_name(one) for one in INSTRUMENTS]
    assert len(set(names)) == len(names)
    for one in INSTRUMENTS:
        labels = [find_prometheus_label(label) for label in one.labels]
        assert len(set(labels)) == len(labels), one.name
        assert all(re.fullmatch("[a-z_]+", text) for text in (find_prometheus_name(one), *labels)), one.name
        assert bool(one.buckets) == (one.kind == "histogram"), one.name
        assert one.description.endswith("."), one.name
        assert not (one.is_shared and (one.labels or one.kind != "gauge")), one.name


def test_each_worker_process_answers_for_all(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    with worker(folder) as first, worker(folder) as second:
        first.ask(
            build_transition("vnet"),
            build_transition("vnet"),
            (metrics.PUBLISHING.name, 0.3, ("COMPLETE",)),
            azure_driver__service__reachable=(1.0, ("kafka",)),
            azure_driver__arm__remaining=(90.0, ("reads", "principal")),
        )
        found = second.ask(
            build_transition("vnet"),
            build_transition("group", "FAILED", "INTERNAL_ERROR"),
            (metrics.PUBLISHING.name, 0.7, ("COMPLETE",)),
            azure_driver__service__reachable=(0.0, ("kafka",)),
            azure_driver__arm__remaining=(80.0, ("reads", "principal")),
        )
        assert found == {**first.ask(), **{key: value for key, value in found.items() if "created" in key[0]}}
        by_type = add_up(found, "azure_driver_transitions_total", "resource_type", "outcome", "error_type")
        assert by_type == {("vnet", "COMPLETE", ""): 3, ("group", "FAILED", "INTERNAL_ERROR"): 1}
        assert find(found, "azure_driver_event_duration_seconds_count", outcome="COMPLETE") == 2
        assert find(found, "azure_driver_event_duration_seconds_sum", outcome="COMPLETE") == pytest.approx(1.0)
        assert find(found, "azure_driver_event_duration_seconds_bucket", outcome="COMPLETE", le="0.5") == 1
        assert find(found, "azure_driver_service_reachable", service="kafka") == 0, "one process that misses it counts"
        assert find(found, "azure_driver_arm_remaining", arm_kind="reads", arm_scope="principal") == 80
        assert find(found, "azure_driver_events_pending") == 3, "it is the task hub's, and of no process"

        second.kill()
        after = first.ask()
        assert add_up(after, "azure_driver_transitions_total") == {(): 4}, "what it has counted stays"
        assert find(after, "azure_driver_service_reachable", service="kafka") == 1, "its gauges do not"
        assert find(after, "azure_driver_arm_remaining", arm_kind="reads", arm_scope="principal") == 90


def test_a_worker_that_begins_again_goes_on_counting(tmp_path: Path) -> None:
    with ExitStack() as stack:
        stack.enter_context(worker(tmp_path)).ask(build_transition("vnet"))
        found = stack.enter_context(worker(tmp_path)).ask(build_transition("vnet"))
    assert add_up(found, "azure_driver_transitions_total") == {(): 2}


def read_threads(pid: int) -> list[int]:
    """The ids of the other threads of a process."""
    return sorted(int(one.name) for one in Path(f"/proc/{pid}/task").iterdir() if one.name != str(pid))


@pytest.mark.parametrize("now_has_it", ["another process", "a thread"])
def test_gauges_of_a_dead_worker_do_not_count_once_something_else_has_its_id(tmp_path: Path, now_has_it: str) -> None:
    """A container that starts again keeps the folder, and counts its processes and threads from 1 again."""
    with worker(tmp_path) as before, worker(tmp_path) as living:
        before.ask(azure_driver__service__reachable=(0.0, ("kafka",)))
        living.ask(azure_driver__service__reachable=(1.0, ("kafka",)))
        before.kill()
        left = tmp_path / f"gauge_livemin_{before.process.pid}.db"
        given = os.getppid() if now_has_it == "another process" else read_threads(living.process.pid)[0]
        left.rename(tmp_path / f"gauge_livemin_{given}.db")
        assert find(living.ask(), "azure_driver_service_reachable", service="kafka") == 1


def test_gauges_of_a_dead_worker_do_not_count_once_another_worker_has_its_id(tmp_path: Path) -> None:
    """It runs another program in the process of the first: that has the same id."""
    reading = "metrics.Reading(metrics.QUOTA, 5, ('reads', 'principal'))"
    record = "metrics.record(metrics.TRANSITIONS, 1, 'vnet', 'deploy', 'COMPLETE', ''); exporter.render([], '')"
    begun = WORKER.partition("for line in")[0]
    code = f"{begun}metrics.add_source(lambda: [{reading}])\n{record}\nimport os\n"
    again = f"{code}os.execv(sys.executable, [sys.executable, '-c', {WORKER!r}, sys.argv[1]])"
    with worker(tmp_path, again) as second:
        found = second.ask(build_transition("vnet"))
    assert add_up(found, "azure_driver_arm_remaining", "arm_kind") == {}
    assert add_up(found, "azure_driver_transitions_total") == {(): 2}, "what it has counted stays"


def test_texts_of_requests_and_of_azure_do_not_make_the_metrics_grow() -> None:
    with worker("") as alone:
        found = alone.ask(*(build_transition(f"type-{number}" * 40, "FAILED", f"{number}") for number in range(1_000)))
    types = add_up(found, "azure_driver_transitions_total", "resource_type")
    assert len(types) == MOST_VALUES + 1
    assert types[(OTHER,)] == 1_000 - MOST_VALUES
    assert max(len(name) for (name,) in types) == 100
    assert len(add_up(found, "azure_driver_transitions_total", "error_type")) == MOST_VALUES + 1
    assert add_up(found, "azure_driver_transitions_total", "outcome") == {("FAILED",): 1_000}


def test_without_an_exporter_no_library_is_loaded() -> None:
    code = (
        "import sys, function_app; from driver import metrics; metrics.record(metrics.RETRIES, 1, 'x');"
        "print([one for one in sys.modules if one.split('.')[0] in ('prometheus_client',) or 'exporter' in one])"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.stdout.splitlines()[-1] == "[]", ended.stderr


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=none"}, "Invalid instrumentation key"),
        (
            {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "many"},
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT must be a non-negative integer but got many",
        ),
    ],
    ids=["Application Insights", "OpenTelemetry"],
)
def test_a_wrong_variable_of_an_exporter_is_named_and_the_app_loads(variables: dict[str, str], says: str) -> None:
    code = "import function_app; print('functions:', len(function_app.app.get_functions()))"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment | variables, capture_output=True, text=True, timeout=120
    )
    assert "functions: " in ended.stdout, ended.stderr
    for what in ("metrics", "traces"):
        wrong = f"{what} are not sent: a variable OTEL_* or APPLICATIONINSIGHTS_* is wrong: ValueError: {says}"
        assert wrong in ended.stdout + ended.stderr


def test_of_two_exporters_the_one_that_is_right_sends() -> None:
    code = (
        "import function_app, logging\n"
        "from driver import metrics, traces\n"
        "metrics.record(metrics.LOST, 1)\n"
        "with traces.serve('told', {}):\n"
        "    pass\n"
    )
    with collector() as taken:
        variables = {
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=none",
            "OTEL_EXPORTER_OTLP_ENDPOINT": taken.url,
        }
        environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | variables
        ended = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
        )
    assert "Invalid instrumentation key" in ended.stdout + ended.stderr
    assert [span.name for span in taken.read_spans()] == ["told"]
    assert len(taken.read_points(metrics.LOST.name)) == 1


def test_a_collector_that_is_away_is_no_flood_in_the_log() -> None:
    code = (
        "import logging; from driver.exporters import build_tracer; logging.basicConfig()\n"
        "tracer = build_tracer(['otlp'])\n"
        "for _ in range(10):\n"
        "    tracer.start_span('x').end()\n"
        "    tracer.span_processor.force_flush()\n"
    )
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_TIMEOUT": "0.2"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")} | variables
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    (line,) = ended.stderr.splitlines()
    assert line.startswith("ERROR:driver.exporters:telemetry is not sent: Failed to export spans batch")


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_the_log_says_once_that_application_insights_is_away_and_not_that_it_answers(level: str) -> None:
    code = (
        "import logging; from driver import settings, telemetry; telemetry.configure(settings.current())\n"
        "from driver.exporters import build_tracer\n"
        "tracer = build_tracer(['azure_monitor_opentelemetry_exporter'])\n"
        "for _ in range(3):\n"
        "    tracer.start_span('x').end()\n"
        "    tracer.span_processor.force_flush()\n"
        "base = logging.getLogger('azure.monitor.opentelemetry.exporter.export._base')\n"
        "base.info('Transmission succeeded: Item received: 1. Items accepted: 1')\n"
    )
    key = "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=http://127.0.0.1:9"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environment |= {"APPLICATIONINSIGHTS_CONNECTION_STRING": key, "LOG_LEVEL": level}
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    (line,) = [line for line in (ended.stdout + ended.stderr).splitlines() if "telemetry is not sent" in line]
    assert "telemetry is not sent: Retrying due to server request error: " in line


def test_the_least_of_what_arm_has_left() -> None:
    limits = Limits()
    own, other = (Scope("arm", name, "reads", principal="p") for name in ("a", "b"))
    for scope, left in ((own, 250), (other, 90), (Scope("arm", "a", "writes"), 40), (own, 120)):
        limits.note_left(scope, left)
    found = limits.find_least_left()
    assert set(found) == {("reads", "principal"), ("writes", "subscription")}
    # Three calls come back in a second, up to the most that ARM has said.
    assert found["reads", "principal"] == 90
    assert found["writes", "subscription"] == 40
    assert limits.count_holds() == {"reads": 0, "writes": 0, "deletes": 0}
