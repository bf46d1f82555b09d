"""Calls in the expressions of ARM templates, as they are written: `function(argument, ...).name[0]`."""

import re
from dataclasses import dataclass

Tokens = list[str]
# The names, in lower case, and indexes that lead into a value. None is a step that only ARM knows: it may be any.
Path = tuple[str | int | None, ...]

_TOKENS = re.compile(r"\s*('(?:[^']|'')*'|[\w$#]+|.)", re.DOTALL)
_LEVELS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclass(frozen=True)
class Call:
    """A call, with its name in lower case and the path that follows it. `indexes` are the expressions in that path,
    `written` is the name as it stands there.
    """

    name: str
    written: str
    arguments: list[Tokens]
    path: Path
    indexes: list[Tokens]


def read_tokens(expression: str) -> Tokens:
    """The tokens of an expression without the brackets around it."""
    return _TOKENS.findall(expression)


def read_call(tokens: Tokens) -> Call | None:
    """The call that an expression is; None if it is a text or a number. A function of the template has its namespace
    in its name.
    """
    for index in range(len(tokens) - 1):
        if tokens[index + 1] == "(" and not tokens[index].startswith("'"):
            break
    else:
        return None
    end = _find_end(tokens, index + 1)
    path, indexes = _read_path(tokens, end)
    name, arguments = "".join(tokens[: index + 1]).lower(), _split_arguments(tokens[index + 2 : end - 1])
    return Call(name, tokens[index], arguments, path, indexes)


def read_literal(tokens: Tokens) -> str | None:
    """The text that an expression is, without its quotes; None if it is something else."""
    return tokens[0][1:-1] if len(tokens) == 1 and tokens[0].startswith("'") else None


def read_step(tokens: Tokens) -> str | int | None:
    """The step that an expression in brackets, or an argument of tryGet, is."""
    if (literal := read_literal(tokens)) is not None:
        return literal.lower()
    return int(tokens[0]) if len(tokens) == 1 and re.fullmatch("[0-9]{1,9}", tokens[0]) else None


def _find_end(tokens: Tokens, start: int) -> int:
    """The index after the bracket that closes the one at `start`."""
    level = 0
    for index in range(start, len(tokens)):
        level += _LEVELS.get(tokens[index], 0)
        if not level:
            return index + 1
    return len(tokens) + 1


def _read_path(tokens: Tokens, start: int) -> tuple[Path, list[Tokens]]:
    """The path that begins at `start`, `.a['b'][0]`, and the expressions in it."""
    path: list[str | int | None] = []
    indexes = []
    while start + 1 < len(tokens):
        if tokens[start] == ".":
            path.append(tokens[start + 1].lower())
            start += 2
        elif tokens[start] == "[":
            end = _find_end(tokens, start)
            index = tokens[start + 1 : end - 1]
            path.append(read_step(index))
            if path[-1] is None:
                indexes.append(index)
            start = end
        else:
            break
    return tuple(path), indexes


def _split_arguments(tokens: Tokens) -> list[Tokens]:
    """The arguments between the brackets of a call."""
    arguments: list[Tokens] = [[]] if tokens else []
    level = 0
    for part in tokens:
        level += _LEVELS.get(part, 0)
        if part == "," and not level:
            arguments.append([])
        else:
            arguments[-1].append(part)
    return arguments
