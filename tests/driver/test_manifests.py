"""lifecycle.yaml: what it may say, and what is said of one that is wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from driver.errors import InvalidRequest
from driver.packages.lifecycle_yaml import read_manifest
from driver.packages.manifests import Manifest, Transition

WHOLE = """
version: 1
resourceGroup: "{{ rg }}"
location: northeurope
refuseForeign: true
transitions:
  Create:
    deploy: main.bicep
    parameters: {prefixes: "{{ space }}", count: 2}
    timeout: 30m
  Start: {call: start, on: Microsoft.Compute/virtualMachines}
  RemovePeering:
    remove: {type: Microsoft.Network/virtualNetworks/subnets, name: "{{ a }}/{{ b }}", resourceGroup: rg}
  RemoveBoth:
    remove: [{type: a/b, name: x}, {type: a/c, name: y}]
reference:
  type: Microsoft.Network/virtualNetworks
  outputs: {id: id}
"""


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(InvalidRequest) as caught:
        read_manifest(text)
    assert all(fault.startswith("lifecycle.yaml") for fault in caught.value.faults)
    return caught.value.faults


def with_create(lines: str) -> str:
    return f"version: 1\ntransitions:\n  Create: {lines}\n"


def find(manifest: Manifest, name: str) -> Transition:
    found = manifest.find_transition(name)
    assert found is not None
    return found


def test_a_whole_one() -> None:
    found = read_manifest(WHOLE)
    assert find(found, "create").deploy == "main.bicep"
    assert find(found, "CREATE").parameters == {"prefixes": "{{ space }}", "count": 2}
    assert find(found, "Start").on == "Microsoft.Compute/virtualMachines"
    assert found.reference is not None
    assert found.refuse_foreign
    assert not read_manifest("{version: 1, transitions: {}}").refuse_foreign


def test_names_without_case_and_the_standard_transitions() -> None:
    found = read_manifest(WHOLE)
    assert find(found, "delete").remove == "all"
    assert [name for name in ("Install", "configure", "STOP", "Uninstall") if found.find_transition(name)] == []


def test_a_package_may_say_otherwise() -> None:
    found = read_manifest("version: 1\ntransitions: {Create: {deploy: a}, install: {deploy: b}, Delete: {deploy: c}}")
    assert find(found, "Install").deploy == "b"
    assert find(found, "delete").deploy == "c"


@pytest.mark.parametrize("name", ["Heal", "", "Create ", "__class__"])
def test_an_unknown_transition_names_the_known_ones(name: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read_manifest(WHOLE).find_transition(name)
    assert f"'{name}'" in str(caught.value)
    for known in ("Create", "Delete", "RemoveBoth", "RemovePeering", "Start"):
        assert known in str(caught.value)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200)])
def test_timeouts(text: str, seconds: int) -> None:
    assert find(read_manifest(with_create(f"{{deploy: a, timeout: {text}}}")), "Create").seconds == seconds


@pytest.mark.parametrize("text", ["30", "m", "0m", "-1m", "1d", "1.5h", "30 m", "123456789s"])
def test_wrong_timeouts(text: str) -> None:
    (fault,) = faults(with_create(f"{{deploy: a, timeout: '{text}'}}"))
    told = "takes a number followed by s, m or h, such as 30s, 20m or 2h; it is"
    assert fault == f"lifecycle.yaml line 3, transitions.Create.timeout: {told} {text}"


def test_conditions_have_a_timeout_and_keep_their_line() -> None:
    text = "{deploy: a, readyWhen: [{on: a/b, that: \"c == 'd'\"}, {on: a/b, that: e, timeout: 1h}]}"
    conditions = find(read_manifest(with_create(text)), "Create").ready_when
    assert [(one.on, one.that, one.seconds) for one in conditions] == [("a/b", "c == 'd'", 600), ("a/b", "e", 3600)]
    lines = (
        "version: 1\ntransitions:\n  Create:\n    deploy: a\n    readyWhen:\n      - on: a/b\n        that: lenght(a)"
    )
    (fault,) = faults(lines)
    told = "is no JMESPath: there is no function lenght(), did you mean 'length'?"
    assert fault == f"lifecycle.yaml line 7, transitions.Create.readyWhen.0.that: {told}"
    longest = f"{{deploy: a, readyWhen: [{{on: a/b, that: '{'a' * 1_001}'}}]}}"
    assert "takes at most 1000 characters" in faults(with_create(longest))[0]
    assert faults(with_create(f"{{deploy: a, readyWhen: [{'{on: a/b, that: a}, ' * 11}]}}"))


@pytest.mark.parametrize(
    ("create", "said"),
    [
        ("{}", "takes exactly one of deploy, remove and call"),
        ("{deploy: a, remove: all}", "takes exactly one of deploy, remove and call"),
        ("{call: start}", "call and on belong together"),
        ("{deploy: a, on: b/c}", "call and on belong together"),
        ("{remove: all, parameters: {a: b}}", "parameters belong to deploy"),
        ("{remove: all, precheck: true}", "prune, precheck, changes, ifMissing and readyWhen belong to deploy"),
        ("{deploy: a, precheck: true, ifMissing: true}", "ifMissing excludes prune and precheck"),
        ("text", "transitions.Create: "),
        ("{deploy: [a]}", "transitions.Create.deploy: takes a text"),
        ("{deploy: a, deplyo: b}", "transitions.Create.deplyo: is no key here, did you mean 'deploy'?"),
        ("{remove: some}", "transitions.Create.remove"),
        ("{remove: {type: a/b}}", "transitions.Create.remove: 'name' is missing"),
        ("{remove: [{type: a/b, name: c, x: 1}]}", "transitions.Create.remove.0.x: "),
        ("{remove: all, readyWhen: [{on: a/b, that: id}]}", "ifMissing and readyWhen belong to deploy"),
        ("{deploy: a, readyWhen: [{on: a/b}]}", "transitions.Create.readyWhen.0: 'that' is missing"),
        ("{deploy: a, readyWhen: [{on: a/b, that: 'a ='}]}", "transitions.Create.readyWhen.0.that: is no JMESPath: "),
        ("{deploy: a, readyWhen: [{on: a/b, that: a, timeout: 1d}]}", "readyWhen.0.timeout: takes a number followed"),
    ],
)
def test_faults_name_line_and_key(create: str, said: str) -> None:
    (fault,) = faults(with_create(create))
    assert said in fault
    assert fault.startswith("lifecycle.yaml line 3, transitions.Create")


def test_the_line_is_that_of_the_key_and_all_faults_are_named() -> None:
    text = "version: 2\ntransitions:\n  Create:\n    deploy: a\n    timeout: soon\nmore: 1\n"
    assert [fault.split(":")[0] for fault in faults(text)] == [
        "lifecycle.yaml line 1, version",
        "lifecycle.yaml line 5, transitions.Create.timeout",
        "lifecycle.yaml line 6, more",
    ]


@pytest.mark.parametrize("text", ["", "text", "- a", "5", "version: 1", "transitions: {}", "{a: b", "\t", "a: b: c"])
def test_what_is_no_manifest(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize(
    "text",
    [
        "version: &a 1\ntransitions: {Create: {deploy: *a}}",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "version: !!python/object/apply:os.system [id]",
        "version: !!timestamp 2001-01-01",
        "version: 1\nversion: 1\ntransitions: {}\n? [a]\n: b",
        "[" * 3000,
        "a: " + "{b: " * 3000,
    ],
)
def test_what_yaml_could_do_is_not_taken(text: str) -> None:
    assert all(len(fault) < 400 for fault in faults(text))


@given(st.text(alphabet="{}[]:-&*!|>%@`'\"\n\t a1?#,", max_size=60))
def test_any_text_is_a_manifest_or_refused_in_words(text: str) -> None:
    try:
        found = read_manifest(text)
    except InvalidRequest:
        return
    assert isinstance(found, Manifest)
