"""Deployments in the model of ARM: validated, run in waves by their dependencies, recorded, cancelled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.properties import resources, templates
from tests.properties.templates import Item, Look, Unknown
from tests.properties.world import GROUP, Operation, Refused, World, find_group_id

_BEGIN, _END, _PAUSE = 0.1, 0.9, 0.01  # of a deployment's time: its first and last wave, the pause before each wave


@dataclass
class Step:
    """What became of one resource of a deployment."""

    item: Item
    until: float
    state: str = "Waiting"
    nested_id: str = ""
    operation: Operation | None = None
    error: dict[str, Any] | None = None


@dataclass
class Record:
    """A deployment. `maker` is the id of the topmost one."""

    id: str
    number: str
    correlation: str
    maker: str
    started: float
    until: float
    steps: list[Step] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    state: str = "Accepted"
    ended: bool = False
    error: dict[str, Any] | None = None
    tags: dict[str, str] | None = None
    changed: float = 0.0
    output_ids: list[str] = field(default_factory=list)

    @property
    def is_active(self) -> bool:
        return self.state in ("Accepted", "Running")


def list_validated_ids(world: World, items: list[Item], scope: str) -> list[str]:
    """The ids that a validation names: not those of a nested deployment whose parameters only a run can know, or whose
    group is not there yet.
    """
    ids = [item.id for item in items]
    for item in items:
        group_id = find_group_id(item.id)
        if item.is_deployment and (not group_id or world.find(group_id) is not None):
            try:
                nested = _expand_nested(world, item, [])
            except Unknown:
                continue
            ids += list_validated_ids(world, nested, templates.find_nested_scope(item))
    return ids


def prepare(world: World, body: Mapping[str, Any], scope: str) -> list[Item]:
    """The resources of a deployment's template. Refuses one that writes into a group that is not there."""
    properties = body["properties"]
    items = templates.expand(properties["template"], properties.get("parameters", {}), scope)
    groups = {item.id.lower() for item in items if item.type.lower() == GROUP}
    for item in items:
        if find_group_id(item.id).lower() not in groups:
            world.require_group(item.id)
    return items


def start(world: World, record: Record, items: list[Item]) -> Record:
    """Record a deployment and plan its run. Refuses one whose name an active one has."""
    before = world.records.get(record.id.lower())
    if before is not None and before.is_active:
        raise Refused(409, "DeploymentActive")
    world.records[record.id.lower()] = record
    record.changed = world.now
    span, depths = record.until - record.started, _measure_depths(items)
    waves = max(depths, default=0) + 1
    world.plan(record.started + 0.05 * span, lambda: _note_running(world, record))
    for item, depth in zip(items, depths, strict=True):
        until = record.started + span * (_BEGIN + (_END - _BEGIN) * (depth + 1) / waves)
        step = Step(item, until)
        record.steps.append(step)
        begin = record.started + span * (_BEGIN + _PAUSE + (_END - _BEGIN) * depth / waves)
        world.plan(begin, lambda step=step: _begin_step(world, record, step))  # type: ignore[misc]
    world.plan(record.until, lambda: _end(world, record))
    return record


def cancel(world: World, record: Record) -> None:
    """Nothing more is begun; what has begun goes on."""
    if not record.is_active:
        raise Refused(409, "DeploymentCannotBeCancelled")
    record.state, record.changed = "Canceled", world.now
    for step in record.steps:
        nested = _find_nested(world, step)
        if nested is not None and nested.is_active:
            cancel(world, nested)
        if step.state == "Running":
            step.state = "Canceled"


def _measure_depths(items: list[Item]) -> list[int]:
    by_id = {item.id.lower(): item for item in items}

    def measure(item: Item) -> int:
        return max((measure(by_id[other]) + 1 for other in item.depends_on if other in by_id), default=0)

    return [measure(item) for item in items]


def _note_running(world: World, record: Record) -> None:
    if record.state == "Accepted":
        record.state, record.changed = "Running", world.now


def _begin_step(world: World, record: Record, step: Step) -> None:
    """Begin one resource, if all that it depends on is there."""
    if world.records.get(record.id.lower()) is not record or not record.is_active or step in _list_lost(record):
        return
    states = {other.item.id.lower(): other.state for other in record.steps}
    if any(states.get(other, "Succeeded") != "Succeeded" for other in step.item.depends_on):
        world.plan(_find_later(world), lambda: _begin_step(world, record, step))
        return
    step.state = "Running"
    try:
        _write(world, record, step)
    except Unknown:
        step.state, step.error = "Failed", {"code": "ResourceNotFound", "message": "an expression asks for it"}
    except Refused as refused:
        step.state, step.error = "Failed", refused.error
    else:
        world.plan(max(step.until, world.now), lambda: _end_step(world, record, step))


def _write(world: World, record: Record, step: Step) -> None:
    item = step.item
    if item.is_deployment:
        nested = _expand_nested(world, item, record.looks)
        world.require_group(item.id)
        number, until = f"0858{world.number():016d}", max(step.until, world.now)
        start(world, Record(item.id, number, record.correlation, record.maker, world.now, until), nested)
        step.nested_id = item.id
        return
    body = templates.resolve(world, item.body, record.looks)
    if item.type.lower() == GROUP:
        resources.put_group(world, item.id, body, (record.maker, record.id))
        return
    is_made = world.failing.get(item.id.lower())
    failure = {"code": "ProvisioningFailed", "message": "the test lets it fail"}
    if is_made is False:
        raise Refused(500, **failure)
    _, step.operation = resources.put(world, item.id, body, (record.maker, record.id), max(0.0, step.until - world.now))
    step.error = failure if is_made else None


def _expand_nested(world: World, item: Item, looks: list[Look]) -> list[Item]:
    properties = item.body["properties"]
    parameters = templates.resolve(world, properties.get("parameters", {}), looks)
    return templates.expand(properties["template"], parameters, templates.find_nested_scope(item))


def _end_step(world: World, record: Record, step: Step) -> None:
    """One resource is ready, or has failed."""
    if world.records.get(record.id.lower()) is not record or step.state != "Running":
        return
    nested, operation = _find_nested(world, step), step.operation
    if (nested is not None and nested.is_active) or (operation is not None and not operation.over):
        world.plan(_find_later(world), lambda: _end_step(world, record, step))
        return
    if nested is not None and nested.state != "Succeeded":
        step.error = nested.error or {"code": "DeploymentCanceled", "message": "the nested deployment was canceled"}
    step.state = "Failed" if step.error else "Succeeded"


def _end(world: World, record: Record) -> None:
    """All is done: the record says what came of it."""
    if world.records.get(record.id.lower()) is not record or not record.is_active:
        return
    lost = _list_lost(record)
    if any(step.state == "Running" or (step.state == "Waiting" and step not in lost) for step in record.steps):
        world.plan(_find_later(world), lambda: _end(world, record))
        return
    record.ended, record.changed = True, world.now
    failed = [step.error for step in record.steps if step.state == "Failed"]
    record.state = "Failed" if failed else "Succeeded"
    if failed:
        record.error = {"code": "DeploymentFailed", "message": "at least one resource failed", "details": failed}
    else:
        record.output_ids = _list_output_ids(world, record)


def _list_output_ids(world: World, record: Record) -> list[str]:
    """The ids of the resources; those of a nested deployment stand in its place."""
    ids: dict[str, None] = {}
    for step in record.steps:
        nested = _find_nested(world, step)
        ids |= dict.fromkeys([step.item.id] if nested is None else _list_output_ids(world, nested))
    return list(ids)


def _find_nested(world: World, step: Step) -> Record | None:
    """The record of a nested deployment; of a later one of that name if there is one."""
    return world.records.get(step.nested_id.lower())


def _list_lost(record: Record) -> list[Step]:
    """The steps that failed, and those that cannot begin because of them."""
    lost = [step for step in record.steps if step.state in ("Failed", "Canceled")]
    while True:
        ids = {step.item.id.lower() for step in lost}
        more = [step for step in record.steps if step not in lost and ids & set(step.item.depends_on)]
        if not more:
            return lost
        lost += more


def _find_later(world: World) -> float:
    return world.now + 0.05 * world.provisioning + 0.01
