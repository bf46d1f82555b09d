"""Linked templates: each `templateLink.relativePath` in a package's ARM JSON is replaced with the file it names."""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from driver.errors import InvalidRequest
from driver.packages.relaxed_json import read_json
from driver.packages.spelling import spell_template

_DEEPEST = 5  # levels of nested templates, as in ARM
_MOST = 800  # links in one template: ARM's limit for resources
_DEPLOYMENTS = "microsoft.resources/deployments"


def inline_links(body: Any, file: str, files: Mapping[str, bytes]) -> Any:
    """The template with linked templates inlined as nested ones. Links by `uri` or `id` stay: ARM resolves them."""
    return _inline_template(body, file, _Package(files, iter(range(_MOST))), 0)


@dataclass(frozen=True)
class _Package:
    """The files by path. `links` yields once for each link that may still be followed."""

    files: Mapping[str, bytes]
    links: Iterator[int]


def _inline_template(body: Any, file: str, package: _Package, level: int) -> Any:
    if not isinstance(body, Mapping):
        return body
    resources = body.get("resources")
    if isinstance(resources, Mapping):
        return {
            **body,
            "resources": {
                name: _inline_resource(resource, file, package, level) for name, resource in resources.items()
            },
        }
    if isinstance(resources, list):
        return {**body, "resources": [_inline_resource(resource, file, package, level) for resource in resources]}
    return dict(body)


def _inline_resource(resource: Any, file: str, package: _Package, level: int) -> Any:
    if not isinstance(resource, Mapping) or str(resource.get("type", "")).lower() != _DEPLOYMENTS:
        return resource
    properties = resource.get("properties")
    if not isinstance(properties, Mapping):
        return resource
    link = properties.get("templateLink")
    if isinstance(link, Mapping) and "relativePath" in link:
        rest = {key: value for key, value in properties.items() if key != "templateLink"}
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file), str(link["relativePath"])))
        inner = {
            "expressionEvaluationOptions": {"scope": "inner"},
            "template": _read_linked_template(path, file, package, level),
        }
        return {**resource, "properties": {**rest, **inner}}
    if isinstance(properties.get("template"), Mapping):
        return {
            **resource,
            "properties": {
                **properties,
                "template": _inline_template(properties["template"], file, package, level + 1),
            },
        }
    return resource


def _read_linked_template(path: str, file: str, package: _Package, level: int) -> Any:
    if path not in package.files:
        raise InvalidRequest(f"{file}: templateLink.relativePath leads to '{path}', which is not in the package")
    if level >= _DEEPEST:
        raise InvalidRequest(f"{file}: linked templates are nested deeper than {_DEEPEST} levels")
    if next(package.links, None) is None:
        raise InvalidRequest(f"{file}: more than {_MOST} linked templates")
    return _inline_template(spell_template(read_json(package.files[path], path)), path, package, level + 1)
