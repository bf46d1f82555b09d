"""Names that ARM would refuse are refused with ARM's rule before anything is sent, for every type and operation."""

from collections.abc import Iterator

import pytest

from dev.brent import Resource
from driver.packages.catalogue import load_built_in
from driver.packages.names import RULES
from tests.e2e.catalogue import CATALOGUE
from tests.e2e.catalogue.forms import Entry
from tests.e2e.trial import Trial

WRONG = ["wrong name!", "x" * 260, "ends-with-."]


def named() -> Iterator[tuple[Entry, str, str, str]]:
    """Entry, transition, property and ARM type of every property that is a name."""
    for entry in CATALOGUE:
        package = load_built_in(entry.type.replace("AzureVCE", "AzureVirtualEdge"))
        for transition, does in package.manifest.transitions.items():
            if does.deploy:
                template, _ = package.load_template(does.deploy)
                for parameter in template.parameters:
                    if parameter.name_of:
                        yield entry, transition, parameter.name, parameter.name_of


@pytest.mark.parametrize(
    ("entry", "transition", "name", "kind"),
    [pytest.param(*one, id=f"{one[0].type}-{one[1]}-{one[2]}") for one in named()],
)
def test_a_wrong_name_is_refused_with_the_rule(
    trial: Trial, entry: Entry, transition: str, name: str, kind: str
) -> None:
    started = len(trial.instances())
    operation = next((one for one in entry.operations if one.name == transition), None)
    properties = {
        "resourcegroup_name": "rg-names",
        **{key: value.replace("{group}", "rg-names") for key, value in entry.properties.items()},
        **(operation.properties if operation else {}),
    }
    for wrong in WRONG:
        resource = Resource("wrong", f"resource::{entry.type}::1.0", {**properties, name: wrong})
        answer = trial.post(trial.body(resource, transition))
        assert answer.status_code == 400, wrong
        told = answer.json()["localizedMessage"]
        assert f"'{name}'" in told
        assert RULES[kind.lower()].text in told
    assert len(trial.instances()) == started
