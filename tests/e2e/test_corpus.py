"""The corpus of real templates and the small ones of the cases, each created through the driver, all at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from dev.brent import RefusedError, Resource
from tests.azure.test_corpus import CASES, CORPUS, REFUSED, REFUSED_CASES
from tests.e2e.trial import Trial
from tests.support.driver_files import zipped
from tests.support.shared import needs_shared

pytestmark = pytest.mark.slow
SECONDS = 300.0
# What the driver refuses for another reason than ARM, or before it: a parameter that has no value.
MISSING = {
    "nested-secret": "property 'cfg' is missing",
    "predict-secure-in-type": "property 'l' is missing",
    "type-without-type": "property 'p' is missing",
}
# Name, template, parameters, and what it is refused for, if it is.
Template = tuple[str, Path, Path, str]


def list_templates() -> list[Template]:
    corpus = sorted((CORPUS / "arm-templates").glob("*.json"))
    found = [(one.stem, one, next((CORPUS / "parameters").glob(f"{one.stem}.*")), REFUSED) for one in corpus]
    cases = [(one.parent.name, one, one.with_name("parameters.json"), REFUSED_CASES) for one in CASES.glob("*/t.json")]
    return [
        (name, path, given, {**known, **MISSING}.get(name, "")) for name, path, given, known in [*found, *sorted(cases)]
    ]


def create(trial: Trial, number: int, template: Template) -> tuple[str, str]:
    """The requestId of a Create of a template in a group of its own, or why the driver does not accept it."""
    _, path, given, _ = template
    parameters = json.loads(given.read_text()).get("parameters", {})
    properties: dict[str, Any] = {
        name: {"type": "map", "value": one["value"]} if isinstance(one["value"], dict) else one["value"]
        for name, one in parameters.items()
    }
    manifest = (
        "version: 1\nresourceGroup: '{{ own_group }}'\nlocation: westeurope\ntransitions: {Create: {deploy: t.json}}"
    )
    own = {"own_group": trial.make_group(f"corpus-{number}")}
    resource = Resource(f"corpus-{number}", "resource::Own::1.0", {**properties, **own})
    files = zipped({"lifecycle.yaml": manifest, "t.json": path.read_bytes()})
    try:
        return trial.begin(resource, files=files), ""
    except RefusedError as refused:
        return "", str(refused)


@needs_shared
@pytest.mark.timeout(SECONDS * 2)
def test_each_template_is_created_or_refused_for_the_right_reason(trial: Trial) -> None:
    templates = list_templates()
    begun = [create(trial, number, template) for number, template in enumerate(templates)]
    faults = []
    for (name, _, _, expected), (request_id, refused) in zip(templates, begun, strict=True):
        event = {} if refused else trial.event(request_id, seconds=SECONDS).value
        said = refused or (json.dumps(event) if event["status"] == "FAILED" else "")
        if (expected not in said) if expected else said:
            faults.append(f"{name}: {said or 'COMPLETE'} (right: {expected or 'COMPLETE'})")
    assert not faults, "\n".join(faults)
    assert len(templates) > 70
    assert trial.in_azure("mine")  # the default of a parameter named resourceName, not the resource manager's value
