"""ARM templates (JSON): the declared parameters, outputs and resources."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from driver.errors import InvalidRequest
from driver.packages.relaxed_json import read_json
from driver.packages.secure_values import has_secure_values, list_secure_values
from driver.packages.sources import Source

Scope = Literal["resourceGroup", "subscription"]

_SCOPES: dict[str, Scope] = {
    "deploymenttemplate.json": "resourceGroup",
    "subscriptiondeploymenttemplate.json": "subscription",
}
_FOREIGN_SCOPES = {
    "managementgroupdeploymenttemplate.json": "managementGroup",
    "tenantdeploymenttemplate.json": "tenant",
}
DEPLOYMENTS = "Microsoft.Resources/deployments"
TYPES = ("string", "secureString", "int", "bool", "array", "object", "secureObject")  # of parameters and outputs
# Extensions whose resources are ARM's own (`extension az`, `extension sys` in Bicep), in lower case.
_ARM_EXTENSIONS = ("azureresourcemanager", "system")


@dataclass(frozen=True)
class Parameter:
    """A declared parameter. `type` is ARM's, in lower case: string, securestring, int, bool, array, object,
    secureobject. `declared` is its declaration, `definitions` are those of the template.
    """

    name: str
    type: str
    required: bool
    allowed: tuple[Any, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    shortest: int | None = None
    longest: int | None = None
    name_of: str = ""
    declared: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    definitions: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def secure(self) -> bool:
        return self.type.startswith("secure")

    @property
    def shows_secrets(self) -> bool:
        """Whether a value for it is secure or has secure members, so that no text may repeat it."""
        return self.secure or has_secure_values(self.declared, self.definitions)

    def list_secure_members(self, value: Any) -> list[Any]:
        """The secure members of a value for it, if that is not secure as a whole."""
        return [] if self.secure else list_secure_values(self.declared, self.definitions, value)


@dataclass(frozen=True)
class Template:
    """A template's body and what it declares."""

    body: Mapping[str, Any]
    scope: Scope
    parameters: tuple[Parameter, ...]
    outputs: tuple[str, ...]
    source: Source = field(default=Source("template"), repr=False, compare=False)


def read_template(body: Any, file: str, text: str = "") -> Template:
    """Read the body of the template in `file`; with the `text` of that file messages name lines. Raises InvalidRequest
    if it is no ARM template for a resource group or a subscription, or creates resources without an ARM id.
    """
    if not isinstance(body, Mapping):
        raise InvalidRequest(f"{file}: an ARM template is a JSON object")
    source, faults = Source(file, text), list[str]()
    schema = str(body.get("$schema", "")).rstrip("#").rsplit("/", 1)[-1].lower()
    scope = _SCOPES.get(schema)
    if scope is None:
        faults.append(_describe_wrong_scope(schema, source))
    if not isinstance(body.get("resources"), list | Mapping):
        faults.append(f"{file}: 'resources' is missing")
    for name in ("parameters", "definitions", "outputs"):
        if not isinstance(body.get(name, {}), Mapping | None):
            raise InvalidRequest(*faults, f"{file}: '{name}' must be an object")
    declared = body.get("parameters") or {}
    parameters = [_read_parameter(name, declaration, body, source, faults) for name, declaration in declared.items()]
    faults += [
        f"{file}: resource {path} is one of the extension '{extension}': it has no ARM id, so the driver can neither"
        " own nor delete it; create it elsewhere, or only refer to it (existing)"
        for path, extension in _walk_extension_resources(body, "", {})
    ]
    if faults or scope is None:
        raise InvalidRequest(*faults)
    return Template(body, scope, tuple(parameters), tuple(body.get("outputs") or {}), source)


def _describe_wrong_scope(schema: str, source: Source) -> str:
    if known := _FOREIGN_SCOPES.get(schema):
        return (
            f"{source.find_place('targetScope')}: the scope {known} is not supported, these are: resourceGroup,"
            " subscription"
        )
    if schema == "deploymentparameters.json":
        return f"{source.file}: this is a file of parameters, and no template"
    if not schema:
        return f"{source.file}: '$schema' is missing: it says that this is an ARM template, and for which scope"
    return (
        f"{source.file}: $schema must end with deploymentTemplate.json or subscriptionDeploymentTemplate.json,"
        f" it ends with '{schema}'"
    )


def is_template(content: bytes, file: str) -> bool:
    """Whether a JSON file is meant as an ARM template: it has the `$schema` of one, or names it and cannot be read, or
    is `main.json`. So a fault in it is named when it is deployed.
    """
    if file == "main.json":
        return True
    try:
        body = read_json(content, file)
    except InvalidRequest:
        return b"deploymenttemplate.json" in content.lower()
    schema = body.get("$schema") if isinstance(body, Mapping) else None
    return isinstance(schema, str) and schema.rstrip("#").lower().endswith("deploymenttemplate.json")


def list_resource_types(body: Mapping[str, Any]) -> frozenset[str]:
    """The ARM types, in lower case, of all resources that a template can create, including child resources and those of
    nested templates.
    """
    return frozenset(name.lower() for name, _ in walk_resources(body.get("resources"), ""))


def can_deploy(body: Mapping[str, Any], kind: str) -> bool:
    """Whether a template may deploy resources of an ARM type: it declares one, itself or in a nested template, or has
    a linked template that is not known.
    """
    return any(
        (name.lower() == kind.lower() and resource.get("existing") is not True)
        or (name.lower() == DEPLOYMENTS.lower() and _find_nested_template(resource) is None)
        for name, resource in walk_resources(body.get("resources"), "")
    )


def has_deployments(body: Mapping[str, Any]) -> bool:
    """Whether a template has nested deployments or linked templates."""
    return DEPLOYMENTS.lower() in list_resource_types(body)


def walk_resources(resources: Any, parent: str, nested: bool = True) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Type and declaration of each resource of a template, child resources included; with `nested` also those of
    nested templates.
    """
    every = resources.values() if isinstance(resources, Mapping) else resources
    for resource in every if isinstance(every, Iterable) and not isinstance(every, str) else ():
        if not isinstance(resource, Mapping):
            continue
        name = str(resource.get("type", ""))
        kind = name if not parent or ("/" in name and name.lower().startswith(parent.lower())) else f"{parent}/{name}"
        yield kind, resource
        yield from walk_resources(resource.get("resources"), kind, nested)
        if nested and kind.lower() == DEPLOYMENTS.lower():
            inner = _find_nested_template(resource) or {}
            yield from walk_resources(inner.get("resources"), "")


def _find_nested_template(deployment: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The template within a nested deployment; None if it is linked, or no object."""
    properties = deployment.get("properties")
    inner = properties.get("template") if isinstance(properties, Mapping) else None
    return inner if isinstance(inner, Mapping) else None


def _walk_extension_resources(
    body: Mapping[str, Any], outer: str, known: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Path and extension of each resource that a template, nested ones included, creates by an extension other than
    ARM's: such as Microsoft Graph or Kubernetes.

    Bicep compiles `extension` to `imports: {alias: {provider}}` and the resource's `import`, newer language versions
    to `extensions: {alias: {name}}` and `extension`. `known` are the extensions of the outer templates by alias.
    """
    extensions = {
        **known,
        **_read_extensions(body.get("imports"), "provider"),
        **_read_extensions(body.get("extensions"), "name"),
    }
    resources = body.get("resources")
    listed = enumerate(resources) if isinstance(resources, list) else ()
    for symbol, resource in resources.items() if isinstance(resources, Mapping) else listed:
        if not isinstance(resource, Mapping):
            continue
        name = symbol if isinstance(symbol, str) else resource.get("name", symbol)
        path = f"{outer}'{str(name)[:100]}' ({str(resource.get('type', ''))[:100]})"
        alias = resource.get("extension") or resource.get("import")
        extension = extensions.get(str(alias), str(alias))[:100] if alias else ""
        if extension and extension.lower() not in _ARM_EXTENSIONS and resource.get("existing") is not True:
            yield path, extension
        nested = _find_nested_template(resource)
        if nested is not None:
            yield from _walk_extension_resources(nested, f"{path} > ", extensions)


def _read_extensions(declared: Any, key: str) -> dict[str, str]:
    """The extensions of a template by alias."""
    entries = declared.items() if isinstance(declared, Mapping) else ()
    return {alias: str(entry.get(key) or alias) for alias, entry in entries if isinstance(entry, Mapping)}


def _read_parameter(name: str, declared: Any, body: Mapping[str, Any], source: Source, faults: list[str]) -> Parameter:
    definition = _resolve_references(declared, body, source.file, faults) if isinstance(declared, Mapping) else {}
    arm_type = str(definition.get("type", "")).lower()
    if arm_type not in map(str.lower, TYPES):
        faults.append(f"{source.find_place('param', name)}: it has no type that ARM knows: {', '.join(TYPES)}")
    faults += [
        f"{source.find_place('param', name)}: {constraint} must be a whole number"
        for constraint in ("minValue", "maxValue", "minLength", "maxLength")
        if type(definition.get(constraint)) not in (int, type(None))
    ]
    allowed = definition.get("allowedValues") or []
    if not isinstance(allowed, list):
        faults.append(f"{source.find_place('param', name)}: allowedValues must be a list")
    metadata = definition.get("metadata") or {}
    return Parameter(
        name=name,
        type=arm_type,
        required="defaultValue" not in definition and not definition.get("nullable"),
        allowed=tuple(allowed),
        minimum=definition.get("minValue"),
        maximum=definition.get("maxValue"),
        shortest=definition.get("minLength"),
        longest=definition.get("maxLength"),
        name_of=str(metadata.get("nameOf", "")) if isinstance(metadata, Mapping) else "",
        declared=definition,
        definitions=body.get("definitions") or {},
    )


def _resolve_references(
    declared: Mapping[str, Any], body: Mapping[str, Any], file: str, faults: list[str]
) -> dict[str, Any]:
    """The declaration with its `$ref`s to `definitions` resolved. A declaration overrides what it refers to."""
    resolved = dict(declared)
    seen: set[str] = set()
    while isinstance(reference := resolved.pop("$ref", None), str):
        target = (body.get("definitions") or {}).get(reference.rsplit("/", 1)[-1])
        if reference in seen or not isinstance(target, Mapping):
            faults.append(f"{file}: '{reference}' leads to no type definition")
            break
        seen.add(reference)
        resolved = {**target, **resolved}
    return resolved
