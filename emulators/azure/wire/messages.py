"""One HTTP request to the embedded Azure and its answer."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, unquote

from emulators.azure.wire import relaxed_json
from emulators.azure.wire.errors import GATEWAY, Refusal, refusal


@dataclass(frozen=True)
class Request:
    """`path` is decoded and without doubled slashes; header names are lower case."""

    method: str
    path: str
    raw_query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""
    host: str = "localhost"

    @cached_property
    def segments(self) -> tuple[str, ...]:
        return tuple(segment for segment in self.path.split("/") if segment)

    @cached_property
    def lowered(self) -> tuple[str, ...]:
        return tuple(segment.lower() for segment in self.segments)

    @cached_property
    def query(self) -> dict[str, str]:
        """Last value of each parameter; names are lower case."""
        return {key.lower(): values[-1] for key, values in parse_qs(self.raw_query, keep_blank_values=True).items()}

    @property
    def api_version(self) -> str:
        return self.query.get("api-version", "").lower()

    @cached_property
    def correlation_id(self) -> str:
        return self.headers.get("x-ms-correlation-request-id") or str(uuid.uuid4())

    @property
    def url(self) -> str:
        """Scheme, host and port, as the client called it."""
        return f"https://{self.host}"

    def body(self) -> dict[str, Any]:
        """The JSON object of the request; ARM reads JSON with comments, bare keys and line breaks in strings."""
        if not self.content.strip():
            raise refusal("InvalidRequestContent", reason="the request has no body")
        try:
            value = relaxed_json.loads(self.content.decode())
        except ValueError as error:
            raise refusal("InvalidRequestContent", reason=str(error)) from error
        if not isinstance(value, dict):
            raise refusal("InvalidRequestContent", reason="a JSON object is expected")
        return value


@dataclass
class Response:
    """`body` None is an empty answer; anything else becomes JSON. `raw` stands in place of both."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    raw: bytes | None = None

    def content(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return b"" if self.body is None else json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


def refused(error: Refusal) -> Response:
    headers = {"x-ms-failure-cause": "gateway"} if error.shape == GATEWAY else {}
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return Response(error.status, error.body(), headers)


def clean_path(raw: str) -> str:
    return "/" + "/".join(segment for segment in unquote(raw).split("/") if segment)
