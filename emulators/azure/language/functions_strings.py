"""String functions, and what makes texts of values."""

import base64
import binascii
import re
import urllib.parse
from collections.abc import Callable
from typing import Any

from emulators.azure.language.hashes import guid, unique_string
from emulators.azure.language.models import TemplateError
from emulators.azure.language.signatures import Function, known, type_name
from emulators.azure.language.texts import format_text, to_text
from emulators.azure.language.units import count_units, join_units, split_units
from emulators.azure.wire import relaxed_json

MOST_PADDED = 16  # characters
DEFAULT_PORTS = {"http": 80, "https": 443}


def _concat(*values: Any) -> Any:
    if values and all(isinstance(value, list) for value in values):
        return [item for value in values for item in value]
    for value in values:
        known(value)
    if any(not isinstance(value, (str, int)) for value in values):
        raise TemplateError("all arguments must be arrays, or all texts, integers and booleans")
    return "".join(map(to_text, values))


def _join(values: list[Any], separator: str) -> str:
    if unfit := [value for value in values if not isinstance(value, (str, int))]:
        raise TemplateError(f"an element must be a text, an integer or a boolean, not of type '{type_name(unfit[0])}'")
    return separator.join(map(to_text, values))


def _split(text: str, separators: str | list[Any]) -> list[str]:
    parts = [text]
    for separator in [separators] if isinstance(separators, str) else separators:
        if separator:
            parts = [piece for part in parts for piece in part.split(separator)]
    return parts


def _pad_left(text: Any, width: int, character: str = " ") -> str:
    if len(character) != 1:
        raise TemplateError("the padding must be one character")
    if not 1 <= width <= MOST_PADDED:
        raise TemplateError(f"the width must be 1 to {MOST_PADDED}, but is '{width}'")
    padded = to_text(text)
    return character * (width - count_units(padded)) + padded


def _replace(text: str, old: str, new: str) -> str:
    if not old:
        raise TemplateError("the text to be replaced must not be empty")
    return text.replace(old, new)


def _substring(text: str, start: int, length: int | None = None) -> str:
    units = split_units(text)
    end = len(units) if length is None else start + length
    if start < 0 or end < start or end > len(units):
        raise TemplateError(f"start '{start}' and length '{length}' must lie within the text of length '{len(units)}'")
    return join_units(units[start:end])


def _by_character(change: Callable[[str], str], text: str) -> str:
    """The case changed as the invariant culture does it: each character is one afterwards too."""
    return "".join(changed if len(changed := change(character)) == 1 else character for character in text)


def _raise_case(character: str) -> str:
    """Its upper case. A letter beyond ASCII stays as it is where its upper case would be in ASCII."""
    upper = character.upper()
    return character if upper.isascii() and not character.isascii() else upper


def _trim(text: str) -> str:
    return text.strip()


def _decode64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise TemplateError(f"'{text}' is not base64 of a UTF-8 text") from error


def _encode64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _parse_json(text: str) -> Any:
    try:
        return relaxed_json.loads(text)
    except ValueError as error:
        raise TemplateError(f"'{text[:100]}' is not JSON: {error}") from error


def _data_uri(value: Any) -> str:
    kind = "application/json" if isinstance(value, (dict, list)) else "text/plain"
    return f"data:{kind};charset=utf-8;base64,{_encode64(to_text(value))}"


def _data_uri_to_string(uri: str) -> str:
    head, comma, data = uri.partition(",")
    if not comma or not head.startswith("data:"):
        raise TemplateError(f"'{uri}' is not a data URI")
    return _decode64(data) if head.endswith(";base64") else urllib.parse.unquote(data)


def _uri(base: str, relative: str) -> str:
    parts = _absolute(base)
    port = f":{parts.port}" if parts.port not in (None, DEFAULT_PORTS.get(parts.scheme)) else ""
    root = urllib.parse.urlunsplit(
        (parts.scheme, f"{parts.hostname}{port}", parts.path or "/", parts.query, parts.fragment)
    )
    return urllib.parse.quote(urllib.parse.urljoin(root, relative), safe="%/:?#[]@!$&'()*+,;=~")


def _absolute(uri: str) -> urllib.parse.SplitResult:
    parts = urllib.parse.urlsplit(uri)
    if not parts.scheme or not parts.hostname:
        raise TemplateError(f"'{uri}' is not an absolute URI")
    return parts


def _escape(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def _parse_uri(text: str) -> dict[str, Any]:
    parts = _absolute(text)
    result = {"scheme": parts.scheme, "host": parts.hostname, "port": parts.port}
    if parts.path:
        result["path"] = parts.path
    if parts.query:
        result["query"] = "?" + parts.query
    return result


def _build_uri(parts: dict[str, Any]) -> str:
    port = f":{parts['port']}" if parts.get("port") is not None else ""
    path, query = str(parts.get("path") or "/"), str(parts.get("query") or "")
    return f"{parts['scheme']}://{parts['host']}{port}{'' if path.startswith('/') else '/'}{path}{query}"


def _like(text: str, pattern: str) -> bool:
    """Whether a text matches a pattern, in which `*` stands for any text; without case."""
    parts = map(re.escape, pattern.split("*"))
    return re.fullmatch(".*".join(parts), text, re.IGNORECASE | re.DOTALL) is not None


def _fail(message: str) -> Any:
    raise TemplateError(message)


TABLE = {
    "base64": Function(_encode64, "string"),
    "base64tostring": Function(_decode64, "string"),
    "base64tojson": Function(lambda text: _parse_json(_decode64(text)), "string"),
    "builduri": Function(_build_uri, "object"),
    "concat": Function(_concat, "any*", needs="containers"),
    "datauri": Function(_data_uri, "any"),
    "datauritostring": Function(_data_uri_to_string, "string"),
    "endswith": Function(lambda text, end: text.lower().endswith(end.lower()), "string string"),
    "fail": Function(_fail, "string"),
    "format": Function(format_text, "string any*"),
    "guid": Function(guid, "string string*"),
    "join": Function(_join, "array string"),
    "json": Function(_parse_json, "string"),
    "like": Function(_like, "string string"),
    "padleft": Function(_pad_left, "string|int int string?"),
    "parseuri": Function(_parse_uri, "string"),
    "replace": Function(_replace, "string string string"),
    "split": Function(_split, "string string|array"),
    "startswith": Function(lambda text, start: text.lower().startswith(start.lower()), "string string"),
    "substring": Function(_substring, "string int int?"),
    "tolower": Function(lambda text: _by_character(str.lower, text), "string"),
    "toupper": Function(lambda text: _by_character(_raise_case, text), "string"),
    "trim": Function(_trim, "string"),
    "uniquestring": Function(unique_string, "string string*"),
    "uri": Function(_uri, "string string"),
    "uricomponent": Function(_escape, "string"),
    "uricomponenttostring": Function(urllib.parse.unquote_plus, "string"),
}
