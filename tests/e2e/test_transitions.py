"""The transitions of TNC-O's state model that a package leaves out, from the POST to the event."""

import pytest

from dev.brent import vnet
from tests.e2e.trial import Trial, eventually

WRITES = ("PUT", "POST", "PATCH", "DELETE")
IDLE = ("Install", "Configure", "Stop", "Uninstall")


@pytest.mark.slow
def test_what_a_type_does_not_define_is_complete_without_a_call_to_azure(trial: Trial, group: str) -> None:
    made = trial.run(vnet("vnet-1", group))
    before = trial.count_calls(group)
    ids = {name: trial.begin(made, name) for name in IDLE}
    assert all(trial.event(request_id).value["status"] == "COMPLETE" for request_id in ids.values())
    assert trial.count_calls(group) == before
    shown = trial.ended(ids["Stop"])
    assert (shown["transition"], shown["status"]) == ("Stop", "COMPLETE")
    trial.run(made, "Delete")


@pytest.mark.slow
def test_one_that_nobody_defined_is_refused_with_what_the_type_can_do(trial: Trial, group: str) -> None:
    answer = trial.post(trial.body(vnet("vnet-1", group), "Levitate"))
    assert answer.status_code == 400
    assert "'Levitate', it has Adopt, CheckDrift, Create, " in answer.json()["localizedMessage"]


@pytest.mark.slow
def test_integrity_tells_what_is_broken_and_changes_nothing(trial: Trial, group: str) -> None:
    made = trial.run(vnet("vnet-1", group))
    before = trial.count_calls(group, *WRITES)
    assert trial.run(made, "Integrity").topology == made.topology
    assert trial.count_calls(group, *WRITES) == before
    subnet = f"/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/vnet-1/subnets/default"
    assert trial.arm("DELETE", subnet).ok
    eventually(lambda: trial.arm("GET", subnet).status_code == 404)
    details, after = trial.failed(trial.begin(made, "Integrity"), made)
    assert details["failureCode"] == "INFRASTRUCTURE_ERROR"
    assert f"1 of 2 resources are broken: {trial.subscription}{subnet} does not exist" in details["description"]
    assert after.topology == made.topology
    trial.run(made, "Delete")
