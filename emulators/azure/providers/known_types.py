"""The resource types of Azure, with the texts that their services set: azure-types.txt says where they are from."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from emulators.azure.providers.types import Field

_FILE = Path(__file__).with_name("azure-types.txt")


@cache
def _read_types() -> dict[str, dict[str, list[str]]]:
    """By namespace and type, both in lower case: the paths of the texts."""
    found: dict[str, dict[str, list[str]]] = {}
    types: dict[str, list[str]] = {}
    for line in _FILE.read_text().splitlines():
        name, *texts = line.split()
        if line.startswith(" "):
            types[name.lower()] = texts
        elif not line.startswith("#"):
            types = found[name.lower()] = {}
    return found


def is_known(name: str) -> bool:
    """Whether Azure has a resource type; also if it is not known which types its provider has."""
    namespace, _, kind = name.lower().partition("/")
    types = _read_types().get(namespace)
    return types is None or kind in types


def is_listed(name: str) -> bool:
    """Whether the file names a type."""
    namespace, _, kind = name.lower().partition("/")
    return kind in _read_types().get(namespace, {})


def list_fields(name: str, patterns: dict[str, Any]) -> list[Field]:
    """The fields of a type that its service sets, as far as their names say what they are: the text of each is that of
    the first pattern that is the whole of its name.
    """
    namespace, _, kind = name.lower().partition("/")
    fields: dict[str, Field] = {}
    for known in _read_types().get(namespace, {}).get(kind, ()):
        path, _, value = known.partition("=")
        path = path.removesuffix("[]")
        holder, _, last = path.rpartition(".")
        text = value or next((text for pattern, text in patterns.items() if re.fullmatch(pattern, last)), None)
        top = holder.partition(".")[0]
        if top:
            fields.setdefault(top, Field(top))
        if text is not None:
            fields[path] = Field(path, text=[text] if known.endswith("[]") else text)
    return list(fields.values())
