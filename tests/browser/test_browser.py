"""The pages in a real browser: what one does with them works by keyboard."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from serving import Server

if TYPE_CHECKING:
    from playwright import sync_api


@pytest.fixture(params=[1280, 390], ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest, browser: "sync_api.Browser") -> Iterator["sync_api.Page"]:
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    yield context.new_page()
    context.close()


def focused_text(page: "sync_api.Page") -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_a_question_can_be_asked_by_keyboard(server: Server, page: "sync_api.Page") -> None:
    page.goto(server.url)
    page.keyboard.press("Tab")
    assert focused_text(page) == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    page.get_by_role("link", name="Which projects support this APSC action line?").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/questions/projects-supporting-action-line")
    assert page.locator("table.results tbody tr").count() == 6


def test_a_query_can_be_run_by_keyboard(server: Server, page: "sync_api.Page") -> None:
    page.goto(f"{server.url}/sparql")
    page.get_by_role("textbox", name="SPARQL query").fill("ASK {}")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert focused_text(page).startswith("Run")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sparql?query=*")
    assert page.locator(".boolean").inner_text() == "Yes"


def test_source_text_opens_by_keyboard(server: Server, page: "sync_api.Page") -> None:
    page.goto(f"{server.url}/doc/project/2016-2020/6")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="Coordinated by")).first
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    assert row.locator("blockquote").is_visible()


def test_the_focus_is_visible(server: Server, page: "sync_api.Page") -> None:
    page.goto(server.url)
    for _ in range(3):
        page.keyboard.press("Tab")
    style = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(style) == "solid"


def test_every_control_has_a_label(server: Server, page: "sync_api.Page") -> None:
    for path in ("/sparql", "/questions/projects-supporting-action-line"):
        page.goto(server.url + path)
        for control in page.locator("input, select, textarea").all():
            named = "element.labels.length + element.hasAttribute('aria-label')"
            assert control.evaluate(f"element => {named}") == 1 or control.is_hidden()


def test_a_row_of_a_trace_lights_its_paths(server: Server, page: "sync_api.Page") -> None:
    page.goto(f"{server.url}/trace/33")
    lit = page.locator(".step.lit .name strong")
    page.locator(".level-2 .step").first.hover()
    above = ["APSC Blueprint 2025", "A.2.2", "A.2.2.i", "A.2.2.iii", "A.2.2.iv", "A.2.2.vi", "33"]
    assert lit.all_inner_texts()[:7] == above
    page.locator(".level-3 a").first.focus()
    assert lit.all_inner_texts()[:4] == ["APSC Blueprint 2025", "A.2.2", "A.2.2.i", "33"]
    assert page.locator(".level-3 + .between .lit").count() == 1
    page.locator("h1").hover()
    page.locator("#site-search").focus()
    assert lit.count() == 0


def test_a_printed_cell_lights_the_facts_read_from_it(
    server: Server, page: "sync_api.Page"
) -> None:
    page.goto(f"{server.url}/doc/project/2016-2020/33")
    page.get_by_role("row", name="Country Coordinators").hover()
    lit = page.locator("tr.lit > :first-child")
    assert lit.all_inner_texts() == ["Coordinated by", "Country Coordinators"]
