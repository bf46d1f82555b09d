"""Bounded pools of threads for blocking work of requests, so that one kind of work does not delay another."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from driver.errors import NotReady

T = TypeVar("T")


class Pool:
    """Threads for one kind of work: `threads` calls run at once, `queue` more wait. `work` names it in messages."""

    def __init__(self, work: str, threads: int, queue: int) -> None:
        self.threads = threads
        self.queue = queue
        self._work = work
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=work.replace(" ", "-"))
        self._admitted = 0
        self._lock = threading.Lock()

    async def run(self, seconds: float, call: Callable[..., T], *arguments: Any) -> T:
        """The result of the call, which runs in a thread with the context of the caller. Raises NotReady at once if the
        queue is full, TimeoutError after the seconds. A call that has not begun by then is never made. One that has
        begun keeps its thread until it ends.
        """
        with self._lock:
            if self._admitted >= self.threads + self.queue:
                raise NotReady(
                    f"{self.threads} {self._work} are under way and {self.queue} wait: send the request again later"
                )
            self._admitted += 1
        future = self._executor.submit(contextvars.copy_context().run, call, *arguments)
        future.add_done_callback(self._release)
        return await asyncio.wait_for(asyncio.wrap_future(future), seconds)

    def _release(self, _: Future[Any]) -> None:
        with self._lock:
            self._admitted -= 1
