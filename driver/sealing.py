"""Sealing of what is secret while it travels through the task hub: compressed, then encrypted and authenticated
(Fernet).
"""

import json
import zlib
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from driver.errors import NotReady


def seal(content: dict[str, Any], keys: tuple[str, ...]) -> str:
    """A text that only a holder of one of the keys can open. The first key seals."""
    return (
        _build_fernet(keys).encrypt(zlib.compress(json.dumps(content, separators=(",", ":")).encode())).decode("ascii")
    )


def unseal(sealed: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """What was sealed. Raises NotReady if no key opens it (a key was removed while work sealed with it was under
    way).
    """
    try:
        content: dict[str, Any] = json.loads(zlib.decompress(_build_fernet(keys).decrypt(sealed)))
    except InvalidToken as error:
        raise NotReady(
            "none of the keys in SEALING_KEYS opens this request: keep an old key until its work is done"
        ) from error
    return content


def require_valid_keys(keys: tuple[str, ...]) -> None:
    """Raise NotReady if one of the keys is none."""
    _build_fernet(keys)


@cache
def _build_fernet(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as error:
        raise NotReady("SEALING_KEYS holds something that is no Fernet key (32 bytes, URL-safe base64)") from error
