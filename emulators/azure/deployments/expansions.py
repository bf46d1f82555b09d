"""The templates of deployments, expanded."""

import hashlib
import uuid
from datetime import UTC, datetime
from functools import partial

from emulators.azure.deployments import links, secrets
from emulators.azure.deployments.runtime import CloudRuntime, subscription_object
from emulators.azure.language import Context, Expansion, expand
from emulators.azure.providers import roles
from emulators.azure.resources import groups, subscriptions
from emulators.azure.world import ids
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import Deployment
from emulators.azure.world.environment import PUBLIC


def expansion_of(cloud: Cloud, deployment: Deployment) -> Expansion:
    """The deployment's template, expanded; made again after a restart."""
    found = cloud.expansions.get(deployment.number)
    if found is None:
        parent = cloud.state.deployments.get(deployment.parent or "")
        if parent is not None:
            outer = expansion_of(cloud, parent)
            resource = next(item for item in outer.resources if item.id.lower() == deployment.id.lower())
            found = outer.nested(resource, CloudRuntime(cloud))
        else:
            found = evaluate(cloud, deployment)
        cloud.expansions[deployment.number] = found
    return found


def evaluate(cloud: Cloud, deployment: Deployment) -> Expansion:
    """Expand the template that the client sent; raises TemplateError."""
    properties = deployment.properties
    group = cloud.state.groups.get(deployment.scope.lower())
    subscription = ids.subscription_of(deployment.id)
    seed = uuid.UUID(hashlib.sha256(deployment.number.encode()).hexdigest()[:32])
    count = iter(range(1_000_000))
    context = Context(
        tenant_id=deployment.tenant_id,
        subscription_id=subscription,
        subscription=subscription_object(subscription, deployment.tenant_id),
        resource_group=groups.show(group) if group else None,
        deployment_name=deployment.name,
        deployment_location=deployment.location,
        environment=PUBLIC,
        now=datetime.fromtimestamp(deployment.started, UTC),
        new_guid=lambda: str(uuid.uuid5(seed, str(next(count)))),
        deployer={"objectId": deployment.deployer, "tenantId": deployment.tenant_id},
        follow=links.make_follower(cloud, deployment.shown.get("base", "")),
        read_secret=secrets.make_reader(cloud),
        find_role=roles.find_id,
        find_provider=partial(subscriptions.describe_provider, cloud),
    )
    return expand(properties["template"], properties.get("parameters") or {}, context)


def forget(cloud: Cloud, deployment: Deployment) -> None:
    """A deployment that is over needs neither its template nor the values, some of them secret, that came with it."""
    cloud.expansions.pop(deployment.number, None)
    deployment.properties.pop("parameters", None)


def new_number(seed: str) -> str:
    """Twenty digits, as ARM numbers the operation of a deployment."""
    digits = int.from_bytes(hashlib.sha256(f"{seed}/{now()}".encode()).digest()[:8], "big")
    return f"0858{digits % 10**16:016d}"
