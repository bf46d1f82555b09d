"""The rule of ownership: each claim and each refusal."""

from datetime import UTC, datetime

import pytest

from driver.azure.verdicts import Cause
from driver.azure.writes import Write, Writes
from driver.resource_ids import ResourceId
from driver.steps import ownership
from driver.steps.ownership import Evidence, Written, claim_resources, list_unshown

GROUP = ResourceId.parse("/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/rg")
HUB = ResourceId.parse(f"{GROUP}/providers/Microsoft.Network/virtualNetworks/hub")
FRONT = ResourceId.parse(f"{HUB}/subnets/front")
LOCK = ResourceId.parse(f"{HUB}/providers/Microsoft.Authorization/locks/keep")
LOOKED = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
EVIDENCE = Evidence(looked_at=LOOKED.isoformat())


def claim(evidence: Evidence, written: Written, *created: datetime) -> tuple[set[ResourceId], dict[str, str]]:
    times = dict.fromkeys(written.ids, created[0]) if created else {}
    claims = claim_resources(evidence, written, times, ())
    return set(claims.owned), {one.id: one.reason for one in claims.not_owned}


def shown(**changes: object) -> Evidence:
    return EVIDENCE.model_copy(update=changes)


def test_what_was_absent_and_is_listed_is_owned() -> None:
    assert claim(shown(absent=(HUB,)), Written((HUB,))) == ({HUB}, {})


def test_what_existed_is_not_owned() -> None:
    assert claim(shown(present=(HUB,)), Written((HUB,))) == (set(), {HUB.text: ownership.EXISTED})


def test_what_was_absent_and_not_written_is_not_owned() -> None:
    assert claim(shown(absent=(HUB,)), Written()) == (set(), {})


@pytest.mark.parametrize("inner", [FRONT, LOCK])
def test_the_absence_of_a_container_covers_what_is_in_it(inner: ResourceId) -> None:
    assert claim(shown(absent=(HUB,)), Written((HUB, inner))) == ({HUB, inner}, {})
    assert claim(shown(absent=(GROUP,)), Written((GROUP, inner))) == ({GROUP, inner}, {})


def test_the_absence_of_a_container_that_somebody_else_made_covers_nothing() -> None:
    owned, not_owned = claim(shown(absent=(GROUP,)), Written((HUB,)))
    assert owned == set()
    assert "nothing shows that it is new" in not_owned[HUB.text]


def test_what_an_operation_only_used_is_not_owned() -> None:
    """A record may list what a sibling's deployment of the same name wrote."""
    written = Written((HUB, FRONT), Writes(created=(HUB,)))
    assert claim(shown(absent=(HUB, FRONT)), written) == ({HUB}, {FRONT.text: ownership.NOT_CREATED})


def test_what_a_failed_deployment_began_is_owned_if_it_was_absent() -> None:
    assert claim(shown(absent=(HUB,)), Written((), Writes(created=(HUB,)))) == ({HUB}, {})


def test_what_a_deployment_could_not_create_because_it_exists_is_not_owned() -> None:
    taken = Write(GROUP, "failed", Cause("InvalidResourceGroupLocation", "It exists in another region."))
    broken = Write(HUB, "failed", Cause("InternalServerError", "..."))
    written = Written((), Writes(created=(GROUP, HUB), operations=(taken, broken)))
    owned, not_owned = claim(shown(absent=(GROUP,)), written)
    assert (owned, not_owned[GROUP.text]) == (set(), ownership.TAKEN)
    assert "nothing shows that it is new" in not_owned[HUB.text]
    assert claim(shown(absent=(HUB,)), Written((), Writes(created=(HUB,), operations=(broken,))))[0] == {HUB}


@pytest.mark.parametrize(
    ("created", "is_owned"),
    [
        (LOOKED.replace(second=1), True),
        (LOOKED.replace(microsecond=999_999), False),  # the Date of an answer has whole seconds
        (LOOKED.replace(hour=11), False),
    ],
)
def test_what_nobody_looked_at_is_owned_if_it_was_created_later(created: datetime, is_owned: bool) -> None:
    owned, not_owned = claim(EVIDENCE, Written((HUB,), Writes(created=(HUB,))), created)
    assert (owned == {HUB}) is is_owned
    assert ("created at" in not_owned.get(HUB.text, "")) is not is_owned


def test_what_existed_is_not_owned_though_a_later_time_is_given_for_it() -> None:
    """Some providers set the time of creation again with each write."""
    written = Written((HUB,), Writes(created=(HUB,)))
    assert claim(shown(present=(HUB,)), written, LOOKED.replace(hour=13))[0] == set()


def test_without_a_time_nothing_is_shown() -> None:
    evidence = shown(unknown={HUB.text: "GET was refused with MethodNotAllowed"})
    owned, not_owned = claim(evidence, Written((HUB,), Writes(created=(HUB,))))
    assert owned == set()
    assert "MethodNotAllowed" in not_owned[HUB.text]


def test_what_the_template_refers_to_is_neither_owned_nor_reported() -> None:
    assert claim(shown(absent=(HUB,), referred=(HUB,)), Written((HUB,))) == (set(), {})


def test_what_the_template_refers_to_and_a_nested_one_creates_is_owned_by_the_same_evidence() -> None:
    written = Written((HUB,), Writes(created=(HUB,)))
    assert claim(shown(absent=(HUB,), referred=(HUB,)), written) == ({HUB}, {})
    assert list_unshown(shown(referred=(HUB,)), written, []) == [HUB]


def test_what_is_owned_already_is_not_claimed_again() -> None:
    claims = claim_resources(EVIDENCE, Written((HUB,)), {}, [HUB])
    assert claims == ownership.Claims()


def test_what_has_no_arm_id_is_reported() -> None:
    assert claim(EVIDENCE, Written((), None, ("a group of Microsoft Graph",)))[1] == {
        "a group of Microsoft Graph": ownership.NO_ID
    }
    assert claim(EVIDENCE, Written((ResourceId.parse("None"),)))[1] == {"None": ownership.NO_ID}


def test_a_nested_record_that_was_overwritten_is_reported() -> None:
    record = ResourceId.parse(f"{GROUP}/providers/Microsoft.Resources/deployments/nested")
    assert claim(EVIDENCE, Written((), Writes(foreign=(record,))))[1] == {record.text: ownership.OVERWRITTEN}


def test_what_was_written_through_a_record_that_was_overwritten_is_owned_if_it_was_absent() -> None:
    """Its operation is lost with the record. What the other run has created is listed by mistake."""
    record = ResourceId.parse(f"{GROUP}/providers/Microsoft.Resources/deployments/nested")
    writes = Writes(foreign=(record,), of_others=(FRONT,))
    owned, not_owned = claim(shown(absent=(HUB, FRONT)), Written((HUB, FRONT), writes))
    assert owned == {HUB}
    assert not_owned == {FRONT.text: ownership.NOT_CREATED, record.text: ownership.OVERWRITTEN}
    assert claim(EVIDENCE, Written((HUB,), writes))[0] == set()


def test_times_are_asked_only_for_what_the_look_has_not_shown() -> None:
    written = Written((GROUP, HUB, FRONT, LOCK))
    assert list_unshown(shown(absent=(HUB,)), written, [GROUP]) == []
    assert list_unshown(shown(present=(HUB,)), written, [GROUP]) == [FRONT, LOCK]
