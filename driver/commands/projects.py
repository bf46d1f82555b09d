"""A TNC-O resource package as a folder: lmproject.yml, Definitions/lm/resource.yaml, and Lifecycle/azure, which is what
the driver gets. Lifecycle/azure alone is a folder to read, too.
"""

import argparse
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from driver import plans, settings
from driver.commands.files import read_file, read_properties
from driver.errors import InvalidRequest
from driver.models.orders import Order
from driver.models.requests import LifecycleRequest, parse
from driver.packages.archives import check_files
from driver.packages.catalogue import (
    Package,
    find_misplaced,
    list_built_in_names,
    load_built_in,
    load_own_package,
    read_type_name,
)
from driver.packages.documents import Document
from driver.settings import Settings

LIFECYCLE = "Lifecycle/azure"
DESCRIPTOR = "Definitions/lm/resource.yaml"
PROJECT = "lmproject.yml"
_REQUEST_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Properties:
    """Resource and request properties, as in a request; None if no file was given."""

    resource: dict[str, Any] | None
    request: dict[str, Any] | None


@dataclass(frozen=True)
class Project:
    """A package, and the documents beside it. `is_whole` is false for a Lifecycle/azure alone, which has none."""

    package: Package
    is_whole: bool
    descriptor: Document | None
    project: Document | None


def read_project(folder: Path) -> Project:
    """The package in a folder. Raises InvalidRequest if there is none, or a file of it cannot be read."""
    if not folder.is_dir():
        is_zip = folder.is_file() and folder.suffix in (".zip", ".tgz", ".gz")
        raise InvalidRequest(f"{folder} is no folder{': unpack it' if is_zip else ''}")
    is_whole = any((folder / part).exists() for part in ("Lifecycle", "Definitions", PROJECT))
    documents = [_read_document(folder, file) if is_whole else None for file in (DESCRIPTOR, PROJECT)]
    root = folder / LIFECYCLE if is_whole else folder
    _require_spelling(folder)
    files = _read_files(root)
    package = load_own_package(files, find_settings()) or _find_built_in(documents[0])
    if package is None:
        kind = documents[1].content.get("type", "Resource") if documents[1] else "Resource"
        near = _describe_place(folder, files) if kind == "Resource" else f": {PROJECT} says that it is of type {kind}"
        raise InvalidRequest(f"{root} holds neither a lifecycle.yaml nor a template{near}")
    check_files(files)
    return Project(package, is_whole, *documents)


def _describe_place(folder: Path, files: Mapping[str, bytes]) -> str:
    """Where what a package needs is, if it is not where the driver looks for it."""
    if inner := next((one.parent for one in sorted(folder.glob("*/Lifecycle"))), None):
        return f": the package is {inner}"
    if misplaced := find_misplaced(files):
        return f": '{misplaced}' is in a folder of its own, move it up"
    return " (a package has them in its folder Lifecycle/azure)"


def _require_spelling(folder: Path) -> None:
    """Raise InvalidRequest if a folder or file of the package is spelled in another case than TNC-O reads it."""
    for wanted in (
        *(Path(LIFECYCLE).parents[0], Path(LIFECYCLE)),
        Path(DESCRIPTOR).parents[1],
        Path(DESCRIPTOR).parent,
    ):
        parent = folder / wanted.parent
        for one in sorted(parent.iterdir()) if parent.is_dir() and not (folder / wanted).exists() else ():
            if one.name.lower() == wanted.name.lower():
                raise InvalidRequest(f"{one}: this name is not read: rename it to {wanted.as_posix()}")


def find_settings() -> Settings:
    """The settings, with the Bicep CLI of the PATH if BICEP_PATH names none."""
    current = settings.current()
    return current if current.bicep_path else replace(current, bicep_path=shutil.which("bicep") or "")


def _read_files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def _read_document(folder: Path, file: str) -> Document | None:
    """A document; lmctl takes it with the suffix .yaml as well as .yml."""
    for name in (file, *(f"{file.rsplit('.', 1)[0]}.{suffix}" for suffix in ("yaml", "yml"))):
        if (folder / name).is_file():
            return replace(read_file(folder / name), file=name)
    return None


def _find_built_in(descriptor: Document | None) -> Package | None:
    """The built-in package of the resource type that a descriptor names."""
    name = read_type_name(str(descriptor.content.get("name", ""))) if descriptor else ""
    return load_built_in(name) if name in list_built_in_names() else None


def read_both_properties(options: argparse.Namespace) -> Properties:
    """The properties in the files of the options."""
    files = (options.resource_properties, options.request_properties)
    resource, request = (None if file is None else read_properties(file) for file in files)
    return Properties(resource, request)


def build_order(package: Package, transition: str, properties: Properties, location: Mapping[str, Any]) -> Order:
    """The order of a request for a transition. Raises InvalidRequest as the driver would answer it."""
    content = {
        "lifecycleName": transition,
        "driverFiles": "",
        "systemProperties": {"resourceName": "check"},
        "resourceProperties": properties.resource,
        "requestProperties": properties.request,
        "deploymentLocation": location,
    }
    request = parse(LifecycleRequest, json.dumps(content, default=str).encode())
    return plans.name_order(plans.plan(request, package, find_settings()).order, _REQUEST_ID)
