"""Resources of one virtual network, made and deleted at the same time: ARM refuses concurrent writes to it."""

import pytest

from dev import azure
from dev.brent import subnet
from tests.e2e.trial import Trial, ids

SIBLINGS = 20
LONGEST_SECONDS = 240  # in which they take their turns, on a busy machine, too


@pytest.mark.slow
@pytest.mark.timeout(2 * LONGEST_SECONDS)
def test_twenty_subnets_at_once_are_made_and_deleted_at_once(trial: Trial, group: str) -> None:
    path = f"/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/vnet-1"
    space = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
    trial.make(path, {"location": "northeurope", "properties": space})
    before = trial.in_azure(group)

    wanted = [subnet(f"subnet-{number}", group, "vnet-1", f"10.0.{number}.0/24") for number in range(SIBLINGS)]
    creating = [trial.begin(one) for one in wanted]
    made = [trial.completed(*one, LONGEST_SECONDS) for one in zip(creating, wanted, strict=True)]
    in_azure = trial.arm("GET", path).json()["properties"]["subnets"]
    assert sorted(one["name"] for one in in_azure) == sorted(one.name for one in wanted)
    assert set().union(*(ids(one.topology) for one in made)) == trial.in_azure(group) - before

    slow_delete = {
        "kind": "operation",
        "method": "DELETE",
        "path": f"/{group}/.*/subnets/",
        "seconds": 10,
        "times": 1,
    }
    with trial.faults(slow_delete):
        deleting = [trial.begin(one, "Delete") for one in made]
        assert [trial.completed(*one).topology for one in zip(deleting, made, strict=True)] == [{}] * SIBLINGS
    assert trial.in_azure(group) == before
    calls = azure.calls(trial.stack.endpoints())
    assert any(f"/{group}/" in one["path"] and one["status"] in (409, 429) for one in calls)
