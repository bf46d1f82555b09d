"""Runs orchestrations and activities from the task hub.

Everything happens in ticks on the event loop: instances with messages, results or timers that are due have an episode
each, all in one transaction; only then are the newly scheduled activities started. A tick stops taking further
instances after a few milliseconds, so that HTTP requests get their turn.

First in, first out, as on the real host: instances in the order in which their first waiting message came, activities
in the order in which they were scheduled. Episodes follow one another, so no limit of orchestrators applies.
"""

import asyncio
import heapq
import json
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from emulators.functions_host.console import warn
from emulators.functions_host.counters import Counters
from emulators.functions_host.episodes import Episode, run_episode
from emulators.functions_host.functions import App, Function
from emulators.functions_host.generations import continue_as_new, create, create_child, tell_parent
from emulators.functions_host.history import Event, EventType, event, now, parse, task_failed
from emulators.functions_host.inbox import Inbox, Waiting, save_ended
from emulators.functions_host.store import ENDED, ActivityCall, Instance, Store, Timer
from emulators.functions_host.versions import is_newer

TICK_SECONDS = 0.002
CLOCK_CHECK_SECONDS = 60.0  # the clock may jump, as when a laptop wakes up
CallActivity = Callable[[Function, str | None], Awaitable[str | None]]


class Engine:
    """The orchestrations and activities of one task hub. Made on the event loop it runs on; `run` is its only task."""

    def __init__(
        self, app: App, store: Store, call_activity: CallActivity, max_activities: int, version: str | None
    ) -> None:
        """Find what was left undone: activities whose result no episode has taken are run again, timers and messages
        are as they were.

        `call_activity` gives an activity its input (JSON text) and answers with the result (JSON text), or raises.
        `version` is the one of new orchestrations. Those of a newer one wait for a host of that version; activities
        have no version.
        """
        self._app, self._store, self._call, self._max_activities = app, store, call_activity, max_activities
        self._version = version
        self._warned: set[tuple[str, str]] = set()
        self._wake = asyncio.Event()
        self._stopping = False
        self.counters = Counters()
        self._inbox = Inbox(store.awaiting())
        self._running: dict[int, tuple[asyncio.Task[None], str]] = {}
        self._calls = deque(filter(self._is_known, store.activities()))
        self._timers = [(parse(timer.fire_at), timer.number, timer) for timer in store.timers()]
        heapq.heapify(self._timers)

    async def run(self) -> None:
        """Tick whenever there is something to do, until stopped."""
        while not self._stopping:
            self._wake.clear()
            self._tick()
            self._start_activities()
            if self._inbox:
                await asyncio.sleep(0)
                continue
            try:
                await asyncio.wait_for(self._wake.wait(), self._seconds_to_next_timer())
            except TimeoutError:
                continue

    async def stop(self, grace_seconds: float) -> list[str]:
        """Start nothing more, wait for running activities, keep their results; the names of those still running."""
        self._stopping = True
        self._wake.set()
        if self._running:
            await asyncio.wait([task for task, _ in self._running.values()], timeout=grace_seconds)
        with self._store.transaction():
            self._inbox.save(self._store)
        return sorted(name for _, name in self._running.values())

    def start(self, name: str, instance_id: str, data: str | None) -> None:
        """Make a new instance, in place of a finished one of that id. `data` is JSON text."""
        with self._store.transaction():
            create(self._store, name, instance_id, str(uuid4()), data, self._version)
        self._awake(instance_id)

    def send(self, instance_id: str, message: Event) -> None:
        """Put an event into the inbox of an instance."""
        with self._store.transaction():
            self._store.send(instance_id, None, message)
        self._awake(instance_id)

    def _awake(self, instance_id: str) -> None:
        self._inbox.note_stored(instance_id)
        self._wake.set()

    def _seconds_to_next_timer(self) -> float | None:
        if not self._timers:
            return None
        seconds = (self._timers[0][0] - datetime.now(UTC)).total_seconds()
        return min(max(seconds, 0.0), CLOCK_CHECK_SECONDS)

    def _tick(self) -> None:
        self._take_timers()
        if not self._inbox:
            return
        with self._store.transaction():
            until = time.monotonic() + TICK_SECONDS
            while self._inbox and time.monotonic() < until:
                self._run_episodes(*self._inbox.pop(), until)

    def _take_timers(self) -> None:
        moment = datetime.now(UTC)
        while self._timers and self._timers[0][0] <= moment:
            timer = heapq.heappop(self._timers)[2]
            self._inbox.add(timer, json.loads(timer.event))

    def _run_episodes(self, instance_id: str, waiting: Waiting, until: float) -> None:
        """Run an episode of an instance. If it continues as new, the first one of the next generation follows at once,
        or in a later tick after `until` (`time.monotonic()`).
        """
        instance = self._store.instance(instance_id)
        if instance is not None and is_newer(instance.version, self._version):
            save_ended(self._store, waiting.ended)
            return
        messages = self._receive(instance_id, instance.execution_id if instance else "", waiting)
        if instance is None or instance.status in ENDED or not messages:
            return
        history = self._store.history(instance_id)
        episode = self._run_episode(instance, history, messages)
        while episode.continued is not None:
            self._store.drop_generation(instance_id)
            instance, messages = continue_as_new(instance, episode)
            if time.monotonic() >= until:
                self._leave_generation(instance, messages)
                return
            history = []
            episode = self._run_episode(instance, history, messages)
        self._store.extend_history(instance_id, len(history), episode.events)
        self._note_status(instance, episode)
        for happened, data in episode.scheduled:
            self._schedule(instance, happened, data)

    def _receive(self, instance_id: str, execution_id: str, waiting: Waiting) -> list[Event]:
        """Empty the inbox of an instance: the events for this execution. Those from the hub come first, though one in
        memory may be older, and external ones last.
        """
        own, external = self._store.receive(instance_id, execution_id) if waiting.is_stored else ([], [])
        for work, message in waiting.ended:
            if self._store.end(work) and work.execution_id == execution_id:
                own.append(message)
                self.counters.timers += isinstance(work, Timer)
        return [*own, *external]

    def _run_episode(self, instance: Instance, history: list[str], messages: list[Event]) -> Episode:
        self.counters.episodes += 1
        self.counters.messages += len(messages)
        episode = run_episode(self._app, instance, history, messages)
        self._warn_of(instance, episode.unknown)
        return episode

    def _leave_generation(self, instance: Instance, messages: Iterable[Event]) -> None:
        """Leave the first episode of a generation to a later tick."""
        self._store.put_instance(instance)
        for message in messages:
            self._store.send(instance.id, instance.execution_id, message)
        self._inbox.note_stored(instance.id)

    def _note_status(self, instance: Instance, episode: Episode) -> None:
        """Keep what an episode has made of its instance, and tell the parent if it has ended."""
        ended = episode.status in ENDED
        changed = replace(
            instance,
            status=episode.status,
            output=episode.output,
            custom_status=episode.custom_status if ended else episode.custom_status or instance.custom_status,
            updated=now(),
        )
        self._store.put_instance(changed)
        if ended:
            self._store.drop_timers(instance.id)
            if parent := tell_parent(self._store, instance, episode.status, episode.output):
                self._inbox.note_stored(parent)

    def _schedule(self, instance: Instance, happened: Event, data: str | None) -> None:
        """Make what an event of the history announces: an activity call, a timer or a sub-orchestration."""
        task_id = happened["EventId"]
        match happened["EventType"]:
            case EventType.TaskScheduled:
                self._calls.append(self._store.add_activity(instance, task_id, happened["Name"], data))
            case EventType.TimerCreated:
                fired = event(EventType.TimerFired, TimerId=task_id, FireAt=happened["FireAt"])
                timer: Timer = self._store.add_timer(instance, happened["FireAt"], fired)
                heapq.heappush(self._timers, (parse(timer.fire_at), timer.number, timer))
            case EventType.SubOrchestrationInstanceCreated:
                create_child(self._store, instance, happened, data, self._version)
                self._inbox.note_stored(happened["InstanceId"])

    def _warn_of(self, instance: Instance, unknown: Iterable[str]) -> None:
        for name in unknown:
            if (instance.id, name) not in self._warned:
                self._warned.add((instance.id, name))
                warn(f"{instance.name} {instance.id} calls {name!r}, which does not exist: it will wait for ever")

    def _is_known(self, call: ActivityCall) -> bool:
        if call.name.lower() in self._app.activities:
            return True
        warn(f"activity {call.name!r} of instance {call.instance_id} does not exist any more: it will wait for ever")
        return False

    def _start_activities(self) -> None:
        while self._calls and len(self._running) < self._max_activities and not self._stopping:
            call = self._calls.popleft()
            self._running[call.number] = asyncio.create_task(self._run_activity(call)), call.name

    async def _run_activity(self, call: ActivityCall) -> None:
        try:
            result = await self._call(self._app.activities[call.name.lower()], call.input)
            message = event(EventType.TaskCompleted, TaskScheduledId=call.task_id, Result=result)
        except Exception as error:
            message = task_failed(call.task_id, call.name, error)
        self.counters.activities[call.name] += 1
        self._inbox.add(call, message)
        del self._running[call.number]
        self._wake.set()
