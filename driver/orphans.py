"""Orphans: records of this driver's deployments that no known topology names, with what these deployments wrote.

Nothing is changed. A deployment that still runs has a record already and is in no topology yet: its event is to come.
"""

import time
from collections.abc import Callable, Set
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from driver.azure import records, resources, tags
from driver.azure.records import Record
from driver.azure.refusals import Refusal, Refused
from driver.models.model import Model
from driver.models.orders import AzureLocation
from driver.resource_ids import ResourceId

T = TypeVar("T")
_TRIES = 5  # of one call while ARM asks to wait
_LONGEST_WAIT = 300.0  # seconds
_THROTTLED = 429


class WrittenResource(Model):
    """A resource that a deployment wrote. `exists` is None if ARM was not asked, since a topology names the resource,
    or if ARM did not tell, for the `reason`.
    """

    id: ResourceId
    in_topology: bool
    exists: bool | None = None
    reason: str = ""


class Orphan(Model):
    """A record that no topology names. `state` is ARM's provisioning state, `changed_at` ISO 8601, `resource_id` that
    of TNC-O. `reason` says why its resources could not be read.
    """

    id: ResourceId
    state: str
    changed_at: str
    resource_id: str
    transition: str
    request_id: str
    driver_version: str
    resources: tuple[WrittenResource, ...] = ()
    reason: str = ""


class Unread(Model):
    """A subscription or resource group whose records could not be listed, and why."""

    id: str
    reason: str


class Findings(Model):
    """The orphans of a subscription, and what could not be read."""

    orphans: tuple[Orphan, ...]
    unread: tuple[Unread, ...]


def find_orphans(location: AzureLocation, named: Set[ResourceId], notify: Callable[[str], None]) -> Findings:
    """The records of the location's subscription that are not among the `named` ids. `notify` gets a text before each
    wait that ARM asks for.

    Raises a Refusal if the resource groups cannot be listed, ARM cannot be reached or goes on throttling.
    """
    search = _Search(location, named, notify)
    orphans: list[Orphan] = []
    unread: list[Unread] = []
    for scope in search.call(lambda: list(records.list_scopes(location))):
        found, reason = search.try_reading(partial(_list_records, location, scope))
        if reason:
            unread.append(Unread(id=scope, reason=reason))
        orphans += [search.describe_orphan(record) for record in found or () if record.id not in named]
    return Findings(orphans=tuple(orphans), unread=tuple(unread))


@dataclass(frozen=True)
class _Search:
    location: AzureLocation
    named: Set[ResourceId]
    notify: Callable[[str], None]

    def describe_orphan(self, record: Record) -> Orphan:
        written, reason = self.try_reading(lambda: records.list_written_ids(self.location, record))
        return Orphan(
            id=record.id,
            state=record.state,
            changed_at=record.changed_at,
            resource_id=record.tags.get(tags.RESOURCE_TAG, ""),
            transition=record.tags.get(tags.TRANSITION_TAG, ""),
            request_id=record.tags.get(tags.REQUEST_TAG, ""),
            driver_version=record.tags.get(tags.VERSION_TAG, ""),
            resources=tuple(map(self.describe_resource, written or ())),
            reason=reason,
        )

    def describe_resource(self, written_id: ResourceId) -> WrittenResource:
        if written_id in self.named:
            return WrittenResource(id=written_id, in_topology=True)
        exists, reason = self.try_reading(lambda: resources.get(self.location, written_id) is not None)
        return WrittenResource(id=written_id, in_topology=False, exists=exists, reason=reason)

    def try_reading(self, call: Callable[[], T]) -> tuple[T | None, str]:
        """The result of the call, or None and why ARM refused it. In a group that is gone by now there is nothing to
        read.
        """
        try:
            return self.call(call), ""
        except Refusal as refused:
            if not isinstance(refused, Refused) or refused.status == _THROTTLED:
                raise
            return None, "" if refused.is_absence else refused.cause.text

    def call(self, call: Callable[[], T]) -> T:
        """Call, and call again as often as ARM refuses and says how long to wait."""
        for _ in range(_TRIES - 1):
            try:
                return call()
            except Refusal as refused:
                if not 0 < refused.retry_after <= _LONGEST_WAIT:
                    raise
                self.notify(f"{refused.cause.text}: waiting {refused.retry_after:g} s, as Azure asks")
                time.sleep(refused.retry_after)
        return call()


def _list_records(location: AzureLocation, scope: str) -> list[Record]:
    return list(records.list_records(location, scope))
