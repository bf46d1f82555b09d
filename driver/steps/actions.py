"""The steps of `call`: an ARM action on the owned resources of a type.

Both take passes. A pass POSTs what has not been accepted yet, polls what runs, and returns with the time of the next
call. To restart a machine twice is not harmless: what ARM has accepted is POSTed again only if its operation failed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from pydantic import Field, model_validator

from driver.azure import deadlines, resources
from driver.azure.operations import compute_poll_wait, poll
from driver.azure.refusals import Refusal, SignInRefused, SignInUnavailable
from driver.models.events import FailureCode, Topology
from driver.models.model import Model
from driver.models.orders import AzureLocation, Call, Deploy, Order
from driver.models.outcomes import Outcome, State, WaitingFor, complete, fail, keep_running, succeed
from driver.resource_ids import ResourceId
from driver.steps import inventory
from driver.steps.repetition import ABSENT_SECONDS, compute_restart, join_causes
from driver.topology import apply_changes, list_owned
from driver.waiting import Waiting, compute_age, tell_time

_REFUSED = Waiting(initial=1, factor=2, maximum=30, jitter=0.5)
_SHORTEST_PAUSE = 0.5  # seconds between two passes
_GONE = (404, 410)
_PASS_SECONDS = 30.0  # after which a pass POSTs nothing more


class Action(Model):
    """The action on one resource, whose `id` is None in a run of release 2.0.0.

    `phase`: `waiting` to be POSTed; `running`, its operation at `url` is polled; `over`; `failed`. `since`: when its
    operation began, `due`: the time of the next call (both ISO 8601). `absent_since`: since when ARM answers 404 or 410
    about the operation. `refusals` of the POST, or of polls, in a row; `failures` of the operation, and the `first`
    cause of them. `reason`: why it is not over; `is_entra`: Entra ID is away. `code`: of the failure.
    """

    id: ResourceId | None = None
    phase: Literal["waiting", "running", "over", "failed"] = "waiting"
    url: str = ""
    since: str = ""
    due: str = ""
    absent_since: str = ""
    refusals: int = 0
    failures: int = 0
    first: str = ""
    reason: str = ""
    is_entra: bool = False
    code: FailureCode | None = None

    @property
    def is_ended(self) -> bool:
        return self.phase in ("over", "failed")

    def is_due(self, now: datetime) -> bool:
        return not self.is_ended and (not self.due or datetime.fromisoformat(self.due) <= now)

    def wait(self, seconds: float, refused: Refusal | None = None, **changes: Any) -> "Action":
        """This action, with its next call after some seconds."""
        due = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
        said = {"reason": self._describe(refused), "is_entra": isinstance(refused, SignInRefused | SignInUnavailable)}
        return self.model_copy(update={"due": due, **said, **changes})

    def fail(self, refused: Refusal) -> "Action":
        changes = {"phase": "failed", "reason": self._describe(refused), "code": refused.verdict.code}
        return self.model_copy(update=changes)

    def _describe(self, refused: Refusal | None) -> str:
        if refused is None:
            return ""
        text = join_causes(self.first, refused.cause.text)
        return f"{self.id}: {text}" if self.id else text


class CallState(State):
    """The actions on all targets. `outputs` and `topology` are those of the deployment before, if there was one."""

    actions: tuple[Action, ...] = ()
    outputs: dict[str, Any] = Field(default_factory=dict)
    topology: Topology = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _read_former_fields(cls, data: Any) -> Any:
        """Release 2.0.0 wrote the `urls` of the operations."""
        if not isinstance(data, dict) or "urls" not in data:
            return data
        return {"actions": [{"url": url, "phase": "running"} for url in data["urls"]], **data}

    def report_topology(self) -> Topology:
        return self.topology


def call_action(order: Order, state: CallState, attempt: int) -> Outcome:
    """Find the targets and POST the action on each. If the worker dies meanwhile, those are POSTed again."""
    work, owned = _require_call(order), apply_changes(order.topology, state.topology)
    topology, _ = inventory.expand_former_entries(order.location, owned, groups=False)
    targets = [entry.id for entry in list_owned(topology).values() if entry.id.is_of_type(work.on)]
    if not targets and work.may_be_gone:
        return complete(state.outputs, state.topology)
    if not targets:
        return fail(FailureCode.RESOURCE_NOT_FOUND, f"'{work.action}': this resource owns no {work.on}", state)
    begun = _take_pass(order, work, (Action(id=target) for target in targets))
    begun_state = state.model_copy(update={"actions": begun})
    outcome = _build_outcome(work, begun_state)
    return outcome if outcome.kind == "Failed" else succeed(begun_state, after=outcome.after)


def watch_action(order: Order, state: CallState, attempt: int) -> Outcome:
    """One pass. The transition completes when all operations have succeeded."""
    work = _require_call(order)
    taken = _take_pass(order, work, state.actions)
    return _build_outcome(work, state.model_copy(update={"actions": taken}))


def _take_pass(order: Order, work: Call, actions: Iterable[Action]) -> tuple[Action, ...]:
    """The actions after a call for each that is due; in the last pass, which is at the deadline, all are polled. Raises
    no Refusal: what was accepted must not be forgotten.
    """
    now = datetime.now(UTC)
    end = now + timedelta(seconds=_PASS_SECONDS)
    is_last = deadlines.is_reached()
    taken = []
    for action in actions:
        is_due = action.is_due(now) or (is_last and action.phase == "running")
        if not is_due or datetime.now(UTC) > end:
            taken.append(action)
        elif action.phase == "running":
            taken.append(_watch(order.location, action))
        else:
            taken.append(_post(order.location, action, work))
    return tuple(taken)


def _build_outcome(work: Call, state: CallState) -> Outcome:
    actions = state.actions
    reasons = "; ".join(action.reason for action in actions if action.reason)
    left = [action for action in actions if not action.is_ended]
    if left:
        now = datetime.now(UTC)
        pause = min((datetime.fromisoformat(action.due) - now).total_seconds() if action.due else 0 for action in left)
        waiting = WaitingFor(waits_for="entra") if any(action.is_entra for action in left) else None
        outcome = keep_running(max(_SHORTEST_PAUSE, pause), state, reasons)
        return outcome.model_copy(update={"refused": bool(reasons), "waiting": waiting})
    failed = [action for action in actions if action.phase == "failed"]
    if not failed:
        return complete(state.outputs, state.topology, repeatable=not state.topology)
    done = [str(action.id) for action in actions if action.phase == "over"]
    text = f"'{work.action}' has failed: {reasons}" + (f" (done for {', '.join(done)})" if done else "")
    return fail(failed[0].code or FailureCode.INFRASTRUCTURE_ERROR, text, state)


def _post(location: AzureLocation, action: Action, work: Call) -> Action:
    if action.id is None:
        raise ValueError("an action of release 2.0.0 cannot be begun again: its target is not known")
    try:
        operation = resources.act(location, action.id, work.action)
    except Refusal as refused:
        if refused.is_absence and work.may_be_gone:
            return action.model_copy(update={"phase": "over", "reason": ""})
        verdict = refused.verdict
        if action.refusals >= verdict.tries:
            return action.fail(refused)
        wait = max(verdict.wait, _REFUSED.compute_seconds(action.refusals, refused.retry_after))
        return action.wait(wait, refused, refusals=action.refusals + 1, first=action.first or refused.cause.text)
    begun: dict[str, Any] = {"url": operation.url, "since": tell_time()}
    begun |= {"phase": "running" if operation.url else "over"}
    first = action.first if action.failures else ""
    wait = compute_poll_wait(location, 0, operation.retry_after)
    return action.wait(wait, refusals=0, first=first, **begun)


def _watch(location: AzureLocation, action: Action) -> Action:
    try:
        operation = poll(location, action.url)
    except Refusal as refused:
        return _judge_poll(location, action, refused)
    if operation.is_over:
        return action.model_copy(update={"phase": "over", "url": "", "reason": ""})
    return _poll_again(location, action, operation.retry_after, refusals=0, absent_since="")


def _poll_again(
    location: AzureLocation, action: Action, retry_after: float, refused: Refusal | None = None, **changes: Any
) -> Action:
    wait = compute_poll_wait(location, compute_age(action.since), retry_after)
    wait = max(wait, refused.verdict.wait) if refused else wait
    return action.wait(wait, refused, since=action.since or tell_time(), **changes)


def _judge_poll(location: AzureLocation, action: Action, refused: Refusal) -> Action:
    """The action after a poll that was refused, or whose operation has failed."""
    if refused.status == 200:
        pause = compute_restart(refused, action.failures) if action.id else None
        if pause is None:
            return action.fail(refused)
        first = action.first or refused.cause.text
        return action.wait(pause, refused, phase="waiting", url="", failures=action.failures + 1, first=first)
    if refused.status in _GONE and compute_age(action.absent_since) < ABSENT_SECONDS:
        return _poll_again(
            location, action, refused.retry_after, refused, absent_since=action.absent_since or tell_time()
        )
    if refused.status not in _GONE and action.refusals < refused.verdict.tries:
        return _poll_again(location, action, refused.retry_after, refused, refusals=action.refusals + 1)
    return action.fail(refused)


def _require_call(order: Order) -> Call:
    work = order.work.then if isinstance(order.work, Deploy) else order.work
    if not isinstance(work, Call):
        raise TypeError(f"a step of call was called for a {order.work.verb}")
    return work
