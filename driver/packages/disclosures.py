"""Outputs of a template that show a secure value: an output that is not secure itself goes to Kafka in clear text.

What is not certain is not named: the values themselves are looked for when the deployment has ended
(driver.steps.outputs).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from driver.packages.secure_values import is_secure
from driver.packages.shown_values import walk_shown_values
from driver.packages.templates import Template

_MOST_FOUND = 20


@dataclass(frozen=True)
class Disclosure:
    """An output that shows a secure value. `place` is its declaration, `is_parameter` whether the value is that of a
    parameter, and not that of a function such as listKeys.
    """

    output: str
    place: str
    shown: str
    is_parameter: bool

    def __str__(self) -> str:
        return (
            f"{self.place}: this output shows {self.shown}, and outputs are sent in clear text: remove it, or mark it"
            " @secure(), with which its value stays in Azure"
        )


def find_disclosures(template: Template) -> list[Disclosure]:
    """The outputs of a template that show a secure value, each once."""
    found = []
    for name, shown in islice(walk_shown_values(template.body), _MOST_FOUND):
        place = template.source.find_place("output", name)
        found.append(Disclosure(name, place, shown, not shown.startswith("the result")))
    return found


def find_secure_outputs(template: Template) -> list[str]:
    """The names of the outputs that are secure: ARM gives no value for them."""
    declared = template.body.get("outputs") or {}
    return [name for name, one in declared.items() if isinstance(one, Mapping) and is_secure(one)]
