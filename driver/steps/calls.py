"""Calls about several resources or other things, some at a time."""

import contextvars
from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
AT_ONCE = 8  # calls of one step that run at the same time


def call_at_once(call: Callable[[K], T], keys: Iterable[K]) -> dict[K, T]:
    """The results of the call for each key; AT_ONCE calls run at the same time. Raises what a call raises."""
    wanted = list(keys)
    if len(wanted) < 2:
        return {key: call(key) for key in wanted}
    # Each call logs with the fields, and hides the secrets, of this run.
    contexts = [contextvars.copy_context() for _ in wanted]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(lambda pair: pair[0].run(call, pair[1]), zip(contexts, wanted, strict=True))
        return dict(zip(wanted, results, strict=True))


def call_within(seconds: float, calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """The results of calls that run at the same time; None for one that has not ended within the seconds. Such a call
    goes on until it ends by itself, so it must only read.
    """
    pool = ThreadPoolExecutor(len(calls))
    futures = [pool.submit(contextvars.copy_context().run, call) for call in calls]
    ended, _ = wait(futures, max(seconds, 0))
    pool.shutdown(wait=False)
    return [future.result() if future in ended else None for future in futures]
