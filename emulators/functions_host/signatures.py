"""The rules by which the Python worker accepts the signature of a function that it indexes.

One refused function leaves the whole app without any. The worker takes the annotations that typing.get_type_hints gives
for the function as it was registered, so a decorator that replaces the function also replaces what is looked at. Seen
with the worker 4.34.0; azure-functions-runtime 1.3.0 has the same rules.
"""

import collections.abc
import inspect
import typing
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

from azure.functions import TimerRequest
from azurefunctions.extensions.base import RequestTrackerMeta, ResponseTrackerMeta

TIMER_TYPES = (TimerRequest, str, bytes)
REFUSED_GENERICS = (tuple, collections.abc.Callable)
NOT_A_CLASS = (
    "the Python worker refuses the annotation {annotation}; take a class (dict, str, a TypedDict, a model), typing.Any "
    "or a generic of typing, such as typing.Mapping[str, Any]"
)
NO_ANSWER = (
    "the Python worker refuses the annotation {annotation} of an HTTP function; take a Response class, str, int, "
    "float, bool, list, dict or a pydantic model"
)
STREAMS_ONLY = (
    "the local host serves HTTP streams only: annotate it with Request of azurefunctions.extensions.http.fastapi; the "
    "worker refuses an app that has both kinds"
)


def find_signature_faults(handler: Callable[..., Any], bindings: Iterable[Any]) -> Iterator[str]:
    """What the worker, or the local host, refuses in a function's parameters and annotations.

    `bindings` are those of azure.functions, the trigger among them. Each fault is the text after the function's name.
    """
    bound = {binding.name: binding.type for binding in bindings if binding.name != "$return"}
    parameters, annotations = dict(inspect.signature(handler).parameters), dict[str, Any]()
    for name, annotation in inspect.get_annotations(handler).items():
        try:
            annotations[name] = _evaluate(handler, annotation)
        except Exception as error:
            yield f"{_where(name)}: the annotation cannot be evaluated: {type(error).__name__}: {error}"
            bound.pop(name, None), parameters.pop(name, None)
    for name in (name for name in parameters if name not in bound):
        yield f"{_where(name)}: no decorator binds anything to it"
    for name, binding in bound.items():
        if name not in parameters:
            yield f"{_where(name)}: a decorator binds it, and the function has no such parameter"
        elif fault := _refuse_input(binding, annotations.get(name, inspect.Parameter.empty)):
            yield f"{_where(name)}: {fault}"
    if "httpTrigger" in bound.values() and "return" in annotations and not _is_answer(annotations["return"]):
        yield f"{_where('return')}: {NO_ANSWER.format(annotation=_text(annotations['return']))}"


def _where(name: str) -> str:
    return ", return value" if name == "return" else f", parameter {name!r}"


def _evaluate(handler: Callable[..., Any], annotation: Any) -> Any:
    """One annotation, evaluated as typing.get_type_hints does with all of the function."""
    one = SimpleNamespace(__annotations__={"one": annotation}, __wrapped__=handler)
    return typing.get_type_hints(one)["one"]


def _refuse_input(binding: str, annotation: Any) -> str | None:
    """Why an annotation is refused for what a binding gives; None where it is accepted."""
    if binding == "httpTrigger":
        return None if RequestTrackerMeta.check_type(annotation) else STREAMS_ONLY
    if annotation is inspect.Parameter.empty:
        return None
    if not _is_class(annotation):
        return NOT_A_CLASS.format(annotation=_text(annotation))
    if binding == "timerTrigger" and not (isinstance(annotation, type) and issubclass(annotation, TIMER_TYPES)):
        return f"the annotation {_text(annotation)} does not fit a timer; take azure.functions.TimerRequest"
    return None


def _is_answer(annotation: Any) -> bool:
    return bool(ResponseTrackerMeta.check_type(annotation))


def _is_class(annotation: Any) -> bool:
    """Whether the worker takes it for a type: a class, or a generic of typing; `dict[str, Any]` is neither to it."""
    if isinstance(annotation, type):
        return True
    origin = typing.get_origin(annotation)
    return type(annotation).__module__ == "typing" and isinstance(origin, type) and origin not in REFUSED_GENERICS


def _text(annotation: Any) -> str:
    return annotation.__qualname__ if isinstance(annotation, type) else str(annotation)
