"""A scenario, played through the driver, and the rules that must hold after each transition."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from dev import brent
from tests.properties import deployments, resources, templates
from tests.properties.deployments import Record
from tests.properties.generation import BOX, SUBSCRIPTIONS, build_body, build_template, build_top
from tests.properties.host import Ended, Host
from tests.properties.scenarios import Move, Scenario, Visit, build_package, list_touched_ids
from tests.properties.wire import Moment
from tests.properties.world import LOCK, Refused, Thing, World, find_group_id, split_id
from tests.support.driver_files import zipped

LOCATION = {
    "name": "trial",
    "type": "Azure",
    "properties": {
        "tenantId": "11111111-1111-1111-1111-111111111111",
        "clientId": "22222222-2222-2222-2222-222222222222",
        "clientSecret": "s3cret-needle",
        "subscriptionId": SUBSCRIPTIONS[0],
    },
}


@dataclass
class Trial:
    """A scenario on a host. `own`: by resource the requestIds of its transitions. `told`: what its
    executions and their logs have said."""

    scenario: Scenario
    host: Host
    resources: list[brent.Resource] = field(default_factory=list)
    own: list[set[str]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)
    number: int = 0

    def play(self) -> None:
        """Play the scenario. In the end, with nothing in the way, everything is deleted."""
        self._prepare()
        for move in self.scenario.moves:
            if isinstance(move, Visit):
                self._visit(move)
            else:
                self._take(move)
        named = {key for resource in self.resources for key in _list_ids(resource)}
        for key, thing in list(self.world.things.items()):
            if thing.type.lower() == LOCK and key not in named:
                self.world.remove(key)
        for _ in self.resources:  # one may have locked what another has made
            statuses = [self._take(Move(at, "Delete"))["status"] for at in range(len(self.resources))]
            if set(statuses) == {"COMPLETE"}:
                break
        self._require(set(statuses) == {"COMPLETE"}, "with nothing in the way a Delete completes")

    @property
    def world(self) -> World:
        return self.host.world

    def _prepare(self) -> None:
        self.world.list_lag, self.host.wire.latency = self.scenario.list_lag, self.scenario.latency
        for thing_id in self.scenario.existing:
            self._visit(Visit(0, "make", thing_id))
        self.host.wait(self.scenario.age)
        for at in range(len(self.scenario.templates)):
            self.resources.append(brent.Resource(f"r{at}", "resource::Play::1.0", {}, id=f"resource-{at}"))
            self.own.append(set())
            self.told.append("")

    def _take(self, move: Move) -> dict[str, Any]:
        """Run a transition, hand its event to the resource, and check the rules. Returns the event."""
        at, before = move.resource, self.resources[move.resource]
        self.number += 1
        self.story.append(f"-- {move.transition} of r{at}: {move}")
        touched = list_touched_ids(self.scenario, move, before.topology)
        visits: dict[Moment, Callable[[], None]] = {
            visit.moment: partial(self._visit, visit)
            for visit in move.visits
            if visit.deed != "make" or visit.id.lower() not in touched
        }
        self.world.failing = {thing_id.lower(): is_made for thing_id, is_made in move.failing.items()}
        self.world.created.clear()
        self.host.wire.begin(move.troubles, visits)
        files = {name: json.dumps(content) for name, content in build_package(self.scenario, at).items()}
        body = brent.request_body(before, move.transition, LOCATION, request_id=f"request-{self.number}")
        request_id = self.host.accept({**body, "driverFiles": zipped(files)})
        self.own[at].add(request_id)
        ended = self.host.run(request_id)
        self.story += [f"{call.status} {call.method} {call.path}" for call in self.host.wire.calls]
        self.story.append(json.dumps(ended.output))
        event = self._check_events(ended)
        self.resources[at] = brent.apply_event(before, event)
        if move.transition == "Delete" and event["status"] == "COMPLETE":
            self._check_removal(before)
        self._check_deletions(at, before)
        self._check_claims(at, before)
        if not move.visits:
            self._check_completeness(at)
        self.host.wait(200.0)  # until nothing is under way
        self.told[at] += json.dumps(ended.status.get("notOwned", [])).lower() + ended.log.lower()
        self._check_leaks(at)
        return event

    def _visit(self, visit: Visit) -> None:
        """What somebody else does, as far as ARM lets him."""
        self.story.append(f"somebody: {visit.deed} {visit.id}")
        try:
            if visit.deed in ("inner", "other"):
                self._deploy(f"{find_group_id(visit.id)}/providers/Microsoft.Resources/deployments/{visit.deed}")
            elif visit.deed == "delete":
                resources.delete(self.world, visit.id)
            elif "/providers/" not in visit.id:
                resources.put_group(self.world, visit.id, {"location": "northeurope"})
            else:
                resources.put(self.world, visit.id, build_body(split_id(visit.id)[1]))
        except Refused as refused:
            self.story.append(f"somebody was refused: {refused.code}")

    def _deploy(self, record_id: str) -> None:
        """Somebody else's deployment, which makes at once what no template of the scenario names."""
        self.world.require_group(record_id, writable=True)
        template = build_template([build_top(BOX, "foreign")])
        items = templates.expand(template, {}, find_group_id(record_id))
        number, until = f"foreign-{self.world.number()}", self.world.now + 0.02
        deployments.start(self.world, Record(record_id, number, number, record_id, self.world.now, until), items)

    def _is_own(self, at: int, thing: Thing) -> bool:
        return any(request_id in record for record in thing.maker for request_id in self.own[at])

    def _check_events(self, ended: Ended) -> dict[str, Any]:
        """Every transition ends with one event, which may be on the wire more than once."""
        different = {json.dumps(event, sort_keys=True) for event in ended.events}
        self._require(len(different) == 1, f"there is one event, not {len(different)}")
        reason = ended.events[0].get("failureDetails", {}).get("description", "")
        is_over_time = "not over after" in reason and "step remove_resources" not in reason
        self._require(not is_over_time, f"nothing that a deployment waits for lasts as long: {reason}")
        return ended.events[0]

    def _check_deletions(self, at: int, before: brent.Resource) -> None:
        """The driver deletes what the topology names, and what this resource has made."""
        for thing in self.host.wire.deleted:
            is_named = thing.id.lower() in _list_ids(before)
            self._require(is_named or self._is_own(at, thing), f"r{at} deletes somebody else's {thing.id}")

    def _check_claims(self, at: int, before: brent.Resource) -> None:
        """What a transition adds to the topology was made by it. (What is not there may be named, too: a deployment
        that failed does not tell whether its PUT was carried out.)
        """
        made = {thing.id.lower() for thing in self.world.created if self._is_own(at, thing)}
        for claimed in _list_ids(self.resources[at]) - _list_ids(before):
            if self.world.find(claimed) is not None:
                self._require(claimed in made, f"r{at} owns what it did not make: {claimed}")

    def _check_completeness(self, at: int) -> None:
        """If nobody else has acted meanwhile, there is evidence for all that a transition has made, and it is owned."""
        for thing in self.world.created:
            if self._is_own(at, thing) and self.world.find(thing.id) is thing:
                self._require(thing.id.lower() in _list_ids(self.resources[at]), f"r{at} disowns {thing.id}")

    def _check_leaks(self, at: int) -> None:
        """What this resource has made and is still there is in its topology, or it was named as not owned. If somebody
        has overwritten the record of the nested deployment that made it, that record was named.
        """
        named = _list_ids(self.resources[at])
        for key, thing in self.world.things.items():
            if self._is_own(at, thing) and key not in named:
                nested = [record.lower() for record in thing.maker if record != thing.maker[0]]
                is_told = any(one in self.told[at] for one in (key, *nested))
                self._require(is_told, f"nobody is told of what r{at} made: {thing.id}")

    def _check_removal(self, before: brent.Resource) -> None:
        """After a COMPLETE Delete nothing that the topology named is there."""
        for named in _list_ids(before):
            self._require(self.world.find(named) is None, f"it is still there: {named}")

    def _require(self, holds: bool, rule: str) -> None:
        assert holds, "\n".join([rule, *self.story])


def _list_ids(resource: brent.Resource) -> set[str]:
    """The ids, in lower case, that the topology of a resource names, without deployments' records."""
    ids = {str(entry["id"]).lower() for entry in resource.topology.values()}
    return {one for one in ids if "/providers/microsoft.resources/deployments/" not in one}
