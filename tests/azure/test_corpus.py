"""The corpus of real templates, deployed on the embedded Azure."""

import json
from pathlib import Path

import pytest

from tests.azure.emulator import Emulator
from tests.support.shared import SHARED, needs_shared

CORPUS = SHARED / "corpus"
SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
VERSION = "api-version=2022-09-01"

# Templates that cannot be deployed into an empty group with the corpus's parameters: what Azure says of them.
REFUSED = {
    "101-storage-static-website": "LocationNotAvailableForResourceType",
    "101-website-with-container": "ResourceNotFound",
    "201-decrypt-running-windows-vm-without-aad": "ParentResourceNotFound",
    "201-existing-vnet-to-vnet-peering": "ParentResourceNotFound",
    "201-redis-premium-persistence": "ResourceNotFound",
    "201-web-app-asev2-create": "InvalidTemplate",
    "301-publish-api-to-apim-opendocs": "ParentResourceNotFound",
}


@needs_shared
@pytest.mark.parametrize("path", sorted((CORPUS / "arm-templates").glob("*.json")), ids=lambda path: str(path.stem))
def test_a_template_is_deployed_or_refused_for_the_right_reason(azure: Emulator, path: Path) -> None:
    template = json.loads(path.read_text())
    given = next((CORPUS / "parameters").glob(f"{path.stem}.*"))
    properties = {
        "mode": "Incremental",
        "template": template,
        "parameters": json.loads(given.read_text())["parameters"],
    }
    scope = f"/subscriptions/{SUBSCRIPTION}"
    body: dict[str, object] = {"properties": properties}
    if "subscription" in template["$schema"]:
        body["location"] = "westeurope"
    else:
        scope += "/resourceGroups/rg"
        azure.call("PUT", f"{scope}?{VERSION}", {"location": "westeurope"})
    target = f"{scope}/providers/Microsoft.Resources/deployments/main?{VERSION}"
    answer = azure.call("PUT", target, body)
    azure.advance(600)
    found = azure.call("GET", target).json() if answer.status_code == 201 else answer.json()
    if path.stem in REFUSED:
        assert REFUSED[path.stem] in json.dumps(found)
    else:
        assert found["properties"]["provisioningState"] == "Succeeded", found
