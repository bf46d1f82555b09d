"""JSON files of packages, read as ARM's tools read templates: with comments, keys without quotes, single quotes, line
breaks within strings, and trailing commas.
"""

import json
import re
from typing import Any

from driver.errors import InvalidRequest
from driver.faults import describe_json_error

_COMMENT = r"//[^\n]*+|/\*(?:(?!\*/).)*+(?:\*/|\Z)"
_SPACE = rf"(?:\s|{_COMMENT})*+"
# What is not closed reaches to the end, and `word` takes what is no key, so that no text takes long.
_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*+(?:"|\Z))"""
    r"""|'(?P<quoted>(?:[^'\\]|\\.)*+)(?:'|\Z)"""
    rf"""|(?P<comment>{_COMMENT})"""
    rf"""|(?P<comma>,)(?={_SPACE}[\]}}])"""
    rf"""|(?P<key>[A-Za-z_$][\w$]*+)(?={_SPACE}:)"""
    r"""|(?P<word>[\w$]++)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\.|\"", re.DOTALL)


def read_json(content: bytes, file: str) -> Any:
    """The value in a file. Raises InvalidRequest with line and column of what ARM's tools would not read either."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{file}: it is no UTF-8 text: save it as UTF-8") from error
    try:
        return _parse_text(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(describe_json_error(error, file)) from error


def _parse_text(text: str) -> Any:
    try:
        return json.loads(text, strict=False)
    except ValueError:
        return json.loads(_TOKEN.sub(_write_strictly, text), strict=False)


def _write_strictly(token: re.Match[str]) -> str:
    """The same token in strict JSON, on the same lines."""
    if token["comment"] is not None or token["comma"] is not None:
        return re.sub(r"[^\n]", " ", token[0])
    if token["key"] is not None:
        return f'"{token["key"]}"'
    if token["quoted"] is not None:
        closing = '"' if token[0].endswith("'") else ""
        return '"' + _ESCAPE.sub(_escape, token["quoted"]) + closing
    return token[0]


def _escape(escape: re.Match[str]) -> str:
    """What stands for the same between double quotes."""
    return {"\\'": "'", '"': '\\"'}.get(escape[0], escape[0])
