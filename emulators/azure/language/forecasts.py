"""A template, expanded without a run: what is known of a deployment before it begins."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from emulators.azure.language.declarations import declare
from emulators.azure.language.dependencies import in_order
from emulators.azure.language.entries import Entry
from emulators.azure.language.expansion import Expansion, check_template
from emulators.azure.language.identities import DEPLOYMENT
from emulators.azure.language.models import Context, Resource, Runtime, TemplateError, UnknownCount
from emulators.azure.language.residuals import Residual, has_residual
from emulators.azure.language.schemas import show_type
from emulators.azure.language.scopes import Target
from emulators.azure.language.spelling import spell


class Forecast(Expansion):
    """An expansion in which what only a run can know is a Residual, and in which references to resources of the same
    deployment yield what the templates give those, as far as they tell.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Mapping[str, Any]],
        context: Context,
        parent: "Forecast | None" = None,
    ) -> None:
        template = spell(template)
        check_template(template)
        self._parent = parent
        self._elsewhere: dict[str, Target] = parent._elsewhere if parent else {}
        self._symbolic = isinstance(template["resources"], Mapping)
        self._nested_ones: dict[str, Forecast] = {}
        self._in_progress: set[str] = set()
        super().__init__(template, declare(template, parameters, context, predicting=True))

    def _arranged(self, entries: Sequence[Entry]) -> dict[Resource, Entry]:
        return {entry.resource: entry for entry in in_order(entries, self._names)}

    def predict(self, resource: Resource) -> "dict[str, Any] | Forecast | None":
        """The body of a resource; of a nested deployment its forecast, None if its template is not known.

        From now on references from other templates of the same deployment see the resource.
        """
        result: dict[str, Any] | Forecast | None = None
        if resource.type.lower() != DEPLOYMENT:
            result = self.body(resource, None)
        elif self._is_known(resource):
            with suppress(UnknownCount):
                result = self.nested(resource, None)
        self._elsewhere[resource.id.lower()] = self._target(self._entries[resource])
        return result

    def _is_known(self, resource: Resource) -> bool:
        properties = self.body(resource, None)["properties"]
        template = properties.get("template")
        if template is None and "templateLink" not in properties:
            raise TemplateError(
                f"The deployment '{resource.id}' must have either the TemplateLink or Template property set."
            )
        return isinstance(template, Mapping) and not has_residual(template)

    def nested(self, resource: Resource, runtime: Runtime | None) -> "Forecast":
        """The forecast of a nested deployment; made once."""
        if resource.id not in self._nested_ones:
            context = self._with_group(self._entries[resource].context)
            self._nested_ones[resource.id] = Forecast(*self._nested(resource, runtime, context), self)
        return self._nested_ones[resource.id]

    def _with_group(self, context: Context) -> Context:
        """The context with its resource group as this template or one around it makes it."""
        group = context.resource_group
        if group is None or not has_residual(dict(group)) or isinstance(group["id"], Residual):
            return context
        level: Forecast | None = self
        while level is not None:
            made = level._names.single.get(group["id"].lower())
            if made is not None and made.resource.condition:
                body = level.body(made.resource, None)
                known: dict[str, Any] = {key: body[key] for key in ("location", "tags") if key in body}
                return replace(context, resource_group={**group, **known})
            level = level._parent
        return context

    def _find(self, name: str) -> Target | None:
        entry = self._names.single.get(name.lower())
        if entry is None:
            return self._elsewhere.get(name.lower())
        if entry.resource.existing:
            made = self._elsewhere.get(entry.resource.id.lower())
            return made if made and made.api_version == entry.resource.api_version else self._target(entry)
        if entry.resource.condition is False and not self._symbolic:
            return None
        return self._target(entry)

    def _target(self, entry: Entry) -> Target:
        exact = entry.resource.type.lower() == DEPLOYMENT
        return Target(entry.identity, entry.resource.api_version, lambda: self._properties(entry), exact)

    def _properties(self, entry: Entry) -> dict[str, Any] | None:
        """The properties that a resource will have as far as the template tells; None if it tells nothing."""
        resource = entry.resource
        if resource.existing or resource.condition is not True or resource.id in self._in_progress:
            return None
        self._in_progress.add(resource.id)
        try:
            properties: dict[str, Any] | None = self.body(resource, None).get("properties")
            if resource.type.lower() != DEPLOYMENT or not self._is_known(resource):
                return properties
            values = self.nested(resource, None).output_values(None).items()
            outputs = {k: {**show_type(d), "value": value} for k, (d, value) in values}
            return {**(properties or {}), "Outputs": outputs}
        except UnknownCount:
            return None
        finally:
            self._in_progress.discard(resource.id)
