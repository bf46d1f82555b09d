"""Progress events and southbound messages as CP4NA reads them from a log."""

import json
import logging
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from driver import telemetry

LOGGER = "ignition.service.progress_events"
MARK = "---[ResourceTransitionProgressEvent]---"


def read_event(text: str) -> dict[str, Any]:
    """A progress event: YAML of exactly these keys, sorted, with plain values."""
    event = yaml.safe_load(text)
    assert list(event) == ["details", "eventType", "progressEventType"], text
    assert event["eventType"] == "ResourceTransitionProgressEvent"
    assert list(event["details"]) == sorted(event["details"])
    assert yaml.safe_load(yaml.safe_dump(event)) == event
    return dict(event)


def read_records(records: Iterable[logging.LogRecord]) -> list[tuple[str, dict[str, Any]]]:
    """The names, without their group, and details of the events among log records."""
    events = (read_event(record.getMessage()) for record in records if record.name == telemetry.PROGRESS_LOGGER)
    return [(event["progressEventType"].removeprefix("azure/"), event["details"]) for event in events]


def read_plain(log: str) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """The fields and the events in a log of LOG_TYPE=plain: the mark is a line of its own, the YAML follows up to the
    next record, which begins with its time.
    """
    lines = iter(log.splitlines())
    before = ""
    for line in lines:
        if line == MARK:
            text = []
            for following in lines:
                text.append(following)
                if following.startswith("progressEventType:"):
                    break
            yield json.loads(before[before.index("{") :]), read_event("\n".join(text))
        before = line


def read_pairs(lines: Iterable[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The southbound messages among logstash lines, each request with its response."""
    pairs: dict[str, dict[str, dict[str, Any]]] = {}
    for line in lines:
        if "message_direction" in line:
            names = ("message", "message_direction", "message_type", "content_type", "protocol", "protocol_metadata")
            assert all(isinstance(line[name], str) for name in names)
            assert line["protocol"] == "http"
            pairs.setdefault(line["tracectx.externalrequestid"], {})[line["message_type"]] = line
    for pair in pairs.values():
        request, response = pair["request"], pair["response"]
        assert (request["message_direction"], response["message_direction"]) == ("sent", "received")
        asked, told = json.loads(request["protocol_metadata"]), json.loads(response["protocol_metadata"])
        assert set(asked) == {"uri", "method", "headers"}
        assert isinstance(told["status_code"], int)
        for metadata in (asked, told):
            assert all(isinstance(value, str) for value in metadata["headers"].values())
    return [(pair["request"], pair["response"]) for pair in pairs.values()]
