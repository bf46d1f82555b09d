"""One stack for most end-to-end tests; each test works in a resource group of its own."""

from collections.abc import Iterator
from itertools import count

import pytest

from dev.stack import Stack
from tests.e2e.trial import BUG, Trial, started
from tests.support.kafka import Kafka
from tests.support.shared import SHARED

BICEP = SHARED / "tools" / "bicep"
PROVISIONING_SECONDS = 0.3
_numbers = count(1)


@pytest.fixture(scope="session")
def trial(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    folder = tmp_path_factory.mktemp("e2e")
    settings = {"LOG_TYPE": "logstash", "BICEP_PATH": str(BICEP) if BICEP.is_file() else ""}
    with started(
        Stack(folder, provisioning_seconds=PROVISIONING_SECONDS, kafka=kafka.address, settings=settings)
    ) as it:
        yield it
        assert BUG not in it.log()


@pytest.fixture
def group(trial: Trial) -> str:
    """The name of a resource group that the driver did not make."""
    return trial.make_group(f"rg-{next(_numbers)}")
