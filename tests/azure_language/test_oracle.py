"""Templates give the resources and outputs that Microsoft's deployments engine predicts for them."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.azure.language import TemplateError
from emulators.azure.language.predictions import Prediction, known_in_advance, predict
from tests.azure_language import oracle
from tests.support.shared import SHARED, needs_shared

CORPUS = SHARED / "corpus"
REFUSED = "201-web-app-asev2-create"
EMPTY: dict[str, Any] = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [],
}


def _predict(template: dict[str, Any], parameters: dict[str, Any]) -> Prediction:
    group = None if oracle.is_subscription(template) else {"name": oracle.GROUP, "location": oracle.LOCATION}
    place = known_in_advance(oracle.TENANT, oracle.SUBSCRIPTION, group, oracle.DEPLOYMENT, oracle.LOCATION)
    return predict(template, parameters, place)


def _differences(ours: Any, theirs: Any, place: str = "") -> Iterator[str]:
    """Where two JSON values differ, place by place."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from _differences(ours.get(key, "(missing)"), theirs.get(key, "(missing)"), f"{place}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from _differences(one, other, f"{place}/{index}")
    elif type(ours) is not type(theirs) or ours != theirs:
        yield f"{place}: {json.dumps(ours, ensure_ascii=False)}, expected {json.dumps(theirs, ensure_ascii=False)}"


def _assert_equal(prediction: Prediction, expected: dict[str, Any]) -> None:
    def by_id(resources: Any) -> list[dict[str, Any]]:
        return sorted(resources, key=lambda resource: json.dumps([resource["id"], resource["apiVersion"]]))

    ours = {"resources": by_id(prediction.resources), "outputs": prediction.outputs}
    theirs = {"resources": by_id(expected["predictedResources"]), "outputs": expected["outputs"]}
    assert list(_differences(ours, theirs)) == []
    assert len(prediction.unexpanded) == len(expected["diagnostics"])


@pytest.mark.parametrize("name", oracle.names())
def test_own_templates_are_evaluated_as_the_snapshot_has_it(name: str) -> None:
    _assert_equal(_predict(oracle.template_of(name), oracle.parameters_of(name)), oracle.snapshot_of(name))


@needs_shared
def test_the_corpus_is_evaluated_as_predicted(record_property: Callable[[str, object], None]) -> None:
    failures = {}
    paths = sorted((CORPUS / "predicted").glob("*.json"))
    for path in paths:
        template, parameters, expected = (
            _read(CORPUS / folder / path.name) for folder in ("arm-templates", "parameters", "predicted")
        )
        try:
            _assert_equal(_predict(template, parameters["parameters"]), expected)
        except (AssertionError, TemplateError) as error:
            failures[path.stem] = str(error)
    counts = f"{len(paths) - len(failures)} of {len(paths)} templates of the corpus are evaluated as predicted"
    print(counts)
    record_property("corpus", counts)
    assert paths
    assert failures == {}


@needs_shared
def test_the_template_that_azure_refuses_is_refused() -> None:
    template, parameters = (_read(CORPUS / folder / f"{REFUSED}.json") for folder in ("arm-templates", "parameters"))
    with pytest.raises(TemplateError, match="incorrect segment lengths") as raised:
        _predict(template, parameters["parameters"])
    assert raised.value.code == "InvalidTemplate"


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({}, "must have either the TemplateLink or Template property set"),
        ({"template": {**EMPTY, "outputs": {"o": {"type": "int", "value": 1}}}}, "property 'nope' doesn't exist"),
    ],
)
def test_what_the_engine_refuses_of_nested_deployments_is_refused(properties: dict[str, Any], message: str) -> None:
    deep = {"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "deep"}
    inner = {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, **properties}
    told = {"o": {"type": "int", "value": "[reference('deep').outputs.nope.value]"}}
    with pytest.raises(TemplateError, match=message):
        _predict({**EMPTY, "resources": [{**deep, "properties": inner}], "outputs": told}, {})


@pytest.mark.skipif("BICEP_PATH" not in os.environ, reason="BICEP_PATH names no Bicep CLI: the kept snapshots are used")
@pytest.mark.slow
@pytest.mark.parametrize("name", oracle.names())
def test_kept_snapshots_are_what_the_tool_says_now(name: str) -> None:
    bicep = os.environ["BICEP_PATH"]
    template = oracle.compiled(bicep, name)
    assert template == oracle.template_of(name)
    assert oracle.snapshot(bicep, template, oracle.parameters_of(name)) == oracle.snapshot_of(name)


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
