"""What a resource owns of the things that its deployment wrote: the rule, and a reason for every refusal.

A resource is owned if both are shown:

1. The deployment wrote it: it stands in `outputResources` of the record, or the record has an operation of kind Create
   for it that did not fail because something else has its name. A nested record counts if it has the correlation id of
   this run. If another run has overwritten it, `outputResources` is enough for what this deployment's look has found
   absent, and the other run has not created.
2. It did not exist before: a GET before the first PUT answered 404 for it, or for something that contains it and that
   this deployment made as well. Or it was created later than that look, by the clock of ARM, in whole seconds.

Without evidence it is not owned: the driver leaves it behind rather than deleting what may belong to somebody else.
What the incoming topology names is owned already. ADR 19, ADR 43.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import Field

from driver.azure.meanings import find_verdict
from driver.azure.writes import Writes
from driver.models.events import FailureCode
from driver.models.model import Model
from driver.models.outcomes import NotOwned
from driver.resource_ids import ResourceId

EXISTED = "it existed before the deployment"
NOT_CREATED = "no operation of this deployment created it"
TAKEN = "the deployment did not create it: something else has its name"
OVERWRITTEN = "what this nested deployment wrote is not known: a later deployment of its name has replaced its record"
NO_ID = "it has no ARM id, so the driver can neither show nor delete it"


class Evidence(Model):
    """What the look before a deployment has shown. `absent`: GET answered 404. `present`: GET found it. `unknown`: why
    GET showed neither, by the text of the id. `referred`: what the template only refers to. `named`: what a
    deployment that prunes may leave out of its record though its template names it: what is written only if there is
    none, and, where ARM's validation was asked, all that it has named. `expected`: how many
    resources the template writes, by the same knowledge; at most, since some may have a condition.

    `looked_at` is the time of the last answer by ARM's clock, in whole seconds; `ended_at` the end of the look by the
    driver's. Both are ISO 8601.
    """

    absent: tuple[ResourceId, ...] = ()
    present: tuple[ResourceId, ...] = ()
    unknown: dict[str, str] = Field(default_factory=dict)
    referred: tuple[ResourceId, ...] = ()
    named: tuple[ResourceId, ...] = ()
    expected: int = 0
    looked_at: str = ""
    ended_at: str = ""

    def shows_same(self, other: "Evidence") -> bool:
        """Whether two looks have found the same things absent, present and unknown."""
        return all(
            set(one) == set(another)
            for one, another in (
                (self.absent, other.absent),
                (self.present, other.present),
                (self.unknown, other.unknown),
            )
        )


@dataclass(frozen=True)
class Claims:
    """The resources that are owned from now on, with the evidence, and those that were written and are not owned, with
    the reason.
    """

    owned: Mapping[ResourceId, str] = field(default_factory=dict)
    not_owned: tuple[NotOwned, ...] = ()


@dataclass(frozen=True)
class Written:
    """What a deployment wrote: `listed` by its record (`outputResources`), and by its operations; `writes` is None if
    these were not read. `unnamed` describes what has no ARM id.
    """

    listed: tuple[ResourceId, ...] = ()
    writes: Writes | None = None
    unnamed: tuple[str, ...] = field(default=())

    @property
    def ids(self) -> tuple[ResourceId, ...]:
        created = self.writes.created if self.writes else ()
        return tuple(dict.fromkeys([*self.listed, *created]))

    @property
    def taken(self) -> set[ResourceId]:
        """What could not be created because something exists that has its name."""
        failed = [write for write in self.writes.operations if write.failure] if self.writes else []
        exists = FailureCode.RESOURCE_ALREADY_EXISTS
        return {write.target for write in failed if write.failure and find_verdict(write.failure, 200).code is exists}


def list_unshown(evidence: Evidence, written: Written, known: Iterable[ResourceId]) -> list[ResourceId]:
    """The written resources for which the look has shown nothing. The time of their creation may show that they are
    new.
    """
    only_referred = (one for one in evidence.referred if not _is_created(one, written))
    shown = {*evidence.present, *only_referred, *known}
    made = {*written.ids} - written.taken
    return [one for one in written.ids if one not in shown and _find_absent(one, evidence, made) is None]


def claim_resources(
    evidence: Evidence,
    written: Written,
    created_at: Mapping[ResourceId, datetime | None],
    known: Iterable[ResourceId],
) -> Claims:
    """Decide what is owned of the things that a deployment wrote. `created_at` has the times of creation of those that
    the look did not show. `known` is owned already.
    """
    owned: dict[ResourceId, str] = {}
    not_owned: list[NotOwned] = [NotOwned(id=text, reason=NO_ID) for text in written.unnamed]
    already = set(known)
    for written_id in written.ids:
        if written_id in already or (written_id in evidence.referred and not _is_created(written_id, written)):
            continue
        is_owned, reason = _judge(written_id, evidence, written, created_at)
        if is_owned:
            owned[written_id] = reason
        else:
            not_owned.append(NotOwned(id=written_id.text, reason=reason))
    if written.writes is not None:
        not_owned += [NotOwned(id=record.text, reason=OVERWRITTEN) for record in written.writes.foreign]
    return Claims(owned, tuple(not_owned))


def _judge(
    written_id: ResourceId, evidence: Evidence, written: Written, created_at: Mapping[ResourceId, datetime | None]
) -> tuple[bool, str]:
    """Whether a written resource is owned, and why."""
    if not written_id.type:
        return False, NO_ID
    if written.writes is not None and not (
        _is_created(written_id, written) or _is_in_lost_record(written_id, evidence, written.writes)
    ):
        return False, NOT_CREATED
    if written_id in written.taken:
        return False, TAKEN
    if written_id in evidence.present:
        return False, EXISTED
    absent = _find_absent(written_id, evidence, {*written.ids} - written.taken)
    if absent is not None:
        return True, f"before the deployment {absent} did not exist"
    created = created_at.get(written_id)
    cause = evidence.unknown.get(written_id.text, "the look before the deployment did not cover it")
    if created is None or not evidence.looked_at:
        return False, f"nothing shows that it is new: {cause}, and ARM gives no time of its creation"
    if created.replace(microsecond=0) <= datetime.fromisoformat(evidence.looked_at):
        return False, f"nothing shows that it is new: {cause}, and it was created at {created.isoformat()}"
    return True, f"it was created at {created.isoformat()}, after the look of {evidence.looked_at}"


def _find_absent(written_id: ResourceId, evidence: Evidence, made: set[ResourceId]) -> ResourceId | None:
    """The written resource if the look has shown that it did not exist, else something of which that is shown, that
    contains it and that was made as well.
    """
    absent = set(evidence.absent)
    if written_id in absent:
        return written_id
    return next((outer for outer in written_id.list_containers() if outer in absent and outer in made), None)


def _is_in_lost_record(written_id: ResourceId, evidence: Evidence, writes: Writes) -> bool:
    """Whether the operation that created a listed resource must be in a nested record that was overwritten: the look
    covers only what this deployment's template names.
    """
    return bool(writes.foreign) and written_id in evidence.absent and written_id not in writes.of_others


def _is_created(written_id: ResourceId, written: Written) -> bool:
    return written.writes is not None and written_id in written.writes.created
