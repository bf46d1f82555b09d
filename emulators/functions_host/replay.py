"""Replays the actions that the SDK returned over an instance's history, as the Durable extension does.

The SDK answers every episode with all actions of the orchestration since its start. The extension carries them out one
after the other against the history: each takes the next event id when it is its turn, and what the history does not yet
hold is new work. Getting these ids right is what keeps the SDK, which counts on its own, in step with the history.
"""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from emulators.functions_host.history import Event, EventType, event, iso, parse

Action = dict[str, Any]
Done = Callable[[bool], None]

REFUSED = {7: "call_entity", 8: "call_http", 9: "signal_entity"}
SCHEDULED = {
    EventType.TaskScheduled: ("an activity task", "ScheduleTaskOrchestratorAction"),
    EventType.SubOrchestrationInstanceCreated: ("a sub-orchestration", "CreateSubOrchestrationAction"),
    EventType.TimerCreated: ("a timer", "CreateTimerOrchestratorAction"),
}
SUCCEEDED = {EventType.TaskCompleted, EventType.SubOrchestrationInstanceCompleted, EventType.TimerFired}
FAILED = {EventType.TaskFailed, EventType.SubOrchestrationInstanceFailed}


class ReplayError(Exception):
    """The orchestration fails, with this text as its output."""


@dataclass
class Replay:
    """The outcome of a replay.

    `activities` and `orchestrators` are the names there are, in lower case; `unknown` are called names not among them.
    `new` holds what the history has not seen yet, by event id: its event and the action's input (activities and
    sub-orchestrations). `continued` is the continue-as-new action, `carried` the external events that came after it and
    belong to the next generation. `finished` means that every action is done and no task is open any more.
    """

    execution_id: str
    actions: list[Action]
    activities: Set[str]
    orchestrators: Set[str]
    new: dict[int, tuple[Event, str | None]] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    continued: Action | None = None
    carried: list[Event] = field(default_factory=list)
    ran_out: bool = False
    _open: dict[int, Done] = field(default_factory=dict)
    _waits: dict[str, list[Done]] = field(default_factory=dict)
    _early: dict[str, int] = field(default_factory=dict)
    _next_id: int = 0
    _time: str = ""

    @property
    def finished(self) -> bool:
        """An orchestration ends (or continues as new) only when all its tasks have; waits for events do not count."""
        return self.ran_out and not self._open

    def run(self, history: Iterable[Event]) -> None:
        """Replay the whole history, the new events included. Raises ReplayError where the two do not fit."""
        for happened in history:
            self._apply(happened, EventType(happened["EventType"]))

    def _apply(self, happened: Event, kind: EventType) -> None:
        if kind is EventType.OrchestratorStarted:
            self._time = happened["Timestamp"]
        elif kind is EventType.ExecutionStarted:
            self._advance(0)
        elif kind in SCHEDULED:
            self._confirm(happened, kind)
        elif kind in SUCCEEDED or kind in FAILED:
            task_id = happened["TimerId"] if kind is EventType.TimerFired else happened["TaskScheduledId"]
            # A cancelled timer and a task that a generation before left behind have nobody waiting.
            self._open.pop(task_id, _ignore)(kind in SUCCEEDED)
        elif kind is EventType.EventRaised and self.continued:
            self.carried.append(happened)
        elif kind is EventType.EventRaised:
            self._raise(happened["Name"].lower())

    def _confirm(self, happened: Event, kind: EventType) -> None:
        """The history says that this id was scheduled before; the replay must have done so too."""
        number, (what, _) = happened["EventId"], SCHEDULED[kind]
        name = happened.get("Name")
        if number not in self.new:
            named = f" and name '{name}' (version '')" if name else ""
            raise _non_deterministic(
                f"{what} with sequence ID {number}{named}",
                "the current replay execution hasn't (yet?) scheduled this task.",
            )
        replayed, _ = self.new[number]
        if (replayed["EventType"], replayed.get("Name")) != (kind, name):
            action = SCHEDULED[EventType(replayed["EventType"])][1]
            other = f" named '{replayed['Name']}'" if replayed["EventType"] == kind else ""
            raise _non_deterministic(
                f"{what} with sequence number {number}" + (f" named '{name}'" if name else ""),
                f"the current orchestration replay instead produced a {action} action{other} with this "
                "sequence number.",
            )
        del self.new[number]

    def _advance(self, index: int) -> None:
        """Carry out the actions from `index` on; each begins when the one before it is done, however that ended."""
        if index == len(self.actions):
            self.ran_out = True
        else:
            self._start(self.actions[index], lambda _: self._advance(index + 1))

    def _start(self, action: Action, done: Done) -> None:
        if self._is_unknown(action):
            # The real host swallows the error: no task, no event id, and the orchestrator waits for ever.
            self.unknown.add(action["functionName"])
            done(False)
        else:
            self._carry_out(action, done)

    def _carry_out(self, action: Action, done: Done) -> None:
        match action["actionType"]:
            case 0:
                self._call_activity(action, done)
            case 1:
                self._retry(self._call_activity, action, done)
            case 2:
                self._call_sub_orchestrator(action, done)
            case 3:
                self._retry(self._call_sub_orchestrator, action, done)
            case 4:
                self.continued = action
                done(True)
            case 5:
                self._create_timer(action["fireAt"], done)
                if action["isCanceled"]:
                    self._open.pop(self._next_id - 1)
                    done(False)
            case 6:
                self._wait(action["externalEventName"].lower(), done)
            case 11 | 12 as kind:
                children = action["compoundActions"]
                self._start_all(children, 1 if kind == 11 else len(children), done)
            case kind:
                raise ReplayError(f"The local host does not support {REFUSED.get(kind, f'action type {kind}')}.")

    def _is_unknown(self, action: Action) -> bool:
        known = {0: self.activities, 1: self.activities, 2: self.orchestrators, 3: self.orchestrators}
        names = known.get(action["actionType"])
        return names is not None and action["functionName"].lower() not in names

    def _start_all(self, actions: list[Action], needed: int, done: Done) -> None:
        """Start all, then wait until `needed` of them are done (1 for any); where there are none, for nothing."""
        left, all_started = needed if actions else 0, False

        def child_done(_: bool) -> None:
            nonlocal left
            left -= 1
            if left == 0 and all_started:
                done(True)

        for action in actions:
            self._start(action, child_done)
        all_started = True
        if left <= 0:
            done(True)

    def _schedule(self, kind: EventType, data: str | None, done: Done, **fields: Any) -> None:
        self.new[self._next_id] = event(kind, self._next_id, **fields), data
        self._open[self._next_id] = done
        self._next_id += 1

    def _call_activity(self, action: Action, done: Done) -> None:
        fields = {"Version": "", "Input": None, "ParentTraceContext": None, "Tags": None}
        self._schedule(EventType.TaskScheduled, action["input"], done, Name=action["functionName"], **fields)

    def _call_sub_orchestrator(self, action: Action, done: Done) -> None:
        child = action["instanceId"] or f"{self.execution_id}:{self._next_id}"
        kind, name = EventType.SubOrchestrationInstanceCreated, action["functionName"]
        fields = {"Version": None, "Input": None, "ClientSpanId": None, "Tags": None}
        self._schedule(kind, action["input"], done, Name=name, InstanceId=child, **fields)

    def _create_timer(self, fire_at: str, done: Done) -> None:
        self._schedule(EventType.TimerCreated, None, done, FireAt=fire_at)

    def _retry(self, call: Callable[[Action, Done], None], action: Action, done: Done) -> None:
        """Call until it succeeds; after every failure comes a timer, even after the last, where it fires at once."""
        options = action["retryOptions"]
        delay = timedelta(milliseconds=options["firstRetryIntervalInMilliseconds"])
        left = options["maxNumberOfAttempts"]

        def called(succeeded: bool) -> None:
            nonlocal left
            left -= 1
            if succeeded:
                done(True)
            elif left > 0:
                self._create_timer(iso(parse(self._time) + delay), lambda _: call(action, called))
            else:
                self._create_timer(self._time, lambda _: done(False))

        call(action, called)

    def _wait(self, name: str, done: Done) -> None:
        """The newest wait of a name gets the next event; an event that came before its wait is kept for it."""
        if self._early.get(name, 0):
            self._early[name] -= 1
            done(True)
        else:
            self._waits.setdefault(name, []).append(done)

    def _raise(self, name: str) -> None:
        if waits := self._waits.get(name):
            waits.pop()(True)
        else:
            self._early[name] = self._early.get(name, 0) + 1


def _non_deterministic(before: str, but: str) -> ReplayError:
    return ReplayError(
        "Non-Deterministic workflow detected: A previous execution of this orchestration scheduled "
        f"{before}, but {but} "
        "Was a change made to the orchestrator code after this instance had already started running?"
    )


def _ignore(_: bool) -> None:
    pass
