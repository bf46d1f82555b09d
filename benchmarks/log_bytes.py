"""How many bytes of log the Create of a VNet costs: `python -m benchmarks.log_bytes`, or `make log-bytes`.

On the local host, in each form of the log: with progress events (the default), without, and with southbound messages.
The group is made before and not counted.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import run
from dev.brent import request_body, resource_group, vnet
from dev.stack import DEPLOYMENT_LOCATION, Stack, running

GROUP = "rg-log"
FORMS = ("plain", "logstash")
CASES: dict[str, dict[str, str]] = {
    "default settings": {},
    "PROGRESS_EVENTS=false": {"PROGRESS_EVENTS": "false"},
    "SOUTHBOUND_LOG=true": {"SOUTHBOUND_LOG": "true"},
}
_LOG_SECONDS = 10.0


@dataclass(frozen=True)
class Log:
    """What the host wrote during one Create."""

    text: str

    @property
    def size(self) -> int:
        return len(self.text.encode())


def main() -> None:
    print(f"{'log of the Create of a VNet':<28}" + "".join(f"{form:>16}" for form in FORMS))
    for name, settings in CASES.items():
        logs = [_measure_apart({"LOG_TYPE": form, **settings}) for form in FORMS]
        figures = (f"{log.size:,} B" for log in logs)
        print(f"{name:<28}" + "".join(f"{figure:>16}" for figure in figures))


def measure(stack: Stack, group: str = GROUP) -> Log:
    """The log of the Create of a VNet on a running stack. The resource group is made first."""
    prepared = request_body(resource_group(group), "Create", DEPLOYMENT_LOCATION)
    (made,) = run(stack.driver, stack.kafka, [prepared], in_flight=1)
    _await_end(stack, 0, made.request_id)
    begin = stack.servers["host"].log.stat().st_size
    (created,) = run(
        stack.driver, stack.kafka, [request_body(vnet("vnet-1", group), "Create", DEPLOYMENT_LOCATION)], in_flight=1
    )
    return Log(_await_end(stack, begin, created.request_id))


def _measure_apart(settings: dict[str, str]) -> Log:
    with tempfile.TemporaryDirectory(prefix="azure-driver-log-") as folder:
        stack = Stack(Path(folder), settings=settings)
        with running(stack):
            return measure(stack)


def _await_end(stack: Stack, begin: int, request_id: str) -> str:
    """The log from a byte on, once it has the last line of a request, which follows the event."""
    host = stack.servers["host"]
    last = "COMPLETE published" if stack.settings.get("PROGRESS_EVENTS") == "false" else "azure/EventPublished"

    def read() -> str:
        return host.log.read_bytes()[begin:].decode()

    host.wait_until(lambda: last in read() and request_id in read(), _LOG_SECONDS)
    return read()


if __name__ == "__main__":
    main()
