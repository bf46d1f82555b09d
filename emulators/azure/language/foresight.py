"""What a reference to a resource of the same template will yield, as far as the template tells (predictions only)."""

from typing import Any

from emulators.azure.language.expressions import Access, Literal, Node
from emulators.azure.language.residuals import Residual, quote


class ForetoldObject(dict[str, Any]):
    """A resource's properties as the template gives them; what is not in it is left as an access to `node`.

    What is unknown in it stays a reference too, but where it is `exact` (a nested deployment's outputs).
    """

    def __init__(self, value: dict[str, Any], node: Node, exact: bool) -> None:
        super().__init__(value)
        self.node = node
        self.exact = exact


class ForetoldArray(list[Any]):
    """An array in a ForetoldObject."""

    def __init__(self, value: list[Any], node: Node, exact: bool) -> None:
        super().__init__(value)
        self.node = node
        self.exact = exact


Foretold = ForetoldObject | ForetoldArray


def foretell(value: Any, node: Node, exact: bool) -> Any:
    """A part of what a template foretells, with the expression that refers to it."""
    if isinstance(value, Residual):
        return value if exact else Residual(node)
    if isinstance(value, dict):
        return ForetoldObject(value, node, exact)
    return ForetoldArray(value, node, exact) if isinstance(value, list) else value


def step(target: Foretold, key: Any) -> Node:
    """The access to a member."""
    return Access(target.node, quote(key))


def is_below(node: Node, name: str) -> bool:
    """Whether an expression is an access to a member of that name, or to a part of it."""
    while isinstance(node, Access):
        if isinstance(node.key, Literal) and str(node.key.value).lower() == name:
            return True
        node = node.target
    return False
