"""Which package serves a request, and that every built-in one is whole."""

import base64
import io
import json
import zipfile
from collections.abc import Mapping

import pytest

from driver.errors import InvalidRequest
from driver.packages.catalogue import find_package, list_built_in_names, load_built_in
from driver.packages.templates import Template
from tests.support.requests import NO_FILES, SETTINGS


def driver_files(*paths: str, content: str = "", more: Mapping[str, str] | None = None) -> str:
    """Driver files of one content, and `more` of others."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path, text in {**dict.fromkeys(paths, content), **(more or {})}.items():
            archive.writestr(path, text)
    return base64.b64encode(stream.getvalue()).decode()


@pytest.mark.parametrize("name", list_built_in_names())
def test_each_deploy_line_finds_its_template_without_faults(name: str) -> None:
    found = load_built_in(name)
    files = [one.deploy for one in found.manifest.transitions.values() if one.deploy]
    assert files
    for file in files:
        assert isinstance(found.load_template(file)[0], Template)


@pytest.mark.parametrize(
    "resource_type", ["resource::AzureVNet::1.0", "resource::azurevnet::2.7", "AzureVNet", "resource::AZUREVNET"]
)
def test_the_built_in_package_of_a_resource_type(resource_type: str) -> None:
    assert find_package(resource_type, NO_FILES, SETTINGS).name == "AzureVNet"


@pytest.mark.parametrize("resource_type", ["", "resource::AzureMoon::1.0", "resource::", "resource::../secrets::1.0"])
def test_an_unknown_type_names_the_known_ones(resource_type: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^systemProperties\.resourceType: .*AzureResourceGroup.*AzureVNet"):
        find_package(resource_type, "", SETTINGS)


def test_files_that_are_no_package_do_not_get_in_the_way() -> None:
    assert (
        find_package("resource::AzureVNet::1.0", driver_files("README.md", "notes/a.txt"), SETTINGS).name == "AzureVNet"
    )


def test_a_template_that_is_not_there_is_named() -> None:
    own = driver_files("lifecycle.yaml", content="version: 1\ntransitions: {Create: {deploy: other.bicep}}")
    with pytest.raises(
        InvalidRequest, match=r"line 2, transitions\.Create\.deploy: 'other\.bicep' is no file of the package"
    ):
        find_package("resource::Own::1.0", own, SETTINGS).load_template("other.bicep")


TEMPLATE = json.dumps({"$schema": "https://x/2019-04-01/deploymentTemplate.json#", "resources": []})


def test_a_template_of_its_own_wins_over_the_built_in_package() -> None:
    own = find_package("resource::AzureVNet::1.0", driver_files("Create.json", content=TEMPLATE), SETTINGS)
    assert not own.built_in
    assert own.manifest.transitions["Create"].deploy == "Create.json"
    assert own.load_template("Create.json")[0].scope == "resourceGroup"


@pytest.mark.parametrize("content", ["", "text", "[]", "{}", "{" * 3000, '{"$schema": 5}'])
def test_a_template_of_its_own_that_is_none_is_refused_in_words(content: str) -> None:
    files = driver_files(
        "lifecycle.yaml", content="version: 1\ntransitions: {Create: {deploy: main.json}}", more={"main.json": content}
    )
    with pytest.raises(InvalidRequest, match=r"^main\.json\b"):
        find_package("resource::AzureVNet::1.0", files, SETTINGS).load_template("main.json")
