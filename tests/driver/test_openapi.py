"""The OpenAPI document: what the driver takes and answers fits it, and it fits the published contract."""

import asyncio
import json
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema import Draft202012Validator

from driver import api, openapi
from driver.errors import InvalidRequest
from driver.models.events import FailureCode
from driver.models.model import Model
from driver.models.requests import LifecycleRequest, ReferenceRequest, parse
from tests.support.app import functions
from tests.support.events import make_event
from tests.support.executions import TaskHub
from tests.support.requests import body, encoded
from tests.support.shared import SHARED, needs_shared

DOCUMENT = openapi.build_document()
REQUESTS: dict[str, type[Model]] = {"LifecycleRequest": LifecycleRequest, "ReferenceRequest": ReferenceRequest}


def list_faults(schema: str, content: Any) -> list[str]:
    rule = {"$ref": f"#/components/schemas/{schema}", **DOCUMENT}
    return [fault.message for fault in Draft202012Validator(rule).iter_errors(json.loads(json.dumps(content)))]


def read_contract(name: str) -> Any:
    return yaml.safe_load((SHARED / "contract" / f"{name}.openapi.yaml").read_text(encoding="utf-8"))


def test_every_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    assert DOCUMENT["openapi"].startswith("3.1")


def test_routes_and_functions_are_the_same() -> None:
    registered = {
        (function.get_function_name(), binding.methods[0].value, binding.route)
        for function in functions()
        for binding in function.get_bindings()
        if binding.type == "httpTrigger"
    }
    assert registered == {(route.function, route.method, route.path) for route in openapi.ROUTES}


LOCATION = {"name": "trial", "properties": {}}
FIND: dict[str, Any] = {"instanceName": "a", "driverFiles": None, "deploymentLocation": LOCATION}
LEAST: dict[str, Any] = {
    "lifecycleName": "Create",
    "driverFiles": "",
    "systemProperties": {},
    "deploymentLocation": {"name": "trial"},
}
NAMES: dict[str, list[Any]] = {
    "driverFiles": ["", None, {}, {"a": 1}, 1, []],
    "instanceName": ["", None, 1],
    "deploymentLocation": [{}, {"name": ""}, None, "a"],
}
SYSTEM_VALUES: list[Any] = [1, "x", [], {}, None, {"b": 1}, {"value": {}}, {"type": None}, {"type": 1}]
PARTS: dict[str, list[Any]] = {
    "resourceProperties": [None, {}, [], {"a": 1}, {"a": None}],
    "systemProperties": [
        *(None, [], "x"),
        *({"a": value} for value in SYSTEM_VALUES),
    ],
    "associatedTopology": [
        {"a": value} for value in (None, {"id": "i"}, {"id": ""}, {}, {"id": "i", "type": None}, {"id": 1}, "x")
    ],
    "unknown": [1],
}
VARIANTS: list[tuple[str, dict[str, Any]]] = [
    *(("ReferenceRequest", {**FIND, name: value}) for name, values in NAMES.items() for value in values),
    *(("LifecycleRequest", {**LEAST, name: value}) for name, values in PARTS.items() for value in values),
    *(("ReferenceRequest", {name: FIND[name] for name in FIND if name != left}) for left in FIND),
    *(("LifecycleRequest", {name: LEAST[name] for name in LEAST if name != left}) for left in LEAST),
]


@pytest.mark.parametrize(("schema", "content"), VARIANTS)
def test_the_schema_of_a_request_takes_what_the_driver_takes(schema: str, content: dict[str, Any]) -> None:
    try:
        parse(REQUESTS[schema], encoded(content))
        is_taken = True
    except InvalidRequest:
        is_taken = False
    assert (list_faults(schema, content) == []) == is_taken


def test_the_examples_are_requests() -> None:
    for route in openapi.ROUTES:
        if route.body is not None:
            assert list_faults(route.body.__name__, dict(route.example)) == []
            parse(REQUESTS[route.body.__name__], encoded(dict(route.example)))


def test_events_fit_the_description() -> None:
    assert list_faults("Event", make_event({"a": {"id": "i", "type": "t"}, "b": None}, {"a": [1]})) == []
    assert list_faults("Event", make_event(failure=(FailureCode.INTERNAL_ERROR, "bad" * 9_000))) == []


def test_an_id_that_is_none_does_not_reach_the_task_hub() -> None:
    class Hub(TaskHub):
        async def get_status(self, instance_id: str, *arguments: Any, **options: Any) -> Any:
            raise AssertionError(instance_id)

    for request_id in ("a?showInput=true", "../instances", "a/terminate", "a#b", "", "a" * 101, "ä", "a b", "@x@y"):
        answer = asyncio.run(api.show_execution(request_id, {}, Hub()))
        assert (answer.status, list_faults("Error", answer.body)) == (404, [])
        assert len(answer.body["localizedMessage"]) < 200


@needs_shared
def test_each_operation_of_the_contract_is_there_with_its_answers() -> None:
    for name in ("resource-driver", "management"):
        contract = read_contract(name)
        base = contract["servers"][0]["url"]
        for path, methods in contract["paths"].items():
            for method, operation in methods.items():
                described = DOCUMENT["paths"][base + path][method]
                assert set(operation["responses"]) <= set(described["responses"])
                assert ("requestBody" in operation) == ("requestBody" in described)


@needs_shared
def test_no_more_is_demanded_of_a_request_than_the_contract_does() -> None:
    schemas = read_contract("resource-driver")["components"]["schemas"]
    for ours, theirs in (
        ("LifecycleRequest", "LifecycleExecutionRequest"),
        ("ReferenceRequest", "FindReferenceRequest"),
    ):
        described = DOCUMENT["components"]["schemas"][ours]
        assert set(described["required"]) == set(schemas[theirs]["required"])
        assert set(described["properties"]) == set(schemas[theirs]["properties"])
    location = DOCUMENT["components"]["schemas"]["DeploymentLocation"]
    assert location["required"] == schemas["DeploymentLocation"]["required"]


@needs_shared
def test_the_examples_of_the_contract_fit() -> None:
    examples = {name: one["value"] for name, one in read_contract("resource-driver")["components"]["examples"].items()}
    for schema, name in (
        ("LifecycleRequest", "ExampleLifecycleExecutionRequest"),
        ("ReferenceRequest", "ExampleFindReferenceRequest"),
        ("Found", "ExampleFindReferenceResponse"),
        ("Found", "ExampleFindReferenceNotFoundResponse"),
        ("Error", "ExampleExecuteErrorResponse"),
    ):
        missing = {"status": 400} if schema == "Error" else {}  # the contract's examples leave it out
        assert list_faults(schema, {**missing, **examples[name]}) == [], name
    codes = read_contract("resource-driver")["components"]["schemas"]["FailureCode"]["enum"]
    assert DOCUMENT["components"]["schemas"]["FailureCode"]["enum"] == codes


@needs_shared
def test_a_request_that_fits_the_contract_fits_ours() -> None:
    contract = read_contract("resource-driver")
    rule = {"$ref": "#/components/schemas/LifecycleExecutionRequest", "components": contract["components"]}
    content = body(properties={"a": 1, "b": [1], "c": {"d": 1}})
    jsonschema.validate(content, rule)
    assert list_faults("LifecycleRequest", content) == []
