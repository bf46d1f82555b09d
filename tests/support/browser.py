"""Headless Chromium, and pages in it. Where Chromium is missing the tests skip; with CONSOLE_REQUIRED=1 (CI) they fail.

What a page reports as an error, its security policy's too, fails the test.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dev.stack import ROOT

if TYPE_CHECKING:  # it is loaded by the tests that use it
    from playwright.sync_api import Browser, ConsoleMessage, Page

AXE = ROOT / ".cache" / "console-tools" / "node_modules" / "axe-core" / "axe.min.js"
NETWORK = "Failed to load resource"  # what the browser says of each answer that is an error
# None of its own calls leaves this machine.
QUIET = ("--disable-gpu", "--disable-quic", "--disable-sync", "--disable-background-networking")
OpenPage = Callable[..., "AbstractContextManager[Page]"]


def _require(is_there: bool, what: str) -> None:
    if is_there:
        return
    if os.environ.get("CONSOLE_REQUIRED") == "1":
        pytest.fail(f"CONSOLE_REQUIRED=1 asks for {what}: make console-tools")
    pytest.skip(f"{what} is missing: make console-tools")


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    """Not for the whole session: while Playwright runs, asyncio.run() does not work."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)

    chromium = shutil.which("chromium")
    _require(chromium is not None, "Chromium")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium, args=[*QUIET])


@pytest.fixture(scope="session")
def axe() -> Path:
    _require(AXE.exists(), "axe-core")
    return AXE


@pytest.fixture
def open_page(browser: "Browser") -> OpenPage:
    """Opens a URL in a browser of its own: in Berlin, with a light theme, unless the options say something else."""

    @contextmanager
    def open_one(url: str, **options: object) -> "Iterator[Page]":
        settings = {"timezone_id": "Europe/Berlin", "color_scheme": "light", "viewport": {"width": 1440, "height": 900}}
        context = browser.new_context(**{**settings, **options})  # type: ignore[arg-type]
        context.set_default_timeout(30_000)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        faults: list[str] = []

        def note(message: "ConsoleMessage") -> None:
            if message.type in ("error", "warning") and NETWORK not in message.text:
                faults.append(message.text)

        page.on("console", note)
        page.on("pageerror", lambda error: faults.append(str(error)))
        try:
            page.goto(url)
            yield page
        finally:
            context.close()
        assert faults == []

    return open_one
