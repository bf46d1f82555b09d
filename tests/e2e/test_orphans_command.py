"""`python -m driver orphans`: records of the driver's deployments that no given topology names."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dev.brent import vnet
from dev.stack import ROOT
from driver import settings
from driver.__main__ import main
from tests.azure.emulator import SUBSCRIPTION, TENANT, Emulator, started
from tests.azure.templates import GROUP_SCHEMA, SUBSCRIPTION_SCHEMA, deployment, network, subnet, template
from tests.e2e.trial import Trial, eventually

SECRET = "s3cret-n33dle"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
DEPLOYMENTS = "providers/Microsoft.Resources/deployments"
VNETS = f"{GROUP}/providers/Microsoft.Network/virtualNetworks"
VERSION = "api-version=2025-04-01"
LOCATION: dict[str, Any] = {
    "name": "trial",
    "type": "Azure",
    "properties": {
        "tenantId": TENANT,
        "clientId": "11111111-2222-3333-4444-555555555555",
        "clientSecret": SECRET,
        "subscriptionId": SUBSCRIPTION,
    },
}


@dataclass(frozen=True)
class Result:
    """What the command printed, and its exit status."""

    status: int
    stdout: str
    stderr: str

    @property
    def orphans(self) -> dict[str, Any]:
        return {orphan["id"]: orphan for orphan in json.loads(self.stdout)["orphans"]}


@dataclass(frozen=True)
class Place:
    """An embedded Azure of which the test knows everything, and a folder for the files of the command."""

    azure: Emulator
    folder: Path
    output: pytest.CaptureFixture[str]

    def write(self, name: str, content: Any) -> Path:
        (self.folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
        return self.folder / name

    def find(self, *topologies: Any, as_json: bool = True, location: Any = LOCATION) -> Result:
        """Run the command with a file for each topology."""
        files = [self.write(f"topology-{number}.json", content) for number, content in enumerate(topologies)]
        options = [option for file in files for option in ("--topology", str(file))]
        arguments = ["--deployment-location", str(self.write("location.json", location)), *options]
        status = main(["orphans", *arguments, *(["--json"] if as_json else [])])
        printed = self.output.readouterr()
        assert SECRET not in printed.out + printed.err
        return Result(status, printed.out, printed.err)

    def deploy(self, name: str, *resources: dict[str, Any], scope: str = GROUP, tagged: bool = True) -> str:
        """Make a deployment as the driver does. Returns its id."""
        tags = {
            "tnco-resource-id": f"resource-of-{name}",
            "tnco-request-id": f"request-of-{name}",
            "tnco-transition": "Create",
            "tnco-driver-version": "2.0.0",
        }
        schema = GROUP_SCHEMA if scope == GROUP else SUBSCRIPTION_SCHEMA
        body: dict[str, Any] = deployment(template(*resources, schema=schema))
        body |= {"tags": tags} if tagged else {"tags": {"somebodys": "tag"}}
        body |= {} if scope == GROUP else {"location": "northeurope"}
        answer = self.azure.call("PUT", f"{scope}/{DEPLOYMENTS}/{name}?{VERSION}", body)
        assert answer.status_code == 201, answer.text
        record_id = str(answer.json()["id"])
        eventually(lambda: self.read_state(record_id) in ("Succeeded", "Failed"))
        return record_id

    def read_state(self, record_id: str) -> str:
        return str(self.azure.call("GET", f"{record_id}?{VERSION}").json()["properties"]["provisioningState"])


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with started(tmp_path_factory.mktemp("tls"), ["--provisioning-seconds", "0"]) as emulator:
        yield emulator


@pytest.fixture
def place(
    azure: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Place]:
    azure.control("POST", "reset")
    assert azure.call("PUT", f"{GROUP}?{VERSION}", {"location": "northeurope"}).status_code == 201
    for name, value in describe_environment(azure.url, azure.ca).items():
        monkeypatch.setenv(name, value)
    settings.current.cache_clear()
    yield Place(azure, tmp_path, capsys)
    settings.current.cache_clear()


def describe_environment(azure: str, ca: Path) -> dict[str, str]:
    trust = {"REQUESTS_CA_BUNDLE": str(ca), "SSL_CERT_FILE": str(ca)}
    return {"AZURE_AUTHORITY_HOST": azure, "AZURE_RESOURCE_MANAGER_URL": azure, **trust}


def run_command(trial: Trial, location: Path, *options: str | Path) -> Result:
    """Run the command as a process, against the Azure of the whole stack."""
    ran = subprocess.run(
        [sys.executable, "-m", "driver", "orphans", "--deployment-location", *map(str, (location, *options)), "--json"],
        cwd=ROOT,
        env={**os.environ, **describe_environment(trial.stack.azure, trial.stack.ca)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Result(ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.slow
def test_a_record_that_a_topology_names_is_no_orphan(trial: Trial, group: str, tmp_path: Path) -> None:
    location, topology = tmp_path / "location.json", tmp_path / "topology.json"
    location.write_text(json.dumps(trial.stack.deployment_location))
    wanted = vnet("vnet-1", group)
    request_id = trial.begin(wanted)
    created = trial.completed(request_id, wanted)
    (record_id,) = (entry["id"] for key, entry in created.topology.items() if "/deployments/" in key)

    without = run_command(trial, location)
    assert (without.status, without.stderr) == (1, "")
    orphan = without.orphans[record_id]
    expected = {"state": "Succeeded", "resourceId": wanted.id, "transition": "Create", "requestId": request_id}
    assert expected.items() <= orphan.items()
    vnet_id = created.topology["Microsoft.Network/virtualNetworks/vnet-1"]["id"]
    assert {"id": vnet_id, "inTopology": False, "exists": True, "reason": ""} in orphan["resources"]

    topology.write_text(json.dumps(trial.event(request_id).value))
    assert record_id not in run_command(trial, location, "--topology", topology).orphans


def test_nothing_is_found_where_the_driver_left_nothing(place: Place) -> None:
    place.deploy("somebodys", network(), tagged=False)
    found = place.find()
    assert (found.status, found.stderr, json.loads(found.stdout)) == (0, "", {"orphans": [], "unread": []})
    shown = place.find(as_json=False)
    assert (shown.status, shown.stdout) == (0, "0 records of deployments in no given topology; nothing was deleted\n")


@pytest.mark.parametrize("form", ["topology", "event", "list", "entries", "upper case"])
def test_a_topology_is_read_in_each_form(place: Place, form: str) -> None:
    record_id, other_id = place.deploy("one", network("one")), place.deploy("two", network("two"))
    entry = {"id": record_id.upper() if form == "upper case" else record_id, "type": "Microsoft.Resources/deployments"}
    topology = {"record": entry, "removed": None}
    content = {
        "topology": topology,
        "event": {"requestId": "r", "status": "COMPLETE", "associatedTopology": topology},
        "list": [{}, topology, {"associatedTopology": None}],
        "entries": {"associatedTopology": [{"name": "record", **entry}]},
        "upper case": topology,
    }[form]
    assert list(place.find(content).orphans) == [other_id]
    both = place.find(content, {"other": {"id": other_id}})
    assert (both.status, both.orphans) == (0, {})


def test_records_of_both_scopes_are_shown_with_what_they_wrote(place: Place) -> None:
    made = {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2024-03-01", "name": "rg-2"}
    groups = place.deploy(
        "groups", {**made, "location": "northeurope"}, scope=f"/subscriptions/{SUBSCRIPTION}", tagged=True
    )
    nets = place.deploy("nets", network("kept"), network("gone"), network("known"))
    place.deploy("somebodys", network("foreign"), tagged=False)
    assert place.azure.call("DELETE", f"{VNETS}/gone?api-version=2024-05-01").status_code in (200, 202)
    topology = {"net": {"id": f"{VNETS}/KNOWN", "type": "Microsoft.Network/virtualNetworks"}, "removed": None}

    found = place.find(topology)
    assert found.status == 1
    orphans = found.orphans
    assert list(orphans) == [groups, nets]
    assert [(written["id"], written["inTopology"], written["exists"]) for written in orphans[nets]["resources"]] == [
        (f"{VNETS}/kept", False, True),
        (f"{VNETS}/gone", False, False),
        (f"{VNETS}/known", True, None),
    ]
    shown = place.find(topology, as_json=False).stdout.splitlines()
    changed_at = orphans[nets]["changedAt"]
    assert shown[-7:] == [
        nets,
        f"  Succeeded at {changed_at}: Create of resource resource-of-nets",
        "  request request-of-nets, driver 2.0.0",
        f"  in no given topology, exists: {VNETS}/kept",
        f"  in no given topology, does not exist: {VNETS}/gone",
        f"  in a given topology: {VNETS}/known",
        "2 records of deployments in no given topology; nothing was deleted",
    ]


def test_a_failed_record_is_shown_with_the_targets_of_its_operations(place: Place) -> None:
    wrong = subnet("outside", "192.168.0.0/24", "net", f"{VNETS}/net")
    record_id = place.deploy("failing", network(), wrong)
    orphan = place.find().orphans[record_id]
    assert orphan["state"] == "Failed"
    assert {written["id"]: written["exists"] for written in orphan["resources"]} == {
        f"{VNETS}/net": True,
        f"{VNETS}/net/subnets/outside": False,
    }


def test_a_group_that_cannot_be_read_is_named_and_the_others_are_shown(place: Place) -> None:
    record_id = place.deploy("nets", network())
    place.azure.call("PUT", f"{GROUP}-2?{VERSION}", {"location": "northeurope"})
    refused = {"kind": "error", "method": "GET", "path": f"{GROUP}-2/{DEPLOYMENTS}", "status": 403}
    place.azure.control("POST", "faults", {**refused, "code": "AuthorizationFailed", "message": "may not list"})
    found = place.find()
    assert found.status == 2
    assert list(found.orphans) == [record_id]
    assert json.loads(found.stdout)["unread"] == [{"id": f"{GROUP}-2", "reason": "AuthorizationFailed: may not list"}]
    shown = place.find(as_json=False).stdout
    assert f"not read: {GROUP}-2: AuthorizationFailed: may not list\n" in shown


def test_what_cannot_be_looked_at_says_why(place: Place) -> None:
    record_id = place.deploy("nets", network())
    refused: dict[str, Any] = {"kind": "error", "method": "GET", "path": f"{VNETS}/net$", "status": 403}
    place.azure.control("POST", "faults", {**refused, "code": "AuthorizationFailed", "message": "may not read"})
    found = place.find()
    (written,) = found.orphans[record_id]["resources"]
    assert (found.status, written["exists"], written["reason"]) == (1, None, "AuthorizationFailed: may not read")


@pytest.mark.slow
def test_throttling_is_named_and_waited_for(place: Place) -> None:
    record_id = place.deploy("nets", network())
    throttle = {"kind": "throttle", "method": "GET", "path": f"{GROUP}/{DEPLOYMENTS}", "times": 2, "retryAfter": 1}
    place.azure.control("POST", "faults", throttle)
    found = place.find()
    assert (found.status, list(found.orphans)) == (1, [record_id])
    notes = found.stderr.splitlines()
    assert len(notes) == 2
    assert all(note.startswith("SubscriptionRequestsThrottled: ") for note in notes)
    assert all(note.endswith(": waiting 1 s, as Azure asks") for note in notes)

    place.azure.control("POST", "faults", {**throttle, "times": 99})
    refused = place.find()
    assert (refused.status, refused.stdout) == (2, "")
    assert refused.stderr.splitlines()[-1].startswith("error: SubscriptionRequestsThrottled: ")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("{", "topology-0.json: is no JSON"),
        ("[1]", "topology-0.json[0]: takes an associatedTopology {name: {id, type}}, an event that has one"),
        ({"status": "COMPLETE"}, "topology-0.json: 'status' is no entry {id, type}; the file takes an associatedTop"),
        ([{"associatedTopology": {"a": 1}}], "topology-0.json[0]: associatedTopology: 'a' is no entry"),
    ],
)
def test_a_file_that_is_no_topology_is_named(place: Place, content: Any, fault: str) -> None:
    found = place.find(content)
    assert (found.status, found.stdout) == (2, "")
    assert found.stderr.startswith(f"error: {place.folder}/{fault}")


@pytest.mark.parametrize(
    ("properties", "fault"),
    [
        ({"subscriptionId": "production"}, "subscriptionId must be a GUID"),
        ({"clientSecret": ""}, "property 'clientSecret' is missing"),
    ],
)
def test_a_faulty_deployment_location_is_named(place: Place, properties: Mapping[str, str], fault: str) -> None:
    location = {**LOCATION, "properties": {**LOCATION["properties"], **properties}}
    found = place.find(location=location)
    assert (found.status, found.stdout) == (2, "")
    assert found.stderr.startswith("error: deployment location 'trial': ")
    assert fault in found.stderr


def test_a_refused_sign_in_says_so_and_not_the_secret(place: Place) -> None:
    place.azure.control("POST", "settings", {"clients": {LOCATION["properties"]["clientId"]: "another"}})
    wrong = {**LOCATION["properties"], "clientSecret": f"{SECRET}-of-last-year"}
    found = place.find(location={**LOCATION, "properties": wrong})
    place.azure.control("POST", "settings", {"clients": {}})
    assert (found.status, found.stdout) == (2, "")
    assert found.stderr.splitlines()[-1].startswith("error: ")  # after notes of what the last test left
    assert "AADSTS7000215" in found.stderr
