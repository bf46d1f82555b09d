"""Resource packages: lifecycle.yaml and templates, built in (infra/resources/<Name>) or from a request's driver
files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

from driver import archives
from driver.errors import InvalidRequest
from driver.manifests import FILE, Manifest, manifest
from driver.templates import Template, template

BUILT_IN = Path(__file__).resolve().parent.parent / "infra" / "resources"

# What the old driver called a type that has another name here.
_FORMER_NAMES = {"azurevce": "AzureVirtualEdge"}


@dataclass(frozen=True)
class Package:
    """A resource package. `name` is that of a built-in one; `files` are the paths of what it holds."""

    name: str
    manifest: Manifest
    files: Mapping[str, bytes]

    def template(self, file: str) -> Template:
        """The compiled template of a `deploy:` line. Raises InvalidRequest if the package does not hold it."""
        compiled = str(PurePosixPath(file).with_suffix(".json"))
        if compiled not in self.files:
            raise InvalidRequest(f"{FILE}: deploy names '{file}', but there is no '{compiled}' in the package")
        return _built_in_template(self.name, compiled)


def package(resource_type: str, driver_files: str) -> Package:
    """The package that serves a request. Raises InvalidRequest if there is none."""
    own = archives.files(driver_files)
    if supported := [path for path in own if path == FILE or path.endswith((".bicep", ".bicepparam", ".json"))]:
        raise InvalidRequest(
            f"driverFiles: {', '.join(sorted(supported)[:5])}: packages with a lifecycle.yaml or a template of"
            " their own are not supported yet, only the built-in resource types are"
        )
    name = resource_type_name(resource_type)
    if name not in built_in_names():
        raise InvalidRequest(
            f"systemProperties.resourceType: '{resource_type}' is no built-in resource type,"
            f" these are: {', '.join(built_in_names())}"
        )
    return built_in(name)


def resource_type_name(resource_type: str) -> str:
    """`AzureVNet` of `resource::AzureVNet::1.0`, in the spelling of the built-in package where there is one."""
    parts = resource_type.split("::")
    name = parts[1] if len(parts) > 1 else resource_type
    name = _FORMER_NAMES.get(name.lower(), name)
    return next((known for known in built_in_names() if known.lower() == name.lower()), name)


@cache
def built_in_names() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in BUILT_IN.glob(f"*/{FILE}")))


@cache
def built_in(name: str) -> Package:
    folder = BUILT_IN / name
    contents = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".yaml", ".json")}
    return Package(name, manifest(contents[FILE].decode()), contents)


@cache
def _built_in_template(name: str, file: str) -> Template:
    return template(json.loads(built_in(name).files[file]), f"{name}/{file}")
