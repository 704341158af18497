"""Every kind of page in Chromium: in windows and schemes, with and without script, on paper."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

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
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
#: Widths of a window, a phone, and a window of 1280 pixels at 400 %.
WIDE, PHONE, ENLARGED = 1280, 375, 320
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
CUT = """[...document.querySelectorAll("main *")].filter((element) =>
  element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1
).map((element) => element.outerHTML.slice(0, 100))"""
#: The elements that the Tab key should reach; those that scroll are reached in addition.
STOPS = """[...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
)].filter((element) => element.checkVisibility({visibilityProperty: true}) && element.tabIndex >= 0)
"""


@pytest.fixture(params=[True, False], ids=["script", "no-script"])
def page(request: pytest.FixtureRequest, browser: "sync_api.Browser") -> Iterator["sync_api.Page"]:
    """Return a page, with the scripts of pages or without; axe itself is a script."""
    page = browser.new_page()
    if not request.param:
        page.route(
            re.compile("/static/(enhance|workbench)"),
            lambda route: route.fulfill(body="", content_type="text/javascript"),
        )
    yield page
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_self_contained(
    server: Server, page: "sync_api.Page", name: str
) -> None:
    urls, messages = list[str](), list[str]()
    page.on("request", lambda request: urls.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.goto(server.url + PAGES[name])
    for scheme in SCHEMES:
        for width in (WIDE, PHONE):
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            assert _violations(page) == [], (scheme, width)
            assert page.evaluate(WIDER) <= 0, width
    assert page.locator("main").count() == page.locator("h1").count() == 1
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"  # style.css
    assert [url for url in urls if not url.startswith(server.url)] == []
    assert [text for text in messages if "status of 40" not in text] == []


def _violations(page: "sync_api.Page") -> list[tuple[str, str, str]]:
    found = axe.Axe().run(page, options=RULES).response["violations"]
    return [
        (one["id"], node["target"], node["failureSummary"])
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_at_400_percent_and_on_paper(
    server: Server, page: "sync_api.Page", name: str
) -> None:
    """A4 has 680 pixels within its margins."""
    page.goto(server.url + PAGES[name])
    page.set_viewport_size({"width": ENLARGED, "height": 256})
    assert page.evaluate(WIDER) <= 0
    page.set_viewport_size({"width": 680, "height": 960})
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == []


@pytest.mark.parametrize("name", PAGES)
def test_the_tab_key_reaches_everything(server: Server, page: "sync_api.Page", name: str) -> None:
    page.goto(server.url + PAGES[name])
    missed = page.evaluate(f"globalThis.missed = new Set({STOPS}); missed.size")
    stops, presses = missed, 0
    while missed and presses < 2 * stops:  # a message takes the focus first, and lists arrive late
        page.keyboard.press("Tab")
        presses += 1
        missed, stops = page.evaluate(
            f"missed.delete(document.activeElement); [missed.size, {STOPS}.length]"
        )
    assert page.evaluate("[...missed].map((element) => element.outerHTML)") == []
