"""Azure Resource Manager: which request goes where."""

import re
from collections.abc import Mapping

from emulators.azure import deployment_requests, entra, groups, operations, resource_requests, subscriptions
from emulators.azure.cloud import Cloud, guid
from emulators.azure.errors import GATEWAY, Refusal, refusal
from emulators.azure.messages import Request, Response, refused

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_POLLS = ("operations", "operationresults", "asyncoperations", "diskoperations")
_LIMITS: Mapping[str, tuple[str, int, int]] = {
    "GET": ("reads", 1099, 16499),
    "HEAD": ("reads", 1099, 16499),
    "DELETE": ("deletes", 799, 11999),
}


def handle(cloud: Cloud, request: Request) -> Response:
    """Answer one ARM request, refusals included, with the headers that every answer of ARM carries."""
    try:
        tenant_id = entra.tenant_of(cloud, request)
        answer = _route(cloud, request, tenant_id)
    except Refusal as error:
        answer = refused(error)
        if error.status == 401:
            answer.headers |= entra.challenge(request, error.code)
    if request.method == "HEAD":
        answer.body = None
    kind, remaining, remaining_global = _LIMITS.get(request.method, ("writes", 799, 11999))
    request_id = guid()
    answer.headers |= {
        "cache-control": "no-cache",
        "pragma": "no-cache",
        "expires": "-1",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": request.correlation_id,
        "x-ms-routing-request-id": f"EMULATED:{request_id}",
    }
    if answer.headers.get("x-ms-failure-cause") != GATEWAY:
        answer.headers[f"x-ms-ratelimit-remaining-subscription-{kind}"] = str(remaining)
        answer.headers[f"x-ms-ratelimit-remaining-subscription-global-{kind}"] = str(remaining_global)
    if request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        answer.headers["x-ms-client-request-id"] = request.headers.get("x-ms-client-request-id", "")
    return answer


def _route(cloud: Cloud, request: Request, tenant_id: str) -> Response:
    path = request.lowered
    if not path or path[0] != "subscriptions":
        raise refusal("NotSupportedByEmulator", what=f"{request.method} {request.path}")
    if len(path) > 1:
        _known_subscription(cloud, request.segments[1])
    if len(path) <= 2 or path[2] in ("locations", "resources"):
        return subscriptions.handle(cloud, request, tenant_id)
    if path[2] == "operationresults" and len(path) == 4:
        return operations.poll(cloud, request)
    if path[2] == "resourcegroups" and (len(path) <= 4 or path[4:] == ("resources",)):
        return groups.handle(cloud, request)
    at = 4 if path[2] == "resourcegroups" else 2
    rest = path[at:]
    if rest[:1] == ("deployments",):
        return _deployments(cloud, request, at, at + 1, tenant_id)
    if rest[:3] == ("providers", "microsoft.resources", "deployments"):
        return _deployments(cloud, request, at, at + 3, tenant_id)
    if rest[0] == "providers" and at == 2 and (len(rest) <= 2 or rest[2:] == ("register",)):
        return subscriptions.handle(cloud, request, tenant_id)
    if rest[0] == "providers" and _is_poll(rest):
        return operations.poll(cloud, request)
    if rest[0] == "providers" and len(rest) > 2:
        return resource_requests.handle(cloud, request)
    raise refusal("NotSupportedByEmulator", what=f"{request.method} {request.path}")


def _deployments(cloud: Cloud, request: Request, scope: int, rest: int, tenant_id: str) -> Response:
    scope_id = "/" + "/".join(request.segments[:scope])
    return deployment_requests.handle(cloud, request, scope_id, request.segments[rest:], tenant_id)


def _is_poll(rest: tuple[str, ...]) -> bool:
    """`providers/{ns}/locations/{place}/operations/{id}`, `providers/{ns}/privateDnsOperationStatuses/{id}`."""
    if len(rest) == 6 and rest[2] == "locations":
        return rest[4] in _POLLS
    return len(rest) == 4 and rest[2].startswith("privatednsoperation")


def _known_subscription(cloud: Cloud, subscription: str) -> None:
    if not _GUID.fullmatch(subscription):
        raise refusal("InvalidSubscriptionId", subscription=subscription)
    if cloud.settings.subscriptions and subscription.lower() not in cloud.settings.subscriptions:
        raise refusal("SubscriptionNotFound", subscription=subscription)
