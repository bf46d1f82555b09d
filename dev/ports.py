"""Ports on 127.0.0.1."""

import os
import random
import socket

FREE_PORTS = "FREE_PORTS"  # the variable that narrows the range, as "20000-25999": parallel tests get one part each


def free_port() -> int:
    """Returns a port that nobody listens on now, below the range from which the system takes ports for connections.

    A port of that range could be taken by any outgoing connection while the server is stopped for a restart; a client
    that tries to reconnect to it can even be connected to itself.
    """
    first, last = map(int, os.environ.get(FREE_PORTS, "20000-31999").split("-"))
    for port in random.sample(range(first, last + 1), 200):
        if is_free(port):
            return port
    raise OSError(f"no free port between {first} and {last} on 127.0.0.1 in 200 tries")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
