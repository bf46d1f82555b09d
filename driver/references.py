"""references/find: finds a resource that exists in Azure, by ARM id, by name or by tag."""

import re
import uuid
from typing import Any

from driver.azure import resources
from driver.azure.deadlines import limit_calls
from driver.azure.locations import read_location
from driver.azure.refusals import Refusal
from driver.azure.verdicts import UNTIL_TIMEOUT
from driver.errors import InvalidRequest, NotReady
from driver.models.orders import AzureLocation
from driver.models.requests import ReferenceRequest
from driver.packages import archives, catalogue, expressions, queries
from driver.packages.manifests import Reference
from driver.resource_ids import GROUP_TYPE, SUBSCRIPTION_TYPE, ResourceId
from driver.settings import Settings
from driver.telemetry import redact
from driver.topology import name_entries

_TAG = "tag:"
_MOST_LISTED = 10
_PLAIN = re.compile(r"[^?#]+")  # an ARM id is put into a URL as it is, so it must not begin a query or a fragment


def find(request: ReferenceRequest, settings: Settings, ends_at: float) -> dict[str, Any] | None:
    """`{"resourceId", "associatedTopology", "outputs"}` of the one resource that `instanceName` names: an ARM id, a
    name in the deployment location's subscription, or `tag:<name>=<value>`. None if no resource matches.

    The `reference:` block of the driver files' lifecycle.yaml may narrow the search and define outputs. Raises
    InvalidRequest if several resources match or Azure refuses, NotReady if Azure cannot be reached. Azure is not called
    after the time `ends_at` of `time.monotonic()`.
    """
    with limit_calls(ends_at):
        return _find(request, settings)


def _find(request: ReferenceRequest, settings: Settings) -> dict[str, Any] | None:
    location = read_location(request.deployment_location, settings)
    reference = _read_reference(request, settings)
    try:
        ids = _find_ids(location, request.instance_name.strip(), reference)
        if len(ids) > 1:
            listed = ", ".join(map(str, ids[:_MOST_LISTED])) + (
                f" and {len(ids) - _MOST_LISTED} more" if len(ids) > _MOST_LISTED else ""
            )
            raise InvalidRequest(
                f"instanceName: '{request.instance_name}' is not one resource but {len(ids)}: {listed}"
            )
        resource = resources.get(location, ids[0]) if ids else None
    except Refusal as refused:
        text = f"Azure refused: {redact(refused.cause.text, location.secrets)}"
        raise (NotReady(text) if refused.verdict.tries == UNTIL_TIMEOUT else InvalidRequest(text)) from refused
    if resource is None:
        return None
    resource_id = ResourceId.parse(str(resource["id"]))
    topology = name_entries([resource_id], home=resource_id)
    outputs = reference.outputs if reference else {}
    return {
        "resourceId": str(uuid.uuid5(uuid.NAMESPACE_URL, resource_id.folded)),
        "associatedTopology": {key: entry.model_dump(mode="json") for key, entry in topology.items()},
        "outputs": queries.evaluate_outputs(outputs, resource),
    }


def _read_reference(request: ReferenceRequest, settings: Settings) -> Reference | None:
    """The `reference:` block of the driver files with its expressions evaluated; None if there is none."""
    package = catalogue.load_own_package(archives.read_files(request.driver_files), settings)
    if package is None or package.manifest.reference is None:
        return None
    block = package.manifest.reference
    context = {
        "instance_name": request.instance_name,
        "deployment_location": {"name": request.deployment_location.name},
    }
    group = str(expressions.evaluate(block.resource_group, context, "lifecycle.yaml, reference.resourceGroup"))
    return block.model_copy(update={"resource_group": group})


def _find_ids(location: AzureLocation, wanted: str, reference: Reference | None) -> list[ResourceId]:
    kind = reference.type if reference else ""
    group = reference.resource_group if reference else ""
    if wanted.startswith("/"):
        given_id = ResourceId.parse(wanted)
        if given_id.type and not given_id.is_in_subscription(location.subscription_id):
            raise InvalidRequest(
                f"instanceName: '{wanted}' is not in the subscription of deployment location '{location.name}'"
            )
        if not given_id.type or given_id.is_of_type(SUBSCRIPTION_TYPE) or not _PLAIN.fullmatch(wanted):
            raise InvalidRequest(f"instanceName: '{wanted[:300]}' is not the ARM id of a resource or resource group")
        return [given_id]
    if kind.lower() == GROUP_TYPE.lower() and not wanted.startswith(_TAG):
        return [ResourceId.parse(f"/subscriptions/{location.subscription_id}/resourceGroups/{wanted}")]
    if kind.count("/") > 1 and not wanted.startswith(_TAG):
        return [_build_child_id(location, kind, group, wanted)]
    if wanted.startswith(_TAG):
        name, _, value = wanted.removeprefix(_TAG).partition("=")
        ids = resources.find_by_tag(location, name, value)
    else:
        ids = resources.find_by_name(location, wanted, kind)
    return [
        resource_id
        for resource_id in ids
        if (not kind or resource_id.is_of_type(kind)) and (not group or resource_id.is_in_group(group))
    ]


def _build_child_id(location: AzureLocation, kind: str, group: str, wanted: str) -> ResourceId:
    """The id of a child resource from its type and its whole name (`vnet-1/subnet-1`). ARM does not list children."""
    namespace, *types = kind.split("/")
    names = wanted.split("/")
    if len(types) != len(names) or not group:
        raise InvalidRequest(
            f"instanceName: a {kind} is found by an ARM id, or by a name of {len(types)} segments joined with '/' where"
            " the reference block gives its resourceGroup"
        )
    path = "/".join(f"{child_type}/{name}" for child_type, name in zip(types, names, strict=True))
    scope = f"/subscriptions/{location.subscription_id}/resourceGroups/{group}"
    return ResourceId.parse(f"{scope}/providers/{namespace}/{path}")
