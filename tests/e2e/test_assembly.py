"""The example assembly, created and deleted in the order of its references, with what Brent sends and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

import pytest
import yaml

from dev.brent import Resource
from dev.stack import ROOT
from tests.e2e.trial import Trial, ids

BRANCH = ROOT / "examples/packages/AzureBranch/Descriptor/assembly.yml"
_REFERENCE = re.compile(r"\$\{([\w.]+)\}")


@dataclass(frozen=True)
class Assembly:
    """The components of a descriptor, `{name: {type, properties: {name: {value}}}}`, and the assembly's properties."""

    components: Mapping[str, Any]
    properties: Mapping[str, str]

    def needs(self, name: str) -> set[str]:
        """The components whose properties this one refers to."""
        texts = (one["value"] for one in self.components[name]["properties"].values())
        references = [reference for text in texts for reference in _REFERENCE.findall(text)]
        return {reference.split(".")[0] for reference in references if "." in reference}

    def resource(self, name: str, made: Mapping[str, Resource]) -> Resource:
        """A component with its references filled in from those that are made already."""

        def filled(match: re.Match[str]) -> str:
            component, _, key = match[1].rpartition(".")
            return str(made[component].properties[key] if component else self.properties[key])

        given = self.components[name]["properties"]
        values = {key: _REFERENCE.sub(filled, one["value"]) for key, one in given.items()}
        return Resource(name=f"branch-7__{name}", type=self.components[name]["type"], properties=values)


@pytest.fixture
def branch() -> Assembly:
    descriptor = yaml.safe_load(BRANCH.read_text(encoding="utf-8"))
    defaults = {name: one["default"] for name, one in descriptor["properties"].items() if "default" in one}
    given = {
        "deploymentLocation": "trial",
        "resourceManager": "brent",
        "resourcegroup_name": "rg-branch-7",
        "admin_public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIexample operator",
    }
    return Assembly(descriptor["composition"], {**defaults, **given})


@pytest.mark.slow
def test_the_branch_is_created_and_deleted_in_order(trial: Trial, branch: Assembly) -> None:
    before = trial.in_azure("subscriptions")
    order = TopologicalSorter({name: branch.needs(name) for name in branch.components})
    order.prepare()
    made: dict[str, Resource] = {}
    waves: list[tuple[str, ...]] = []
    while order.is_active():
        waves.append(order.get_ready())
        wanted = {name: branch.resource(name, made) for name in waves[-1]}
        begun = {name: trial.begin(one) for name, one in wanted.items()}
        made |= {name: trial.completed(request_id, wanted[name]) for name, request_id in begun.items()}
        order.done(*waves[-1])
    order_made = [["group"], ["nsg", "routes", "vnet"], ["lan", "wan"], ["nic"], ["server"]]
    assert [sorted(wave) for wave in waves] == order_made
    assert made["nic"].properties["private_ip_address"] == "10.7.2.4"
    disk = {one for one in trial.in_azure("rg-branch-7") if "/disks/" in one}
    assert set().union(*(ids(one.topology) for one in made.values())) == trial.in_azure("subscriptions") - before - disk

    for wave in reversed(waves):
        deleting = {name: trial.begin(made[name], "Delete") for name in wave}
        made |= {name: trial.completed(request_id, made[name]) for name, request_id in deleting.items()}
        assert [made[name].topology for name in wave] == [{}] * len(wave)
        left = set().union(*(ids(one.topology) for one in made.values()))
        assert left == {one for one in trial.in_azure("subscriptions") - before if "/disks/" not in one}
    assert trial.in_azure("subscriptions") == before
