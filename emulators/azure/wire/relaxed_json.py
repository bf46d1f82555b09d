"""JSON as ARM reads it: with comments, keys without quotes, single quotes, line breaks in strings, trailing commas."""

import json
import re
from typing import Any

_COMMENT = r"//[^\n]*|/\*(?:(?!\*/).)*\*/"
_SPACE = rf"(?:\s|{_COMMENT})*"
_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")"""
    r"""|'(?P<quoted>(?:[^'\\]|\\.)*)'"""
    rf"""|(?P<comment>{_COMMENT})"""
    rf"""|(?P<comma>,)(?={_SPACE}[\]}}])"""
    rf"""|(?P<key>[A-Za-z_$][\w$]*)(?={_SPACE}:)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\.|\"", re.DOTALL)


def loads(text: str) -> Any:
    """The value; raises ValueError with line and column where even ARM would refuse it."""
    text = text.removeprefix("\ufeff")
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return json.loads(_TOKEN.sub(_plain, text), strict=False)


def _plain(token: re.Match[str]) -> str:
    if token["comment"] is not None or token["comma"] is not None:
        return " "
    if token["key"] is not None:
        return f'"{token["key"]}"'
    if token["quoted"] is not None:
        return '"' + _ESCAPE.sub(_escape, token["quoted"]) + '"'
    return token[0]


def _escape(token: re.Match[str]) -> str:
    """What stands for the same between double quotes."""
    return {"\\'": "'", '"': '\\"'}.get(token[0], token[0])
