"""Route templates of HTTP functions: `driver/{id:int}/{rest?}`, matched as the real host matches them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from emulators.functions_host.functions import HttpFunction
from emulators.functions_host.settings import HostError

CONSTRAINTS = {
    "": r"[^/]+",
    "int": r"[+-]?\d{1,10}",
    "long": r"[+-]?\d{1,19}",
    "bool": r"true|false",
    "alpha": r"[a-z]*",
    "guid": r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?",
}
PARAMETER = re.compile(
    r"\{(?P<all>\*?)(?P<name>\w+)(?::(?P<constraint>\w+))?(?:=(?P<default>[^}]*))?(?P<optional>\??)\}"
)


@dataclass(frozen=True)
class Route:
    """A function with its compiled template."""

    function: HttpFunction
    pattern: re.Pattern[str]
    parameters: tuple[str, ...]
    defaults: dict[str, str]


def _compile(function: HttpFunction, prefix: str) -> Route:
    pattern, names, defaults = "", [], {}
    for segment in "/".join((prefix, function.route)).split("/"):
        if not segment:
            continue
        parameter = PARAMETER.fullmatch(segment)
        if parameter is None:
            if "{" in segment:
                raise HostError(
                    f"HTTP function {function.name!r}: the local host cannot match {segment!r} in its route"
                )
            pattern += "/" + re.escape(segment)
            continue
        constraint = parameter["constraint"] or ""
        if constraint not in CONSTRAINTS:
            raise HostError(f"HTTP function {function.name!r}: the local host has no route constraint {constraint!r}")
        names.append(parameter["name"])
        part = f"/({'.*' if parameter['all'] else CONSTRAINTS[constraint]})"
        if parameter["default"] is not None:
            defaults[parameter["name"]] = parameter["default"]
        optional = parameter["optional"] or parameter["all"] or parameter["default"] is not None
        pattern += f"(?:{part})?" if optional else part
    return Route(function, re.compile(pattern + "/?", re.IGNORECASE), tuple(names), defaults)


def compile_routes(functions: Sequence[HttpFunction], prefix: str) -> tuple[Route, ...]:
    """The routes in the order in which they are tried: by name of function. Raises HostError for unknown templates."""
    return tuple(_compile(function, prefix) for function in sorted(functions, key=lambda f: f.name.lower()))


def decode_path(raw: str) -> str:
    """A path as the host sees it: percent-decoded, but for %2F."""
    return "".join(
        part if part.lower() == "%2f" else unquote(part) for part in re.split("(%2f)", raw, flags=re.IGNORECASE)
    )


def find(routes: Sequence[Route], method: str, path: str) -> tuple[HttpFunction, dict[str, str]] | None:
    """The first function whose route and methods match a decoded path, with its path parameters; case is ignored."""
    for route in routes:
        match = route.pattern.fullmatch(path)
        if match and (not route.function.methods or method in route.function.methods):
            given = zip(route.parameters, match.groups(), strict=True)
            return route.function, route.defaults | {name: value for name, value in given if value}
    return None
