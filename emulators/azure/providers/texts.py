"""Values that services make by a pattern: texts with holes, filled from a resource.

`{name}`, `{parent}` and `{root}` (the names of the resource, of the one it lies in and of the topmost), `{id}`,
`{location}`, `{subscription}`, `{group}`, `{tenant}`, `{guid}` and `{guid2}`, `{hex}` (32 digits), `{ip}` (an address
of 198.18.0.0/15), `{key1}` and `{key2}` (base64), `{created}`, `{outputs}` (of a deployment script: those that its text
names, each with its name as the value), and what was sent: `{sku[name]}`,
`{properties[dnsSettings][domainNameLabel]}`; `{item[name]}` in an element of a list. A text that is one hole becomes
the value itself.
"""

import base64
import hashlib
import re
import string
import uuid
from collections.abc import Callable
from typing import Any

from emulators.azure.providers.types import ABSENT
from emulators.azure.wire.times import timestamp
from emulators.azure.world import ids
from emulators.azure.world.entities import Resource

_HOLE = re.compile(r"\{([^{}]*)\}")
_FORMATTER = string.Formatter()
# The outputs of a script: `$DeploymentScriptOutputs['a']`, `.a`, `@{a = ...}` of PowerShell, keys of JSON in Bash.
_OUTPUT = re.compile(
    r"""DeploymentScriptOutputs(?:\[["']|\.)(\w+)|[{,;]\s*\\?["']?(\w+)\\?["']?\s*[:=]""", re.IGNORECASE
)


def fill(value: Any, resource: Resource, item: dict[str, Any] | None = None) -> Any:
    """The value with all holes filled; ABSENT where a hole asks for what was not sent."""
    try:
        return _fill(value, _Facts(resource, item or {}))
    except (KeyError, IndexError, TypeError):
        return ABSENT


def _fill(value: Any, facts: "_Facts") -> Any:
    if isinstance(value, str):
        whole = _HOLE.fullmatch(value)
        found: Any = value.format_map(facts)
        if whole:
            found, _ = _FORMATTER.get_field(whole[1], (), facts)
        return str(found) if isinstance(found, uuid.UUID) else found
    if isinstance(value, dict):
        return {key: _fill(part, facts) for key, part in value.items()}
    return [_fill(part, facts) for part in value] if isinstance(value, list) else value


class _Facts(dict[str, Any]):
    """What holes can name, each made when it is asked for."""

    def __init__(self, resource: Resource, item: dict[str, Any]) -> None:
        super().__init__(item=item, properties=resource.properties, id=resource.id, location=resource.location)
        self._resource = resource

    def __missing__(self, name: str) -> Any:
        resource = self._resource
        if name in resource.top:
            return resource.top[name]
        digest = hashlib.sha512(f"{resource.id.lower()}/{name.rstrip('12')}/{name[-1:]}".encode()).digest()
        names = resource.id.rsplit("/providers/", 1)[-1].split("/")[2::2]
        made: dict[str, Callable[[], Any]] = {
            "name": lambda: resource.name,
            "parent": lambda: names[-2],
            "root": lambda: names[0],
            "subscription": lambda: ids.subscription_of(resource.id),
            "group": lambda: ids.group_of(resource.id),
            "tenant": lambda: uuid.uuid5(uuid.NAMESPACE_URL, ids.subscription_of(resource.id)),
            "guid": lambda: uuid.UUID(bytes=digest[:16], version=4),
            "guid2": lambda: uuid.UUID(bytes=digest[:16], version=4),
            "hex": lambda: digest.hex()[:32],
            "ip": lambda: f"198.{18 + digest[0] % 2}.{digest[1]}.{digest[2]}",
            "key1": lambda: base64.b64encode(digest).decode(),
            "key2": lambda: base64.b64encode(digest).decode(),
            "created": lambda: timestamp(resource.created),
            "outputs": lambda: _name_outputs(str(resource.properties.get("scriptContent") or "")),
        }
        return made[name]()


def _name_outputs(script: str) -> dict[str, str]:
    names = [one or other for one, other in _OUTPUT.findall(script)]
    return {name: name for name in names}
