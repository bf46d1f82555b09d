"""The console over real executions: what it shows is what the trial stack does. The docs show its pictures.

With CONSOLE_IMAGES=<folder> the pictures go there (`make console-images`), else nowhere but the test's own folder.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dev.brent import Resource, resource_group, vnet
from dev.stack import Stack
from tests.e2e.trial import Trial, eventually, started
from tests.support.browser import OpenPage
from tests.support.kafka import Kafka

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
LARGEST_IMAGE = 150_000  # bytes
FAULTS = (
    {"kind": "slow", "factor": 1_000_000, "path": "/edge-7/.*/virtualNetworks/"},
    {"kind": "throttle", "method": "PUT", "path": "/core-3/.*/deployments/", "retryAfter": 90},
    {"kind": "quota", "type": ".*/virtualNetworks", "path": "/lab-[12]/", "message": "Limit is 20 VNets."},
    {"kind": "fail", "type": ".*/virtualNetworks", "path": "/lab-3/", "code": "SubnetInUse", "message": "In use."},
)


@pytest.fixture(scope="module")
def shift(kafka: Kafka, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Trial, dict[str, str]]]:
    """A stack in which something runs, waits, has failed and has completed; the requestIds by what they are."""
    stack = Stack(tmp_path_factory.mktemp("console"), provisioning_seconds=0.3, kafka=kafka.address)
    with started(stack) as trial, ExitStack() as faults:
        groups = {name: trial.run(resource_group(name)) for name in ("edge-7", "core-3", "lab-1", "lab-2", "lab-3")}
        faults.enter_context(trial.faults(*FAULTS))
        found = {"complete": _find_create(trial, groups["edge-7"])}
        for number in (1, 2, 3):
            wanted = vnet(f"lab-{number}-net", f"lab-{number}")
            found[f"failed-{number}"] = trial.begin(wanted)
            trial.failed(found[f"failed-{number}"], wanted)
        edge, core = vnet("edge-7-net", "edge-7"), vnet("core-3-net", "core-3")
        found["throttled"] = trial.begin(core)
        found["running"] = trial.begin(edge)
        eventually(lambda: trial.execution(found["running"])["operations"])
        found["waiting"] = trial.begin(edge, "Delete")
        eventually(lambda: (trial.execution(found["waiting"])["waiting"] or {}).get("requestId"))
        eventually(lambda: "Throttled" in (trial.execution(found["throttled"])["waiting"] or {}).get("reason", ""))
        yield trial, found


def _find_create(trial: Trial, resource: Resource) -> str:
    listed = trial.get(f"/api/driver/lifecycle/executions?resource={resource.id}").json()["executions"]
    return str(listed[0]["requestId"])


@pytest.fixture(scope="session")
def take_picture(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Page, str], None]:
    """Writes a picture of a page, by name."""
    given = os.environ.get("CONSOLE_IMAGES")
    folder = Path(given) if given else tmp_path_factory.mktemp("images")

    def take(page: Page, name: str) -> None:
        path = folder / f"console-{name}.png"
        page.screenshot(path=path, animations="disabled", caret="hide")
        assert path.stat().st_size < LARGEST_IMAGE, path.name

    return take


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_shows_what_runs_and_why_it_waits(
    shift: tuple[Trial, dict[str, str]],
    open_page: OpenPage,
    take_picture: Callable[[Page, str], None],
    theme: str,
) -> None:
    trial, found = shift
    with open_page(
        f"{trial.stack.driver}/console", color_scheme=theme, viewport={"width": 1280, "height": 640}
    ) as page:
        rows = page.locator("#executions tbody tr")
        expect(rows).to_have_count(3)
        for index, (name, texts) in enumerate(
            (
                ("edge-7-net", ("Waiting", "Delete", "waits for request", found["running"])),
                ("edge-7-net", ("Create", "watch_deployment")),
                ("core-3-net", ("Waiting", "waits for azure since", "SubscriptionRequestsThrottled")),
            )
        ):
            expect(rows.nth(index).locator("a")).to_have_text(name)
            for text in texts:
                expect(rows.nth(index)).to_contain_text(text)
        take_picture(page, f"running-{theme}")
        rows.nth(1).locator("a").click()
        shown = trial.execution(found["running"])
        details = page.locator("#details")
        for text in (found["running"], shown["deployment"]["id"], shown["deployment"]["correlationId"]):
            expect(details).to_contain_text(text)
        operation = page.locator(".timeline tbody tr").nth(1)
        expect(operation).to_contain_text("Microsoft.Network/virtualNetworks/edge-7-netRunning")
        expect(operation.locator(".bar")).to_be_visible()
        take_picture(page, f"request-{theme}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_groups_what_has_failed(
    shift: tuple[Trial, dict[str, str]],
    open_page: OpenPage,
    take_picture: Callable[[Page, str], None],
    theme: str,
) -> None:
    trial, found = shift
    url = f"{trial.stack.driver}/console?status=FAILED"
    with open_page(url, color_scheme=theme, viewport={"width": 1280, "height": 640}) as page:
        groups = page.locator("#failures tbody tr")
        expect(groups).to_have_count(2)
        expect(groups.nth(0)).to_contain_text("INSUFFICIENT_CAPACITY2")
        expect(groups.nth(0)).to_contain_text("Limit is 20 VNets.")
        expect(groups.nth(1)).to_contain_text("SubnetInUse: In use.")
        take_picture(page, f"failed-{theme}")
        page.get_by_role("link", name="lab-3-net").click()
        expect(page).to_have_url(re.compile(found["failed-3"]))
        expect(page.locator("#details .failure").first).to_have_text(describe(trial, found["failed-3"]))


def test_a_host_that_stops_is_told(shift: tuple[Trial, dict[str, str]], open_page: OpenPage) -> None:
    trial, _ = shift
    with open_page(f"{trial.stack.driver}/console") as page:
        expect(page.locator("#executions tbody tr")).to_have_count(3)
        trial.kill_host()
        expect(page.locator(".notice")).to_contain_text("The driver does not answer since", timeout=60_000)
        trial.stack.start_host()
        expect(page.locator(".notice")).to_have_count(0, timeout=60_000)
        expect(page.locator("#executions tbody tr")).to_have_count(3)


def describe(trial: Trial, request_id: str) -> Any:
    return trial.execution(request_id)["failureDetails"]["description"]
