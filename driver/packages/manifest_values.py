"""Values of a lifecycle.yaml that have a form of their own: durations, ARM types and actions, JMESPath."""

import re
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BeforeValidator

from driver.packages.queries import find_query_fault

_DURATION = re.compile(r"[1-9][0-9]{0,4}[smh]")
_ARM_TYPE = re.compile(r"[\w.-]+(/[\w.-]+)+")
_ACTION = re.compile(r"[A-Za-z][\w-]*(/[\w-]+)*")
_SECONDS = {"s": 1, "m": 60, "h": 3600}

_Named = TypeVar("_Named")


def _check_duration(given: Any) -> str:
    if not isinstance(given, str) or not _DURATION.fullmatch(given):
        raise ValueError(f"takes a number followed by s, m or h, such as 30s, 20m or 2h; it is {str(given)[:50]}")
    return given


def _check_type(given: str) -> str:
    if not _ARM_TYPE.fullmatch(given):
        raise ValueError(
            "takes an ARM type such as Microsoft.Compute/virtualMachines, without api-version and expressions;"
            f" it is '{given[:100]}'"
        )
    return given


def _check_owned_type(given: str) -> str:
    return given if "{{" in given else _check_type(given)


def _check_action(given: str) -> str:
    if not _ACTION.fullmatch(given):
        raise ValueError(f"takes the name of an ARM action such as start or powerOff; it is '{given[:100]}'")
    return given


def check_query(text: str) -> str:
    """The same text. Raises ValueError if it is no JMESPath."""
    if fault := find_query_fault(text):
        raise ValueError(fault)
    return text


def require_single_names(named: dict[str, _Named], what: str) -> dict[str, _Named]:
    """The same object. Raises ValueError if two of its names differ only in case."""
    known: dict[str, str] = {}
    for name in named:
        if (before := known.setdefault(name.lower(), name)) != name:
            raise ValueError(f"'{before}' and '{name}' are one {what}, for names compare without case")
    return named


def read_seconds(duration: str) -> int:
    """The seconds of a duration such as 20m."""
    return int(duration[:-1]) * _SECONDS[duration[-1]]


Duration = Annotated[str, BeforeValidator(_check_duration)]
ArmType = Annotated[str, AfterValidator(_check_type)]
OwnedType = Annotated[str, AfterValidator(_check_owned_type)]
Action = Annotated[str, AfterValidator(_check_action)]
Query = Annotated[str, AfterValidator(check_query)]
