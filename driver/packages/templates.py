"""ARM templates (JSON): the declared parameters, outputs and resources."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from driver.errors import InvalidRequest

Scope = Literal["resourceGroup", "subscription"]

_SCOPES: dict[str, Scope] = {
    "deploymenttemplate.json": "resourceGroup",
    "subscriptiondeploymenttemplate.json": "subscription",
}
DEPLOYMENTS = "Microsoft.Resources/deployments"


@dataclass(frozen=True)
class Parameter:
    """A declared parameter. `type` is ARM's, in lower case: string, securestring, int, bool, array, object,
    secureobject.
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

    @property
    def secure(self) -> bool:
        return self.type.startswith("secure")


@dataclass(frozen=True)
class Template:
    """A template's body and what it declares."""

    body: Mapping[str, Any]
    scope: Scope
    parameters: tuple[Parameter, ...]
    outputs: tuple[str, ...]


def read_template(body: Any, file: str) -> Template:
    """Read the body of the template in `file`. Raises InvalidRequest if it is no ARM template for a resource group or a
    subscription.
    """
    if not isinstance(body, Mapping):
        raise InvalidRequest(f"{file}: an ARM template is a JSON object")
    faults: list[str] = []
    schema = str(body.get("$schema", "")).rstrip("#").rsplit("/", 1)[-1].lower()
    scope = _SCOPES.get(schema)
    if scope is None:
        faults.append(
            f"{file}: $schema must end with deploymentTemplate.json or subscriptionDeploymentTemplate.json,"
            f" it ends with '{schema}'"
        )
    if not isinstance(body.get("resources"), list | Mapping):
        faults.append(f"{file}: 'resources' is missing")
    for name in ("parameters", "definitions", "outputs"):
        if not isinstance(body.get(name) or {}, Mapping):
            raise InvalidRequest(*faults, f"{file}: '{name}' must be an object")
    declared = body.get("parameters") or {}
    parameters = [_read_parameter(name, declaration, body, file, faults) for name, declaration in declared.items()]
    if faults or scope is None:
        raise InvalidRequest(*faults)
    return Template(body, scope, tuple(parameters), tuple(body.get("outputs") or {}))


def is_template(content: bytes) -> bool:
    """Whether a JSON file has the `$schema` of an ARM template."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return False
    schema = body.get("$schema") if isinstance(body, Mapping) else None
    return isinstance(schema, str) and schema.rstrip("#").lower().endswith("deploymenttemplate.json")


def list_resource_types(body: Mapping[str, Any]) -> frozenset[str]:
    """The ARM types, in lower case, of all resources that a template can create, including child resources and those of
    nested templates.
    """
    return frozenset(name.lower() for name, _ in walk_resources(body.get("resources"), ""))


def walk_resources(resources: Any, parent: str, nested: bool = True) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Type and declaration of each resource of a template, child resources included; with `nested` also those of
    nested templates.
    """
    for resource in resources.values() if isinstance(resources, Mapping) else resources or ():
        if not isinstance(resource, Mapping):
            continue
        name = str(resource.get("type", ""))
        kind = name if not parent or ("/" in name and name.lower().startswith(parent.lower())) else f"{parent}/{name}"
        yield kind, resource
        yield from walk_resources(resource.get("resources"), kind, nested)
        if nested and kind.lower() == DEPLOYMENTS.lower():
            inner = (resource.get("properties") or {}).get("template")
            if isinstance(inner, Mapping):
                yield from walk_resources(inner.get("resources"), "")


def _read_parameter(name: str, declared: Any, body: Mapping[str, Any], file: str, faults: list[str]) -> Parameter:
    definition = _resolve_references(declared, body, file, faults) if isinstance(declared, Mapping) else {}
    arm_type = str(definition.get("type", "")).lower()
    if arm_type not in ("string", "securestring", "int", "bool", "array", "object", "secureobject"):
        faults.append(f"{file}: parameter '{name}' has no type that ARM knows")
    faults += [
        f"{file}: parameter '{name}': {constraint} must be a whole number"
        for constraint in ("minValue", "maxValue", "minLength", "maxLength")
        if type(definition.get(constraint)) not in (int, type(None))
    ]
    allowed = definition.get("allowedValues") or []
    if not isinstance(allowed, list):
        faults.append(f"{file}: parameter '{name}': allowedValues must be a list")
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
