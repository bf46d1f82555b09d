"""What a template function takes: how many arguments of which types."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from emulators.azure.language.expressions import Node
from emulators.azure.language.models import TemplateError
from emulators.azure.language.residuals import Residual, has_residual


class Undecided(Exception):
    """A function's result depends on a value that only a run can know."""


@dataclass(frozen=True)
class Lambda:
    """The value of `lambda('x', ...)`: `call` takes as many values as it has parameters."""

    parameters: tuple[str, ...]
    call: Callable[..., Any]
    written: Callable[[], Node]

    @property
    def node(self) -> Node:
        """The lambda as it is written."""
        return self.written()


NAMES = {
    str: "string",
    bool: "bool",
    int: "int",
    float: "float",
    list: "array",
    dict: "object",
    type(None): "null",
    Lambda: "lambda",
    Residual: "any",
}


def type_name(value: Any) -> str:
    """The template language's name of a value's type."""
    return NAMES.get(type(value), "array" if isinstance(value, list) else "object")


def known(value: Any) -> Any:
    """The value itself; raises Undecided if it is not known yet."""
    if isinstance(value, Residual):
        raise Undecided
    return value


@dataclass(frozen=True)
class Function:
    """A template function: `signature` names its parameters' types, `a|b` for either, `?` optional, `*` any number.

    `needs` tells what must be known of its arguments before it can be called: all of them with their parts, the
    containers but not what is in them, or nothing at all. Called too early it raises Undecided.
    """

    call: Callable[..., Any]
    signature: str = ""
    needs: Literal["parts", "containers", "nothing"] = "parts"

    def is_undecided(self, arguments: Sequence[Any]) -> bool:
        """Whether the call must wait for the run."""
        if self.needs == "parts":
            return has_residual(arguments)
        return self.needs == "containers" and any(isinstance(argument, Residual) for argument in arguments)

    @cached_property
    def parameters(self) -> tuple[tuple[frozenset[str], str], ...]:
        words = self.signature.split()
        return tuple((frozenset(word.rstrip("?*").split("|")), word[-1] if word[-1] in "?*" else "") for word in words)

    def check(self, name: str, arguments: Sequence[Any]) -> None:
        """Raise TemplateError unless the arguments fit the signature."""
        parameters = self.parameters
        least = sum(1 for _, mark in parameters if not mark)
        unlimited = bool(parameters) and parameters[-1][1] == "*"
        if len(arguments) < least or (len(arguments) > len(parameters) and not unlimited):
            takes = f"{least} or more" if unlimited else " to ".join(str(n) for n in sorted({least, len(parameters)}))
            raise TemplateError(
                f"The template function '{name}' takes {takes} arguments; {len(arguments)} are given. "
                "Please see https://aka.ms/arm-functions for usage details."
            )
        for index, value in enumerate(arguments):
            types, _ = parameters[min(index, len(parameters) - 1)]
            given = type_name(value)
            if given not in types and "any" not in types and given != "any":
                expected = "' or '".join(sorted(types))
                raise TemplateError(
                    f"The template function '{name}' expects its argument {index + 1} to be of type '{expected}', "
                    f"but it is of type '{given}'. Please see https://aka.ms/arm-functions for usage details."
                )
