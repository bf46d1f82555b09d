"""Checks custom resources against their own CustomResourceDefinitions, and KEDA's triggers against KEDA's schema."""

import json
from functools import cache
from typing import Any

import jsonschema
import yaml

from tests.helm.chart import Object
from tests.helm.tools import CACHE

DEFINITIONS = {
    "ScaledObject": "scaledobjects.yaml",
    "TriggerAuthentication": "triggerauthentications.yaml",
    "Certificate": "certificates.yaml",
    "Route": "routes.yaml",
    "ServiceMonitor": "servicemonitors.yaml",
    "PrometheusRule": "prometheusrules.yaml",
}


def faults(item: Object) -> list[str]:
    """What is wrong with a custom resource, a line each; none: it is valid. Raises KeyError for an unknown kind."""
    found = [f"{error.json_path}: {error.message}" for error in _validator(item["kind"]).iter_errors(item)]
    if item["kind"] == "ScaledObject":
        for trigger in item["spec"]["triggers"]:
            found += _trigger_faults(trigger)
    return found


@cache
def _validator(kind: str) -> jsonschema.Draft7Validator:
    definition = yaml.safe_load((CACHE / DEFINITIONS[kind]).read_text())
    (version,) = [each for each in definition["spec"]["versions"] if each["storage"]]
    schema = _strict(version["schema"]["openAPIV3Schema"])
    # The API server's own rules for these two.
    schema["properties"] |= {
        "apiVersion": {"const": f"{definition['spec']['group']}/{version['name']}"},
        "metadata": {"type": "object"},
    }
    return jsonschema.Draft7Validator(schema)


def _strict(schema: Any) -> Any:
    """The schema with unknown fields refused (`kubectl --validate=strict`) and int-or-string as JSON Schema says it."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    if "properties" in strict and not strict.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    if strict.pop("x-kubernetes-int-or-string", False):
        strict.pop("type", None)
        strict["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    return strict


@cache
def _scalers() -> dict[str, Any]:
    return {scaler["type"]: scaler for scaler in json.loads((CACHE / "scalers.json").read_text())["scalers"]}


def _trigger_faults(trigger: Object) -> list[str]:
    """KEDA's schema of a trigger's metadata: unknown and missing parameters."""
    scaler = _scalers().get(trigger["type"])
    if scaler is None:
        return [f"trigger {trigger['type']}: KEDA has no such scaler"]
    parameters = {parameter["name"]: parameter for parameter in scaler["parameters"]}
    found = []
    for name, value in trigger["metadata"].items():
        parameter = parameters.get(name.removesuffix("FromEnv"))
        if parameter is None:
            found.append(f"trigger {trigger['type']}: KEDA does not know {name}")
        elif value not in parameter.get("allowedValue", [value]):
            found.append(f"trigger {trigger['type']}: {name} is {value!r}, not one of {parameter['allowedValue']}")
    for name, parameter in parameters.items():
        given = name in trigger["metadata"] or f"{name}FromEnv" in trigger["metadata"]
        if not given and not parameter.get("optional") and "default" not in parameter:
            found.append(f"trigger {trigger['type']}: KEDA needs {name}")
    return found
