"""A resource package in a folder, as TNC-O's resource manager sends it to the driver."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driver import settings
from driver.commands.files import read_object, read_properties
from driver.commands.projects import DESCRIPTOR, LIFECYCLE
from driver.errors import InvalidRequest
from driver.models.orders import Deploy
from driver.models.requests import LifecycleRequest, parse
from driver.packages.catalogue import Package, find_package
from driver.plans import plan


@dataclass(frozen=True)
class ResourcePackage:
    """A package: its resource type, its driver files by path, and the defaults of properties in its descriptor."""

    type: str
    files: Mapping[str, bytes]
    defaults: Mapping[str, Any]


def read_package(folder: Path) -> ResourcePackage:
    """The package in a folder, which may also be its Lifecycle/azure. Raises InvalidRequest for a wrong descriptor."""
    descriptor = read_object(folder / DESCRIPTOR) if (folder / DESCRIPTOR).is_file() else {}
    properties = descriptor.get("properties") or {}
    root = folder / LIFECYCLE if (folder / LIFECYCLE).is_dir() else folder
    return ResourcePackage(
        type=str(descriptor.get("name") or f"resource::{folder.resolve().name}::1.0"),
        files={one.relative_to(root).as_posix(): one.read_bytes() for one in root.rglob("*") if one.is_file()},
        defaults={
            name: declared["default"]
            for name, declared in properties.items()
            if isinstance(declared, Mapping) and "default" in declared
        },
    )


def read_values(file: Path) -> dict[str, Any]:
    """The properties in a YAML or JSON file, dates as text. Raises InvalidRequest if it holds no object."""
    try:
        properties = read_properties(file)
    except OSError as error:
        raise InvalidRequest(f"{file}: {error.strerror}; it takes a file with properties, YAML or JSON") from error
    plain = {name: given["value"] if given.keys() == {"value"} else given for name, given in properties.items()}
    values: dict[str, Any] = json.loads(json.dumps(plain, default=str))
    return values


def find_resource_group(body: Mapping[str, Any]) -> str:
    """The resource group in which an execute request deploys; empty if in none. Raises InvalidRequest, with the faults
    for which the driver would not accept the request.
    """
    request = _parse(body)
    work = plan(request, _find_package(request), settings.current()).order.work
    return work.resource_group if isinstance(work, Deploy) else ""


def check_operation(body: Mapping[str, Any], name: str) -> None:
    """Raises InvalidRequest if the package of an execute request has no transition or operation of that name."""
    manifest = _find_package(_parse(body)).manifest
    if not manifest.find_built_in(name):
        manifest.find_transition(name)


def _parse(body: Mapping[str, Any]) -> LifecycleRequest:
    return parse(LifecycleRequest, json.dumps(body).encode())


def _find_package(request: LifecycleRequest) -> Package:
    resource_type = request.read_system_property("resourceType")
    return find_package(resource_type, request.driver_files, settings.current())
