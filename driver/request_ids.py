"""The requestId of a request: ADR 15."""

import json
import re
import uuid
from hashlib import sha256
from typing import Any

from driver.models.orders import Order
from driver.models.requests import LifecycleRequest, Properties

_HALF = 16  # digits of each half of a requestId
PREFIX_LENGTH = _HALF + 2  # characters, dashes included, with which all requestIds of one resource begin

_REQUEST_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def make_request_id(request: LifecycleRequest, order: Order, tenant: str | None) -> str:
    """The requestId of a request, a UUID, which is also the instance id of its execution. A repeated POST gets the same
    one; if Brent sends no request id of its own, it is random.

    The first half is a digest of the resource id alone. The second half is a digest of everything that makes it another
    request, without secrets: no credentials, no keys, no values that are bound to secure parameters. A transition
    without a template counts by its targets, not by the properties that they were evaluated from.
    """
    own, resource = request.read_system_property("requestId"), request.read_system_property("resourceId")
    head = _hash_text(resource) if resource else _draw_half()
    if not own:
        return str(uuid.UUID(hex=head + _draw_half()))
    parts = [
        tenant,
        request.lifecycle_name.lower(),
        own,
        request.deployment_location.name,
        request.driver_files,
        _select_distinguishing_parts(request, order),
    ]
    return str(uuid.UUID(hex=head + _hash_text(json.dumps(parts, sort_keys=True, default=str))))


def find_prefix(resource_id: str) -> str:
    """The characters with which all requestIds of a resource begin, by its id in TNC-O."""
    return str(uuid.UUID(hex=_hash_text(resource_id) + "0" * _HALF))[:PREFIX_LENGTH]


def is_request_id(instance_id: str) -> bool:
    """Whether an instance id is a requestId. That of an instance which sends the event of a request again is longer."""
    return _REQUEST_ID.fullmatch(instance_id) is not None


def _select_distinguishing_parts(request: LifecycleRequest, order: Order) -> Any:
    """The part of a request's content that is specific to its verb: the properties of a deployment, else the work."""
    if order.deploy is None:
        # A release may add options. Where they are not used, the id stays what it was.
        return order.work.model_dump(mode="json", exclude_defaults=True)
    # The lines of a certificate's key are left out: nearly every short value is part of one of them.
    secrets = tuple(filter(None, (order.location.client_secret, *order.secure_values)))
    return [
        _drop_secrets(properties, secrets) for properties in (request.resource_properties, request.request_properties)
    ]


def _drop_secrets(properties: Properties, secrets: tuple[str, ...]) -> list[Any]:
    """Names and values of properties. The value is None if it is a key, contains a secret or is part of one."""
    return [
        [name, entry.value if not entry.is_key and not _is_part(entry.value, secrets) else None]
        for name, entry in sorted(properties.items())
    ]


def _is_part(value: Any, secrets: tuple[str, ...]) -> bool:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return any(text in secret or secret in text for secret in secrets) if text else False


def _hash_text(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_HALF]


def _draw_half() -> str:
    return uuid.uuid4().hex[:_HALF]
