"""A package with a large template: the task hub holds the template once, whatever the number of steps."""

import json
import random

import pytest

from dev.brent import Resource
from tests.e2e.trial import Trial, ids
from tests.support.driver_files import zipped

NOISE = random.Random(0).randbytes(150_000).hex()
MANIFEST = 'version: 1\nresourceGroup: "{{ resourcegroup_name }}"\ntransitions: {Create: {deploy: Create.json}}\n'
TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "metadata": {"noise": NOISE},
    "parameters": {"netName": {"type": "string"}},
    "resources": [
        {
            "type": "Microsoft.Network/virtualNetworks",
            "apiVersion": "2024-05-01",
            "name": "[parameters('netName')]",
            "location": "northeurope",
            "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
        }
    ],
    "outputs": {"netName": {"type": "string", "value": "[parameters('netName')]"}},
}


@pytest.mark.slow
def test_a_large_template_is_in_the_task_hub_once(trial: Trial, group: str) -> None:
    files = zipped({"Create.json": json.dumps(TEMPLATE), "lifecycle.yaml": MANIFEST})
    properties = {"resourcegroup_name": group, "netName": "large-net"}
    resource = Resource("large", "resource::Large::1.0", properties)
    preview = trial.begin(resource, "WhatIf", files=files)
    changes = trial.event(preview).value["outputs"]["what_if_changes"]
    assert [change["changeType"] for change in changes] == ["Create"]
    request_id = trial.begin(resource, files=files)
    created = trial.completed(request_id, resource)
    assert trial.event(request_id).value["outputs"] == {"netName": "large-net"}
    network = f"{trial.subscription}/resourceGroups/{group}/providers/Microsoft.Network/virtualNetworks/large-net"
    assert network.lower() in ids(created.topology)
    run = trial.instances(f"/{request_id}", showHistory="true", showHistoryOutput="true", showInput="true")
    assert len(json.dumps(run)) < 40_000
    kept = trial.instances(f"/content-{request_id}", showInput="true")
    assert (kept["runtimeStatus"], kept["name"]) == ("Completed", "keep_content")
    assert len(json.dumps(kept["input"])) > 150_000
    trial.run(created, "Delete", files=files)
    assert trial.in_azure("large-net") == set()
