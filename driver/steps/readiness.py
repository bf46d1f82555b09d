"""The step that waits, once a deployment has succeeded, until its resources meet the conditions of `readyWhen`.

It only reads, so a step that is repeated does no harm. A condition that a resource has met once is met.
"""

import time
from typing import Any

from pydantic import Field

from driver import telemetry
from driver.azure import resources
from driver.azure.deployments import Deployment
from driver.azure.operations import compute_poll_wait
from driver.azure.refusals import Refusal
from driver.models.events import FailureCode, Topology
from driver.models.model import Model
from driver.models.orders import AzureLocation, Condition, Deploy, Order
from driver.models.outcomes import Outcome, State, WaitingFor, fail, keep_running, succeed
from driver.packages.queries import Finding, check_condition
from driver.resource_ids import ResourceId
from driver.steps.calls import AT_ONCE, call_at_once
from driver.steps.claims import require_deploy
from driver.steps.entries import Entry
from driver.steps.pruning import begin_pruning
from driver.steps.repairs import end_deployment
from driver.steps.repetition import explain_wait
from driver.waiting import compute_age, tell_time

_SECONDS = 30.0  # after which a step looks at nothing more
_LEAST_WAIT = 0.5  # seconds
_LONGEST_TEXT = 200  # characters of a value
_MOST_NAMED = 5  # resources in the reason for a wait; a failure names 20
_MOST_FAILED = 20


class Awaited(Model):
    """A resource that is waited for. `unmet`: the conditions that it has not met, by their places in `readyWhen`.
    `found`: what the last look has shown. `refusals`: of looks, in a row.
    """

    id: ResourceId
    unmet: tuple[int, ...]
    found: str = ""
    refusals: int = 0


class ReadinessState(State):
    """`since`: when the deployment was seen to have succeeded (ISO 8601). `pending`: what is waited for. `missing`: the
    conditions, by their places, for which the deployment has no resource.

    `outputs` and `topology` are those of the deployment; `obsolete` is what is to be pruned then, by topology key.
    """

    since: str = ""
    pending: tuple[Awaited, ...] = ()
    missing: tuple[int, ...] = ()
    outputs: dict[str, Any] = Field(default_factory=dict)
    topology: Topology = Field(default_factory=dict)
    obsolete: dict[str, Entry] = Field(default_factory=dict)

    def report_topology(self) -> Topology:
        return self.topology


def begin_wait(
    work: Deploy, deployment: Deployment, outputs: dict[str, Any], topology: Topology, obsolete: dict[str, Entry]
) -> Outcome:
    """The outcome of a deployment that has succeeded and has conditions: they are waited for next."""
    places = {
        resource_id: tuple(place for place, one in enumerate(work.ready_when) if resource_id.is_of_type(one.on))
        for resource_id in deployment.resource_ids
    }
    awaited = {place for unmet in places.values() for place in unmet}
    state = ReadinessState(
        since=tell_time(),
        pending=tuple(Awaited(id=resource_id, unmet=unmet) for resource_id, unmet in places.items() if unmet),
        missing=tuple(place for place in range(len(work.ready_when)) if place not in awaited),
        outputs=outputs,
        topology=topology,
        obsolete=obsolete,
    )
    return succeed(state).model_copy(update={"following": "await_readiness"})


def await_readiness(order: Order, state: ReadinessState, attempt: int) -> Outcome:
    """Look at all that is pending. When nothing is, the deployment is pruned or ends."""
    work = require_deploy(order)
    if state.missing:
        conditions = "; ".join(_name_condition(work.ready_when[place]) for place in state.missing)
        reason = f"deployment '{work.name}' has no resource of the type of its condition: {conditions}"
        return fail(FailureCode.RESOURCE_NOT_FOUND, reason, state)
    end = time.monotonic() + _SECONDS
    pending: list[Awaited] = []
    refusals: list[Refusal] = []
    left = list(state.pending)
    known = {one.id: one for one in left}
    while left and time.monotonic() < end:
        now, left = [one.id for one in left[:AT_ONCE]], left[AT_ONCE:]
        for awaited, refused in call_at_once(lambda one: _look(order.location, work, known[one]), now).values():
            pending += [awaited] if awaited.unmet else []
            refusals += [refused] if refused else []
            if refused and awaited.refusals > refused.verdict.tries:
                return _fail(work, state, [awaited], refused.verdict.code)
    age = compute_age(state.since)
    late = [one for one in pending if age >= _find_timeout(work, one)]
    looked = state.model_copy(update={"pending": (*left, *pending)})
    if late:
        return _fail(work, looked, late)
    return _wait(order, work, looked, age, refusals, bool(left)) if looked.pending else _end(work, state)


def _look(location: AzureLocation, work: Deploy, awaited: Awaited) -> tuple[Awaited, Refusal | None]:
    """What is waited for of a resource after a look, and why that was refused, if it was."""
    versions = work.ready_when[awaited.unmet[0]].versions
    try:
        body = resources.look(location, awaited.id, versions).body
    except Refusal as refused:
        found = f"it cannot be looked at: {refused.cause.text}"[:_LONGEST_TEXT]
        return awaited.model_copy(update={"found": found, "refusals": awaited.refusals + 1}), refused
    if body is None:
        return awaited.model_copy(update={"found": "it does not exist", "refusals": 0}), None
    findings = {place: check_condition(work.ready_when[place].that, body) for place in awaited.unmet}
    unmet = tuple(place for place, finding in findings.items() if not finding.is_met)
    looked = awaited.model_copy(update={"unmet": unmet, "found": "", "refusals": 0})
    if unmet:
        looked = looked.model_copy(update={"found": _describe(findings[_find_first(work, looked)])})
    return looked, None


def _wait(
    order: Order, work: Deploy, state: ReadinessState, age: float, refusals: list[Refusal], is_unfinished: bool
) -> Outcome:
    """The outcome while something is pending. `is_unfinished`: not all of it was looked at."""
    retry_after = max((refused.retry_after for refused in refusals), default=0.0)
    wait = compute_poll_wait(order.location, age, retry_after)
    wait = max(wait, *(refused.verdict.wait for refused in refusals), 0)
    if not retry_after:
        wait = min(wait, max(_LEAST_WAIT, min(_find_timeout(work, one) for one in state.pending) - age))
    named = [
        f"{one.id.name}: {one.found or 'not looked at yet'}, waits for {work.ready_when[_find_first(work, one)].that}"
        for one in sorted(state.pending, key=lambda one: not one.found)[:_MOST_NAMED]
    ]
    more = [f"and {len(state.pending) - _MOST_NAMED} more"] if len(state.pending) > _MOST_NAMED else []
    outcome = keep_running(0 if is_unfinished else wait, state, "; ".join([*named, *more]))
    if refusals:
        return explain_wait(outcome, refusals[0])
    return outcome.model_copy(update={"waiting": WaitingFor(waits_for="condition")})


def _end(work: Deploy, state: ReadinessState) -> Outcome:
    """The outcome once all is met. It must not be told of again: a resource may have changed meanwhile."""
    if state.obsolete:
        return begin_pruning(state.outputs, state.topology, state.obsolete)
    return end_deployment(work, state.outputs, state.topology)


def _fail(
    work: Deploy,
    state: ReadinessState,
    awaited: list[Awaited],
    code: FailureCode = FailureCode.INFRASTRUCTURE_ERROR,
) -> Outcome:
    """The outcome if resources do not meet a condition in time, or cannot be looked at."""
    age = compute_age(state.since)
    texts = [
        f"{one.id}: {one.found}, {_name_condition(work.ready_when[_find_first(work, one)])}"
        for one in awaited[:_MOST_FAILED]
    ]
    more = [f"and {len(awaited) - _MOST_FAILED} more"] if len(awaited) > _MOST_FAILED else []
    reason = f"not ready {age:.0f} seconds after deployment '{work.name}' succeeded: {'; '.join([*texts, *more])}"
    return fail(code, reason, state)


def _find_first(work: Deploy, awaited: Awaited) -> int:
    """The place of the unmet condition whose time is over first."""
    return min(awaited.unmet, key=lambda place: work.ready_when[place].seconds)


def _find_timeout(work: Deploy, awaited: Awaited) -> int:
    """The seconds after the deployment at which the first unmet condition of a resource has failed."""
    return work.ready_when[_find_first(work, awaited)].seconds


def _name_condition(condition: Condition) -> str:
    return f"readyWhen {condition.on} `{condition.that}` (timeout {condition.seconds} s)"


def _describe(finding: Finding) -> str:
    """What a condition compares, without secrets: `properties.routingState is 'Provisioning'`."""
    texts = []
    for path, value in finding.values.items():
        name = f"{path} = "  # in this form a secret is known by its name, too
        hidden = telemetry.redact(f"{name}{value}").removeprefix(name)
        texts.append(f"{path} is {hidden if len(hidden) <= _LONGEST_TEXT else f'{hidden[:_LONGEST_TEXT]} ...'}")
    return " and ".join(texts)
