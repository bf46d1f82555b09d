"""Services that keep what was deleted: a Delete that purges leaves their names free. After one that does not, a
Create says what holds the name.
"""

import json

import pytest

from dev.brent import Resource
from tests.e2e.trial import Trial
from tests.support.driver_files import zipped

TYPES = {
    "Microsoft.KeyVault/vaults": "2023-07-01",
    "Microsoft.KeyVault/managedHSMs": "2023-07-01",
    "Microsoft.CognitiveServices/accounts": "2023-05-01",
    "Microsoft.ApiManagement/service": "2022-08-01",
}
MANIFEST = {
    "version": 1,
    "resourceGroup": "{{ resourcegroup_name }}",
    "transitions": {"Create": {"deploy": "main.json"}, "Delete": {"remove": "all"}},
}
TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"protect": {"type": "bool", "defaultValue": False}},
    "resources": [
        {
            "type": kind,
            "apiVersion": version,
            "name": "held",
            "location": "northeurope",
            "sku": {"name": "standard"},
            "properties": {"enablePurgeProtection": "[if(parameters('protect'), true(), null())]"},
        }
        for kind, version in TYPES.items()
    ],
}


def pack(purge: bool) -> str:
    manifest = {**MANIFEST, "softDelete": {"purgeOnDelete": purge}}
    return zipped({"main.json": json.dumps(TEMPLATE), "lifecycle.yaml": json.dumps(manifest)})


def list_kept(trial: Trial) -> list[str]:
    kept = ("KeyVault/deletedVaults", "KeyVault/deletedManagedHSMs", "CognitiveServices/deletedAccounts")
    return [
        one["id"]
        for kind in (*kept, "ApiManagement/deletedservices")
        for one in trial.arm("GET", f"/providers/Microsoft.{kind}", version="2023-07-01").json()["value"]
        if one["id"].endswith("/held")  # other tests leave others
    ]


@pytest.mark.slow
def test_what_a_delete_purges_can_be_created_again(trial: Trial, group: str) -> None:
    made = trial.run(Resource("own", "resource::Own::1.0", {"resourcegroup_name": group}), files=pack(purge=True))
    gone = trial.run(made, "Delete", files=pack(purge=True))
    assert gone.topology == {}
    assert list_kept(trial) == []
    again = trial.run(gone, files=pack(purge=True))
    trial.run(again, "Delete", files=pack(purge=True))
    assert list_kept(trial) == []


@pytest.mark.slow
def test_purge_protection_is_named_and_a_create_owns_nothing_of_what_holds_its_name(trial: Trial, group: str) -> None:
    properties = {"resourcegroup_name": group, "protect": "true"}
    made = trial.run(Resource("own", "resource::Own::1.0", properties), files=pack(purge=True))
    gone = trial.run(made, "Delete", files=pack(purge=True))
    assert len(list_kept(trial)) == len(TYPES)
    assert trial.log().count("cannot be purged: its purge protection holds the name back") == len(TYPES)
    event = trial.event(trial.begin(gone, files=pack(purge=False))).value
    assert event["failureDetails"]["failureCode"] == "RESOURCE_ALREADY_EXISTS"
    assert not [entry for entry in event["associatedTopology"].values() if entry and "/held" in entry["id"]]
