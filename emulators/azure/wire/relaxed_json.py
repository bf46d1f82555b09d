"""JSON as ARM reads it: comments, keys without quotes and line breaks inside strings are accepted."""

import json
import re
from typing import Any

_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<comment>//[^\n]*|/\*.*?\*/)"""
    r"""|(?P<key>[A-Za-z_$][\w$]*)(?=\s*:)""",
    re.DOTALL,
)


def loads(text: str) -> Any:
    """The value; raises ValueError with line and column where even ARM would refuse it."""
    text = text.removeprefix("\ufeff")
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return json.loads(_TOKEN.sub(_plain, text), strict=False)


def _plain(token: re.Match[str]) -> str:
    if token["comment"] is not None:
        return " "
    if token["key"] is not None:
        return f'"{token["key"]}"'
    return token[0]
