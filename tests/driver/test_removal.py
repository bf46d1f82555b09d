"""A removal pass by pass, through the real SDK against a stub of ARM: what counts as gone, what is tried again, what is
waited for, and what is given up. `tests/cases/removal` plays the same kinds through the whole driver.
"""

import logging
import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from driver.azure import throttling
from driver.azure.deadlines import GRACE_SECONDS, limit_calls
from driver.models.events import Topology, TopologyEntry
from driver.models.orders import AzureLocation, Order, Remove
from driver.models.outcomes import Outcome
from driver.resource_ids import ResourceId
from driver.steps.entries import Entry
from driver.steps.passes import RemoveState
from driver.steps.removal import remove_resources
from tests.support.arm_stub import DROP, Raw, Reply, Stub
from tests.support.arm_world import GROUP, World, error, name, pass_time, remove, step
from tests.support.requests import SUBSCRIPTION

A, B, C = (name(f"Contoso.Play/things/{letter}") for letter in "abc")
PART = f"{A}/parts/p"
RECORD = name("Microsoft.Resources/deployments/d")
LOCK = f"{A}/providers/Microsoft.Authorization/locks/keep"
NET = name("Microsoft.Network/virtualNetworks/net")
NIC = name("Microsoft.Network/networkInterfaces/nic")
OTHERS = name("Microsoft.Network/networkInterfaces/somebodys")
RECORD = name("Microsoft.Resources/deployments/d")


@pytest.fixture
def world(stub: Stub, location: AzureLocation) -> World:
    return World(stub, location)


def polled(world: World, resource_id: str = A, status: int = 202) -> None:
    """The DELETE begins an operation, which does nothing by itself."""
    world.say("DELETE", f"{resource_id}\\?", Reply(status, None, {"Azure-AsyncOperation": f"{world.stub.url}/op"}))


def described(outcome: Outcome) -> str:
    return f"{outcome.kind}: {outcome.reason}"


# What counts as gone


def test_a_delete_is_confirmed_by_one_get(world: World) -> None:
    world.add(A, RECORD)
    outcome = remove(world, A, RECORD)
    assert (outcome.kind, len(outcome.topology)) == ("Completed", 2)
    assert [(a.method, a.path.partition("?")[0]) for a in world.stub.asked if "/providers/contoso" not in a.path] == [
        ("DELETE", A),
        ("GET", A),
        ("DELETE", RECORD),
    ]


def test_what_lies_within_a_confirmed_parent_needs_no_call(world: World) -> None:
    world.add(A, PART)
    assert remove(world, A, PART).kind == "Completed"
    assert not world.calls("DELETE", "/parts/") + world.calls("GET", "/parts/")


@pytest.mark.parametrize(
    "poll",
    [
        error(404, "OperationNotFound"),
        error(403, "AuthorizationFailed"),
        error(410, "Gone"),
        error(400, "HttpMethodNotSupported", "The http method 'GET' is not supported here."),
        Reply(200, {"status": "Completed"}),
        Reply(200, {}),
        Reply(200, {"status": "Succeeded"}),
        Reply(200, {"status": "Failed", "error": {"code": "ResourceGroupNotFound", "message": "another one"}}),
    ],
    ids=["404", "403", "410", "no GET", "unknown word", "no word", "over", "failed"],
)
def test_no_poll_says_that_it_is_gone(world: World, poll: Reply) -> None:
    world.add(A)
    polled(world)
    world.say("GET", "/op$", poll)
    assert remove(world, A, passes=10).topology == {}
    world.there.clear()
    assert remove(world, A).kind == "Completed"


@pytest.mark.parametrize("reply", [Reply(202), Reply(200, {"properties": {"provisioningState": "Deleting"}})])
def test_an_answer_without_a_polling_url_is_not_the_end(world: World, reply: Reply) -> None:
    world.add(A, provisioningState="Deleting")
    world.say("DELETE", A, reply)
    outcome = step(world, [A])
    assert described(outcome) == f"Running: {A}: its DELETE was answered, and it is still there (deleting)"
    assert outcome.after == pytest.approx(1, abs=0.5)
    world.there.clear()
    assert step(world, [A], pass_time(outcome)).kind == "Completed"


def test_a_delete_that_did_nothing_is_sent_again(world: World) -> None:
    world.add(A)
    world.say("DELETE", A, Reply(200), times=1)
    assert remove(world, A).kind == "Completed"
    assert len(world.calls("DELETE", A)) == 2


def test_a_delete_is_sent_again_also_where_nobody_may_list_the_group(world: World) -> None:
    """Then ARM does not tell when what is there was created."""
    world.add(A)
    world.say("DELETE", A, Reply(200), times=1)
    world.say("GET", "/resources\\?", error(503, "Busy"), times=1)
    world.say("GET", "/resources\\?", error(403, "AuthorizationFailed"))
    assert remove(world, A).kind == "Completed"
    assert len(world.calls("DELETE", A)) == 2


def test_an_operation_that_never_ends_does_not_hide_that_it_is_gone(world: World) -> None:
    world.add(A)
    polled(world)
    world.say("GET", "/op$", Reply(200, {"status": "Deleting", "percentComplete": 100}))
    state = pass_time(step(world, [A]))
    world.there.clear()
    assert step(world, [A], state).kind == "Running"  # a GET may answer 404 before Azure has done all
    began = (datetime.now(UTC) - timedelta(seconds=301)).isoformat()
    old = {key: entry.change(since=began) for key, entry in state.entries.items()}
    assert step(world, [A], state.model_copy(update={"entries": old})).kind == "Completed"


@pytest.mark.parametrize("made_at", ["systemData", "list"])
def test_what_somebody_has_made_since_the_delete_is_left(world: World, made_at: str) -> None:
    world.add(A)
    polled(world)
    world.say("GET", "/op$", Reply(200, {"status": "Succeeded"}))
    state = pass_time(step(world, [A]))
    later = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    if made_at == "systemData":
        world.there[A]["systemData"] = {"createdAt": later}
    else:
        world.say("GET", "/resources\\?", Reply(body={"value": [{"id": A, "createdTime": later}]}))
    outcome = step(world, [A], state)
    for _ in range(30):
        outcome = outcome if outcome.kind != "Running" else step(world, [A], pass_time(outcome))
    assert (outcome.kind, set(world.there), len(world.calls("DELETE", A))) == ("Completed", {A}, 1)
    assert "what has its id now is not this resource's" in outcome.not_owned[0].reason


def test_a_group_that_is_there_after_its_delete_has_succeeded_is_somebody_elses(world: World) -> None:
    world.add(GROUP)
    world.say("DELETE", GROUP, Reply(202, None, {"Location": f"{world.stub.url}/op"}))
    world.say("GET", "/op$", Reply(200))
    outcome = remove(world, GROUP)
    assert (outcome.kind, set(world.there), len(world.calls("DELETE", GROUP))) == ("Completed", {GROUP}, 1)
    told = r"counts as gone: its DELETE has succeeded; the group that is there \d+ s later is .*, or ARM's answer lags"
    assert re.fullmatch(told, outcome.not_owned[0].reason)


def test_what_is_no_answer_of_arm_does_not_say_that_a_group_is_gone(world: World) -> None:
    """JSON of something between ARM and the driver. Azure has given up deleting the group meanwhile."""
    world.add(GROUP)
    world.say("DELETE", GROUP, Reply(202, None, {"Location": f"{world.stub.url}/op"}), times=1)
    world.say("GET", "/op$", Reply(200, {"message": "Welcome"}))
    outcome = remove(world, GROUP)
    assert (outcome.kind, world.there, outcome.not_owned) == ("Completed", {}, ())
    assert len(world.calls("DELETE", GROUP)) == 2


@pytest.mark.parametrize("status", [403, 405])
@pytest.mark.parametrize("repeated", [Reply(204), error(404, "ResourceNotFound")], ids=["204", "404"])
def test_without_a_get_a_repeated_delete_tells(world: World, status: int, repeated: Reply) -> None:
    world.add(A)
    world.say("GET", f"{A}\\?", error(status, "NotForYou"))
    world.say("DELETE", A, Reply(202), times=3)
    world.say("DELETE", A, repeated)
    assert remove(world, A).kind == "Completed"
    assert len(world.calls("DELETE", A)) == 4


def test_a_group_that_took_the_role_along_counts_as_gone_after_three_looks(world: World) -> None:
    """R8 of the cases."""
    world.add(GROUP)
    world.say("DELETE", GROUP, Reply(202, None, {"Location": f"{world.stub.url}/op"}))
    for url in ("/op$", "/resourceGroups/rg-1\\?"):
        world.say("GET", url, error(403, "AuthorizationFailed"))
    outcome = step(world, [GROUP])
    for _ in range(2):
        outcome = step(world, [GROUP], pass_time(outcome))
        assert outcome.after == pytest.approx(20, abs=1)
    outcome = step(world, [GROUP], pass_time(outcome))
    assert (outcome.kind, outcome.repeatable) == ("Completed", False)
    assert "3 GETs in a row were forbidden" in outcome.not_owned[0].reason


def test_a_group_whose_delete_was_never_accepted_does_not_count_as_gone(world: World) -> None:
    world.add(GROUP)
    for method in ("GET", "DELETE"):
        world.say(method, "/resourceGroups/rg-1\\?", error(403, "AuthorizationFailed"))
    assert described(remove(world, GROUP)).startswith(f"Failed: could not be deleted: {GROUP}: AuthorizationFailed")


# What is tried again


@pytest.mark.parametrize(
    "reply",
    [
        error(409, "Conflict"),
        error(409, "RequestConflict"),
        error(412, "PreconditionFailed"),
        error(403, "AuthorizationFailed"),
        error(401, "ExpiredAuthenticationToken"),
        error(500, "InternalServerError"),
        error(429, "NamespaceInTransition", **{"Retry-After": "1"}),
        error(409, "AnotherOperationInProgress"),
        Reply(DROP),
    ],
    ids=lambda reply: str(reply.body and reply.body["error"]["code"]),
)
def test_a_passing_refusal_is_tried_again(world: World, reply: Reply) -> None:
    world.add(A)
    world.say("DELETE", A, reply, times=5)
    assert remove(world, A).kind == "Completed"


@pytest.mark.parametrize(
    "code", ["InternalServerError", "RetryableError", "OperationPreempted", "InternalExecutionError"]
)
def test_an_operation_that_ends_with_a_passing_error_is_begun_again(world: World, code: str) -> None:
    world.add(A)
    world.say("DELETE", A, Reply(202, None, {"Azure-AsyncOperation": f"{world.stub.url}/op"}), times=2)
    world.say("GET", "/op$", Reply(200, {"status": "Failed", "error": {"code": code, "message": "m"}}))
    assert remove(world, A).kind == "Completed"
    assert len(world.calls("DELETE", A)) == 3


@pytest.mark.parametrize(
    "poll",
    [
        Reply(200, Raw('{"status": "Succ')),
        Reply(200, Raw("<html/>"), {"Content-Type": "text/html"}),
        error(503, "Busy"),
        error(429, "NamespaceInTransition"),
        Reply(DROP),
    ],
    ids=["cut", "html", "503", "429", "drop"],
)
def test_a_poll_that_cannot_be_read_is_repeated(world: World, poll: Reply) -> None:
    world.add(A, provisioningState="Deleting")
    polled(world)
    world.say("GET", "/op$", poll, times=1 if poll.status != DROP else 4)
    world.say("GET", "/op$", Reply(200, {"status": "InProgress"}), times=1)
    outcome = step(world, [A], pass_time(step(world, [A])))
    assert described(outcome).startswith(f"Running: {A}: its operation cannot be read: ")
    outcome = step(world, [A], pass_time(outcome))
    assert described(outcome) == f"Running: {A}: is being deleted"
    assert len(world.calls("DELETE", A)) == 1


def test_what_is_missing_elsewhere_is_tried_again_and_then_given_up(world: World) -> None:
    """R11 of the cases."""
    world.add(A)
    polled(world)
    failed = {"code": "InvalidResourceReference", "message": f"Resource {B} referenced by resource a was not found."}
    world.say("GET", "/op$", Reply(200, {"status": "Failed", "error": failed}))
    outcome = remove(world, A)
    assert (outcome.kind, outcome.topology) == ("Failed", {})
    assert f"{A}: InvalidResourceReference" in outcome.reason
    assert len(world.calls("DELETE", A)) == 2


def test_waits_grow_and_each_entry_has_its_own(world: World) -> None:
    """R16 of the cases: what one entry is asked to wait holds up no other."""
    world.add(A, B, C)
    world.say("DELETE", A, error(429, "NamespaceInTransition", **{"Retry-After": "60"}), times=1)
    outcome = step(world, [A, B, C])
    assert outcome.after == pytest.approx(60, abs=1)
    assert set(world.there) == {A}
    world.say("DELETE", A, error(409, "Conflict"), times=3)
    waits = []
    state = pass_time(outcome)
    for _ in range(3):
        outcome = step(world, [A, B, C], state)
        waits.append(outcome.after)
        state = pass_time(outcome)
    assert all(least / 2 - 1 <= wait <= least for wait, least in zip(waits, (10, 20, 30), strict=True))


def test_the_first_cause_stays_beside_the_last(world: World) -> None:
    world.add(A)
    world.say("DELETE", A, error(409, "Conflict", "1 thing is open"), times=1)
    world.say("DELETE", A, error(409, "Conflict", "2 things are open"), times=1)
    world.say("DELETE", A, error(403, "RequestDisallowedByPolicy", "never"))
    first = step(world, [A])
    assert first.reason == f"{A}: Conflict: 1 thing is open"
    outcome = first
    while outcome.kind == "Running":
        outcome = step(world, [A], pass_time(outcome))
    told = "first: Conflict: 1 thing is open; last: RequestDisallowedByPolicy: never"
    assert described(outcome) == f"Failed: could not be deleted: {A}: {told}"


def test_once_something_else_is_gone_the_first_cause_is_that_of_the_new_try(world: World) -> None:
    entry = Entry(id=ResourceId.parse(A)).try_again(5, 0, "in use by b", refused=True)
    assert entry.get_stuck("denied").reason == "first: in use by b; last: denied"
    assert entry.reset().try_again(5, 0, "locked", refused=True).reason == "locked"


def test_what_azure_reserves_is_tried_soon_and_then_as_seldom_as_it_says(world: World) -> None:
    world.add(NIC)
    world.say("DELETE", NIC, error(400, "NicReservedForAnotherVm", "reserved for 180 seconds."))
    state, waits = RemoveState(), []
    for _ in range(7):
        outcome = step(world, [NIC], state)
        waits.append(outcome.after)
        state = pass_time(outcome)
    expected = (5, 10, 20, 40, 80, 160, 180)
    assert all(most / 2 - 1 <= wait <= most for wait, most in zip(waits, expected, strict=True))


@pytest.mark.parametrize(("retry_after", "least", "most"), [("7", 6, 7), ("", 42, 54)])
def test_while_reads_are_short_polls_slow_down_and_a_retry_after_wins(
    world: World, retry_after: str, least: float, most: float
) -> None:
    throttling.share_limits.cache_clear()
    headers = {"Retry-After": retry_after} if retry_after else {}
    short = {"x-ms-ratelimit-remaining-subscription-reads": "0"}
    world.add(A)
    operation = f"/subscriptions/{SUBSCRIPTION}/op"
    world.say("DELETE", f"{A}\\?", Reply(202, None, {"Azure-AsyncOperation": world.stub.url + operation}))
    world.say("GET", f"{operation}$", Reply(200, {"status": "InProgress"}, {**headers, **short}))
    outcome = step(world, [A])
    outcome = step(world, [A], pass_time(outcome))
    throttling.share_limits.cache_clear()
    assert least <= outcome.after <= most


def test_before_its_time_nothing_is_sent(world: World) -> None:
    world.add(A)
    world.say("DELETE", A, error(409, "Conflict"), times=1)
    outcome = step(world, [A])
    again = step(world, [A], RemoveState.model_validate(outcome.model_dump(mode="json")["state"]))
    assert again.kind == "Running"
    assert len(world.calls("DELETE")) == 1


def test_while_azure_is_too_busy_not_everything_is_tried(world: World) -> None:
    ids = [name(f"Contoso.Play/things/{number}") for number in range(30)]
    world.add(*ids)
    world.say("DELETE", "/things/", error(429, "NamespaceInTransition", **{"Retry-After": "9"}), times=3)
    outcome = step(world, ids)
    assert outcome.after == pytest.approx(9, abs=1)
    assert len(world.calls("DELETE")) == 3
    assert remove(world, *ids).kind == "Completed"


def test_no_more_than_twenty_deletes_run(world: World) -> None:
    ids = [name(f"Contoso.Play/things/{number}") for number in range(30)]
    world.add(*ids)
    world.say("DELETE", "/things/", Reply(202, None, {"Azure-AsyncOperation": f"{world.stub.url}/op"}))
    outcome = step(world, ids)
    assert len(world.calls("DELETE")) == 20
    assert outcome.after == pytest.approx(1, abs=1)
    assert "and 10 more" in outcome.reason


def test_while_azure_works_on_a_resource_a_refusal_is_not_final(world: World) -> None:
    """Also of a step that died after its DELETE was accepted: it is deleted, and another DELETE is refused."""
    for state in ("Updating", "Deleting", "ScheduledForDelete"):
        world.add(A, provisioningState=state)
        world.say("DELETE", A, error(400, "OperationNotAllowed", "it is being worked on"), times=15)
        outcome = remove(world, A, passes=12)
        assert outcome.kind == "Running"
        world.there.clear()
        assert step(world, [A], pass_time(outcome)).kind == "Completed"
        world.answers.clear()


def test_a_refusal_is_not_final_while_a_get_cannot_tell_whether_azure_is_at_work(world: World) -> None:
    world.add(A, provisioningState="Deleting")
    world.say("DELETE", A, error(400, "OperationNotAllowed", "it is being worked on"), times=2)
    world.say("GET", f"{A}\\?", error(503, "Busy"), times=1)
    outcome = step(world, [A])
    assert described(outcome) == f"Running: {A}: OperationNotAllowed: it is being worked on"
    outcome = step(world, [A], pass_time(outcome))
    assert described(outcome) == f"Running: {A}: is being deleted: OperationNotAllowed: it is being worked on"


# What is waited for


def in_use(by: str) -> Reply:
    message = f"Subnet s is in use by {by}/ipConfigurations/ip and cannot be deleted."
    return error(400, "InUseSubnetCannotBeDeleted", message)


def test_a_holder_of_somebody_else_is_named_at_once(world: World) -> None:
    world.add(A, NET)
    world.add(OTHERS, subnet={"id": f"{NET.upper()}/subnets/s"})
    world.say("DELETE", NET, in_use(OTHERS))
    outcome = remove(world, A, NET)
    assert outcome.kind == "Failed"
    assert f"{NET}: InUseSubnetCannotBeDeleted" in outcome.reason
    assert OTHERS in outcome.reason
    assert A not in world.there
    assert len(world.calls("DELETE", NET)) <= 2


@pytest.mark.parametrize("holder", ["gone", "deleting", "ours"])
def test_a_holder_that_goes_is_waited_for(world: World, holder: str) -> None:
    world.add(NET)
    if holder != "gone":
        world.add(
            NIC,
            subnet={"id": f"{NET}/subnets/s"},
            provisioningState="Deleting" if holder == "deleting" else "Succeeded",
        )
    ids = [NET, NIC] if holder == "ours" else [NET]
    world.say("DELETE", f"{NET}\\?", in_use(NIC), times=30)
    world.say("DELETE", f"{NIC}\\?", error(409, "Conflict"), times=3)
    assert remove(world, *ids, passes=20).kind == "Running"
    assert remove(world, *ids).kind == "Completed"


@pytest.mark.parametrize(
    "reply",
    [
        error(400, "RoleDefinitionHasAssignments", "There are existing role assignments referencing role."),
        error(
            409,
            "OperationNotAllowed",
            f"'Image Delete' is not allowed since the Virtual Machines '{NIC}' are being provisioned using the Image.",
        ),
        error(400, "InvalidRequest", "Cluster cannot be deleted while workspaces are linked. Unlink them and retry."),
    ],
    ids=["assignments", "image", "workspaces"],
)
def test_what_azure_says_of_a_holder_that_was_just_deleted_is_waited_for(world: World, reply: Reply) -> None:
    world.add(NET, NIC)
    world.say("DELETE", f"{NET}\\?", reply, times=3)
    assert remove(world, NET, NIC).kind == "Completed"


@pytest.mark.parametrize("status", [400, 409])
def test_a_refusal_in_unknown_words_is_not_final_once_something_else_is_gone(world: World, status: int) -> None:
    """Azure may take a while to see that what used the resource is gone."""
    refused = error(status, "InvalidRequest", "The tenant has a plan.")
    world.add(NET, NIC)
    world.say("DELETE", f"{NET}\\?", refused, times=4)
    assert remove(world, NET, NIC).kind == "Completed"
    world.add(NET, NIC)
    world.say("DELETE", f"{NET}\\?", refused)
    outcome = remove(world, NET, NIC)
    assert (outcome.kind, NIC in world.there) == ("Failed", False)
    assert f"{NET}: InvalidRequest: The tenant has a plan." in outcome.reason


@pytest.mark.parametrize("owner", ["gone", "ours"])
def test_what_was_made_for_something_that_goes_is_waited_for(world: World, owner: str) -> None:
    """The interface of a private endpoint is in no topology, and goes some time after the endpoint."""
    world.add(NET)
    world.add(OTHERS, subnet={"id": f"{NET}/subnets/s"}, privateEndpoint={"id": A})
    world.add(*([A] if owner == "ours" else []))
    world.say("DELETE", f"{NET}\\?", in_use(OTHERS), times=20)
    assert remove(world, NET, A, passes=12).kind == "Running"
    assert remove(world, NET, A).kind == "Completed"


def test_a_holder_that_has_let_go_is_waited_for_a_while(world: World) -> None:
    """A public IP that was just released: its interface stays and refers to it no more."""
    world.add(NET, OTHERS)
    world.say("DELETE", NET, in_use(OTHERS), times=3)
    assert remove(world, NET).kind == "Completed"
    world.add(NET)
    world.say("DELETE", NET, in_use(OTHERS))
    assert remove(world, NET).kind == "Failed"


@pytest.mark.parametrize(
    "reply",
    [
        error(
            400, "NicReservedForAnotherVm", "Nic(s) in request is reserved for another Virtual Machine for 180 seconds."
        ),
        error(400, "InUseSubnetCannotBeDeleted", f"in use by {NET}/subnets/s/serviceAssociationLinks/AppServiceLink"),
    ],
    ids=["reserved", "link"],
)
def test_azures_own_delays_have_no_bound_but_the_timeout(world: World, reply: Reply) -> None:
    world.add(NET)
    world.say("DELETE", NET, reply, times=30)
    assert remove(world, NET, passes=20).kind == "Running"
    assert remove(world, NET).kind == "Completed"


def test_nested_resources_are_told_apart(world: World) -> None:
    """Somebody's link in a zone is named at once; one that is ours is deleted by itself first."""
    ours, foreign = f"{A}/parts/ours", f"{A}/parts/theirs"
    nested = "Some existing nested resource IDs include: 'Contoso.Play/things/a/parts/{}'. Delete all nested resources."
    world.add(A, ours)
    world.say("DELETE", f"{A}\\?", error(409, "CannotDeleteResource", nested.format("ours")), times=2)
    assert remove(world, A, ours).kind == "Completed"
    world.add(A, foreign)
    world.say("DELETE", f"{A}\\?", error(409, "CannotDeleteResource", nested.format("theirs")))
    outcome = remove(world, A)
    assert outcome.kind == "Failed"
    assert len(world.calls("DELETE", f"{A}\\?")) == 4


def locked(scope: str) -> Reply:
    text = f"The scope '{A}' cannot perform delete operation because following scope(s) are locked: '{scope}'."
    return error(409, "ScopeLocked", text)


def test_own_locks_go_first_and_are_obeyed_a_little_longer(world: World) -> None:
    world.add(A, LOCK)
    world.say("DELETE", f"{A}\\?", locked(A), times=20)
    assert remove(world, A, LOCK, passes=10).kind == "Running"
    assert world.calls("DELETE")[0].startswith(LOCK)
    assert remove(world, A, passes=1).kind == "Running"
    assert remove(world, A, LOCK).kind == "Completed"


def test_a_lock_of_ours_on_the_group_goes_before_all_in_it(world: World) -> None:
    group_lock = f"{GROUP}/providers/Microsoft.Authorization/locks/all"
    world.add(A, PART, B, group_lock)
    world.say("DELETE", group_lock, error(409, "Conflict"), times=1)
    outcome = step(world, [A, PART, B, group_lock])
    assert [path.partition("?")[0] for path in world.calls("DELETE")] == [group_lock]
    assert f"{A}: waits for {group_lock}" in outcome.reason
    assert remove(world, A, PART, B, group_lock).kind == "Completed"


@pytest.mark.parametrize("scope", [A, GROUP, GROUP.rsplit("/", 2)[0]], ids=["resource", "group", "subscription"])
def test_an_operators_lock_is_named_at_once(world: World, scope: str) -> None:
    foreign = f"{scope}/providers/Microsoft.Authorization/locks/operators"
    world.add(A, B, LOCK, foreign)
    world.say("DELETE", f"{A}\\?", locked(scope))
    outcome = remove(world, A, B, LOCK)
    assert outcome.kind == "Failed"
    assert f"locked by {foreign}" in outcome.reason
    assert set(world.there) == {A, foreign}
    assert len(world.calls("DELETE", f"{A}\\?")) <= 2


def test_a_lock_on_the_subscription_that_may_not_be_listed_is_no_lag_of_an_own_one(world: World) -> None:
    world.add(A, LOCK)
    subscription = GROUP.rsplit("/", 2)[0]
    world.say("GET", f"^{subscription}/providers/Microsoft.Authorization/locks", error(403, "AuthorizationFailed"))
    world.say("DELETE", f"{A}\\?", locked(subscription))
    outcome = remove(world, A, LOCK)
    assert (outcome.kind, set(world.there)) == ("Failed", {A})
    assert subscription in outcome.reason


def test_a_lock_that_cannot_be_deleted_is_named(world: World) -> None:
    world.add(A, LOCK)
    world.say("DELETE", LOCK, error(403, "AuthorizationFailed"))
    world.say("DELETE", f"{A}\\?", locked(A))
    outcome = remove(world, A, LOCK)
    assert outcome.kind == "Failed"
    assert f"{LOCK}: AuthorizationFailed" in outcome.reason


def test_a_group_that_is_blocked_by_what_is_not_ready_is_waited_for(world: World) -> None:
    world.add(GROUP, A)
    blocked = {
        "Error": {
            "Code": "ResourceGroupDeletionBlocked",
            "Message": "blocked",
            "Details": [{"Code": None, "Target": A, "Message": '{"error": {"code": "409", "message": "not now"}}'}],
        }
    }
    world.add(A, provisioningState="Updating")
    world.say("DELETE", f"{GROUP}\\?", Reply(202, None, {"Location": f"{world.stub.url}/op"}))
    world.say("GET", "/op$", Reply(409, blocked))
    assert remove(world, GROUP, passes=20).kind == "Running"
    world.add(A, provisioningState="Succeeded")
    outcome = remove(world, GROUP)
    assert described(outcome).startswith(
        f"Failed: could not be deleted: {GROUP}: ResourceGroupDeletionBlocked: not now"
    )


# What can never be deleted


@pytest.mark.parametrize(
    ("code", "message"),
    [
        *((code, "m") for code in ("InvalidResourceName", "ResourceNameInvalid", "AccountNameInvalid")),
        *((code, "m") for code in ("VaultNameNotValid", "InvalidIdentityName", "InvalidResourceGroup")),
        ("BadRequest", "The name 'a' is invalid. It must have 3 letters."),
        ("InvalidParameter", "The provided resource name 'a' has these invalid characters: '!'."),
    ],
)
def test_what_nothing_can_be_called_is_gone(
    world: World, code: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    """R14 of the cases."""
    for method in ("GET", "DELETE"):
        world.say(method, f"{A}\\?", error(400, code, message))
    outcome = remove(world, A)
    assert (outcome.kind, len(outcome.topology)) == ("Completed", 1)
    assert "nothing can be called so" in outcome.not_owned[0].reason
    assert "nothing can be called so" in caplog.text


def test_a_name_that_a_get_finds_is_not_gone(world: World) -> None:
    world.add(A)
    world.say("DELETE", A, error(400, "InvalidResourceName"))
    assert described(remove(world, A)) == f"Failed: could not be deleted: {A}: InvalidResourceName: m"


def test_words_about_a_name_are_not_final_while_azure_works_on_the_resource(world: World) -> None:
    world.add(A, provisioningState="Updating")
    busy = error(400, "BadRequest", "The thing with the name 'a' has an invalid provisioning state: Updating.")
    world.say("DELETE", A, busy, times=3)
    assert remove(world, A).kind == "Completed"


@pytest.mark.parametrize("code", ["InvalidResourceNamespace", "InvalidResourceType"])
def test_a_type_that_azure_does_not_know_is_gone_with_every_version(world: World, code: str) -> None:
    unknown = name("Contoso.Gone/things/a")
    world.say("GET", "/providers/contoso.gone", error(404, "InvalidResourceNamespace"))
    for method in ("GET", "DELETE"):
        world.say(method, "Contoso.Gone", error(404, code))
    assert remove(world, unknown).kind == "Completed"
    assert world.calls("DELETE", "Contoso.Gone")


@pytest.mark.parametrize("code", ["SubscriptionNotFound", "InvalidSubscriptionId", "HTTP 404"])
def test_what_says_nothing_of_the_resource_is_not_gone(world: World, code: str) -> None:
    for method in ("GET", "DELETE"):
        world.say(method, f"{A}\\?", error(404, code))
    assert remove(world, A).kind == "Failed"


def test_a_type_without_delete_is_released(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """R13 of the cases. What lies within it is deleted all the same."""
    world.add(A, PART)
    world.say("DELETE", f"{A}\\?", error(405, "MethodNotAllowed"))
    outcome = remove(world, A, PART)
    assert (outcome.kind, len(outcome.topology), set(world.there)) == ("Completed", 2, {A})
    assert "its type has no DELETE" in outcome.not_owned[0].reason
    assert "its type has no DELETE" in caplog.text


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "HttpMethodNotSupported", "The http method 'DELETE' is not supported for a resource collection."),
        error(404, "NotFoundError", "The requested resource does not support http method 'DELETE'."),
    ],
)
def test_a_type_without_delete_may_say_so_in_words(world: World, refusal: Reply) -> None:
    world.add(A)
    world.say("DELETE", f"{A}\\?", refusal)
    outcome = remove(world, A)
    assert (outcome.kind, set(world.there)) == ("Completed", {A})
    assert "its type has no DELETE" in outcome.not_owned[0].reason


def page(status: int, text: str) -> Reply:
    """An answer of something between ARM and the driver."""
    return Reply(status, Raw(text), {"Content-Type": "text/html"})


@pytest.mark.parametrize(
    "reply",
    [page(405, "<html>The method DELETE is not allowed here</html>"), page(400, "The server name is not valid.")],
    ids=["method", "name"],
)
def test_what_a_proxy_says_is_no_word_of_arm_about_a_resource(world: World, reply: Reply) -> None:
    world.add(A)
    for method in ("DELETE", "GET"):
        world.say(method, f"{A}\\?", reply)
    outcome = remove(world, A)
    assert (outcome.kind, outcome.not_owned) == ("Failed", ())
    assert f"{A}: HTTP {reply.status}" in outcome.reason


def test_a_proxy_that_forbids_gets_does_not_say_that_a_group_is_gone(world: World) -> None:
    world.add(GROUP)
    world.say("DELETE", GROUP, Reply(202, None, {"Location": f"{world.stub.url}/op"}), times=1)
    world.say("GET", "/op$", Reply(200))
    world.say("GET", f"{GROUP}\\?", page(403, "<html>Sign in</html>"), times=4)
    outcome = remove(world, GROUP)
    assert (outcome.kind, world.there, outcome.not_owned) == ("Completed", {}, ())


def test_a_type_without_delete_goes_with_its_parent(world: World) -> None:
    world.add(A, PART)
    world.say("DELETE", "/parts/p", error(405, "MethodNotAllowed"))
    world.say("DELETE", f"{A}\\?", error(409, "Conflict"), times=4)
    outcome = remove(world, A, PART)
    assert (outcome.kind, outcome.not_owned, world.there) == ("Completed", (), {})


def test_a_parent_that_stays_keeps_its_child_owned(world: World) -> None:
    world.add(A, PART)
    world.say("DELETE", "/parts/p", error(405, "MethodNotAllowed"))
    world.say("DELETE", f"{A}\\?", error(400, "BadRequest"))
    outcome = remove(world, A, PART)
    assert (outcome.kind, outcome.topology) == ("Failed", {})
    assert f"it goes with {A}" in outcome.reason


# Api-versions


def test_a_refused_version_does_not_end_the_removal(world: World) -> None:
    """R15 of the cases: the record's versions come before the provider's older ones."""
    world.add(A)
    refused = error(400, "NoRegisteredProviderFound")
    for version in ("2024-05-01", "2023-05-01", "2022-05-01", "2020-01-01"):
        world.say("DELETE", f"{A}\\?api-version={version}", refused)
    body = {"properties": {"outputResources": [{"id": A, "apiVersion": "2020-01-01"}, {"id": B}]}}
    world.say("GET", f"{RECORD}\\?", Reply(body=body))
    template = {"resources": [{"type": "Contoso.Play/things", "apiVersion": "2021-01-01", "name": "a"}]}
    world.say("POST", f"{RECORD}/exportTemplate", Reply(body={"template": template}))
    assert remove(world, A, RECORD).kind == "Completed"
    tried = [path.partition("=")[2] for path in world.calls("DELETE", f"{A}\\?")]
    assert tried == ["2024-05-01", "2020-01-01", "2021-01-01"]


def test_records_are_not_read_while_the_newest_version_will_do(world: World) -> None:
    world.add(A)
    assert remove(world, A, RECORD).kind == "Completed"
    assert not world.calls("GET", RECORD) + world.calls("POST")


def test_when_all_versions_are_refused_the_others_go_and_it_is_tried_again(world: World) -> None:
    world.add(A, B)
    world.say("DELETE", f"{A}\\?", error(400, "NoRegisteredProviderFound"), times=60)
    assert remove(world, A, B, passes=12).kind == "Running"
    assert set(world.there) == {A}
    assert remove(world, A, B).kind == "Completed"


# Groups


def test_what_else_is_in_an_owned_group_is_named_before(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.add(GROUP, A, B, OTHERS)
    world.there[C] = {"id": C, "managedBy": A}
    with caplog.at_level(logging.WARNING):
        assert remove(world, GROUP, A).kind == "Completed"
    assert f"not this resource's: {B}, {OTHERS}\n" in caplog.text
    assert len(world.calls("GET", "/resources")) == 1


def test_refuse_foreign_keeps_the_group_and_deletes_the_rest(world: World) -> None:
    world.add(GROUP, A, OTHERS)
    outcome = remove(world, GROUP, A, refuse_foreign=True)
    assert outcome.kind == "Failed"
    assert f"refuseForeign: it holds what is not this resource's: {OTHERS}" in outcome.reason
    assert set(world.there) == {GROUP, OTHERS}
    assert not world.calls("DELETE", f"{GROUP}\\?")
    del world.there[OTHERS]
    assert remove(world, GROUP, A, refuse_foreign=True).kind == "Completed"


def test_each_call_goes_to_the_subscription_of_its_resource(world: World) -> None:
    other = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/rg-2"
    thing = f"{other}/providers/Contoso.Play/things/x"
    lock = f"{other}/providers/Microsoft.Authorization/locks/operators"
    world.add(thing, lock, A)
    world.say("DELETE", thing, error(409, "ScopeLocked"))
    outcome = remove(world, thing, A)
    assert f"locked by {lock}" in outcome.reason
    assert A not in world.there


# States


def test_a_pass_that_is_repeated_with_the_same_state_ends_the_same(world: World) -> None:
    """A step may be killed at any point, and is then taken again with the state before it."""
    world.add(A, PART, LOCK, B, NET, RECORD)
    polled(world, B)
    world.say("GET", "/op$", Reply(200, {"status": "Succeeded"}))
    ids = [A, PART, LOCK, B, NET, RECORD]
    outcome, state = step(world, ids), RemoveState()
    while outcome.kind == "Running":
        outcome = step(world, ids, state)
        state = pass_time(outcome) if outcome.kind == "Running" else state
        world.there.pop(B, None)
    assert (outcome.kind, len(outcome.topology)) == ("Completed", 6)
    again = step(world, ids, state)
    assert (again.kind, again.topology) == (outcome.kind, outcome.topology)


def test_the_state_of_a_former_release_goes_on(world: World) -> None:
    world.add(A, PART, B)
    state: dict[str, Any] = {
        "pending": {"part": PART, "b": B},
        "started": {"a": {"id": A, "url": f"{world.stub.url}/op"}},
        "refused": {"b": "in use"},
        "removed": ["x"],
        "delay": 1.05,
    }
    world.say("GET", "/op$", Reply(200, {"status": "InProgress"}))
    outcome = step(world, [], RemoveState.model_validate(state))
    assert described(outcome) == f"Running: {A}: is being deleted; {PART}: waits for {A}"
    assert outcome.model_dump()["state"]["removed"] == ("x", "b")


def test_a_state_names_of_an_entry_only_what_is_not_usual() -> None:
    assert Entry(id=ResourceId.parse(A)).model_dump(mode="json") == {"id": A}


def test_a_wrong_secret_ends_the_removal(stub: Stub, location: AzureLocation) -> None:
    from driver.azure.refusals import Refusal

    wrong = World(stub, location.model_copy(update={"client_secret": "wrong"}))
    with pytest.raises(Refusal, match="AADSTS7000215"):
        step(wrong, [A, B])


@pytest.mark.parametrize(
    "given", ["b", "https://arm/subscriptions/1/resourceGroups/rg", f"/subscriptions/{SUBSCRIPTION}"]
)
def test_what_is_no_id_of_a_resource_is_named_and_nothing_is_deleted_for_it(world: World, given: str) -> None:
    world.add(A)
    topology: Topology = {
        "a": TopologyEntry.model_validate({"id": f" {A}/"}),
        "b": TopologyEntry(id=ResourceId.parse(given)),
    }
    order = Order(request_id="r", location=world.location, topology=topology, work=Remove())
    outcome = remove_resources(order, RemoveState(), 0)
    assert (outcome.kind, outcome.topology, world.there) == ("Completed", {"a": None, "b": None}, {})
    assert [one.id for one in outcome.not_owned] == [given]
    assert [call.partition("?")[0] for call in world.calls("DELETE")] == [A]


def test_a_name_with_signs_is_escaped_in_the_url(world: World) -> None:
    alert = name("Contoso.Play/things/cpu high #1")
    assert remove(world, alert).kind == "Completed"
    sent = world.calls("DELETE")
    assert [call.partition("?") for call in sent] == [(f"{A[:-1]}cpu%20high%20%231", "?", "api-version=2024-05-01")]


def test_a_target_that_is_not_owned(world: World) -> None:
    order = Order(
        request_id="r",
        location=world.location,
        topology={},
        work=Remove.model_validate({"targets": [{"type": "a/b", "name": "c"}]}),
    )
    assert remove_resources(order, RemoveState(), 0).code == "RESOURCE_NOT_FOUND"


PASSING = [
    error(409, "Conflict"),
    error(412, "PreconditionFailed"),
    error(429, "NamespaceInTransition", **{"Retry-After": "3"}),
    error(500, "InternalServerError"),
    error(401, "ExpiredAuthenticationToken"),
    error(403, "AuthorizationFailed"),
    Reply(202),
    Reply(200, {"properties": {"provisioningState": "Deleting"}}),
    Reply(200, Raw('{"cut')),
]
ALL = [A, PART, LOCK, B, C, NET, f"{NET}/subnets/s", NIC, RECORD]


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    faults=st.lists(
        st.tuples(st.sampled_from(["DELETE", "GET"]), st.sampled_from(ALL[:-1]), st.sampled_from(PASSING)), max_size=8
    ),
    deaths=st.lists(st.booleans(), min_size=60, max_size=60),
)
def test_whatever_passes_and_whenever_a_step_dies_all_is_gone_in_the_end(
    stub: Stub, location: AzureLocation, faults: list[tuple[str, str, Reply]], deaths: list[bool]
) -> None:
    """A step that dies is taken again with the state before it. What is reported as gone is gone."""
    world = World(stub, location)
    world.add(*ALL)
    for method, resource_id, reply in faults:
        is_end = reply.status >= 400 or method == "DELETE"
        world.say(method, f"{resource_id}\\?", reply if is_end else error(503, "Busy"), times=1)
    state, outcome = RemoveState(), None
    for dies in deaths:
        outcome = step(world, ALL, state)
        reported = outcome.topology if outcome.kind == "Completed" else outcome.model_dump()["state"].get("removed", ())
        gone = {key.partition("@")[0].rpartition("/")[2] for key in reported}
        assert not {resource_id.rpartition("/")[2] for resource_id in world.there} & gone
        if outcome.kind != "Running":
            break
        state = state if dies else pass_time(outcome)
    assert outcome is not None
    assert (outcome.kind, len(outcome.topology), world.there) == ("Completed", len(ALL), {})


def test_a_record_that_cannot_be_deleted_fails_no_removal(world: World) -> None:
    world.add(A, RECORD)
    world.say("DELETE", RECORD, error(409, "DeploymentBeingDeleted"))
    world.say("POST", f"{RECORD}/cancel", error(409, "DeploymentCannotBeCancelled"))
    outcome = remove(world, A, RECORD, passes=5)
    assert outcome.kind == "Running"
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=61)):
        assert step(world, [A, RECORD], pass_time(outcome)).kind == "Completed"
    assert (len(world.calls("DELETE", A)), len(world.calls("DELETE", RECORD))) == (1, 7)
    assert set(world.there) == {RECORD}


def test_an_active_deployment_is_canceled_until_its_record_can_be_deleted(world: World) -> None:
    """It may still make something."""
    world.add(RECORD)
    world.say("DELETE", RECORD, error(409, "DeploymentActive"), times=9)
    world.say("POST", f"{RECORD}/cancel", Reply(204))
    assert remove(world, RECORD).kind == "Completed"
    assert (len(world.calls("DELETE", RECORD)), len(world.calls("POST", f"{RECORD}/cancel"))) == (10, 9)


def test_the_pass_at_the_deadline_looks_at_what_is_not_due_yet(world: World) -> None:
    world.add(A, B)
    for each in (A, B):
        world.say("DELETE", each, Reply(202, None, {"Location": f"{world.stub.url}/op", "Retry-After": "45"}), times=1)
    world.say("GET", "/op", Reply(202, None, {"Location": f"{world.stub.url}/op", "Retry-After": "45"}), times=2)
    world.say("GET", "/op", Reply(204))
    outcome = step(world, [A, B])
    outcome = step(world, [A, B], pass_time(outcome))
    assert outcome.after == pytest.approx(45, abs=1)
    world.there.clear()
    state = RemoveState.model_validate(outcome.model_dump(mode="json")["state"])
    with limit_calls(time.monotonic() + 60):
        assert step(world, [A, B], state).kind == "Running"
    assert len(world.calls("GET", "/op")) == 2
    with limit_calls(time.monotonic() + GRACE_SECONDS):
        assert step(world, [A, B], state).kind == "Completed"
