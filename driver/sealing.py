"""Sealing: secrets are compressed, encrypted and authenticated before they enter the task hub (ADR 31).

A sealed text is `2.<fingerprint>.<URL-safe base64 of nonce and ciphertext>`: AES-256-GCM, whose key is derived from the
Fernet key with that fingerprint. The id of what it belongs to is associated data, so it opens for that id only. Texts
of release 2.0.0 are Fernet tokens: they name neither a key nor an id, and open for any.
"""

import json
import os
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from driver.errors import NotReady
from driver.keys import compute_fingerprint

_FORM = "2"
_SEALED = re.compile(r"(?P<head>2\.(?P<key>[0-9a-f]{8}))\.(?P<box>.+)", re.DOTALL)
_NONCE = 12  # bytes
_TOKEN_OVERHEAD = 57  # bytes of a Fernet token besides its AES blocks
_BLOCK = 16


class UnknownKey(NotReady):
    """No key of this process opens the text. Another host may have its key, or this one get it."""


class Damaged(Exception):
    """The text is no sealed one, was changed, or belongs to something else."""


def seal(content: dict[str, Any], owner: str, keys: tuple[str, ...]) -> str:
    """The content as text that only these keys can open, and only for the same `owner`, the id of a request or of the
    content of a deployment. It is sealed with the first key.
    """
    head, nonce = f"{_FORM}.{compute_fingerprint(keys[0])}", os.urandom(_NONCE)
    packed = zlib.compress(json.dumps(content, separators=(",", ":")).encode())
    box = _build_cipher(keys[0]).encrypt(nonce, packed, f"{head}.{owner}".encode())
    return f"{head}.{urlsafe_b64encode(nonce + box).decode('ascii')}"


def unseal(sealed: str, owner: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """The content that was sealed. Raises UnknownKey or Damaged."""
    packed = _open_box(sealed, owner, keys) if sealed.startswith(f"{_FORM}.") else _open_token(sealed, owner, keys)
    content: dict[str, Any] = json.loads(zlib.decompress(packed))
    return content


def _open_box(sealed: str, owner: str, keys: tuple[str, ...]) -> bytes:
    form = _SEALED.fullmatch(sealed)
    if form is None:
        raise Damaged(f"what is sealed for {owner} is damaged: it is no sealed text")
    fingerprint = form["key"]
    key = next((key for key in keys if compute_fingerprint(key) == fingerprint), None)
    if key is None:
        own = ", ".join(map(compute_fingerprint, keys))
        raise UnknownKey(f"{owner} was sealed with key {fingerprint}, and the sealing keys of this host are {own}")
    try:
        box = urlsafe_b64decode(form["box"])
        return _build_cipher(key).decrypt(box[:_NONCE], box[_NONCE:], f"{form['head']}.{owner}".encode())
    except (ValueError, InvalidTag) as error:
        raise Damaged(f"what is sealed for {owner} is damaged, or was sealed for something else") from error


def _open_token(sealed: str, owner: str, keys: tuple[str, ...]) -> bytes:
    if not _is_token(sealed):
        raise Damaged(f"what is sealed for {owner} is damaged: it is no sealed text")
    try:
        return MultiFernet([Fernet(key) for key in keys]).decrypt(sealed)
    except InvalidToken as error:
        own = ", ".join(map(compute_fingerprint, keys))
        reason = f"an earlier release sealed {owner}, and none of the keys of this host opens it: {own}"
        raise UnknownKey(reason) from error


def _is_token(sealed: str) -> bool:
    """Whether a text has the form of a Fernet token."""
    try:
        token = urlsafe_b64decode(sealed)
    except ValueError:
        return False
    size = len(token) - _TOKEN_OVERHEAD
    return token[:1] == b"\x80" and size >= _BLOCK and size % _BLOCK == 0


@cache
def _build_cipher(key: str) -> AESGCM:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"azure-driver sealing 2")
    return AESGCM(derivation.derive(urlsafe_b64decode(key)))
