"""What a precheck has found: faults, for which a deployment would fail, and warnings about unanswered questions."""

from dataclasses import dataclass

from driver.azure.refusals import Refusal, SignInRefused
from driver.models.events import FailureCode

Fault = tuple[FailureCode, str]


@dataclass(frozen=True)
class Findings:
    faults: tuple[Fault, ...] = ()
    warnings: tuple[str, ...] = ()

    def __add__(self, other: "Findings") -> "Findings":
        """Both, each text once."""
        faults = tuple(dict.fromkeys(self.faults + other.faults))
        return Findings(faults, tuple(dict.fromkeys(self.warnings + other.warnings)))


def doubt(what: str, refused: Refusal | None) -> Findings:
    """The findings if ARM does not answer a question (None: not in time). That is no fault, unless the driver may not
    sign in at all.
    """
    if isinstance(refused, SignInRefused):
        return Findings(faults=((refused.verdict.code, refused.cause.text),))
    return Findings(warnings=(f"{what}: {refused.cause.text if refused else 'ARM has not answered in time'}",))
