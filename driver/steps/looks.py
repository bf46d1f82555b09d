"""The look before a deployment: which of the resources that its template writes exist already.

It is bounded: some GETs at a time, some seconds a step. What is left is looked at in the next step.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from driver.azure import deployments, resources
from driver.azure.operations import Look
from driver.azure.refusals import Refusal, Refused
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models.model import Model
from driver.models.orders import Deploy, Order
from driver.packages.catalogue import find_template
from driver.packages.targets import find_targets, read_api_versions
from driver.resource_ids import ResourceId
from driver.steps.calls import AT_ONCE, call_at_once
from driver.steps.ownership import Evidence
from driver.topology import list_owned
from driver.waiting import Waiting

STEP_SECONDS = 30.0  # after which a step ends with what it has
_PAUSES = Waiting(initial=2.0, factor=1.5, maximum=10.0)  # between two looks at something that is about to change
# Looks at a resource whose group or parent is absent, or that a gateway answered: ARM may not know yet of a group that
# was made a moment ago. Then the deployment is tried, and its resources are owned only by the time of their creation.
_MOST_LOOKS = 5
_MOST_ERRORS = 20  # looks at a resource whose GET fails in the service each time: about three minutes
_GONE_SOON = "is being deleted"


class Search(Model):
    """How far a look is. `pending` are the ids to look at; what lies within another pending one waits for that.
    `open_parents` have children whose names only ARM knows. `validated`: ARM's validation has named all ids. `doubts`
    are the pauses in a row because of an answer that shows neither that something is there nor that it is not.
    """

    pending: tuple[ResourceId, ...] = ()
    open_parents: tuple[ResourceId, ...] = ()
    validated: bool = False
    pauses: int = 0
    doubts: int = 0
    evidence: Evidence = Evidence()


@dataclass(frozen=True)
class Pause:
    """A look that is not over: it goes on after so many seconds, for that reason; `refusal` is that of a GET."""

    search: Search
    after: float = 0.0
    reason: str = ""
    refusal: Refusal | None = None


def begin_search(order: Order, work: Deploy) -> Search:
    """The search for a deployment that is about to be made. Only ids that the driver cannot evaluate cost a call."""
    template = find_template(work)
    scope = deployments.build_deployment_id(order.location, work).scope
    targets = find_targets(template.body, work.parameters, scope)
    named = targets.additional if work.prune else ()
    search = Search(evidence=Evidence(referred=targets.referred, named=named, expected=len(targets.ids)))
    if not targets.is_complete:
        return _add_validated_ids(order, work, search)
    return search.model_copy(
        update={"pending": _select_pending(order, search, targets.ids), "open_parents": targets.open_parents}
    )


def continue_search(order: Order, work: Deploy, search: Search, attempt: int) -> Evidence | Pause:
    """Look at what is pending, for at most STEP_SECONDS. `attempt` counts the refusals so far.

    Raises a Refusal that may pass with time, as long as its verdict allows another try.
    """
    find = _Find(order, read_api_versions(find_template(work).body), search, attempt)
    end = time.monotonic() + STEP_SECONDS
    while True:
        pause = find.look_at_pending(end)
        if pause is not None:
            return pause
        search = find.build_search()
        if search.validated or not _has_open_children(search):
            return search.evidence.model_copy(update={"ended_at": datetime.now(UTC).isoformat()})
        find = _Find(order, find.versions, _add_validated_ids(order, work, search), attempt)


def _add_validated_ids(order: Order, work: Deploy, search: Search) -> Search:
    """The search with the ids of ARM's validation, apart from those that were looked at."""
    validation = deployments.validate(order.location, work, find_template(work).body)
    pending = _select_pending(order, search, validation.ids)
    expected = sum(not one.is_deployment for one in validation.ids)
    evidence = search.evidence.model_copy(update={"expected": max(search.evidence.expected, expected)})
    if validation.answered_at is not None:
        looked_at = max(evidence.looked_at, validation.answered_at.isoformat())
        evidence = evidence.model_copy(update={"looked_at": looked_at})
    if work.prune:
        evidence = evidence.model_copy(update={"named": tuple(dict.fromkeys((*evidence.named, *validation.ids)))})
    after = {"pending": pending, "open_parents": (), "validated": True, "evidence": evidence}
    return search.model_copy(update=after)


def _select_pending(order: Order, search: Search, ids: Iterable[ResourceId]) -> tuple[ResourceId, ...]:
    """The ids that have to be looked at: no records, nothing that is owned or was looked at already."""
    evidence = search.evidence
    done = {*evidence.absent, *evidence.present}
    done |= {entry.id for entry in list_owned(order.topology).values()}
    wanted = (one for one in ids if one.type and not one.is_deployment)
    return tuple(dict.fromkeys(one for one in wanted if one not in done and one.text not in evidence.unknown))


def _has_open_children(search: Search) -> bool:
    """Whether a parent that exists has children whose names are not known. Those of an absent parent are new."""
    return any(parent not in search.evidence.absent for parent in search.open_parents)


@dataclass
class _Find:
    """One step of a look."""

    order: Order
    versions: Mapping[str, tuple[str, ...]]
    search: Search
    attempt: int
    absent: list[ResourceId] = field(default_factory=list)
    present: list[ResourceId] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    answered_at: list[datetime] = field(default_factory=list)
    pending: list[ResourceId] = field(default_factory=list)
    is_in_doubt: bool = False

    def __post_init__(self) -> None:
        self.pending = list(self.search.pending)

    def look_at_pending(self, end: float) -> Pause | None:
        """Look until nothing is pending, the time is over, or something has to be waited for."""
        while self.pending:
            if time.monotonic() >= end:
                return Pause(self.build_search(), reason=f"{len(self.pending)} resources are still to be looked at")
            ready = [one for one in self.pending if not any(outer in self.pending for outer in one.list_containers())]
            answers = call_at_once(self._look, ready[:AT_ONCE])
            waits = [reason for one, answer in answers.items() if (reason := self._note_answer(one, answer))]
            if waits:
                search = self.build_search()
                after = max([_PAUSES.compute_seconds(self.search.pauses), *_list_retry_afters(answers)])
                refusal = next((answer for answer in answers.values() if isinstance(answer, Refusal)), None)
                doubts = search.doubts + 1 if self.is_in_doubt else 0
                search = search.model_copy(update={"pauses": search.pauses + 1, "doubts": doubts})
                return Pause(search, after, "; ".join(waits[:3]), refusal)
        return None

    def build_search(self) -> Search:
        """The search after this step."""
        before = self.search.evidence
        times = [time.isoformat() for time in self.answered_at]
        evidence = before.model_copy(
            update={
                "absent": (*before.absent, *self.absent),
                "present": (*before.present, *self.present),
                "unknown": {**before.unknown, **self.unknown},
                "looked_at": max([before.looked_at, *times]),
            }
        )
        return self.search.model_copy(update={"pending": tuple(self.pending), "evidence": evidence})

    def _look(self, resource_id: ResourceId) -> Look | Refusal:
        try:
            return resources.look(self.order.location, resource_id, self.versions.get(resource_id.type.lower(), ()))
        except Refusal as refused:
            return refused

    def _note_answer(self, resource_id: ResourceId, answer: Look | Refusal) -> str:
        """Note what a GET answered. Returns the reason if it has to be sent again."""
        if answer.answered_at is not None:
            self.answered_at.append(answer.answered_at)
        if isinstance(answer, Refusal):
            return self._note_refusal(resource_id, answer)
        if answer.is_being_deleted:
            return f"{resource_id} {_GONE_SOON}"
        if answer.body is not None:
            self._move(resource_id, self.present)
        elif not answer.is_about_container(resource_id):
            self._move(resource_id, self.absent)
            for inner in [one for one in self.pending if resource_id in one.list_containers()]:
                self.pending.remove(inner)  # covered: this deployment makes what contains it
        else:
            return self._give_up(resource_id, answer.absence.text if answer.absence else "")
        return ""

    def _note_refusal(self, resource_id: ResourceId, refused: Refusal) -> str:
        tries = refused.verdict.tries
        if refused.status >= 500:
            self.is_in_doubt = True
            tries = tries if self.search.doubts < _MOST_ERRORS else 0  # other calls succeed, or it would not come here
        if tries == UNTIL_TIMEOUT:
            return refused.cause.text
        if (
            not isinstance(refused, Refused)
            or refused.status == 401
            or (refused.status != 404 and self.attempt < tries)
        ):
            raise refused
        if refused.cause.code == "HTTP 404":
            return self._give_up(resource_id, refused.cause.text)
        self.unknown[resource_id.text] = f"GET was refused with {refused.cause.text[:200]}"
        self.pending.remove(resource_id)
        return ""

    def _give_up(self, resource_id: ResourceId, text: str) -> str:
        """The reason to look again; empty if that was done often enough. Then nothing is known of the resource."""
        if self.search.doubts < _MOST_LOOKS:
            self.is_in_doubt = True
            return text
        self.unknown[resource_id.text] = f"GET answered {text[:200]}"
        self.pending.remove(resource_id)
        return ""

    def _move(self, resource_id: ResourceId, to: list[ResourceId]) -> None:
        self.pending.remove(resource_id)
        to.append(resource_id)


def _list_retry_afters(answers: Mapping[Any, Look | Refusal]) -> list[float]:
    return [answer.retry_after for answer in answers.values() if isinstance(answer, Refusal)]
