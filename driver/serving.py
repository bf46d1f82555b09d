"""What is measured of each HTTP request."""

import time
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from driver import metrics


class _Answer(Protocol):
    @property
    def status(self) -> int: ...


T = TypeVar("T")
P = ParamSpec("P")
A = TypeVar("A", bound=_Answer)
Handler = Callable[Concatenate[T, Mapping[str, str], P], Coroutine[Any, Any, A]]


def measure(method: str, route: str) -> Callable[[Handler[T, P, A]], Handler[T, P, A]]:
    """Measure the requests of a handler, whose second argument are the headers."""

    def decorate(handler: Handler[T, P, A]) -> Handler[T, P, A]:
        @wraps(handler)
        async def serve(content: T, headers: Mapping[str, str], /, *others: P.args, **options: P.kwargs) -> A:
            began = time.perf_counter()
            answer = await handler(content, headers, *others, **options)
            metrics.record(metrics.REQUESTS, time.perf_counter() - began, method, route, str(answer.status))
            return answer

        return serve

    return decorate
