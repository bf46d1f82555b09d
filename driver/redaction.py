"""Redaction: texts without the secrets that are known and without what looks like one."""

import base64
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote_plus

_HIDDEN = "***"
_SHORTEST_SECRET = 4  # a shorter text would hide parts of ordinary words
_SHORTEST_LINE = 8  # of a private key: the last one may be so short that other texts have it, too
_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(.*?)-----END [A-Z0-9 ]*PRIVATE KEY-----", re.DOTALL)

# What looks like a secret, in any line: a private key, a bearer token, a signed token, and the value that follows a
# name such as `password`: quoted, or within `{"type": ..., "value": ...}`, or up to the next blank or separator.
_PATTERNS = (
    re.compile(r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)(?:(?!-----END ).)+", re.DOTALL),
    re.compile(r"(bearer\s+)(?!\*\*\*)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?"),
    re.compile(
        r"""((?:client_?secret|password|passwd|private_?key|api_?key|access_?key|sealing_keys?|authorization)"""
        r"""[\\"']*\s*[:=]\s*(?:\{[^{}]*?value[\\"']*\s*:\s*)?)"""
        r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\\"']*(?:(?:basic|bearer)\s+)?[^\s"',;&}\\]+)""",
        re.IGNORECASE,
    ),
)


def hide_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with `***` in place of the secrets and of what looks like a secret."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            for form in _list_forms(secret):
                text = text.replace(form, _HIDDEN)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\1{_HIDDEN}", text)
    return text


def list_key_texts(pem: str) -> tuple[str, ...]:
    """The texts by which the private keys in a PEM are recognised: each whole, its lines, these in one piece, and the
    base64 of it and of the PEM.
    """
    texts: list[str] = []
    for key in _KEY.finditer(pem):
        lines = key[1].split()
        texts += [key[0], _encode(key[0]), "".join(lines), *(line for line in lines if len(line) >= _SHORTEST_LINE)]
    return (*texts, _encode(pem)) if texts else ()


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@lru_cache(maxsize=4096)  # a private key has dozens of lines
def _list_forms(secret: str) -> set[str]:
    """The forms in which a secret may stand in a text: plain, in JSON, in a Python value, in a form or URL."""
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return {secret, quote_plus(secret), *quoted}
