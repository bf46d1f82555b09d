"""The steps of `deploy`: look at what is there, deploy, watch, and report what the deployment made.

State: `existed` fingerprints of what was there before, `topology` of what earlier tries made, `correlationId`,
 `url` to poll, `delay` of the next poll, `over` once the deployment was seen to have succeeded.
"""

import random
from typing import Any

from driver.azure import deployments, resources
from driver.azure.connection import FIRST_POLL, next_delay, poll
from driver.azure.deployments import Deployment
from driver.azure.refusals import Refusal
from driver.models import AzureLocation, Deploy, Order, Outcome, completed, failed, retry, running, succeeded
from driver.packages import catalogue
from driver.packages.templates import (
    DEPLOYMENTS,
    Template,
    existing_types,
    reaches_elsewhere,
    resource_types,
    template,
    top_level_names,
)
from driver.topology import arm_name, arm_type, entries, fingerprint, group_name, owned

RECORD_WAIT = 2.0  # seconds until the record of a deployment that has succeeded is read again


def inspect_resources(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """Fingerprints of what the template names and is there already: that is updated and reported, but not owned."""
    work = _work(order)
    there = _there(order.location, work, template_of(work))
    return succeeded({"existed": sorted(map(fingerprint, there))})


def start_deployment(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """PUT the deployment."""
    work = _work(order)
    started = deployments.put(order.location, work, template_of(work).body)
    now = {"correlationId": started.correlation_id, "url": started.url, "delay": FIRST_POLL}
    shown = {"deployment": work.name, "correlationId": started.correlation_id}
    return Outcome(kind="Succeeded", after=FIRST_POLL, state={**state, **now}, shown=shown)


def watch_deployment(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """Poll the deployment; when it is over, its outputs and inventory.

    Once it has succeeded, this step may have published COMPLETE before it was killed: then no refusal fails it.
    """
    work = _work(order)
    try:
        if not state.get("over") and not _is_over(order.location, work, state):
            delay = next_delay(state["delay"])
            return running(delay, {**state, "delay": delay})
    except Refusal as refused:
        if refused.status != 200:
            raise
        return _failed(order, work, state, refused, attempt)
    try:
        found = deployments.get(order.location, deployments.deployment_id(order.location, work))
        if found.state == "Succeeded":
            return _report_deployment(order, work, state, found)
        wait, reason = RECORD_WAIT, f"the deployment has succeeded, its record still says {found.state}"
    except Refusal as refused:
        wait, reason = max(refused.retry_after, RECORD_WAIT), refused.cause.text
    return running(wait * random.uniform(1, 1.5), {**state, "over": True}, reason, settled=True)  # noqa: S311 - scatters retries, guards nothing


def abandon_deployment(order: Order, state: dict[str, Any], attempt: int) -> Outcome:
    """Cancel a deployment that is given up, if it is active, and report what it made. What failed is for the caller to
    say.
    """
    work = _work(order)
    record = deployments.deployment_id(order.location, work)
    if not deployments.cancel(order.location, record):
        return succeeded({"topology": _owned(order, state, ())})
    return succeeded({"topology": _inventory(order, state, deployments.touched_ids(order.location, record))})


def _is_over(location: AzureLocation, work: Deploy, state: dict[str, Any]) -> bool:
    if state["url"]:
        return poll(location, state["url"]).is_over
    # The PUT joined a deployment that was active already: ARM gave no URL to poll.
    found = deployments.get(location, deployments.deployment_id(location, work))
    if found.failure is not None:
        raise Refusal(200, found.failure)
    return found.state == "Succeeded"


def _report_deployment(order: Order, work: Deploy, state: dict[str, Any], found: Deployment) -> Outcome:
    """The end of a deployment that has succeeded, from its record; nested deployments are found by its operations."""
    used = template_of(work)
    record = deployments.deployment_id(order.location, work)
    ids = list(found.resource_ids)
    is_nested = DEPLOYMENTS.lower() in resource_types(used.body)
    if is_nested:
        ids += deployments.nested_ids(order.location, record)
    topology = _inventory(order, state, tuple(ids))
    return completed(deployments.outputs(found, used.outputs), topology, repeatable=not is_nested)


def _failed(order: Order, work: Deploy, state: dict[str, Any], refused: Refusal, attempt: int) -> Outcome:
    verdict = refused.verdict
    record = deployments.deployment_id(order.location, work)
    topology = _inventory(order, state, deployments.touched_ids(order.location, record))
    if attempt < verdict.tries:
        wait = max(verdict.wait, refused.retry_after) * random.uniform(1, 3)  # noqa: S311 - scatters retries, guards nothing
        return retry(wait, refused.cause.text, {"existed": state["existed"], "topology": topology})
    correlation = state.get("correlationId") or "unknown"
    reason = f"deployment '{work.name}' failed: {refused.cause.text} (correlation id {correlation})"
    return failed(verdict.code, reason, {"topology": topology}, collected=True)


def _inventory(order: Order, state: dict[str, Any], ids: tuple[str, ...]) -> dict[str, Any]:
    """What this resource owns now, the deployment's record included."""
    return _owned(order, state, (*ids, deployments.deployment_id(order.location, _work(order))))


def _owned(order: Order, state: dict[str, Any], ids: tuple[str, ...]) -> dict[str, Any]:
    """What this resource owned before, what an earlier try made, and what of `ids` was not there before."""
    before = {key: entry.model_dump() for key, entry in owned(order.topology).items()}
    before |= state.get("topology", {})
    known = {entry["id"].lower() for entry in before.values()}
    existed = set(state["existed"])
    made = (one for one in ids if one.lower() not in known and fingerprint(one) not in existed)
    return {**before, **entries(made, before)}


def _there(location: AzureLocation, work: Deploy, used: Template) -> list[str]:
    """The ids of what the template would write and that is there.

    One list of the group tells all of a template whose resources are new there. Only where it names something that is
    there may children be there too, or resources in other scopes: then ARM's preflight gives the ids, and each is
    looked up.
    """
    types = resource_types(used.body)
    parents_inside = all(kind.rsplit("/", 1)[0] in types for kind in types if kind.count("/") > 1)
    listed: frozenset[str] = frozenset()
    if work.scope == "resourceGroup":
        names = top_level_names(used.body, work.parameters)
        only_name = next(iter(names))[1] if names is not None and len(names) == 1 else ""
        listed = resources.listed(location, work.resource_group, types, only_name)
        met = listed and (names is None or any((arm_type(one), arm_name(one)) in names for one in listed))
        if parents_inside and not reaches_elsewhere(used.body) and not met:
            return []
    # What the template only refers to is never made by it, whatever ARM lists as its resources.
    referred = existing_types(used.body)
    found = [one for one in listed if arm_type(one).lower() in referred]
    for one in deployments.validated_ids(location, work, used.body):
        is_in_list = group_name(one).lower() == work.resource_group.lower() and one.lower().count("/") == 8
        if one.lower() in listed or (not is_in_list and resources.exists(location, one)):
            found.append(one)
    return found


def template_of(work: Deploy) -> Template:
    if work.template is not None:
        return template(work.template, work.file)
    return catalogue.built_in(work.package).template(work.file)[0]


def _work(order: Order) -> Deploy:
    if not isinstance(order.work, Deploy):
        raise TypeError(f"a step of deploy was called for a {order.work.verb}")
    return order.work
