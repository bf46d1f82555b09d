"""The text of a `lifecycle.yaml`, read into a Manifest. A fault names line and key."""

import re

import yaml
from pydantic import ValidationError

from driver.errors import InvalidRequest
from driver.packages.manifests import FILE, FORMS, Manifest


class _Loader(yaml.SafeLoader):
    """Reads booleans as YAML 1.2 does: only true and false. In YAML 1.1 the key `on` would be a boolean."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"true|True|TRUE|false|False|FALSE"), list("tTfF"))


def read_manifest(text: str) -> Manifest:
    """Read the text of a lifecycle.yaml. Raises InvalidRequest naming line and key of every fault."""
    try:
        tree = yaml.compose(text, Loader=_Loader)
        if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, Loader=_Loader)):
            raise InvalidRequest(f"{FILE}: anchors and aliases are not taken")
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader # nosec B506
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidRequest(f"{FILE}: {' '.join(str(error).split())[:300]}") from error
    try:
        return Manifest.model_validate(content)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        raise InvalidRequest(
            *dict.fromkeys(_describe_fault(fault["loc"], fault["msg"], tree) for fault in faults)
        ) from error


def _describe_fault(location: tuple[int | str, ...], message: str, tree: yaml.Node | None) -> str:
    keys = []
    node = tree
    line = 1
    for key in location:
        if key in FORMS:
            continue
        below = _find_node(node, key)
        keys.append(str(key))
        if below is None:
            break
        node, line = below
    return f"{FILE} line {line}, {'.'.join(keys) or 'top level'}: {message.removeprefix('Value error, ')}"


def _find_node(node: yaml.Node | None, key: int | str) -> tuple[yaml.Node, int] | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                return value, name.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key].start_mark.line + 1
    return None
