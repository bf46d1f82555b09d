"""The metadata of a cloud, which its ARM publishes: where to sign in, and for whom tokens are.

Shapes, by api-version: one object `{"name", "resourceManager", "authentication": {"loginEndpoint", "audiences"}}` (from
2022-09-01 on), a list of such objects (2019-05-01), one object without `resourceManager`, which is then the host that
has answered (2015-01-01, Azure Stack).
"""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from driver.clouds import Cloud
from driver.errors import NotReady

_SECONDS = (3, 7)  # to connect, to read
_REFUSED_SECONDS = 5.0  # for which a failure is shared
_log = logging.getLogger(__name__)
_read: dict[Cloud, Cloud] = {}
_failures: dict[Cloud, tuple[float, str]] = {}  # until when, and why
_lock = threading.Lock()


def is_known(cloud: Cloud) -> bool:
    """Whether the addresses of a cloud are known without a call."""
    return not cloud.metadata or cloud in _read


def complete_cloud(cloud: Cloud) -> Cloud:
    """A cloud with its addresses. Its metadata are read once in the life of the process; one thread asks. Raises
    NotReady if they cannot be read.
    """
    if not cloud.metadata:
        return cloud
    with _lock:
        until, reason = _failures.get(cloud, (0.0, ""))
        if cloud not in _read and time.monotonic() < until:
            raise NotReady(reason)
        if cloud not in _read:
            try:
                _read[cloud] = _request_cloud(cloud)
            except NotReady as error:
                _failures[cloud] = (time.monotonic() + _REFUSED_SECONDS, str(error))
                raise
        return _read[cloud]


def _request_cloud(cloud: Cloud) -> Cloud:
    import requests

    place = f"metadata of the cloud '{cloud.name}' (AZURE_CLOUDS, {cloud.metadata})"
    try:
        answer = requests.get(cloud.metadata, timeout=_SECONDS, allow_redirects=False)
        if answer.status_code != 200:
            raise NotReady(f"{place} cannot be read: HTTP {answer.status_code}")
        found = _find_entry(answer.json(), cloud.name)
    except requests.RequestException as error:
        raise NotReady(f"{place} cannot be read: {' '.join(str(error).split())[:300]}") from error
    parts = urlsplit(cloud.metadata)
    authentication = found.get("authentication")
    authentication = authentication if isinstance(authentication, Mapping) else {}
    audiences = authentication.get("audiences")
    try:
        completed = Cloud(
            name=cloud.name,
            authority=str(authentication.get("loginEndpoint") or ""),
            resource_manager=str(found.get("resourceManager") or f"{parts.scheme}://{parts.netloc}"),
            audience=str(audiences[0]) if isinstance(audiences, list) and audiences else "",
            exchange_audience=cloud.exchange_audience,
        )
    except ValidationError as error:
        raise NotReady(f"{place} are not what ARM publishes: no https:// addresses of loginEndpoint and ARM") from error
    _log.info("%s: sign-in at %s, ARM at %s", place, completed.authority, completed.resource_manager)
    return completed


def _find_entry(content: Any, name: str) -> Mapping[str, Any]:
    """The object of a cloud: the entry of a list with its name, or the only object."""
    entries = [entry for entry in (content if isinstance(content, list) else [content]) if isinstance(entry, Mapping)]
    named = [entry for entry in entries if str(entry.get("name", "")).lower() == name.lower()]
    found = named or (entries if len(entries) == 1 else [])
    return found[0] if found else {}
