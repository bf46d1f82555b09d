"""Embedded Azures for the tests of this folder, and the unmodified SDKs as their clients."""

from collections.abc import Iterator

import pytest
from azure.identity import ClientSecretCredential
from azure.mgmt.resource.deployments import DeploymentsMgmtClient
from azure.mgmt.resource.resources import ResourceManagementClient

from tests.azure.emulator import SCOPE, SUBSCRIPTION, TENANT, Emulator, started


@pytest.fixture(scope="session")
def slow_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """At Azure's own pace: a deployment takes 60 s by its clock, which tests put forward; so Retry-After is Azure's."""
    with started(tmp_path_factory.mktemp("tls"), ["--provisioning-seconds", "60"]) as emulator:
        yield emulator


@pytest.fixture
def azure(slow_azure: Emulator) -> Emulator:
    """The slow one, empty and without faults."""
    slow_azure.control("POST", "reset")
    return slow_azure


@pytest.fixture(scope="session")
def quick_azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One whose operations end at once, for the SDKs' pollers."""
    with started(tmp_path_factory.mktemp("tls"), ["--provisioning-seconds", "0"]) as emulator:
        yield emulator


@pytest.fixture
def quick(quick_azure: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The quick one, empty and without faults; the SDKs trust its CA."""
    quick_azure.control("POST", "reset")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(quick_azure.ca))
    return quick_azure


@pytest.fixture
def credential(quick: Emulator) -> Iterator[ClientSecretCredential]:
    with ClientSecretCredential(
        TENANT, "client", "secret", authority=quick.url, disable_instance_discovery=True
    ) as found:
        yield found


@pytest.fixture
def resources(quick: Emulator, credential: ClientSecretCredential) -> Iterator[ResourceManagementClient]:
    with ResourceManagementClient(
        credential, SUBSCRIPTION, base_url=quick.url, credential_scopes=[SCOPE], polling_interval=0
    ) as client:
        yield client


@pytest.fixture
def deployments(quick: Emulator, credential: ClientSecretCredential) -> Iterator[DeploymentsMgmtClient]:
    with DeploymentsMgmtClient(
        credential, SUBSCRIPTION, base_url=quick.url, credential_scopes=[SCOPE], polling_interval=0
    ) as client:
        yield client
