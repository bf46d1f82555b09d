"""Which arguments of an ARM function its result shows, and at which path.

A function that does not give an argument back, such as `empty`, shows nothing. One that is not known shows its
arguments as a whole.
"""

from dataclasses import dataclass

from driver.packages.calls import Call, Path, Tokens, read_call, read_literal, read_step

_HIDING = frozenset(
    (
        *("empty", "length", "equals", "less", "lessorequals", "greater", "greaterorequals", "not", "and", "or"),
        *("contains", "startswith", "endswith", "indexof", "lastindexof", "uniquestring", "guid"),
        "objectkeys",
    )
)


@dataclass(frozen=True)
class Part:
    """An expression whose value at `path` is shown. `bound` has the lambda variables in it: the name of each, and the
    expression and path where its values are.
    """

    tokens: Tokens
    path: Path
    bound: tuple[tuple[str, Tokens, Path], ...] = ()


def list_parts(call: Call, path: Path) -> list[Part]:
    """What the result of a call shows at a path."""
    arguments = call.arguments
    if call.name.rpartition(".")[2] in _HIDING:
        return []
    match call.name:
        case "if":
            return _show(arguments[1:], path)
        case "coalesce":
            return _show(arguments, path)
        case "union" | "intersection" | "concat" | "take" | "skip":
            return _show(arguments, _loosen(path))
        case "filter" | "sort" | "reverse":
            return _show(arguments[:1], _loosen(path))
        case "first" | "last" | "indexfromend" | "shallowmerge":
            return _show(arguments[:1], (None, *path))
        case "tryget":
            return _show(arguments[:1], (*map(read_step, arguments[1:]), *path))
        case "createobject" | "createarray":
            return _list_members(call, path)
        case "map" | "mapvalues" | "toobject":
            return _list_lambda_parts(call, path)
    return _show(arguments, ())


def _show(arguments: list[Tokens], path: Path) -> list[Part]:
    return [Part(one, path) for one in arguments]


def _loosen(path: Path) -> Path:
    """The path in an argument whose elements have other indexes in the result."""
    return (None, *path[1:]) if path and isinstance(path[0], int) else path


def _list_members(call: Call, path: Path) -> list[Part]:
    """What `createArray(value, ...)` and `createObject(name, value, ...)` show."""
    arguments = call.arguments
    if not path:
        return _show(arguments, ())
    if call.name == "createarray":
        return [Part(one, path[1:]) for index, one in enumerate(arguments) if path[0] in (None, index)]
    members = zip(map(read_step, arguments[::2]), arguments[1::2], strict=False)
    return [Part(value, path[1:]) for name, value in members if name is None or path[0] in (None, name)]


def _list_lambda_parts(call: Call, path: Path) -> list[Part]:
    """What `map(elements, lambda)` and `toObject(elements, lambda of the key, lambda of the value)` show."""
    arguments, parts = call.arguments, []
    functions = [read_call(one) for one in arguments[1:]]
    if len(functions) != (2 if call.name == "toobject" else 1):
        return _show(arguments, ())
    for function in functions:
        if function is None or function.name != "lambda" or len(function.arguments) < 2:
            return _show(arguments, ())
        name = (read_literal(function.arguments[0]) or "").lower()
        further = path[1:] if function is functions[-1] else ()  # the key is shown as it is
        parts.append(Part(function.arguments[-1], further, ((name, arguments[0], (None,)),)))
    return parts
