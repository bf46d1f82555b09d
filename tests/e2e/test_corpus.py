"""Real ARM templates as driver files: Precheck finds nothing wrong with them, each is created, with a precheck before,
owns what Azure then has, and is deleted without a trace.

Each has a resource group of its own, and most run at the same time. `pytest -rP` shows the table of what
came of each.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dev.brent import Resource, apply_event
from tests.e2e.trial import Trial
from tests.support.driver_files import zipped
from tests.support.shared import SHARED, needs_shared

pytestmark = [needs_shared, pytest.mark.slow]

TEMPLATES = sorted((SHARED / "corpus" / "arm-templates").glob("*.json"))
SECONDS = 90
PACKAGE = """
version: 1
resourceGroup: "{{ resourcegroup_name }}"
location: "{{ location }}"
transitions:
  Create: {deploy: main.json, precheck: true}
"""
# What Azure refuses with the given parameters, and how it says so.
REFUSED = {
    "201-web-app-asev2-create": "InvalidTemplate",  # a child resource whose name has one segment
}
# Values that Azure takes, instead of placeholders that it refuses.
VALUES = {
    "101-storage-blob-container": {"storageAccountName": "corpusblobcontainer"},
    "101-storage-static-website": {"location": "westeurope"},
    "201-existing-vnet-to-vnet-peering": {"remoteVnetRg": "rg-201-existing-vnet-to-vnet-peering"},
}
VNET = {"location": "westeurope", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
# What a template expects to be there already, by api-version and path below its resource group.
EXPECTED: dict[str, dict[tuple[str, str], dict[str, Any]]] = {
    "101-website-with-container": {
        ("2023-07-01", "Microsoft.ContainerRegistry/registries/myAcr"): {
            "location": "westeurope",
            "sku": {"name": "Basic"},
            "properties": {"adminUserEnabled": True},
        }
    },
    "201-decrypt-running-windows-vm-without-aad": {
        ("2024-05-01", "Microsoft.Network/virtualNetworks/vnet"): {
            "location": "westeurope",
            "properties": {
                "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
                "subnets": [{"name": "subnet", "properties": {"addressPrefix": "10.0.0.0/24"}}],
            },
        },
        ("2024-05-01", "Microsoft.Network/networkInterfaces/nic"): {
            "location": "westeurope",
            "properties": {
                "ipConfigurations": [
                    {
                        "name": "ip",
                        "properties": {
                            "subnet": {"id": "{group}/providers/Microsoft.Network/virtualNetworks/vnet/subnets/subnet"}
                        },
                    }
                ]
            },
        },
        ("2024-07-01", "Microsoft.Compute/virtualMachines/valuevmname"): {
            "location": "westeurope",
            "properties": {
                "hardwareProfile": {"vmSize": "Standard_B2s"},
                "storageProfile": {
                    "imageReference": {
                        "publisher": "MicrosoftWindowsServer",
                        "offer": "WindowsServer",
                        "sku": "2022-datacenter",
                        "version": "latest",
                    },
                    "osDisk": {"createOption": "FromImage", "name": "disk"},
                },
                "osProfile": {"computerName": "vm", "adminUsername": "trial", "adminPassword": "Tr1al-Passw0rd"},
                "networkProfile": {
                    "networkInterfaces": [{"id": "{group}/providers/Microsoft.Network/networkInterfaces/nic"}]
                },
            },
        },
    },
    "201-existing-vnet-to-vnet-peering": {
        ("2024-05-01", "Microsoft.Network/virtualNetworks/valuelocalvnetname"): VNET,
        ("2024-05-01", "Microsoft.Network/virtualNetworks/valueremotevnetname"): VNET,
    },
    "201-redis-premium-persistence": {
        ("2023-05-01", "Microsoft.Storage/storageAccounts/valuestorageaccountname"): {
            "location": "westeurope",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
        }
    },
    "301-publish-api-to-apim-opendocs": {
        ("2023-05-01-preview", "Microsoft.ApiManagement/service/valueapiminstancename"): {
            "location": "westeurope",
            "sku": {"name": "Developer", "capacity": 1},
            "properties": {"publisherEmail": "trial@example.org", "publisherName": "trial"},
        }
    },
}


@dataclass
class Course:
    """What came of one template: the events of its transitions, the warnings of its executions, and the resource as
    they leave it.
    """

    resource: Resource
    files: str
    events: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    """All courses by template, and the ids that were in Azure between a Create and its Delete, and after all of
    them."""

    courses: dict[str, Course]
    made: set[str]
    left: set[str]


@pytest.fixture(scope="module")
def outcome(trial: Trial) -> Outcome:
    """All that work in a group of their own run at once; of those that work in the subscription one after the other,
    since their nested deployments have the same names.
    """
    courses = {path.stem: course_of(trial, path) for path in TEMPLATES}
    shared = [path.stem for path in TEMPLATES if "subscriptiondeploymenttemplate" in path.read_text().lower()]
    batches = [[name for name in courses if name not in shared], *([name] for name in shared)]
    before = every_id(trial)
    run("Precheck", list(courses), courses, trial)
    assert every_id(trial) == before
    made = set()
    for batch in batches:
        run("Create", batch, courses, trial)
        made |= every_id(trial) - before
        run("Delete", batch, courses, trial)
    return Outcome(courses, made, every_id(trial) - before)


def run(transition: str, batch: list[str], courses: Mapping[str, Course], trial: Trial) -> None:
    """Run the transition on all templates of the batch at once."""
    requests = {name: begin(trial, transition, courses[name]) for name in batch}
    for name, request_id in requests.items():
        course = courses[name]
        course.events[transition] = trial.event(request_id, seconds=SECONDS).value
        course.resource = apply_event(course.resource, course.events[transition])
        course.warnings += trial.doubts(request_id)


def course_of(trial: Trial, template: Path) -> Course:
    given = json.loads((SHARED / "corpus" / "parameters" / template.name).read_text())["parameters"]
    values = {name: one["value"] for name, one in given.items() if one["value"] is not None}
    values |= VALUES.get(template.stem, {})
    group = trial.make_group(f"rg-{template.stem}")
    for (version, path), body in EXPECTED.get(template.stem, {}).items():
        whole = json.loads(json.dumps(body).replace("{group}", f"{trial.subscription}/resourceGroups/{group}"))
        trial.make(f"/resourceGroups/{group}/providers/{path}", whole, version)
    properties = {"location": "westeurope", **values, "resourcegroup_name": group}
    resource = Resource(name=template.stem, type="resource::Own::1.0", properties=properties)
    return Course(resource, zipped({"lifecycle.yaml": PACKAGE, "main.json": template.read_bytes()}))


def begin(trial: Trial, transition: str, course: Course) -> str:
    answer = trial.post(trial.body(course.resource, transition, files=course.files))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["requestId"])


def every_id(trial: Trial) -> set[str]:
    return trial.in_azure("subscriptions")


def owned(course: Course) -> list[str]:
    entries = course.events["Create"]["associatedTopology"].values()
    return [entry["id"].lower() for entry in entries]


@pytest.mark.parametrize("name", [path.stem for path in TEMPLATES])
def test_a_real_template_is_created_and_deleted(outcome: Outcome, name: str) -> None:
    course = outcome.courses[name]
    if name in REFUSED:
        for transition in ("Precheck", "Create"):
            assert course.events[transition]["status"] == "FAILED"
            assert REFUSED[name] in course.events[transition]["failureDetails"]["description"]
    else:
        for transition in ("Precheck", "Create"):
            assert course.events[transition]["status"] == "COMPLETE", course.events[transition]["failureDetails"]
        assert course.warnings == []
        assert owned(course)
    assert course.events["Delete"]["status"] == "COMPLETE", course.events["Delete"]["failureDetails"]["description"]


def test_they_own_what_is_in_azure_and_leave_nothing(outcome: Outcome) -> None:
    for name, course in outcome.courses.items():
        refusal = course.events["Create"].get("failureDetails", {}).get("description", "")
        print(f"{name:<70} {refusal or f'passed, {len(owned(course))} owned'}")
    every = {one for course in outcome.courses.values() for one in owned(course)}
    # A service makes more: subnets within their network, the disks of machines, the logs of a script.
    besides = {one for one in outcome.made - every if not any(one.startswith(f"{other}/") for other in every)}
    assert every <= outcome.made
    assert besides == outcome.left
    assert [one for one in outcome.left if "/microsoft.compute/disks/" not in one] == []
