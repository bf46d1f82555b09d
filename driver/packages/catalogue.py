"""Resource packages: lifecycle.yaml and templates, built in (infra/resources/<Name>) or from a request's driver
files.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from driver.errors import InvalidRequest
from driver.models.orders import Deploy, TemplateFacts
from driver.packages import archives, bicep, links
from driver.packages.lifecycle_yaml import read_manifest
from driver.packages.manifests import FILE, Manifest, Transition
from driver.packages.relaxed_json import read_json
from driver.packages.targets import find_plans, find_targets
from driver.packages.templates import Template, has_deployments, is_template, read_template
from driver.settings import Settings

BUILT_IN = Path(__file__).resolve().parents[2] / "infra" / "resources"
_SOURCES = (".json", ".bicep", ".bicepparam")  # of several files of one name the last of these is deployed
# Resource types that have another name than in the former driver, by that name.
_FORMER_NAMES = {"azurevce": "AzureVirtualEdge"}


@dataclass(frozen=True)
class Package:
    """A resource package. `files` are its contents by path. `bicep` is the path of the Bicep CLI, for a package that is
    not built in; empty if there is none.
    """

    name: str
    manifest: Manifest
    files: Mapping[str, bytes]
    built_in: bool = True
    bicep: str = ""

    def load_template(self, file: str) -> tuple[Template, Mapping[str, Any]]:
        """The template that a `deploy:` line names; for a .bicepparam file also its parameters, as in an ARM parameters
        file.

        Raises InvalidRequest if the package has no such file or if it cannot be compiled.
        """
        if self.built_in:
            return _read_built_in_template(self.name, str(PurePosixPath(file).with_suffix(".json"))), {}
        if file not in self.files:
            raise InvalidRequest(f"{FILE}: deploy names '{file}', but there is no such file in the package")
        if file.endswith(".json"):
            return self._read_json_template(file), {}
        if self.bicep:
            compiled = bicep.compile_files(self.files, file, self.bicep)
            return read_template(compiled.template, file), compiled.parameters
        beside = str(PurePosixPath(file).with_suffix(".json"))
        if file.endswith(".bicep") and beside in self.files:
            return self._read_json_template(beside), {}
        raise InvalidRequest(
            f"driverFiles: '{file}' cannot be compiled: this driver has no Bicep CLI (setting BICEP_PATH);"
            f" put the compiled '{beside}' beside it (bicep build {file})"
        )

    def needs_compiler(self, file: str) -> bool:
        """Whether to load this template takes a run of the Bicep CLI, which may take many seconds."""
        if self.built_in or not self.bicep or file not in self.files or not file.endswith((".bicep", ".bicepparam")):
            return False
        return not bicep.is_compiled(self.files, file, self.bicep)

    def _read_json_template(self, file: str) -> Template:
        return read_template(links.inline_links(read_json(self.files[file], file), file, self.files), file)


def find_package(resource_type: str, driver_files: str, settings: Settings) -> Package:
    """The package that serves a request: its own driver files if they hold a lifecycle.yaml or a template, else the
    built-in one of its resource type. Raises InvalidRequest if there is none.
    """
    files = archives.read_files(driver_files)
    package = load_own_package(files, settings)
    if package is not None:
        return package
    name = read_type_name(resource_type)
    if name not in list_built_in_names():
        raise InvalidRequest(
            f"systemProperties.resourceType: '{resource_type}' is no built-in resource type"
            f" ({', '.join(list_built_in_names())}), and driverFiles hold no {FILE} and no template"
        )
    return load_built_in(name)


def load_own_package(files: Mapping[str, bytes], settings: Settings) -> Package | None:
    """The package in driver files; None if they hold neither a lifecycle.yaml nor a template."""
    if FILE in files:
        manifest = read_manifest(_decode_text(files[FILE], FILE))
    else:
        conventional = _derive_transitions(files)
        if not conventional:
            return None
        manifest = Manifest(
            version=1, resource_group="{{ resourcegroup_name }}", location="{{ location }}", transitions=conventional
        )
    return Package("driverFiles", manifest, files, built_in=False, bicep=settings.bicep_path)


def read_type_name(resource_type: str) -> str:
    """`AzureVNet` of `resource::AzureVNet::1.0`; in the spelling of the built-in package if there is one."""
    parts = resource_type.split("::")
    name = parts[1] if len(parts) > 1 else resource_type
    name = _FORMER_NAMES.get(name.lower(), name)
    return next((known for known in list_built_in_names() if known.lower() == name.lower()), name)


@cache
def list_built_in_names() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in BUILT_IN.glob(f"*/{FILE}")))


@cache
def load_built_in(name: str) -> Package:
    folder = BUILT_IN / name
    contents = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".yaml", ".json")}
    return Package(name, read_manifest(contents[FILE].decode()), contents)


@cache
def _read_built_in_template(name: str, file: str) -> Template:
    return read_template(json.loads(load_built_in(name).files[file]), f"{name}/{file}")


def _derive_transitions(files: Mapping[str, bytes]) -> dict[str, Transition]:
    """Transitions named after the templates in the top folder. `main` is Create."""
    paths: dict[str, str] = {}
    for suffix in _SOURCES:
        for path in sorted(files):
            if "/" not in path and path.endswith(suffix) and (suffix != ".json" or is_template(files[path], path)):
                stem = path.removesuffix(suffix)
                paths["Create" if stem.lower() in ("main", "create") else stem] = path
    return {name: Transition(deploy=path) for name, path in paths.items()}


def _decode_text(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{file}: not UTF-8 text") from error


def find_template(work: Deploy) -> Template:
    """The template of a deployment to make: from the order, or the file of a built-in package."""
    if work.content_id:
        raise ValueError(f"the template of {work.name} is kept in {work.content_id} and was not read from there")
    if work.template is not None:
        return read_template(work.template, work.file)
    return load_built_in(work.package).load_template(work.file)[0]


def find_facts(work: Deploy, scope: str) -> TemplateFacts:
    """The facts of the template of a deployment. `scope` is the id of the resource group or of the subscription."""
    if work.facts is not None:
        return work.facts
    template = find_template(work)
    return TemplateFacts(
        outputs=template.outputs,
        is_nested=has_deployments(template.body),
        is_vague=find_targets(template.body, work.parameters, scope).is_vague,
        plans=find_plans(template.body, work.parameters),
    )
