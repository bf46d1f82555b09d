"""An upgrade, and a way back, while a hundred lifecycles run: each of them ends well.

The earlier release is an archive beside this file. The step tables differ: this release prunes after it has
watched, has steps that the earlier one does not know, and seals orders in a form that the earlier one cannot open.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dev import azure
from dev.brent import Resource, vnet
from dev.stack import ROOT, Stack
from tests.e2e.releases import unpack
from tests.e2e.trial import Trial, eventually, ids, started

CREATES, DELETES, MEANWHILE = 80, 20, 5
SLOW, FAST = 20.0, 0.5  # seconds that a deployment takes


@contextmanager
def played(folder: Path, app: Path) -> Iterator[Trial]:
    """A stack that runs the code in `app`."""
    folder.mkdir()
    with started(Stack(folder, provisioning_seconds=FAST, app=app)) as trial:
        yield trial


def swap(trial: Trial, app: Path, is_killed: bool = False) -> None:
    """Put other code in place of what runs, after a stop as a rollout sends it or after kill -9."""
    if is_killed:
        trial.kill_host()
    else:
        trial.stack.servers["host"].stop()
    trial.stack.app = app
    trial.stack.start_host()


def create(trial: Trial, group: str, prefix: str, count: int) -> dict[str, Resource]:
    """Begin Creates of networks; by their requestIds."""
    networks = [vnet(f"{prefix}-{number}", group) for number in range(count)]
    return {trial.begin(network): network for network in networks}


def complete(trial: Trial, begun: dict[str, Resource]) -> list[Resource]:
    return [trial.completed(request_id, resource) for request_id, resource in begun.items()]


def begin_hundred(trial: Trial, group: str) -> tuple[dict[str, Resource], dict[str, Resource]]:
    """80 Creates and 20 Deletes under way, some of them further than others."""
    there = complete(trial, create(trial, group, "gone", DELETES))
    azure.change_settings(trial.stack.endpoints(), {"provisioningSeconds": SLOW})
    creates = create(trial, group, "vnet", CREATES)
    deletes = {trial.begin(network, "Delete"): network for network in there}
    eventually(lambda: sum("/deployments/vnet-" in one for one in trial.in_azure(group)) > CREATES // 4)
    return creates, deletes


def count_steps(trial: Trial) -> Counter[str]:
    """The lifecycles that have not ended, by their step."""
    listed = trial.instances(runtimeStatus="Pending,Running", showInput="false")
    shown = [one["customStatus"] for one in listed if one["name"] == "run_lifecycle"]
    return Counter((json.loads(one) if isinstance(one, str) else one or {}).get("step") or "not begun" for one in shown)


def check(trial: Trial, group: str, owned: list[Resource]) -> None:
    """What is in Azure stands in a topology, and the other way round."""
    known = set().union(*(ids(one.topology) for one in owned))
    eventually(lambda: {one for one in trial.in_azure(group) if "/providers/" in one} == known)


def delete_all(trial: Trial, group: str, resources: list[Resource]) -> None:
    azure.change_settings(trial.stack.endpoints(), {"provisioningSeconds": FAST})
    deleted = complete(trial, {trial.begin(one, "Delete"): one for one in resources})
    assert [one.topology for one in deleted] == [{}] * len(resources)
    check(trial, group, deleted)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_what_release_2_0_0_began_ends_well_under_this_release(tmp_path: Path) -> None:
    old = unpack("2.0.0", tmp_path / "old")
    assert "prune_resources" not in (old / "orchestrators" / "lifecycle.py").read_text(encoding="utf-8")
    with played(tmp_path / "stack", old) as trial:
        group = trial.make_group("rg-up")
        creates, deletes = begin_hundred(trial, group)
        under_way = count_steps(trial)
        swap(trial, ROOT)
        swapped = time.monotonic()
        made, gone = complete(trial, creates), complete(trial, deletes)
        seconds = time.monotonic() - swapped
        print(f"\n2.0.0 to this release: {len(made) + len(gone)} COMPLETE, the last {seconds:.1f} s after the swap")
        print(f"  at the swap: {dict(under_way)}; events: {len(trial.seen)}")
        assert under_way.total() > CREATES
        assert [one.topology for one in gone] == [{}] * DELETES
        check(trial, group, made)
        delete_all(trial, group, made)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_what_this_release_began_waits_under_release_2_0_0_and_ends_well_after_it(tmp_path: Path) -> None:
    old = unpack("2.0.0", tmp_path / "old")
    with played(tmp_path / "stack", ROOT) as trial:
        group = trial.make_group("rg-down")
        creates, deletes = begin_hundred(trial, group)
        under_way = count_steps(trial)
        with trial.faults({"kind": "delay", "method": "GET", "path": "/operationStatuses/", "seconds": 10}):
            eventually(lambda: azure.count_hits(trial.stack.endpoints()))
            swap(trial, old, is_killed=True)  # in the middle of a poll, which the old code is given
        azure.change_settings(trial.stack.endpoints(), {"provisioningSeconds": FAST})
        others = complete(trial, create(trial, group, "other", MEANWHILE))  # the old code works meanwhile
        waiting = count_steps(trial)
        swap(trial, ROOT)
        swapped = time.monotonic()
        made, gone = complete(trial, creates), complete(trial, deletes)
        seconds = time.monotonic() - swapped
        taken = trial.log().count(" has waited for a host ")  # the histories may have begun anew since
        print(f"\nback to 2.0.0, and to this release again: {len(made) + len(gone)} COMPLETE, {len(others)} of 2.0.0")
        print(f"  at the swap: {dict(under_way)}; while 2.0.0 ran: {dict(waiting)}; events: {len(trial.seen)}")
        print(f"  2.0.0 took {taken} steps or more; the last event {seconds:.1f} s after the swap back")
        assert waiting.total() > CREATES
        assert taken > 0
        assert [one.topology for one in gone] == [{}] * DELETES
        check(trial, group, [*made, *others])
        delete_all(trial, group, [*made, *others])
