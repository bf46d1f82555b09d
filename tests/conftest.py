"""Fixtures that more than one folder of tests uses; parallel workers; what is said of the slow set."""

import logging
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from dev.ports import FREE_PORTS

pytest_plugins = ["tests.support.kafka", "tests.support.browser"]

PORTS = range(20000, 32000)
# The longest files, the longest of all first: so that no worker begins a long one when the others have nothing left.
LONG = [
    Path(__file__).parent / folder / f"test_{name}.py"
    for folder, names in (
        ("cases", ("cases",)),
        ("properties", ("ownership_model",)),
        ("e2e", ("entra_away",)),
        ("helm", ("matrix", "cluster")),
        ("azure_cli", ("commands",)),
        ("azure_language", ("oracle",)),
        ("e2e", ("turns",)),
        ("dev", ("drill", "benchmarks")),
        ("docs", ("quick_start", "site")),
        ("e2e", ("upgrades", "pools")),
        ("lmctl", ("play",)),
        ("e2e", ("corpus", "partial", "recipes", "events", "timeouts", "failures", "console", "authentication")),
        ("e2e", ("crashes", "throttling", "assembly", "adoption", "catalogue", "traces")),
        ("azure", ("sdks", "corpus")),
        ("hosting", ("templates",)),
        ("properties", ("arm_model", "moments")),
        ("dev", ("kafka", "azure_types", "wheel")),
        ("console", ("console",)),
        ("functions_host", ("host", "recorded_orchestrations")),
        ("helm", ("refusals", "old_values", "scaling", "pod", "metrics", "secrets")),
        ("driver", ("removal", "connection", "events", "prechecks", "creation")),
        ("azure", ("process",)),
        ("orchestrators", ("lifecycle",)),
    )
    for name in names
]
E2E = Path(__file__).parent / "e2e"
MOST_WORKERS = 4  # each has a Kafka broker and servers of its own, about 1 GB


def pytest_configure(config: pytest.Config) -> None:
    """Give each parallel worker, and the processes that it starts, ports of its own. What threads log after the last
    test goes nowhere. Hosts use all cores: several run at a time, and may have met on one.
    """
    os.environ["LOCAL_HOST_CORES"] = "all"
    logging.getLogger("driver").addHandler(logging.NullHandler())
    worker = getattr(config, "workerinput", None)
    if worker:
        share = len(PORTS) // worker["workercount"]
        first = PORTS[int(worker["workerid"].removeprefix("gw")) % worker["workercount"] * share]
        os.environ[FREE_PORTS] = f"{first}-{first + share - 1}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, then the other end-to-end tests, then the rest."""
    places = {path: place for place, path in enumerate(LONG)}
    items.sort(key=lambda item: (places.get(item.path, len(LONG)), item.path.parent != E2E))


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """All tests wait for servers most of the time. Some of the slow ones measure times, so they get fewer workers."""
    cores = yield
    return min(2 * cores if "not slow" in config.option.markexpr else cores + 1, MOST_WORKERS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if "not slow" in config.option.markexpr:
        terminalreporter.write_line("The slow set was left out; `make test-all` runs it, too.", yellow=True)
