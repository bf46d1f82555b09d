"""A template, expanded for one deployment."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from emulators.azure.language.declarations import declare
from emulators.azure.language.dependencies import Names, depends_on
from emulators.azure.language.entries import Entry, entries_of
from emulators.azure.language.evaluation import resolve
from emulators.azure.language.identities import DEPLOYMENT, is_evaluated_inside
from emulators.azure.language.models import Context, Resource, Runtime, TemplateError, UnknownCount
from emulators.azure.language.outputs import output_values, show_outputs
from emulators.azure.language.residuals import has_residual
from emulators.azure.language.schemas import flatten, is_secure, show_type
from emulators.azure.language.scopes import Scope, Target
from emulators.azure.language.spelling import spell

SCHEMAS = (
    "deploymentTemplate",
    "subscriptionDeploymentTemplate",
    "managementGroupDeploymentTemplate",
    "tenantDeploymentTemplate",
)
INVALID = "Deployment template validation failed"
LIMITS = {"parameters": 256, "variables": 512, "outputs": 64}
MOST_RESOURCES = 800
NOT_BODY = frozenset(
    {"type", "name", "apiVersion", "dependsOn", "condition", "copy", "scope", "comments", "resources", "existing"}
    | {"metadata", "asserts", "resourceGroup", "subscriptionId", "@options"}
)
MAY_REFER = frozenset({"properties", "sku", "tags"})


def expand(template: Mapping[str, Any], parameters: Mapping[str, Mapping[str, Any]], context: Context) -> "Expansion":
    """Check the template and the parameters (`{name: {"value": ...}}`) and expand them.

    Raises TemplateError, worded as ARM words the refusal of a deployment.
    """
    with validation():
        template = spell(template)
        check_template(template)
        return Expansion(template, declare(template, parameters, context, predicting=False))


@contextmanager
def validation() -> Iterator[None]:
    """What is wrong is worded as ARM words the refusal of a deployment."""
    try:
        yield
    except TemplateError as error:
        text = error.message if error.message.startswith(INVALID) else f"{INVALID}: '{error.message}'."
        raise TemplateError(text, error.code) from error


def check_template(template: Mapping[str, Any]) -> None:
    """Raise TemplateError unless a template has the form of one."""
    schema = str(template.get("$schema", "")).rstrip("#").rpartition("/")[2].removesuffix(".json")
    if schema.lower() not in (known.lower() for known in SCHEMAS):
        raise TemplateError(
            f"The template's '$schema' is '{template.get('$schema')}', which is none of {', '.join(SCHEMAS)}."
        )
    version = template.get("contentVersion")
    if not isinstance(version, str) or not version:
        raise TemplateError(f"The template's 'contentVersion' is '{version}', but must be a text like '1.0.0.0'.")
    if not isinstance(template.get("resources"), (list, dict)):
        raise TemplateError("The template property 'resources' is missing or neither an array nor an object.")
    for section, most in LIMITS.items():
        if len(template.get(section) or ()) > most:
            raise TemplateError(
                f"The number of template {section} '{len(template[section])}' exceeds the limit of '{most}'."
            )


class Expansion:
    """A template whose parameters, copies, conditions, names and dependencies are resolved.

    Bodies, nested deployments and outputs are evaluated when asked for, against what the run knows by then.
    """

    def __init__(self, template: Mapping[str, Any], scope: Scope) -> None:
        self.template = template
        self.context = scope.context
        self._declared = scope
        self._scope = replace(scope, find=self._find, may_refer=True)
        entries = list(entries_of(template["resources"], self._scope))
        if len(entries) > MOST_RESOURCES:
            raise TemplateError(
                f"The number of template resources '{len(entries)}' exceeds the limit of '{MOST_RESOURCES}'."
            )
        self._names = Names.of(entries, template["resources"])
        self._entries = self._arranged(entries)
        self.resources: tuple[Resource, ...] = tuple(self._entries)

    def _arranged(self, entries: Sequence[Entry]) -> dict[Resource, Entry]:
        before = depends_on(entries, self._names)
        return {replace(e.resource, depends_on=before[e.resource.id.lower()]): e for e in entries}

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
        except UnknownCount:
            raise
        except TemplateError as error:
            if runtime is None:
                raise TemplateError(
                    f"The template resource '{resource.name}' is not valid: {error.message}", error.code
                ) from error
            raise _unprocessed(f"resource '{resource.id}'", error) from error
        return body

    def _deployment_properties(self, properties: Any, scope: Scope) -> Any:
        """A deployment's properties: the template as it is with inner evaluation, else evaluated here."""
        if not isinstance(properties, Mapping):
            raise TemplateError("The nested deployment has no 'properties'.")
        rest = {key: value for key, value in properties.items() if key != "template"}
        result = resolve(rest, replace(scope, leads_out=True))
        template = properties.get("template")
        if isinstance(template, Mapping):
            inner = is_evaluated_inside(result, symbolic=isinstance(self.template["resources"], Mapping))
            functions = {"functions": template["functions"]} if "functions" in template else {}
            outer = {key: value for key, value in template.items() if key != "functions"}
            result["template"] = template if inner else {**resolve(outer, scope), **functions}
        elif template is not None:
            result["template"] = resolve(template, scope)
        return result

    def nested(self, resource: Resource, runtime: Runtime | None) -> "Expansion":
        """The expansion of a resource of type Microsoft.Resources/deployments; its context tells scope and name."""
        context = self._entries[resource].context
        group = context.resource_group
        if runtime is not None and group is not None and has_residual(dict(group)):
            context = replace(context, resource_group=runtime.reference(group["id"], None, True))
        return expand(*self._nested(resource, runtime, context))

    def _nested(
        self, resource: Resource, runtime: Runtime | None, context: Context
    ) -> tuple[Mapping[str, Any], Mapping[str, Any], Context]:
        """A nested deployment's template, parameters and context."""
        body = self.body(resource, runtime)
        template = body["properties"].get("template")
        link = body["properties"].get("templateLink")
        if isinstance(link, Mapping) and context.follow is not None:
            linked = context.follow(link)
            template, context = linked.template, replace(context, follow=linked.follow)
        if not isinstance(template, Mapping):
            raise TemplateError(
                f"The nested deployment '{resource.name}' has no 'template', and linked ones ('templateLink') are not "
                "followed here."
            )
        location = body.get("location") or self.context.deployment_location
        context = replace(context, deployment_name=resource.name, deployment_location=location)
        return template, body["properties"].get("parameters") or {}, context

    def parameters(self) -> dict[str, dict[str, Any]]:
        """`{name: {"type", "value"}}` with defaults, as GET shows them of a deployment; a secure one has no value."""
        definitions = self.template.get("definitions") or {}
        result = {}
        for name, declared in (self.template.get("parameters") or {}).items():
            schema = flatten(declared, definitions)
            shown: dict[str, Any] = show_type(schema)
            result[name] = shown if is_secure(schema) else {**shown, "value": self._declared.parameter(name)}
        return result

    def outputs(self, runtime: Runtime | None) -> dict[str, dict[str, Any]]:
        """`{name: {"type", "value"}}`; a secure output has no value, an output with a false condition is left out."""
        return show_outputs(self.output_values(runtime))

    def output_values(self, runtime: Runtime | None) -> dict[str, tuple[Mapping[str, Any], Any]]:
        """`{name: (declaration, value)}` with the values of secure outputs too."""
        return output_values(self.template, replace(self._scope, runtime=runtime))

    def _find(self, name: str) -> Target | None:
        entry = self._names.single.get(name.lower())
        return Target(entry.identity, entry.resource.api_version) if entry else None


def _unprocessed(subject: str, error: TemplateError) -> TemplateError:
    return TemplateError(
        f"Unable to process template language expressions for {subject}. '{error.message}'", error.code
    )
