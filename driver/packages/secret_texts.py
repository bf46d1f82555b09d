"""Secret texts that are not the value of a secure parameter: what an expression has composed into such a value, and
literal defaults.

Azure's messages may name only a part of a value, and a default that no request has given.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from driver.packages.expressions import list_operands
from driver.packages.secure_values import list_secure_values, mask_values
from driver.packages.templates import DEPLOYMENTS, Parameter, Template, walk_resources
from driver.redaction import SHORTEST_SECRET, has_form, list_texts

_SHORTEST_NUMBER = 8  # digits: fewer, such as those of a port, are in other texts by chance


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
    the `open_values`, and the values of parameters that are not secure.
    """
    found = [*_list_parts(template.parameters, bound, written, context), *_list_defaults(template.body, given)]
    secret = dict.fromkeys(text for text in found if _may_be_secret(text))
    if not secret:
        return ()
    shown = [
        mask_values(bound[one.name], one.list_secure_members(bound[one.name]))
        for one in template.parameters
        if one.name in bound and not one.secure
    ]
    texts = list_texts([*shown, *open_values])
    return tuple(one for one in secret if not any(one in text for text in texts))


def _may_be_secret(text: str) -> bool:
    """Whether a text can be hidden without harm to others. ARM's ids are in most messages, and in outputs."""
    is_long = len(text) >= (_SHORTEST_NUMBER if text.isdigit() else SHORTEST_SECRET)
    return is_long and not text.lower().startswith("/subscriptions/")


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
    definitions = _read_object(body, "definitions")
    for name, declared in _read_object(body, "parameters").items():
        if isinstance(declared, Mapping) and name.lower() not in names:
            values = list_secure_values(declared, definitions, declared.get("defaultValue"))
            yield from (text for value in list_texts(values) for text in _read_literal(value))
    for kind, resource in walk_resources(body.get("resources"), "", nested=False):
        properties = _read_object(resource, "properties")
        if kind.lower() == DEPLOYMENTS.lower() and isinstance(inner := properties.get("template"), Mapping):
            yield from _list_defaults(inner, _read_object(properties, "parameters"))


def _read_literal(text: str) -> tuple[str, ...]:
    """The text that ARM reads in a template, alone; nothing if it is empty or an expression."""
    if text.startswith("[["):
        return (text[1:],)
    return () if not text or (text.startswith("[") and text.endswith("]")) else (text,)


def _read_object(value: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = value.get(key)
    return found if isinstance(found, Mapping) else {}
