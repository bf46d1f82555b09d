"""The documentation is current, whole, and says what the app does."""

import inspect
import json
import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from dev import reference
from driver import events, settings, variables
from driver.errors import NotReady
from driver.packages.manifests import ADOPT, IDLE, INTEGRITY, PREVIEWS, STANDARD, UPDATES
from tests.docs.pages import ROOT, blocks
from tests.support.app import functions

LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
FOLDERS = "benchmarks|dev|docs|driver|emulators|examples|helm|infra|orchestrators|tests"
NAMED = re.compile(rf"`((?:{FOLDERS})/[\w./*-]+)`")


def test_generated_parts_are_current() -> None:
    stale = [path.name for path, text in reference.generated() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run `make reference`"


def test_every_variable_that_is_read_is_described() -> None:
    source = inspect.getsource(settings) + inspect.getsource(variables)
    read = set(re.findall(r'environment(?:\.get\(|, )"([A-Z_]+)"', source))
    described = {name for field in fields(settings.Settings) for name in field.metadata}
    assert read == described - {"KAFKA_CONFIG_<NAME>", settings.BACKEND}


def test_the_schema_takes_every_built_in_package_and_no_nonsense() -> None:
    schema = json.loads((ROOT / "docs" / "lifecycle.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    packages = sorted((ROOT / "infra" / "resources").glob("*/lifecycle.yaml"))
    assert len(packages) > 10
    for path in packages:
        # YAML 1.1 reads the key `on` as a boolean; the driver does not.
        text = re.sub(r"^(\s+)on:", r'\1"on":', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert list(validator.iter_errors(yaml.safe_load(text))) == [], path
    assert not validator.is_valid({"version": 2, "transitions": {}})
    assert not validator.is_valid({"version": 1, "transitions": {"Create": {"deploi": "main.bicep"}}})


def test_openapi_has_the_routes_of_the_app() -> None:
    text = (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8")
    described = json.loads(text)
    routes = {(path.lstrip("/"), method.upper()) for path, one in described["paths"].items() for method in one}
    assert routes == set(_routes())
    references = re.findall(r'"#/([^"]+)"', text)
    assert len(references) > 20
    for one in references:
        node: Any = described
        for key in one.split("/"):
            node = node[key]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_the_root_pages_lead_somewhere(page: str) -> None:
    links = LINK.findall((ROOT / page).read_text(encoding="utf-8"))
    assert links
    assert [one for one in links if not (ROOT / one).exists()] == []


def test_files_that_the_pages_name_are_there() -> None:
    named = {
        (page.name, path)
        for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
        for path in re.findall(NAMED, page.read_text(encoding="utf-8"))
    }
    assert len(named) > 30
    assert sorted(one for one in named if not list(ROOT.glob(one[1]))) == []


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")], ids=lambda page: page.stem)
def test_commands_can_be_pasted_and_their_make_targets_exist(page: Path) -> None:
    commands = "\n".join(blocks(str(page.relative_to(ROOT)), "shell", needing=True))
    parsed = subprocess.run(["bash", "-n"], input=commands, capture_output=True, text=True)
    assert parsed.returncode == 0, parsed.stderr
    makefiles = [ROOT / "Makefile", *ROOT.glob("mk/*.mk")]
    targets = set(re.findall(r"^([a-z-]+):", "\n".join(one.read_text("utf-8") for one in makefiles), re.MULTILINE))
    named = re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(named) <= targets


@pytest.mark.parametrize("number", range(3))
def test_librdkafka_takes_the_kafka_settings(number: int, tls: dict[str, str]) -> None:
    text = blocks("docs/kafka.md", "ini")[number]
    environment = dict(line.split("=", 1) for line in text.splitlines())
    environment |= {name: pem for name, pem in tls.items() if name in environment}
    given = settings.read({**environment, "SEALING_KEYS": "k"})
    assert given.faults == ()
    assert len(given.kafka_config) >= 4
    events.require_valid_settings(given)


def test_librdkafka_refuses_what_it_does_not_know() -> None:
    wrong = settings.read({"KAFKA_BOOTSTRAP_SERVERS": "kafka:9093", "KAFKA_CONFIG_SASL_MECHANISMUS": "PLAIN"})
    with pytest.raises(NotReady, match="mechanismus"):
        events.require_valid_settings(wrong)


def test_the_page_of_transitions_has_all_that_the_driver_knows() -> None:
    page = (ROOT / "docs" / "transitions.md").read_text(encoding="utf-8")
    described = set(re.findall(r"^\| (\w+) \|", page, re.MULTILINE))
    assert {*STANDARD, *IDLE, *UPDATES, ADOPT, INTEGRITY, *PREVIEWS} <= described


def _routes() -> list[tuple[str, str]]:
    found = []
    for function in functions():
        for binding in function.get_bindings():
            if binding.type == "httpTrigger":
                found += [(binding.route, method.value) for method in binding.methods]
    return found


def test_each_threat_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([STRIDE]) \|(.*)\|$", page, re.MULTILINE)
    assert {letter for letter, _ in rows} == set("STRIDE")
    assert len(rows) > 25
    for _, row in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named, row
        for file, test in named:
            assert f"\ndef {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{file}::{test}"
