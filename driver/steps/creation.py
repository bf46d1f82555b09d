"""The steps of `deploy`: find what exists already, start the deployment, watch it, report what it created."""

from pydantic import Field

from driver.azure import deployments, records, resources
from driver.azure.deployments import Deployment
from driver.azure.operations import POLLS, poll
from driver.azure.refusals import Refusal
from driver.models.events import TopologyEntry
from driver.models.orders import AzureLocation, Deploy, Order
from driver.models.outcomes import DeploymentShown, Outcome, State, complete, fail, keep_running, retry, succeed
from driver.packages.catalogue import find_template
from driver.packages.templates import (
    DEPLOYMENTS,
    Template,
    has_outside_resources,
    list_existing_types,
    list_resource_types,
    list_top_level_names,
)
from driver.resource_ids import ResourceId
from driver.topology import list_owned, name_entries
from driver.waiting import Waiting

# Until the record is read again of a deployment whose operation has succeeded.
_RECORD_WAITS = Waiting(initial=3.0, factor=1.5, maximum=30.0, jitter=0.3)


class DeployState(State):
    """`existed`: fingerprints of the resources that existed before the first PUT. `topology`: what this resource owned
    before, and what earlier tries created. `url`: the operation to poll, `polls`: how often it was polled. `over`: the
    operation has succeeded.
    """

    existed: tuple[str, ...] = ()
    topology: dict[str, TopologyEntry] = Field(default_factory=dict)
    correlation_id: str = ""
    url: str = ""
    polls: int = 0
    over: bool = False

    def report_topology(self) -> dict[str, TopologyEntry | None]:
        return dict(self.topology)


def inspect_resources(order: Order, state: DeployState, attempt: int) -> Outcome:
    """Find the resources of the template that exist already. They will be updated, but not owned."""
    work = _require_deploy(order)
    existing_ids = _find_existing_resources(order.location, work, find_template(work))
    return succeed(DeployState(existed=tuple(sorted(resource_id.fingerprint for resource_id in existing_ids))))


def start_deployment(order: Order, state: DeployState, attempt: int) -> Outcome:
    """PUT the deployment."""
    work = _require_deploy(order)
    operation = deployments.put(order.location, work, find_template(work).body, records.build_tags(order))
    record = deployments.build_deployment_id(order.location, work)
    shown = DeploymentShown(name=work.name, id=record.text, correlation_id=operation.correlation_id)
    begun = {"correlation_id": operation.correlation_id, "url": operation.url, "polls": 0}
    outcome = succeed(state.model_copy(update=begun), after=POLLS.compute_seconds(0))
    return outcome.model_copy(update={"deployment": shown})


def watch_deployment(order: Order, state: DeployState, attempt: int) -> Outcome:
    """Poll the deployment. When it is over, report its outputs and the resources that it created.

    Once it has succeeded, an earlier run of this step may have published COMPLETE before its worker was killed. So from
    then on a refusal is tried again and never fails the transition.
    """
    work = _require_deploy(order)
    try:
        if not state.over and not _is_over(order.location, work, state):
            polled = state.model_copy(update={"polls": state.polls + 1})
            return keep_running(POLLS.compute_seconds(polled.polls), polled)
    except Refusal as refused:
        if refused.status != 200:
            raise
        return _report_failure(order, work, state, refused, attempt)
    retry_after, reason = 0.0, ""
    try:
        deployment = deployments.get(order.location, deployments.build_deployment_id(order.location, work))
        if deployment.state == "Succeeded":
            return _report_deployment(order, work, state, deployment)
        reason = f"the deployment has succeeded, its record still says {deployment.state}"
    except Refusal as refused:
        retry_after, reason = refused.retry_after, refused.cause.text
    looked = state.model_copy(update={"polls": state.polls + 1 if state.over else 0, "over": True})
    return keep_running(_RECORD_WAITS.compute_seconds(looked.polls, retry_after), looked, reason, settled=True)


def abandon_deployment(order: Order, state: DeployState, attempt: int) -> Outcome:
    """Cancel the deployment of a transition that has failed, if it is active, and put what it created into the state.
    The orchestrator knows the failure to report.
    """
    work = _require_deploy(order)
    record = deployments.build_deployment_id(order.location, work)
    if deployments.cancel(order.location, record):
        ids = (*deployments.list_touched_ids(order.location, record), record)
    else:
        ids = ()
    return succeed(state.model_copy(update={"topology": _claim_resources(order, state, ids)}))


def _is_over(location: AzureLocation, work: Deploy, state: DeployState) -> bool:
    if state.url:
        return poll(location, state.url).is_over
    # The PUT joined a deployment that was active already: ARM gave no URL to poll.
    deployment = deployments.get(location, deployments.build_deployment_id(location, work))
    if deployment.failure is not None:
        raise Refusal(200, deployment.failure)
    return deployment.state == "Succeeded"


def _report_deployment(order: Order, work: Deploy, state: DeployState, deployment: Deployment) -> Outcome:
    """The outcome of a deployment that has succeeded, from its record. Nested ones are read from its operations."""
    template = find_template(work)
    record = deployments.build_deployment_id(order.location, work)
    is_nested = DEPLOYMENTS.lower() in list_resource_types(template.body)
    nested = deployments.list_nested_ids(order.location, record) if is_nested else ()
    topology = _claim_resources(order, state, (*deployment.resource_ids, *nested, record))
    return complete(deployments.read_outputs(deployment, template.outputs), dict(topology), repeatable=not is_nested)


def _report_failure(order: Order, work: Deploy, state: DeployState, refused: Refusal, attempt: int) -> Outcome:
    """The outcome of a deployment that has failed: it is tried again, or reported with what it created."""
    verdict = refused.verdict
    record = deployments.build_deployment_id(order.location, work)
    ids = (*deployments.list_touched_ids(order.location, record), record)
    collected = DeployState(existed=state.existed, topology=_claim_resources(order, state, ids))
    if attempt < verdict.tries:
        waits = Waiting(initial=3 * verdict.wait, maximum=3 * verdict.wait, jitter=2 / 3)
        return retry(waits.compute_seconds(attempt, refused.retry_after), refused.cause.text, collected)
    correlation = state.correlation_id or "unknown"
    reason = f"deployment '{work.name}' failed: {refused.cause.text} (correlation id {correlation})"
    return fail(verdict.code, reason, collected, collected=True)


def _claim_resources(order: Order, state: DeployState, ids: tuple[ResourceId, ...]) -> dict[str, TopologyEntry]:
    """The topology to own: what this resource owned before, what earlier tries created, and those of `ids` that did not
    exist before.
    """
    before = {**list_owned(order.topology), **state.topology}
    known = {entry.id for entry in before.values()}
    existed = set(state.existed)
    new = [resource_id for resource_id in ids if resource_id not in known and resource_id.fingerprint not in existed]
    return {**before, **name_entries(new, _find_home(order), before)}


def _find_home(order: Order) -> ResourceId:
    """An id in the place of Create's deployment: the first deployment in the topology, else the deployment of this
    order.
    """
    records = (entry.id for entry in list_owned(order.topology).values() if entry.id.is_of_type(entry.type))
    own_record = deployments.build_deployment_id(order.location, _require_deploy(order))
    return next((record for record in records if record.is_deployment), own_record)


def _find_existing_resources(location: AzureLocation, work: Deploy, template: Template) -> list[ResourceId]:
    """The ids of the resources that the template would write and that exist already.

    One list of the resource group is enough if nothing in it has a name of the template and the template stays within
    the group. Otherwise children may exist as well, or resources in other scopes: ARM's preflight then gives the ids,
    and those that the list cannot contain are read one by one (ADR 3).
    """
    types = list_resource_types(template.body)
    parents_inside = all(kind.rsplit("/", 1)[0] in types for kind in types if kind.count("/") > 1)
    listed: frozenset[ResourceId] = frozenset()
    if work.scope == "resourceGroup":
        names = list_top_level_names(template.body, work.parameters)
        only_name = next(iter(names))[1] if names is not None and len(names) == 1 else ""
        listed = resources.list_group(location, work.resource_group, types, only_name)
        has_existing = names is None or any(
            (resource_id.type.lower(), resource_id.name.lower()) in names for resource_id in listed
        )
        if parents_inside and not has_outside_resources(template.body) and not (listed and has_existing):
            return []
    # A template does not create what it only refers to, but ARM lists that among the deployment's resources.
    referred = list_existing_types(template.body)
    existing = [resource_id for resource_id in listed if resource_id.type.lower() in referred]
    for resource_id in deployments.list_validated_ids(location, work, template.body):
        is_in_list = resource_id.is_top_level and resource_id.is_in_group(work.resource_group)
        if resource_id in listed or (not is_in_list and resources.get(location, resource_id) is not None):
            existing.append(resource_id)
    return existing


def _require_deploy(order: Order) -> Deploy:
    if not isinstance(order.work, Deploy):
        raise TypeError(f"a step of deploy was called for a {order.work.verb}")
    return order.work
