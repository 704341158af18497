"""The workbench in a browser: writing, completing, checking, running and leaving a query."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from browser.test_pages import PHONE, SCHEMES, WIDE, WIDER, _violations
from pages.test_workbench import large
from pictures.answers import EXPECTED
from serving import Server, running

if TYPE_CHECKING:
    from playwright import sync_api

#: Keys of a typed query: ⏎ and ⇥ accept what is offered.
KEYS = {
    "⏎": "Enter", "⇥": "Tab", "↓": "ArrowDown", "⤒": "Control+Home", "⤓": "Control+End",
    "→": "Control+ArrowRight", "⌦": "Delete",
}  # fmt: skip
#: The questions 1, 23, 36 and 54: the keys, the columns to compare, and the stored question with
#: columns of the same values.
TYPED = {
    "1": ("sel⏎proj⏎;supp⏎A.2.2.i⏎;numb⏎⇥", "projectNumber",
          "projects-supporting-action-line.json?line=A.2.2.i", "number"),
    "23": ("sel⏎proj⏎;supp⏎⇥;occu⏎/stat⏎comp⏎ .pol⏎ a acti⏎", "policyTarget",
           "action-lines-with-completed-activity.json", "line"),
    "36": ("sel⏎occu⏎;stat⏎comp⏎;of⏎⇥ .pro⏎ numb⏎⇥", "projectNumber",
           "completed-occurrences.json", "number"),
    "54": ("sel⏎proj⏎;them⏎⇥⤓ gro⏎them⏎⤒↓↓→⌦⌦ them⏎ cou⏎", "thematicArea n",
           "projects-per-thematic-area.json", "area projects"),
}  # fmt: skip

ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l FILTER(?c = ?l) }"


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def page(
    request: pytest.FixtureRequest, browser: "sync_api.Browser", server: Server
) -> Iterator["sync_api.Page"]:
    """Return the page of the workbench, which may not have asked others or broken the policy."""
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, urls, messages = context.new_page(), list[str](), list[str]()
    page.on("request", lambda sent: urls.append(sent.url))
    page.on("console", lambda said: messages.append(said.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    with page.expect_response("**/query/things.json*"):
        page.goto(f"{server.url}/query")
    page.wait_for_load_state("networkidle")
    yield page
    context.close()
    assert [url for url in urls if not url.startswith(server.url)] == []
    assert [text for text in messages if "status of 40" not in text] == []


def clear(page: "sync_api.Page") -> None:
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")


def options(page: "sync_api.Page", first: str = "") -> list[str]:
    """Return what is offered when the ``first`` option is this one; any will do if it is empty."""
    labels = page.locator("[role=option] .cm-completionLabel")
    labels.first.filter(has_text=first).wait_for()
    page.wait_for_timeout(100)  # a key right after a list has opened is not for the list
    return labels.all_inner_texts()


def text(page: "sync_api.Page") -> str:
    return page.locator("textarea[name=query]").input_value()


def write(page: "sync_api.Page", query: str) -> None:
    clear(page)
    page.keyboard.insert_text(query)
    page.keyboard.press("Escape")


def test_a_query_is_written_by_completion(page: "sync_api.Page") -> None:
    clear(page)
    page.keyboard.type("SELECT * WHERE { ?project a accsm:Project ; supp")
    assert options(page, "accsm:supports")[1] == "accsm:supportsMeasure"
    first = page.locator("[role=option]").first
    assert "41 of 41" in first.inner_text()
    assert first.get_attribute("aria-selected") == "true"
    content = page.locator(".cm-content")
    assert content.get_attribute("aria-activedescendant") == first.get_attribute("id")
    page.keyboard.press("Enter")
    assert "accsm:supports" in text(page)
    assert text(page).startswith("PREFIX accsm: <https://w3id.org/accsm-kg/ontology#>\n")
    page.keyboard.type("A.2.2.iv")
    assert options(page, "action-line-apsc-2025:A.2.2.iv")
    page.keyboard.press("Tab")
    assert "PREFIX action-line-apsc-2025: <" in text(page)
    page.keyboard.press("Control+Enter")
    page.locator("section.answer table").wait_for()
    assert page.locator("section.answer tbody tr").count() == 6
    assert re.search(r"6 rows shown, [\d.]+ s\.", page.locator(".status").inner_text())
    assert "/sparql?query=" in page.url


def test_things_of_a_large_dataset_are_asked_for(
    browser: "sync_api.Browser", tmp_path: Path
) -> None:
    with running(large(tmp_path)) as server:
        page = browser.new_page()
        page.goto(f"{server.url}/query")
        page.wait_for_load_state("networkidle")
        clear(page)
        page.keyboard.type("DESCRIBE land")
        assert options(page, "<id/country/C")
        page.close()


def test_what_cannot_be_loaded_is_said(browser: "sync_api.Browser", server: Server) -> None:
    page = browser.new_page()
    for address in ("**/query/terms.json*", "**/questions?*"):
        page.route(address, lambda route: route.fulfill(status=503))
    page.goto(f"{server.url}/query")
    page.locator(".status", has_text="The editor offers nothing").wait_for()
    page.get_by_text("The questions cannot be loaded (status 503): reload the page.").wait_for()
    page.get_by_role("tab", name="Terms").click()
    page.get_by_text("The terms cannot be loaded (status 503): reload the page.").wait_for()
    page.close()


def test_questions_are_typed_with_few_keys(server: Server, page: "sync_api.Page") -> None:
    page.set_viewport_size({"width": WIDE, "height": 800})  # lines that wrap take other keys
    keys, characters = 0, 0
    for name, (typed, variable, question, column) in TYPED.items():
        clear(page)
        for key in typed:
            if key in "⏎⇥":
                page.wait_for_timeout(250)  # for what was typed last
                options(page)
            page.keyboard.press(KEYS[key]) if key in KEYS else page.keyboard.type(key, delay=20)
        found = values(f"{server.url}/sparql?format=json", variable, query=text(page))
        assert found == values(f"{server.url}/questions/{question}", column), (name, text(page))
        keys, characters = keys + len(typed), characters + len(text(page).strip())
        page.keyboard.press("Escape")
    assert keys <= 0.3 * characters


def values(url: str, columns: str, **data: str) -> set[tuple[str, ...]]:
    """Return the rows of some columns; an area without projects has none in a plain query."""
    answer = httpx.post(url, data=data) if data else httpx.get(url)
    rows = answer.json()["results"]["bindings"]
    found = {tuple(row[name]["value"] for name in columns.split()) for row in rows}
    return {row for row in found if "0" not in row}


def test_an_explanation_covers_no_option(page: "sync_api.Page") -> None:
    for width in (820, 1000, WIDE, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        clear(page)
        page.keyboard.type("SELECT * { ?project a accsm:Project ; supp")
        options(page, "accsm:supports")
        info = page.locator(".cm-completionInfo").bounding_box()
        shown = page.locator("[role=listbox]:visible").bounding_box()
        assert info and shown
        beside = info["x"] >= shown["x"] + shown["width"] or info["x"] + info["width"] <= shown["x"]
        assert beside or info["y"] >= shown["y"] + shown["height"] - 1, width
        assert info["x"] >= 0 and info["x"] + info["width"] <= width


def test_a_list_that_opened_by_itself_leaves_enter_a_new_line(page: "sync_api.Page") -> None:
    clear(page)
    page.keyboard.type("ASK { country:VNM ")
    assert options(page, "skos:prefLabel")
    page.keyboard.press("Enter")
    assert "skos" not in text(page)
    page.keyboard.press("Control+Space")
    assert options(page, "skos:prefLabel")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "accsm:" in text(page)


def test_typing_over_a_selection_needs_no_style(page: "sync_api.Page") -> None:
    write(page, "SELECT * WHERE {\n  ?s a accsm:Project .\n}")
    page.keyboard.press("Control+A")
    page.keyboard.type("ASK {")
    assert text(page) == "ASK {}"
    page.keyboard.press("Shift+Home")
    page.keyboard.type('"')
    assert text(page) == '"ASK {"}'
    page.keyboard.press("Control+A")
    page.keyboard.type("sele")
    assert options(page, "SELECT")  # the page may not have broken the policy


def test_the_editor_is_left_by_keyboard(page: "sync_api.Page") -> None:
    clear(page)
    page.keyboard.type("sel")
    options(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent").startswith("Run")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.className") == "editor"


def test_a_mistake_is_marked_said_and_mended(page: "sync_api.Page") -> None:
    write(page, "SELECT * WHERE {\n  ?p a accsm:Project\n  ?p accsm:supports ?l .\n}")
    page.locator(".cm-mistake").wait_for(state="attached")
    page.get_by_role("button", name="Insert .").click()
    assert "accsm:Project .\n" in text(page)
    assert page.get_by_role("status").filter(has_text="missing").count() == 1
    page.locator(".status:not(.care)").wait_for(state="attached")
    assert page.locator(".cm-mistake").count() == 0


def test_a_name_that_does_not_exist_is_marked_with_the_nearest(page: "sync_api.Page") -> None:
    write(page, "ASK { ?p accsm:suports ?l }")
    assert page.locator(".cm-unknown").inner_text() == "accsm:suports"
    page.get_by_role("button", name="Write accsm:supports").click()
    assert "accsm:supports" in text(page)


def test_a_query_that_fails_shows_no_old_answer(page: "sync_api.Page") -> None:
    write(page, "SELECT * WHERE { ?s a accsm:Country }")
    page.keyboard.press("Control+Enter")
    page.locator("section.answer").wait_for()
    write(page, "SELECT * WHERE { ?s a accsm:Country")
    page.keyboard.press("Control+Enter")
    page.locator("section.problem").wait_for()
    assert page.locator("section.answer").count() == 0
    assert "Line 1" in page.locator("section.problem").inner_text()
    assert page.locator("h1").count() == 1


def test_no_rows_say_which_pattern_matches_nothing(page: "sync_api.Page") -> None:
    write(page, "SELECT * WHERE { ?s a accsm:Project ; accsm:alpha2 ?code }")
    page.keyboard.press("Control+Enter")
    page.locator("section.answer").wait_for()
    assert "accsm:alpha2" in page.locator("section.answer .note").first.inner_text()


def test_cancel_ends_the_query_on_the_server(server: Server, page: "sync_api.Page") -> None:
    write(page, ENDLESS)
    before = metrics(server)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Cancel").wait_for()
    page.locator(".timer", has_text="s").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.locator(".status", has_text="Cancelled after").wait_for()
    for _ in range(100):
        if metrics(server) == (before[0] + 1, before[1] + 1, 0):
            break
        time.sleep(0.05)
    assert metrics(server) == (before[0] + 1, before[1] + 1, 0)
    assert page.get_by_role("button", name="Cancel").is_hidden()


def metrics(server: Server) -> tuple[float, ...]:
    """Return how many queries were given up, how many workers ended, and how many are busy."""
    told = httpx.get(f"{server.url}/metrics").text
    names = ('queries_total{outcome="gone"}', "workers_ended_total", "workers_busy")
    found = (
        re.search(rf"^accsm_{re.escape(name)} ([\d.]+)$", told, re.MULTILINE) for name in names
    )
    return tuple(float(one[1]) if one else 0 for one in found)


def test_a_second_run_takes_the_place_of_the_first(page: "sync_api.Page") -> None:
    write(page, ENDLESS)
    for _ in range(2):
        page.keyboard.press("Control+Enter")
        page.locator(".timer", has_text="s").wait_for()
    assert page.locator(".status").inner_text() == "Running …"
    assert page.get_by_role("button", name="Cancel").is_visible()


def test_without_an_answer_there_is_no_old_one(browser: "sync_api.Browser", server: Server) -> None:
    page = browser.new_page()
    page.goto(f"{server.url}/sparql?query=ASK{{}}")
    page.route("**/sparql?*", lambda route: route.abort())
    page.get_by_role("button", name="Run Ctrl Enter").click()
    page.locator(".status", has_text=": run the query again.").wait_for()
    assert page.locator("section.answer").count() == 0
    page.close()


def test_queries_and_the_history_are_kept(server: Server, page: "sync_api.Page") -> None:
    write(page, "ASK { ?s a accsm:Country }")
    page.keyboard.press("Control+Enter")
    page.locator("section.answer").wait_for()
    page.get_by_role("button", name="New query").click()
    page.keyboard.insert_text("ASK {}")
    page.goto(f"{server.url}/query")
    tabs = page.get_by_role("tablist", name="Queries").get_by_role("tab")
    assert tabs.all_inner_texts() == ["Query 1", "Query 2"]
    assert text(page) == "ASK {}"
    tabs.nth(1).focus()
    page.keyboard.press("ArrowLeft")
    assert "accsm:Country" in text(page)
    page.get_by_role("tab", name="History").click()
    page.locator(".side-list .item", has_text="accsm:Country").click()
    assert "accsm:Country" in text(page)
    page.get_by_role("button", name="Close this query").click()
    assert tabs.count() == 1


def test_questions_and_terms_lead_into_the_query(page: "sync_api.Page") -> None:
    page.get_by_role("searchbox", name="Search 104 questions").fill("action line also cite")
    item = page.locator(".side-list .item").first
    assert item.inner_text().endswith("line A.2.2.iii measure E.1.vii: yes")
    page.get_by_role("searchbox", name="Search 104 questions").fill("thematic area no project")
    item = page.locator(".side-list .item").first
    assert "E-governance" in item.inner_text()
    item.click()
    page.get_by_role("tab", name="Which ACCSM+3", selected=True).wait_for()
    assert "accsm:ThematicArea" in text(page)
    clear(page)
    page.get_by_role("tab", name="Terms").click()
    page.locator("summary", has_text="project 41").first.click()
    page.locator(".side-list .item", has_text="accsm:projectNumber 41").first.click()
    assert text(page).endswith("accsm:projectNumber ")
    assert "PREFIX accsm:" in text(page)


def test_a_query_is_laid_out_shared_and_used_elsewhere(page: "sync_api.Page") -> None:
    write(page, "ASK { ?s a accsm:Country ; accsm:alpha2 'TH' }")
    page.get_by_role("button", name="Format", exact=True).click()
    assert "ASK {\n  ?s a accsm:Country ;\n    accsm:alpha2 'TH'\n}\n" in text(page)
    page.get_by_role("button", name="Copy link").click()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(page.evaluate("location.origin") + "/sparql?query=PREFIX+accsm")
    page.get_by_text("Use in…").click()
    for program, words in (("curl", "curl -sS"), ("R", "read.csv"), ("Markdown", "```sparql")):
        page.get_by_role("combobox", name="Program").select_option(program)
        assert words in page.locator(".use pre").inner_text()
    page.goto(link)
    assert page.locator("section.answer .boolean").inner_text() == "Yes"
    assert text(page).count("\n") > 3


def test_a_long_query_is_sent_in_the_body(server: Server, page: "sync_api.Page") -> None:
    write(page, f"ASK {{}} # {'ខ' * 5000}")  # nine characters each in an address
    page.keyboard.press("Control+Enter")
    page.locator("section.answer .boolean").wait_for()
    assert page.url == f"{server.url}/sparql"


def test_what_the_browser_does_not_allow_is_not_offered(
    server: Server, page: "sync_api.Page"
) -> None:
    page.add_init_script("delete Navigator.prototype.clipboard")
    for path in ("query", "questions/projects"):
        page.goto(f"{server.url}/{path}")
        shown = page.locator("button:visible").all_inner_texts()
        assert "Copy" not in " ".join(shown)


def test_a_query_in_the_address_is_not_run(server: Server, page: "sync_api.Page") -> None:
    page.goto(f"{server.url}/query?query={quote('ASK {}')}")
    assert text(page) == "ASK {}"
    assert page.locator("section.answer").count() == 0


TYPED_STATES = {
    "empty": "",
    "list": "SELECT * WHERE { ?project a accsm:Project ; supp",
    "mistake": "SELECT * WHERE { ?p a accsm:Project ?p ?o",
    "unknown": "ASK { ?p accsm:suports ?l }",
}
#: The query that is run, and what shows that the state is reached.
RUN_STATES = {
    "answer": ("SELECT * { ?s a accsm:Country }", "section.answer"),
    "no rows": ("SELECT * { ?s a accsm:Country ; accsm:projectNumber ?n }", "section.answer"),
    "problem": ("ASK {", "section.problem"),
    "running": (ENDLESS, ".timer:has-text('s')"),
    "cancelled": (ENDLESS, ".timer:has-text('s')"),
}


def test_the_lists_of_terms_stand_below_each_other(page: "sync_api.Page") -> None:
    page.get_by_role("tab", name="Terms").click()
    summaries = page.locator(".side-list summary")
    summaries.first.wait_for()
    places = [one.bounding_box() for one in summaries.all()[:5]]
    assert len({box and box["y"] for box in places}) == 5


@pytest.mark.parametrize("state", [*TYPED_STATES, *RUN_STATES, "Terms", "History", "use"])
def test_every_state_is_accessible(page: "sync_api.Page", state: str) -> None:
    clear(page)
    if state in TYPED_STATES:
        page.keyboard.type(TYPED_STATES[state])
        if state == "list":
            options(page)
        elif state:
            page.keyboard.press("Escape")
            page.wait_for_timeout(1700)
    elif state in RUN_STATES:
        query, sign = RUN_STATES[state]
        page.keyboard.insert_text(query)
        page.keyboard.press("Control+Enter")
        page.locator(sign).wait_for()
        if state == "cancelled":
            page.get_by_role("button", name="Cancel").click()
            page.locator(".status", has_text="Cancelled after").wait_for()
    elif state != "use":
        page.get_by_role("tab", name=state).click()
        page.locator(".side-list summary, .side-list .note").first.click()
    else:
        page.get_by_text("Use in…").click()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert _violations(page) == [], scheme
        assert page.evaluate(WIDER) <= 0


COUNTED = (
    "SELECT ?country (COUNT(?project) AS ?projects) "
    "WHERE { ?project accsm:countryCoordinator ?country } GROUP BY ?country"
)


def test_a_view_is_chosen_and_stays_when_the_query_runs_again(page: "sync_api.Page") -> None:
    write(page, COUNTED)
    page.keyboard.press("Control+Enter")
    page.locator(".answer figure.view svg:visible").wait_for()
    assert page.locator(".answer [aria-current]").inner_text() == "Bars"
    page.locator(".answer [data-view=table]").click()
    page.locator(".answer [data-view=table][aria-current]").wait_for()
    assert page.locator(".answer figure.view").count() == 0
    assert page.url.endswith("&view=table")
    page.keyboard.press("Tab")  # the focus stays at the views
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+Enter")
    page.locator(".status", has_text="rows shown").wait_for()
    assert page.locator(".answer figure.view").count() == 0
    page.reload()
    assert page.locator(".answer [aria-current]").inner_text() == "Table"
    write(page, COUNTED.replace("?country", "?other"))  # which asks for other things
    page.keyboard.press("Control+Enter")
    page.locator(".answer figure.view svg:visible").wait_for()
    assert "view=" not in page.url


def test_rows_are_filtered_sorted_and_shown_by_and_by(page: "sync_api.Page") -> None:
    write(page, "SELECT ?n ?text { ?x accsm:lineStart ?n ; accsm:locator ?text } LIMIT 130")
    page.keyboard.press("Control+Enter")
    rows = page.locator(".answer tbody tr:visible")
    more = page.locator(".answer button", has_text="more of 130 rows")
    more.wait_for()
    first = 25 if (page.viewport_size or {})["width"] == PHONE else 100
    assert rows.count() == first
    more.click()
    assert rows.count() == min(130, 2 * first)
    if first == 100:
        page.locator(".answer th button").first.click()
        numbers = [
            int(text) for text in page.locator(".answer tbody td:first-child").all_inner_texts()
        ]
        assert numbers == sorted(numbers)
    page.get_by_role("searchbox", name="Filter rows").fill("zzz")
    page.get_by_text("0 of 130 rows have these words").wait_for()
    assert rows.count() == 0
    assert _violations(page) == []


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", [WIDE, PHONE])
def test_each_view_is_accessible(
    browser: "sync_api.Browser", server: Server, width: int, scheme: Any
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    for view, text in dict(EXPECTED).items():
        page.goto(f"{server.url}/sparql?query={quote(text)}")
        page.wait_for_load_state("networkidle")
        assert _violations(page) == [], view
        assert page.evaluate("document.documentElement.scrollWidth") <= width, view
    page.goto(f"{server.url}/sparql?query={quote(EXPECTED[3][1])}&view=graph")
    assert _violations(page) == []
    context.close()
