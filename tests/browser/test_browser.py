"""The pages in a real browser: they load nothing from elsewhere and work by keyboard."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import Server, running

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = os.environ.get("ACCSM_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGES = {
    "home": "/",
    "project": "/doc/project/2016-2020/33",
    "action line": "/doc/action-line/apsc-2025/A.2.2.iv",
    "country": "/doc/country/SGP",
    "traces": "/trace",
    "trace of a line": "/trace/A.2.2.iv",
    "trace of an area": "/trace/E.2",
    "trace of a project": "/trace/33",
    "trace of a country": "/trace/VNM",
    "nothing to trace": "/trace/A.2.2.v",
    "dataset": "/dataset",
    "classes": "/browse",
    "question": "/questions/projects-supporting-action-line",
    "questions": "/questions",
    "vocabulary": "/ontology",
    "rules": "/shapes",
    "form": "/sparql",
    "answer": "/sparql?query=SELECT * { ?s a ?type } LIMIT 200",
    "problem": "/sparql?query=SELECT * { ?s ex:p ?o }",
    "not found": "/doc/nothing",
}


@pytest.fixture(scope="module")
def server(known_path: Path) -> Iterator[Server]:
    with running(known_path) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no browser at {CHROMIUM}; set ACCSM_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(params=[1280, 390], ids=["wide", "narrow"])
def page(request: pytest.FixtureRequest, browser: "sync_api.Browser") -> Iterator["sync_api.Page"]:
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_self_contained(server: Server, page: "sync_api.Page", name: str) -> None:
    urls: list[str] = []
    messages: list[str] = []
    page.on("request", lambda request: urls.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.goto(server.url + PAGES[name])
    assert [url for url in urls if not url.startswith(server.url)] == []
    assert [text for text in messages if "status of 40" not in text] == []
    assert page.evaluate("getComputedStyle(document.body).marginTop") == "0px"  # style.css
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) <= 0
    assert page.locator("main").count() == page.locator("h1").count() == 1


def focused_text(page: "sync_api.Page") -> str:
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def test_a_question_can_be_asked_by_keyboard(server: Server, page: "sync_api.Page") -> None:
    page.goto(server.url)
    page.keyboard.press("Tab")
    assert focused_text(page) == "Skip to content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert focused_text(page).startswith("Which projects support")
    page.keyboard.press("Enter")
    page.wait_for_url("**/questions/projects-supporting-action-line")
    assert page.locator("table.results tbody tr").count() == 6


def test_a_query_can_be_run_by_keyboard(server: Server, page: "sync_api.Page") -> None:
    page.goto(f"{server.url}/sparql")
    page.get_by_label("SPARQL query").fill("ASK {}")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert focused_text(page) == "Run"
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
            assert control.evaluate("element => element.labels.length") == 1
