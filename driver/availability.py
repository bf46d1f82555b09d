"""Whether Kafka takes events, as far as this process knows."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

TRIAL_SECONDS = 15.0  # between two records that are tried while Kafka answers but acknowledges nothing
_log = logging.getLogger("driver.events")


@dataclass(frozen=True)
class Condition:
    """Whether Kafka is away, why, and the time of the last change (ISO 8601). `is_known` is false until a call to Kafka
    has shown it. `is_silent`: it is away, and does not even answer.
    """

    is_known: bool = False
    is_away: bool = False
    is_silent: bool = False
    reason: str = ""
    since: str = ""


class Availability:
    """The condition of Kafka. It is away as soon as it does not acknowledge a record in time or does not answer.

    It is back once it acknowledges a record, or answers. An answer is not enough if a record was not acknowledged
    although Kafka had answered: then one record is tried from time to time.
    """

    def __init__(self) -> None:
        self.condition = Condition(reason="Kafka has not answered yet", since=_format_now())
        self._lock = threading.Lock()
        self._failures = 0  # times that Kafka was found away by a record, since it last acknowledged one
        self._trial_at = 0.0
        self._answers = False
        self._on_answer: Callable[[], None] | None = None

    def follow(self, on_answer: Callable[[], None]) -> None:
        """Call `on_answer` whenever Kafka begins to answer, now if it does. It must return at once."""
        with self._lock:
            self._on_answer = on_answer
            if self.condition.is_known and not self.condition.is_silent:
                on_answer()

    def admits_record(self) -> bool:
        """Whether a record may be sent now. While Kafka only answers, this is true for one caller at a time."""
        if not self.condition.is_away:
            return True
        with self._lock:
            is_trial = self._answers and time.monotonic() >= self._trial_at
            if is_trial:
                self._trial_at = time.monotonic() + TRIAL_SECONDS
            return is_trial

    def note_acknowledgement(self) -> None:
        """Kafka has acknowledged a record."""
        with self._lock:
            self._failures = 0
            self._note_return()

    def note_answer(self, is_sending: bool) -> None:
        """Kafka has answered a question. `is_sending`: a record is on its way, whose report will say more."""
        with self._lock:
            self._answers = True
            before = self.condition
            self.condition = replace(before, is_silent=False)
            if not before.is_away or (self._failures <= 1 and not is_sending):
                self._note_return()
            elif before.is_silent:
                self._tell_follower()

    def note_failure(self, reason: str) -> None:
        """Kafka has not acknowledged a record."""
        with self._lock:
            if not self.condition.is_away:
                self._failures += 1
                self._trial_at = time.monotonic() + TRIAL_SECONDS
                self._note_absence(reason)

    def note_silence(self, reason: str) -> None:
        """Kafka has not answered a question, or has answered that it takes no events."""
        with self._lock:
            self._answers = False
            self._note_absence(reason)
            self.condition = replace(self.condition, is_silent=True)

    def _note_return(self) -> None:
        before = self.condition
        if before.is_away or not before.is_known:
            self.condition = Condition(is_known=True, since=_format_now())
            self._tell_follower()
        if before.is_away:
            _log.info("Kafka takes events again; it did not since %s", before.since)

    def _tell_follower(self) -> None:
        if self._on_answer is not None:
            self._on_answer()

    def _note_absence(self, reason: str) -> None:
        before = self.condition
        since = before.since if before.is_away or not before.is_known else _format_now()
        silent = before.is_silent
        self.condition = Condition(is_known=True, is_away=True, is_silent=silent, reason=reason, since=since)
        if not before.is_away:
            _log.warning("Kafka takes no events: %s", reason)


def _format_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
