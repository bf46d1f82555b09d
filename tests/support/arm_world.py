"""A small ARM for the stub: resources that are there, and answers that a test puts before the usual ones."""

import re
from dataclasses import dataclass, field
from typing import Any

from driver.models.events import Topology
from driver.models.orders import AzureLocation, Order, Remove
from driver.models.outcomes import Outcome
from driver.resource_ids import ResourceId
from driver.steps.passes import RemoveState
from driver.steps.removal import remove_resources
from driver.topology import name_entries
from tests.support.arm_stub import Asked, Reply, Stub
from tests.support.requests import SUBSCRIPTION

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-1"
VERSIONS = ["2024-05-01", "2023-05-01", "2022-05-01"]


def error(status: int, code: str, message: str = "m", **headers: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}}, headers)


def name(path: str) -> str:
    """The id of a resource in the group: `Contoso.Play/things/a`."""
    return f"{GROUP}/providers/{path}"


@dataclass
class Answer:
    """An answer to calls of a method whose URL matches, `times` times, once `after` is gone."""

    method: str
    url: str
    reply: Reply
    times: int = 1_000_000
    after: str = ""
    carry_out: bool = False


@dataclass
class World:
    """`there`: what exists, by id, with its body."""

    stub: Stub
    location: AzureLocation
    there: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stub.answer = self.reply

    def add(self, *ids: str, **properties: Any) -> None:
        for resource_id in ids:
            self.there[resource_id] = {"id": resource_id, "properties": properties}

    def say(self, method: str, url: str, reply: Reply, times: int = 1_000_000, **more: Any) -> None:
        self.answers.append(Answer(method, url, reply, times, **more))

    def calls(self, method: str, url: str = "") -> list[str]:
        return [a.path for a in self.stub.asked if a.method == method and re.search(url, a.path)]

    def reply(self, asked: Asked) -> Reply:
        for answer in self.answers:
            is_time = not answer.after or not self._is_there(answer.after)
            if answer.times and is_time and answer.method == asked.method and re.search(answer.url, asked.path):
                answer.times -= 1
                if answer.carry_out:
                    self._carry_out(asked)
                return answer.reply
        return self._carry_out(asked)

    def _is_there(self, resource_id: str) -> bool:
        return resource_id.lower() in {one.lower() for one in self.there}

    def _carry_out(self, asked: Asked) -> Reply:
        path = asked.path.partition("?")[0]
        parsed = ResourceId.parse(path)
        found = next((one for one in self.there if one.lower() == path.lower()), None)
        if asked.method == "DELETE":
            inside = f"{path.lower()}/"
            self.there = {o: b for o, b in self.there.items() if o != found and not o.lower().startswith(inside)}
            return Reply(200 if found and not parsed.is_deployment else 204)
        if found:
            return Reply(body=self.there[found])
        if path.endswith(("/resources", "/locks")):
            holder, wanted = path.rpartition("/")[0], "/locks/" if path.endswith("/locks") else ""
            prefix = holder.partition("/providers/Microsoft.Authorization")[0].lower()
            ids = [o for o in self.there if o.lower().startswith(f"{prefix}/") and wanted in o]
            return Reply(body={"value": [{"type": ResourceId.parse(o).type, **self.there[o]} for o in ids]})
        if not parsed.type:
            return Reply(body={"resourceTypes": [{"resourceType": kind, "apiVersions": VERSIONS} for kind in KINDS]})
        return error(404, "ResourceNotFound", f"{path} was not found")


KINDS = ["things", "things/parts", "locks", "virtualNetworks", "networkInterfaces", "links", "roleAssignments"]
KINDS += ["vaults", "accounts", "virtualMachines"]


def step(world: World, ids: list[str], state: RemoveState | None = None, **work: Any) -> Outcome:
    """One pass of the removal of these ids."""
    entries: Topology = {**name_entries(map(ResourceId.parse, ids), home=ResourceId.parse(GROUP))}
    order = Order(request_id="r", location=world.location, topology=entries, work=Remove(**work))
    return remove_resources(order, state or RemoveState(), 0)


def pass_time(outcome: Outcome) -> RemoveState:
    """The state after an outcome, when all that it waits for is due."""
    state = RemoveState.model_validate(outcome.model_dump(mode="json")["state"])
    return state.model_copy(update={"entries": {key: one.change(due="") for key, one in state.entries.items()}})


def remove(world: World, *ids: str, passes: int = 40, **work: Any) -> Outcome:
    """The outcome of the removal of these ids; Running if it is not over after so many passes."""
    outcome = step(world, list(ids), **work)
    for _ in range(passes):
        if outcome.kind != "Running":
            break
        assert outcome.reason
        outcome = step(world, list(ids), pass_time(outcome), **work)
    return outcome
