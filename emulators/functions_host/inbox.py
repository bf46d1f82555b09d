"""What waits for the next episodes: which instances have messages in the task hub, and what has ended since.

The result of an activity and a timer that is due stay in memory until the episode that takes them: they need no message
of their own in the hub, because the hub still has the activity or the timer. After kill -9 it is run, or fires, again.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from emulators.functions_host.history import Event
from emulators.functions_host.store import ActivityCall, Store, Timer

Ended = tuple[ActivityCall | Timer, Event]  # and the event that tells of it


@dataclass
class Waiting:
    """What waits for an instance: messages in the hub, if `is_stored`, and what has ended since."""

    is_stored: bool = False
    ended: list[Ended] = field(default_factory=list)


class Inbox:
    """The instances that are to have an episode, in the order in which the first thing that waits for them came."""

    def __init__(self, stored: Iterable[str]) -> None:
        """`stored` are the instances with messages in the hub, the longest waiting first."""
        self._waiting: OrderedDict[str, Waiting] = OrderedDict((key, Waiting(is_stored=True)) for key in stored)

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def note_stored(self, instance_id: str) -> None:
        """The hub has a message for the instance."""
        self._waiting.setdefault(instance_id, Waiting()).is_stored = True

    def add(self, work: ActivityCall | Timer, message: Event) -> None:
        """An activity has a result, or a timer is due."""
        self._waiting.setdefault(work.instance_id, Waiting()).ended.append((work, message))

    def pop(self) -> tuple[str, Waiting]:
        """Take the instance that is next."""
        return self._waiting.popitem(last=False)

    def save(self, store: Store) -> None:
        """Put all that is in memory into the hub."""
        for waiting in self._waiting.values():
            save_ended(store, waiting.ended)
            waiting.ended.clear()


def save_ended(store: Store, ended: Iterable[Ended]) -> None:
    """Put what has ended into the hub, as messages."""
    for work, message in ended:
        if store.end(work):
            store.send(work.instance_id, work.execution_id, message)
