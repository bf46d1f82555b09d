"""The transport that carries all calls to ARM for a location: urllib3's connections below the SDK's pipeline (ADR 41).
Imports the SDK.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

from azure.core.exceptions import (
    HttpResponseError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.transport import HttpTransport
from azure.core.rest import HttpRequest, HttpResponse
from requests import Session
from requests.adapters import DEFAULT_CA_BUNDLE_PATH
from requests.utils import get_auth_from_url, select_proxy
from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProxyError,
    ProxySchemeUnknown,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import make_headers

from driver.azure.deadlines import CONNECT_SECONDS, READ_SECONDS

_CONNECTIONS = 64  # to one location: at least as many as the activities that a worker runs at once
_HEADERS = {"Accept-Encoding": "gzip, deflate"}
_NOT_SENT = (NewConnectionError, ProxyError, SSLError, LocationValueError)


class Answer(HttpResponse):
    """A response of ARM, read whole."""

    request: Any = None
    url: str = ""
    status_code: int = 0
    reason: str = ""
    headers: Any = None
    content: bytes = b""
    content_type: str | None = None
    encoding: str | None = "utf-8-sig"  # JSON is UTF-8; some services begin it with a byte order mark
    is_closed: bool = True
    is_stream_consumed: bool = True

    def __init__(self, request: HttpRequest, response: BaseHTTPResponse) -> None:
        self.request, self.url, self.headers = request, request.url, response.headers
        self.status_code, self.reason, self.content = response.status, response.reason or "", response.data or b""
        self.content_type = response.headers.get("content-type")
        self._json: Any = None

    def text(self, encoding: str | None = None) -> str:
        return self.content.decode(encoding or self.encoding or "utf-8-sig", "replace")

    def json(self) -> Any:
        """The body as JSON, which is parsed once. Raises ValueError, also for what is not UTF-8."""
        if self._json is None:
            self._json = json.loads(self.content.decode("utf-8-sig"))
        return self._json

    def raise_for_status(self) -> None:
        """Raise HttpResponseError for an error."""
        if self.status_code >= 400:
            raise HttpResponseError(response=self)

    def read(self) -> bytes:
        return self.content

    def iter_raw(self, **options: Any) -> Iterator[bytes]:
        yield self.content

    iter_bytes = iter_raw

    def close(self) -> None:
        """The connection is back in its pool since the body was read."""

    def __enter__(self) -> "Answer":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()


class Transport(HttpTransport[HttpRequest, HttpResponse]):
    """Sends each request once, and follows no redirect. Raises the SDK's errors."""

    def __init__(self, pools: PoolManager) -> None:
        self._pools = pools

    def send(self, request: HttpRequest, **options: Any) -> Answer:
        """The answer to a request. `options`: `connection_timeout` and `read_timeout` in seconds."""
        timeout = Timeout(
            connect=options.get("connection_timeout", CONNECT_SECONDS), read=options.get("read_timeout", READ_SECONDS)
        )
        body = _read_body(request)
        length = {} if body is None else {"Content-Length": str(len(body))}  # the SDK counts characters
        try:
            response = self._pools.urlopen(
                request.method,
                request.url,
                body=body,
                headers={**_HEADERS, **request.headers, **length},
                timeout=timeout,
                retries=False,
                redirect=False,
            )
        except (HTTPError, OSError) as error:
            raise _convert_error(error) from error
        return Answer(request, response)

    def open(self) -> None:
        """Connections are opened when they are needed."""

    def close(self) -> None:
        self._pools.clear()

    def __enter__(self) -> "Transport":
        return self

    def __exit__(self, *error: Any) -> None:
        self.close()


def build_transport(url: str) -> Transport:
    """The transport for a resource manager at `url`. Proxies and CA bundle are those that requests would take from the
    environment, which is read once instead of for each call. Raises ServiceRequestError if a proxy cannot be used.
    """
    environment = Session().merge_environment_settings(url, {}, None, None, None)
    bundle = environment["verify"] if isinstance(environment["verify"], str) else DEFAULT_CA_BUNDLE_PATH
    settings: dict[str, Any] = {
        "maxsize": _CONNECTIONS,
        "cert_reqs": "CERT_REQUIRED",
        "ca_cert_dir" if os.path.isdir(bundle) else "ca_certs": bundle,
    }
    proxy = select_proxy(url, environment["proxies"])
    if not proxy:
        return Transport(PoolManager(**settings))
    return Transport(_build_proxy(proxy if "://" in proxy else f"http://{proxy}", settings))


def _build_proxy(address: str, settings: dict[str, Any]) -> ProxyManager:
    """The pools of connections through a proxy. Raises ServiceRequestError, which does not show the address: a password
    in it may be what makes it unreadable.
    """
    try:
        user, password = get_auth_from_url(address)
        headers = make_headers(proxy_basic_auth=f"{user}:{password}") if user else None
        return ProxyManager(address, proxy_headers=headers, **settings)
    except ProxySchemeUnknown as error:
        reason = str(error)
    except ValueError:
        reason = "its address cannot be read (characters such as '#' in a password must be percent-encoded)"
    raise ServiceRequestError(f"the proxy in HTTPS_PROXY or ALL_PROXY cannot be used: {reason}")


def _read_body(request: HttpRequest) -> bytes | None:
    """The body of a request. One that changes something says its length also where it has none: proxies ask for it."""
    content = request.content or ("" if request.method not in ("GET", "HEAD") else None)
    return content.encode() if isinstance(content, str) else content


def _convert_error(error: Exception) -> ServiceRequestError | ServiceResponseError:
    """The SDK's error for one of urllib3: whether the request was sent decides whether the SDK may send it again."""
    if isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError):
        return ServiceRequestTimeoutError(error, error=error)
    if isinstance(error, _NOT_SENT):
        return ServiceRequestError(error, error=error)
    if isinstance(error, ReadTimeoutError):
        return ServiceResponseTimeoutError(error, error=error)
    return ServiceResponseError(error, error=error)
