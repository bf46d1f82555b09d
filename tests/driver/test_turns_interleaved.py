"""Three executions of one resource, interleaved in any way: never two past their first step at once, and all end.

Each starts when it likes, reads the task hub's entries one by one, and what the hub shows of it lags behind.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driver import turns
from driver.turns import Contender
from tests.driver.test_turns import ACCEPTED, NOW, VNET, A, B, C, build_whole, list_instance
from tests.support.events import make_event

IDS = (A, B, C)
ACTIONS = ("start", "read first", "read second", "decide", "show", "end")


@dataclass
class Execution:
    """One execution: what it is, and what the task hub shows of it, if it is there."""

    request_id: str
    ends_publishing: bool
    waits_for: str = ""
    is_past: bool = False
    ended_at: int = 0
    read: dict[str, Mapping[str, Any] | None] = field(default_factory=dict)
    awaited: tuple[str, ...] = ()
    shown: Mapping[str, Any] | None = None
    whole: Mapping[str, Any] | None = None

    @property
    def is_running(self) -> bool:
        return self.shown is not None and not self.ended_at

    def show(self) -> None:
        """Let the task hub catch up with it."""
        if not self.ended_at:
            self.shown = list_instance(self.request_id, waits_for=self.waits_for or None)
            return
        event = make_event({"last": {"id": self.request_id, "type": "t"}, self.request_id: VNET})
        ended_at = (NOW + timedelta(seconds=20 + self.ended_at)).isoformat()
        if self.ends_publishing:
            shown = list_instance(self.request_id, step="publish_event", endedAt=ended_at)
            whole = build_whole(self.request_id, {"step": "publish_event", "event": event})
            self.shown, self.whole = shown, {**shown, "input": whole["input"]}
        else:
            self.shown = list_instance(self.request_id, "Completed", output=event, endedAt=ended_at)


@dataclass
class World:
    executions: dict[str, Execution]
    ended: list[str] = field(default_factory=list)

    def act(self, request_id: str, action: str) -> None:
        """Take an action, if it is possible now."""
        this = self.executions[request_id]
        others = [self.executions[other] for other in IDS if other != request_id]
        if action == "start" and this.shown is None:
            this.shown = list_instance(request_id, "Pending", custom=False)
        elif action == "show" and this.shown is not None:
            this.show()
        elif action == "end" and this.is_past and not this.ended_at:
            self.ended.append(request_id)
            this.ended_at = len(self.ended)
        elif this.is_running and not this.is_past:
            if action.startswith("read"):
                other = others[action == "read second"]
                this.read[other.request_id] = other.shown
            elif action == "decide" and len(this.read) == len(others):
                self._decide(this)

    def _decide(self, this: Execution) -> None:
        accepted_at = ACCEPTED[this.request_id]
        own = Contender(this.request_id, accepted_at, accepted_at, {}, this.awaited)
        listed = [shown for shown in this.read.values() if shown is not None]
        turn = turns.find_turn(
            own, [list_instance(this.request_id), *listed], lambda other: self.executions[other].whole
        )
        this.read = {}
        if turn.blocked_by:
            this.waits_for = turn.blocked_by[0]
            this.awaited = (*this.awaited, *turn.blocked_by)
            return
        this.is_past = True
        active = [one.request_id for one in self.executions.values() if one.is_past and not one.ended_at]
        assert active == [this.request_id]
        expected = {"last": self.ended[-1], **dict.fromkeys(self.ended, "")} if self.ended else {}
        assert turn.found.keys() == expected.keys()
        last = turn.found.get("last")
        assert last is None or last.id.text == self.ended[-1]


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(ACTIONS)), max_size=120),
    st.permutations(IDS),
)
def test_one_at_a_time_and_all_of_them_end(
    publishing: tuple[bool, ...], actions: list[tuple[str, str]], fair: list[str]
) -> None:
    world = World({key: Execution(key, value) for key, value in zip(IDS, publishing, strict=True)})
    for request_id, action in actions:
        world.act(request_id, action)
    for _ in range(12):
        for action in ACTIONS:
            for request_id in fair:
                world.act(request_id, action)
    assert sorted(world.ended) == sorted(IDS)
