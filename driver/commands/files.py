"""Files that the commands read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from driver.errors import InvalidRequest
from driver.faults import describe_json_error, join_names, suggest_name
from driver.packages.documents import Document, read_document
from driver.packages.relaxed_json import Twice, parse_strictly

_LMCTL_PROPERTIES = "infrastructureSpecificProperties"
# Of lmctl's form of a deployment location; the others are those that the driver gets.
_LMCTL_KEYS = ("description", "resourceManager", "infrastructureType", _LMCTL_PROPERTIES, "id")
_LOCATION_KEYS = ("name", "type", "properties")
_PROPERTY_KEYS = ("type", "value", "keyName", "publicKey", "privateKey")


def read_object(file: Path) -> dict[str, Any]:
    """The object in a YAML or JSON file. Raises InvalidRequest if it holds anything else."""
    content: dict[str, Any] = read_file(file).content
    return content


def read_file(file: Path) -> Document:
    """A YAML or JSON file that holds an object. Raises InvalidRequest if it holds anything else."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{file}: it is no UTF-8 text: save it as UTF-8") from error
    document = (
        _read_json(text, str(file)) if file.suffix == ".json" else read_document(text, str(file), takes_aliases=True)
    )
    if not isinstance(document.content, dict):
        raise InvalidRequest(f"{file}: it takes an object, such as name: value")
    return document


def _read_json(text: str, file: str) -> Document:
    """JSON may be indented with tabs, which YAML refuses."""
    try:
        return Document(file, parse_strictly(text))
    except Twice as error:
        raise InvalidRequest(f"{file} {error}") from error
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(describe_json_error(error, file)) from error


def read_properties(file: Path) -> dict[str, Any]:
    """Properties as in a request, from a file `{name: value}`. A value may be a whole property `{type, value}`."""
    return {name: _read_property(value) for name, value in read_object(file).items()}


def _read_property(value: Any) -> Any:
    is_whole = isinstance(value, Mapping) and value and all(key in _PROPERTY_KEYS for key in value)
    return value if is_whole and ("value" in value or "type" in value) else {"value": value}


def read_deployment_location(file: Path) -> dict[str, Any]:
    """A deployment location as Brent sends it, from that form or from lmctl's. Raises InvalidRequest naming what is
    missing.
    """
    document = read_file(file)
    content: dict[str, Any] = document.content
    faults = [
        f"{document.find_place(str(key))}: is no key of a deployment location{suggest_name(str(key), known)}"
        f" (there are {join_names(known)})"
        for known in [(*_LOCATION_KEYS, *_LMCTL_KEYS)]
        for key in content
        if key not in known
    ]
    if not content.get("name"):
        faults.append(f"{file}: 'name' is missing: a deployment location has a name, such as name: azure-trial")
    properties = content.get("properties", content.get(_LMCTL_PROPERTIES))
    if properties is None:
        faults.append(f"{file}: 'properties' is missing (lmctl calls it {_LMCTL_PROPERTIES})")
    if faults:
        raise InvalidRequest(*faults)
    return {
        "name": content["name"],
        "type": content.get("type", content.get("infrastructureType")),
        "properties": properties,
    }
