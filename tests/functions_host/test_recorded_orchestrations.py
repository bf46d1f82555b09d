"""The recorded orchestrations, run on the local host: their results, their histories and what the SDK was given."""

import json
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from tests.functions_host.process import ENDED, Host, wait_until
from tests.functions_host.recordings import normal, parsed, paths, read, report
from tests.support.shared import needs_shared

pytestmark = [needs_shared, pytest.mark.slow]

# What the local host refuses, and bodies that were cut when they were recorded.
NOT_CLAIMED = {
    "c_ent": "entities",
    "c_o_http_http_127.0.0.1_707": "call_http",
    "c_o_rewindable": "rewind",
    "c_o_rewind_sub": "rewind",
    "c_features__x_1_": "the recorded answer was cut",
    "c_big_6000000": "the recorded answer was cut",
    "c_o_retry_fail": "the recorded answer was cut",
}
# The recorded history of a generation that was continued does not tell the first input.
FIRST_INPUT = {
    "c_o_can": None,
    "c_counter_can": None,
    "c_o_can_events": None,
    "c_o_can_keep": None,
    "c_o_can_stale_act": None,
    "c_o_open_can_timer": '"\\"can_timer\\""',
}
# Events that earlier generations took, by the input of the generation.
EARLIER_EVENTS: dict[str, dict[str | None, Any]] = {
    "c_o_can_events": {None: 1, "[1]": 2},
    "c_o_can_keep": {None: "early"},
}
MISSES = {
    "c_o_nondet_name": "the real host lets another activity name pass and cannot show the history that comes of it",
    "c_can_stale_timer__gen_0_": "the real host fired the timer of one second at once; here it is cancelled in time",
    "c_o_mixed": "the real host fired the timers of one second at once, in another order",
}

CONTEXT_MISSES = {
    "can_stale_timer__2-can_stale_timer-967": "the real host fired the timer of one second at once",
    "o_mixed__mix1": "the real host fired the timers of one second at once, in another order",
    "o_can_events__2-o_can_events-3744": "two of the recorded events came in one batch",
    "o_sub_conflict__3-o_sub_conflict-3744": "an event was raised when the result had been recorded",
    "o_subs12__s12": "the children ended in another order",
}


class Run:
    """One recorded orchestration, run again: started, sent its events when their turn comes, waited for."""

    def __init__(self, host: Host, case: str, recorded: dict[str, Any]) -> None:
        self.host, self.case, self.recorded = host, case, recorded
        self.events: list[dict[str, Any]] = recorded["historyEvents"]
        self.id = recorded["instanceId"]
        self.raised: set[Any] = set()
        text = FIRST_INPUT.get(case, self.events[0]["Input"])
        path = f"/runtime/webhooks/durabletask/orchestrators/{recorded['name']}/{self.id}?code={host.key}"
        assert host.ask("POST", path, text, {"Content-Type": "application/json"}).status == 202
        self.raise_first_events()

    def raise_first_events(self) -> None:
        """Raise at once the events that came before everything else: the first activity may end soon."""
        following = [event["EventType"] for event in self.events[1:]]
        first = [None] if self.case in EARLIER_EVENTS else takewhile(lambda kind: kind == "EventRaised", following)
        for number, _ in enumerate(first, start=1):
            wait_until(partial(self.has_events, number))
            self.has_settled()

    def has_events(self, number: int) -> bool:
        """Whether the history has so many events."""
        return len(self.host.status(self.id).get("historyEvents", ())) >= number

    def has_settled(self) -> bool:
        """Raise the next event if all that came before it in the recording has happened; whether all has."""
        status = self.host.status(self.id)
        seen = len(status["historyEvents"])
        earlier = EARLIER_EVENTS.get(self.case, {})
        running = status["runtimeStatus"] == "Running"
        if earlier and running and status["input"] in earlier and status["input"] not in self.raised:
            self.raise_event(status["input"], "e", earlier[status["input"]])
        if status["input"] == self.recorded["input"]:
            for number, event in enumerate(self.events[: seen + 1]):
                if event["EventType"] == "EventRaised" and number not in self.raised:
                    self.raise_event(number, event["Name"], json.loads(event["Input"]))
        ended = status["runtimeStatus"] in ENDED
        return ended or (status["runtimeStatus"] == self.recorded["runtimeStatus"] and seen >= len(self.events))

    def has_its_first_events(self) -> bool:
        """Raise the next event; whether those that came before anything else have been raised."""
        first = list(takewhile(lambda event: event["EventType"] == "EventRaised", self.events[1:]))
        return self.has_settled() or len(self.raised) >= len(first)

    def raise_event(self, turn: Any, name: str, data: Any) -> None:
        self.raised.add(turn)
        assert self.host.webhook("POST", f"/instances/{self.id}/raiseEvent/{name}", data).status == 202


def compared(status: dict[str, Any]) -> dict[str, Any]:
    """What is compared of an instance: everything but times, ids and stack traces."""
    return {key: normal(value) for key, value in status.items() if key != "createdTime"}


def test_recorded_orchestrations(recorded_host: Host) -> None:
    recordings = {path.stem: read(path) for path in paths("orchestrations")}
    claimed = {case: recordings[case] for case in recordings.keys() - NOT_CLAIMED.keys()}
    failed, runs = {}, []
    for case, recording in sorted(claimed.items()):
        body = parsed(recording["response"]["body"])
        if "historyEvents" in body:
            runs.append(Run(recorded_host, case, body))
            wait_until(runs[-1].has_its_first_events)  # before its activity ends, not only when all others were started
        else:
            failed[case] = "no history recorded"
    waiting = list(runs)

    def all_settled() -> bool:
        waiting[:] = [run for run in waiting if not run.has_settled()]
        return not waiting

    try:
        wait_until(all_settled)
    except TimeoutError:
        failed |= {run.case: f"never became as recorded: {recorded_host.status(run.id)}" for run in waiting}
    for run in runs:
        got, expected = compared(recorded_host.status(run.id)), compared(run.recorded)
        if run.case not in failed and got != expected:
            failed[run.case] = f"{got}\n  instead of {expected}"
    report("Orchestrations", claimed, failed, MISSES)
    compare_contexts(recorded_host.folder / "contexts")


def compare_contexts(folder: Path) -> None:
    """What the SDK was given, episode by episode, in those of the runs whose episodes were recorded."""
    claimed, failed = [], {}
    for path in paths("episodes"):
        instance_id = path.stem.partition("__")[2]
        given = folder / f"{instance_id}.jsonl"
        if not given.exists():
            continue
        claimed.append(path.stem)
        got = [normal(json.loads(line)) for line in given.read_text("utf-8").splitlines()]
        expected = [normal(episode["context"]) for episode in read(path)["episodes"]]
        if got != expected:
            failed[path.stem] = difference(got, expected)
    report("Contexts", claimed, failed, CONTEXT_MISSES)


def difference(got: list[Any], expected: list[Any]) -> str:
    if len(got) != len(expected):
        return f"{len(got)} episodes instead of {len(expected)}"
    for number, (one, other) in enumerate(zip(got, expected, strict=True)):
        for event, recorded in zip(one.pop("history"), other.pop("history"), strict=False):
            if event != recorded:
                return f"episode {number}: {event}\n  instead of {recorded}"
        if one != other:
            return f"episode {number}: {one}\n  instead of {other}"
    return "a history of another length"
