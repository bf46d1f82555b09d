"""Redaction: texts without the secrets that are known and without what looks like one."""

import base64
import json
import re
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus

_HIDDEN = "***"
_SHORTEST_SECRET = 4  # a shorter text would hide parts of ordinary words
_SHORTEST_LINE = 8  # of a private key: the last one may be so short that other texts have it, too
_KEY = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----(.*?)-----END [A-Z0-9 ]*PRIVATE KEY-----", re.DOTALL)
_SHORTEST_PART = 8  # a shorter text within a value says nothing: the value may hold it by chance

# What looks like a secret, in any line: a bearer token, a signed token, a private key, user and password or the
# signature in a URL (of a SAS or of an ARM operation), and the value that follows a name such as `password`: quoted, or
# within `{"type": ..., "value": ...}`, or up to the next blank or separator. A text that has none of the words beside a
# pattern, in lower case, does not match it: most lines of a log have none.
_PATTERNS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("bearer",), re.compile(r"(bearer\s+)(?!\*\*\*)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE)),
    (("eyj",), re.compile(r"()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")),
    (
        ("private key",),
        re.compile(r"()-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)", re.DOTALL),
    ),
    (("://",), re.compile(r"(://)(?!\*\*\*)[^/\s:@\"']+:[^/\s@\"']+(?=@)")),
    (
        ("?", "&", "%26"),
        re.compile(r"((?:[?&]|%26)(?:sig|[tcsh])(?:=|%3D))(?!\*\*\*)[^&\s\"'<>\\]+", re.IGNORECASE),
    ),
    (
        ("secret", "passw", "key", "authorization"),
        re.compile(
            r"""((?:client_?secret|password|passwd|private_?key|api_?key|access_?key|account_?key|sealing_keys?|authorization)"""
            r"""[\\"']*\s*[:=]\s*(?:\{[^{}]*?value[\\"']*\s*:\s*)?)"""
            r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\\"']*(?:(?:basic|bearer)\s+)?[^\s"',;&}\\]+)""",
            re.IGNORECASE,
        ),
    ),
)


def hide_secrets(text: str, secrets: Iterable[str]) -> str:
    """The text with `***` in place of the secrets, those of eight characters or more in any case, and of what looks
    like a secret.
    """
    folded = text.casefold()
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= _SHORTEST_SECRET:
            for form, folded_form in _list_forms(secret):
                if folded_form in folded:
                    text = _hide_form(text, form, folded_form, len(secret) >= _SHORTEST_PART)
                    folded = text.casefold()
    for words, pattern in _PATTERNS:
        if any(word in folded for word in words):
            text = pattern.sub(rf"\1{_HIDDEN}", text)
    return text


def _hide_form(text: str, form: str, folded_form: str, in_any_case: bool) -> str:
    text = text.replace(form, _HIDDEN)
    if in_any_case and folded_form in text.casefold():
        text = re.sub(re.escape(form), _HIDDEN, text, flags=re.IGNORECASE)
    return text


def shows_secret(value: Any, secrets: Collection[str]) -> bool:
    """Whether a JSON value holds a text that is one of the secrets or contains one, plain, quoted or in base64. One of
    eight characters or more counts in any case.
    """
    if isinstance(value, Mapping):
        return any(shows_secret(inner, secrets) for inner in value.values())
    if isinstance(value, list):
        return any(shows_secret(inner, secrets) for inner in value)
    text = value if isinstance(value, str) else str(value)
    forms = [(one, one.casefold()) for one in (text, _decode_base64(text))]
    return any(_shows(one, folded, secret) for one, folded in forms for secret in secrets)


def _shows(text: str, folded: str, secret: str) -> bool:
    if len(secret) < _SHORTEST_PART:
        return len(secret) >= _SHORTEST_SECRET and text == secret
    return any(folded_form in folded for _, folded_form in _list_forms(secret))


def has_form(text: str, secret: str) -> bool:
    """Whether a text contains a secret in one of the forms that are hidden, in any case."""
    folded = text.casefold()
    return any(folded_form in folded for _, folded_form in _list_forms(secret))


def list_texts(value: Any) -> list[str]:
    """All texts and numbers in a JSON value, as texts. Keys of objects are left out."""
    if isinstance(value, Mapping):
        return [text for element in value.values() for text in list_texts(element)]
    if isinstance(value, list):
        return [text for element in value for text in list_texts(element)]
    return [] if value is None or isinstance(value, bool) else [str(value)]


def _decode_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return ""


def list_key_texts(pem: str) -> tuple[str, ...]:
    """The texts by which the private keys in a PEM are recognised: their forms, and their lines."""
    lines = [line for key in _KEY.finditer(pem) for line in key[1].split() if len(line) >= _SHORTEST_LINE]
    return (*list_key_forms(pem), *lines)


def list_key_forms(pem: str) -> tuple[str, ...]:
    """The forms of the private keys in a PEM: each whole, its lines in one piece, and the base64 of it and of the PEM.
    A public key has none of them, though it may have some of the lines.
    """
    keys = list(_KEY.finditer(pem))
    texts = [text for key in keys for text in (key[0], _encode(key[0]), "".join(key[1].split()))]
    return (*texts, _encode(pem)) if texts else ()


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@lru_cache(maxsize=4096)  # a private key has dozens of lines
def _list_forms(secret: str) -> list[tuple[str, str]]:
    """The forms in which a secret may stand in a text, each also without regard to case: plain, in JSON, in a Python
    value, in a form or URL.
    """
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return [(form, form.casefold()) for form in {secret, quote_plus(secret), *quoted}]
