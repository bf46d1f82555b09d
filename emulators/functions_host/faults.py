"""What makes the host refuse an app: all faults of all functions, one line each.

The real host says no more than "0 functions found" of most of them, and nothing at all of names that are registered
twice or never.
"""

import sys
from collections import Counter
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
    for function in functions:
        for fault in _find_function_faults(function, environment):
            yield f"function {function.get_function_name()!r}{fault}"
    names = {kind: _count_names(functions, kind) for kind in ("activity", "orchestration")}
    for kind, counted in names.items():
        for name, number in counted.items():
            if number > 1:
                yield f"function {name!r}: {number} functions have this name as {kind}"
    for function in functions:
        if function.get_trigger().type == "orchestrationTrigger":
            for fault in _find_unknown_calls(function.get_user_function(), names["activity"], names["orchestration"]):
                yield f"function {function.get_function_name()!r}: {fault}"


def _find_function_faults(function: Any, environment: Mapping[str, str]) -> Iterator[str]:
    trigger, bindings = function.get_trigger(), function.get_bindings()
    if trigger.type not in TRIGGERS:
        yield ": " + REFUSED_TRIGGERS.get(trigger.type, f"the local host has no trigger {trigger.type!r}")
        return
    for binding in bindings:
        if binding.type not in BINDINGS:
            yield f", parameter {binding.name!r}: the local host has no binding {binding.type!r}"
    has_setting = environment.get("PYTHON_ENABLE_INIT_INDEXING") == "1" or sys.version_info >= (3, 13)
    if trigger.type == "httpTrigger" and not has_setting:
        yield f": {NEEDS_SETTING}"
    if trigger.type == "orchestrationTrigger" and trigger.name != "context":
        yield f", parameter {trigger.name!r}: an orchestrator's parameter must be named 'context'"
    else:
        yield from find_signature_faults(function.get_user_function(), bindings)


def _count_names(functions: Sequence[Any], kind: str) -> Counter[str]:
    """How many functions have a name as `activity` or `orchestration`; its case is ignored, as by the real host."""
    triggers = [(f.get_function_name(), f.get_trigger()) for f in functions if f.get_trigger().type == f"{kind}Trigger"]
    return Counter((getattr(trigger, kind) or name).lower() for name, trigger in triggers)


def _find_unknown_calls(handler: Any, activities: Container[str], orchestrators: Container[str]) -> Iterator[str]:
    orchestrator = getattr(handler, "orchestrator_function", handler)  # what the SDK's own function runs
    called = {*find_called_names(orchestrator, ACTIVITY_CALLS), *find_declared_names(orchestrator)}
    children = {*find_called_names(orchestrator, ORCHESTRATOR_CALLS)}
    for kind, names, registered in (("activity", called, activities), ("orchestrator", children, orchestrators)):
        for name in sorted(name for name in names if name.lower() not in registered):
            yield f"calls the {kind} {name!r}, which is not registered; the real host would wait for it for ever"
