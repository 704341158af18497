"""Every kind of page in Chromium: axe finds nothing, and the page fits, loads and prints well."""

from typing import TYPE_CHECKING, Any

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
#: The window, and whether the script of the pages runs; axe itself is a script.
WAYS: dict[str, tuple[dict[str, Any], bool]] = {
    "wide and light, with script": ({}, True),
    "wide and dark, without script": ({"color_scheme": "dark"}, False),
    "narrow and dark, with script": (
        {"viewport": {"width": 375, "height": 800}, "color_scheme": "dark"}, True
    ),
}  # fmt: skip
CUT = """[...document.querySelectorAll("main *")].filter((element) =>
  element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 1
).map((element) => element.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(
    server: Server, browser: "sync_api.Browser", name: str, way: str
) -> None:
    window, has_script = WAYS[way]
    context = browser.new_context(**window)
    page, requests, reports = context.new_page(), list[str](), list[str]()
    if not has_script:
        page.route(
            "**/static/enhance*",
            lambda route: route.fulfill(body="", content_type="text/javascript"),
        )
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: reports.append(message.text))
    page.goto(server.url + PAGES[name])
    found = axe.Axe().run(page, options=RULES).response["violations"]
    context.close()
    assert [
        (one["id"], node["target"], node["failureSummary"])
        for one in found
        for node in one["nodes"]
    ] == []
    assert [url for url in requests if not url.startswith(server.url)] == []
    assert [text for text in reports if "status of 40" not in text] == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_cut_at_400_percent_and_on_paper(
    server: Server, browser: "sync_api.Browser", name: str
) -> None:
    """A window of 1280 pixels has 320 at 400 %; A4 has 680 within its margins."""
    page = browser.new_page(viewport={"width": 320, "height": 256})
    page.goto(server.url + PAGES[name])
    wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wider) <= 0
    page.set_viewport_size({"width": 680, "height": 960})
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == []
    page.close()
