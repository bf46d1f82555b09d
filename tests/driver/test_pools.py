"""Pools of threads: how much they take at once, and what becomes of a call that nobody waits for any more."""

import asyncio
import threading
from contextvars import ContextVar

import pytest

from driver.errors import NotReady
from driver.pools import Pool

WORD: ContextVar[str] = ContextVar("word", default="")
LONG = 60.0  # seconds that no call of a test takes


def test_a_call_has_the_context_of_its_caller_and_raises_what_it_raises() -> None:
    async def run() -> str:
        WORD.set("known")
        pool = Pool("calls", 1, 0)
        with pytest.raises(ValueError, match="no number"):
            await pool.run(LONG, _fail, "no number")
        return await pool.run(LONG, WORD.get)

    assert asyncio.run(run()) == "known"


def _fail(text: str) -> None:
    raise ValueError(text)


def test_what_is_more_than_threads_and_queue_is_refused_until_one_has_ended() -> None:
    async def run() -> list[int]:
        pool, opened = Pool("searches", 2, 1), threading.Event()
        calls = [asyncio.ensure_future(pool.run(LONG, opened.wait)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(NotReady, match="2 searches are under way and 1 wait: send the request again later"):
            await pool.run(LONG, opened.wait)
        opened.set()
        await asyncio.gather(*calls)
        return [await pool.run(LONG, int, "7") for _ in range(5)]

    assert asyncio.run(run()) == [7] * 5


def test_a_call_that_has_waited_too_long_is_never_made_and_leaves_the_queue() -> None:
    made: list[str] = []

    async def run() -> None:
        pool, opened = Pool("searches", 1, 1), threading.Event()
        hanging = asyncio.ensure_future(pool.run(LONG, opened.wait))
        await asyncio.sleep(0)
        for number in range(3):
            with pytest.raises(TimeoutError):
                await pool.run(0.01, made.append, f"late {number}")
        opened.set()
        await hanging
        await pool.run(LONG, made.append, "in time")

    asyncio.run(run())
    assert made == ["in time"]


def test_a_call_that_has_begun_keeps_its_thread_until_it_ends() -> None:
    async def run() -> str:
        pool, opened = Pool("searches", 1, 0), threading.Event()
        with pytest.raises(TimeoutError):
            await pool.run(0.01, opened.wait)
        with pytest.raises(NotReady):
            await pool.run(LONG, str, "x")
        opened.set()
        while True:
            try:
                return await pool.run(LONG, str, "free")
            except NotReady:
                await asyncio.sleep(0.001)

    assert asyncio.run(run()) == "free"
