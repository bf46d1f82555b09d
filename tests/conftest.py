"""Fixtures that more than one folder of tests uses; parallel workers; what is said of the slow set."""

import logging
import os
from collections.abc import Generator
from pathlib import Path

import pytest

from dev.ports import FREE_PORTS

pytest_plugins = ["tests.support.kafka", "tests.support.browser"]

PORTS = range(20000, 32000)
LONG = [
    Path(__file__).parent / folder
    for folder in ("cases", "console", "lmctl", "properties", "docs", "e2e", "functions_host", "helm", "dev")
]
MOST_WORKERS = 4  # each has a Kafka broker and servers of its own, about 1 GB


def pytest_configure(config: pytest.Config) -> None:
    """Give each parallel worker, and the processes that it starts, ports of its own. What threads log after the last
    test goes nowhere.
    """
    logging.getLogger("driver").addHandler(logging.NullHandler())
    worker = getattr(config, "workerinput", None)
    if worker:
        share = len(PORTS) // worker["workercount"]
        first = PORTS[int(worker["workerid"].removeprefix("gw")) % worker["workercount"] * share]
        os.environ[FREE_PORTS] = f"{first}-{first + share - 1}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders with long files first: so that no worker begins a long file when the others have nothing left."""
    items.sort(key=lambda item: not any(item.path.is_relative_to(folder) for folder in LONG))


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> Generator[None, int, int]:
    """The fast tests wait for servers most of the time; the slow ones measure times, and get a core each."""
    cores = yield
    return min(2 * cores if "not slow" in config.option.markexpr else cores, MOST_WORKERS)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if "not slow" in config.option.markexpr:
        terminalreporter.write_line("The slow set was left out; `make test-all` runs it, too.", yellow=True)
