"""The addresses to which a token for ARM is sent."""

from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

_PORTS = {"https": 443, "http": 80}


def is_trusted(resource_manager_url: str, url: str, gateway_hosts: Iterable[str] = ()) -> bool:
    """Whether a URL is one of the Resource Manager that was configured, or of a host in front of it or behind it that
    the operator has named (`host` or `host:port`; without a port it is the Resource Manager's).

    Scheme and port must be the same; the default port may be left out. For the Resource Manager itself the path must be
    below the configured one.
    """
    known, asked = urlsplit(resource_manager_url), urlsplit(url)
    ports = _read_port(known), _read_port(asked)
    if None in ports or asked.scheme != known.scheme or asked.username is not None or asked.password is not None:
        return False
    below = asked.path.lower().startswith(f"{known.path.rstrip('/')}/".lower())
    if asked.hostname == known.hostname and ports[0] == ports[1] and below:
        return True
    return any(_is_at(asked, ports[1], urlsplit(f"//{host}"), ports[0]) for host in gateway_hosts)


def _is_at(asked: SplitResult, port: int | None, gateway: SplitResult, default: int | None) -> bool:
    return asked.hostname == gateway.hostname and port == (gateway.port or default)


def _read_port(parts: SplitResult) -> int | None:
    """The port of a URL; None if it is no number or not known."""
    try:
        return parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
