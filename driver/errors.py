"""The errors of the driver, each with the HTTP status of its answer while a request is not accepted yet.

    DriverError
    ├── InvalidRequest         400  the body, a property, a deployment location or a resource package is wrong
    ├── UnknownExecution       404  no execution has that requestId
    ├── SwitchedOff            404  a setting has switched the route off
    └── NotReady               503  no request can be accepted now: a setting is wrong, or the task hub is away

After the 202 an error is a failed Outcome (driver.models.outcomes), never one of these exceptions. An activity raises
only Bug.
"""

import re

LONGEST = 10_000  # characters of a message
# Stack traces of .NET (the host, the Durable extension, Azure) and of Python, as they stand in texts of errors.
_FRAME = re.compile(r"[ \t]*(?:at (?=[^\s(]*\.)[^\s(]+\(|--- End of )")
_PYTHON = "Traceback (most recent call last):"
# A text without any of these has no trace: most texts of an execution have none, and each replay asks again.
_MARKS = ("at ", "--- End of ", _PYTHON, "$OutOfProcData$:", "Stack:", "One or more errors occurred.", "Exception")
_TRACES = (
    re.compile(r"\$OutOfProcData\$:.*", re.DOTALL),
    re.compile(r"\bStack:\s+File \".*", re.DOTALL),
    re.compile(r"One or more errors occurred\. \((?:Result: Failure\s+)?(?:Exception: )?"),
    re.compile(r"(?:---> )?\b(?:System|Microsoft|DurableTask|Newtonsoft|Grpc)(?:\.\w+)+Exception(?: \(0x\w+\))?:? ?"),
)


class DriverError(Exception):
    """Base of the errors that a caller is answered with. `str(error)` becomes `localizedMessage`."""

    status = 500


class Missing(str):
    """The fault that a property is not given. Any other fault is about what is given."""


class InvalidRequest(DriverError):
    """The request is wrong. Holds every fault that was found, one sentence each."""

    status = 400

    def __init__(self, *faults: str) -> None:
        text = "; ".join(faults)
        super().__init__(text if len(text) <= LONGEST else f"{text[:LONGEST]} ...")
        self.faults = faults


class UnknownExecution(DriverError):
    status = 404

    def __init__(self, request_id: str) -> None:
        super().__init__(f"no execution with requestId '{request_id}' is known: it never was, or it has been purged")


class SwitchedOff(DriverError):
    status = 404

    def __init__(self, route: str, setting: str) -> None:
        super().__init__(f"{route} is switched off: the setting {setting}=true switches it on")


class NotReady(DriverError):
    status = 503


class Bug(Exception):
    """An unexpected error of an activity. Its text goes into the history, so it holds no secrets."""


def drop_traces(text: str) -> str:
    """The text without stack traces and names of .NET exceptions: no answer, custom status or event shows any."""
    if not any(mark in text for mark in _MARKS):
        return text
    kept: list[str] = []
    is_python = False
    for line in text.split("\n"):
        if is_python and line.startswith((" ", "\t")):
            continue
        before, header, _ = line.partition(_PYTHON)
        is_python = bool(header)
        if not _FRAME.match(line):
            kept += [before] if before or not header else []
    cut = "\n".join(kept)
    for pattern in _TRACES:
        cut = pattern.sub("", cut)
    return text if cut == text else cut.strip()
