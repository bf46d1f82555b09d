"""What a request adopts: the one entry of an Adopt's topology, or the deployment that `stack_id` of a Create names."""

import re

from driver.errors import InvalidRequest
from driver.models.orders import Adopt
from driver.models.requests import LifecycleRequest
from driver.packages.catalogue import Package
from driver.resource_ids import DEPLOYMENT_TYPE, SUBSCRIPTION_TYPE, ResourceId

STACK_ID = "stack_id"
_PLAIN = re.compile(r"[^?#]+")  # an ARM id is put into a URL as it is, so it must not begin a query or a fragment


def plan_adoption(request: LifecycleRequest, package: Package) -> Adopt:
    """The adoption that an Adopt asks for. Raises InvalidRequest.

    The associatedTopology has exactly one entry. Its id, or else its key, is the ARM id of a resource, a deployment or,
    if the package allows it, a resource group.
    """
    key, adopted = _read_target(request)
    manifest = package.manifest
    adoption = Adopt(id=adopted, given=key, skip_status_check=manifest.adopt.skip_status_check)
    if adopted.is_deployment:
        return adoption.model_copy(update={"outputs": _list_outputs(package)})
    if adopted.is_group and not manifest.adopt.group:
        raise InvalidRequest(
            f"associatedTopology: {adopted} is a resource group, which a later Delete would delete with all that is in"
            " it; the package allows that with `adopt: {group: true}` in its lifecycle.yaml"
        )
    reference = manifest.reference
    if reference is not None and not adopted.is_of_type(reference.type):
        raise InvalidRequest(
            f"associatedTopology: {adopted} is of type {adopted.type}; this resource type adopts {reference.type},"
            " or a deployment"
        )
    return adoption.model_copy(update={"queries": reference.outputs if reference else {}})


def plan_stack_adoption(request: LifecycleRequest, package: Package) -> Adopt | None:
    """The adoption of the deployment that the property `stack_id` of a Create names; None without that property."""
    stack_property = request.resource_properties.get(STACK_ID)
    stack_id = "" if stack_property is None or stack_property.value is None else str(stack_property.value).strip()
    if not stack_id:
        return None
    deployment_id = ResourceId.parse(stack_id)
    if not (deployment_id.is_deployment and deployment_id.subscription):
        raise InvalidRequest(
            f"property '{STACK_ID}': '{stack_id[:300]}' is not the ARM id of a deployment:"
            f" /subscriptions/<id>/resourceGroups/<group>/providers/{DEPLOYMENT_TYPE}/<name>"
        )
    return Adopt(id=deployment_id, outputs=_list_outputs(package))


def _read_target(request: LifecycleRequest) -> tuple[str, ResourceId]:
    """The key of the one entry, and what it names."""
    entries = request.associated_topology
    if len(entries) != 1:
        raise InvalidRequest(
            f"associatedTopology: it has {len(entries)} entries; Adopt takes exactly one, the ARM id of what is adopted"
        )
    [(key, entry)] = entries.items()
    candidates = [*([entry.id] if entry else []), ResourceId.parse(key)]
    for candidate in candidates:
        is_resource = candidate.type and not candidate.is_of_type(SUBSCRIPTION_TYPE)
        if is_resource and candidate.subscription and _PLAIN.fullmatch(candidate.text):
            return key, candidate
    raise InvalidRequest(
        f"associatedTopology: neither the id '{candidates[0].text[:300]}' nor the key '{key[:300]}' is the ARM id of a"
        " resource, a deployment or a resource group: /subscriptions/<id>/resourceGroups/<group>/..."
    )


def _list_outputs(package: Package) -> tuple[str, ...]:
    """The names of the outputs of Create's template."""
    create = next((one for name, one in package.manifest.transitions.items() if name.lower() == "create"), None)
    if create is None or create.deploy is None:
        return ()
    return tuple(package.load_template(create.deploy)[0].outputs)
