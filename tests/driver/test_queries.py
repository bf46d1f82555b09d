"""Conditions over ARM resources: which texts are some, when they are met, and what is told of them."""

import time
from typing import Any

import pytest

from driver.packages.queries import Finding, check_condition, evaluate_outputs, find_query_fault

HUB = {
    "id": "/x",
    "tags": {"ready": "yes"},
    "properties": {"routingState": "Provisioning", "ports": [80, 443], "peers": [{"state": "Up"}, {"state": "Down"}]},
}


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("properties.routingState == 'Provisioned'", ""),
        ("properties.ports[0:1]", ""),
        ("length(properties.peers[?state=='Up']) > `1`", ""),
        ("properties.", "is no JMESPath: "),
        ("properties.state = 'x'", "is no JMESPath: "),
        ("", "is no JMESPath: "),
        ("lenght(properties.peers)", "is no JMESPath: there is no function lenght(), did you mean 'length'?"),
        ("tags.a && lenght(tags.b)", "is no JMESPath: there is no function lenght(), did you mean 'length'?"),
        ("length(tags.a, tags.b)", "is no JMESPath: Expected 1 argument"),
        ("[a, [b, [c, [d]]]]", "combines more than 3 lists, objects and functions"),
        ("(" * 2_000 + "a" + ")" * 2_000, "is no JMESPath: "),
    ],
)
def test_a_wrong_condition_is_known_without_a_resource(query: str, told: str) -> None:
    fault = find_query_fault(query)
    assert fault.startswith(told) if told else not fault
    assert len(fault) < 400


@pytest.mark.parametrize(
    ("query", "is_met", "values"),
    [
        ("properties.routingState == 'Provisioned'", False, {"properties.routingState": "'Provisioning'"}),
        ("properties.routingState != 'None'", True, {"properties.routingState": "'Provisioning'"}),
        ("tags.ready == 'yes' && properties.x > `1`", False, {"tags.ready": "'yes'", "properties.x": "null"}),
        ("!(tags.busy)", True, {"tags.busy": "null"}),
        ("tags.ready", True, {"tags.ready": "'yes'"}),
        ("tags.gone", False, {"tags.gone": "null"}),
        ("length(properties.ports)", True, {"properties.ports": "[80, 443]"}),
        ("`0`", True, {"`0`": "0"}),
        ("length(properties.gone) > `0`", False, {"properties.gone": "null"}),
        ("properties.ports[1] == `443`", True, {"properties.ports": "[80, 443]"}),
        ("properties.peers[?state=='Off']", False, {"properties.peers": '[{"state": "Up"}, {"state": "Down"}]'}),
        ("properties.peers | [0].state == 'Up'", True, {"properties.peers": '[{"state": "Up"}, {"state": "Down"}]'}),
        ("@.tags.ready == 'no'", False, {"@.tags.ready == 'no'": "false"}),
        ("&tags", False, {"&tags": "null"}),
        ("a || b || c || d || e", False, {"a": "null", "b": "null", "c": "null"}),
    ],
)
def test_when_a_condition_is_met_and_what_it_compares(query: str, is_met: bool, values: dict[str, str]) -> None:
    assert check_condition(query, HUB) == Finding(is_met, values)


def test_what_a_condition_compares_is_bounded() -> None:
    body = {"text": "x" * 1_000_000, "list": ["y" * 100] * 100_000}
    found = check_condition("text == 'a' || list == 'b'", body)
    assert [len(value) for value in found.values.values()] == [2_002, 2_000]


def test_a_hostile_condition_takes_no_long_time() -> None:
    body: dict[str, Any] = {"list": [{"name": f"n{number}", "more": list(range(50))} for number in range(2_000)]}
    query = "list[?more[?@ > `49`]] | [@, [@, [@]]] | [][][][].more[] == '" + "x" * 900 + "'"
    assert not find_query_fault(query)
    begun = time.process_time()
    assert not check_condition(query, body).is_met
    assert time.process_time() - begun < 5


def test_a_slice_is_an_output() -> None:
    assert evaluate_outputs({"first": "properties.ports[:1]"}, HUB) == {"first": [80]}
