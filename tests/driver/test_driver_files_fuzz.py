"""Driver files that nobody would write: zips, manifests, templates and expressions, through the whole edge. Whatever
they hold, the answer is a 202 or a 4xx with a reason, within seconds, and nothing is written anywhere.
"""

import asyncio
import base64
import io
import json
import random
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from driver import acceptance, api
from tests.support.driver_files import zipped
from tests.support.executions import TaskHub
from tests.support.requests import SETTINGS, body, encoded, streamed

# Three times what five seeds needed at most, 2.4 s and 11 s, on two cores with a load of 7.
SECONDS = 7  # of the processor, so that a busy machine changes little
HANGS = 33  # by the clock
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
DEPLOYMENTS = "Microsoft.Resources/deployments"
TEMPLATE = json.dumps({"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": []})


@pytest.fixture(autouse=True, scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The driver's settings without a Bicep compiler, and a folder for temporary files that stays empty."""
    folder = tmp_path_factory.mktemp("temporary")
    with pytest.MonkeyPatch.context() as patch:
        for module in (acceptance, api):
            patch.setattr(module, "current", lambda: replace(SETTINGS, bicep_path=""))
        patch.setattr(tempfile, "tempdir", str(folder))
        yield folder
    assert list(folder.iterdir()) == []


def answer(files: str, properties: Mapping[str, Any] | None = None) -> api.Answer:
    """What a Create with these driver files is answered. It must not take the event loop: that is what a hang is."""
    content = encoded(body(properties=properties, driverFiles=files))
    finished = threading.Event()
    answers: list[api.Answer] = []

    def run() -> None:
        answers.append(asyncio.run(api.execute(streamed(content), {}, TaskHub())))
        finished.set()

    begun = time.process_time()
    threading.Thread(target=run, daemon=True).start()
    assert finished.wait(HANGS), "no answer"
    assert time.process_time() - begun < SECONDS
    given_answer = answers[0]
    assert given_answer.status in (202, 400), given_answer
    if given_answer.status == 400:
        assert 0 < len(given_answer.body["localizedMessage"]) < 20_000
    return given_answer


def refusal(files: str, properties: Mapping[str, Any] | None = None) -> str:
    found = answer(files, properties)
    assert found.status == 400, found
    return str(found.body["localizedMessage"])


def manifest(text: str) -> str:
    return zipped({"lifecycle.yaml": text, "main.json": TEMPLATE})


def expression(text: str) -> str:
    """A package whose resource group is this text."""
    group = json.dumps(text)
    return manifest(f"version: 1\nresourceGroup: {group}\ntransitions: {{Create: {{deploy: main.json}}}}")


def test_the_package_that_the_others_are_variants_of_is_accepted() -> None:
    assert answer(expression("{{ resourcegroup_name }}")).status == 202


HOSTILE_ZIPS: dict[str, Callable[[], bytes]] = {
    "a bomb": lambda: _zip({"a.json": b"0" * 100_000_000}),
    "a bomb that lies about its size": lambda: _zip({"main.json": b"0" * 30_000_000}).replace(
        (30_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")
    ),
    "many files": lambda: _zip({f"{number}.json": b"" for number in range(5_000)}),
    "a file that is a folder": lambda: _zip({"lifecycle.yaml": b"version: 1", "lifecycle.yaml/a": b""}),
    "a long name": lambda: _zip({"a" * 60_000 + ".json": b""}),
    "names deep in folders": lambda: _zip({"a/" * 10_000 + "main.json": b""}),
    "a way out": lambda: _zip({"../../main.json": TEMPLATE.encode()}),
    "an absolute path": lambda: _zip({"/etc/main.json": TEMPLATE.encode()}),
    "a drive": lambda: _zip({"C:\\main.json": TEMPLATE.encode()}),
    "an end in a control character": lambda: _zip({"main.json\x07": TEMPLATE.encode()}),
    "cut off": lambda: _zip({"main.json": TEMPLATE.encode() * 50})[:-30],
    "no zip": lambda: b"PK\x03\x04" + bytes(100),
}


def _zip(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, content in files.items():
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


@pytest.mark.parametrize("name", HOSTILE_ZIPS)
def test_a_hostile_zip_is_refused(name: str) -> None:
    assert refusal(base64.b64encode(HOSTILE_ZIPS[name]()).decode()).startswith("driverFiles: ")


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=150)
def test_a_zip_with_changed_bytes(seed: int, number: int) -> None:
    chance = random.Random(seed)
    content = bytearray(base64.b64decode(expression("{{ resourcegroup_name }}")))
    for _ in range(number):
        content[chance.randrange(len(content))] = chance.randrange(256)
    answer(base64.b64encode(bytes(content)).decode())


HOSTILE_MANIFESTS = {
    "laughs": "a: &a [x, x, x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(20)),
    "deep lists": "version: " + "[" * 5_000 + "]" * 5_000,
    "deep mappings": "{a: " * 5_000 + "}" * 5_000,
    "deep indents": "".join(f"{' ' * depth}a:\n" for depth in range(1_500)),
    "an object of Python": "version: !!python/object/apply:os.system ['touch /tmp/hostile']",
    "a merge of itself": "a: &a\n  <<: *a\nversion: 1",
    "keys that are no text": "version: 1\ntransitions: {? [1, 2] : {deploy: main.json}}",
    "keys without end": "version: 1\ntransitions:\n"
    + "".join(f"  T{number}: {{deploy: 5}}\n" for number in range(3_000)),
    "a long number": "version: " + "9" * 100_000,
    "a date": "version: 2020-02-30T99:99:99Z",
    "sixty": "version: " + ":".join(["59"] * 5_000),
    "binary": "version: !!binary '%%%'",
    "two documents": "version: 1\n---\nversion: 1",
    "nothing": "",
    "text": "hello",
    "tabs": "version:\t1\n\ttransitions:",
    "control characters": "version: 1\x00",
}


@pytest.mark.parametrize("name", HOSTILE_MANIFESTS)
def test_a_hostile_manifest_is_refused(name: str) -> None:
    assert "lifecycle.yaml" in refusal(manifest(HOSTILE_MANIFESTS[name]))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
TRANSITION = st.fixed_dictionaries(
    {},
    optional={
        "deploy": st.sampled_from(["main.json", "other.json", "", "../main.json", "main.bicep", "lifecycle.yaml"])
        | VALUES,
        "remove": st.sampled_from(["all", "none", {"type": "a/b", "name": "{{ vnet_name }}"}, {"type": "a/b"}])
        | VALUES,
        "call": st.text(max_size=5) | VALUES,
        "on": st.text(max_size=5) | VALUES,
        "parameters": st.dictionaries(st.text(max_size=5), VALUES, max_size=2) | VALUES,
        "timeout": st.sampled_from(["30m", "0s", "99999h", "-1m", "1d"]) | VALUES,
        "resourceGroup": VALUES,
    },
)
MANIFESTS = st.fixed_dictionaries(
    {
        "version": st.just(1) | VALUES,
        "transitions": st.dictionaries(st.sampled_from(["Create", "Delete", ""]), TRANSITION),
    },
    optional={"resourceGroup": VALUES, "location": VALUES, "reference": VALUES, "more": VALUES},
)


@pytest.mark.slow
@given(MANIFESTS)
@settings(max_examples=300)
def test_any_manifest_is_taken_or_refused(content: dict[str, Any]) -> None:
    answer(manifest(json.dumps(content)))


@pytest.mark.slow
@given(st.text(max_size=200))
@settings(max_examples=150)
def test_any_text_as_a_manifest_is_taken_or_refused(text: str) -> None:
    answer(manifest(text))


HOSTILE_EXPRESSIONS = [
    "{{ 'a' * 10000000000 }}",
    "{{ 9 ** 9 ** 9 ** 9 }}",
    "{{ [0] * 10000000000 }}",
    "{{ range(10000000000) | list }}",
    "{% for a in range(10000000000) %}a{% endfor %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ resourcegroup_name.__init__.__globals__ }}",
    "{{ self.__dict__ }}",
    "{{ cycler.__init__.__globals__.os.system('touch /tmp/hostile') }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ '{:1000000000}'.format(1) }}",
    "{{ ('a' ~ 'a') | center(1000000000) }}",
    "{{ 'a' | replace('a', 'a' * 1000) }}",
    "{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}",
    "{{ " + "-" * 9_000 + "1 }}",
    "{{ " + "[" * 90 + "]" * 90 + " }}",
    "{{ " + " ~ ".join(["resourcegroup_name"] * 600) + " }}",
    "{{ resourcegroup_name" + " | join('aaaaaaaaaaaaaaaaaaaaaaaaaa')" * 18 + " }}",
    "{{ 1 if " * 3_000 + "}}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% set a = 'a' %}",
    "{{ 1 / 0 }}",
    "{{ missing }}",
    "{{",
    "{{ }}",
    "{# ",
    "{{ namespace() }}",
    "{{ lipsum(1000000) }}",
    "{{ 'a' | int(base=1000000) }}",
    "{{ ('9' * 5) | int ** 99999 }}",
    "{{ [[1, 2], [3, 4]] | tojson(1000000) }}",
    "{{ 1e308 * 10 }}",
]


@pytest.mark.parametrize("text", HOSTILE_EXPRESSIONS, ids=lambda text: text[:40])
def test_a_hostile_expression_is_refused(text: str) -> None:
    assert "resourceGroup: " in refusal(expression(text))
    assert not Path("/tmp/hostile").exists()


PARTS = st.sampled_from(
    [
        *("{{", "}}", "{%", "%}", "{#", "#}", "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "~", "+", "-", "*"),
        *("/", "//", "%", "**", "==", "<", "and", "or", "not", "in", "is", "if", "else", "for", "endfor", "set"),
        *("resourcegroup_name", "vnet_name", "missing", "self", "range", "__class__", "true", "none", "defined", "odd"),
        *(
            "'a'",
            '"b"',
            "0",
            "1",
            "99999999999",
            "1e400",
            "default",
            "join",
            "tojson",
            "upper",
            "int",
            "length",
            "list",
        ),
    ]
)


@pytest.mark.slow
@given(st.lists(PARTS, max_size=25).map(" ".join))
@settings(max_examples=500)
def test_any_expression_is_taken_or_refused(text: str) -> None:
    answer(expression(text))
    answer(expression("{{ " + text + " }}"))


@pytest.mark.slow
@given(VALUES)
@settings(max_examples=200)
def test_any_json_as_a_template_is_taken_or_refused(content: Any) -> None:
    whole = {"$schema": SCHEMA, "resources": content, "parameters": {"vnet_name": content}, "outputs": content}
    answer(zipped({"main.json": json.dumps(whole)}))
    answer(zipped({"main.json": json.dumps({**whole, "parameters": content, "resources": []})}))


def test_linked_templates_that_link_each_other_end() -> None:
    def linking(*paths: str) -> str:
        resources = [
            {
                "type": "Microsoft.Resources/deployments",
                "name": path,
                "properties": {"templateLink": {"relativePath": path}},
            }
            for path in paths
        ]
        return json.dumps({"$schema": SCHEMA, "resources": resources})

    assert "deeper than" in refusal(zipped({"main.json": linking("main.json")}))
    wide = ["a.json"] * 40
    files = {"main.json": linking(*wide), "a.json": linking(*["b.json"] * 40), "b.json": linking(*["c.json"] * 40)}
    assert "more than 800 linked" in refusal(
        zipped({**files, "c.json": linking(*["d.json"] * 40), "d.json": linking()})
    )


@pytest.mark.parametrize(("levels", "status"), [(45, 202), (60, 400), (230, 400), (2_000, 400)])
def test_templates_nested_deep_are_taken_or_refused(levels: int, status: int) -> None:
    inner = TEMPLATE
    for _ in range(levels):
        resource = f'{{"type": "{DEPLOYMENTS}", "properties": {{"template": {inner}}}}}'
        inner = f'{{"$schema": "{SCHEMA}", "resources": [{resource}]}}'
    files = {
        "lifecycle.yaml": "version: 1\nresourceGroup: a\ntransitions: {Create: {deploy: main.json}}",
        "main.json": inner,
    }
    assert answer(zipped(files)).status == status


@pytest.mark.parametrize(("levels", "status"), [(150, 202), (250, 400), (900, 400), (50_000, 400)])
def test_values_nested_deep_are_taken_or_refused(levels: int, status: int) -> None:
    template = {"$schema": SCHEMA, "resources": [], "parameters": {"deep": {"type": "array"}}}
    files = zipped({"main.json": json.dumps(template)})
    assert answer(files, {"deep": "[" * levels + "]" * levels}).status == status
