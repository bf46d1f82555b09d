"""Resource packages: lifecycle.yaml and templates, built in (infra/resources/<Name>) or from a request's driver
files.
"""

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from driver.errors import InvalidRequest
from driver.faults import join_names, suggest_name
from driver.models.orders import Deploy, TemplateFacts
from driver.packages import archives, bicep, links
from driver.packages.documents import Document, read_document
from driver.packages.lifecycle_yaml import parse_manifest
from driver.packages.manifests import FILE, Manifest, Transition
from driver.packages.members import check_members
from driver.packages.relaxed_json import read_json
from driver.packages.spelling import spell_template
from driver.packages.targets import find_plans, find_targets
from driver.packages.templates import Template, has_deployments, is_template, read_template
from driver.settings import Settings

_DRIVER = Path(__file__).resolve().parents[1]
# The second is where an installed driver (`pip install .`) has them.
_FOLDERS = (_DRIVER.parent / "infra" / "resources", _DRIVER / "resources")
BUILT_IN = next((folder for folder in _FOLDERS if folder.is_dir()), _FOLDERS[0])
_BICEP = re.compile(rb"\A\s*(?:param|resource|targetScope|module|var|metadata)\s+\w+")
_SOURCES = (".json", ".bicep", ".bicepparam")  # of several files of one name the last of these is deployed
# Resource types that have another name than in the former driver, by that name.
_FORMER_NAMES = {"azurevce": "AzureVirtualEdge"}


@dataclass(frozen=True)
class Package:
    """A resource package. `files` are its contents by path. `bicep` is the path of the Bicep CLI, for a package that is
    not built in; empty if there is none. `document` is its lifecycle.yaml, if it has one.
    """

    name: str
    manifest: Manifest
    files: Mapping[str, bytes]
    built_in: bool = True
    bicep: str = ""
    document: Document | None = field(default=None, repr=False)

    def find_place(self, *keys: int | str) -> str:
        """Where keys stand in the lifecycle.yaml: file, line and key."""
        if self.document is None:
            return f"{self.name}, {'.'.join(map(str, keys))}"
        return self.document.find_place(*keys)

    def load_template(self, file: str) -> tuple[Template, Mapping[str, Any]]:
        """The template that a `deploy:` line names; for a .bicepparam file also its parameters, as in an ARM parameters
        file.

        Raises InvalidRequest if the package has no such file or if it cannot be compiled.
        """
        if self.built_in:
            return _read_built_in_template(self.name, str(PurePosixPath(file).with_suffix(".json"))), {}
        if file not in self.files:
            templates = [path for path in self.files if path.endswith(_SOURCES)]
            raise InvalidRequest(
                f"{self._find_deploy(file)}: '{file}' is no file of the package{suggest_name(file, templates)}"
                f" (there are {join_names(templates) or 'no templates'})"
            )
        if not file.endswith(_SOURCES):
            raise InvalidRequest(
                f"{self._find_deploy(file)}: '{file}' is no template: it takes a file that ends with"
                f" {', '.join(_SOURCES)}"
            )
        if meant := _find_meant_suffix(file, self.files[file]):
            raise InvalidRequest(f"{file} line 1: this is the text of a {meant} file: rename it")
        if file.endswith(".json"):
            return self._read_json_template(file), {}
        if self.bicep:
            compiled = bicep.compile_files(self.files, file, self.bicep)
            return read_template(compiled.template, file, _show_text(self.files[file])), compiled.parameters
        beside = str(PurePosixPath(file).with_suffix(".json"))
        if file.endswith(".bicep") and beside in self.files:
            return self._read_json_template(beside), {}
        raise InvalidRequest(
            f"{self._find_deploy(file)}: '{file}' cannot be compiled: there is no Bicep CLI (setting BICEP_PATH);"
            f" put the compiled '{beside}' beside it (bicep build {file})"
        )

    def list_warnings(self, file: str) -> tuple[str, ...]:
        """What the Bicep compiler warns of in a template that it compiles; nothing of ARM JSON."""
        if self.built_in or not self.bicep or not file.endswith((".bicep", ".bicepparam")):
            return ()
        return bicep.compile_files(self.files, file, self.bicep).warnings

    def needs_compiler(self, file: str) -> bool:
        """Whether to load this template takes a run of the Bicep CLI, which may take many seconds."""
        if self.built_in or not self.bicep or file not in self.files or not file.endswith((".bicep", ".bicepparam")):
            return False
        return not bicep.is_compiled(self.files, file, self.bicep)

    def _read_json_template(self, file: str) -> Template:
        body = links.inline_links(spell_template(read_json(self.files[file], file)), file, self.files)
        template = read_template(body, file, _show_text(self.files[file]))
        check_members(template.body, template.source)
        return template

    def _find_deploy(self, file: str) -> str:
        """Where a transition names a template."""
        name = next((name for name, one in self.manifest.transitions.items() if one.deploy == file), "")
        return self.find_place("transitions", name, "deploy")


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
        misplaced = find_misplaced(files)
        hint = f" ('{misplaced}' is not: zip the content of the folder, without the folder)" if misplaced else ""
        raise InvalidRequest(
            f"systemProperties.resourceType: '{resource_type[:200]}' is no built-in resource type"
            f" ({', '.join(list_built_in_names())}), and driverFiles hold no {FILE} and no template at the top"
            f"{hint}"
        )
    return load_built_in(name)


def find_misplaced(files: Mapping[str, bytes]) -> str:
    """The path of a lifecycle.yaml that is not at the top; empty if there is none."""
    return next((path for path in files if PurePosixPath(path).name == FILE), "")


def load_own_package(files: Mapping[str, bytes], settings: Settings) -> Package | None:
    """The package in driver files; None if they hold neither a lifecycle.yaml nor a template."""
    document = None
    _refuse_other_names(files)
    if FILE in files:
        document = read_document(_decode_text(files[FILE], FILE), FILE)
        manifest = parse_manifest(document)
    else:
        conventional = _derive_transitions(files)
        if not conventional:
            return None
        manifest = Manifest(
            version=1, resource_group="{{ resourcegroup_name }}", location="{{ location }}", transitions=conventional
        )
    return Package("driverFiles", manifest, files, built_in=False, bicep=settings.bicep_path, document=document)


def _refuse_other_names(files: Mapping[str, bytes]) -> None:
    """Raise InvalidRequest for a file that was meant to be the lifecycle.yaml, and would not be read."""
    for path in files:
        if path != FILE and "/" not in path and path.lower() in (FILE, "lifecycle.yml", "lifecycle.json"):
            raise InvalidRequest(f"{path}: this name is not read: rename the file to {FILE}")


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
    document = read_document(contents[FILE].decode(), f"{name} {FILE}")
    return Package(name, parse_manifest(document), contents, document=document)


@cache
def _read_built_in_template(name: str, file: str) -> Template:
    return read_template(json.loads(load_built_in(name).files[file]), f"{name}/{file}")


def _derive_transitions(files: Mapping[str, bytes]) -> dict[str, Transition]:
    """Transitions named after the templates in the top folder. `main` is Create."""
    paths: dict[str, str] = {}
    for suffix in _SOURCES:
        for path in sorted(files):
            is_at_top = "/" not in path and not path.startswith(".")  # macOS puts ._main.json beside main.json
            if is_at_top and path.endswith(suffix) and (suffix != ".json" or is_template(files[path], path)):
                stem = path.removesuffix(suffix)
                paths["Create" if stem.lower() in ("main", "create") else stem] = path
    return {name: Transition(deploy=path) for name, path in paths.items()}


def _find_meant_suffix(file: str, content: bytes) -> str:
    """The suffix that a template with the other kind of text should have; empty if it has the right one."""
    if file.endswith(".bicep"):
        return ".json" if content.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{") else ""
    return ".bicep" if file.endswith(".json") and _BICEP.search(content) else ""


def _show_text(content: bytes) -> str:
    """The text of a file whose lines messages name."""
    return content.decode("utf-8-sig", errors="replace")


def _decode_text(content: bytes, file: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{file}: it is no UTF-8 text: save it as UTF-8") from error


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
