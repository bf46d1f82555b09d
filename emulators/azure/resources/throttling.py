"""What ARM and resource providers refuse because there were too many requests; off unless the settings turn it on."""

from collections.abc import Mapping

from emulators.azure.wire.errors import refusal
from emulators.azure.wire.messages import Request
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.quotas import GLOBAL, LIMITS, PROVIDER_SECONDS, Limit

_KINDS: Mapping[str, str] = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}
# What ARM shows where nothing is counted: the most that recordings have.
_SHOWN: Mapping[str, tuple[int, int]] = {"reads": (1099, 16499), "deletes": (799, 11999), "writes": (799, 11999)}


def kind(request: Request) -> str:
    """`reads`, `writes` or `deletes`."""
    return _KINDS.get(request.method, "writes")


def count_request(cloud: Cloud, request: Request, principal: str) -> None:
    """Count a request of a principal. Raises the refusal SubscriptionRequestsThrottled."""
    if not cloud.settings.throttling or request.lowered[:1] != ("subscriptions",) or len(request.segments) < 2:
        return
    subscription, limit = request.lowered[1], LIMITS[kind(request)]
    whole = Limit(limit.size * GLOBAL, limit.rate * GLOBAL)
    wait = cloud.quotas.take((subscription, principal, kind(request)), limit, now())
    wait = wait or cloud.quotas.take((subscription, kind(request)), whole, now())
    if wait:
        operation = f"{request.method}/{'/'.join(request.segments[::2])}".upper()
        error = refusal(
            "SubscriptionRequestsThrottled", subscription=request.segments[1], operation=operation, seconds=wait
        )
        error.retry_after = wait
        raise error


def show_remaining(cloud: Cloud, request: Request, principal: str) -> dict[str, str]:
    """How much is left."""
    name = f"x-ms-ratelimit-remaining-subscription-{kind(request)}"
    whole = name.replace("subscription", "subscription-global")
    own, shared = _SHOWN[kind(request)]
    if cloud.settings.throttling and len(request.segments) > 1:
        limit = LIMITS[kind(request)]
        key = (request.lowered[1], principal, kind(request))
        own = int(cloud.quotas.left(key, limit, now()))
        whole_limit = Limit(limit.size * GLOBAL, limit.rate * GLOBAL)
        shared = int(cloud.quotas.left((request.lowered[1], kind(request)), whole_limit, now()))
    return {name: str(own), whole: str(shared)}


def count_at_provider(cloud: Cloud, resource_type: str, subscription: str, action: str) -> None:
    """Count what a resource provider is asked to do, by ARM's deployments too. `action`: read, write or delete.

    Raises the refusal ResourceRequestsThrottled.
    """
    namespace = resource_type.partition("/")[0].lower()
    most = cloud.settings.provider_requests.get(f"{namespace}/{action}")
    if most is None:
        return
    wait = cloud.quotas.take((subscription.lower(), namespace, action), Limit(most, most / PROVIDER_SECONDS), now())
    if wait:
        error = refusal("ResourceRequestsThrottled", action=f"{resource_type}/{action}", limit=most, seconds=wait)
        error.retry_after = wait
        raise error
