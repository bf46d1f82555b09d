"""The steps of `deploy`: look what exists already, start the deployment, watch it, report what it created."""

from driver import telemetry
from driver.azure import deployments, throttling
from driver.azure.advice import name_plans
from driver.azure.deployments import Deployment
from driver.azure.operations import POLLS, Operation, compute_poll_wait, poll
from driver.azure.refusals import Refusal, Refused, Unreachable
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.models.orders import AzureLocation, Deploy, Order
from driver.models.outcomes import DeploymentShown, Outcome, fail, keep_running, retry, succeed
from driver.packages.catalogue import find_facts, find_template
from driver.resource_ids import ResourceId
from driver.steps import looks, renewals
from driver.steps.claims import claim_deployment, require_deploy, show_not_owned
from driver.steps.looks import Pause
from driver.steps.outputs import read_open_outputs
from driver.steps.progress import show_operations
from driver.steps.pruning import begin_pruning, find_previous_resources, select_obsolete
from driver.steps.readiness import begin_wait
from driver.steps.records import delete_records, find_superseded_records
from driver.steps.repairs import end_deployment, is_whole
from driver.steps.repetition import ABSENT_SECONDS, compute_restart, explain_wait, join_causes
from driver.steps.states import DeployState
from driver.waiting import Waiting, compute_age, tell_time

# From the PUT to the first poll: no event is published sooner after the acceptance, and what took longer in recordings
# took longer than 3 s.
_FIRST_POLL_SECONDS = 2.0
_LOST = Waiting(initial=1, factor=2, maximum=30, jitter=0.5)  # until a PUT without an answer is sent again


def inspect_resources(order: Order, state: DeployState, attempt: int) -> Outcome:
    """Look which resources of the template exist already. They will be updated, but not owned."""
    work = require_deploy(order)
    if state.search is None and work.if_missing and is_whole(order):
        return end_deployment(work, {}, {})
    if state.search is None:  # before the look: nothing that takes long may come between the look and the PUT
        throttling.require_open_deployments(order.location)
        previous = find_previous_resources(order) if work.prune else ()
        state = state.model_copy(update={"superseded": find_superseded_records(order), "previous": previous})
    search = state.search or looks.begin_search(order, work)
    found = looks.continue_search(order, work, search, attempt)
    if isinstance(found, Pause):
        return _go_on_looking(state, found)
    looked = {"search": None, "evidence": found, "correlation_id": order.request_id}
    return succeed(
        state.model_copy(update=looked), renewals.NEXT_SECOND if renewals.needs_next_second(work, found) else 0
    )


def start_deployment(order: Order, state: DeployState, attempt: int) -> Outcome:
    """PUT the deployment. If the look is too old, look again first, unless ARM may have accepted a PUT of this run."""
    work = require_deploy(order)
    throttling.require_open_deployments(order.location)
    if not state.accepted and renewals.is_stale(state) and not renewals.may_have_started(order, work, state):
        renewed = renewals.renew_look(order, work, state, attempt)
        if renewed is None:
            again = retry(0, "the look at existing resources is too old for the deployment", DeployState())
            return again.model_copy(update={"restart": True})
        state = renewed
    if state.failures and renewals.is_stale(state) and renewals.has_ended(order, work, state):
        found = renewals.look_before_restart(order, work, state, attempt)
        if isinstance(found, Pause):
            return _go_on_looking(state, found)
        state = state.model_copy(update={"evidence": found, "search": None})
    try:
        operation = deployments.put(order, work, find_template(work).body)
    except Unreachable as lost:
        if lost.verdict.tries != UNTIL_TIMEOUT:
            raise
        unsure = state.model_copy(update={"unsure_since": tell_time()})
        return explain_wait(retry(_LOST.compute_seconds(attempt, lost.retry_after), lost.cause.text, unsure), lost)
    record = deployments.build_deployment_id(order.location, work)
    correlation_id = operation.correlation_id or order.request_id
    shown = DeploymentShown(name=work.name, id=record.text, correlation_id=correlation_id)
    begun = {"accepted": True, "correlation_id": correlation_id, "url": operation.url, "since": tell_time()}
    wait = max(_FIRST_POLL_SECONDS, compute_poll_wait(order.location, 0, operation.retry_after))
    return succeed(state.model_copy(update=begun), wait).model_copy(update={"deployment": shown})


def _go_on_looking(state: DeployState, found: Pause) -> Outcome:
    """The outcome of a step whose look is not over."""
    pausing = keep_running(found.after, state.model_copy(update={"search": found.search}), found.reason)
    return explain_wait(pausing, found.refusal) if found.refusal else pausing


def watch_deployment(order: Order, state: DeployState, attempt: int) -> Outcome:
    """Poll the deployment. When it is over, report its outputs and the resources that it created.

    Once it has succeeded, an earlier run of this step may have published COMPLETE before its worker was killed. So from
    then on a refusal is tried again, up to the deadline.
    """
    work = require_deploy(order)
    if state.over:
        return _read_record(order, work, state)
    try:
        operation = _poll(order.location, work, state)
    except Refused as refused:
        if refused.status == 404 and compute_age(state.absent_since) < ABSENT_SECONDS:
            return _wait_for_replication(state, refused)
        if refused.status == 200:
            return _report_failure(order, work, state, refused)
        if refused.status == 404:
            age = compute_age(state.absent_since)
            reason = f"ARM has not found the deployment for {age:.0f} seconds: {refused.cause.text}"
            return fail(refused.verdict.code, reason, state)
        raise
    if operation.is_over:
        return _read_record(order, work, state.model_copy(update={"over": True, "since": tell_time()}))
    wait = compute_poll_wait(order.location, compute_age(state.since), operation.retry_after)
    running = state.model_copy(update={"since": state.since or tell_time(), "absent_since": ""})
    return show_operations(order, keep_running(wait, running))


def _read_record(order: Order, work: Deploy, state: DeployState) -> Outcome:
    """Report a deployment whose operation has succeeded. Its record may lag behind, or not be found yet."""
    looked, age = state.model_copy(update={"since": state.since or tell_time()}), compute_age(state.since)
    try:
        deployment = deployments.get(order.location, deployments.build_deployment_id(order.location, work))
        if deployment.state == "Succeeded":
            return _report_deployment(order, work, state, deployment)
    except Refusal as refused:
        wait = POLLS.compute_seconds(age, refused.retry_after)
        text = f"the deployment has succeeded, its record cannot be read: {refused.cause.text}"
        return explain_wait(keep_running(wait, looked, text, settled=True), refused)
    reason = f"the deployment has succeeded, its record still says {deployment.state}"
    return keep_running(POLLS.compute_seconds(age), looked, reason, settled=True)


def _wait_for_replication(state: DeployState, refused: Refused) -> Outcome:
    """The outcome while ARM answers 404 about a deployment that it has accepted: the region that answered may not know
    of it yet, and it may be healthy. After a minute it counts as gone.
    """
    wait = POLLS.compute_seconds(compute_age(state.absent_since), refused.retry_after)
    looked = state.model_copy(update={"absent_since": state.absent_since or tell_time()})
    text = f"ARM does not find what it has accepted: {refused.cause.text}"
    return explain_wait(keep_running(wait, looked, text), refused)


def _poll(location: AzureLocation, work: Deploy, state: DeployState) -> Operation:
    """The operation of the deployment. Raises a Refused of status 200 if it has failed.

    The record is read if the PUT joined a deployment that was active already, for which ARM gave no URL to poll, if ARM
    does not find the operation any more, or if something answered 200 that has no state of it.
    """
    try:
        operation = poll(location, state.url) if state.url else Operation()
        if not operation.is_over or operation.body.get("status"):
            return operation
    except Refused as refused:
        if refused.status not in (404, 410):
            raise
    record = deployments.build_deployment_id(location, work)
    deployment = deployments.get(location, record)
    if deployment.failure is not None:
        raise Refused(200, deployment.failure, answered_at=deployment.changed_at)
    return Operation(url="" if deployment.state == "Succeeded" else record.text)


def _report_deployment(order: Order, work: Deploy, state: DeployState, deployment: Deployment) -> Outcome:
    """The outcome of a deployment that has succeeded, from its record."""
    claimed = claim_deployment(order, work, state, deployment)
    delete_records(order, state.superseded)
    topology = {**dict.fromkeys(state.superseded), **claimed.topology}
    scope = deployments.build_deployment_id(order.location, work).scope
    outputs = read_open_outputs(order, deployment, find_facts(work, scope).outputs)
    obsolete = select_obsolete(claimed.topology, state.previous, _list_kept(state, deployment))
    if work.ready_when:
        ended = begin_wait(work, deployment, outputs, topology, obsolete)
    elif obsolete:
        ended = begin_pruning(outputs, topology, obsolete)
    else:
        ended = end_deployment(work, outputs, topology, claimed.is_repeatable)
    return show_not_owned(ended, claimed)


def _list_kept(state: DeployState, deployment: Deployment) -> tuple[ResourceId, ...]:
    """What a deployment has written, or would have written if it had not been there."""
    return (*deployment.resource_ids, *(state.evidence.named if state.evidence else ()))


def _report_failure(order: Order, work: Deploy, state: DeployState, refused: Refused) -> Outcome:
    """The outcome of a deployment that has failed: it is started again, or reported with what it created."""
    scope = deployments.build_deployment_id(order.location, work).scope
    cause = telemetry.redact(name_plans(refused.cause.text, find_facts(work, scope).plans))
    may_lag = compute_age(state.absent_since) < ABSENT_SECONDS
    try:
        claimed = claim_deployment(order, work, state, must_exist=may_lag)
    except Refused as lagging:
        if lagging.status != 404 or not may_lag:
            raise
        return _wait_for_replication(state, lagging)
    ended_try = {"url": "", "since": "", "absent_since": "", "shown": (), "shown_at": ""}
    failed_at = refused.answered_at.isoformat() if refused.answered_at else ""
    told = {"failures": state.failures + 1, "first": state.first or cause, "failed_at": failed_at}
    collected = state.model_copy(update={"topology": claimed.topology, **ended_try, **told})
    causes = join_causes(state.first, cause)
    pause = compute_restart(refused, state.failures)
    if pause is not None:
        again = explain_wait(retry(pause, causes, collected), refused)
        return show_not_owned(again.model_copy(update={"collected": True}), claimed)
    delete_records(order, state.superseded)
    ended = collected.model_copy(update={"replaced": state.superseded})
    tries = f" {collected.failures} times" if state.failures else ""
    correlation = state.correlation_id or "unknown"
    reason = f"deployment '{work.name}' failed{tries}: {causes} (correlation id {correlation})"
    return show_not_owned(fail(refused.verdict.code, reason, ended, collected=True), claimed)
