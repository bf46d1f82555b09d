"""How many copies of a resource are deployed at a time."""

from collections.abc import Mapping
from typing import Any

from emulators.azure.language.evaluation import resolve
from emulators.azure.language.models import TemplateError
from emulators.azure.language.schemas import GIVEN
from emulators.azure.language.scopes import Scope


def batch_size(loop: Mapping[str, Any], name: str, scope: Scope) -> int:
    """How many copies of the resource `name` its `loop` deploys at a time; 0 for all."""
    mode = resolve(loop["mode"], scope) if loop.get("mode") is not None else "parallel"
    usage = "Please see https://aka.ms/arm-resource-loops for usage details."
    if str(mode).lower() not in ("parallel", "serial"):
        raise TemplateError(
            f"The template resource '{name}' has an invalid copy mode '{mode}'. The supported values are "
            f"'Parallel,Serial'. {usage}"
        )
    size = resolve(loop.get("batchSize"), scope)
    if str(mode).lower() == "parallel":
        if size is not None:
            raise TemplateError(
                f"The template resource '{name}' has an unexpected copy batch size value. The copy batch size is only "
                f"supported for copy mode values: 'Serial'. {usage}"
            )
        return 0
    return 1 if size is None else _whole_number(size, name)


def _whole_number(size: Any, name: str) -> int:
    if isinstance(size, int) and not isinstance(size, bool):
        return size
    raise TemplateError(
        f"The template resource '{name}' is not valid: Evaluation result of language expression '{size}' is type "
        f"'{GIVEN.get(type(size), 'Object')}', expected type is 'Integer'.. "
        "Please see https://aka.ms/arm-functions for usage details."
    )
