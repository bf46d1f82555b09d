"""ARM's validation of a deployment at provider level: the providers check the resources, and ARM whether the principal
may write them. It writes nothing, and registers no provider.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from driver.azure import connection, deployments, operations
from driver.azure.operations import Operation
from driver.azure.refusals import Refused, Unreachable, read_cause
from driver.azure.verdicts import Cause
from driver.models.orders import AzureLocation, Deploy


def start_validation(location: AzureLocation, work: Deploy, template: Mapping[str, Any]) -> Operation:
    """Begin the validation. Once its operation is over, which may be at once, the body is the result. Raises a Refusal,
    with the whole error as its `body`.
    """
    scope_and_name = deployments.split_id(deployments.build_deployment_id(location, work))
    body = deployments.build_body(work, template)
    body["properties"]["validationLevel"] = "Provider"
    with connection.connect(location) as clients:
        begin = clients.deployments.deployments.begin_validate_at_scope
        response = operations.call_begin(begin, *scope_and_name, body)
        operation = operations.read_operation(response)
        answer = {} if operation.url else response.json()
    if not isinstance(answer, Mapping):
        raise Unreachable(Cause("ConnectionFailed", "the validation was answered with something that is no result"))
    return _require_valid(replace(operation, body=answer))


def poll_validation(location: AzureLocation, url: str) -> Operation:
    """Read the state of a validation. Raises a Refusal if it has found a fault."""
    return _require_valid(operations.poll(location, url, registers=False))


def _require_valid(operation: Operation) -> Operation:
    if "error" not in operation.body:
        return operation
    status = operation.status if operation.status >= 400 else 200  # the SDK passes a 400 of a validation on
    raise Refused(status, read_cause(operation.body), body=json.dumps(operation.body))
