"""The language of ARM templates: their evaluation for the embedded Azure."""

from emulators.azure.language.expansion import Expansion, expand
from emulators.azure.language.models import Context, Resource, Runtime, TemplateError

__all__ = ["Context", "Expansion", "Resource", "Runtime", "TemplateError", "expand"]
