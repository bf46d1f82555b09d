"""What lies between the driver and the model of ARM: refusals, broken connections, deaths of the worker, and somebody
else who acts between two calls.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

from azure.core.credentials import AccessToken
from urllib3 import HTTPResponse, PoolManager
from urllib3.exceptions import ProtocolError

from driver.azure.transport import Transport
from tests.properties.arm import Answer, Arm
from tests.properties.world import Refused, Thing

TROUBLES = ("throttled", "conflict", "error", "broken before", "broken after", "death before", "death after")
_REFUSALS = {
    "throttled": Refused(429, "TooManyRequests"),
    "conflict": Refused(409, "Conflict"),
    "error": Refused(500, "InternalServerError"),
}


class Death(BaseException):
    """The worker dies: no code of the driver may catch it."""


@dataclass(frozen=True)
class Call:
    """A call of the driver; status 0 is a connection that broke, or a worker that died."""

    method: str
    path: str
    status: int


@dataclass(frozen=True)
class Request:
    """What is sent."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.url).path)


# A call by its number in a transition, from 1; or the first one of a kind.
Moment = int | str
KINDS = {
    "put": re.compile(r"PUT .*/deployments/[^/]+", re.IGNORECASE),
    "record": re.compile(r"GET .*/deployments/[^/]+", re.IGNORECASE),
    "operations": re.compile(r"GET .*/operations", re.IGNORECASE),
    "delete": re.compile(r"DELETE .*", re.IGNORECASE),
}


@dataclass
class Wire:
    """The calls of the driver to the model. `troubles` and `visits` (what somebody else does before the call) happen at
    their moments. `deleted`: what DELETEs of the driver were accepted for. `latency`: seconds of a call.
    """

    arm: Arm
    wait: Callable[[float], None]
    latency: float = 0.05
    troubles: Mapping[Moment, str] = field(default_factory=dict)
    visits: Mapping[Moment, Callable[[], None]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    deleted: list[Thing] = field(default_factory=list)

    def begin(self, troubles: Mapping[Moment, str], visits: Mapping[Moment, Callable[[], None]]) -> None:
        """Begin to count the calls of a transition."""
        self.troubles, self.visits, self.calls = troubles, visits, []
        self.deleted = []

    def send(self, request: Request) -> HTTPResponse:
        """Answer a request."""
        moments = self._find_moments(request.method, request.path)
        self.calls.append(Call(request.method, request.path, 0))
        self.wait(self.latency)
        for moment in moments:
            if moment in self.visits:
                self.visits[moment]()
        trouble = next((self.troubles[moment] for moment in moments if moment in self.troubles), "")
        if trouble == "death before":
            raise Death
        if trouble == "broken before":
            raise ProtocolError("broken by the test")
        answer = self._answer(trouble, request)
        if trouble == "death after":
            raise Death
        if trouble == "broken after":
            raise ProtocolError("broken by the test")
        return _build_response(answer)

    def _find_moments(self, method: str, path: str) -> list[Moment]:
        """The moments of the next call."""
        text, before = f"{method} {path}", [f"{call.method} {call.path}" for call in self.calls]
        firsts = [
            kind
            for kind, form in KINDS.items()
            if form.fullmatch(text) and not any(form.fullmatch(other) for other in before)
        ]
        return [len(before) + 1, *firsts]

    def _answer(self, trouble: str, request: Request) -> Answer:
        """Answer the call, or refuse it. A GET has no conflicts."""
        method, thing, number = request.method, self.arm.world.find(request.path), len(self.calls)
        refused = _REFUSALS.get("throttled" if trouble == "conflict" and method == "GET" else trouble)
        if refused is not None:
            headers = {"Retry-After": "5"} if refused.status == 429 else {}
            answer = Answer(refused.status, {"error": refused.error}, headers)
        else:
            answer = self.arm.answer(method, request.url, dict(request.headers), request.body)
        if method == "DELETE" and thing is not None and answer.status < 300:
            self.deleted.append(thing)
        self.calls[number - 1] = Call(method, request.path, answer.status)
        return answer


class _Pools(PoolManager):
    """Connections that lead to a wire."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def urlopen(self, method: str, url: str, redirect: bool = True, **options: Any) -> HTTPResponse:  # type: ignore[override]
        return self._wire.send(Request(method, url, options["headers"], options["body"]))


class ModelTransport(Transport):
    """The driver's transport over a wire. Its waits pass in the time of the model."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(_Pools(wire))
        self._wait = wire.wait

    def sleep(self, duration: float) -> None:
        self._wait(duration)


class ModelCredential:
    """A credential that always has a token."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken("token", 2**40)


def _build_response(answer: Answer) -> HTTPResponse:
    content = b"" if answer.body is None else json.dumps(answer.body).encode()
    return HTTPResponse(content, {"Content-Type": "application/json", **answer.headers}, answer.status)
