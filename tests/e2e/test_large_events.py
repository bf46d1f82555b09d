"""Events that are larger than the topic takes: something ends each transition, and the execution says the same as the
event (K3 and K4 of the cases).
"""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from dev.apache_kafka import ApacheKafka, configure_topic
from dev.brent import Resource, apply_event
from dev.events import events
from dev.stack import Stack, running
from driver import settings
from driver.__main__ import main
from tests.azure.templates import GROUP_SCHEMA, SUBSCRIPTION_SCHEMA
from tests.e2e.trial import Trial, ids
from tests.support.driver_files import zipped
from tests.support.kafka import Kafka

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TOPIC = "large-events"
COUNT = 400
LIMIT = ("max.message.bytes", "8000")  # the names of the resources are 20 random bytes each
THING = "Contoso.Play/things"


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, kafka: Kafka) -> Iterator[Trial]:
    """A stack whose topic takes small events only."""
    if not isinstance(kafka.broker, ApacheKafka):
        pytest.skip("only Apache Kafka has topics with settings")
    client = AdminClient({"bootstrap.servers": kafka.address})
    client.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    configure_topic(kafka.address, TOPIC, *LIMIT)
    options = {"KAFKA_TOPIC": TOPIC, "LOG_TYPE": "logstash"}
    stack = Stack(tmp_path_factory.mktemp("large"), provisioning_seconds=0.3, kafka=kafka.address, settings=options)
    with running(stack), events(kafka.address, TOPIC) as stream:
        yield Trial(stack, stream)


def make_things() -> list[dict[str, Any]]:
    """Resources whose names cannot be compressed."""
    return [
        {"type": THING, "apiVersion": "2024-05-01", "name": random.randbytes(20).hex(), "location": "northeurope"}
        for _ in range(COUNT)
    ]


def pack(template: dict[str, Any], **place: str) -> str:
    manifest = {"version": 1, **place, "transitions": {"Create": {"deploy": "main.json"}, "Delete": {"remove": "all"}}}
    main = {"contentVersion": "1.0.0.0", **template}
    return zipped({"lifecycle.yaml": json.dumps(manifest), "main.json": json.dumps(main)})


def run(trial: Trial, resource: Resource, transition: str, files: str) -> tuple[dict[str, Any], Resource]:
    """The event of a transition, which the execution repeats, and the resource after it."""
    request_id = trial.begin(resource, transition, files=files)
    event = trial.event(request_id, seconds=120).value
    execution = trial.ended(request_id)
    assert execution["event"] == event
    assert execution["status"] == event["status"]
    assert execution["failureDetails"] == event.get("failureDetails")
    assert len(trial.events_of(request_id)) == 1
    return event, apply_event(resource, event)


def test_a_topology_that_fits_no_event_is_in_the_log_and_among_the_orphans(
    strict: Trial, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    group, things = strict.make_group("rg-things"), make_things()
    files = pack({"$schema": GROUP_SCHEMA, "resources": things}, resourceGroup=group)
    event, resource = run(strict, Resource("things", "resource::Things::1.0", {}), "Create", files)
    assert (event["status"], event["failureDetails"]["failureCode"]) == ("FAILED", "INTERNAL_ERROR")
    assert "its topology was left out" in event["failureDetails"]["description"]
    assert resource.topology == {}
    logged = " ".join(line["message"] for line in strict.log_lines() if "no event names these" in line["message"])
    assert all(f"/{thing['name']}" in logged for thing in things)

    location = tmp_path / "location.json"
    location.write_text(json.dumps(strict.stack.deployment_location))
    for name, value in {
        "AZURE_AUTHORITY_HOST": strict.stack.azure,
        "AZURE_RESOURCE_MANAGER_URL": strict.stack.azure,
        "REQUESTS_CA_BUNDLE": str(strict.stack.ca),
        "SSL_CERT_FILE": str(strict.stack.ca),
    }.items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    try:
        main(["orphans", "--deployment-location", str(location), "--json"])
    finally:
        settings.current.cache_clear()
    (orphan,) = (one for one in json.loads(capsys.readouterr().out)["orphans"] if "/rg-things/" in one["id"])
    assert orphan["requestId"] == event["requestId"]
    assert {one["id"].rpartition("/")[2] for one in orphan["resources"]} == {thing["name"] for thing in things}
    assert {one["exists"] for one in orphan["resources"]} == {True}
    assert run(strict, resource, "Delete", files)[0]["status"] == "COMPLETE"


def test_an_owned_group_stands_for_what_is_in_it(strict: Trial) -> None:
    inner = {"$schema": GROUP_SCHEMA, "contentVersion": "1.0.0.0", "resources": make_things()}
    place = {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2024-03-01", "name": "rg-owned"}
    nested = {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2022-09-01",
        "name": "inner",
        "resourceGroup": "rg-owned",
        "dependsOn": ["rg-owned"],
        "properties": {"mode": "Incremental", "template": inner, "expressionEvaluationOptions": {"scope": "inner"}},
    }
    template = {"$schema": SUBSCRIPTION_SCHEMA, "resources": [{**place, "location": "northeurope"}, nested]}
    files = pack(template, location="northeurope")
    event, resource = run(strict, Resource("owned", "resource::Owned::1.0", {}), "Create", files)
    assert event["status"] == "FAILED"
    assert "entries within others were left out" in event["failureDetails"]["description"]
    group = f"{strict.subscription}/resourceGroups/rg-owned".lower()
    assert {one for one in ids(resource.topology) if "/deployments/" not in one} == {group}
    event, resource = run(strict, resource, "Delete", files)
    assert (event["status"], resource.topology) == ("COMPLETE", {})
    assert strict.in_azure("rg-owned") == set()


def test_the_complete_of_a_delete_drops_its_nulls(strict: Trial, kafka: Kafka) -> None:
    group = strict.make_group("rg-nulls")
    files = pack({"$schema": GROUP_SCHEMA, "resources": make_things()}, resourceGroup=group)
    configure_topic(kafka.address, TOPIC, LIMIT[0], "1000000")
    try:
        event, resource = run(strict, Resource("nulls", "resource::Nulls::1.0", {}), "Create", files)
    finally:
        configure_topic(kafka.address, TOPIC, *LIMIT)
    assert (event["status"], len(resource.topology)) == ("COMPLETE", COUNT + 1)
    event, _ = run(strict, resource, "Delete", files)
    assert (event["status"], event["associatedTopology"]) == ("COMPLETE", {})
    assert not any("contoso.play" in one for one in strict.in_azure("rg-nulls"))
