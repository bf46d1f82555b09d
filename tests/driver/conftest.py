"""A stub of ARM, and the settings of generated examples: the same ones in every run, kept nowhere."""

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import HealthCheck

from driver import floods, settings
from driver.azure import crowds, reachability
from driver.models.orders import AzureLocation
from tests.support.arm_stub import Stub, location_of, serving
from tests.support.requests import NEEDLE
from tests.support.shared import SHARED

# The first example of a process makes tables of characters, which takes a second and is no fault of the test.
hypothesis.settings.register_profile(
    "driver", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis.settings.load_profile("driver")


@pytest.fixture(autouse=True)
def services_in_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is out of reach: other tests of this process have left troubles."""
    monkeypatch.setattr(reachability, "ARM", reachability.Service())
    monkeypatch.setattr(reachability, "ENTRA_ID", reachability.Service())


@pytest.fixture(autouse=True)
def no_crowd() -> None:
    """Nothing is polled less often because of what other tests have polled."""
    crowds.share_crowd.cache_clear()


@pytest.fixture(autouse=True)
def no_flood(monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is held back because of those of other tests."""
    monkeypatch.setattr(floods, "_windows", {})


@pytest.fixture
def bicep(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The settings name the Bicep CLI of the test data."""
    monkeypatch.setenv("BICEP_PATH", str(SHARED / "tools" / "bicep"))
    settings.current.cache_clear()
    yield
    settings.current.cache_clear()


@pytest.fixture
def stub(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    folder: Path = tmp_path_factory.getbasetemp() / "arm-stub-tls"
    with serving(folder, NEEDLE) as running:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.ca))
        yield running


@pytest.fixture
def location(stub: Stub) -> AzureLocation:
    return location_of(stub)
