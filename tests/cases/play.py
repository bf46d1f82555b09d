"""Playing a case: through the real driver on the local host, against the embedded Azure and a Kafka broker."""

import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from threading import Thread
from typing import Any

import requests

from dev.brent import Resource, apply_event, execute
from tests.cases.case import Call, Calls, Case, Existing, Expectation, Outcome, Step, Transition
from tests.e2e.trial import Trial
from tests.support.driver_files import zipped
from tests.support.json_server import json_server

OTHER_SUBSCRIPTION = "44444444-4444-4444-4444-444444444444"
SECRET = "trial-secret"
RECORD = "/providers/microsoft.resources/deployments/"


class WrongOutcomeError(AssertionError):
    """The driver did not do what is right."""


def check(holds: object, text: object) -> None:
    if not holds:
        raise WrongOutcomeError(str(text))


def _copy_resource(resource: Resource, copy: int) -> Resource:
    properties = {**resource.properties, "copy": str(copy)}
    return replace(
        resource, id=str(uuid.uuid5(uuid.UUID(resource.id), str(copy))), name=f"play-{copy}", properties=properties
    )


@dataclass
class Play:
    """One case on a stack whose Azure it empties first. A client id of its own means that no token is cached."""

    trial: Trial
    case: Case
    client: str = field(default_factory=lambda: str(uuid.uuid4()))
    resources: dict[str, Resource] = field(default_factory=dict)
    begun: dict[str, list[str]] = field(default_factory=dict)
    begun_at: float = 0.0
    logged: int = 0
    served: str = ""

    def run(self) -> None:
        self._control("POST", "reset")
        self.logged = len(self.trial.log())
        known = self.trial.stack.deployment_location["properties"]
        subscriptions = [known["subscriptionId"], OTHER_SUBSCRIPTION]
        clients = {known["clientId"]: known["clientSecret"], self.client: SECRET}
        self._control("POST", "settings", {"subscriptions": subscriptions, "clients": clients})
        if self.case.group:
            self.make(
                Existing(
                    id=f"/resourceGroups/{self.case.group}",
                    api_version="2024-03-01",
                    body={"location": "northeurope", "tags": {"owner": "somebody"}},
                )
            )
        for existing in self.case.existing:
            self.make(existing)
        try:
            with json_server(self.case.serve) as self.served:
                for step in self.case.steps:
                    self.take(step)
            self.compare(self.case.end)
        finally:
            self._control("DELETE", "faults")

    def take(self, step: Step) -> None:
        self.set_scene(step)
        if step.wait is not None:
            self.wait_for(step.wait)
        if step.finds is not None:
            self.send_finds(step.finds)
        if step.health is not None:
            self.ask_health(step.health)
        if step.begin is not None:
            self.begin(step.begin)
        if step.run is not None:
            self.begin(step.run)
        if (step.run or step.finish) is not None:
            self.finish(step.run or step.finish)

    def set_scene(self, step: Step) -> None:
        """What somebody else does in Azure, and what goes wrong there."""
        if step.faults is not None:
            self._control("POST", "faults", {"faults": step.faults})
        if step.settings is not None:
            self._control("POST", "settings", step.settings)
        if step.make is not None:
            self.make(step.make)
        if step.azure is not None:
            self.call(step.azure)

    # somebody else in Azure

    def make(self, wanted: Existing) -> None:
        self.call(Call(method="PUT", id=wanted.id, api_version=wanted.api_version, body=wanted.body))
        deadline = time.monotonic() + 10
        while True:
            found = self._arm("GET", wanted.id, wanted.api_version).json()
            if (found.get("properties") or {}).get("provisioningState", "Succeeded") == "Succeeded":
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{wanted.id} is not ready: {found}")
            time.sleep(0.02)

    def call(self, wanted: Call) -> None:
        answer = self._arm(wanted.method, wanted.id, wanted.api_version, wanted.body)
        if not answer.ok:
            raise RuntimeError(f"the set-up failed: {wanted.method} {wanted.id}: {answer.status_code} {answer.text}")

    # the resource manager

    def begin(self, wanted: Transition) -> None:
        resource = self._resource(wanted)
        topology = wanted.topology
        if topology is not None:
            resource = replace(
                resource, topology={key: {**one, "id": self._whole(one["id"])} for key, one in topology.items()}
            )
        ids: list[str] = []
        for copy in range(0, wanted.copies, wanted.every):
            this = resource if wanted.copies == 1 else _copy_resource(resource, copy)
            files = self.case.files(self.served)
            body = self.trial.body(this, wanted.transition, zipped(files) if files else None)
            location = body["deploymentLocation"]
            given = {"clientId": self.client, "clientSecret": SECRET, **self.case.location}
            body["deploymentLocation"] = {**location, "properties": {**location["properties"], **given}}
            if not ids:
                self.begun_at = time.time()
            tenant = wanted.tenant.encode().decode("latin-1")  # header values are bytes; these are UTF-8
            ids.append(execute(self.trial.stack.driver, body, self.trial.session, tenant))
        self.begun[f"{wanted.resource} {wanted.transition}"] = ids

    def finish(self, wanted: Transition | None) -> None:
        if wanted is None:
            return
        for request_id in self.begun.pop(f"{wanted.resource} {wanted.transition}"):
            event, said = self._event(request_id, bool(wanted.expect.said))
            tenant = self.trial.event(request_id).headers["tenantId"]
            check(tenant == wanted.tenant, f"the event's tenantId is {tenant!r}")
            status = self.trial.ended(request_id)["status"]
            check(status == event["status"], f"the event says {event['status']}, the execution {status}")
            after = apply_event(self._resource(wanted), event)
            self.resources[wanted.resource] = after
            self._compare_event(wanted.expect, event, after)
            check(re.search(wanted.expect.said, said), f"nothing like {wanted.expect.said!r} was said: {said[-500:]}")
            if wanted.expect.not_owned or wanted.expect.not_owned_not:
                told = str(self.trial.execution(request_id).get("notOwned")).lower()
                for one in wanted.expect.not_owned:
                    check(self._whole(one).lower() in told, f"{one} is not in notOwned: {told}")
                for one in wanted.expect.not_owned_not:
                    check(self._whole(one).lower() not in told, f"{one} is in notOwned: {told}")

    def send_finds(self, count: int) -> None:
        """Send references/find requests that are not waited for."""
        body = self.trial.body(self._resource(Transition(transition="Create")))
        wanted = {
            "instanceName": self._whole(self.case.existing[0].id),
            "deploymentLocation": body["deploymentLocation"],
            "driverFiles": "",
        }
        url = self.trial.stack.driver + "/api/driver/references/find"
        for _ in range(count):
            Thread(target=requests.post, args=(url,), kwargs={"json": wanted, "timeout": 60}, daemon=True).start()
        deadline = time.monotonic() + 5
        while sum(play["hits"] for play in self._control("GET", "faults")["value"]) < count:
            if time.monotonic() > deadline:
                return  # the driver lets fewer through at once
            time.sleep(0.05)

    def ask_health(self, seconds: float) -> None:
        begun = time.monotonic()
        requests.get(f"{self.trial.stack.driver}/management/health", timeout=30)
        took = time.monotonic() - begun
        check(took <= seconds, f"health answered after {took:.1f} s")

    def _event(self, request_id: str, listens: bool) -> tuple[dict[str, Any], str]:
        """The event's value, and all that the execution said meanwhile."""
        said = ""
        deadline = time.monotonic() + self.case.seconds + 10
        while True:
            try:
                return dict(
                    self.trial.event(request_id, seconds=0.2 if listens else self.case.seconds + 10).value
                ), said
            except TimeoutError as error:
                said += self.trial.told(request_id) if listens else ""
                check(time.monotonic() < deadline, f"no event within {self.case.seconds + 10:g} s: {error}")

    def _resource(self, wanted: Transition) -> Resource:
        if wanted.resource not in self.resources or wanted.properties is not None:
            known = self.resources.get(wanted.resource)
            properties = {**self.case.properties, **(wanted.properties or {})}
            made = Resource(wanted.resource, wanted.type, properties)
            self.resources[wanted.resource] = (
                made if known is None else replace(known, properties={**known.properties, **properties})
            )
        return self.resources[wanted.resource]

    # what is right

    def _compare_event(self, expected: Expectation, event: Mapping[str, Any], after: Resource) -> None:
        details = event.get("failureDetails") or {}
        check(expected.status in (None, event["status"]), f"{event['status']}, not {expected.status}: {event}")
        check(expected.failure_code in (None, details.get("failureCode")), f"not {expected.failure_code}: {details}")
        check(
            re.search(expected.description, str(details.get("description")), re.IGNORECASE | re.DOTALL),
            f"nothing like {expected.description!r} in: {details}",
        )
        entries = {str(entry["id"]).lower() for entry in after.topology.values()}
        owned = {one for one in entries if RECORD not in one}
        if expected.owns is not None:
            wanted = {self._whole(one).lower() for one in expected.owns}
            check(owned == wanted, f"owns {sorted(owned)}, not {sorted(wanted)}")
        for one in expected.owns_not:
            check(self._whole(one).lower() not in owned, f"owns {one}")
        check(all(one.startswith("/subscriptions/") for one in entries), f"an entry without an id: {entries}")
        if expected.records_at_most is not None:
            records = entries - owned
            check(len(records) <= expected.records_at_most, f"{len(records)} records: {sorted(records)}")
        for name, value in expected.outputs.items():
            check(after.properties.get(name) == value, f"output {name} is {after.properties.get(name)!r}")

    def compare(self, end: Outcome) -> None:
        everything = self._control("GET", "resources")
        found = {
            one["id"].lower() for kind in ("resourceGroups", "resources", "deployments") for one in everything[kind]
        }
        for one in end.left:
            check(self._whole(one).lower() in found, f"{one} is gone; there is {sorted(found)}")
        for one in end.gone:
            check(self._whole(one).lower() not in found, f"{one} is still there")
        for expression in end.log:
            check(re.search(expression, self.trial.log()[self.logged :]), f"the log says nothing like {expression!r}")
        for wanted in end.calls:
            times = self.list_times(wanted)
            what = f"{wanted.method} {wanted.path}"
            check(wanted.least <= len(times) <= wanted.most, f"{len(times)} calls {what}")
            if wanted.within is not None:
                took = times[wanted.least - 1] - self.begun_at
                check(took <= wanted.within, f"{what} came after {took:.1f} s")

    def list_times(self, wanted: Calls) -> list[float]:
        """When the driver has made such calls since the last transition began."""
        return [
            call["at"]
            for call in self._control("GET", "calls")["value"]
            if call["at"] >= self.begun_at
            and call["host"] == wanted.host
            and wanted.status in (None, call["status"])
            and re.fullmatch(wanted.method, call["method"])
            and re.search(wanted.path, call["path"], re.IGNORECASE)
        ]

    def wait_for(self, wanted: Calls) -> None:
        deadline = time.monotonic() + self.case.seconds
        while len(self.list_times(wanted)) < wanted.least:
            check(time.monotonic() < deadline, f"no call {wanted.method} {wanted.path}")
            time.sleep(0.02)

    # wires

    def _whole(self, resource_id: str) -> str:
        return resource_id if resource_id.startswith("/subscriptions/") else self.trial.subscription + resource_id

    def _arm(self, method: str, resource_id: str, version: str, body: Any = None) -> requests.Response:
        self.trial.token = self.trial.token or self.trial._sign_in()
        headers = {"Authorization": f"Bearer {self.trial.token}"}
        options = {"params": {"api-version": version}, "json": body, "headers": headers}
        return self.trial._azure(method, self._whole(resource_id), **options)

    def _control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.trial._azure(method, f"/emulator/{path}", json=body)
        if not answer.ok:
            raise RuntimeError(f"the set-up failed: {answer.text}")
        return answer.json() if answer.content else None
