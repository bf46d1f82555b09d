"""The expressions of templates (`[concat(parameters('a'), 'b')]`): their syntax, as trees, and back to text.

Source: https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from emulators.azure.language.models import TemplateError

MAX_LENGTH = 24_576
LOWEST, HIGHEST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Literal:
    """A string or an integer."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Call:
    """A function's call; the name of a user-defined function holds its namespace (`ns.name`)."""

    name: str
    arguments: tuple["Node", ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """`target.name`, `target[key]`."""

    target: "Node"
    key: "Node"


Node = Literal | Call | Access

TOKEN = re.compile(r"\s*(?:(?P<string>'(?:[^']|'')*')|(?P<number>-?\d+)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[.,()\[\]]))")


def is_expression(text: str) -> bool:
    """Whether a template's string is an expression; `[[` starts a plain text."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


@lru_cache(maxsize=16_384)
def parse(text: str) -> Node:
    """The tree of a string for which `is_expression` holds."""
    if len(text) > MAX_LENGTH:
        raise TemplateError(f"The language expression '{text[:100]}...' is longer than {MAX_LENGTH} characters.")
    parser = _Parser(text, text[1:-1])
    node = parser.expression()
    parser.expect_end()
    return node


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, source: str, text: str) -> None:
        self.source = source
        self.tokens: list[tuple[str, str]] = []
        self.position = 0
        end, offset = len(text.rstrip()), 0
        while offset < end:
            match = TOKEN.match(text, offset)
            if match is None or match.lastgroup is None:
                raise self.error(
                    f"the character '{text[offset:].lstrip()[:1]}' is not expected at position '{offset + 1}'"
                )
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            offset = match.end()

    def error(self, reason: str) -> TemplateError:
        return TemplateError(f"The language expression '{self.source}' is not valid: {reason}.")

    def peek(self) -> str:
        return self.tokens[self.position][1] if self.position < len(self.tokens) else ""

    def take(self, mark: str) -> bool:
        if self.position < len(self.tokens) and self.tokens[self.position] == ("mark", mark):
            self.position += 1
            return True
        return False

    def need(self, mark: str) -> None:
        if not self.take(mark):
            raise self.error(f"expected '{mark}' but found '{self.peek() or 'the end'}'")

    def expect_end(self) -> None:
        if self.position < len(self.tokens):
            raise self.error(f"'{self.peek()}' is not expected after the expression")

    def expression(self) -> Node:
        node = self.primary()
        while True:
            if self.take("."):
                node = Access(node, Literal(self.name()))
            elif self.take("["):
                node = Access(node, self.expression())
                self.need("]")
            else:
                return node

    def primary(self) -> Node:
        if self.position >= len(self.tokens):
            raise self.error("it ends too early")
        kind, text = self.tokens[self.position]
        self.position += 1
        if kind == "string":
            return Literal(text[1:-1].replace("''", "'"))
        if kind == "number":
            if not LOWEST <= int(text) <= HIGHEST:
                raise self.error(f"the value '{text}' cannot be converted to a number")
            return Literal(int(text))
        if kind == "name":
            return self.call(text)
        raise self.error(f"'{text}' is not expected")

    def name(self) -> str:
        if self.position < len(self.tokens) and self.tokens[self.position][0] == "name":
            self.position += 1
            return self.tokens[self.position - 1][1]
        raise self.error(f"expected a name but found '{self.peek() or 'the end'}'")

    def call(self, name: str) -> Node:
        if self.take("."):
            name = f"{name}.{self.name()}"
        self.need("(")
        arguments: list[Node] = []
        if not self.take(")"):
            arguments.append(self.expression())
            while self.take(","):
                arguments.append(self.expression())
            self.need(")")
        return Call(name, tuple(arguments))


def render(node: Node) -> str:
    """The text of a tree, without the outer brackets, spaced as ARM spaces it."""
    if isinstance(node, Literal):
        return str(node.value) if isinstance(node.value, int) else "'" + node.value.replace("'", "''") + "'"
    if isinstance(node, Call):
        return f"{node.name}({', '.join(render(argument) for argument in node.arguments)})"
    if (
        isinstance(node.key, Literal)
        and isinstance(node.key.value, str)
        and re.fullmatch(r"[A-Za-z_]\w*", node.key.value)
    ):
        return f"{render(node.target)}.{node.key.value}"
    return f"{render(node.target)}[{render(node.key)}]"
