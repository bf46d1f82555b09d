"""Calls about several resources, some at a time."""

import contextvars
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from driver.resource_ids import ResourceId

T = TypeVar("T")
AT_ONCE = 8  # calls of one step that run at the same time


def call_at_once(call: Callable[[ResourceId], T], ids: Iterable[ResourceId]) -> dict[ResourceId, T]:
    """The results of the call for each id; AT_ONCE calls run at the same time. Raises what a call raises."""
    wanted = list(ids)
    if len(wanted) < 2:
        return {resource_id: call(resource_id) for resource_id in wanted}
    # Each call logs with the fields, and hides the secrets, of this run.
    contexts = [contextvars.copy_context() for _ in wanted]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        results = pool.map(lambda pair: pair[0].run(call, pair[1]), zip(contexts, wanted, strict=True))
        return dict(zip(wanted, results, strict=True))
