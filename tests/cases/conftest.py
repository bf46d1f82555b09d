"""One stack for all cases."""

from collections.abc import Iterator

import pytest

from dev.stack import Stack
from tests.e2e.trial import Trial, started
from tests.support.kafka import Kafka

PROVISIONING_SECONDS = 0.3


@pytest.fixture(scope="session")
def trial(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    settings = {"LOG_TYPE": "logstash", "ARM_GATEWAY_HOSTS": "localhost"}
    folder = tmp_path_factory.mktemp("cases")
    with started(
        Stack(folder, provisioning_seconds=PROVISIONING_SECONDS, kafka=kafka.address, settings=settings)
    ) as it:
        yield it
