"""Proxies: what is on this machine is called directly, whatever HTTPS_PROXY and the like say."""

from collections.abc import Mapping, MutableMapping

LOOPBACK = ("127.0.0.1", "localhost")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_EXEMPT = "no_proxy"


def exempt_loopback(environment: MutableMapping[str, str]) -> None:
    """Adds this machine's own addresses to NO_PROXY and no_proxy: programs read one or the other, or both.

    `*` alone exempts every host, and would not if anything stood beside it.
    """
    listed = environment.get(_EXEMPT) or environment.get(_EXEMPT.upper()) or ""
    names = [name for part in listed.split(",") if (name := part.strip())]
    if names != ["*"]:
        names += [name for name in LOOPBACK if name not in names]
    for variable in (_EXEMPT, _EXEMPT.upper()):
        environment[variable] = ",".join(names)


def is_proxied(environment: Mapping[str, str]) -> bool:
    """Whether a proxy is set for programs that are called from a shell with this environment, such as curl."""
    return any(environment.get(variable) or environment.get(variable.upper()) for variable in _PROXIES)
