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
# Half a character of UTF-16 without the other.
_HALF = re.compile(
    r"\\u[dD][89aAbB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89aAbB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_COPY = "copy"  # ARM takes lists of loops several times in one object, as templates of its gallery have them
_ESCAPE = re.compile(r"\\.|\"", re.DOTALL)
_PART = re.compile(r'"((?:[^"\\]|\\.)*+)"(\s*:)?|[{}\[\]]', re.DOTALL)  # of strict JSON: a text, a key, a bracket


def read_json(content: bytes, file: str) -> Any:
    """The value in a file. Raises InvalidRequest with line and column of what ARM's tools would not read either."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{file}: it is no UTF-8 text: save it as UTF-8") from error
    try:
        value = _parse_text(text)
        if half := _HALF.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # it raises, but not for a backslash that stands for itself
        return value
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, half.start()) + 1 if half else 1
        told = f"{half[0] if half else ''} is half a character: write the character itself"
        raise InvalidRequest(f"{file} line {line}: {told}") from error
    except Twice as error:
        raise InvalidRequest(f"{file} {error}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(describe_json_error(error, file)) from error


class Twice(Exception):
    """An object that has a key twice. The text says which, and in which lines."""


def parse_strictly(text: str) -> Any:
    """The value of a JSON text. Raises Twice, or the ValueError of the json module."""
    try:
        return json.loads(text, strict=False, object_pairs_hook=_read_pairs)
    except Twice as error:
        raise Twice(_describe_twice(text) or str(error)) from None


def _parse_text(text: str) -> Any:
    try:
        return parse_strictly(text)
    except ValueError:
        return parse_strictly(_TOKEN.sub(_write_strictly, text))


def _read_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        loops = [value for name, value in pairs if name == _COPY and isinstance(value, list)]
        if len(pairs) - len(content) != len(loops) - 1:
            raise Twice("a key stands twice in one object: keep one of the two")
        content[_COPY] = [loop for several in loops for loop in several]
    return content


def _describe_twice(text: str) -> str:
    """The message about the first key that an object has twice."""
    open_objects: list[dict[str, int]] = []  # the line of each key; of a list it stays empty
    line, counted = 1, 0
    for part in _PART.finditer(text):
        line, counted = line + text.count("\n", counted, part.start()), part.start()
        if part[0] in ("{", "["):
            open_objects.append({})
        elif part[0] in ("}", "]"):
            open_objects.pop()
        elif part[2]:
            name = json.loads(f'"{part[1]}"', strict=False)
            if (first := open_objects[-1].get(name)) is not None and name != _COPY:
                return f"line {line}, {name[:100]}: this key stands twice, first in line {first}: keep one of the two"
            open_objects[-1][name] = line
    return ""


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
