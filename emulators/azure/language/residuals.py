"""What is left of an expression when only a run can know its value."""

import json
from dataclasses import dataclass
from typing import Any

from emulators.azure.language.expressions import Call, Literal, Node, render


@dataclass(frozen=True, slots=True)
class Residual:
    """A value that only a run can know: the expression that is left of it."""

    node: Node

    def __str__(self) -> str:
        return f"[{render(self.node)}]"


class UnknownKey(str):
    """A name of an object's property that only a run can know: the text of its expression."""

    __slots__ = ("node",)
    node: Node

    def __new__(cls, node: Node) -> "UnknownKey":
        key = super().__new__(cls, Residual(node))
        key.node = node
        return key


def quote(value: Any) -> Node:
    """The expression whose value is `value` (JSON, with residuals in it; a residual and a lambda hold theirs)."""
    if value is None:
        return Call("null")
    if isinstance(value, bool):
        return Call("true" if value else "false")
    if isinstance(value, (str, int)) and not isinstance(value, UnknownKey):
        return Literal(value)
    if isinstance(value, float):
        return Call("json", (Literal(json.dumps(value)),))
    if isinstance(value, list):
        return Call("createArray", tuple(quote(item) for item in value))
    if not isinstance(value, dict):
        node: Node = value.node
        return node
    return Call("createObject", tuple(node for key, item in value.items() for node in (quote(key), quote(item))))


def has_residual(value: Any) -> bool:
    """Whether a residual is anywhere in a value."""
    if isinstance(value, Residual):
        return True
    if isinstance(value, dict):
        return any(has_residual(item) for item in value.values())
    return isinstance(value, (list, tuple)) and any(has_residual(item) for item in value)
