"""Secret texts that are not the value of a secure parameter: what an expression has composed into such a value, and
literal defaults.

Azure's messages may name only a part of a value, and a default that no request has given.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from driver.packages.expressions import list_operands
from driver.packages.parts import read_object
from driver.packages.secure_values import list_secure_values, mask_values
from driver.packages.templates import DEPLOYMENTS, Parameter, Template, walk_resources
from driver.redaction import has_form, list_texts

_SHORTEST = 8  # characters: fewer, such as those of a port or a word, are in other texts by chance


def find_secret_texts(
    template: Template,
    bound: Mapping[str, Any],
    given: Iterable[str],
    written: Mapping[str, Any],
    context: Mapping[str, Any],
    open_values: Iterable[Any],
) -> tuple[str, ...]:
    """The secret texts of a deployment beside the values of its secure parameters and members, each once.

    `bound` are the values of its parameters, `given` the names of all that have a value, `written` the parameters of
    lifecycle.yaml with their expressions, `context` the names in these. What is sent in clear text anyway is no secret:
    the `open_values`, the values of parameters that are not secure and, of what an expression has composed, the texts
    of the template.
    """
    parts = dict.fromkeys(filter(_may_be_secret, _list_parts(template.parameters, bound, written, context)))
    if parts:
        written_texts = {text.casefold() for text in list_texts(template.body)}
        parts = {text: None for text in parts if text.casefold() not in written_texts}
    secret = parts | dict.fromkeys(filter(_may_be_secret, _list_defaults(template.body, given)))
    if not secret:
        return ()
    shown = [
        mask_values(bound[one.name], one.list_secure_members(bound[one.name]))
        for one in template.parameters
        if one.name in bound and not one.secure
    ]
    texts = [text.casefold() for text in list_texts([*shown, *open_values])]
    return tuple(one for one in secret if not any(one.casefold() in text for text in texts))


def _may_be_secret(text: str) -> bool:
    """Whether a text can be hidden without harm to others. ARM's ids are in most messages, and in outputs."""
    return len(text) >= _SHORTEST and not text.lower().startswith("/subscriptions/")


def _list_parts(
    parameters: Iterable[Parameter], bound: Mapping[str, Any], written: Mapping[str, Any], context: Mapping[str, Any]
) -> Iterator[str]:
    """The texts of properties that are a part of a secure value, because an expression has put them there."""
    expressions = {name.lower(): value for name, value in written.items()}
    for parameter in parameters:
        if parameter.name not in bound or parameter.name.lower() not in expressions or not parameter.shows_secrets:
            continue
        value = bound[parameter.name]
        wholes = list_texts([value] if parameter.secure else parameter.list_secure_members(value))
        for text in list_texts(list(list_operands(expressions[parameter.name.lower()], context))):
            if text not in wholes and any(has_form(whole, text) for whole in wholes):
                yield text


def _list_defaults(body: Mapping[str, Any], given: Iterable[str]) -> Iterator[str]:
    """The texts in the literal defaults of secure parameters and members that take effect, also in nested templates."""
    names = {name.lower() for name in given}
    definitions = read_object(body, "definitions")
    for name, declared in read_object(body, "parameters").items():
        if isinstance(declared, Mapping) and name.lower() not in names:
            values = list_secure_values(declared, definitions, declared.get("defaultValue"))
            yield from (text for value in list_texts(values) for text in _read_literal(value))
    for kind, resource in walk_resources(body.get("resources"), "", nested=False):
        properties = read_object(resource, "properties")
        if kind.lower() == DEPLOYMENTS.lower() and isinstance(inner := properties.get("template"), Mapping):
            yield from _list_defaults(inner, read_object(properties, "parameters"))


def _read_literal(text: str) -> tuple[str, ...]:
    """The text that ARM reads in a template, alone; nothing if it is empty or an expression."""
    if text.startswith("[["):
        return (text[1:],)
    return () if not text or (text.startswith("[") and text.endswith("]")) else (text,)
