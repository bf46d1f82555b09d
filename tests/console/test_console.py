"""The console in a browser, over made-up executions. tests/e2e/test_console.py has it over real ones."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page, expect

from driver import executions
from tests.console.world import LIST, World, fail, serve
from tests.support.browser import OpenPage

MARKUP = "<img src=x onerror=\"document.title='hacked'\">"
GROUP = "/subscriptions/33333333-3333-3333-3333-333333333333/resourceGroups/rg/providers"


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def wait_for_azure(reason: str) -> dict[str, Any]:
    return {"waiting": {"waits_for": "azure", "reason": reason, "since": ago(20), "until": ago(-600)}, "attempt": 2}


def rows(page: Page) -> Any:
    return page.locator("#executions tbody tr")


def names(page: Page) -> list[str]:
    return page.locator("#executions tbody tr a").all_inner_texts()


def test_what_runs_is_shown_newest_first_with_what_it_waits_for(world: World, url: str, open_page: OpenPage) -> None:
    world.add(300, "oldest")
    world.add(200, "throttled", **wait_for_azure("SubscriptionRequestsThrottled: 8 seconds"))
    world.add(100, "newest")
    world.add(2_000, "late")
    world.add(90, "failed", **fail("INTERNAL_ERROR", "no"))
    with open_page(url) as page:
        expect(rows(page)).to_have_count(4)
        assert names(page) == ["newest", "throttled", "oldest", "late"]
        row = rows(page).nth(1)
        expect(row).to_contain_text("Waiting")
        expect(row).to_contain_text(re.compile(r"watch_deployment\s*waits for azure since [0-9:]+, next try [0-9:]+"))
        expect(row).to_contain_text("SubscriptionRequestsThrottled: 8 seconds")
        expect(row.locator("td").nth(4)).to_contain_text("3 min ")
        expect(row.locator("td").nth(5)).to_contain_text("in 10 min ")
        expect(row.locator("td").nth(6)).to_have_text("2")
        expect(rows(page).nth(3)).to_contain_text("overdue 19 min")
        expect(page.locator("nav a").nth(0)).to_have_text("Running 4")
        expect(page.locator("nav a").nth(1)).to_have_text("Failed 1, last 24 h")


def test_times_are_local_and_their_titles_are_utc(world: World, url: str, open_page: OpenPage) -> None:
    world.add(0, "dated", accepted_at="2026-01-15T02:13:01.5+00:00", deadline="2026-07-15T02:13:01+00:00")
    with open_page(url) as page:
        times = rows(page).locator("time")
        expect(times.nth(0)).to_have_text("2026-01-15 03:13:01")
        expect(times.nth(0)).to_have_attribute("title", "2026-01-15 02:13:01 UTC")
        expect(times.nth(1)).to_have_text("2026-07-15 04:13:01")


def test_no_text_of_a_request_becomes_markup(world: World, url: str, open_page: OpenPage) -> None:
    operations = ({"resource": MARKUP, "state": "Running", "since": ago(5)},)
    hostile: dict[str, Any] = {"resource": {"id": MARKUP, "name": MARKUP, "type": MARKUP}, "transition": MARKUP}
    hostile |= {"deployment_location": MARKUP, "tenant_id": MARKUP, "step": MARKUP, "operations": operations}
    hostile |= {"not_owned": ({"id": MARKUP, "reason": MARKUP},), "not_owned_total": 1, **wait_for_azure(MARKUP)}
    hostile |= {"deployment": {"name": MARKUP, "id": MARKUP, "correlation_id": MARKUP}}
    world.add(20, MARKUP, **hostile)
    world.add(30, MARKUP, **hostile | fail("INTERNAL_ERROR", MARKUP))
    world.vitals["kafka"] = {"status": "UNHEALTHY", "reason": MARKUP, "since": ago(5)}
    with open_page(f"{url}?type=%3Cimg%3E&status=FAILED") as page:
        page.get_by_role("button", name="Clear filters").click()
        expect(page.locator("#failures td").last).to_have_text(MARKUP)
        page.locator("nav a").nth(0).click()
        page.get_by_role("link", name=MARKUP).click()
        expect(page.locator("#details h2")).to_have_text(f"{MARKUP} {MARKUP}")
        expect(page.locator("#details li")).to_have_text(f"{MARKUP}: {MARKUP}")
        page.locator("#details summary").click()
        assert page.locator("img, iframe, object").count() == 0
        assert page.title() == "Azure driver: executions"


def test_the_policy_lets_no_other_script_run(world: World, url: str, open_page: OpenPage) -> None:
    with open_page(url) as page:
        policy = page.request.get(url).headers["content-security-policy"]
        assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy
        assert "unsafe" not in policy
        assert "http" not in policy
        assert page.evaluate("Reflect.ownKeys(window).filter(name => name.startsWith('on') && window[name])") == []
    with pytest.raises(Error, match="requires 'TrustedHTML'"), open_page(url) as page:
        page.evaluate("document.body.innerHTML = '<p>'")


def test_filters_are_in_the_address_and_a_colleague_sees_the_same(world: World, url: str, open_page: OpenPage) -> None:
    for number in range(1, 25):
        world.add(number)
    with open_page(url) as page:
        expect(rows(page)).to_have_count(24)
        page.get_by_label("Type").select_option("AzureVM 1.0")
        page.get_by_label("Location").select_option("azure-ne")
        page.get_by_label("Accepted").select_option("in the last hour")
        page.get_by_label("Resource or request").fill("vnet-1")
        expect(rows(page)).to_have_count(2)  # 12 and 18: even, and a multiple of 3
        expect(page).to_have_url(re.compile("resource=vnet-1&"))
        address, shown = page.url, names(page)
    assert shown == ["vnet-12", "vnet-18"]
    with open_page(address) as page:
        expect(rows(page)).to_have_count(2)
        assert names(page) == shown
        expect(page.get_by_label("Accepted")).to_have_value("1h")
        page.get_by_role("button", name="Clear filters").click()
        expect(rows(page)).to_have_count(24)
        page.go_back()
        expect(rows(page)).to_have_count(2)


def test_an_id_finds_its_resource_or_opens_its_request(world: World, url: str, open_page: OpenPage) -> None:
    wanted, _ = world.add(10), world.add(11)
    with open_page(url) as page:
        page.keyboard.press("/")
        page.keyboard.type(wanted["resource"]["id"])
        expect(rows(page)).to_have_count(1)
        page.get_by_label("Resource or request").fill(wanted["requestId"])
        expect(page.locator("#details h2")).to_have_text("Create vnet-10")
        expect(page).to_have_url(f"{url}?request={wanted['requestId']}")


def test_failures_are_grouped_by_code(world: World, url: str, open_page: OpenPage) -> None:
    for number in range(10, 13):
        world.add(number, **fail("INSUFFICIENT_CAPACITY", f"QuotaExceeded: {number} cores"))
    world.add(20, **fail("INFRASTRUCTURE_ERROR", "the sign-in has failed"))
    world.add(200_000, **fail("INTERNAL_ERROR", "the day before yesterday"))
    with open_page(f"{url}?status=FAILED") as page:
        groups = page.locator("#failures tbody tr")
        expect(groups).to_have_count(2)
        assert groups.nth(0).locator("td").all_inner_texts()[:2] == ["INSUFFICIENT_CAPACITY", "3"]
        expect(groups.nth(0)).to_contain_text("QuotaExceeded: 10 cores")
        expect(rows(page)).to_have_count(4)
        page.get_by_role("button", name="INFRASTRUCTURE_ERROR").click()
        expect(rows(page)).to_have_count(1)
        expect(rows(page)).to_contain_text("the sign-in has failed")
        expect(page).to_have_url(re.compile("code=INFRASTRUCTURE_ERROR"))
        page.get_by_label("Accepted").select_option("in the last 7 days")
        page.get_by_role("button", name="Clear filters").click()


def test_a_request_shows_its_timeline_and_what_to_copy(world: World, url: str, open_page: OpenPage) -> None:
    states = {"Succeeded": ago(40), "Failed": ago(30), "Running": None}
    begun = ago(50)
    operations = tuple(
        {
            "resource": f"{GROUP}/Microsoft.Network/virtualNetworks/v-{state}",
            "state": state,
            "since": begun,
            "until": until,
        }
        for state, until in states.items()
    )
    deployment = {"name": "vnet-1-abc", "id": f"{GROUP}/Microsoft.Resources/deployments/d", "correlation_id": "c-1"}
    made = world.add(
        60, "net", operations=operations, operations_total=34, deployment=deployment, **wait_for_azure("it deploys")
    )
    with open_page(f"{url}?request={made['requestId']}") as page:
        timeline = page.locator(".timeline tbody tr")
        expect(timeline).to_have_count(5)
        expect(timeline.nth(0)).to_contain_text("Create")
        expect(timeline.nth(1)).to_contain_text("waits for azure")
        expect(timeline.nth(2)).to_contain_text("Microsoft.Network/virtualNetworks/v-Succeeded")
        expect(timeline.nth(4)).to_contain_text("Running")
        expect(page.locator(".timeline caption")).to_contain_text("the newest 3 of 34 operations")
        # The page draws a running timeline again each second: bars that it has just replaced have no width.
        measured = page.wait_for_function(
            """() => {
                const bars = [...document.querySelectorAll(".timeline .bar")];
                const widths = bars.map(bar => bar.getBoundingClientRect().width);
                return widths.length === 5 && widths.every(width => width > 0) && widths;
            }"""
        )
        whole, wait, succeeded, failed, running = measured.json_value()
        assert whole > running > failed > succeeded > 0
        assert whole > wait > succeeded
        for label, text in (("correlation id", "c-1"), ("deployment", "vnet-1-abc"), ("request id", made["requestId"])):
            page.get_by_role("button", name=f"Copy {label}", exact=True).click()
            expect(page.get_by_role("status")).to_have_text(f"{label} copied")
            assert page.evaluate("navigator.clipboard.readText()") == text


def test_a_request_follows_its_execution_to_the_end(world: World, url: str, open_page: OpenPage) -> None:
    made = world.add(60, "net")
    with open_page(f"{url}?request={made['requestId']}") as page:
        expect(page.locator("#details .status").first).to_have_text("Running")
        world.executions[made["requestId"]] |= {"status": "COMPLETE", "step": None, "endedAt": ago(0)}
        page.get_by_role("button", name="Refresh").click()
        expect(page.locator("#details .status").first).to_have_text("Complete")
        expect(rows(page)).to_have_count(0)
        expect(page.locator("#empty")).to_have_text("Nothing runs.")


def test_the_keyboard_reaches_everything(world: World, url: str, open_page: OpenPage) -> None:
    for number in range(1, 101):
        world.add(number)
    focused = "document.activeElement.textContent"
    with open_page(url) as page:
        expect(page.locator("#count")).to_have_text("100 shown")
        for key, name in (
            ("j", "vnet-1"),
            ("j", "vnet-2"),
            ("ArrowDown", "vnet-3"),
            ("End", "vnet-100"),
            ("k", "vnet-99"),
        ):
            page.keyboard.press(key)
            assert page.evaluate(focused) == name
        expect(page.get_by_role("link", name="vnet-99")).to_be_in_viewport()
        page.keyboard.press("Enter")
        expect(page.locator("#details h2")).to_be_focused()
        expect(page.locator("#details h2")).to_have_text("Create vnet-99")
        page.keyboard.press("Escape")
        expect(page.locator("#details")).to_be_hidden()
        assert page.evaluate(focused) == "vnet-99"
        page.keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()
        page.get_by_label("Shortcuts of a single letter").uncheck()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
        page.keyboard.press("3")
        expect(page).not_to_have_url(re.compile("status"))
        page.keyboard.press("Tab")  # out of the table: its rows are one stop
        assert page.evaluate("document.activeElement.closest('table')") is None


@pytest.mark.slow
def test_ten_thousand_executions_are_few_elements_and_stay_where_they_are(
    world: World, url: str, open_page: OpenPage
) -> None:
    for number in range(100, 10_100):
        world.add(number)
    with open_page(url) as page:
        expect(page.locator("#count")).to_have_text("10,000 shown", timeout=60_000)
        page.locator("#executions tbody a").first.focus()
        page.keyboard.press("End")
        assert page.evaluate("document.activeElement.textContent") == "vnet-10099"
        page.keyboard.press("k")
        page.locator("#list").evaluate("element => element.scrollTop = 5000 * 46")
        expect(page.get_by_role("link", name="vnet-5100", exact=True)).to_be_in_viewport()
        assert rows(page).count() < 60
        place = page.get_by_role("link", name="vnet-5100", exact=True).bounding_box()
        for number in range(50):
            world.add(number)
        page.get_by_role("button", name="Refresh").evaluate("element => element.click()")
        expect(page.locator("#count")).to_contain_text("10,000 shown, of the first 10,000", timeout=60_000)
        shown = page.evaluate("document.querySelector('#list').scrollTop")
        assert shown > 5_000 * 46
        assert page.get_by_role("link", name="vnet-5100", exact=True).bounding_box() == place
        assert page.evaluate("document.activeElement.textContent") == "vnet-10098"


def test_a_driver_that_is_away_is_told_once_with_the_age_of_what_is_shown(
    world: World, url: str, open_page: OpenPage
) -> None:
    world.add(10, "net")
    with open_page(url) as page:
        expect(rows(page)).to_have_count(1)
        world.is_away = True
        page.get_by_role("button", name="Refresh").click()
        notice = page.locator(".notice")
        expect(notice).to_contain_text(
            re.compile(
                r"The driver does not answer since [0-9:]+: the task hub does not answer \(TimeoutError\)\. "
                r"What is shown is of [0-9:]+, [0-9]+ s ago\."
            )
        )
        expect(page.get_by_role("status")).to_have_text("The driver does not answer. The list is old.")
        expect(rows(page)).to_have_count(1)
        world.is_away = False
        page.get_by_role("button", name="Refresh").click()
        expect(notice).to_have_count(0)
        expect(page.get_by_role("status")).to_have_text("The driver answers again.")


@pytest.mark.parametrize("status", [401, 200, 302])
def test_a_sign_in_of_a_proxy_is_not_taken_for_a_driver_that_is_away(
    world: World, url: str, open_page: OpenPage, status: int
) -> None:
    with open_page(url) as page:
        expect(page.locator("#empty")).to_be_visible()
        world.sign_in = status
        page.get_by_role("button", name="Refresh").click()
        expect(page.locator(".notice")).to_contain_text(
            "Something before the driver does not let this page through (reload it to sign in) since "
        )


@pytest.mark.parametrize("runtime_status", ["Pending", "Terminated"])
def test_an_execution_that_cannot_be_read_is_shown(
    world: World, url: str, open_page: OpenPage, runtime_status: str
) -> None:
    request_id, now = world.add(10)["requestId"], datetime.now(UTC)
    found = executions.Status(request_id, runtime_status, now, None, None, None)
    world.executions[request_id] = executions.describe_execution(found)
    with open_page(f"{url}?status=ALL&since=any") as page:
        page.get_by_role("link", name=request_id).click()
        expect(page.locator("#details h2")).to_have_text(request_id)
        expect(page.locator("#details dd").first).to_contain_text(request_id)
        assert "undefined" not in page.locator("body").inner_text()


def test_what_is_unhealthy_is_told_with_its_reason(world: World, url: str, open_page: OpenPage) -> None:
    world.vitals["kafka"] = {"status": "UNHEALTHY", "reason": "no broker answers", "since": ago(5)}
    with open_page(url) as page:
        expect(page.locator(".notice")).to_contain_text(
            re.compile(r"kafka is UNHEALTHY since [0-9:]+: no broker answers")
        )
        expect(page.locator("#vitals li").nth(0)).to_have_text("app OK")


def test_a_hidden_tab_asks_nothing(world: World, url: str, open_page: OpenPage) -> None:
    hide = """isHidden => {
        Object.defineProperty(document, "hidden", {value: isHidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""
    with open_page("about:blank") as page:
        page.clock.install()
        page.goto(url)
        page.clock.run_for(2_000)
        expect(page.locator("#empty")).to_be_visible()
        page.evaluate(hide, True)
        asked = len(world.asked)
        page.clock.run_for(120_000)
        assert len(world.asked) == asked
        page.evaluate(hide, False)
        expect(page.locator("#empty")).to_be_visible()
        with page.expect_response(re.compile(LIST)):
            page.clock.run_for(6_000)


def test_it_works_below_a_secret_path(open_page: OpenPage) -> None:
    world = World(prefix="/a-long-random-token")
    made = world.add(10, "net")
    with serve(world) as url, open_page(url) as page:
        page.get_by_role("link", name="net").click()
        expect(page.locator("#details h2")).to_have_text("Create net")
        expect(page).to_have_url(f"{url}?request={made['requestId']}")
        with page.expect_response(re.compile(made["requestId"])):
            page.get_by_role("button", name="Refresh").click()
        assert set(world.asked) == {LIST, f"{LIST}/{made['requestId']}", "/management/health"}


def test_the_theme_is_the_system_s_until_it_is_chosen(world: World, url: str, open_page: OpenPage) -> None:
    ground = "getComputedStyle(document.body.parentElement).backgroundColor"
    with open_page(url, color_scheme="dark") as page:
        dark = page.evaluate(ground)
        page.get_by_label("Theme").select_option("light")
        light = page.evaluate(ground)
        assert light != dark
        page.reload()
        assert page.evaluate(ground) == light
    with open_page(url) as page:
        assert page.evaluate(ground) == light


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(world: World, url: str, open_page: OpenPage, axe: Path, theme: str) -> None:
    for number in range(1, 100):
        world.add(number, **(wait_for_azure("throttled") if number % 3 == 0 else {}))
    world.add(2_000, "late")
    failed = world.add(200, "bad", **fail("INTERNAL_ERROR", "no"), not_owned=({"id": "a", "reason": "b"},))
    world.vitals["kafka"] = {"status": "UNHEALTHY", "reason": "no broker answers", "since": ago(5)}
    waiting = next(one for one in world.executions.values() if one["waiting"])
    for query in (f"?request={waiting['requestId']}", f"?status=FAILED&request={failed['requestId']}", "?help"):
        # Only here, for axe itself, the page's policy does not hold.
        with open_page(url + query, color_scheme=theme, bypass_csp=True) as page:
            expect(page.locator("#executions tbody tr").first).to_be_visible()
            if query == "?help":
                page.keyboard.press("?")
            page.add_script_tag(path=axe)
            found = page.evaluate("axe.run().then(result => result.violations)")
            told = [
                (one["id"], one["impact"], one["nodes"][0]["html"], one["nodes"][0].get("failureSummary"))
                for one in found
            ]
            assert told == [], query
