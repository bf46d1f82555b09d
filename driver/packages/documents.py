"""YAML files, read with the places of their keys. A fault names file, line, column, key and what would be right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from driver.errors import InvalidRequest
from driver.packages.yaml_problems import NO_ALIAS, describe_blank, describe_half, describe_problem

Key = int | str
_Index = dict[str, tuple[yaml.Node, int]]
_LONGEST = 100  # characters of the file in a message
_MOST_FAULTS = 20


@dataclass(frozen=True)
class Document:
    """The content of a YAML file, and where its keys stand. `indexes` keeps the names of objects that were looked into,
    for an object may have thousands.
    """

    file: str
    content: Any
    root: yaml.Node | None = field(default=None, repr=False, compare=False)
    indexes: dict[int, _Index] = field(default_factory=dict, repr=False, compare=False)

    def find_place(self, *keys: Key) -> str:
        """`lifecycle.yaml line 3, transitions.Create`: the line is that of the last key that is there."""
        node, line = self.root, 1
        for key in keys:
            below = self._find_below(node, key)
            if below is None:
                break
            node, line = below
        return _describe_place(self.file, line, keys)

    def find_node(self, *keys: Key) -> yaml.Node | None:
        """The node of a value; None if it is not there."""
        node = self.root
        for key in keys:
            below = self._find_below(node, key)
            if below is None:
                return None
            node = below[0]
        return node

    def _find_below(self, node: yaml.Node | None, key: Key) -> tuple[yaml.Node, int] | None:
        """The value of a key, or the element of that index, and its line."""
        if isinstance(node, yaml.MappingNode):
            if id(node) not in self.indexes:
                self.indexes[id(node)] = _index_names(node)
            index = self.indexes[id(node)]
            return index.get(str(key)) or index.get(str(key).lower())
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and 0 <= key < len(node.value):
            return node.value[key], node.value[key].start_mark.line + 1
        return None


class _Loader(yaml.SafeLoader):
    """Reads what JSON can hold, too, as YAML 1.2 does. In YAML 1.1 the key `on` is a boolean, `22:30` a number of base
    60, `0123` one of base 8, `1_000`, `+49` and `.inf` numbers: here all these, and dates, are texts.
    """


_TAG = "tag:yaml.org,2002:"
_Loader.yaml_constructors = {  # no others: JSON has no set, bytes or date
    tag: construct
    for tag, construct in yaml.SafeLoader.yaml_constructors.items()
    if tag is None or tag.removeprefix(_TAG) in ("null", "bool", "int", "float", "str", "seq", "map")
}
_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in resolvers if pair[0].removeprefix(_TAG) not in ("bool", "int", "float", "timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_DIGITS = list("-0123456789.")
_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(r"-?(?:0|[1-9][0-9]*)$"), _DIGITS)
_NUMBER = r"-?(?:(?:0|[1-9][0-9]*)?\.[0-9]+|(?:0|[1-9][0-9]*)\.)(?:[eE][-+][0-9]+)?$"
_Loader.add_implicit_resolver(f"{_TAG}float", re.compile(_NUMBER), _DIGITS)


def read_document(text: str, file: str, takes_aliases: bool = False) -> Document:
    """Read a YAML file, with aliases only if they are taken. Raises InvalidRequest that names every fault: no YAML,
    a key that stands twice, an expression without quotes, an alias.
    """
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            faults = list(_find_faults(root, text, file, takes_aliases))
            if faults:
                raise InvalidRequest(*dict.fromkeys(faults[:_MOST_FAULTS]))
            content = None if root is None else loader.construct_document(root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        raise InvalidRequest(describe_problem(error, text, file)) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise InvalidRequest(f"{file} line {line}: a control character is not taken: remove it") from error
    except (RecursionError, ValueError, yaml.YAMLError) as error:
        raise InvalidRequest(
            f"{file}: it cannot be read: it is nested too deep, or a value does not fit its tag"
        ) from error
    return Document(file, content, root)


def _describe_place(file: str, line: int, keys: tuple[Key, ...]) -> str:
    return f"{file} line {line}, {'.'.join(map(str, keys)) or 'top level'}"


def _index_names(node: yaml.MappingNode) -> _Index:
    """The values of an object and their lines by name; in lower case, too, since some names compare without case."""
    names = [(name.value, value, name.start_mark.line + 1) for name, value in node.value if isinstance(name.value, str)]
    index: _Index = {name: (value, line) for name, value, line in names}
    for name, value, line in names:
        index.setdefault(name.lower(), (value, line))
    return index


def _find_faults(root: yaml.Node | None, text: str, file: str, takes_aliases: bool) -> Iterator[str]:
    """The faults of valid YAML that is not accepted."""
    seen: set[int] = set()
    open_nodes: list[tuple[yaml.Node | None, tuple[Key, ...]]] = [(root, ())]
    while open_nodes:
        node, keys = open_nodes.pop()
        if node is None or (id(node) in seen and takes_aliases):
            continue
        if id(node) in seen:
            yield f"{_describe_place(file, node.start_mark.line + 1, keys)}: {NO_ALIAS}"
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            yield from _find_text_fault(node, file, keys)
            continue
        if isinstance(node, yaml.SequenceNode):
            open_nodes += reversed([(below, (*keys, index)) for index, below in enumerate(node.value)])
            continue
        first: dict[str, int] = {}
        below = []
        for name, value in node.value:
            line = name.start_mark.line + 1
            if not isinstance(name, yaml.ScalarNode):
                begin = f"{file} line {line}, column {node.start_mark.column + 1}"
                yield f"{begin}, {'.'.join(map(str, keys)) or 'top level'}: {_describe_key(node, text)}"
                continue
            if name.value in first:
                place = _describe_place(file, line, (*keys, name.value))
                yield f"{place}: this key stands twice, first in line {first[name.value]}: keep one of the two"
            elif odd := describe_blank(name.value) or describe_half(name.value):
                yield f"{_describe_place(file, line, (*keys, name.value.strip()))}: {odd}"
            first.setdefault(name.value, line)
            below.append((value, (*keys, name.value)))
        open_nodes += reversed(below)


def _find_text_fault(node: yaml.ScalarNode, file: str, keys: tuple[Key, ...]) -> Iterator[str]:
    if half := describe_half(node.value):
        yield f"{_describe_place(file, node.start_mark.line + 1, keys)}: {half}"


def _describe_key(node: yaml.Node, text: str) -> str:
    """The message about a mapping with a key that is no text."""
    given = text[node.start_mark.index : node.end_mark.index]
    if given.startswith("{{") and given.endswith("}}"):
        return f'an expression has to stand in quotes: "{given[:_LONGEST]}"'
    return "a key has to be a text"
