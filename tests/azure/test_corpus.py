"""The corpus of real templates and the small templates of the cases, deployed on the embedded Azure."""

import json
from pathlib import Path

import pytest

from tests.azure.emulator import Emulator
from tests.support.shared import SHARED, needs_shared

CORPUS = SHARED / "corpus"
CASES = SHARED / "cases" / "templates"
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
# Those of the cases that Azure refuses, or that are for the engine that predicts: they have no parameters, or no run.
REFUSED_CASES = {
    "bad-property-found-early": "property 'x' doesn't exist",
    "bad-variable-unused": "property 'x' doesn't exist",
    "nested-secret": "parameter 'cfg' is not provided",
    "predict-foretold-null": "property 'x' doesn't exist",
    "predict-nested-unknown-count": "property 'x' doesn't exist",
    "predict-secure-in-type": "parameter 'l' is not provided",
    "predict-unknown-subscription": "array index '2' is out of bounds",
    "subscription-id-not-guid": "'not-a-guid' is not valid subscription identifier",
    "type-without-type": "parameter 'p' is not provided",
}


@needs_shared
@pytest.mark.parametrize("path", sorted((CORPUS / "arm-templates").glob("*.json")), ids=lambda path: str(path.stem))
def test_a_template_is_deployed_or_refused_for_the_right_reason(azure: Emulator, path: Path) -> None:
    given = next((CORPUS / "parameters").glob(f"{path.stem}.*"))
    expect(deploy(azure, path, given), REFUSED.get(path.stem))


@needs_shared
@pytest.mark.parametrize("path", sorted(CASES.glob("*/t.json")), ids=lambda path: str(path.parent.name))
def test_a_case_is_deployed_or_refused_for_the_right_reason(azure: Emulator, path: Path) -> None:
    expect(deploy(azure, path, path.with_name("parameters.json")), REFUSED_CASES.get(path.parent.name))


def expect(refusal: str, expected: str | None) -> None:
    """The refusal is the expected one; None: there is none."""
    assert (expected in refusal) if expected else not refusal, refusal


def deploy(azure: Emulator, path: Path, given: Path) -> str:
    """Deploy a template with a file of parameters; what Azure refuses it for, empty if it succeeds."""
    template = json.loads(path.read_text())
    properties = {
        "mode": "Incremental",
        "template": template,
        "parameters": json.loads(given.read_text()).get("parameters", {}),
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
    is_made = found.get("properties", {}).get("provisioningState") == "Succeeded"
    return "" if is_made else json.dumps(found)
