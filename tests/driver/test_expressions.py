"""Expressions of a lifecycle.yaml: what they give, and what the sandbox does not let through."""

from typing import Any

import pytest

from driver.errors import InvalidRequest
from driver.packages.expressions import LONGEST, evaluate, evaluate_all

CONTEXT: dict[str, Any] = {
    "text": "vnet-1",
    "number": 5,
    "truth": False,
    "items_": ["a", "b"],
    "mapping": {"a": {"b": [1, None]}, "with-dash": "d"},
    "empty": None,
    "quote": '"',
    "key": {"keyName": "k", "publicKey": "public"},
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ number }}", 5),
        ("  {{ number }}\n", 5),
        ("{{- truth -}}", False),
        ("{{ items_ }}", ["a", "b"]),
        ("{{ mapping }}", CONTEXT["mapping"]),
        ("{{ empty }}", None),
        ("{{ mapping.a.b[0] }}", 1),
        ("{{ mapping['with-dash'] }}", "d"),
        ("{{ number + 1 }}", 6),
        ("{{ (1, 2) }}", [1, 2]),
        ("{{ '}}' }}", "}}"),
        ("{{ missing | default(3) }}", 3),
        ("{{ empty | default('none', boolean=true) }}", "none"),
        ("{{ missing is defined }}", False),
        ("{{ text" + " | trim" * 16 + " }}", "vnet-1"),
        ("{{ 'yes' if truth else 'no' }}", "no"),
    ],
)
def test_a_lone_expression_keeps_its_type(text: str, value: Any) -> None:
    assert evaluate(text, CONTEXT, "here") == value
    assert type(evaluate(text, CONTEXT, "here")) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ("plain text, 100 %", "plain text, 100 %"),
        ("{{ text }}-{{ number }}", "vnet-1-5"),
        ("{{ number }}{{ number }}", "55"),
        ("{{ number }} {{ number }}", "5 5"),
        ("n{{ number }}", "n5"),
        ("{{ number }}{# a comment #}", "5"),
        ("{{ items_ | join(',') }}", "a,b"),
        ("{{ mapping.a | tojson }}", '{"b": [1, null]}'),
        ("<{{ text | upper }}>", "<VNET-1>"),
    ],
)
def test_any_other_text_is_text(text: str, value: str) -> None:
    assert str(evaluate(text, CONTEXT, "here")) == value


@pytest.mark.parametrize("name", ["self", "args", "kwargs", "context", "environment", "class", "a-b", "1", ""])
def test_a_property_may_have_any_name(name: str) -> None:
    context = {**CONTEXT, name: "x"}
    assert evaluate("{{ number }}", context, "here") == 5
    assert evaluate("n{{ number }}", context, "here") == "n5"


@pytest.mark.parametrize("text", ["{{ absent }}", "a {{ absent }}", "{{ [absent] }}", "{{ {'a': absent} }}"])
def test_what_is_missing_is_named_with_the_place(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^AzureVNet, Create: .*needs the property 'absent', which is not there"):
        evaluate(text, CONTEXT, "AzureVNet, Create")


HOSTILE = {
    "class of a text": "{{ ''.__class__ }}",
    "class by key": "{{ ''['__class__'] }}",
    "class by a built key": "{{ ''['__cl' ~ 'ass__'] }}",
    "mro": "{{ text.__class__.__mro__[1].__subclasses__() }}",
    "init of a filter": "{{ text | attr('__class__') }}",
    "globals": "{{ cycler.__init__.__globals__ }}",
    "self": "{{ self._TemplateReference__context }}x",
    "call": "{{ text.upper() }}",
    "format": "{{ '{0.__class__}'.format(1) }}",
    "percent format": "{{ '%1000000000s' % 1 }}",
    "method": "{{ text.upper }}",
    "method of a mapping": "{{ mapping.items }}",
    "range": "{{ range(1000000000) }}",
    "loop": "{% for a in items_ %}{{ a }}{% endfor %}",
    "set": "{% set a = 1 %}{{ a }}",
    "macro": "{% macro a() %}{% endmacro %}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import 'os' as os %}",
    "extends": "{% extends 'x' %}",
    "condition": "{% if truth %}{% endif %}",
    "repeat": "{{ 'a' * 1000000000 }}",
    "repeat a list": "{{ [1] * 1000000000 }}",
    "power": "{{ 9 ** 9 ** 9 ** 9 }}",
    "modulo": "{{ 5 % 2 }}",
    "map": "{{ items_ | map('upper') }}",
    "pretty": "{{ mapping | tojson(indent=1000000000) }}",
    "escapes upon escapes": "{{ quote" + " | tojson" * 64 + " }}",
    "center": "{{ text | center(1000000000) }}",
    "batch": "{{ items_ | batch(1000000000, 'x') | list }}",
    "division": "{{ 1 / 0 }}",
    "divisible": "{{ 1 is divisibleby 0 }}",
    "number too long": "{{ " + "9" * 5000 + " + 1 }}",
    "types": "{{ 'a' + 1 }}",
    "no such filter": "{{ text | shell }}",
    "no such test": "{{ text is shell }}",
    "unclosed": "{{ text",
    "no expression": "{{ }}",
    "brackets": "{{ " + "(" * 4000 + "1" + ")" * 4000 + " }}",
    "nested lists": "{{ " + "[" * 150 + "]" * 150 + " }}",
    "filters": "{{ text" + " | trim" * 300 + " }}",
    "many filters": "{{ text" + " | trim" * 1200 + " }}",
    "attributes": "{{ mapping" + ".a" * 4000 + " }}",
    "negations": "{{ " + "not " * 2000 + "1 }}",
    "additions": "{{ 1" + " + 1" * 2000 + " }}",
    "text too long": "a" * (LONGEST + 1),
    "value too long": "{{ '" + "a" * 4000 + "' ~ '" + "b" * 4000 + "' ~ text | upper ~ '" + "c" * 1900 + "' ~ long }}",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_expressions_are_refused_with_the_place(text: str) -> None:
    with pytest.raises(InvalidRequest, match=r"^here: ") as caught:
        evaluate(text, {**CONTEXT, "long": "c" * 9000}, "here")
    assert len(str(caught.value)) < 1_000


def test_a_value_as_long_as_it_may_be() -> None:
    assert len(evaluate("{{ long }}", {"long": "x" * LONGEST}, "here")) == LONGEST
    with pytest.raises(InvalidRequest, match=f"gives more than {LONGEST} characters"):
        evaluate("{{ long }}!", {"long": "x" * LONGEST}, "here")


def test_every_text_of_a_yaml_value_is_evaluated_and_the_place_is_told() -> None:
    value = {"name": "{{ text }}", "list": ["{{ number }}", 7, None], "truth": True}
    assert evaluate_all(value, CONTEXT, "here") == {"name": "vnet-1", "list": [5, 7, None], "truth": True}
    with pytest.raises(InvalidRequest, match=r"^here\.list\[1\]\.a: "):
        evaluate_all({"list": ["", {"a": "{{ absent }}"}]}, CONTEXT, "here")


def test_a_property_with_a_hyphen_is_said_to_be_no_name() -> None:
    with pytest.raises(InvalidRequest) as caught:
        evaluate("{{ network-id }}", {"network-id": "a", "vnet": "b"}, "here")
    told = "takes the '-' in 'network-id' for a minus: an expression names no property with a hyphen, rename it"
    assert str(caught.value) == f"here: '{{{{ network-id }}}}' {told}"
