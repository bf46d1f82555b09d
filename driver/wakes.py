"""Executions that wait for Kafka are woken when it answers again (ADR 37): until then they need no tries.

Each worker process does it with a thread of its own, whenever it finds that Kafka answers: after Kafka was away, and
once after its start, since the process that knew of the wait may be gone.
"""

import logging
import random
import threading
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from driver import events, executions, instances
from driver.availability import Availability
from driver.errors import NotReady
from driver.models.runs import KAFKA_ANSWERS
from driver.settings import Settings

# Until the executions are listed: one that has just been refused shows its wait a moment later. Then until they are
# listed again, for those that were missed; no more often than this, since some may wait although Kafka answers.
_PAUSES = (3.0, 15.0, 30.0)
# Between two wakes, so that new lifecycles are not held up; less if all could not be woken within the time.
_LONGEST_GAP, _ALL_SECONDS = 0.02, 40.0
_log = logging.getLogger("driver.events")


class Waker:
    """The thread of this process. `client` is the newest that a function was given; it reaches the task hub."""

    def __init__(self, availability: Availability) -> None:
        self.client: Any = None
        self._availability = availability
        self._due = threading.Event()
        threading.Thread(target=self._serve, name="wakes", daemon=True).start()
        availability.follow(self._due.set)

    def _serve(self) -> None:
        while self._due.wait():
            self._due.clear()
            pauses = [*_PAUSES]
            while pauses:
                if self._due.wait(pauses.pop(0)) or self._availability.condition.is_silent:
                    break
                try:
                    if not wake_executions(self.client, self._availability):
                        break
                except NotReady as error:
                    _log.warning("executions that wait for Kafka are not woken yet: %s", error)
                    pauses = pauses or [_PAUSES[-1]]


def follow_kafka(settings: Settings, client: Any) -> None:
    """From now on wake the executions that wait for Kafka whenever it answers again, with that client. Raises NotReady
    if librdkafka refuses the settings.
    """
    if settings.kafka_bootstrap_servers and not settings.events_to_log:
        _open_waker(settings).client = client


def wake_executions(client: Any, availability: Availability) -> int:
    """Wake all executions that wait for Kafka, until it is silent again. Returns how many. It blocks. Raises NotReady
    if the task hub does not do its part.
    """
    waiting = list(_list_waiting(client))
    random.shuffle(waiting)  # other processes do the same
    gap = min(_LONGEST_GAP, _ALL_SECONDS / max(len(waiting), 1))
    count = 0
    for _ in instances.raise_events(client, waiting, KAFKA_ANSWERS):
        count += 1
        if availability.condition.is_silent:
            break
        time.sleep(gap)
    if count:
        _log.info("Kafka answers: %d executions that wait for it were woken", count)
    return count


def _list_waiting(client: Any) -> Iterator[str]:
    for page in instances.list_pages(client, statuses=executions.ACTIVE):
        yield from (one["instanceId"] for one in page if _waits(one))


def _waits(instance: Mapping[str, Any]) -> bool:
    shown = executions.read_json(instance.get("customStatus"))
    waiting = (shown.get("waiting") if isinstance(shown, dict) else None) or {}
    return bool(waiting.get("for") == "kafka")


@cache
def _open_waker(settings: Settings) -> Waker:
    return Waker(events.watch_kafka(settings))
