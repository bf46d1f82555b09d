"""What a lifecycle.yaml says and what could have no effect, or never a right one, whatever the properties are."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from driver import settings
from driver.commands.uses import Use
from driver.deployment_plans import find_group_fault
from driver.errors import InvalidRequest
from driver.faults import join_names, suggest_name
from driver.packages import expressions
from driver.packages.catalogue import Package
from driver.packages.manifests import OwnedResource, Transition
from driver.packages.templates import Template, can_deploy, list_resource_types

# What an expression can use when a resource is looked for.
_FINDING = ("instance_name", "deployment_location")
_NOT_READ = "bicepconfig.json"


def find_wrong_settings(package: Package) -> Iterator[str]:
    """The faults of settings that have a wrong effect with any properties."""
    reference = package.manifest.reference
    for name in dict.fromkeys(expressions.list_names(reference.resource_group)) if reference else ():
        if name not in _FINDING:
            yield (
                f"{package.find_place('reference', 'resourceGroup')}: it names '{name}': when a resource is looked for,"
                f" there are only {' and '.join(_FINDING)}{suggest_name(name, _FINDING)}"
            )
    groups: list[tuple[tuple[str, ...], str | None]] = [((), package.manifest.resource_group)]
    groups += [(("transitions", name), one.resource_group) for name, one in package.manifest.transitions.items()]
    for keys, group in groups:
        if group and "{{" not in group and (fault := find_group_fault(group)):
            yield f"{package.find_place(*keys, 'resourceGroup')}: {fault}"


def find_idle_settings(package: Package, uses: list[Use] | None) -> Iterator[str]:
    """Warnings about settings without an effect. `uses` are those of properties; None if they are not known."""
    templates = dict(_load_templates(package))
    if None not in templates.values():
        yield from _find_unknown_types(package, [one for one in templates.values() if one is not None])
    for name, transition in package.manifest.transitions.items():
        yield from _find_idle_waits(package, name, transition)
        if (template := templates.get(transition.deploy or "")) is not None:
            yield from _find_idle_place(package, name, transition, template)
        used = {spelling for use in uses or () if use.transition == name for spelling in use.spellings}
        for index, changed in enumerate(transition.changes if uses is not None else ()):
            if changed.lower() not in used:
                names = [use.name for use in uses or () if use.transition == name]
                yield (
                    f"{package.find_place('transitions', name, 'changes', index)}: {name} uses no property"
                    f" '{changed}'{suggest_name(changed, names)}"
                )
    yield from _find_stale_copies(package, templates)
    for path in package.files if not package.built_in else ():
        if path.rsplit("/", 1)[-1].lower() == _NOT_READ:
            yield f"{path}: the driver does not read it: the templates have to compile with the compiler's own settings"


def _load_templates(package: Package) -> Iterator[tuple[str, Template | None]]:
    """The templates by file; None for one that cannot be loaded."""
    for file in dict.fromkeys(one.deploy for one in package.manifest.transitions.values() if one.deploy):
        try:
            yield file, package.load_template(file)[0]
        except InvalidRequest:
            yield file, None


def _find_unknown_types(package: Package, templates: list[Template]) -> Iterator[str]:
    """ARM types that are acted on and that no template of the package deploys."""
    reference = package.manifest.reference
    adopted = reference.type.lower() if reference else ""
    deployed = frozenset[str]().union(*(list_resource_types(template.body) for template in templates))
    for place, kind in _list_types(package):
        is_known = kind.lower() == adopted or any(can_deploy(template.body, kind) for template in templates)
        if not is_known and "{{" not in kind:
            there = join_names(deployed) or "nothing"
            yield f"{place}: no template deploys {kind}{suggest_name(kind, deployed)} (they deploy {there})"


def _list_types(package: Package) -> Iterator[tuple[str, str]]:
    """The types that are acted on, each with its place."""
    for index, kind in enumerate(package.manifest.retain):
        yield package.find_place("retain", index), kind
    for name, transition in package.manifest.transitions.items():
        if transition.on is not None:
            yield package.find_place("transitions", name, "on"), transition.on
        if isinstance(transition.remove, OwnedResource):
            yield package.find_place("transitions", name, "remove", "type"), transition.remove.type
        for index, owned in enumerate(transition.remove if isinstance(transition.remove, list) else ()):
            yield package.find_place("transitions", name, "remove", index, "type"), owned.type


def _find_idle_waits(package: Package, name: str, transition: Transition) -> Iterator[str]:
    """Conditions that outlast their transition."""
    seconds = transition.seconds or settings.current().transition_timeout_minutes * 60
    for index, condition in enumerate(transition.ready_when):
        if condition.seconds > seconds:
            yield (
                f"{package.find_place('transitions', name, 'readyWhen', index)}: it waits {condition.timeout}, and the"
                f" transition ends after {seconds // 60} minutes: give that a longer timeout"
            )


def _find_idle_place(package: Package, name: str, transition: Transition, template: Template) -> Iterator[str]:
    """The place of another scope's deployments."""
    if template.scope == "resourceGroup" and transition.location:
        yield (
            f"{package.find_place('transitions', name, 'location')}: it is not used: {transition.deploy} is deployed"
            " to a resource group"
        )
    if template.scope == "subscription" and transition.resource_group:
        yield (
            f"{package.find_place('transitions', name, 'resourceGroup')}: it is not used: {transition.deploy} is"
            " deployed to the subscription"
        )


def _find_stale_copies(package: Package, templates: Mapping[str, Template | None]) -> Iterator[str]:
    """Compiled templates beside their sources, that a driver without a Bicep CLI would deploy, and that differ."""
    for file, template in templates.items():
        beside = str(PurePosixPath(file).with_suffix(".json"))
        if template is None or not (package.bicep and file.endswith(".bicep") and beside in package.files):
            continue
        try:
            copy = package.load_template(beside)[0]
        except InvalidRequest as error:
            yield f"{beside}: a driver without a Bicep CLI would deploy it, and cannot: {error}"
            continue
        if _outline(copy) != _outline(template):
            yield f"{beside}: a driver without a Bicep CLI deploys it, and {file} is another template: compile it again"


def _outline(template: Template) -> tuple[object, ...]:
    names = frozenset((one.name, one.type, one.required) for one in template.parameters)
    return names, frozenset(template.outputs), list_resource_types(template.body)
