"""Write emulators/azure/providers/azure-types.txt: the resource types of Azure with the texts that their services set,
as far as a pattern of the table any.yaml says what stands in them.

Both come from the types within the Bicep compiler, which Microsoft generates from its API descriptions (MIT licence).
The compiler is a .NET bundle; the assembly Azure.Bicep.Types.Az in it holds the types as compressed JSON.
"""

import json
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dev import bicep
from emulators.azure.providers import PATTERNS

TARGET = Path(__file__).resolve().parents[1] / "emulators" / "azure" / "providers" / "azure-types.txt"
_BUNDLE = bytes.fromhex("8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae")  # marks its header's place
_ASSEMBLY = "Azure.Bicep.Types.Az.dll"
# Of the values of a choice the first of these is the one of a resource in order; one that has none is left out.
_IN_ORDER = """
Succeeded Running Ready Active Enabled Online Available Connected Provisioned Healthy Approved Completed Normal Created
Registered Valid OK
"""
_READ_ONLY = 2  # flag of a property
_DEEPEST = 3  # levels of objects, `properties` included
_PATTERNS = re.compile("|".join(PATTERNS))
_HEADER = """\
# The resource types of Azure, from the types of Bicep {version}: `make azure-types` writes this file.
# A line names a provider, or with a blank before it one of its types and those of its read-only properties for which
# tables/any.yaml has a text: `a.b` is in an object that a client may send, `a[]` a list of texts, and `a=B` a choice,
# with the value of a resource in order.
"""

Entries = list[dict[str, Any]]


def build_list() -> str:
    """The text of the file. Raises BicepError if there is no compiler, ValueError if it does not hold the types as
    expected.
    """
    path = bicep.executable()
    if path is None:
        raise bicep.BicepError("no Bicep compiler: BICEP_PATH names none and the PATH has no `bicep`")
    with bicep.started() as compiler:
        version = compiler.version()
    newest: dict[str, tuple[str, str, list[str]]] = {}
    for entries in _read_entries(_read_assembly(Path(path).read_bytes())):
        for entry in entries:
            if entry.get("$type") != "ResourceType":
                continue
            name, _, api_version = str(entry["name"]).partition("@")
            known = newest.get(name.lower())
            rank = ("-" not in api_version, api_version)
            if known is None or rank > ("-" not in known[1], known[1]):
                newest[name.lower()] = (name, api_version, sorted(_list_texts(entries, entry)))
    return _HEADER.format(version=version) + "".join(_render(newest))


def _render(types: dict[str, tuple[str, str, list[str]]]) -> Iterator[str]:
    namespace = ""
    for _, (name, _, texts) in sorted(types.items()):
        own, _, kind = name.partition("/")
        if own.lower() != namespace.lower():
            namespace = own
            yield f"{namespace}\n"
        yield f" {' '.join((kind, *texts))}\n"


def _read_assembly(bundle: bytes) -> bytes:
    """The assembly with the types: by the manifest of the bundle, an entry for each file in it."""
    place = bundle.find(_BUNDLE)
    if place < 0:
        raise ValueError("the Bicep compiler is no bundle of .NET")
    at = struct.unpack_from("<q", bundle, place - 8)[0]
    major, _, count = struct.unpack_from("<III", bundle, at)
    if major < 6:
        raise ValueError(f"a bundle of version {major} is not known")
    _, at = _read_text(bundle, at + 12)
    at += 40  # where deps.json and runtimeconfig.json are, and flags
    for _ in range(count):
        start, size, compressed = struct.unpack_from("<qqq", bundle, at)
        name, at = _read_text(bundle, at + 25)
        if name == _ASSEMBLY:
            content = bundle[start : start + (compressed or size)]
            return zlib.decompress(content, -15) if compressed else content
    raise ValueError(f"the Bicep compiler has no {_ASSEMBLY}")


def _read_text(content: bytes, at: int) -> tuple[str, int]:
    """A text with its length before it, and the place after it."""
    length = shift = 0
    while True:
        length |= (content[at] & 127) << shift
        at, shift = at + 1, shift + 7
        if content[at - 1] < 128:
            return content[at : at + length].decode(), at + length


def _read_entries(assembly: bytes) -> Iterator[Entries]:
    """The entries of each types.json among the assembly's resources (ECMA-335, II.24.2.2 and II.25)."""
    pe = struct.unpack_from("<I", assembly, 0x3C)[0]
    sections, optional = struct.unpack_from("<H12xH", assembly, pe + 6)
    directories = pe + 24 + (112 if struct.unpack_from("<H", assembly, pe + 24)[0] == 0x20B else 96)
    table = [struct.unpack_from("<8xIIII", assembly, pe + 24 + optional + 40 * index) for index in range(sections)]

    def locate(address: int) -> int:
        return next(int(address - begin + raw) for size, begin, _, raw in table if begin <= address < begin + size)

    header = locate(struct.unpack_from("<I", assembly, directories + 14 * 8)[0])
    address, size = struct.unpack_from("<II", assembly, header + 24)
    at = start = locate(address)
    while at < start + size:
        length = struct.unpack_from("<I", assembly, at)[0]
        content = json.loads(zlib.decompress(assembly[at + 4 : at + 4 + length], -15))
        if isinstance(content, list):
            yield content
        at += 4 + length
        at += (start - at) % 8


def _list_texts(entries: Entries, resource: dict[str, Any]) -> set[str]:
    """The paths of the read-only texts below `properties`."""
    members = _list_members(entries, _follow(entries, resource["body"]))
    found: set[str] = set()
    for name, member in members:
        if name == "properties":
            found |= set(_walk(entries, _follow(entries, member["type"]), "", _DEEPEST))
    return {text for text in found if text.partition("=")[0] != "provisioningState"}


def _walk(entries: Entries, holder: dict[str, Any], path: str, levels: int) -> Iterator[str]:
    for name, member in _list_members(entries, holder):
        kind, whole = _follow(entries, member["type"]), f"{path}{name}"
        form = kind["$type"]
        if not member["flags"] & _READ_ONLY:
            if levels > 1 and re.fullmatch(r"\w+", name):
                yield from _walk(entries, kind, f"{whole}.", levels - 1)
        elif form == "UnionType":
            if choice := _choose(entries, kind):
                yield f"{whole}={choice}"
        elif _PATTERNS.fullmatch(name):
            if form == "StringType":
                yield whole
            elif form == "ArrayType" and _follow(entries, kind["itemType"])["$type"] == "StringType":
                yield f"{whole}[]"


def _choose(entries: Entries, union: dict[str, Any]) -> str:
    """The value of a choice of texts that a resource in order has; empty if it has none that is known as such."""
    members = [_follow(entries, one) for one in union["elements"]]
    values = [one["value"] for one in members if one["$type"] == "StringLiteralType"]
    return next((value for value in _IN_ORDER.split() if value in values), "")


def _list_members(entries: Entries, holder: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    if holder["$type"] == "DiscriminatedObjectType":
        variants = [_follow(entries, one) for one in holder["elements"].values()]
        return [*holder["baseProperties"].items(), *(item for one in variants for item in _list_members(entries, one))]
    return list(holder["properties"].items()) if holder["$type"] == "ObjectType" else []


def _follow(entries: Entries, reference: dict[str, Any]) -> dict[str, Any]:
    return entries[int(str(reference["$ref"]).rpartition("/")[2])]


if __name__ == "__main__":
    TARGET.write_text(build_list())
