"""The end points that give tokens to managed identities: that of virtual machines (IMDS) and that of App Service.

On virtual machines it is http://169.254.169.254; AZURE_POD_IDENTITY_AUTHORITY_HOST of the client names another. On App
Service IDENTITY_ENDPOINT and IDENTITY_HEADER name it. Sources: learn.microsoft.com "How to use managed identities for
Azure resources on an Azure VM to acquire an access token", "How to use managed identities for App Service and Azure
Functions", REST endpoint reference.
"""

import hmac
import time
from typing import Any

from emulators.azure.identity import tokens
from emulators.azure.wire.messages import Request, Response
from emulators.azure.world.cloud import Cloud, guid

_MACHINE = ("metadata", "identity", "oauth2", "token")
_APP_SERVICE = ("msi", "token")
_SYSTEM = "system"


def serves(request: Request) -> bool:
    """Whether a request is for one of the end points."""
    return request.lowered in (_MACHINE, _APP_SERVICE)


def handle(cloud: Cloud, request: Request) -> Response:
    """A token, or the refusal in the words of that end point."""
    return _answer_machine(cloud, request) if request.lowered == _MACHINE else _answer_app_service(cloud, request)


def _answer_machine(cloud: Cloud, request: Request) -> Response:
    if request.headers.get("metadata", "").lower() != "true":
        return _refuse_machine("Required metadata header not specified")
    for name in ("api-version", "resource"):
        if not request.query.get(name):
            return _refuse_machine(f"Required query variable '{name}' is missing")
    if not _knows(cloud, request):
        return _refuse_machine("Identity not found")
    granted = _grant(cloud, request)
    seconds = str(cloud.settings.token_seconds)
    return Response(200, {**granted, "expires_in": seconds, "ext_expires_in": seconds})


def _refuse_machine(text: str) -> Response:
    return Response(400, {"error": "invalid_request", "error_description": text})


def _answer_app_service(cloud: Cloud, request: Request) -> Response:
    given = request.headers.get("x-identity-header", "")
    if not hmac.compare_digest(given.encode(), cloud.settings.identity_header.encode()):
        return _refuse_app_service(401, "The X-IDENTITY-HEADER of the request is not that of this app.")
    for name in ("api-version", "resource"):
        if not request.query.get(name):
            return _refuse_app_service(400, f"The query parameter '{name}' is missing.")
    if not _knows(cloud, request):
        text = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
        return _refuse_app_service(400, text)
    return Response(200, _grant(cloud, request))


def _refuse_app_service(status: int, text: str) -> Response:
    return Response(status, {"statusCode": status, "message": text, "correlationId": guid()})


def _knows(cloud: Cloud, request: Request) -> bool:
    known = cloud.settings.managed_identities
    return not known or (request.query.get("client_id") or _SYSTEM) in known


def _grant(cloud: Cloud, request: Request) -> dict[str, Any]:
    client = request.query.get("client_id") or _SYSTEM
    tenant, resource = cloud.settings.home_tenant, request.query["resource"]
    moment = int(time.time())
    return {
        "access_token": tokens.issue(cloud, f"{request.url}/{tenant}/v2.0", tenant, client, resource),
        "client_id": client,
        "expires_on": str(moment + cloud.settings.token_seconds),
        "not_before": str(moment),
        "resource": resource,
        "token_type": "Bearer",
    }
