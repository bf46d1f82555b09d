"""The page on deployment locations: each of its examples is read by the driver, with the settings that stand there."""

import json
import re
from typing import Any

import pytest
import yaml

from driver.azure.locations import read_location
from driver.models.requests import DeploymentLocation
from driver.settings import Settings, read
from tests.docs.pages import ROOT
from tests.support.certificates import make_identity

PAGE = (ROOT / "docs" / "deployment-locations.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [
    example
    for example in map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
    if "infrastructureSpecificProperties" in example
]
IDENTITIES, CLOUDS = (json.dumps(json.loads(text)) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))


def settings() -> Settings:
    found = read({"AZURE_IDENTITIES": IDENTITIES, "AZURE_CLOUDS": CLOUDS, "AZURE_FEDERATED_TOKEN_FILE": "/token"})
    assert [fault for fault in found.faults if "AZURE" in fault] == []
    return found


def test_there_is_an_example_of_each_kind() -> None:
    kinds = [example["infrastructureSpecificProperties"].get("authentication") for example in EXAMPLES]
    assert set(kinds) == {None, "clientCertificate", "workloadIdentity", "managedIdentity"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["infrastructureSpecificProperties"])[:50])
def test_each_example_is_read(example: dict[str, Any]) -> None:
    assert (example["infrastructureType"], example["resourceManager"]) == ("Azure", "brent")
    properties = example["infrastructureSpecificProperties"]
    if "clientCertificate" in properties:  # that of the page is cut off
        assert properties["clientCertificate"].count("-----BEGIN") == 2
        properties = {**properties, "clientCertificate": make_identity().pem()}
    found = read_location(DeploymentLocation(name=example["name"], properties=properties), settings())
    assert found.authentication == properties.get("authentication", "clientSecret")
    assert ("northwind" in found.resource_manager_url) == ("cloud" in properties)
    assert bool(found.auxiliary_tenants) == ("auxiliaryTenants" in properties)


def test_the_values_of_the_chart_are_those_of_the_setting() -> None:
    (values,) = [
        example
        for example in map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL))
        if "azure" in example
    ]
    (entry,) = values["azure"]["identities"]
    assert entry in json.loads(IDENTITIES)
    assert values["azure"]["workloadIdentity"]["clientId"] == entry["clientId"]
