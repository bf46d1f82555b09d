"""The check of custom resources finds what it is there to find."""

from typing import Any

import pytest

from tests.helm import custom_resources
from tests.helm.chart import OPENSHIFT, Object, render


def _trigger(item: Object) -> Object:
    trigger: Object = item["spec"]["triggers"][0]
    return trigger


@pytest.mark.parametrize(
    ("case", "kind", "spoil", "words"),
    [
        ("ocp", "Route", lambda item: item["spec"]["tls"].update(termination="tunnel"), "'tunnel' is not one of"),
        ("ocp", "Route", lambda item: item["spec"].update(prot=1), "'prot' was unexpected"),
        ("ocp", "Route", lambda item: item.update(apiVersion="v1"), "'route.openshift.io/v1' was expected"),
        ("cert-manager", "Certificate", lambda item: item["spec"].pop("secretName"), "'secretName' is a required"),
        (
            "cert-manager",
            "Certificate",
            lambda item: item["spec"].update(usages=["serving"]),
            "'serving' is not one of",
        ),
        ("keda-mssql", "ScaledObject", lambda item: item["spec"].update(minReplicaCount="1"), "'1' is not of type"),
        ("keda-mssql", "ScaledObject", lambda item: item["spec"].pop("scaleTargetRef"), "'scaleTargetRef' is a requ"),
        ("keda-mssql", "ScaledObject", lambda item: _trigger(item).update(type="msql"), "KEDA has no such scaler"),
        ("keda-mssql", "ScaledObject", lambda item: _trigger(item)["metadata"].pop("query"), "KEDA needs query"),
        ("keda-mssql", "ScaledObject", lambda item: _trigger(item)["metadata"].update(sql="x"), "does not know sql"),
        ("keda-mssql", "TriggerAuthentication", lambda item: item["spec"].update(secrets=[]), "'secrets' was unexp"),
    ],
)
def test_fault_is_found(case: str, kind: str, spoil: Any, words: str) -> None:
    item = render(values=case, apis=OPENSHIFT).one(kind)
    assert custom_resources.faults(item) == []
    spoil(item)
    assert any(words in fault for fault in custom_resources.faults(item)), custom_resources.faults(item)
