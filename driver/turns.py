"""Whose turn it is: a resource has one transition at a time (ADR 17).

Before the first step of its verb an execution looks for the other executions of its resource. It goes on once each of
them has ended, or says that it waits for this one. What they reported and Brent had not read when it sent the request
is added to the order's topology.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from driver import executions
from driver.errors import NotReady
from driver.models.events import Topology
from driver.models.outcomes import Outcome, State, WaitingFor, keep_running
from driver.models.runs import PUBLISH, takes_turn
from driver.publication import build_failure
from driver.topology import list_owned
from driver.waiting import Waiting

_WAITS = Waiting(initial=0.3, factor=1.6, maximum=15.0)  # until the next look
# The task hub's times are whole seconds, and each host has its own clock. To apply a report a second time does no harm
# if all later ones follow.
_MARGIN = timedelta(seconds=10)
_TOPOLOGY = TypeAdapter(Topology)


@dataclass(frozen=True)
class Contender:
    """The execution that looks. `topology` is that of the incoming request; what others reported before `since` is in
    it. `awaited` are the requestIds that it has waited for.
    """

    request_id: str
    accepted_at: datetime
    since: datetime
    topology: Topology = field(default_factory=dict)
    awaited: tuple[str, ...] = ()

    def names_record_of(self, request_id: str) -> bool:
        """Whether the topology names the deployment of another execution, whose name ends with the requestId."""
        ids = (entry.id for entry in list_owned(self.topology).values())
        return any(one.is_deployment and one.name.lower().endswith(request_id) for one in ids)


@dataclass(frozen=True)
class Turn:
    """What a look has found: the requestIds to wait for, the first accepted one first. If there are none: what the
    others reported that the request's topology does not say, where null stands for what was removed.
    """

    blocked_by: tuple[str, ...] = ()
    found: Topology = field(default_factory=dict)


class _Other:
    """Another execution of the resource, as the task hub's HTTP API shows it. One of an older release shows less: it is
    waited for until it has ended.
    """

    def __init__(self, instance: Mapping[str, Any]) -> None:
        self.request_id: str = instance["instanceId"]
        self.is_active = instance["runtimeStatus"] in executions.ACTIVE
        self._instance = instance
        custom = executions.read_json(instance.get("customStatus"))
        self._shown: Mapping[str, Any] = custom if isinstance(custom, dict) else {}
        content = executions.read_json(instance.get("input"))
        self._input: Mapping[str, Any] = content if isinstance(content, dict) else {}

    @property
    def takes_turn(self) -> bool:
        return takes_turn(self._shown.get("transition", ""), self._shown.get("verb", ""))

    @property
    def is_publishing(self) -> bool:
        return bool(self._shown.get("step") == PUBLISH)

    @property
    def is_repeated(self) -> bool:
        """Whether it has failed before, so that its record may be in a topology though it runs."""
        return bool(self._input.get("since"))

    @property
    def place(self) -> tuple[datetime, str]:
        """The sort key that decides which of two executions comes first."""
        accepted_at = self._shown.get("acceptedAt") or self._instance["createdTime"]
        return datetime.fromisoformat(accepted_at), self.request_id

    @property
    def ended_at(self) -> datetime:
        """When the transition was over; its event may have been acknowledged later."""
        return datetime.fromisoformat(self._shown.get("endedAt") or self._instance["lastUpdatedTime"])

    @property
    def event(self) -> Mapping[str, Any] | None:
        """The event, if it has ended; or if it only publishes, and has continued as new with its event."""
        if not self.is_active:
            output = executions.read_json(self._instance.get("output"))
            return output if isinstance(output, dict) and "status" in output else None
        progress = self._input.get("progress") or {}
        if progress.get("step") != PUBLISH:
            return None
        return progress["event"] or build_failure({**progress, "requestId": self.request_id})

    def is_news_for(self, own: Contender) -> bool:
        """Whether Brent may not have read its event when it sent the request."""
        updated_at = datetime.fromisoformat(self._instance["lastUpdatedTime"])
        return self.is_active or self.request_id in own.awaited or updated_at >= own.since - _MARGIN

    def needs_input(self, own: Contender) -> bool:
        """Whether the list does not show enough of it."""
        if self.is_active:
            return self.is_publishing or own.names_record_of(self.request_id)
        return self._instance["runtimeStatus"] == "Completed" and self.event is None and self.is_news_for(own)

    def lets_pass(self, own: Contender) -> bool:
        """Whether `own` may go on while this one is active."""
        if self.event is not None or (self._input and own.names_record_of(self.request_id) and not self.is_repeated):
            return True
        waiting = self._shown.get("waiting") or {}
        return waiting.get("requestId") == own.request_id and (own.accepted_at, own.request_id) < self.place


def take_turn(
    payload: Mapping[str, Any], topology: Topology, state: State, client: executions.Executions
) -> State | Outcome:
    """Look for the other executions of the resource. The state with which this one goes on, or the outcome to wait.

    `payload` is that of the step: `since` is the time up to which the request's topology is complete.
    """
    request_id = payload["requestId"]
    own = Contender(
        request_id=request_id,
        accepted_at=datetime.fromisoformat(payload["acceptedAt"]),
        since=datetime.fromisoformat(payload["since"]),
        topology=topology,
        awaited=state.awaited,
    )
    seconds = _WAITS.compute_seconds(state.looks)
    looked = state.model_copy(update={"looks": state.looks + 1})
    try:
        listed = executions.list_resource_executions(client, request_id)
        turn = find_turn(own, listed, lambda other_id: executions.read_execution(client, other_id))
    except NotReady as error:
        return wait_for(None, seconds, looked, str(error))
    if not turn.blocked_by:
        return state.model_copy(update={"has_turn": True, "found": turn.found})
    awaited = tuple(dict.fromkeys((*state.awaited, *turn.blocked_by)))
    first = turn.blocked_by[0]
    if first == request_id:
        return wait_for(None, seconds, looked, "the task hub does not list this execution yet")
    return wait_for(first, seconds, looked.model_copy(update={"awaited": awaited}))


def wait_for(request_id: str | None, seconds: float, state: State, reason: str = "") -> Outcome:
    """The outcome of a step that waits for another execution."""
    reason = reason or f"execution {request_id} of this resource has not ended"
    waiting = WaitingFor(waits_for="request", request_id=request_id)
    return keep_running(seconds, state, reason).model_copy(update={"waiting": waiting})


def find_turn(
    own: Contender,
    instances: Iterable[Mapping[str, Any]],
    read_instance: Callable[[str], Mapping[str, Any] | None],
) -> Turn:
    """Decide whether an execution may go on. `instances` are all of its resource, without inputs. `read_instance` gives
    one of them with its input; it is called for few. Raises what it raises.

    While the task hub does not list the execution itself, others may not see it either: then it waits, too.
    """
    listed = {instance["instanceId"]: instance for instance in instances}
    if listed.pop(own.request_id, None) is None:
        return Turn(blocked_by=(own.request_id,))
    # An execution that only sends an event again has a longer id.
    others = [_Other(one) for key, one in listed.items() if len(key) == len(own.request_id)]
    others = [_read_fully(own, other, read_instance) for other in others if other.takes_turn]
    blocking = [other for other in others if other.is_active and not other.lets_pass(own)]
    if blocking:
        return Turn(blocked_by=tuple(other.request_id for other in sorted(blocking, key=lambda other: other.place)))
    found: Topology = {}
    for other in sorted(others, key=lambda other: other.ended_at):
        if other.event is not None and other.is_news_for(own):
            found |= _TOPOLOGY.validate_python(other.event["associatedTopology"])
    return Turn(found={key: entry for key, entry in found.items() if entry != own.topology.get(key)})


def _read_fully(own: Contender, other: _Other, read_instance: Callable[[str], Mapping[str, Any] | None]) -> _Other:
    instance = read_instance(other.request_id) if other.needs_input(own) else None
    return other if instance is None else _Other(instance)
