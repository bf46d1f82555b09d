"""One embedded Azure for all tests of this folder that need no other settings."""

from collections.abc import Iterator

import pytest

from tests.azure.emulator import Emulator, started


@pytest.fixture(scope="session")
def slow_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """At Azure's own pace: a deployment takes 60 s by its clock, which tests put forward; Retry-After values are Azure's."""
    with started(tmp_path_factory.mktemp("tls"), ["--provisioning-seconds", "60"]) as emulator:
        yield emulator


@pytest.fixture
def azure(slow_azure: Emulator) -> Emulator:
    """The same one, empty and without faults."""
    slow_azure.control("POST", "reset")
    return slow_azure
