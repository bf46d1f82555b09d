"""The values of a template's outputs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulators.azure.language.evaluation import copy_count, resolve
from emulators.azure.language.models import TemplateError
from emulators.azure.language.schemas import check, flatten, is_secure, show_type
from emulators.azure.language.scopes import Scope


def output_values(template: Mapping[str, Any], scope: Scope) -> dict[str, tuple[Mapping[str, Any], Any]]:
    """`{name: (declaration, value)}`, without outputs that have a false condition or are written as null."""
    definitions = template.get("definitions") or {}
    result: dict[str, tuple[Mapping[str, Any], Any]] = {}
    for name, written in (template.get("outputs") or {}).items():
        declared = flatten(written, definitions)
        try:
            if resolve(declared.get("condition", True), scope) is not False:
                if declared.get("nullable") and declared.get("value") is None and "copy" not in declared:
                    continue
                value = _value(declared, scope)
                check(value, declared, definitions, f"template output '{name}'")
                result[name] = (declared, value)
        except TemplateError as error:
            raise TemplateError(
                f"Unable to evaluate template outputs: '{name}'. {error.message}", "DeploymentOutputEvaluationFailed"
            ) from error
    return result


def show_outputs(values: Mapping[str, tuple[Mapping[str, Any], Any]]) -> dict[str, dict[str, Any]]:
    """`{name: {"type", "value"}}`; a secure output has no value."""
    result = {}
    for name, (declared, value) in values.items():
        shown: dict[str, Any] = show_type(declared)
        result[name] = shown if is_secure(declared) else {**shown, "value": value}
    return result


def _value(declared: Mapping[str, Any], scope: Scope) -> Any:
    loop = declared.get("copy")
    if not isinstance(loop, Mapping):
        return resolve(declared.get("value"), scope)
    count = copy_count(loop, scope)
    return [resolve(loop.get("input"), replace(scope, copies={"": index}, copy="")) for index in range(count)]
