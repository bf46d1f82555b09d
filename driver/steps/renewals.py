"""Another look, where the first one is too old for the PUT of the deployment."""

import time
from datetime import UTC, datetime, timedelta

from driver.azure import deployments
from driver.models.orders import Deploy, Order
from driver.packages.catalogue import find_template
from driver.packages.templates import has_deployments
from driver.steps import looks
from driver.steps.looks import Pause
from driver.steps.ownership import Evidence
from driver.steps.states import DeployState

NEXT_SECOND = 1.1
_LOOK_HOLDS = timedelta(seconds=10)  # how old the look may be when the deployment is started
_CLOCKS_DIFFER = timedelta(seconds=5)  # in ARM, at most; a deployment is started again after 9 seconds or more


def is_stale(state: DeployState) -> bool:
    """Whether the look is too old to start the deployment now. Runs of release 2.0.0 do not know when it was."""
    ended_at = state.evidence.ended_at if state.evidence else ""
    return bool(ended_at) and datetime.now(UTC) - datetime.fromisoformat(ended_at) > _LOOK_HOLDS


def renew_look(order: Order, work: Deploy, state: DeployState, attempt: int) -> DeployState | None:
    """The state with a new look that has shown the same as the one in the history; None if it has not, or takes longer.

    A busy worker is late for the PUT each time. If it went back to the look each time, it would never send the PUT.
    """
    found = looks.continue_search(order, work, looks.begin_search(order, work), attempt)
    if isinstance(found, Pause) or state.evidence is None or not found.shows_same(state.evidence):
        return None
    if needs_next_second(work, found):
        time.sleep(NEXT_SECOND)
    return state.model_copy(update={"evidence": found})


def has_ended(order: Order, work: Deploy, state: DeployState) -> bool:
    """Whether the deployment has failed and was not started again: else a look would find what it has just made. A PUT
    without an answer may have started it, and it may have failed again.
    """
    record = deployments.find_record(order.location, deployments.build_deployment_id(order.location, work))
    if record is None or record.failure is None:
        return False
    if record.changed_at is None or not state.failed_at:
        return True
    return record.changed_at < datetime.fromisoformat(state.failed_at) + _CLOCKS_DIFFER


def look_before_restart(order: Order, work: Deploy, state: DeployState, attempt: int) -> Evidence | Pause | None:
    """The evidence for another try of a deployment that has failed: somebody else may have made meanwhile what the
    tries before have not. What these have made is owned already. A look that pauses goes on with `state.search`.
    """
    before = state.evidence
    if before is None:
        return None
    owned = order.model_copy(update={"topology": {**order.topology, **state.topology}})
    found = looks.continue_search(owned, work, state.search or looks.begin_search(owned, work), attempt)
    if isinstance(found, Pause):
        return found
    if needs_next_second(work, found):
        time.sleep(NEXT_SECOND)
    present = tuple(dict.fromkeys((*before.present, *found.present)))
    absent = tuple(one for one in before.absent if one not in present)
    times = {"looked_at": max(before.looked_at, found.looked_at), "ended_at": found.ended_at}
    return before.model_copy(update={"present": present, "absent": absent, **times})


def needs_next_second(work: Deploy, evidence: Evidence) -> bool:
    """Whether something may be owned by the time of its creation alone. ARM gives times in whole seconds: what is
    created in the second of the look is not shown to be new.
    """
    return bool(evidence.unknown) or has_deployments(find_template(work).body)


def may_have_started(order: Order, work: Deploy, state: DeployState) -> bool:
    """Whether ARM has accepted a PUT of this run though its answer was lost: the record changed after the look. The
    record of an earlier run of the same request is older.
    """
    record = deployments.find_record(order.location, deployments.build_deployment_id(order.location, work))
    looked_at = state.evidence.looked_at if state.evidence else ""
    if record is None or record.changed_at is None:
        return False
    return not looked_at or record.changed_at >= datetime.fromisoformat(looked_at)
