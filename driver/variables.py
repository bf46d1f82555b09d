"""Single variables of an environment. What is wrong with one is added to `faults`, and its default is taken."""

import re
from collections.abc import Mapping

AZURE_MONITOR = "azure_monitor_opentelemetry_exporter"  # the name that OpenTelemetry knows Application Insights by
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,4}|:[1-5][0-9]{4})?")


def read_choice(
    environment: Mapping[str, str], name: str, choices: tuple[str, ...], default: str, faults: list[str]
) -> str:
    """One of some words, as it is written there, whatever the case of its letters."""
    text = environment.get(name, "").strip()
    found = next((choice for choice in choices if choice.lower() == text.lower()), "")
    if text and not found:
        faults.append(f"{name} is '{text}': it takes {' or '.join(choices)}")
    return found or default


def split_keys(text: str) -> tuple[str, ...]:
    """The keys in a text, separated by commas or lines."""
    return tuple(key for key in text.replace("\n", ",").replace(" ", "").split(",") if key)


def read_url(environment: Mapping[str, str], name: str, faults: list[str]) -> str:
    url = environment.get(name, "").strip().rstrip("/")
    if not url or url.startswith("https://"):
        return url
    if "://" not in url:
        return f"https://{url}"
    faults.append(f"{name} is '{url}': credentials are only ever sent to an https:// address")
    return ""


def read_hosts(environment: Mapping[str, str], name: str, faults: list[str]) -> tuple[str, ...]:
    hosts = tuple(filter(None, (host.strip().lower() for host in environment.get(name, "").split(","))))
    wrong = [host for host in hosts if not _HOST.fullmatch(host)]
    faults += [f"{name} has '{host}': it takes hosts such as gateway.example or gateway.example:8443" for host in wrong]
    return tuple(host for host in hosts if host not in wrong)


def read_switch(environment: Mapping[str, str], name: str, default: bool, faults: list[str]) -> bool:
    text = environment.get(name, "").strip().lower()
    if text in ("", "true", "false"):
        return text == "true" if text else default
    faults.append(f"{name} is '{text}': it takes true or false")
    return default


def read_exporters(
    environment: Mapping[str, str], name: str, known: tuple[str, ...], endpoint: str, faults: list[str]
) -> tuple[str, ...]:
    """The exporters of a list. Where there is none, OTLP's if an endpoint is given, and Application Insights' if its
    connection string is. OTEL_SDK_DISABLED turns all off.
    """
    insights = environment.get("APPLICATIONINSIGHTS_CONNECTION_STRING", "")
    usual = ",".join([*(["otlp"] if endpoint else []), *([AZURE_MONITOR] if insights else [])])
    text = environment.get(name, "").strip() or usual
    named = tuple(filter(None, (one.strip().lower() for one in text.split(","))))
    if AZURE_MONITOR in named and not insights:
        faults.append(f"{name} has '{AZURE_MONITOR}': APPLICATIONINSIGHTS_CONNECTION_STRING is missing")
        named = tuple(one for one in named if one != AZURE_MONITOR)
    faults += [f"{name} has '{one}': it takes {', '.join(known)}" for one in named if one not in known]
    is_off = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or "none" in named
    return () if is_off else tuple(one for one in named if one in known)


def read_number(environment: Mapping[str, str], name: str, default: int, faults: list[str]) -> int:
    text = environment.get(name, "").strip()
    if not text:
        return default
    if text.isdecimal() and int(text) > 0:
        return int(text)
    faults.append(f"{name} is '{text}': it takes a whole number above 0")
    return default
