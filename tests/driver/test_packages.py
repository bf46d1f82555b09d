"""Which package serves a request, and that every built-in one is whole."""

import base64
import io
import zipfile

import pytest

from driver.errors import InvalidRequest
from driver.packages import built_in, built_in_names, package
from driver.templates import Template
from tests.support.requests import NO_FILES


def driver_files(*paths: str) -> str:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in paths:
            archive.writestr(path, "")
    return base64.b64encode(stream.getvalue()).decode()


@pytest.mark.parametrize("name", built_in_names())
def test_each_deploy_line_finds_its_template_without_faults(name: str) -> None:
    found = built_in(name)
    files = [one.deploy for one in found.manifest.transitions.values() if one.deploy]
    assert files
    for file in files:
        assert isinstance(found.template(file), Template)


@pytest.mark.parametrize(
    "resource_type", ["resource::AzureVNet::1.0", "resource::azurevnet::2.7", "AzureVNet", "resource::AZUREVNET"]
)
def test_the_built_in_package_of_a_resource_type(resource_type: str) -> None:
    assert package(resource_type, NO_FILES).name == "AzureVNet"


@pytest.mark.parametrize("resource_type", ["", "resource::AzureMoon::1.0", "resource::", "resource::../secrets::1.0"])
def test_an_unknown_type_names_the_known_ones(resource_type: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^systemProperties\.resourceType: .*AzureResourceGroup.*AzureVNet"):
        package(resource_type, "")


def test_files_that_are_no_package_do_not_get_in_the_way() -> None:
    assert package("resource::AzureVNet::1.0", driver_files("README.md", "notes/a.txt")).name == "AzureVNet"


def test_a_template_that_is_not_there_is_named() -> None:
    with pytest.raises(InvalidRequest, match=r"'other\.bicep'.*'other\.json'"):
        built_in("AzureVNet").template("other.bicep")
