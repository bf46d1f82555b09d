"""The run of a deployment: its resources in waves by their dependencies, spread over the provisioning time."""

import hashlib
from http import HTTPStatus

from emulators.azure.deployments import descriptions, expansions, nesting, outcomes
from emulators.azure.deployments.runtime import CloudRuntime
from emulators.azure.faults import answers
from emulators.azure.language import Expansion, Resource, TemplateError
from emulators.azure.language.outputs import show_outputs
from emulators.azure.resources import groups, writes
from emulators.azure.wire.errors import Refusal
from emulators.azure.world import ids
from emulators.azure.world.clock import now
from emulators.azure.world.cloud import Cloud
from emulators.azure.world.entities import SUCCEEDED, Deployment, Look, Step

_BEGIN, _END = 0.1, 0.9  # the part of a deployment's time in which its resources are made
_PAUSE = 0.01  # between the end of a wave and the next one


def start(cloud: Cloud, deployment: Deployment) -> None:
    """Put the run of a new deployment on the agenda."""
    expansion = expansions.expansion_of(cloud, deployment)
    written = descriptions.deployed(expansion)
    deployment.steps = [
        Step(
            item.id,
            item.type,
            item.name,
            [key.lower() for key in item.depends_on],
            api_version=item.api_version,
            operation_id=hashlib.sha256(f"{deployment.number}/{item.id}".encode()).hexdigest()[:16].upper(),
        )
        for item in written
    ]
    key, span = deployment.id.lower(), deployment.until - deployment.started
    cloud.state.plan(deployment.started + 0.05 * span, "deployment-running", key, deployment.number)
    depths = _depths(deployment.steps)
    waves = max(depths, default=0) + 1
    for at, step in enumerate(deployment.steps):
        begin = deployment.started + span * (_BEGIN + _PAUSE + (_END - _BEGIN) * depths[at] / waves)
        step.until = deployment.started + span * (_BEGIN + (_END - _BEGIN) * (depths[at] + 1) / waves)
        cloud.state.plan(begin, "step", key, f"{deployment.number}:{at}")
    cloud.state.plan(deployment.until, "deployment-end", key, deployment.number)


def _depths(steps: list[Step]) -> list[int]:
    at = {step.resource_id.lower(): number for number, step in enumerate(steps)}
    known: dict[int, int] = {}

    def depth(number: int) -> int:
        if number not in known:
            known[number] = 0
            known[number] = max((depth(at[key]) + 1 for key in steps[number].depends_on if key in at), default=0)
        return known[number]

    return [depth(number) for number in range(len(steps))]


def running(cloud: Cloud, key: str, number: str) -> None:
    deployment = _current(cloud, key, number)
    if deployment is not None and deployment.state == "Accepted":
        deployment.state = "Running"
        deployment.changed = now()


def step(cloud: Cloud, key: str, detail: str) -> None:
    """Begin one resource, if all it depends on is there."""
    number, _, index = detail.partition(":")
    deployment = _current(cloud, key, number)
    if deployment is None or not deployment.active:
        return
    this = deployment.steps[int(index)]
    if this.resource_id.lower() in outcomes.lost(deployment):
        return
    states = {other.resource_id.lower(): other.state for other in deployment.steps}
    if any(states.get(before, SUCCEEDED) != SUCCEEDED for before in this.depends_on):
        cloud.state.plan(_later(cloud), "step", key, detail)
        return
    this.started = this.started or now()
    this.state = "Running"
    expansion = expansions.expansion_of(cloud, deployment)
    resource = next(item for item in descriptions.deployed(expansion) if item.id == this.resource_id)
    try:
        _write(cloud, deployment, this, expansion, resource)
    except Refusal as error:
        if error.status == HTTPStatus.TOO_MANY_REQUESTS:  # ARM's engine tries these again
            _note_wait(deployment, this)
            cloud.state.plan(_later(cloud), "step", key, detail)
            return
        if error.code.lower() in resource.retry_on and this.retried < resource.retries:
            this.retried += 1
            cloud.state.plan(_later(cloud), "step", key, detail)
            return
        outcomes.failed(this, error.status, {"error": error.error()})
    except TemplateError as error:
        outcomes.failed(this, 400, {"error": {"code": error.code, "message": error.message}})
    except LookupError as error:
        outcomes.failed(this, 404, {"error": {"code": "ResourceNotFound", "message": str(error)}})
    else:
        cloud.state.plan(max(this.until, now()), "step-end", key, detail)


def _note_wait(deployment: Deployment, this: Step) -> None:
    if not any(look.operation == "Waiting" and look.resource_id == this.resource_id for look in deployment.looks):
        deployment.looks.append(Look("Waiting", this.resource_id, this.type, this.name, "", now()))


def _later(cloud: Cloud) -> float:
    return now() + 0.05 * cloud.settings.provisioning_seconds + 0.01


def _write(cloud: Cloud, deployment: Deployment, this: Step, expansion: Expansion, resource: Resource) -> None:
    runtime = CloudRuntime(cloud, deployment)
    if resource.type.lower() == descriptions.TYPE.lower():
        start(cloud, nesting.add_record(cloud, deployment, this, expansion.nested(resource, runtime), resource))
        return
    if resource.only_if_not_exists and resource.id.lower() in cloud.state.resources:
        this.status_code = "OK"
        return
    body = expansion.body(resource, runtime)
    if resource.type.lower() == "microsoft.resources/resourcegroups":
        group, created = groups.put(cloud, resource.id, body)
        this.resource_id = group.id
        this.status_code = "Created" if created else "OK"
        return
    rid = ids.parse(resource.id)
    if rid is None:
        raise TemplateError(f"the id of the resource '{resource.name}' is malformed: {resource.id}")
    fault = cloud.faults.strike(("fail",), "", resource.id, resource_type=resource.type)
    if fault is not None and not fault.carry_out:
        raise answers.make_error(fault, "ProvisioningFailed")
    written = writes.put(
        cloud, rid, body, resource.api_version.lower(), "https://management.azure.com", max(0.0, this.until - now())
    )
    polled = written.operation is not None and not written.operation.done and written.form.state != SUCCEEDED
    this.status_code = "Created" if written.created and not polled else "OK"  # a poll ends with 200
    this.resource_id = written.resource.id
    if fault is not None:
        this.error = {"status": "Failed", "error": answers.make_error(fault, "ProvisioningFailed").error()}
        written.resource.state = "Failed"
    if written.operation is not None:
        this.write = written.operation.id.lower()
        if fault is not None:
            written.operation.outcome = "Failed"
            written.operation.error = answers.make_error(fault, "ProvisioningFailed").error()


def step_end(cloud: Cloud, key: str, detail: str) -> None:
    """One resource is ready, or has failed."""
    number, _, index = detail.partition(":")
    deployment = _current(cloud, key, number)
    if deployment is None:
        return
    this = deployment.steps[int(index)]
    if this.state != "Running":
        return
    nested = cloud.state.deployments.get(this.nested or "")
    written = cloud.state.operations.get(this.write or "")
    if (nested is not None and nested.active) or (written is not None and not written.done):
        cloud.state.plan(_later(cloud), "step-end", key, detail)
        return
    this.ended = now()
    if written is not None and written.error is not None and this.error is None:
        this.error = {"status": written.outcome, "error": written.error}
    if nested is not None and nested.state != SUCCEEDED:
        inner = nested.error or {"code": "DeploymentCanceled", "message": "The deployment was canceled."}
        outcomes.failed(
            this, 409, {"status": "Failed", "error": outcomes.terminal(deployment, this, nested.state, inner)}
        )
    elif this.error is not None:
        outcomes.failed(
            this, 409, {"status": "Failed", "error": outcomes.terminal(deployment, this, "Failed", this.error["error"])}
        )
    else:
        this.state = SUCCEEDED


def end(cloud: Cloud, key: str, number: str) -> None:
    """All is done: the record gets its outputs, or what went wrong."""
    deployment = _current(cloud, key, number)
    if deployment is None or not deployment.active:
        return
    if any(item.state == "Running" for item in deployment.steps) or outcomes.waiting(deployment):
        cloud.state.plan(_later(cloud), "deployment-end", key, number)
        return
    deployment.changed = now()
    _conclude(cloud, deployment)
    expansions.forget(cloud, deployment)
    for item in deployment.steps:
        cloud.secure_outputs.pop(item.nested or "", None)


def _conclude(cloud: Cloud, deployment: Deployment) -> None:
    failed = [item for item in deployment.steps if item.state == "Failed"]
    if failed:
        outcomes.finish(deployment, "Failed", outcomes.failure(deployment, failed))
        return
    try:
        values = expansions.expansion_of(cloud, deployment).output_values(CloudRuntime(cloud, deployment))
    except (TemplateError, LookupError) as error:
        outcomes.finish(deployment, "Failed", {"code": "DeploymentOutputEvaluationFailed", "message": str(error)})
        return
    if values or "outputs" in (deployment.properties.get("template") or {}):
        deployment.outputs = descriptions.typed(show_outputs(values))
    if deployment.parent:
        cloud.secure_outputs[deployment.id.lower()] = {name: value for name, (_, value) in values.items()}
    deployment.shown["outputResources"] = outcomes.made_by(cloud, deployment)
    outcomes.finish(deployment, SUCCEEDED, None)


def cancel(cloud: Cloud, deployment: Deployment) -> None:
    """Nothing more is begun; what has begun goes on, also a nested deployment."""
    deployment.changed = now()
    deployment.state = "Canceled"
    for item in deployment.steps:
        if item.state == "Running":
            item.state, item.ended = "Canceled", now()
    nested = (cloud.state.deployments.get(item.nested or "") for item in deployment.steps)
    if not any(one is not None and one.active for one in nested):  # else its template is needed
        expansions.forget(cloud, deployment)


def _current(cloud: Cloud, key: str, number: str) -> Deployment | None:
    """The deployment of that name, unless a later one has taken its place."""
    deployment = cloud.state.deployments.get(key)
    return deployment if deployment is not None and deployment.number == number else None
