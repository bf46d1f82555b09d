"""Tokens: signed with a key that only this emulator has. Entra ID's are signed with RSA and published keys."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from emulators.azure.world.cloud import Cloud


def issue(cloud: Cloud, issuer: str, tenant: str, client: str, audience: str) -> str:
    """A token for an application or a managed identity."""
    moment, object_id = int(time.time()), find_object_id(client)
    claims = {
        "aud": audience,
        "iss": issuer,
        "iat": moment,
        "nbf": moment,
        "exp": moment + cloud.settings.token_seconds,
        "appid": client,
        "oid": object_id,
        "sub": object_id,
        "tid": tenant,
        "ver": "1.0",
    }
    text = f"{_encode({'typ': 'JWT', 'alg': 'HS256'})}.{_encode(claims)}"
    return f"{text}.{_sign(cloud, text)}"


def find_object_id(client: str) -> str:
    """The object id of the principal that a client id belongs to."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, client))


def read(cloud: Cloud, token: str) -> dict[str, Any] | None:
    """The claims of a token; None if this emulator has not signed it."""
    signed, _, signature = token.rpartition(".")
    if not hmac.compare_digest(_sign(cloud, signed).encode(), signature.encode()):
        return None
    body = signed.partition(".")[2]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def utc(seconds: float) -> str:
    """A time as Entra ID and ARM write it in their errors."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _encode(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _sign(cloud: Cloud, text: str) -> str:
    digest = hmac.new(cloud.state.signing_key.encode(), text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
