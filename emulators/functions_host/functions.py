"""The app's functions, as the worker indexes them: what triggers each, and the parameters bound to it."""

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from azure.functions import FunctionRegister

from emulators.functions_host.faults import find_faults
from emulators.functions_host.settings import HostError


@dataclass(frozen=True)
class Function:
    """One function: `handler` takes its trigger under the name `parameter` and the Durable client under `client`."""

    name: str
    handler: Callable[..., Any]
    parameter: str
    client: str | None

    @property
    def is_async(self) -> bool:
        """Whether the handler is awaited on the event loop; others run in the thread pool."""
        return inspect.iscoroutinefunction(self.handler)


@dataclass(frozen=True)
class HttpFunction(Function):
    """An HTTP streams function: `route` without prefix, `methods` empty for any, `auth_level` in lower case."""

    route: str
    methods: frozenset[str]
    auth_level: str


@dataclass(frozen=True)
class TimerFunction(Function):
    """A timer function with its six-field NCRONTAB schedule; a monitored one makes up for what it missed."""

    schedule: str
    run_on_startup: bool
    is_monitored: bool


@dataclass(frozen=True)
class App:
    """All functions of function_app.py. Orchestrators and activities are keyed by their name in lower case."""

    http: tuple[HttpFunction, ...]
    orchestrators: dict[str, Function]
    activities: dict[str, Function]
    timers: tuple[TimerFunction, ...]


def _text(value: Any) -> str:
    """The text of a binding's value, which is an enumeration member or text already."""
    return str(getattr(value, "value", value))


def _read_function(function: Any) -> tuple[str, Function]:
    """One function without faults, with the kind of its trigger."""
    name, trigger = function.get_function_name(), function.get_trigger()
    clients = [binding.name for binding in function.get_bindings() if binding.type == "durableClient"]
    handler, client = function.get_user_function(), clients[0] if clients else None
    match trigger.type:
        case "httpTrigger":
            methods = frozenset(_text(method).upper() for method in trigger.methods or ())
            level = _text(trigger.auth_level).lower()
            return trigger.type, HttpFunction(name, handler, trigger.name, client, trigger.route, methods, level)
        case "timerTrigger":
            monitored, at_start = trigger.use_monitor is not False, bool(trigger.run_on_startup)
            timer = TimerFunction(name, handler, trigger.name, client, trigger.schedule, at_start, monitored)
            return trigger.type, timer
        case "orchestrationTrigger":
            name = trigger.orchestration or name
        case "activityTrigger":
            name = trigger.activity or name
    return trigger.type, Function(name, handler, trigger.name, client)


def index(register: FunctionRegister, environment: MutableMapping[str, str]) -> App:
    """Index the functions of an app. Raises HostError with all faults of all functions."""
    try:
        functions = register.get_functions()
    except ValueError as error:
        raise HostError(str(error)) from error
    if faults := list(find_faults(functions, environment)):
        raise HostError(*faults)
    found: dict[str, list[Function]] = {}
    for kind, function in map(_read_function, functions):
        found.setdefault(kind, []).append(function)
    return App(
        http=tuple(f for f in found.get("httpTrigger", ()) if isinstance(f, HttpFunction)),
        orchestrators={f.name.lower(): f for f in found.get("orchestrationTrigger", ())},
        activities={f.name.lower(): f for f in found.get("activityTrigger", ())},
        timers=tuple(f for f in found.get("timerTrigger", ()) if isinstance(f, TimerFunction)),
    )


def find_register(module: ModuleType) -> FunctionRegister:
    """The one FunctionApp or DFApp among the names of a module. Raises HostError where there is none or another."""
    names = [name for name, value in vars(module).items() if isinstance(value, FunctionRegister)]
    if not names:
        raise HostError("function_app.py defines no FunctionApp or DFApp at its top level")
    if len(names) > 1:
        raise HostError(f"function_app.py has more than one top-level app, the worker takes one: {', '.join(names)}")
    register: FunctionRegister = getattr(module, names[0])
    return register


def load(folder: Path, environment: MutableMapping[str, str]) -> App:
    """Import `folder`/function_app.py and index it. Raises HostError, with the traceback where the import fails."""
    if not (folder / "function_app.py").is_file():
        raise HostError(f"no function_app.py in {folder}")
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module("function_app")
    except Exception as error:
        raise HostError(f"function_app.py cannot be imported:\n{traceback.format_exc()}") from error
    return index(find_register(module), environment)
