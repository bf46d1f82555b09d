"""What is stopped and killed while a run sends its requests."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from benchmarks.faults.stand import Stand


@contextmanager
def killing(stand: Stand, times: int, over: float, chance: random.Random) -> Iterator[None]:
    """Kills the host with its workers, and Kafka every third time, at random moments of so many seconds."""

    def kill() -> None:
        begun = time.monotonic()
        for moment in sorted(chance.uniform(0.5, over) for _ in range(times)):
            time.sleep(max(0, begun + moment - time.monotonic()))
            stand.kills.append(time.time())
            is_kafka_killed = len(stand.kills) % 3 == 0
            if is_kafka_killed:
                stand.kafka.kill()
            stand.servers.kill_host()
            if is_kafka_killed:
                stand.kafka.start()
            stand.servers.start_host()

    yield from _run_beside(kill)


@contextmanager
def stopping_kafka(stand: Stand, seconds: float) -> Iterator[None]:
    """Kafka is stopped after two seconds, and started again so many seconds later."""

    def stop() -> None:
        time.sleep(2)
        stand.kafka.stop()
        time.sleep(seconds)
        stand.kafka.start()

    yield from _run_beside(stop)


def _run_beside(act: Callable[[], None]) -> Iterator[None]:
    """Run an action in a thread. What it raises is raised at the end."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            act()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, name="faults")
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if errors:
        raise errors[0]
