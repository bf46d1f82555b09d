"""What lies between the driver and the model of ARM: refusals, broken connections, deaths of the worker, and somebody
else who acts between two calls.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import requests
from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from requests.adapters import BaseAdapter

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


@dataclass
class Wire(BaseAdapter):
    """The calls of the driver to the model. `troubles` and `visits` (what somebody else does before the call) have the
    number of the call in a transition, from 1. `deleted`: what DELETEs of the driver were accepted for.
    """

    arm: Arm
    wait: Callable[[float], None]
    latency: float = 0.05  # seconds of a call
    troubles: Mapping[int, str] = field(default_factory=dict)
    visits: Mapping[int, Callable[[], None]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    deleted: list[Thing] = field(default_factory=list)

    def begin(self, troubles: Mapping[int, str], visits: Mapping[int, Callable[[], None]]) -> None:
        """Begin to count the calls of a transition."""
        self.troubles, self.visits, self.calls = troubles, visits, []
        self.deleted = []

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Answer a request; the signature is that of requests' adapters."""
        number = len(self.calls) + 1
        method, path = str(request.method), str(request.url).split("://", 1)[1].partition("/")[2].partition("?")[0]
        self.calls.append(Call(method, f"/{path}", 0))
        self.wait(self.latency)
        if number in self.visits:
            self.visits[number]()
        trouble = self.troubles.get(number, "")
        if trouble == "death before":
            raise Death
        if trouble == "broken before":
            raise requests.ConnectionError("broken by the test")
        thing = self.arm.world.find(unquote(f"/{path}"))
        answer = self._refuse(trouble, method) or self.arm.answer(
            method, str(request.url), dict(request.headers), request.body
        )
        if method == "DELETE" and thing is not None and answer.status < 300:
            self.deleted.append(thing)
        self.calls[number - 1] = Call(method, f"/{path}", answer.status)
        if trouble == "death after":
            raise Death
        if trouble == "broken after":
            raise requests.ConnectionError("broken by the test")
        return _build_response(request, answer)

    def close(self) -> None:
        """Nothing is open."""

    def _refuse(self, trouble: str, method: str) -> Answer | None:
        """The refusal to answer with. A GET has no conflicts."""
        refused = _REFUSALS.get("throttled" if trouble == "conflict" and method == "GET" else trouble)
        if refused is None:
            return None
        return Answer(refused.status, {"error": refused.error}, {"Retry-After": "5"} if refused.status == 429 else {})


class ModelTransport(RequestsTransport):  # type: ignore[misc]  # the SDK imports it lazily, so it has no type
    """The SDK's own transport over a wire. Its waits pass in the time of the model."""

    def __init__(self, wire: Wire) -> None:
        session = requests.Session()
        session.trust_env = False
        session.mount("https://", wire)
        super().__init__(session=session)
        self._wait = wire.wait

    def sleep(self, duration: float) -> None:
        self._wait(duration)


class ModelCredential:
    """A credential that always has a token."""

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken("token", 2**40)


def _build_response(request: requests.PreparedRequest, answer: Answer) -> requests.Response:
    response = requests.Response()
    response.status_code, response.request, response.url = answer.status, request, str(request.url)
    content = b"" if answer.body is None else json.dumps(answer.body).encode()
    response.headers.update({"Content-Type": "application/json", **answer.headers})
    response.raw = _Body()
    response._content = content
    response._content_consumed = True  # type: ignore[attr-defined]
    return response


class _Body:
    """The connection of a response that was read."""

    enforce_content_length = True

    def close(self) -> None:
        """Nothing is open."""

    def release_conn(self) -> None:
        """Nothing is open."""
