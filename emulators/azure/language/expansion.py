"""A template, expanded for one deployment."""

from collections.abc import Mapping
from typing import Any

from emulators.azure.language.models import Context, Resource, Runtime


class Expansion:
    """A template whose parameters, copies, conditions, names and dependencies are resolved; bodies and outputs are lazy."""

    context: Context
    resources: tuple[Resource, ...]

    def body(self, resource: Resource, runtime: Runtime) -> dict[str, Any]:
        """The resource's request body (location, tags, sku, properties ...), without type, name and apiVersion."""
        raise NotImplementedError

    def nested(self, resource: Resource, runtime: Runtime) -> "Expansion":
        """The expansion of a resource of type Microsoft.Resources/deployments; its context tells scope and name."""
        raise NotImplementedError

    def outputs(self, runtime: Runtime) -> dict[str, dict[str, Any]]:
        """`{name: {"type", "value"}}`; a secure output has no value, an output with a false condition is left out."""
        raise NotImplementedError

    def parameters(self) -> dict[str, dict[str, Any]]:
        """`{name: {"type", "value"}}` with defaults, as GET shows a deployment's parameters; a secure one has no value."""
        raise NotImplementedError


def expand(template: Mapping[str, Any], parameters: Mapping[str, Mapping[str, Any]], context: Context) -> Expansion:
    """Check the template and the parameters (`{name: {"value": ...}}`) and expand them; raises TemplateError."""
    raise NotImplementedError
