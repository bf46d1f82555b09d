"""Bodies and addresses of calls to Azure without secrets, for the log."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_HIDDEN = "***"
_MOST_ENTRIES = 20  # of a list: a line shows no more of it anyway
_DEEPEST = 40  # levels of a body
# Query parameters that are shown. Others, such as those of an operation's URL, may be signatures.
_OPEN_PARAMETERS = ("api-version", "$expand", "$filter", "$top", "forcedeletiontypes")
# The names whose values are secrets, in lower case and without separators.
_SECRET_NAME = re.compile(
    r"password(?!less)|passwd|passphrase|passcode|^secure(?!boot)|psk$|secret|token|credential|signature|pfx"
    r"|connectionstring|protectedsettings|customdata|userdata|cloudinit"
    r"|(?:access|account|shared|private|api|master|readonly|primary|secondary|storage|admin|function|host|auth|sealing"
    r"|authorization|encryption)keys?\d?$|^keys?\d?$|sas(?:ur[il]|definition|key)?$"
)
_SEPARATORS = re.compile(r"[^a-z0-9]")
_KEY = re.compile(r"(?<![A-Za-z0-9+/])(?:[A-Za-z0-9+/]{43}=|[A-Za-z0-9+/]{86}==)(?![A-Za-z0-9+/=])")
# Actions whose answers are secrets as a whole, such as listKeys, listCredentials, regenerateKey, generateSas.
_SECRET_ACTION = re.compile(r"/(?:list|regenerate|generate|retrieve|get)[^/]*$", re.IGNORECASE)

Redact = Callable[[str], str]


def mask_url(url: str, redact: Redact) -> str:
    """A URL with `***` in place of the query parameters that may be signatures; `***` if it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _HIDDEN
    shown = [
        f"{name}={value if name.lower() in _OPEN_PARAMETERS else _HIDDEN}"
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
    return redact(f"{place}{parts.path}{'?' if shown else ''}{'&'.join(shown)}")


def returns_secrets(method: str, url: str) -> bool:
    """Whether the answer to a call consists of secrets."""
    return method == "POST" and _SECRET_ACTION.search(urlsplit(url).path) is not None


def mask_body(content: str | bytes, redact: Redact, is_secret: bool = False) -> str:
    """A body with `***` in place of secrets: values of secure parameters and outputs, values with the name of a
    secret, what looks like a key, and what `redact` hides in a text. `is_secret`: all values are secrets. Of a long
    list only the first entries are shown.
    """
    text = content.decode("utf-8", "replace") if isinstance(content, bytes) else content
    if not text.strip():
        return ""
    try:
        body = json.loads(text.lstrip("\ufeff"))
        masked = json.dumps(_Mask(redact).mask(body, is_secret), ensure_ascii=False)
        return masked.encode("utf-8", "replace").decode()  # a lone surrogate cannot be written
    except (ValueError, RecursionError):
        return _HIDDEN if is_secret else _KEY.sub(_HIDDEN, redact(text))


class _Mask:
    """The masking of one body."""

    def __init__(self, redact: Redact) -> None:
        self._redact = redact

    def mask(self, value: Any, hides: bool, depth: int = 0) -> Any:
        """A value without secrets. With `hides` all of it is one."""
        if depth > _DEEPEST:
            return _HIDDEN
        if isinstance(value, Mapping):
            return self._mask_object(value, hides, depth)
        if isinstance(value, list):
            more = [f"... and {len(value) - _MOST_ENTRIES} more"] if len(value) > _MOST_ENTRIES else []
            return [self.mask(entry, hides, depth + 1) for entry in value[:_MOST_ENTRIES]] + more
        if value is None or isinstance(value, bool):
            return value
        text = _KEY.sub(_HIDDEN, self._redact(str(value)))
        if hides or (text != str(value) and not isinstance(value, str)):
            return _HIDDEN
        return text if isinstance(value, str) else value

    def _mask_object(self, value: Mapping[str, Any], hides: bool, depth: int) -> dict[str, Any]:
        hidden = _list_hidden(value)
        template = value.get("template")
        declared = _Declarations(template) if isinstance(template, Mapping) else None
        masked: dict[str, Any] = {}
        # What a deployment is given is shown before its template, which may be longer than a line.
        for name in sorted(value, key=lambda name: name == "template"):
            inner, is_hidden = value[name], hides or name in hidden or _is_secret_name(name)
            if declared is not None and name == "parameters" and isinstance(inner, Mapping) and not is_hidden:
                inner = {one: declared.mask_value(one, given) for one, given in inner.items()}
            masked[self._redact(name)] = self.mask(inner, is_hidden, depth + 1)
        return masked


class _Declarations:
    """The parameters that a template declares."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self._parameters = {name.lower(): one for name, one in _read_object(template.get("parameters")).items()}
        self._definitions = _read_object(template.get("definitions"))

    def mask_value(self, name: str, given: Any) -> Any:
        """What a parameter is given (`{"value": ...}`), without what its declaration says is secure."""
        schema = self._parameters.get(name.lower())
        if not isinstance(given, Mapping) or "value" not in given:
            return given
        return {**given, "value": self._mask_by(schema, given["value"], 0)}

    def _mask_by(self, schema: Any, value: Any, depth: int) -> Any:
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return value
        referred = str(schema.get("$ref", "")).rpartition("/")[2]
        if referred:
            return self._mask_by(self._definitions.get(referred), value, depth + 1)
        if str(schema.get("type", "")).lower().startswith("secure"):
            return _HIDDEN
        if isinstance(value, Mapping):
            known, others = _read_object(schema.get("properties")), schema.get("additionalProperties")
            return {name: self._mask_by(known.get(name, others), one, depth + 1) for name, one in value.items()}
        if isinstance(value, list):
            return [self._mask_by(schema.get("items"), one, depth + 1) for one in value]
        return value


def _read_object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list_hidden(value: Mapping[str, Any]) -> tuple[str, ...]:
    """The names in an object whose values are secrets because of what stands beside them: a secure type, the type of
    a vault's secrets, or a name as in a list of settings (`{"name": "DB_PASSWORD", "value": ...}`).
    """
    kind = str(value.get("type", "")).lower()
    if kind.startswith("secure") or any(_is_secret_name(str(value.get(key, ""))) for key in ("name", "key", "keyName")):
        return ("value", "defaultValue")
    return ("properties",) if kind.endswith("/secrets") else ()


def _is_secret_name(name: str) -> bool:
    return _SECRET_NAME.search(_SEPARATORS.sub("", name.lower())) is not None
