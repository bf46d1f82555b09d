"""JMESPath over ARM resources: the outputs of a package's `reference:` block."""

import json
from collections.abc import Mapping
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from driver.errors import InvalidRequest

_MOST_COMBINED = 3  # lists, objects and functions in a JMESPath: each may multiply the size of its input
_LARGEST_OUTPUT = 1_000_000  # characters of JSON


def evaluate_outputs(outputs: Mapping[str, str], resource: Mapping[str, Any]) -> dict[str, Any]:
    """The values of outputs by name, from the body of a resource. Raises InvalidRequest naming the output."""
    return {name: _evaluate_output(name, query, resource) for name, query in outputs.items()}


def _evaluate_output(name: str, query: str, resource: Mapping[str, Any]) -> Any:
    place = f"lifecycle.yaml, reference.outputs.{name}: '{query[:300]}'"
    try:
        compiled = jmespath.compile(query)
        if _count_combined(compiled.parsed) > _MOST_COMBINED:
            raise InvalidRequest(f"{place} combines more than {_MOST_COMBINED} lists, objects and functions")
        text = ""
        for chunk in json.JSONEncoder().iterencode(compiled.search(resource)):
            text += chunk
            if len(text) > _LARGEST_OUTPUT:
                raise InvalidRequest(f"{place} gives more than {_LARGEST_OUTPUT} characters")
        return json.loads(text)
    except (JMESPathError, RecursionError, ValueError, TypeError) as error:
        raise InvalidRequest(f"{place} is no JMESPath for this resource: {str(error)[:300]}") from error


def _count_combined(node: Mapping[str, Any]) -> int:
    """The number of lists, objects and functions in a parsed JMESPath."""
    here = node["type"] in ("multi_select_list", "multi_select_dict", "function_expression")
    return here + sum(_count_combined(child) for child in node["children"])
