"""Housekeeping, every ten minutes: executions that ended without an event are reported, old histories are purged."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from driver import acceptance, contents, executions, instances, metrics, wakes
from driver.errors import NotReady
from driver.executions import Executions
from driver.models.events import FailureCode, build_event
from driver.settings import current

PURGE_SECONDS = 200.0  # of one run: the host ends a function after 5 minutes on some plans
_TOGETHER = 8  # histories that are purged at the same time
_ENDED = ("Completed", "Failed", "Terminated", "Canceled")
_LOST = ("Failed", "Terminated")
_log = logging.getLogger("driver.housekeeping")

Instance = Mapping[str, Any]


async def housekeep(client: Executions) -> None:
    """Report executions that ended without an event (they were terminated, or failed by a bug), however old. Then purge
    the history of executions older than HISTORY_DAYS, in slices. Raises NotReady if the task hub does not do its part;
    the next run goes on.
    """
    wakes.follow_kafka(current(), client)
    await report_lost_executions(client)
    await purge_history(client)


async def report_lost_executions(client: Executions) -> None:
    """Start, for each execution that ended without an event, a run that publishes one."""
    async for page in _read_pages(instances.list_pages(client, statuses=_LOST)):
        for instance in page:
            if instance["name"] == executions.ORCHESTRATOR:
                await _report_lost(instance["instanceId"], client)


async def purge_history(client: Executions, seconds: float = PURGE_SECONDS) -> int:
    """Purge the ended executions that were begun and ended before HISTORY_DAYS. Returns their number.

    One call for all could take very long, and the task hub would do little else meanwhile. So they are purged page by
    page, with a pause after each that is as long as the page took. The next run purges what is left after the
    `seconds`.
    """
    before = datetime.now(UTC) - timedelta(days=current().history_days)
    pages = instances.list_pages(client, statuses=_ENDED, created_to=before)
    ends_at, count = time.monotonic() + seconds, 0
    failures: list[Exception] = []
    async for page in _read_pages(pages):
        began = time.monotonic()
        old = [instance for instance in page if datetime.fromisoformat(instance["lastUpdatedTime"]) < before]
        purged = await asyncio.gather(*_purge_evenly(old, client))
        failures += [failure for one in purged for failure in one]
        count += len(old)
        now = time.monotonic()
        if now >= ends_at:
            _log.info("%d histories purged in %.0f s, the next run goes on", count - len(failures), seconds)
            break
        await asyncio.sleep(now - began)
    if failures:
        raise NotReady(f"{len(failures)} of {count} histories could not be purged: {failures[0]}")
    return count


def _purge_evenly(ended: Sequence[Instance], client: Executions) -> Iterator[Any]:
    """Purges of so many parts of the instances as run at the same time."""
    return (_purge_each(ended[first::_TOGETHER], client) for first in range(_TOGETHER))


async def _purge_each(ended: Sequence[Instance], client: Executions) -> list[Exception]:
    """Purge one after another. Returns why some could not be."""
    failures: list[Exception] = []
    for instance in ended:
        try:
            if not await _is_needed(instance, client):
                await client.purge_instance_history(instance["instanceId"])
        except Exception as failure:  # the SDK raises a bare Exception
            failures.append(failure)
    return failures


async def _is_needed(instance: Instance, client: Executions) -> bool:
    """Whether it keeps the template of an execution that has not ended: a package may allow more than HISTORY_DAYS."""
    if instance["name"] != contents.ORCHESTRATOR:
        return False
    request_id = instance["instanceId"].removeprefix(contents.PREFIX)
    return executions.is_active(await executions.find_execution(client, request_id))


async def _report_lost(instance_id: str, client: Executions) -> None:
    """Start a run that publishes the event of an execution that ended without one, unless that was done."""
    report_id = f"{instance_id}-lost"
    if await executions.find_execution(client, report_id) is not None:
        return
    status = await executions.find_execution(client, instance_id, show_input=True)
    run = executions.read_run(status)
    if run is None or instance_id != run.request_id:
        return
    ended_as = executions.read_state(status)
    reason = f"the execution ended without an event ({ended_as}): what it made may not be in any topology"
    reported = build_event(run.request_id, {}, failure=(FailureCode.INTERNAL_ERROR, reason))
    await acceptance.start(client, report_id, run.model_copy(update={"event": reported, "sealed": ""}))
    metrics.record(metrics.LOST, 1)


async def _read_pages(pages: Iterator[list[Instance]]) -> AsyncIterator[list[Instance]]:
    """The pages of a list, each read in a thread."""
    while (page := await asyncio.to_thread(next, pages, None)) is not None:
        yield page
