"""The event that tells Brent how a lifecycle ended, and the topology that it reports."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import field_validator

from driver.errors import drop_traces
from driver.models.model import Model
from driver.resource_ids import ResourceId

VERSION = "1.0.0"  # of the messages between Brent and the driver
LONGEST_DESCRIPTION = 8_000  # characters; Kafka limits the size of a record
# Seconds after the acceptance of a request before which its event is not sent: Brent has to read the 202 first.
EARLIEST_EVENT_SECONDS = 2.0
_FORMER_TYPE = "azure"


class FailureCode(StrEnum):
    """The failure codes of the contract; no other value may be sent."""

    RESOURCE_ALREADY_EXISTS = "RESOURCE_ALREADY_EXISTS"
    RESOURCE_NOT_FOUND = "RESOURCE_NOT_FOUND"
    INFRASTRUCTURE_ERROR = "INFRASTRUCTURE_ERROR"
    INSUFFICIENT_CAPACITY = "INSUFFICIENT_CAPACITY"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class TopologyEntry(Model):
    """One external element of a resource: its ARM id and its ARM type. Entries of the former driver have the type
    `Azure`.
    """

    id: ResourceId
    type: str = ""

    @field_validator("id", mode="before")
    @classmethod
    def _strip(cls, value: Any) -> Any:
        """Blanks around an id and a slash behind it do not count: with them it would be no id."""
        return value.strip().rstrip("/") or value if isinstance(value, str) else value


def is_former(entry_type: str) -> bool:
    """Whether an entry of that type was reported by the former driver."""
    return entry_type.lower() == _FORMER_TYPE


Topology = dict[str, TopologyEntry | None]


def build_event(
    request_id: str,
    topology: Mapping[str, TopologyEntry | None],
    outputs: Mapping[str, Any] | None = None,
    failure: tuple[FailureCode, str] | None = None,
) -> dict[str, Any]:
    """The message that reports the end of a lifecycle: the value of the Kafka record."""
    message: dict[str, Any] = {
        "requestId": request_id,
        "status": "FAILED" if failure else "COMPLETE",
        "outputs": dict(outputs or {}) if not failure else {},
        "associatedTopology": {
            key: None if entry is None else entry.model_dump(mode="json") for key, entry in topology.items()
        },
        "version": VERSION,
    }
    if failure:
        message["failureDetails"] = {
            "failureCode": str(failure[0]),
            "description": drop_traces(failure[1])[:LONGEST_DESCRIPTION],
        }
    return message


def find_earliest_event(accepted_at: str) -> datetime:
    """The earliest time at which the event of a request may be published. `accepted_at` is ISO 8601."""
    return datetime.fromisoformat(accepted_at) + timedelta(seconds=EARLIEST_EVENT_SECONDS)
