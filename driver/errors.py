"""The errors of the driver, each with the HTTP status it is answered with before a request is accepted.

    DriverError
    ├── InvalidRequest         400  the body, a property, a deployment location or a resource package is wrong
    ├── UnknownExecution       404  no execution has that requestId
    └── NotReady               503  this driver cannot accept work now: a setting is missing or the task hub does not
    answer

What goes wrong after the 202 is never an exception but a failed Outcome (driver.models).
"""

LONGEST = 10_000  # characters of a message


class DriverError(Exception):
    """Base of what the driver says to its caller. `str(error)` becomes `localizedMessage`."""

    status = 500


class InvalidRequest(DriverError):
    """The request cannot be accepted as it is; holds every fault found, one sentence each."""

    status = 400

    def __init__(self, *faults: str) -> None:
        text = "; ".join(faults)
        super().__init__(text if len(text) <= LONGEST else f"{text[:LONGEST]} ...")
        self.faults = faults


class UnknownExecution(DriverError):
    status = 404

    def __init__(self, request_id: str) -> None:
        super().__init__(f"no execution with requestId '{request_id}' is known: it never was, or it has been purged")


class NotReady(DriverError):
    status = 503
