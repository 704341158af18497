"""Every kind of page in Chromium: axe finds nothing, and the page fits, loads and prints well.

Each page is opened wide and narrow, light and dark, with and without scripts.
"""

from collections.abc import Iterator
from itertools import product
from typing import TYPE_CHECKING

import pytest
from browser.conftest import PAGES
from serving import Server

if TYPE_CHECKING:
    from playwright import sync_api

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

#: WCAG 2.2 A and AA, and the best practices of axe.
RULES = {"runOnly": {"type": "tag", "values": [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
]}}  # fmt: skip
WAYS = list(product((1280, 375), ("light", "dark"), (True, False)))
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(
    scope="module",
    params=WAYS,
    ids=[
        f"{width}-{scheme}-{'scripts' if scripts else 'plain'}" for width, scheme, scripts in WAYS
    ],
)
def context(
    request: pytest.FixtureRequest, browser: "sync_api.Browser"
) -> Iterator["sync_api.BrowserContext"]:
    width, scheme, scripts = request.param
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=scripts
    )
    yield context
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(server: Server, context: "sync_api.BrowserContext", name: str) -> None:
    page = context.new_page()
    foreign: list[str] = []
    reports: list[str] = []
    page.on("request", lambda request: foreign.append(request.url))
    page.on("console", lambda message: reports.append(message.text))
    page.goto(server.url + PAGES[name])
    found = axe.Axe().run(page, options=RULES).response["violations"]
    problems = [
        (one["id"], node["target"], node["failureSummary"])
        for one in found
        for node in one["nodes"]
    ]
    page.close()
    assert problems == []
    assert [url for url in foreign if not url.startswith(server.url)] == []
    assert [text for text in reports if "status of 40" not in text] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_window_of_320_pixels(
    server: Server, browser: "sync_api.Browser", name: str
) -> None:
    """Which is a window of 1280 pixels at 400 % zoom."""
    page = browser.new_page(viewport={"width": 320, "height": 256})
    page.goto(server.url + PAGES[name])
    assert page.evaluate(WIDER) <= 0
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_on_paper(server: Server, browser: "sync_api.Browser", name: str) -> None:
    page = browser.new_page(viewport={"width": 718, "height": 1000})  # A4 within its margins
    page.goto(server.url + PAGES[name])
    page.emulate_media(media="print")
    wide = page.evaluate(
        "[...document.querySelectorAll('main *')].filter(element => element.checkVisibility()"
        " && element.getBoundingClientRect().right > document.documentElement.clientWidth + 1)"
        ".map(element => element.outerHTML.slice(0, 100))"
    )
    page.close()
    assert wide == []
