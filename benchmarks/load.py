"""Sends lifecycle requests with a fixed number in flight and collects their events, as cheaply as Python can.

The requests are encoded beforehand and written to raw connections: the client shares the cores with what it measures.
"""

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Any
from urllib.parse import urlsplit

from dev.brent import EXECUTE, TENANT
from dev.events import Event, events


@dataclass
class Lifecycle:
    """One request: when it was sent and accepted (seconds since 1970), and all events that came for it."""

    request_id: str
    sent: float
    accepted: float
    events: list[Event] = field(default_factory=list)

    @property
    def status(self) -> str:
        return str(self.events[0].value["status"]) if self.events else "LOST"


class LoadError(Exception):
    """A request was not accepted."""


def run_apart(
    driver: str, kafka: str, bodies: Sequence[Mapping[str, Any]], in_flight: int, timeout: float = 120
) -> list[Lifecycle]:
    """`run`, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as client:
        return client.submit(run, driver, kafka, list(bodies), in_flight, timeout).result()


def run(
    driver: str, kafka: str, bodies: Sequence[Mapping[str, Any]], in_flight: int, timeout: float = 120
) -> list[Lifecycle]:
    """Executes all requests, `in_flight` POSTs at a time, and waits at most `timeout` seconds for the last event.

    Returns the lifecycles in the order of the requests. Raises LoadError where a POST is not answered with 202.
    """
    with collected_events(kafka) as collected:
        lifecycles = send(driver, bodies, in_flight)
        collected.wait_for({lifecycle.request_id for lifecycle in lifecycles}, timeout)
    for lifecycle in lifecycles:
        lifecycle.events = [event for event in collected.seen if event.key == lifecycle.request_id]
    return lifecycles


def send_apart(driver: str, bodies: Sequence[Mapping[str, Any]], in_flight: int) -> list[Lifecycle]:
    """`send`, in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as client:
        return client.submit(send, driver, list(bodies), in_flight).result()


def send(driver: str, bodies: Sequence[Mapping[str, Any]], in_flight: int) -> list[Lifecycle]:
    """Sends all requests, `in_flight` POSTs at a time; waits for no event. Raises LoadError."""
    return asyncio.run(_send(driver, [_encode(driver, body) for body in bodies], in_flight))


@dataclass
class CollectedEvents:
    """All events that came so far, in order; `seen` grows while the context of `collected_events` is open."""

    seen: list[Event] = field(default_factory=list)
    _arrived: threading.Condition = field(default_factory=threading.Condition)

    def add(self, event: Event) -> None:
        with self._arrived:
            self.seen.append(event)
            self._arrived.notify_all()

    def keys(self) -> set[str]:
        return {event.key for event in list(self.seen)}

    def wait_for(self, keys: set[str], timeout: float) -> bool:
        """Waits until there is an event for each of the keys, then a second for doubles; False if some never came."""
        with self._arrived:
            complete = self._arrived.wait_for(lambda: keys <= self.keys(), timeout)
            self._arrived.wait_for(lambda: False, timeout=1)
        return complete


@contextmanager
def collected_events(kafka: str) -> Iterator[CollectedEvents]:
    """Collects events in a thread, from before the first request on, for as long as the context is open."""
    collected = CollectedEvents()
    opened, closing = threading.Event(), threading.Event()

    def collect() -> None:
        with events(kafka) as stream:
            opened.set()
            while not closing.is_set():
                if event := stream.next(timeout=0.2):
                    collected.add(event)

    thread = threading.Thread(target=collect, name="events")
    thread.start()
    try:
        if not opened.wait(30):
            raise LoadError(f"Kafka at {kafka} did not answer within 30 s")
        yield collected
    finally:
        closing.set()
        thread.join()


async def _send(driver: str, encoded: Sequence[bytes], in_flight: int) -> list[Lifecycle]:
    waiting = iter(enumerate(encoded))
    accepted: dict[int, Lifecycle] = {}

    async def sender() -> None:
        address = urlsplit(driver)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        for number, request in waiting:
            sent = time.time()
            writer.write(request)
            request_id = await _accepted(reader)
            accepted[number] = Lifecycle(request_id, sent, time.time())
        writer.close()
        await writer.wait_closed()

    async with asyncio.TaskGroup() as senders:
        for _ in range(in_flight):
            senders.create_task(sender())
    return [accepted[number] for number in range(len(encoded))]


def _encode(driver: str, body: Mapping[str, Any]) -> bytes:
    content = json.dumps(body).encode()
    head = (
        f"POST {EXECUTE} HTTP/1.1\r\n"
        f"Host: {urlsplit(driver).netloc}\r\n"
        "Content-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n"
        f"tenantId: {TENANT}\r\n"
        f"X-TraceCtx-TransactionId: {body['systemProperties']['requestId']['value']}\r\n"
        "\r\n"
    )
    return head.encode() + f"{len(content):x}\r\n".encode() + content + b"\r\n0\r\n\r\n"


async def _accepted(reader: asyncio.StreamReader) -> str:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    status, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if "content-length" not in headers:
        raise LoadError(f"an answer without Content-Length, which this client does not read: {head}")
    content = await reader.readexactly(int(headers["content-length"]))
    if " 202 " not in status:
        raise LoadError(f"{status}: {content.decode()}")
    return str(json.loads(content)["requestId"])
