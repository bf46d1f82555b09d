"""The steps of `preview`: ARM's what-if of the template of Create. WhatIf reports all changes, CheckDrift only those of
owned resources.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from driver.azure import deployments
from driver.azure.operations import compute_poll_wait, poll
from driver.azure.refusals import Refusal
from driver.models.orders import Deploy, Order, Preview
from driver.models.outcomes import Outcome, State, complete, fail, keep_running, retry, succeed
from driver.packages.catalogue import find_template
from driver.redaction import shows_secret
from driver.resource_ids import ResourceId
from driver.steps import inventory
from driver.steps.repetition import compute_restart, explain_wait, join_causes
from driver.topology import list_owned
from driver.waiting import compute_age, tell_time

CHANGES = "what_if_changes"
DRIFTED = "drifted_resources"
# Change types that are no drift: the resource is as the template says, or ARM cannot tell.
_UNCHANGED = ("NoChange", "NoEffect", "Ignore", "Unsupported")


class PreviewState(State):
    """The URL of the what-if's operation, empty if it has to be begun again; when it began (ISO 8601); how often it has
    failed, and the first cause.
    """

    url: str = ""
    since: str = ""
    failures: int = 0
    first: str = ""


def start_preview(order: Order, state: PreviewState, attempt: int) -> Outcome:
    """Begin the what-if."""
    begun, wait = _begin(order, state)
    return succeed(begun, after=wait)


def watch_preview(order: Order, state: PreviewState, attempt: int) -> Outcome:
    """Poll the what-if. When it is over, its changes are the output. It only reads, so one that has failed, or that ARM
    does not find, is begun again: by start_preview, in runs before version 2 here.
    """
    if not state.url:
        begun, wait = _begin(order, state)
        return keep_running(wait, begun)
    try:
        operation = poll(order.location, state.url)
    except Refusal as refused:
        if refused.status not in (200, 404):
            raise
        return _begin_again(state, refused)
    if not operation.is_over or not operation.body.get("status"):
        wait = compute_poll_wait(order.location, compute_age(state.since), operation.retry_after)
        text = "the what-if was answered with something that has no state" if operation.is_over else ""
        return keep_running(wait, state.model_copy(update={"since": state.since or tell_time()}), text)
    deploy = _require_preview(order).deploy
    secrets = order.secrets
    changes = [
        _describe_change(change, deploy, secrets)
        for change in operation.body.get("properties", {}).get("changes") or ()
    ]
    if not _require_preview(order).drift:
        return complete({CHANGES: changes}, {}, repeatable=False)
    topology, _ = inventory.expand_former_entries(order.location, order.topology, groups=True)
    owned_ids = {entry.id for entry in list_owned(topology).values()}
    changed = [change for change in changes if change["changeType"] not in _UNCHANGED]
    drifted = [change for change in changed if ResourceId.parse(change["resourceId"]) in owned_ids]
    return complete({DRIFTED: drifted}, {}, repeatable=False)


def _begin(order: Order, state: PreviewState) -> tuple[PreviewState, float]:
    """The state after the what-if was begun, and the seconds until the first poll."""
    work = _require_preview(order).deploy
    operation = deployments.start_what_if(order.location, work, find_template(work).body)
    begun = state.model_copy(update={"url": operation.url, "since": tell_time()})
    return begun, compute_poll_wait(order.location, 0, operation.retry_after)


def _begin_again(state: PreviewState, refused: Refusal) -> Outcome:
    reason = join_causes(state.first, refused.cause.text)
    pause = compute_restart(refused, state.failures)
    if pause is None:
        return fail(refused.verdict.code, f"the what-if has failed: {reason}", state)
    first = state.first or refused.cause.text
    again = state.model_copy(update={"url": "", "failures": state.failures + 1, "first": first})
    return explain_wait(retry(pause, reason, again), refused)


def _describe_change(change: Mapping[str, Any], work: Deploy, secrets: Collection[str]) -> dict[str, Any]:
    """A change as ARM reports it, without the whole resource before and after, and without changes to secure values.
    ARM never reads secure values back, so it reports them as changed every time.
    """
    delta = change.get("delta") or []
    shown = _drop_secret_changes(delta, secrets)
    is_given = any(work.parameters.get(name) or name in work.references for name in work.secure)
    if is_given or work.secure_members or work.hidden:
        shown = _drop_values(shown)
    kind = "NoChange" if delta and not shown else change.get("changeType", "")
    return {"resourceId": str(change.get("resourceId", "")), "changeType": str(kind), "delta": shown}


def _drop_secret_changes(delta: Iterable[Mapping[str, Any]], secrets: Collection[str]) -> list[dict[str, Any]]:
    """The property changes without those whose new value is secure."""
    kept = []
    for change in delta:
        if change.get("children"):
            if children := _drop_secret_changes(change["children"], secrets):
                kept.append({**change, "children": children})
        elif not _is_secret(change.get("after"), secrets):
            kept.append(dict(change))
    return kept


def _is_secret(value: Any, secrets: Collection[str]) -> bool:
    """Whether a value is ARM's mask (asterisks only), or contains a secure value, plain or in base64."""
    return isinstance(value, str) and value != "" and (not value.strip("*") or shows_secret(value, secrets))


def _drop_values(delta: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Paths and change types alone. ARM is known to show secure values in clear text, also as a part of other values
    (github.com/Azure/arm-template-whatif, issues 309 and 379).
    """
    return [
        {
            **{key: change[key] for key in ("path", "propertyChangeType") if key in change},
            **({"children": _drop_values(change["children"])} if change.get("children") else {}),
        }
        for change in delta
    ]


def _require_preview(order: Order) -> Preview:
    if not isinstance(order.work, Preview):
        raise TypeError(f"a step of preview was called for a {order.work.verb}")
    return order.work
