"""Requests that nobody would write: bodies with changed bytes or values, archives and manifests with changed bytes."""

import base64
import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from benchmarks.faults.packages import build_large_output
from benchmarks.faults.stand import GROUP, LOCATION
from benchmarks.memory import pack
from dev.brent import request_body, vnet

_ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1e308, "", " ", [], {}, [[]], {"": None}, "\x00", "\ud800", "é" * 5_000, "../..", "{{ x }}"),
    *({"value": {}, "type": []}, "a" * 70_000, 10**400, ["x"] * 3_000, "${jndi:ldap://x}", "'; --", "<script>"),
)
_MANIFEST = (
    "version: 1\nresourceGroup: '{{ resourcegroup_name }}'\ntransitions:\n"
    "  Create: {deploy: main.json, timeout: 5m}\n  Delete: {remove: all}\n"
    "reference: {type: Microsoft.Network/virtualNetworks, outputs: {vnet_id: id}}\n"
)
_WORDS = (
    "&a ",
    "*a",
    "!!python/object:os.system",
    "{{",
    "}}",
    "%",
    "? ",
    "- ",
    "\t",
    ": ",
    "\n",
    "[",
    "{",
    "'",
    "\x07",
)


def build_requests(number: int, seed: int) -> Iterator[bytes]:
    """So many bodies, a third of each kind. With the same seed they are the same, except for their ids."""
    chance = random.Random(seed)
    kinds = (_change_body, _change_archive, _change_manifest)
    for count in range(number):
        yield kinds[count % len(kinds)](chance)


def _build_body(chance: random.Random, files: str = "") -> dict[str, Any]:
    body = request_body(vnet(f"fuzz-{chance.randrange(10**9)}", GROUP), "Create", deepcopy(LOCATION))
    return {**body, "driverFiles": files} if files else body


def _change_body(chance: random.Random) -> bytes:
    """A body in which a value is another, or some bytes are."""
    body = _build_body(chance)
    if chance.random() < 0.5:
        _replace_value(body, chance)
        return json.dumps(body).encode()
    return _change_bytes(json.dumps(body).encode(), chance)


def _replace_value(body: Any, chance: random.Random) -> None:
    """Put an odd value somewhere into the body, or take something out of it."""
    key = chance.choice(list(body))
    if isinstance(body[key], dict) and body[key] and chance.random() < 0.7:
        _replace_value(body[key], chance)
    elif chance.random() < 0.2:
        del body[key]
    else:
        body[key] = chance.choice(_ODD)


def _change_archive(chance: random.Random) -> bytes:
    archive = base64.b64decode(build_large_output(100))
    files = base64.b64encode(_change_bytes(archive, chance)).decode()
    return json.dumps(_build_body(chance, files)).encode()


def _change_manifest(chance: random.Random) -> bytes:
    text = _MANIFEST
    for _ in range(chance.randint(1, 6)):
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice(_WORDS) + text[place + chance.randrange(4) :]
    template = json.dumps({"contentVersion": "1.0.0.0", "resources": []})
    return json.dumps(_build_body(chance, pack({"lifecycle.yaml": text, "main.json": template}))).encode()


def _change_bytes(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 20)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed[: chance.randrange(len(changed))] if chance.random() < 0.1 else changed)
