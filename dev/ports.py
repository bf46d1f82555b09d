"""Ports on 127.0.0.1."""

import os
import random
import re
import socket
import sys
from collections.abc import Mapping

FREE_PORTS = "FREE_PORTS"  # the variable that narrows the range, as "20000-25999": parallel tests get one part each
_RANGE = "20000-31999"
_GREATEST = 65_535
_TRIES = 200


def free_port() -> int:
    """Returns a port that nobody listens on now, below the range from which the system takes ports for connections.

    A port of that range could be taken by any outgoing connection while the server is stopped for a restart; a client
    that tries to reconnect to it can even be connected to itself. Exits with a line if FREE_PORTS is wrong.
    """
    ports = _read_range()
    for port in random.sample(ports, min(_TRIES, len(ports))):
        if is_free(port):
            return port
    raise OSError(f"no free port between {ports[0]} and {ports[-1]} on 127.0.0.1 in {_TRIES} tries")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    return not find_obstacle(port)


def find_obstacle(port: int) -> str:
    """Why no server could listen on the port now, as the system says it; empty if one could."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return (error.strerror or str(error)).lower()
    return ""


def read_ports(usual: Mapping[str, int]) -> dict[str, int]:
    """Returns the ports that the variables give, or the usual ones. Exits with a line that names what is wrong."""
    ports: dict[str, int] = {}
    for variable, port in usual.items():
        ports[variable] = _read_port(variable, os.environ.get(variable) or str(port))
        other = next((one for one in ports if one != variable and ports[one] == ports[variable]), None)
        if other:
            sys.exit(
                f"{variable} is '{ports[variable]}', and {other} too: each takes a port of its own,"
                f" such as {variable}={free_port()}"
            )
    return ports


def require_free(ports: Mapping[str, int]) -> None:
    """Exits with a line if no server could listen on one of the ports, which are named by their variables."""
    for variable, port in ports.items():
        if obstacle := find_obstacle(port):
            sys.exit(f"{variable} is '{port}', {obstacle}: it takes a free port, such as {variable}={free_port()}")


def _read_port(variable: str, text: str) -> int:
    port = _read_number(text)
    if not port:
        sys.exit(f"{variable} is '{text}': it takes the number of a port, from 1 to {_GREATEST}")
    return port


def _read_range() -> range:
    text = os.environ.get(FREE_PORTS) or _RANGE
    bounds = re.fullmatch(r"([0-9]+)-([0-9]+)", text)
    first, last = (_read_number(bound) for bound in bounds.groups()) if bounds else (0, 0)
    if not 0 < first <= last:
        sys.exit(f"{FREE_PORTS} is '{text}': it takes two ports, from 1 to {_GREATEST}, such as {_RANGE}")
    return range(first, last + 1)


def _read_number(text: str) -> int:
    """The number of a port in a text; 0 if there is none."""
    port = int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_GREATEST)) else 0
    return port if port <= _GREATEST else 0
