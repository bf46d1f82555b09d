"""The step of `precheck`, and the one before a deployment with `precheck: true`: whether ARM would take the deployment.

Three questions at the same time: ARM's validation at provider level, the registration of the providers, the permissions
of the principal. What has no answer in time is a warning. ADR 27.
"""

import time

from driver.azure import connection, deadlines, deployments, registrations, validations
from driver.azure.advice import UNREGISTERED, find_namespace
from driver.azure.meanings import DENIED, find_known
from driver.azure.operations import Operation, compute_poll_wait
from driver.azure.refusals import Refusal, Refused, list_causes
from driver.models.orders import AzureLocation, Deploy, Order, Precheck
from driver.models.outcomes import Outcome, State, complete, fail, keep_running, succeed
from driver.packages.catalogue import find_template
from driver.packages.demands import Demands, find_demands
from driver.packages.targets import find_targets
from driver.steps.calls import call_within
from driver.steps.findings import Fault, Findings, doubt
from driver.steps.grants import Wanted, check_grants, read_permissions
from driver.steps.registration_checks import judge_registrations, read_registrations
from driver.steps.states import DeployState
from driver.telemetry import redact
from driver.waiting import compute_age, tell_time

SECONDS = 8.0  # for all calls: with what is around them less than 10
_LAST_SECONDS = 1.0  # before the end in which a validation is not waited for
_ACCESS_CODES = ("authorizationfailed", "linkedauthorizationfailed")
_NOT_VALIDATED = "ARM has not validated the deployment"
_MOST_SHOWN, _LONGEST = 20, 1_000


class PrecheckState(State):
    """`since`: when the check began (ISO 8601), empty before. `url`: the operation of a validation that is not over.
    `faults` and `warnings`: what was found so far.
    """

    since: str = ""
    url: str = ""
    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()


def precheck_deployment(order: Order, state: PrecheckState, attempt: int) -> Outcome:
    """Ask ARM about the deployment, or poll its validation. At the end the transition fails with all faults, completes,
    or goes on with its deployment.
    """
    looked, retry_after = _poll(order, state) if state.since else _look(order)
    age = compute_age(looked.since)
    left = SECONDS - age - _LAST_SECONDS
    if looked.url and left > 0:
        wait = compute_poll_wait(order.location, age, retry_after)
        return keep_running(min(wait, left), looked, "ARM validates the deployment")
    if looked.url:
        text = f"{_NOT_VALIDATED}: it was not over within {SECONDS:g} seconds"
        looked = looked.model_copy(update={"warnings": (*looked.warnings, text)})
    return _end(order, looked).model_copy(update={"warnings": looked.warnings})


def _end(order: Order, state: PrecheckState) -> Outcome:
    if state.faults:
        texts = [text for _, text in state.faults]
        count = f"{len(texts)} faults: " if len(texts) > 1 else ""
        return fail(state.faults[0][0], f"the precheck has found {count}{'; '.join(texts)}", state)
    if isinstance(order.work, Precheck):
        return complete({}, {}, repeatable=False)
    return succeed(DeployState())


def _look(order: Order) -> tuple[PrecheckState, float]:
    """The state after all questions were asked, and the seconds that ARM asks to wait for the validation."""
    work, location = _require_deploy(order), order.location
    connection.prepare(location)  # which is not ARM's time
    since, end = tell_time(), time.monotonic() + SECONDS
    template = find_template(work).body
    demands, scope = find_demands(template), deployments.build_deployment_id(location, work).scope
    with deadlines.limit_calls(end):
        validation, registered, own = call_within(
            SECONDS,
            [
                lambda: _start_validation(order, work),
                lambda: read_registrations(location, demands),
                lambda: read_permissions(location, scope),
            ],
        )
        is_valid = isinstance(validation, Operation) and validation.is_over
        named = deployments.read_validated(validation.body) if is_valid else ()
        written = tuple(one for one in named if one.type) if is_valid else None  # else of a Bicep extension
        wanted = Wanted(written) if written is not None else _find_wanted(work, demands, scope)
        found = _judge_validation(location, validation)
        found += judge_registrations(location, demands, registered, written)
        [granted] = call_within(end - time.monotonic(), [lambda: check_grants(order, work, scope, own, wanted)])
        found += granted or doubt(f"the permissions at {scope} cannot be read", None)
    is_pending = isinstance(validation, Operation) and not validation.is_over
    state = PrecheckState(since=since, url=validation.url if is_pending else "")
    return _add(state, found), validation.retry_after if is_pending else 0.0


def _poll(order: Order, state: PrecheckState) -> tuple[PrecheckState, float]:
    """The state after a poll of the validation, and the seconds that ARM asks to wait for the next."""
    left = SECONDS - compute_age(state.since)
    if left <= 0:
        return state, 0.0
    try:
        with deadlines.limit_calls(time.monotonic() + left):
            operation = validations.poll_validation(order.location, state.url)
    except Refusal as refused:
        is_lost = refused.status == 404
        found = doubt(_NOT_VALIDATED, refused) if is_lost else _judge_validation(order.location, refused)
        return _add(state.model_copy(update={"url": ""}), found), 0.0
    return state.model_copy(update={"url": operation.url}), operation.retry_after


def _add(state: PrecheckState, found: Findings) -> PrecheckState:
    """The state with further findings. It is in the task hub as it is, so they hold no secrets."""
    whole = Findings(state.faults, state.warnings) + found
    faults = tuple((code, redact(text)[:_LONGEST]) for code, text in whole.faults[:_MOST_SHOWN])
    warnings = tuple(redact(text)[:_LONGEST] for text in whole.warnings[:_MOST_SHOWN])
    return state.model_copy(update={"faults": faults, "warnings": warnings})


def _start_validation(order: Order, work: Deploy) -> Operation | Refusal:
    try:
        return validations.start_validation(order.location, work, find_template(work).body)
    except Refusal as refused:
        return refused


def _find_wanted(work: Deploy, demands: Demands, scope: str) -> Wanted:
    """What the deployment certainly writes, without ARM's help."""
    certain = {kind.lower() for kind in demands.types}
    named = find_targets(find_template(work).body, work.parameters, scope).ids
    ids = tuple(one for one in named if one.type.lower() in certain)
    known = {one.type.lower() for one in ids}
    return Wanted(ids, tuple(kind for kind in demands.types if kind.lower() not in known))


def _judge_validation(location: AzureLocation, answer: Operation | Refusal | None) -> Findings:
    """A refusal is a fault if ARM says so about the deployment and no further try resolves it."""
    if isinstance(answer, Operation):
        return Findings()
    if not isinstance(answer, Refused) or not _is_fault(location, answer):
        return doubt(_NOT_VALIDATED, answer)
    causes = [cause.text for cause in list_causes(answer.body)] or [answer.cause.text]
    others = [text for text in causes if text != answer.cause.text]
    code = answer.verdict.code
    return Findings(faults=tuple((code, text) for text in (answer.cause.text, *others)))


def _is_fault(location: AzureLocation, refused: Refused) -> bool:
    code, message = refused.cause.code.lower(), refused.cause.message.lower()
    if refused.status >= 500 or code.startswith("http "):
        return False  # no answer about the deployment, or none of ARM at all
    if code in _ACCESS_CODES:
        return "/deployments/validate/action" not in message
    if code in UNREGISTERED:
        return bool(registrations.explain_missing(location, find_namespace(refused.cause.message)))
    if code in ("resourcegroupnotfound", "deploymentnotfound"):
        return False  # it may exist when the deployment is made
    if DENIED in message:
        return True
    is_known = find_known(refused.cause) is not None or refused.status in (200, 400)
    return is_known and refused.verdict.tries <= 1


def _require_deploy(order: Order) -> Deploy:
    if order.deploy is None:
        raise TypeError(f"precheck_deployment was called for a {order.work.verb}")
    return order.deploy
