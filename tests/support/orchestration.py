"""The orchestrator of lifecycles, run through the real SDK: histories as the Durable extension writes them, activities
answered by a script, timers fired at once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from azure.durable_functions import DFApp

from driver.models.events import TopologyEntry
from driver.models.outcomes import DeploymentShown, Outcome, succeed
from driver.models.runs import KAFKA_ANSWERS, RUN_VERSION
from driver.publication import build_failure
from driver.resource_ids import ResourceId
from driver.steps.actions import Action, CallState
from driver.steps.passes import RemoveState
from driver.steps.previews import PreviewState
from driver.steps.states import DeployState
from emulators.functions_host.episodes import Episode, run_episode
from emulators.functions_host.functions import App, index
from emulators.functions_host.history import Event, EventType, event, execution_started, task_failed
from emulators.functions_host.store import Instance
from orchestrators.lifecycle import ACTIVITIES, run_lifecycle
from tests.support.events import make_event

REQUEST_ID = "0a1b2c3d-0000-4000-8000-000000000001"
SEALED = "sealed-and-needle"
Answer = Outcome | Exception | None  # None: the activity answers only when nothing else happens any more
STARTED = succeed(DeployState(correlation_id="c-1", url="https://arm/1"), after=1).model_copy(
    update={"deployment": DeploymentShown(name="vnet-1-r", id="/subscriptions/s/d", correlation_id="c-1")}
)


def entry(text: str) -> TopologyEntry:
    return TopologyEntry(id=ResourceId.parse(text), type="t")


ACCEPTED_AT = "2026-01-01T00:00:00+00:00"
MADE = {"outputs": {"vnet_id": "id"}, "topology": {"vnet": {"id": "id", "type": "t"}}}


def complete(**parts: Any) -> Outcome:
    """The outcome of a step that has completed the transition and published its event."""
    return Outcome(kind="Completed", event=make_event(**parts, request_id=REQUEST_ID), published=True)


# What each step answers where a script says nothing else.
USUAL: dict[str, Answer] = {
    "await_executions": succeed(RemoveState()),
    "precheck_deployment": succeed(DeployState()),
    "inspect_resources": succeed(DeployState()),
    "start_deployment": STARTED,
    "watch_deployment": complete(**MADE),
    "abandon_deployment": succeed(DeployState(topology={"half": entry("half")})),
    "remove_resources": complete(topology={"vnet": None}),
    "start_preview": succeed(PreviewState(url="https://arm/3"), after=1),
    "call_action": succeed(CallState(actions=(Action(url="https://arm/2", phase="running"),)), after=1),
    "watch_action": complete(),
}


def publish(payload: Mapping[str, Any]) -> Outcome:
    """What `publish_event` answers when Kafka has acknowledged the event."""
    event = payload["event"] or build_failure(payload)
    return Outcome(kind="Completed", event=event, published=True)


def run_input(verb: str = "deploy", seconds: int = 3600, **more: Any) -> dict[str, Any]:
    """The input of a lifecycle, as the API starts it."""
    return {
        "version": RUN_VERSION,
        "requestId": REQUEST_ID,
        "tenant": "tenant-1",
        "trace": {"tracectx.transactionid": "t-1"},
        "acceptedAt": ACCEPTED_AT,
        "resource": {"id": "5a2b", "name": "vnet-1", "type": "resource::AzureVNet::1.0"},
        "deploymentLocation": "azure-we",
        "transition": {"name": "Create", "verb": verb, "seconds": seconds},
        "sealed": SEALED,
        **more,
    }


def _app() -> App:
    app = DFApp()

    def activity(payload: str) -> None:
        raise AssertionError("scripts answer the activities")

    app.orchestration_trigger(context_name="context")(run_lifecycle)
    for name in sorted(ACTIVITIES):
        app.function_name(name)(app.activity_trigger(input_name="payload")(activity))
    return index(app, {})


APP = _app()


def answer_history(data: Any, history: list[Event], instance_id: str = REQUEST_ID) -> dict[str, Any]:
    """What the SDK answers for a history; `data` is the input of the orchestration."""
    context = {
        "history": history,
        "input": data,
        "instanceId": instance_id,
        "isReplaying": len(history) > 2,
        "parentInstanceId": None,
        "upperSchemaVersion": 1,
        "upperSchemaVersionNew": 3,
        "longRunningTimerIntervalDuration": "3.00:00:00",
        "maximumShortTimerDuration": "6.00:00:00",
        "defaultHttpAsyncRequestSleepTimeMillseconds": 30000,
    }
    answered: dict[str, Any] = json.loads(APP.orchestrators["run_lifecycle"].handler(context=json.dumps(context)))
    return answered


@dataclass
class Run:
    """One instance from its start to its end, or until `most` activities were called.

    `script` holds the answers of a step in their order; the last one is given again and again. The first `wakes` waits
    for Kafka end by an external event, all others by their timers.
    """

    data: Mapping[str, Any]
    script: Mapping[str, Sequence[Answer]] = field(default_factory=dict)
    most: int = 500
    wakes: int = 0
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    timers: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    histories: list[tuple[str, list[Event]]] = field(default_factory=list)
    episodes: int = 0
    hanging: list[Event] = field(default_factory=list)
    status: str = "Running"
    output: Any = None

    @property
    def names(self) -> list[str]:
        """The names of the activities called, in their order."""
        return [name for name, _ in self.calls]

    def payloads(self, name: str) -> list[dict[str, Any]]:
        return [payload for called, payload in self.calls if called == name]

    def execute(self) -> "Run":
        """Run it."""
        data = json.dumps(json.dumps(self.data))  # the SDK's client encodes twice
        while (following := self._generation(data)) is not None:
            data = following
        return self

    def _generation(self, data: str) -> str | None:
        """Run one generation; the input of the next."""
        instance = Instance(REQUEST_ID, "e-1", "run_lifecycle", None, "Running", data, None, None, "", "", None)
        history: list[str] = []
        messages = [execution_started(REQUEST_ID, "e-1", "run_lifecycle", data, None)]
        self.histories.append((data, []))
        while messages and len(self.calls) < self.most:
            episode = run_episode(APP, instance, history, messages)
            self.episodes += 1
            assert not episode.unknown
            history += map(json.dumps, episode.events)
            self.histories[-1][1].extend(episode.events)
            if episode.custom_status:
                self.statuses.append(episode.custom_status)
            if episode.continued is not None:
                return episode.continued
            if episode.status != "Running":
                self.status, self.output = episode.status, json.loads(episode.output or "null")
                return None
            messages = self._answers(episode)
            if not messages:
                messages, self.hanging = self.hanging, []
        return None

    def _answers(self, episode: Episode) -> list[Event]:
        """What comes of what an episode has scheduled. A timer beside an activity that answers is cancelled."""
        timers, answers = [], []
        for happened, data in episode.scheduled:
            number = happened["EventId"]
            if happened["EventType"] == EventType.TimerCreated:
                timers.append(event(EventType.TimerFired, TimerId=number, FireAt=happened["FireAt"]))
            else:
                answers += self._called(number, happened["Name"], json.loads(data or "null"))
        if answers:
            return answers
        if timers and self.wakes and '"for":"kafka"' in self.statuses[-1]:
            self.wakes -= 1
            return [event(EventType.EventRaised, Name=KAFKA_ANSWERS, Input="null", ParentTraceContext=None)]
        self.timers += [timer["FireAt"] for timer in timers]
        return timers

    def _called(self, number: int, name: str, payload: dict[str, Any]) -> list[Event]:
        self.calls.append((name, payload))
        script = self.script.get(name) or [publish(payload) if name == "publish_event" else USUAL[name]]
        answer = script[min(self.names.count(name), len(script)) - 1]
        if isinstance(answer, Exception):
            return [task_failed(number, name, answer)]
        outcome = answer or complete()
        outcome = outcome.model_copy(update={"version": outcome.version or RUN_VERSION})
        result = json.dumps(outcome.model_dump(mode="json"))
        answered = [event(EventType.TaskCompleted, TaskScheduledId=number, Result=result)]
        if answer is None:
            self.hanging += answered
        return [] if answer is None else answered
