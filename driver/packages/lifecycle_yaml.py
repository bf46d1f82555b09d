"""A `lifecycle.yaml`, read into a Manifest. A fault names line and key, and what would be right."""

from collections.abc import Iterator
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from driver.errors import InvalidRequest
from driver.faults import describe_fault, suggest_name
from driver.packages.documents import Document, Key, read_document
from driver.packages.manifests import FILE, FORMS, Manifest

_IN_KEY = "[key]"  # pydantic's word, at the end of a location, for the key instead of the value
_MOST_FAULTS = 50
_LONGEST = 100  # characters of a value in a message


def read_manifest(text: str) -> Manifest:
    """Read the text of a lifecycle.yaml. Raises InvalidRequest naming line and key of every fault."""
    return parse_manifest(read_document(text, FILE))


def parse_manifest(document: Document) -> Manifest:
    """The manifest in a lifecycle.yaml. Raises InvalidRequest naming line and key of every fault."""
    if document.content is None:
        raise InvalidRequest(f"{document.file} line 1: it is empty: it takes the keys {', '.join(list_keys(()))}")
    try:
        return Manifest.model_validate(document.content)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        told = list(dict.fromkeys(_describe(fault, document) for fault in faults[:_MOST_FAULTS]))
        if len(faults) > _MOST_FAULTS:
            told.append(f"{FILE}: {len(faults) - _MOST_FAULTS} more faults")
        raise InvalidRequest(*told) from error


def _describe(fault: ErrorDetails, document: Document) -> str:
    keys: tuple[Key, ...] = tuple(key for key in fault["loc"] if key not in (*FORMS, _IN_KEY))
    place, name = document.find_place(*keys), str(keys[-1]) if keys else ""
    if fault["loc"] and fault["loc"][-1] == _IN_KEY:
        return f"{place}: the name takes a text: put it into quotes"
    said = describe_fault(fault)
    if fault["type"] == "model_type":
        return f"{place}: {said} (its keys are {', '.join(list_keys(keys))})"
    if fault["type"] == "literal_error" and FORMS[0] in fault["loc"]:
        return f"{place}: takes all, one resource {{type, name, resourceGroup}}, or a list of such resources"
    if fault["type"] == "extra_forbidden":
        known = list_keys(keys[:-1])
        return f"{place}: {said} here{suggest_name(name, known)} (there are {', '.join(known)})"
    if fault["type"] == "missing":
        return f"{document.find_place(*keys[:-1])}: '{name}' is missing"
    node = document.find_node(*keys)
    if fault["type"] == "string_type" and isinstance(node, yaml.ScalarNode) and node.value:
        return f"{place}: {said}: put {node.value[:_LONGEST]} into quotes"
    return f"{place}: {said}"


def list_keys(keys: tuple[Key, ...]) -> tuple[str, ...]:
    """The keys that there may be below others in a lifecycle.yaml."""
    annotation: Any = Manifest
    for key in keys:
        if _is_model(annotation):
            annotation = next(
                (one.annotation for name, one in annotation.model_fields.items() if key in (name, one.alias)), None
            )
        else:  # within a list or a dictionary
            annotation = next(_walk_models(annotation), None)
    model = next(_walk_models(annotation), None)
    return tuple(one.alias or name for name, one in model.model_fields.items()) if model else ()


def _walk_models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models in a type."""
    if _is_model(annotation):
        yield annotation
    for inner in get_args(annotation):
        yield from _walk_models(inner)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
