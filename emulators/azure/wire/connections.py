"""Connections that can be broken on request."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_open: dict[Any, asyncio.Transport] = {}


class Connection(H11Protocol):
    """uvicorn's HTTP connection; remembers its transport, because ASGI gives an application no way to hang up."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        super().connection_made(transport)
        _open[transport.get_extra_info("peername")] = transport

    def shutdown(self) -> None:
        """An idle connection is cut at once: TLS would wait long for the other side's farewell."""
        if self.cycle is None or self.cycle.response_complete:
            self.transport.abort()
        else:
            super().shutdown()

    def connection_lost(self, exc: Exception | None) -> None:
        _open.pop(self.client, None)
        super().connection_lost(exc)


def abort(scope: MutableMapping[str, Any]) -> None:
    """Break the connection that a request came on, without an answer."""
    transport = _open.get(tuple(scope["client"]))
    if transport is not None:
        transport.abort()
