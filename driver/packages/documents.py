"""YAML files, read with the places of their keys. A fault names file, line, column, key and what would be right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from driver.errors import InvalidRequest

Key = int | str
_Index = dict[str, tuple[yaml.Node, int]]
_LONGEST = 100  # characters of the file in a message
_MOST_FAULTS = 20
_NO_ALIAS = "anchors and aliases are not taken: write the value out"
# A text that begins with an expression and stands in no quotes: YAML takes it for a mapping.
_UNQUOTED = re.compile(r"(?:^|[:,\[{-])\s*(\{\{.*\}\}[^#,\]}]*)")
# What PyYAML calls a problem, and what is said of it. The mark is where that begins (True) or where it was noticed.
_PROBLEMS = (
    ("mapping values are not allowed here", "a ':' is not taken here; put a text with ': ' in it into quotes", False),
    ("could not find expected ':'", "a ':' is missing after this key", True),
    (r"found character '\t'", "a tab is not taken here: indent with spaces", False),
    ("found character", "a text does not begin with this character: put it into quotes", False),
    ("found unexpected end of stream", "the quote that opens here is not closed", True),
    ("expected ',' or '}'", "a ',' is missing, or the '{' that opens here is not closed", True),
    ("expected ',' or ']'", "a ',' is missing, or the '[' that opens here is not closed", True),
    ("expected <block end>", "this line is indented otherwise than the lines that it belongs to", False),
    ("sequence entries are not allowed here", "a '-' is not taken here: a list begins on a line of its own", False),
    ("expected the node content", "a value is missing here", False),
    ("unknown escape character", "this backslash is not taken: put the text into single quotes", False),
    ("another document", "only one document is taken: remove what follows '---'", False),
    ("expected '<document start>'", "the file ends before this: indent it like what it belongs to", False),
    ("could not determine a constructor", "a tag is not taken: write the value without its '!'", False),
    ("anchor", _NO_ALIAS, False),
    ("alias", _NO_ALIAS, False),
)


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
    """Reads booleans as YAML 1.2 does: only true and false. In YAML 1.1 the key `on` would be a boolean. A date is a
    text, as in JSON.
    """


_Loader.yaml_implicit_resolvers = {
    first: [pair for pair in resolvers if pair[0] not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF"))


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
        raise InvalidRequest(_describe_problem(error, text, file)) from error
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
            yield f"{_describe_place(file, node.start_mark.line + 1, keys)}: {_NO_ALIAS}"
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
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
            first.setdefault(name.value, line)
            below.append((value, (*keys, name.value)))
        open_nodes += reversed(below)


def _describe_key(node: yaml.Node, text: str) -> str:
    """The message about a mapping with a key that is no text."""
    given = text[node.start_mark.index : node.end_mark.index]
    if given.startswith("{{") and given.endswith("}}"):
        return f'an expression has to stand in quotes: "{given[:_LONGEST]}"'
    return "a key has to be a text"


def _describe_problem(error: yaml.MarkedYAMLError, text: str, file: str) -> str:
    problem = " ".join(str(part) for part in (error.context, error.problem) if part)
    marks = [mark for mark in (error.context_mark, error.problem_mark) if mark is not None]
    lines = text.split("\n")
    for mark in reversed(marks):
        unquoted = _UNQUOTED.search(lines[mark.line]) if mark.line < len(lines) else None
        if unquoted and "{{" in unquoted[1]:
            given = unquoted[1].strip()[:_LONGEST]
            return f'{file} line {mark.line + 1}: a text that begins with {{{{ has to stand in quotes: "{given}"'
    said, at_start = next(
        ((said, at_start) for part, said, at_start in _PROBLEMS if part in problem),
        ("this is no YAML; a text with one of : # { } [ ] , & * ! | > % @ may need quotes", False),
    )
    if not marks:
        return f"{file}: {said}"
    mark = marks[0] if at_start else marks[-1]
    return f"{file} line {mark.line + 1}, column {mark.column + 1}: {said}"
