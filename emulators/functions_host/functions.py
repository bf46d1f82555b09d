"""The app's functions, as the worker indexes them: what triggers each, and the parameters bound to it."""

import importlib
import inspect
import sys
import traceback
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.functions import FunctionRegister
from starlette.requests import Request

from emulators.functions_host.settings import HostError

REFUSED_TRIGGERS = {"entityTrigger": "durable entities are not supported by the local host"}


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


def _check_request(name: str, handler: Callable[..., Any], parameter: str) -> None:
    annotation = inspect.signature(handler, eval_str=True).parameters[parameter].annotation
    if not (isinstance(annotation, type) and issubclass(annotation, Request)):
        raise HostError(
            f"HTTP function {name!r}: the local host serves HTTP streams only; annotate {parameter!r} with Request of "
            f"azurefunctions.extensions.http.fastapi (it is {annotation!r})"
        )


def _index(function: Any, environment: MutableMapping[str, str]) -> tuple[str, Function]:
    """One function of the app with the kind of its trigger; a binding that the local host lacks is an error."""
    name, trigger, handler = function.get_function_name(), function.get_trigger(), function.get_user_function()
    kind = trigger.type
    others = [binding for binding in function.get_bindings() if binding is not trigger and binding.type != "http"]
    clients = [binding.name for binding in others if binding.type == "durableClient"]
    if foreign := [binding.type for binding in others if binding.type != "durableClient"]:
        raise HostError(f"function {name!r}: the local host has no binding {foreign[0]!r}")
    if unbound := set(inspect.signature(handler).parameters) - {trigger.name, *clients}:
        raise HostError(f"function {name!r}: the local host binds nothing to its parameter {min(unbound)!r}")
    shared = {"handler": handler, "parameter": trigger.name, "client": clients[0] if clients else None}
    if kind == "httpTrigger":
        if environment.get("PYTHON_ENABLE_INIT_INDEXING") != "1" and sys.version_info < (3, 13):
            raise HostError(
                f"HTTP function {name!r}: HTTP streams need the setting PYTHON_ENABLE_INIT_INDEXING=1 "
                "(local.settings.json or environment); without it every request hangs on the real host"
            )
        _check_request(name, handler, trigger.name)
        methods = frozenset(_text(method).upper() for method in trigger.methods or ())
        route, level = trigger.route if trigger.route is not None else name, _text(trigger.auth_level).lower()
        return kind, HttpFunction(name, **shared, route=route, methods=methods, auth_level=level)
    if kind == "timerTrigger":
        times = {"schedule": trigger.schedule, "run_on_startup": bool(trigger.run_on_startup)}
        return kind, TimerFunction(name, **shared, **times, is_monitored=trigger.use_monitor is not False)
    if kind == "orchestrationTrigger":
        return kind, Function(trigger.orchestration or name, **shared)
    if kind == "activityTrigger":
        return kind, Function(trigger.activity or name, **shared)
    raise HostError(f"function {name!r}: " + REFUSED_TRIGGERS.get(kind, f"the local host has no trigger {kind!r}"))


def index(register: Any, environment: MutableMapping[str, str]) -> App:
    """Index the functions of `app`, the FunctionRegister of function_app.py. Raises HostError."""
    if not isinstance(register, FunctionRegister):
        raise HostError(f"function_app.app must be a FunctionApp or DFApp, not {type(register).__name__}")
    found: dict[str, list[Function]] = {}
    for item in register.get_functions():
        kind, function = _index(item, environment)
        found.setdefault(kind, []).append(function)
    return App(
        http=tuple(f for f in found.get("httpTrigger", ()) if isinstance(f, HttpFunction)),
        orchestrators={f.name.lower(): f for f in found.get("orchestrationTrigger", ())},
        activities={f.name.lower(): f for f in found.get("activityTrigger", ())},
        timers=tuple(f for f in found.get("timerTrigger", ()) if isinstance(f, TimerFunction)),
    )


def load(folder: Path, environment: MutableMapping[str, str]) -> App:
    """Import `folder`/function_app.py and index it. Raises HostError, with the traceback where the import fails."""
    if not (folder / "function_app.py").is_file():
        raise HostError(f"no function_app.py in {folder}")
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module("function_app")
    except Exception as error:
        raise HostError(f"function_app.py cannot be imported:\n{traceback.format_exc()}") from error
    if not hasattr(module, "app"):
        raise HostError("function_app.py defines no `app`")
    return index(module.app, environment)
