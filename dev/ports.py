"""Ports on 127.0.0.1."""

import random
import socket


def free_port() -> int:
    """Returns a port that nobody listens on now, below the range from which the system takes ports for connections.

    A port of that range could be taken by any outgoing connection while the server is stopped for a restart; a client
    that tries to reconnect to it can even be connected to itself.
    """
    for port in random.sample(range(20000, 32000), 200):
        if is_free(port):
            return port
    raise OSError("no free port between 20000 and 32000 on 127.0.0.1 in 200 tries")


def is_free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
