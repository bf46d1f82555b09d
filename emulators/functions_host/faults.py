"""What makes the host refuse an app: all faults of all functions, one line each.

The real host says no more than "0 functions found" of most of them, and nothing at all of names that are registered
twice or never.
"""

import inspect
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

from emulators.functions_host.calls import ACTIVITY_CALLS, ORCHESTRATOR_CALLS, find_called_names, find_declared_names
from emulators.functions_host.signatures import find_signature_faults

REFUSED_TRIGGERS = {"entityTrigger": "durable entities are not supported by the local host"}
TRIGGERS = ("httpTrigger", "timerTrigger", "orchestrationTrigger", "activityTrigger")
BINDINGS = (*TRIGGERS, "http", "durableClient")
NEEDS_SETTING = (
    "HTTP streams need the setting PYTHON_ENABLE_INIT_INDEXING=1 (local.settings.json or environment); without it "
    "every request hangs on the real host"
)


def find_faults(functions: Sequence[Any], environment: Mapping[str, str]) -> Iterator[str]:
    """The faults of an app, which is the functions that its FunctionRegister answers with."""
    if not functions:
        yield "function_app.py registers no function"
    has_setting = environment.get("PYTHON_ENABLE_INIT_INDEXING") == "1" or sys.version_info >= (3, 13)
    if not has_setting and any(function.get_trigger().type == "httpTrigger" for function in functions):
        yield NEEDS_SETTING
    for function in functions:
        for fault in _find_function_faults(function):
            yield f"function {function.get_function_name()!r}{fault}"
    names = {kind: _group_by_name(functions, kind) for kind in ("activity", "orchestration")}
    for kind, groups in names.items():
        yield from _find_shared_names(kind, groups)
    for function in functions:
        if function.get_trigger().type == "orchestrationTrigger":
            for fault in _find_unknown_calls(function.get_user_function(), names["activity"], names["orchestration"]):
                yield f"function {function.get_function_name()!r}: {fault}"


def _find_function_faults(function: Any) -> Iterator[str]:
    trigger, bindings = function.get_trigger(), function.get_bindings()
    if trigger.type not in TRIGGERS:
        yield ": " + REFUSED_TRIGGERS.get(trigger.type, f"the local host has no trigger {trigger.type!r}")
        return
    for binding in bindings:
        if binding.type not in BINDINGS:
            yield f", parameter {binding.name!r}: the local host has no binding {binding.type!r}"
    if trigger.type == "orchestrationTrigger" and trigger.name != "context":
        yield f", parameter {trigger.name!r}: an orchestrator's parameter must be named 'context'"
    else:
        yield from find_signature_faults(function.get_user_function(), bindings)


def _group_by_name(functions: Sequence[Any], kind: str) -> dict[str, list[str]]:
    """The functions that have a name as `activity` or `orchestration`; its case is ignored, as by the real host."""
    groups = dict[str, list[str]]()
    for function in functions:
        trigger, own = function.get_trigger(), function.get_function_name()
        if trigger.type == f"{kind}Trigger":
            groups.setdefault((getattr(trigger, kind) or own).lower(), []).append(own)
    return groups


def _find_shared_names(kind: str, groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name, (first, *others) in groups.items():
        for other in others:
            yield f"function {other!r}: its {kind} name {name!r} is that of function {first!r}, too"


def _find_unknown_calls(handler: Any, activities: Container[str], orchestrators: Container[str]) -> Iterator[str]:
    # What the SDK's own function runs, without its decorators.
    orchestrator = inspect.unwrap(getattr(handler, "orchestrator_function", handler))
    called = {*find_called_names(orchestrator, ACTIVITY_CALLS), *find_declared_names(orchestrator)}
    children = {*find_called_names(orchestrator, ORCHESTRATOR_CALLS)}
    for kind, names, registered in (("activity", called, activities), ("orchestrator", children, orchestrators)):
        for name in sorted(name for name in names if name.lower() not in registered):
            yield f"calls the {kind} {name!r}, which is not registered; the real host would wait for it for ever"
