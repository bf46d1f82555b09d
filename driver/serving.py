"""What is measured of each HTTP request, and the span that its trace begins with."""

import time
from collections.abc import Callable, Coroutine, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from driver import metrics, traces


class _Answer(Protocol):
    @property
    def status(self) -> int: ...


T = TypeVar("T")
P = ParamSpec("P")
A = TypeVar("A", bound=_Answer)
Handler = Callable[Concatenate[T, Mapping[str, str], P], Coroutine[Any, Any, A]]


def measure(method: str, route: str) -> Callable[[Handler[T, P, A]], Handler[T, P, A]]:
    """Measure and trace the requests of a handler, whose second argument are the headers."""

    def decorate(handler: Handler[T, P, A]) -> Handler[T, P, A]:
        @wraps(handler)
        async def serve(content: T, headers: Mapping[str, str], /, *others: P.args, **options: P.kwargs) -> A:
            began = time.perf_counter()
            with traces.serve(f"{method} {route}", headers) as span:
                span.set_attributes({"http.request.method": method, "http.route": route})
                answer = await handler(content, headers, *others, **options)
                traces.note_status(span, answer.status, is_error=answer.status >= 500)
            metrics.record(metrics.REQUESTS, time.perf_counter() - began, method, route, str(answer.status))
            return answer

        return serve

    return decorate
