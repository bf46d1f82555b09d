"""A template, expanded for one deployment."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.azure.language.declarations import declare
from emulators.azure.language.dependencies import Names, depends_on, in_order
from emulators.azure.language.entries import Entry, entries_of
from emulators.azure.language.evaluation import copy_count, resolve
from emulators.azure.language.expressions import Residual, has_residual
from emulators.azure.language.identities import DEPLOYMENT
from emulators.azure.language.models import Context, Resource, Runtime, TemplateError
from emulators.azure.language.parameters import check, flatten, is_secure
from emulators.azure.language.scopes import Scope, Target

SCHEMAS = (
    "deploymentTemplate",
    "subscriptionDeploymentTemplate",
    "managementGroupDeploymentTemplate",
    "tenantDeploymentTemplate",
)
LIMITS = {"parameters": 256, "variables": 256, "outputs": 64}
MOST_RESOURCES = 800
NOT_BODY = frozenset(
    [
        "type",
        "name",
        "apiVersion",
        "dependsOn",
        "condition",
        "copy",
        "scope",
        "comments",
        "resources",
        "existing",
        "metadata",
        "asserts",
        "resourceGroup",
        "subscriptionId",
        "@options",
    ]
)
MAY_REFER = frozenset({"properties", "sku", "tags"})
TYPE_NAMES = {
    "string": "String",
    "securestring": "SecureString",
    "int": "Int",
    "bool": "Bool",
    "array": "Array",
    "object": "Object",
    "secureobject": "SecureObject",
}


def expand(template: Mapping[str, Any], parameters: Mapping[str, Mapping[str, Any]], context: Context) -> "Expansion":
    """Check the template and the parameters (`{name: {"value": ...}}`) and expand them.

    Raises TemplateError, worded as ARM words the refusal of a deployment.
    """
    return _expanded(template, parameters, context, None)


def _expanded(
    template: Mapping[str, Any], parameters: Mapping[str, Any], context: Context, parent: "Expansion | None"
) -> "Expansion":
    try:
        check_template(template)
        return Expansion(template, declare(template, parameters, context, predicting=False), parent)
    except TemplateError as error:
        raise TemplateError(f"Deployment template validation failed: '{error.message}'.", error.code) from error


def check_template(template: Mapping[str, Any]) -> None:
    """Raise TemplateError unless a template has the form of one."""
    schema = str(template.get("$schema", "")).rstrip("#").rpartition("/")[2].removesuffix(".json")
    if schema.lower() not in (known.lower() for known in SCHEMAS):
        raise TemplateError(
            f"The template's '$schema' is '{template.get('$schema')}', which is none of {', '.join(SCHEMAS)}."
        )
    version = template.get("contentVersion")
    if not isinstance(version, str) or len(version.split(".")) != 4 or not version.replace(".", "").isdigit():
        raise TemplateError(f"The template's 'contentVersion' is '{version}', but must be four numbers ('1.0.0.0').")
    if not isinstance(template.get("resources"), (list, dict)):
        raise TemplateError("The template property 'resources' is missing or neither an array nor an object.")
    for section, most in LIMITS.items():
        if len(template.get(section) or ()) > most:
            raise TemplateError(
                f"The number of template {section} '{len(template[section])}' exceeds the limit of '{most}'."
            )


class Expansion:
    """A template whose parameters, copies, conditions, names and dependencies are resolved.

    Bodies, nested deployments and outputs are evaluated when asked for, against what the run knows by then. Without a
    runtime they are predictions, in which what only a run can know is a Residual.
    """

    def __init__(
        self, template: Mapping[str, Any], scope: Scope, parent: "Expansion | None", predicting: bool = False
    ) -> None:
        self.template = template
        self.context = scope.context
        self._parent = parent
        self._elsewhere: dict[str, Target] = {} if parent is None else parent._elsewhere
        self._symbolic = isinstance(template["resources"], Mapping)
        self._declared = scope
        self._scope = replace(scope, find=self._find, may_refer=True)
        entries = list(entries_of(template["resources"], self._scope))
        if len(entries) > MOST_RESOURCES:
            raise TemplateError(
                f"The number of template resources '{len(entries)}' exceeds the limit of '{MOST_RESOURCES}'."
            )
        self._names = Names.of(entries, self._symbolic)
        if predicting:
            self._entries = {entry.resource: entry for entry in in_order(entries, self._names)}
        else:
            before = depends_on(entries, self._names)
            self._entries = {replace(e.resource, depends_on=before[e.resource.id.lower()]): e for e in entries}
        self._foreseeing: set[str] = set()
        self._foreseen: dict[str, Expansion] = {}
        self.resources: tuple[Resource, ...] = tuple(self._entries)

    def body(self, resource: Resource, runtime: Runtime | None) -> dict[str, Any]:
        """The resource's request body (location, tags, sku, properties ...), without type, name and apiVersion."""
        entry = self._entries[resource]
        scope = replace(entry.scope, runtime=runtime)
        static = replace(entry.scope, may_refer=False)
        body = {}
        try:
            for key, value in entry.raw.items():
                if key in NOT_BODY:
                    continue
                if key == "properties" and resource.type.lower() == DEPLOYMENT:
                    value = self._deployment_properties(value, scope)
                else:
                    value = resolve(value, scope if key in MAY_REFER else static)
                if value is not None:
                    body[key] = value
        except TemplateError as error:
            raise _unprocessed(f"resource '{resource.id}'", error) from error
        return body

    def _deployment_properties(self, properties: Any, scope: Scope) -> Any:
        """A deployment's properties: the template as it is with inner evaluation, else evaluated here."""
        if not isinstance(properties, Mapping):
            raise TemplateError("The nested deployment has no 'properties'.")
        rest = {key: value for key, value in properties.items() if key != "template"}
        result = resolve(rest, scope)
        template = properties.get("template")
        if isinstance(template, Mapping):
            options = result.get("expressionEvaluationOptions") or {}
            inner = str(options.get("scope", "outer")).lower() == "inner"
            functions = {"functions": template["functions"]} if "functions" in template else {}
            outer = {key: value for key, value in template.items() if key != "functions"}
            result["template"] = template if inner else {**resolve(outer, scope), **functions}
        return result

    def nested(self, resource: Resource, runtime: Runtime | None) -> "Expansion":
        """The expansion of a resource of type Microsoft.Resources/deployments; its context tells scope and name."""
        entry = self._entries[resource]
        body = self.body(resource, runtime)
        properties = body["properties"]
        template = properties.get("template")
        if not isinstance(template, Mapping):
            raise TemplateError(
                f"The nested deployment '{resource.name}' has no 'template': linked templates ('templateLink') are not supported "
                "by the embedded Azure."
            )
        context = replace(
            self._with_group(entry.context, runtime),
            deployment_name=resource.name,
            deployment_location=body.get("location") or self.context.deployment_location,
        )
        parameters = properties.get("parameters") or {}
        if runtime is not None:
            return _expanded(template, parameters, context, self)
        check_template(template)
        return Expansion(template, declare(template, parameters, context, predicting=True), self, predicting=True)

    def _with_group(self, context: Context, runtime: Runtime | None) -> Context:
        """The context with its resource group as the run knows it, else as this template or one around it makes it."""
        group = context.resource_group
        if group is None or not has_residual(dict(group)) or isinstance(group["id"], Residual):
            return context
        if runtime is not None:
            return replace(context, resource_group=runtime.reference(group["id"], None, True))
        level: Expansion | None = self
        while level is not None:
            made = level._names.single.get(group["id"].lower())
            if made is not None and made.resource.condition:
                body = level.body(made.resource, None)
                return replace(
                    context, resource_group={**group, **{key: body[key] for key in ("location", "tags") if key in body}}
                )
            level = level._parent
        return context

    def parameters(self) -> dict[str, dict[str, Any]]:
        """`{name: {"type", "value"}}` with defaults, as GET shows a deployment's parameters; a secure one has no value."""
        definitions = self.template.get("definitions") or {}
        result = {}
        for name, declared in (self.template.get("parameters") or {}).items():
            schema = flatten(declared, definitions)
            shown = {"type": TYPE_NAMES[str(schema["type"]).lower()]}
            result[name] = shown if is_secure(schema) else {**shown, "value": self._declared.parameter(name)}
        return result

    def outputs(self, runtime: Runtime | None) -> dict[str, dict[str, Any]]:
        """`{name: {"type", "value"}}`; a secure output has no value, an output with a false condition is left out."""
        result = {}
        for name, (declared, value) in self.output_values(runtime).items():
            shown = {"type": TYPE_NAMES[str(declared["type"]).lower()]}
            result[name] = shown if is_secure(declared) else {**shown, "value": value}
        return result

    def output_values(self, runtime: Runtime | None) -> dict[str, tuple[Mapping[str, Any], Any]]:
        """`{name: (declaration, value)}` with the values of secure outputs too."""
        definitions = self.template.get("definitions") or {}
        result: dict[str, tuple[Mapping[str, Any], Any]] = {}
        for name, raw in (self.template.get("outputs") or {}).items():
            declared = flatten(raw, definitions)
            try:
                if resolve(declared.get("condition", True), self._scope) is False:
                    continue
                value = _output_value(declared, replace(self._scope, runtime=runtime))
                check(value, declared, definitions, f"template output '{name}'")
            except TemplateError as error:
                raise TemplateError(
                    f"Unable to evaluate template outputs: '{name}'. {error.message}",
                    "DeploymentOutputEvaluationFailed",
                ) from error
            result[name] = (declared, value)
        return result

    def _find(self, name: str) -> Target | None:
        entry = self._names.single.get(name.lower())
        if entry is None:
            return self._elsewhere.get(name.lower())
        if entry.resource.condition is False and not self._symbolic and self.context.environment is None:
            return None
        return self._target(entry)

    def _target(self, entry: Entry) -> Target:
        exact = entry.resource.type.lower() == DEPLOYMENT
        return Target(entry.identity, entry.resource.api_version, lambda: self._foresee(entry), exact)

    def predict(self, resource: Resource) -> "dict[str, Any] | Expansion | None":
        """The body of a resource, the expansion of a nested deployment (None if its template is not known), before the run.

        From now on references from other templates of the same deployment see the resource.
        """
        entry = self._entries[resource]
        is_deployment = resource.type.lower() == DEPLOYMENT
        result: dict[str, Any] | Expansion | None = None
        if not is_deployment:
            result = self.body(resource, None)
        elif self._is_known(resource):
            result = self._foreseen_nested(resource)
        self._elsewhere[resource.id.lower()] = self._target(entry)
        return result

    def _is_known(self, resource: Resource) -> bool:
        template = self.body(resource, None)["properties"].get("template")
        return isinstance(template, Mapping) and not has_residual(template)

    def _foreseen_nested(self, resource: Resource) -> "Expansion":
        if resource.id not in self._foreseen:
            self._foreseen[resource.id] = self.nested(resource, None)
        return self._foreseen[resource.id]

    def _foresee(self, entry: Entry) -> Any:
        """The properties that a resource will have as far as the template tells; None if it tells nothing."""
        resource = entry.resource
        if resource.existing or resource.condition is not True or resource.id in self._foreseeing:
            return None
        self._foreseeing.add(resource.id)
        try:
            properties = self.body(resource, None).get("properties")
            if resource.type.lower() != DEPLOYMENT or not self._is_known(resource):
                return properties
            values = self._foreseen_nested(resource).output_values(None).items()
            outputs = {k: {"type": TYPE_NAMES[str(d["type"]).lower()], "value": value} for k, (d, value) in values}
            return {**(properties or {}), "Outputs": outputs}
        finally:
            self._foreseeing.discard(resource.id)


def _output_value(declared: Mapping[str, Any], scope: Scope) -> Any:
    loop = declared.get("copy")
    if not isinstance(loop, Mapping):
        return resolve(declared.get("value"), scope)
    count = copy_count(loop, scope)
    return [resolve(loop.get("input"), replace(scope, copies={"": index}, copy="")) for index in range(count)]


def _unprocessed(subject: str, error: TemplateError) -> TemplateError:
    return TemplateError(
        f"Unable to process template language expressions for {subject}. '{error.message}'", error.code
    )
