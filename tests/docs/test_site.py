"""The built site in headless Chromium, every page at two widths: no error, cut table, raw fence or outside asset."""

import base64
import re
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dev.locks import locked
from tests.docs.pages import ROOT
from tests.support.browser import OpenPage

if TYPE_CHECKING:
    from playwright.sync_api import Page, Request, Response

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

WIDE, NARROW = 1400, 400  # pixels
ASSET = re.compile(r"<(?:link|script|img|source|iframe)\b[^>]*?\b(?:href|src|srcset)=\"?((?:https?:)?//[^\">\s]+)")
FAULTS = """() => {
  const faults = [];
  const right = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > right) faults.push("the page is wider than the window");
  const isCut = (one) => one.getBoundingClientRect().right > right + 1 || one.scrollWidth > one.clientWidth + 1;
  for (const table of document.querySelectorAll("article table")) {
    const shown = [table, ...table.querySelectorAll("th, td")].filter((one) => one.offsetParent !== null);
    if (shown.some(isCut)) faults.push(`cut table: ${table.textContent.trim().slice(0, 60)}`);
  }
  const texts = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const node = texts.currentNode;
    if (/```|~~~/.test(node.data) && !node.parentElement.closest("pre, code, script, style"))
      faults.push(`raw fence: ${node.data.trim().slice(0, 60)}`);
  }
  return faults;
}"""
FIRST_PIXEL = """async (png) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const context = document.createElement("canvas").getContext("2d");
  context.drawImage(picture, -20, -20);
  return context.getImageData(0, 0, 1, 1).data[0];
}"""


class _Files(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # a connection for many requests

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """A request is no news."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site, which is built once."""
    folder = tmp_path_factory.mktemp("site")
    with locked(ROOT / ".cache" / "docs-site"):
        built = subprocess.run(["make", "docs", f"SITE={folder}"], cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    assert "Documentation built" in built.stdout + built.stderr  # quiet, it would not see its own warnings
    return folder


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    """The address at which the site is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def list_pages() -> list[str]:
    """The addresses of the pages below the site's."""
    pages = [page.relative_to(ROOT / "docs").with_suffix("") for page in sorted((ROOT / "docs").rglob("*.md"))]
    return [f"{page.parent}/" if page.name == "index" else f"{page}/" for page in pages]


def test_every_page_is_built_and_loads_nothing_from_elsewhere(folder: Path) -> None:
    pages = list_pages()
    assert len(pages) > 60
    assert [page for page in pages if not (folder / page / "index.html").is_file()] == []
    loaded = {
        (path.relative_to(folder), address)
        for path in folder.rglob("*.html")
        for address in ASSET.findall(path.read_text(encoding="utf-8"))
    }
    assert loaded == set()
    assert [
        path for path in folder.rglob("*.css") if re.search(r"url\(['\"]?(?:https?:)?//", path.read_text("utf-8"))
    ] == []


def test_no_page_has_an_error_a_cut_table_or_a_raw_fence(site: str, open_page: OpenPage) -> None:
    faults: dict[str, object] = {}

    def note_request(asked: "Request") -> None:
        if not asked.url.startswith(site):
            faults[asked.url] = "is not of the site"

    def note_answer(given: "Response") -> None:
        if given.status >= 400:
            faults[given.url] = given.status

    with open_page(site) as page:  # which fails by itself on what the console reports
        page.on("request", note_request)
        page.on("response", note_answer)
        # For its search each page would index the whole site.
        page.add_init_script("window.Worker = class extends EventTarget { postMessage() {} }")
        for name in list_pages():
            for width in (WIDE, NARROW):
                page.set_viewport_size({"width": width, "height": 900})
                if width == WIDE:  # the other way the theme's sidebars would move a while
                    page.goto(site + name)
                page.wait_for_function("width => innerWidth === width", arg=width)
                found = page.evaluate(FAULTS)
                if found:
                    faults[f"{name} at {width} px"] = found
    assert faults == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_diagram_has_the_colours_of_the_page(site: str, open_page: OpenPage, scheme: str) -> None:
    with open_page(f"{site}architecture/", color_scheme=scheme) as page:
        assert _read_colours(page) == (scheme, scheme)


def test_a_diagram_follows_the_theme_that_the_reader_chooses(site: str, open_page: OpenPage) -> None:
    with open_page(f"{site}architecture/", color_scheme="light") as page:
        for name in ("Use the light theme", "Use the dark theme"):
            page.get_by_title(name).click()
        assert _read_colours(page) == ("dark", "dark")


def _read_colours(page: "Page") -> tuple[str, str]:
    """Whether the page and its first diagram are light or dark."""
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    picture = page.locator('img[src$="request.svg"]')
    picture.scroll_into_view_if_needed()
    shown = base64.b64encode(picture.screenshot()).decode()
    reds = (int(re.findall(r"\d+", background)[0]), page.evaluate(FIRST_PIXEL, shown))
    return "light" if reds[0] > 200 else "dark", "light" if reds[1] > 200 else "dark"


def test_the_search_finds_a_term(site: str, open_page: OpenPage) -> None:
    with open_page(site) as page:
        page.keyboard.press("/")
        page.keyboard.type("associated topology")
        page.locator(".md-search-result__item").first.wait_for()
        assert "topology" in page.locator(".md-search-result__list").inner_text().lower()
