"""Packages of a request's own: Bicep with modules, parameter files, every kind of output, and both scopes."""

import json

import pytest

from dev.brent import Resource
from tests.e2e.trial import Trial, ids
from tests.support.driver_files import zipped
from tests.support.shared import needs_shared

pytestmark = needs_shared  # the Bicep compiler

NEEDLE = "n33dle-in-outputs"
OUTPUTS = """
param names array
param password string
@secure()
param token string
param withLock bool = false

module sets 'modules/set.bicep' = [for name in names: { name: 'set-${name}', params: { name: name } }]

resource extra 'Microsoft.Network/applicationSecurityGroups@2024-05-01' = if (withLock) {
  name: 'extra'
  location: resourceGroup().location
}

output ids array = [for (name, at) in names: sets[at].outputs.id]
output first object = { name: names[0], tags: { a: 'b' } }
output count int = length(names)
output locked bool = withLock
output text string = 'x'
@secure()
output secret string = token
@secure()
output secrets object = { token: token }
"""
SET = """
param name string

resource group 'Microsoft.Network/applicationSecurityGroups@2024-05-01' = {
  name: name
  location: resourceGroup().location
}

output id string = group.id
"""
MANIFEST = """
version: 1
resourceGroup: "{{ resourcegroup_name }}"
transitions:
  Create: {deploy: main.bicep, parameters: {names: "{{ set_names }}"}}
  Extend: {deploy: more.bicepparam, timeout: 5m}
  Shrink:
    remove: {type: Microsoft.Network/applicationSecurityGroups, name: "{{ which }}"}
"""


@pytest.mark.slow
def test_a_package_in_bicep_through_all_its_transitions(trial: Trial, group: str) -> None:
    parameters = "using 'main.bicep'\nparam names = ['c']\nparam password = 'from the file'\nparam token = 'none'\n"
    files = zipped(
        {
            "lifecycle.yaml": MANIFEST,
            "main.bicep": OUTPUTS,
            "modules/set.bicep": SET,
            "more.bicepparam": parameters + "param withLock = true\n",
        }
    )
    properties = {"resourcegroup_name": group, "set_names": "a, b", "password": "x", "token": NEEDLE}
    before = trial.in_azure(group)
    made = trial.run(Resource("own", "resource::Own::1.0", properties), files=files)
    scope = f"{trial.subscription}/resourceGroups/{group}/providers/Microsoft.Network/applicationSecurityGroups"
    assert {name: made.properties[name] for name in ("ids", "first", "count", "locked", "text")} == {
        "ids": [f"{scope}/a", f"{scope}/b"],
        "first": {"name": "a", "tags": {"a": "b"}},
        "count": 2,
        "locked": False,
        "text": "x",
    }
    assert not {"secret", "secrets"} & set(made.properties)
    assert NEEDLE not in json.dumps(trial.instances())
    assert NEEDLE not in trial.log()
    extended = trial.run(made, "Extend", files=files)
    assert f"{scope}/extra".lower() in trial.in_azure(group)
    assert f"{scope}/c".lower() in ids(extended.topology)
    shrunk = trial.run(extended, "Shrink", request_properties={"which": "c"}, files=files)
    assert f"{scope}/c".lower() not in trial.in_azure(group)
    trial.run(shrunk, "Delete", files=files)
    assert trial.in_azure(group) == before


SUBSCRIPTION = """
targetScope = 'subscription'
param groupName string
param location string

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: groupName
  location: location
}

module set 'set.bicep' = { name: '${groupName}-set', scope: group, params: { name: 'a' } }

output id string = set.outputs.id
"""


@pytest.mark.slow
def test_a_group_with_what_is_in_it_at_subscription_scope(trial: Trial) -> None:
    """By convention: no lifecycle.yaml, `location` says where the record is kept."""
    files = zipped({"main.bicep": SUBSCRIPTION, "set.bicep": SET})
    name = "rg-of-a-subscription-deployment"
    own = Resource("own", "resource::Own::1.0", {"groupName": name, "location": "West Europe"})
    before = trial.in_azure("subscriptions")
    made = trial.run(own, files=files)
    assert ids(made.topology) == trial.in_azure("subscriptions") - before
    scope = f"{trial.subscription}/resourceGroups/{name}/providers/Microsoft.Network"
    assert made.properties["id"] == f"{scope}/applicationSecurityGroups/a"
    trial.run(made, "Delete", files=files)
    assert trial.in_azure("subscriptions") == before


@pytest.mark.slow
def test_symbolic_names_and_types_of_the_second_language_version(trial: Trial, group: str) -> None:
    source = """
type tier = {
  name: string
  @minValue(1)
  size: int
}
param tiers tier[]

resource sets 'Microsoft.Network/applicationSecurityGroups@2024-05-01' = [for one in tiers: {
  name: '${one.name}-${one.size}'
  location: resourceGroup().location
}]

output names array = [for (one, at) in tiers: sets[at].name]
"""
    properties = {"resourcegroup_name": group, "tiers": '[{"name": "a", "size": 1}, {"name": "b", "size": 2}]'}
    made = trial.run(Resource("own", "resource::Own::1.0", properties), files=zipped({"Create.bicep": source}))
    assert made.properties["names"] == ["a-1", "b-2"]
    trial.run(made, "Delete", files=zipped({"Create.bicep": source}))
    assert trial.in_azure(group) == {f"{trial.subscription}/resourcegroups/{group}".lower()}
