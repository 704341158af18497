"""A static copy in a browser: queries and the search, without the program."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from browser.test_pages import PHONE, SCHEMES, WIDE, WIDER, _violations
from export.checking import serving

if TYPE_CHECKING:
    from playwright import sync_api

#: Asks the engine for the answer of each stored question, and returns those that differ from the
#: answer that was exported, but for the order of rows and the names of blank nodes.
COMPARED = """async () => {
  const { engine, program, dump, root, base, apart, questions } = document.querySelector("form.query").dataset;
  const at = (address) => String(new URL(address, location.href));
  const worker = new Worker(at(engine), { type: "module" });
  const dataset = { program: at(program), dump: at(dump), base, apart: apart.split(" ") };
  const ask = (query, format) => new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage({ dataset, query, format });
  });
  const rows = ({ head, results, boolean }) => boolean ?? results.bindings
    .map((row) => JSON.stringify(head.vars.map((name) => row[name] && [row[name].type, row[name].value]))).sort();
  const different = [];
  const counts = { rows: 0, graphs: 0 };
  for (const { name } of await (await fetch(at(questions))).json()) {
    const query = await (await fetch(at(`${root}questions/${name}.rq`))).text();
    const exported = await fetch(at(`${root}questions/${name}.json`));
    if (exported.ok) {
      const { text, error } = await ask(query, "application/sparql-results+json");
      const same = !error && JSON.stringify(rows(JSON.parse(text))) === JSON.stringify(rows(await exported.json()));
      counts.rows += same;
      if (!same) different.push([name, error ?? "another answer"]);
    } else {
      const { text, error } = await ask(query, "text/turtle");
      counts.graphs += Boolean(text);
      if (!text) different.push([name, error]);
    }
  }
  return { different, counts };
}"""  # noqa: E501


@pytest.fixture(scope="module")
def url(copy_path: Path) -> Iterator[str]:
    """Yield the URL of a copy in a sub-folder."""
    with serving(copy_path.parent) as served:
        yield f"{served}{copy_path.name}/"


@pytest.fixture(params=[WIDE, PHONE], ids=["wide", "phone"])
def page(
    request: pytest.FixtureRequest, browser: "sync_api.Browser", url: str
) -> Iterator["sync_api.Page"]:
    """Return a page, which may not have asked others, broken the policy or missed a file."""
    context = browser.new_context(viewport={"width": request.param, "height": 800})
    page, urls, messages = context.new_page(), list[str](), list[str]()
    page.on("request", lambda sent: urls.append(sent.url))
    page.on("console", lambda said: messages.append(said.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    yield page
    context.close()
    assert [one for one in urls if not one.startswith((url, "blob:"))] == []
    assert messages == []


def rows(page: "sync_api.Page") -> list[str]:
    page.locator(".answer table.results tbody tr").first.wait_for()
    return page.locator(".answer table.results tbody tr").all_inner_texts()


def test_the_engine_and_the_dump_are_loaded_at_the_first_query(
    page: "sync_api.Page", url: str
) -> None:
    asked = list[str]()
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(f"{url}query/")
    page.wait_for_load_state("networkidle")
    assert [one for one in asked if re.search(r"engine|wasm|accsm\.nq", one)] == []
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+Enter")
    assert rows(page)


def test_a_question_is_changed_and_answered_by_sparql_without_a_server(
    page: "sync_api.Page", url: str, copy_path: Path
) -> None:
    page.goto(f"{url}questions/projects-supporting-action-line/")
    page.get_by_text("Query", exact=True).last.click()
    page.get_by_role("link", name="Change this query").click()
    found = rows(page)
    exported = (copy_path / "questions/projects-supporting-action-line.csv").read_text()
    assert len(found) == len(exported.splitlines()) - 1
    page.locator(".answer table.results a").first.click()
    page.wait_for_load_state()
    assert page.url.startswith(f"{url}id/")
    assert page.locator("h1").count() == 1


def test_names_with_dots_and_known_prefixes_are_answered(page: "sync_api.Page", url: str) -> None:
    line = "action-line-apsc-2025:A.2.2.iv"
    page.goto(f"{url}query/?query={quote(f'SELECT ?p {{ ?p accsm:supports {line} }}')}")
    assert len(rows(page)) > 3
    assert "rows shown" in page.locator("p.status").inner_text()


def test_addresses_that_are_not_of_the_web_are_no_links(page: "sync_api.Page", url: str) -> None:
    query = "SELECT ?x { VALUES ?x { <javascript:alert(1)> <https://example.org/> } }"
    page.goto(f"{url}query/?query={quote(query)}")
    assert rows(page) == ["javascript:alert(1)", "https://example.org/"]
    assert page.locator(".answer table.results a").all_inner_texts() == ["https://example.org/"]


def test_a_mistake_is_said_and_the_next_query_is_answered(page: "sync_api.Page", url: str) -> None:
    page.goto(f"{url}query/?query={quote('SELECT ?s {')}")
    page.locator(".problem").wait_for()
    page.locator(".cm-content").focus()
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text("ASK { ?s a accsm:Country }")
    page.keyboard.press("Control+Enter")
    page.locator(".answer .boolean").wait_for()
    assert page.locator(".answer .boolean").inner_text() == "Yes"
    assert page.locator(".problem").count() == 0


def test_a_graph_is_shown_in_turtle_and_saved(page: "sync_api.Page", url: str) -> None:
    page.goto(f"{url}query/?query={quote('DESCRIBE <id/country/KHM>')}")
    assert "KHM" in page.locator(".answer pre").inner_text()
    with page.expect_download() as begun:
        page.locator(".answer .formats button").click()
    assert "KHM" in Path(begun.value.path()).read_text()


def test_the_search_in_the_head_of_a_page_finds_codes_and_words(
    page: "sync_api.Page", url: str
) -> None:
    page.goto(f"{url}id/country/KHM/")
    for words in ("A.2.2.iv", "recruitment"):
        page.locator("#site-search").fill(words)
        page.keyboard.press("Enter")
        page.locator(".results-list a").first.wait_for()
        assert words.lower() in page.locator(".results-list li").first.inner_text().lower()
    page.locator(".results-list a").first.click()
    page.wait_for_load_state()
    assert page.url.startswith(f"{url}id/")


def test_all_stored_questions_have_the_answers_of_the_server(
    page: "sync_api.Page", url: str
) -> None:
    page.goto(f"{url}query/")
    found: dict[str, Any] = page.evaluate(COMPARED)
    assert found["different"] == []
    assert found["counts"]["rows"] > 90


@pytest.mark.parametrize("path", ["", "query/", "search/", "questions/projects-per-coordinator/"])
def test_pages_of_a_copy_are_accessible(page: "sync_api.Page", url: str, path: str) -> None:
    page.goto(url + path)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert _violations(page) == []
    assert page.evaluate(WIDER) <= 0
