"""What a template is known to ask for, and never more than it does."""

import json
from pathlib import Path
from typing import Any

import pytest

from driver.packages.demands import Demands, find_demands
from tests.support.shared import SHARED, needs_shared

PREDICTED = sorted((SHARED / "corpus" / "predicted").glob("*.json"))
RECORDS = "microsoft.resources/deployments"


def one(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "apiVersion": "2024-05-01", "name": "x", **more}


def nested(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return one("Microsoft.Resources/deployments", properties={"template": {"resources": list(resources)}}, **more)


def find(*resources: dict[str, Any]) -> Demands:
    return find_demands({"resources": list(resources)})


def test_children_and_nested_templates_count() -> None:
    parent = one("A.B/c", resources=[one("d"), one("A.B/c/e")])
    found = find(parent, nested(one("F.G/h")))
    assert found.types == ("A.B/c", "A.B/c/d", "A.B/c/e", "Microsoft.Resources/deployments", "F.G/h")
    assert found.certain == set(found.namespaces) == {"A.B", "Microsoft.Resources", "F.G"}


@pytest.mark.parametrize(
    "perhaps",
    [
        {"condition": "[parameters('x')]"},
        {"copy": {"name": "c", "count": 2}},
        {"scope": "[variables('x')]"},
        {"@options": {"onlyIfNotExists": []}},
    ],
)
def test_what_is_perhaps_written_is_named_and_not_certain(perhaps: dict[str, Any]) -> None:
    for found in (find(one("A.B/c", **perhaps)), find(one("A.B/c", resources=[one("d")], **perhaps))):
        assert found == Demands(("A.B",), frozenset(), ())
    assert find(nested(one("A.B/c"), **perhaps)).namespaces == ("Microsoft.Resources", "A.B")


def test_what_lies_elsewhere_is_judged_there() -> None:
    assert find(nested(one("A.B/c"), resourceGroup="other")) == Demands(
        ("Microsoft.Resources", "A.B"), frozenset({"Microsoft.Resources", "A.B"}), ()
    )
    assert find(nested(one("A.B/c"), subscriptionId="other")) == Demands((), frozenset(), ())


def test_what_is_only_referred_to_or_has_no_arm_type_asks_for_nothing() -> None:
    assert find(one("A.B/c", existing=True), one("User@v1.0", extension="graph"), one("[variables('t')]")) == Demands(
        (), frozenset(), ()
    )


@needs_shared
@pytest.mark.parametrize("path", PREDICTED, ids=[path.stem for path in PREDICTED])
def test_what_is_certain_is_what_microsofts_engine_predicts(path: Path) -> None:
    template = json.loads((SHARED / "corpus" / "arm-templates" / path.name).read_text(encoding="utf-8"))
    predicted = json.loads(path.read_text(encoding="utf-8"))["predictedResources"]
    types = {str(resource["type"]).lower() for resource in predicted}
    found = find_demands(template)
    assert {kind.lower() for kind in found.types} - {RECORDS} <= types
    namespaces = {kind.partition("/")[0] for kind in types}
    assert {namespace.lower() for namespace in found.certain} - {"microsoft.resources"} <= namespaces
    assert namespaces <= {namespace.lower() for namespace in found.namespaces}
