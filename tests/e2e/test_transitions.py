"""The transitions of TNC-O's state model that a package leaves out, from the POST to the event."""

from dev.brent import vnet
from tests.e2e.trial import Trial

IDLE = ("Install", "Configure", "Start", "Stop", "Uninstall")


def test_what_a_type_does_not_define_is_complete_without_a_call_to_azure(trial: Trial, group: str) -> None:
    made = trial.run(vnet("vnet-1", group))
    before = trial.counters()["armTotal"]
    ids = {name: trial.begin(made, name) for name in IDLE}
    assert all(trial.event(request_id).value["status"] == "COMPLETE" for request_id in ids.values())
    assert trial.counters()["armTotal"] == before
    shown = trial.told(ids["Start"])
    assert '"transition":"Start"' in shown
    assert '"status":"COMPLETE"' in shown
    trial.run(made, "Delete")


def test_one_that_nobody_defined_is_refused_with_what_the_type_can_do(trial: Trial, group: str) -> None:
    answer = trial.post(trial.body(vnet("vnet-1", group), "Levitate"))
    assert answer.status_code == 400
    assert "'Levitate', it has Adopt, CheckDrift, Create, " in answer.json()["localizedMessage"]
