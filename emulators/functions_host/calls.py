"""The activities and sub-orchestrations that an orchestrator calls by name, as far as its source tells.

A name that nobody registered makes the real host wait for ever, without a word in its log.
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Collection, Iterator
from typing import Any

ACTIVITY_CALLS = ("call_activity", "call_activity_with_retry")
ORCHESTRATOR_CALLS = ("call_sub_orchestrator", "call_sub_orchestrator_with_retry")
NAMES = "ACTIVITIES"


def find_called_names(orchestrator: Callable[..., Any], methods: Collection[str]) -> Iterator[str]:
    """The names given to these methods of the context: literals, and constants of the orchestrator's module."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(orchestrator)))
    except (OSError, TypeError, SyntaxError):  # without a file, not a Python function, or a piece of an expression
        return
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in methods:
            given = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "name")]
            yield from (name for name in (_evaluate(node, orchestrator) for node in given) if name is not None)


def find_declared_names(orchestrator: Callable[..., Any]) -> Iterator[str]:
    """The members of ACTIVITIES, in which the orchestrator's module lists what it calls by names chosen at run time."""
    declared = _globals(orchestrator).get(NAMES, ())
    if isinstance(declared, Collection) and not isinstance(declared, str):
        yield from (name for name in declared if isinstance(name, str))


def _evaluate(node: ast.expr, orchestrator: Callable[..., Any]) -> str | None:
    """The text that an argument is; None where only a run would tell."""
    value = None
    if isinstance(node, ast.Constant):
        value = node.value
    elif isinstance(node, ast.Name) and node.id not in orchestrator.__code__.co_varnames:
        value = _globals(orchestrator).get(node.id)
    return value if isinstance(value, str) else None


def _globals(orchestrator: Callable[..., Any]) -> dict[str, Any]:
    return getattr(orchestrator, "__globals__", {})
