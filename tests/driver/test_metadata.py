"""The metadata of a cloud, read once from a server on HTTPS in each of ARM's shapes."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from driver.azure import metadata
from driver.azure.locations import read_location, takes_time
from driver.errors import NotReady
from driver.models.orders import AzureLocation
from driver.settings import Settings, read
from tests.support.arm_stub import DROP, Asked, Raw, Reply, Stub
from tests.support.requests import deployment_location

AUTHENTICATION = {
    "loginEndpoint": "https://login.northwind.example/",
    "audiences": ["https://management.northwind.example/5f", "https://arm.northwind.example/"],
}
ENTRY = {
    "name": "Northwind",
    "authentication": AUTHENTICATION,
    "resourceManager": "https://arm.northwind.example/",
    "suffixes": {"storage": "northwind.example"},
}
OTHER = {"name": "AzureCloud", "authentication": {"loginEndpoint": "https://evil.example", "audiences": ["x"]}}


@pytest.fixture(autouse=True)
def nothing_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "_read", {})
    monkeypatch.setattr(metadata, "_failures", {})


def settings_of(stub: Stub) -> Settings:
    entry = {"name": "Northwind", "metadata": f"{stub.url}/metadata/endpoints?api-version=2022-09-01"}
    found = read({"AZURE_CLOUDS": json.dumps([entry])})
    assert [fault for fault in found.faults if "AZURE_CLOUDS" in fault] == []
    return found


def look(stub: Stub) -> AzureLocation:
    return read_location(deployment_location(cloud="Northwind"), settings_of(stub))


@pytest.mark.parametrize(
    ("content", "manager"),
    [
        (ENTRY, "https://arm.northwind.example"),
        ([OTHER, ENTRY], "https://arm.northwind.example"),
        ([{**ENTRY, "name": "another"}], "https://arm.northwind.example"),
        ({"graphEndpoint": "https://graph", "authentication": AUTHENTICATION}, ""),
    ],
    ids=["2022-09-01", "2019-05-01", "2019-05-01 with one", "2015-01-01"],
)
def test_every_shape_is_read_once(stub: Stub, content: Any, manager: str) -> None:
    stub.answer = lambda asked: Reply(body=content)
    settings, location = settings_of(stub), deployment_location(cloud="Northwind")
    assert takes_time(location, settings)
    with ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: read_location(location, settings), range(8)))
    assert {one.authority_host for one in found} == {"https://login.northwind.example"}
    assert {one.resource_manager_url for one in found} == {manager or stub.url}
    assert {one.credential_scope for one in found} == {"https://management.northwind.example/5f/.default"}
    assert [asked.path for asked in stub.asked] == ["/metadata/endpoints?api-version=2022-09-01"]
    assert not takes_time(location, settings)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(503), "HTTP 503"),
        (Reply(302, None, {"Location": "https://evil.example"}), "HTTP 302"),
        (Reply(DROP), "cannot be read"),
        (Reply(200, Raw("<html>")), "cannot be read"),
        (Reply(200, []), "are not what ARM publishes"),
        (Reply(200, [OTHER, {**OTHER, "name": "b"}]), "are not what ARM publishes"),
        (Reply(200, {"authentication": {"audiences": ["a"]}}), "are not what ARM publishes"),
        (Reply(200, {"authentication": "x"}), "are not what ARM publishes"),
        (Reply(200, {**ENTRY, "resourceManager": "http://arm.example"}), "are not what ARM publishes"),
    ],
)
def test_what_cannot_be_read_is_503_and_read_again_later(
    stub: Stub, reply: Reply, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [reply]
    stub.answer = lambda asked: answers[-1]
    for _ in range(3):
        with pytest.raises(NotReady, match="cloud 'Northwind'") as caught:
            look(stub)
        assert said in str(caught.value)
        assert stub.url in str(caught.value)
    assert len(stub.asked) == 1, "a failure is shared for some seconds"
    monkeypatch.setattr(metadata, "_failures", {})
    answers.append(Reply(body=ENTRY))
    assert look(stub).resource_manager_url == "https://arm.northwind.example"


def test_a_request_never_waits_for_metadata_on_the_event_loop(stub: Stub) -> None:
    """It goes into a pool of threads, as everything that calls a server."""

    def fail(asked: Asked) -> Reply:
        raise AssertionError(asked.path)

    stub.answer = fail
    assert takes_time(deployment_location(cloud="northwind"), settings_of(stub))
    assert not takes_time(deployment_location(), settings_of(stub))
    assert not takes_time(deployment_location(cloud="AzureChinaCloud"), settings_of(stub))
    assert takes_time(deployment_location(authentication="clientCertificate"), settings_of(stub))
