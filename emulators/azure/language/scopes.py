"""What an expression can see where it stands."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulators.azure.language.models import Context, Runtime, TemplateError

Lookup = Callable[[str], Any]


@dataclass(frozen=True)
class Target:
    """A resource as reference() and list*() name it; `properties` are what the template gives it, in predictions.

    An id that is not known before the run is a Residual.
    """

    id: Any
    api_version: str | None
    properties: Callable[[], Any] = lambda: None
    exact: bool = False


def nothing(kind: str) -> Lookup:
    """A lookup for a place where there is nothing of a kind."""

    def lookup(name: str) -> Any:
        raise TemplateError(
            f"The template {kind} '{name}' is not found. Please see https://aka.ms/arm-syntax for usage details."
        )

    return lookup


def no_target(_name: str) -> Target | None:
    """The lookup of a template without resources."""
    return None


@dataclass(frozen=True)
class Scope:
    """The surroundings of an expression.

    `find` maps what reference() is given (symbol, name or id) to a resource of the template. `functions` are the
    user-defined ones, by `namespace.name` in lower case. Where a deployment must be known before it runs (names,
    conditions, variables) an expression `may_refer` to no resource. `copies` are the indices of the loops around,
    `copy` is the innermost resource's or output's. Where it `leads_out`, another template gets what is left of an
    expression, and names of resources mean nothing. A template that `has_profile` needs no api-versions.
    """

    context: Context
    content_version: str = ""
    parameter: Lookup = field(default_factory=lambda: nothing("parameter"))
    variable: Lookup = field(default_factory=lambda: nothing("variable"))
    functions: Mapping[str, Any] = field(default_factory=dict)
    find: Callable[[str], Target | None] = no_target
    runtime: Runtime | None = None
    may_refer: bool = True
    copies: Mapping[str, int] = field(default_factory=dict)
    copy: str | None = None
    lambdas: Mapping[str, Any] = field(default_factory=dict)
    is_default_value: bool = False
    leads_out: bool = False
    has_profile: bool = False
