"""Azure Resource Manager: which request goes where."""

import re
from typing import Any

from emulators.azure.deployments import requests as deployment_requests
from emulators.azure.identity import entra
from emulators.azure.resources import groups, operations, permissions, soft_deletion, subscriptions, tags, throttling
from emulators.azure.resources import requests as resource_requests
from emulators.azure.wire.errors import GATEWAY, Refusal, refusal, unsupported
from emulators.azure.wire.messages import Request, Response, refused
from emulators.azure.world import environment
from emulators.azure.world.cloud import Cloud, guid

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_POLLS = ("operations", "operationresults", "asyncoperations", "diskoperations")
_REFUSED = (("microsoft.resources", "deploymentstacks"),)


def handle(cloud: Cloud, request: Request) -> Response:
    """Answer one ARM request, refusals included, with the headers that every answer of ARM carries."""
    principal = ""
    if request.method == "GET" and request.lowered == ("metadata", "endpoints"):
        return add_headers(cloud, request, Response(200, _describe_endpoints(request)))
    try:
        caller = entra.caller_of(cloud, request)
        principal = caller.principal
        throttling.count_request(cloud, request, principal)
        permissions.require(cloud, request, principal)
        answer = _route(cloud, request, caller)
    except Refusal as error:
        answer = refused(error)
    return add_headers(cloud, request, answer, principal)


def _describe_endpoints(request: Request) -> Any:
    """What a cloud publishes of its addresses, without a token: an object from 2022-09-01 on, before a list of them."""
    entry = environment.publish(request.url)
    return entry if request.api_version >= "2022-09-01" else [entry]


def add_headers(cloud: Cloud, request: Request, answer: Response, principal: str = "") -> Response:
    """An answer of ARM with the headers that every one of them carries; the answer to a HEAD has no body."""
    if answer.status == 401:
        answer.headers |= entra.challenge(request, str(answer.body.get("error", answer.body)["code"]))
    if request.method == "HEAD":
        answer.body = None
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
        answer.headers |= throttling.show_remaining(cloud, request, principal)
    if request.headers.get("x-ms-return-client-request-id", "").lower() == "true":
        answer.headers["x-ms-client-request-id"] = request.headers.get("x-ms-client-request-id", "")
    return answer


def _route(cloud: Cloud, request: Request, caller: entra.Caller) -> Response:
    path = request.lowered
    if path[:1] != ("subscriptions",):
        return _route_in_tenant(cloud, request)
    if len(path) > 1:
        _known_subscription(cloud, request.segments[1])
    in_group = path[2:3] == ("resourcegroups",)
    if in_group and (len(path) <= 4 or path[4:] == ("resources",)):
        return groups.handle(cloud, request)
    rest = path[4:] if in_group else path[2:]
    if not in_group and _is_subscriptions(rest):
        return subscriptions.handle(cloud, request, caller.tenant_id)
    if _is_poll(rest):
        return operations.poll(cloud, request)
    scope = "/" + "/".join(request.segments[: len(path) - len(rest)])
    if rest[:1] == ("deployments",):
        return deployment_requests.handle(cloud, request, scope, request.segments[len(path) - len(rest) + 1 :], caller)
    if rest[:3] == ("providers", "microsoft.resources", "deployments"):
        return deployment_requests.handle(cloud, request, scope, request.segments[len(path) - len(rest) + 3 :], caller)
    if rest[-4:] == ("providers", "microsoft.resources", "tags", "default"):
        return tags.handle(cloud, request, "/" + "/".join(request.segments[:-4]))
    if rest[:1] == ("providers",) and len(rest) > 2 and rest[1:3] not in _REFUSED:
        return resource_requests.handle(cloud, request)
    raise unsupported(f"{request.method} {request.path}")


def _route_in_tenant(cloud: Cloud, request: Request) -> Response:
    if request.method == "GET" and len(request.lowered) == 2 and request.lowered[0] == "providers":
        return subscriptions.show_tenant_provider(cloud, request)
    raise unsupported(f"{request.method} {request.path}")


def _is_subscriptions(rest: tuple[str, ...]) -> bool:
    """The subscription itself, its locations, resources, providers and what was deleted softly."""
    if rest[:1] == ("providers",):
        known = rest[2:] in ((), ("register",), ("unregister",), ("checknameavailability",))
        return len(rest) == 1 or known or soft_deletion.serves(rest)
    return rest[:1] in ((), ("locations",), ("resources",))


def _is_poll(rest: tuple[str, ...]) -> bool:
    """`operationresults/{id}`, `providers/{ns}/locations/{place}/operations/{id}`, `.../privateDnsOperation*/{id}`."""
    if len(rest) == 2 and rest[0] == "operationresults":
        return True
    if rest[:1] != ("providers",):
        return False
    if len(rest) == 6 and rest[2] == "locations":
        return rest[4] in _POLLS
    return len(rest) == 4 and rest[2].startswith("privatednsoperation")


def _known_subscription(cloud: Cloud, subscription: str) -> None:
    if not _GUID.fullmatch(subscription):
        raise refusal("InvalidSubscriptionId", subscription=subscription)
    if cloud.settings.subscriptions and subscription.lower() not in cloud.settings.subscriptions:
        raise refusal("SubscriptionNotFound", subscription=subscription)
