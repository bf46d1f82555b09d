"""The transport that carries all calls to ARM for a location. Imports the SDK."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.pipeline.transport import RequestsTransport
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.utils import default_headers

from driver.azure.deadlines import CONNECT_SECONDS, READ_SECONDS

_CONNECTIONS = 64  # to one location: at least as many as the activities that a worker runs at once


@dataclass(frozen=True)
class _Connections:
    """What the SDK's transport uses of a session of requests. A whole session also merges settings for each call, and
    looks for cookies, hooks and redirects, which ARM's answers never have: that took a sixth of the CPU time of a call.
    """

    adapter: HTTPAdapter
    headers: Mapping[str, str | bytes]
    proxies: Mapping[str, str]

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: Any = None,
        stream: bool = False,
        proxies: Mapping[str, str] | None = None,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        **_: Any,
    ) -> Response:
        """Send a request, with the names of requests' own method. Raises what that raises."""
        request = PreparedRequest()
        request.prepare_method(method)
        request.prepare_url(url, None)
        request.prepare_headers({**self.headers, **headers})
        request.prepare_body(data, None)
        sent = {"stream": stream, "timeout": timeout, "verify": verify, "cert": cert}
        response = self.adapter.send(request, **sent, proxies={**self.proxies, **(proxies or {})})
        if not stream:
            response.content  # noqa: B018 - reads it, so that the connection is free again
        return response

    def close(self) -> None:
        self.adapter.close()


def build_transport(url: str) -> RequestsTransport:
    """The transport for a resource manager at `url`. Proxies and CA bundle are read from the environment once, instead
    of for each call.
    """
    environment = Session().merge_environment_settings(url, {}, None, None, None)
    return RequestsTransport(
        session=_Connections(HTTPAdapter(pool_maxsize=_CONNECTIONS), default_headers(), environment["proxies"]),
        connection_verify=True if environment["verify"] is None else environment["verify"],
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
    )
