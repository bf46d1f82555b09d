"""The HTTP API: the table of its routes, and its OpenAPI 3.1 document, made from that table and the models."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from typing import Any

from driver import VERSION
from driver.models.answers import Accepted, Error, Execution, ExecutionList, Found, Health
from driver.models.model import Model
from driver.models.requests import LONGEST_TENANT, LifecycleRequest, ReferenceRequest

# What every answer tells a browser: it is neither stored nor shown in a page, and is what its type says.
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True)
class Route:
    """A route of the app. `function` is the name that the host knows it by; `answers` are the model and the meaning of
    each status, `query` the schema and the meaning of each parameter. An answer of the status `linked` names an
    execution. `is_page`: the answer 200 is HTML, with a Content-Security-Policy of its own.
    """

    function: str
    method: str
    path: str
    tag: str
    summary: str
    answers: Mapping[int, tuple[type[Model] | None, str]]
    body: type[Model] | None = None
    parameters: tuple[str, ...] = ()
    query: Mapping[str, tuple[Mapping[str, Any], str]] = field(default_factory=dict)
    has_tenant: bool = True
    linked: int = 0
    is_page: bool = False
    example: Mapping[str, Any] = field(default_factory=dict)


_INVALID = (Error, "The request is wrong; the message names every fault.")
_NOT_READY = (Error, "It cannot be accepted now and may be sent again.")
_FAILED = (Error, "A bug; the log tells more.")
_LOCATION = {
    "name": "trial",
    "type": "Azure",
    "properties": {
        "tenantId": "11111111-1111-1111-1111-111111111111",
        "clientId": "22222222-2222-2222-2222-222222222222",
        "clientSecret": "trial-secret",
        "subscriptionId": "33333333-3333-3333-3333-333333333333",
    },
}
_TEXT = {"type": "string", "minLength": 1}
_GROUP = "/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/rg-trial"
ROUTES = (
    Route(
        function="execute_lifecycle",
        method="POST",
        path="api/driver/lifecycle/execute",
        tag="lifecycle",
        summary="Begin a transition or an operation of a resource.",
        body=LifecycleRequest,
        answers={
            202: (Accepted, "Accepted; the end comes as an event on Kafka."),
            400: _INVALID,
            500: _FAILED,
            503: _NOT_READY,
        },
        linked=202,
        example={
            "lifecycleName": "Create",
            "driverFiles": "",
            "systemProperties": {
                "resourceId": {"type": "string", "value": "0f0c7c1e-9c3a-4a55-8f0a-2b1f6d0e7a11"},
                "resourceName": {"type": "string", "value": "group-1"},
                "resourceType": {"type": "string", "value": "resource::AzureResourceGroup::1.0"},
                "requestId": {"type": "string", "value": "request-1"},
            },
            "resourceProperties": {
                "resourcegroup_name": {"type": "string", "value": "rg-trial"},
                "resourcegroup_location": {"type": "string", "value": "westeurope"},
            },
            "requestProperties": {},
            "associatedTopology": {},
            "deploymentLocation": _LOCATION,
        },
    ),
    Route(
        function="show_execution",
        method="GET",
        path="api/driver/lifecycle/executions/{requestId}",
        tag="lifecycle",
        summary="How far a request is; kept for HISTORY_DAYS after its end.",
        parameters=("requestId",),
        answers={
            200: (Execution, "What is known of it."),
            400: _INVALID,
            404: (Error, "No execution has that requestId."),
            500: _FAILED,
            503: _NOT_READY,
        },
    ),
    Route(
        function="list_executions",
        method="GET",
        path="api/driver/lifecycle/executions",
        tag="lifecycle",
        summary="What runs, and what has ended within HISTORY_DAYS. The setting CONSOLE switches it on.",
        query={
            "resource": (_TEXT, "The resource's id in TNC-O."),
            "name": (_TEXT, "The resource's name in TNC-O."),
            "status": ({"type": "string", "enum": ["IN_PROGRESS", "COMPLETE", "FAILED"]}, "The status."),
            "since": (_TEXT, "ISO 8601, UTC if it names no zone: only what was accepted then or later."),
            "type": (_TEXT, "The resource's type, or its name alone, which stands for all versions."),
            "location": (_TEXT, "The deployment location's name."),
            "limit": ({"type": "integer", "minimum": 1, "maximum": 100, "default": 100}, "At most so many."),
            "continuation": (_TEXT, "That of the answer before."),
        },
        answers={
            200: (ExecutionList, "Executions; with the header tenantId only those of that tenant."),
            400: _INVALID,
            404: (Error, "The list is switched off."),
            500: _FAILED,
            503: _NOT_READY,
        },
    ),
    Route(
        function="find_reference",
        method="POST",
        path="api/driver/references/find",
        tag="references",
        summary="Find a resource that is in Azure already.",
        body=ReferenceRequest,
        answers={
            200: (Found, "The one resource that matches, or null."),
            400: _INVALID,
            500: _FAILED,
            503: _NOT_READY,
        },
        example={"instanceName": _GROUP, "driverFiles": "", "deploymentLocation": _LOCATION},
    ),
    Route(
        function="describe_api",
        method="GET",
        path="api/driver/openapi.json",
        tag="management",
        summary="This document.",
        has_tenant=False,
        answers={200: (None, "The OpenAPI document.")},
    ),
    Route(
        function="health",
        method="GET",
        path="management/health",
        tag="management",
        summary="Whether work can be accepted, and what is out of reach.",
        has_tenant=False,
        query={
            "deep": (
                {"type": "string"},
                "1 asks Entra ID and ARM, at most once in 10 seconds; it answers within 5 seconds.",
            )
        },
        answers={
            200: (Health, "Work is accepted. What is UNHEALTHY is out of reach; work waits for it."),
            500: _FAILED,
            503: (Health, "Work could not be accepted; the reason names the setting, or the task hub."),
        },
    ),
    Route(
        function="show_console",
        method="GET",
        path="console",
        tag="management",
        summary="A page for operators: what runs, waits and has failed. The setting CONSOLE switches it on.",
        has_tenant=False,
        is_page=True,
        answers={
            200: (None, "The page."),
            404: (Error, "The console is switched off."),
            500: _FAILED,
        },
    ),
)
_TAGS = {
    "lifecycle": "Transitions and operations of resources.",
    "references": "Resources that are in Azure already.",
    "management": "The driver itself.",
}
_TENANT = {"type": "string", "maxLength": LONGEST_TENANT}


@cache
def build_document() -> dict[str, Any]:
    """The OpenAPI document. Its server is named relative to where the document is, also below a secret path."""
    from pydantic.json_schema import GenerateJsonSchema, models_json_schema

    class Schemas(GenerateJsonSchema):
        """Schemas without titles of fields, which only repeat the names."""

        def field_title_should_be_set(self, schema: Any) -> bool:
            return False

    bodies = {route.body for route in ROUTES if route.body is not None}
    answers = {model for route in ROUTES for model, _ in route.answers.values() if model is not None}
    schemas, definitions = models_json_schema(
        [*((body, "validation") for body in bodies), *((answer, "serialization") for answer in answers)],
        ref_template="#/components/schemas/{model}",
        schema_generator=Schemas,
    )
    headers: dict[str, Any] = {
        name: {"required": True, "schema": {"type": "string", "const": value}}
        for name, value in SECURITY_HEADERS.items()
    }
    headers["tenantId"] = {"description": "The request's.", "schema": {"type": "string"}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Azure resource driver",
            "version": VERSION,
            "description": "What a TNC-O / CP4NA resource manager calls, and routes for operators.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "../..", "description": "The driver's URL, with the secret path if there is one."}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": {f"/{route.path}": {route.method.lower(): _describe_route(route, schemas)} for route in ROUTES},
        "components": {"schemas": definitions["$defs"], "headers": headers},
    }


def _describe_route(route: Route, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in route.parameters
    ]
    parameters += [
        {"name": name, "in": "query", "description": text, "schema": dict(schema)}
        for name, (schema, text) in route.query.items()
    ]
    if route.has_tenant:
        text = "Tenant of the resource manager; echoed, and sent with the event."
        parameters.append({"name": "tenantId", "in": "header", "description": text, "schema": _TENANT})
    described: dict[str, Any] = {
        "operationId": route.function,
        "tags": [route.tag],
        "summary": route.summary,
        "security": [],
        "parameters": parameters,
        "responses": {
            str(status): _describe_answer(route, status, schemas[model, "serialization"] if model else {}, text)
            for status, (model, text) in route.answers.items()
        },
    }
    if route.body is not None:
        content = {"schema": schemas[route.body, "validation"], "example": dict(route.example)}
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    return described


def _describe_answer(route: Route, status: int, schema: Any, text: str) -> dict[str, Any]:
    names = [*SECURITY_HEADERS, *(["tenantId"] if route.has_tenant else [])]
    headers: dict[str, Any] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    content: dict[str, Any] = {"application/json": {"schema": schema or {"type": "object"}}}
    if route.is_page and status == HTTPStatus.OK:
        headers["Content-Security-Policy"] = {"required": True, "schema": {"type": "string"}}
        content = {"text/html": {"schema": {"type": "string"}}}
    answer = {"description": text, "headers": headers, "content": content}
    if status == route.linked:
        follow = {"operationId": "show_execution", "parameters": {"requestId": "$response.body#/requestId"}}
        answer["links"] = {"execution": follow}
    return answer
