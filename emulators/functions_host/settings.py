"""Settings of the host: host.json, local.settings.json and the environment, as `func start` reads them."""

import json
import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet

OVERRIDE = "azurefunctionsjobhost__"
THREADS = "PYTHON_THREADPOOL_THREAD_COUNT"
STRATEGIES = {"versionMatchStrategy": "CurrentOrOlder", "versionFailureStrategy": "Reject"}
CORES = "LOCAL_HOST_CORES"  # a setting of this host alone
NO_HOME_PAGE = "AzureWebJobsDisableHomepage"


class HostError(Exception):
    """The host cannot start; each argument is a fault, which says what is wrong, where, and what would be right."""

    def __str__(self) -> str:
        """The faults, one a line."""
        return "\n".join(map(str, self.args))


@dataclass(frozen=True)
class HostSettings:
    """What the local host obeys of host.json, and of the settings that are the host's and not the app's."""

    route_prefix: str
    hub_name: str
    max_concurrent_activities: int
    thread_count: int
    has_home_page: bool
    default_version: str | None = None
    custom_headers: Mapping[str, str] = field(default_factory=dict)
    stays_on_core: bool = True


def _object(path: Path, text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise HostError(f"{path.name} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise HostError(f"{path.name} must hold a JSON object, not {type(content).__name__}")
    return content


def _override(content: dict[str, Any], environment: MutableMapping[str, str]) -> None:
    """Apply AzureFunctionsJobHost__<section>__<key>=value, which wins over host.json; names compare without case."""
    for name, value in environment.items():
        if not name.lower().startswith(OVERRIDE):
            continue
        section, keys = content, name[len(OVERRIDE) :].split("__")
        for depth, key in enumerate(keys):
            known = next((k for k in section if k.lower() == key.lower()), key)
            if depth == len(keys) - 1:
                section[known] = value
            else:
                if not isinstance(section.get(known), dict):
                    section[known] = {}
                section = section[known]


def _section(content: dict[str, Any], *names: str) -> dict[str, Any]:
    for depth, name in enumerate(names):
        content = content.get(name, {})
        if not isinstance(content, dict):
            raise HostError(f"host.json: {'.'.join(names[: depth + 1])} must be an object")
    return content


def _positive(value: Any, where: str) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1:
        raise HostError(f"{where} must be a whole number above 0, not {value!r}")
    return number


def read_host_settings(folder: Path, environment: MutableMapping[str, str]) -> HostSettings:
    """Read `folder`/host.json and the settings in the environment, which override it. Raises HostError."""
    path = folder / "host.json"
    if not path.is_file():
        raise HostError(f"no host.json in {folder}: start the host in the folder of function_app.py")
    content = _object(path, path.read_text("utf-8"))
    if content.get("version") != "2.0":
        raise HostError(f'host.json: "version" must be "2.0", not {content.get("version")!r}')
    _override(content, environment)
    http, durable = _section(content, "extensions", "http"), _section(content, "extensions", "durableTask")
    prefix, hub = http.get("routePrefix", "api"), durable.get("hubName", "TestHubName")
    if not isinstance(prefix, str):
        raise HostError(f"host.json: extensions.http.routePrefix must be a string, not {prefix!r}")
    if not isinstance(hub, str) or not (hub.isascii() and hub.isalnum() and hub[0].isalpha() and 3 <= len(hub) <= 45):
        raise HostError(f"host.json: durableTask.hubName must be 3-45 letters and digits, a letter first, not {hub!r}")
    version = durable.get("defaultVersion")
    if version is not None and not isinstance(version, str):
        raise HostError(f"host.json: durableTask.defaultVersion must be a string, not {version!r}")
    for name, supported in STRATEGIES.items():
        if durable.get(name, supported) != supported:
            raise HostError(f"host.json: the local host knows durableTask.{name} {supported} only")
    headers = _section(content, "extensions", "http", "customHeaders")
    if not all(isinstance(value, str) for value in headers.values()):
        raise HostError("host.json: extensions.http.customHeaders must be an object of strings")
    # The defaults are those of the extension (activities) and of the Python worker (threads).
    processors = os.cpu_count() or 1
    activities = durable.get("maxConcurrentActivityFunctions", 10 * processors)
    threads = environment.get(THREADS) or min(32, processors + 4)
    cores = environment.get(CORES) or "one"
    if cores not in ("one", "all"):
        raise HostError(f"setting {CORES} must be one or all, not {cores!r}")
    return HostSettings(
        route_prefix=prefix.strip("/"),
        hub_name=hub,
        max_concurrent_activities=_positive(activities, "host.json: durableTask.maxConcurrentActivityFunctions"),
        thread_count=_positive(threads, f"setting {THREADS}"),
        has_home_page=environment.get(NO_HOME_PAGE, "").lower() != "true",
        default_version=version,
        custom_headers=headers,
        stays_on_core=cores == "one",
    )


def apply_local_settings(folder: Path, environment: MutableMapping[str, str]) -> None:
    """Put the Values of local.settings.json into the environment; what is set already wins. Raises HostError."""
    path = folder / "local.settings.json"
    if not path.is_file():
        return
    content = _object(path, path.read_text("utf-8-sig"))
    if content.get("IsEncrypted"):
        raise HostError("local.settings.json is encrypted: run `func settings decrypt` or set IsEncrypted to false")
    values = content.get("Values", {})
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise HostError("local.settings.json: Values must be an object of strings")
    for name, value in values.items():
        environment.setdefault(name, value)


def provide_sealing_keys(task_hub: Path, environment: MutableMapping[str, str]) -> None:
    """Without SEALING_KEYS or SEALING_KEYS_FILE: use the key beside the task hub, made at the first start.

    It lives as long as the hub, so that a restart opens what was sealed; nobody but the owner may read it.
    """
    if environment.get("SEALING_KEYS") or environment.get("SEALING_KEYS_FILE"):
        return
    path = task_hub.with_name(task_hub.name + ".sealing-keys").absolute()
    if not path.is_file():
        draft = path.with_name(path.name + ".new")
        draft.unlink(missing_ok=True)
        with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
        draft.replace(path)  # whole or not at all, also when killed here
    environment["SEALING_KEYS_FILE"] = str(path)
