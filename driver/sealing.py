"""Sealing: what is secret is compressed, encrypted and authenticated (Fernet) before it enters the task hub."""

import json
import zlib
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from driver.errors import NotReady


def seal(content: dict[str, Any], keys: tuple[str, ...]) -> str:
    """The content as text that only these keys can open. It is sealed with the first one."""
    return (
        _build_fernet(keys).encrypt(zlib.compress(json.dumps(content, separators=(",", ":")).encode())).decode("ascii")
    )


def unseal(sealed: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """The content that was sealed. Raises NotReady if no key opens it: its key was removed while the execution still
    ran.
    """
    try:
        content: dict[str, Any] = json.loads(zlib.decompress(_build_fernet(keys).decrypt(sealed)))
    except InvalidToken as error:
        raise NotReady(
            "none of the keys in SEALING_KEYS opens this request: keep an old key until its work is done"
        ) from error
    return content


def require_valid_keys(keys: tuple[str, ...]) -> None:
    """Raise NotReady if one of the keys is not a Fernet key."""
    _build_fernet(keys)


@cache
def _build_fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise NotReady("SEALING_KEYS holds something that is no Fernet key (32 bytes, URL-safe base64)") from error
