"""The text of documents: its parts in their order, and what stands beside each of them."""

import html
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from accsm_server.pages import blocks, reading
from accsm_server.pages.profile import read_profile
from pages.conftest import get
from pyoxigraph import Store
from serving import running

from accsm_kg.lookups import Ask, Rows
from accsm_kg.namespaces import BASE, prefixes, term
from accsm_kg.query import rows
from accsm_kg.rdf.terms import local_name

FOLDER = Path(blocks.__file__).parent / "blocks"
TEXT = read_profile(prefixes()).pages[term("accsm:Document").value].text
DOCUMENTS = [
    "putrajaya-joint-declaration-2015",
    "luang-prabang-joint-declaration-2010",
    "asean-declaration-role-of-civil-service-2017",
    "accsm-terms-of-reference",
    "accsm-plus-three-som-rules-of-procedure",
    "level-1-evaluation",
    "asean-cooperation-on-civil-service-matters-2016-2020",
]
PUTRAJAYA, _, CATALYST, TERMS = (f"/doc/document/{name}" for name in DOCUMENTS[:4])


def asked(store: Store, name: str, document: str) -> Rows:
    return rows(store, Ask(FOLDER / f"{name}.rq", f"{BASE}id/document/{document}"))


def text(markup: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", "", markup)).split())


def parts(page: str) -> dict[str, str]:
    """Return the markup of each part by its identifier, in the order of the page."""
    body = page.partition('<h2 id="text">')[2].partition("</section>")[0]
    found = re.split(r'<div class="part [^"]*" id="([^"]+)">', body)[1:]
    return dict(zip(found[::2], found[1::2], strict=True))


def identifier(part: str, document: str) -> str:
    return part.removeprefix(f"{BASE}id/document/{document}/").replace("/", "-")


@pytest.fixture(scope="module", params=DOCUMENTS)
def shown(
    request: pytest.FixtureRequest, client: httpx.Client
) -> Iterator[tuple[str, dict[str, str]]]:
    page = get(client, f"/doc/document/{request.param}")
    assert page.status_code == 200
    yield request.param, parts(page.text)


def test_the_parts_are_in_the_order_of_the_document(
    store: Store, shown: tuple[str, dict[str, str]]
) -> None:
    document, found = shown
    iris = dict.fromkeys(row["part"] for row in asked(store, "document-parts", document))
    places = [int(one["o"]) for iri in iris for one in _values(store, iri, "accsm:sequence")]
    assert places == sorted(places)
    assert [*found] == [identifier(iri, document) for iri in iris]


def _values(store: Store, iri: str, name: str) -> Rows:
    found = store.query(f"SELECT ?o WHERE {{ <{iri}> <{term(name).value}> ?o }}")
    return [{"o": solution["o"].value} for solution in found]  # type: ignore[union-attr]


def test_a_part_has_its_words_and_its_number(
    store: Store, shown: tuple[str, dict[str, str]]
) -> None:
    document, found = shown
    for row in asked(store, "document-parts", document):
        said = text(found[identifier(row["part"], document)].partition('<div class="margin">')[0])
        assert " ".join(row["text"].split()) in said
        if row["restored"]:
            assert said.startswith(f"[{row['number']}] restored number")
        elif row["number"]:
            assert re.match(rf"\W?{re.escape(row['number'])}\b", said), said
            assert not said.startswith("[")


def test_beside_a_part_stands_what_it_refers_to_and_what_refers_to_it(
    client: httpx.Client, store: Store, shown: tuple[str, dict[str, str]]
) -> None:
    document, found = shown
    for row in asked(store, "document-relations", document):
        margin = found[identifier(row["part"], document)].partition('<div class="margin">')[2]
        label = _values(store, row["how"], "rdfs:label")[0]["o"]
        line = margin.partition(f'<span class="kind">{label}</span>')[2].partition("</p>")[0]
        assert f'title="{row["thing"]}"' in line, (row, margin)


def test_beside_a_part_stand_its_cells_issues_and_places(
    store: Store, shown: tuple[str, dict[str, str]]
) -> None:
    document, found = shown
    for row in asked(store, "document-cells", document):
        words = " ".join(re.sub("<[^>]+>", "", row["cell"]).replace("**", "").split())
        assert words[:40] in text(found[identifier(row["part"], document)])
    for row in asked(store, "document-remarks", document):
        part = found[identifier(row["part"], document)]
        assert f'href="/doc/{row["issue"].removeprefix(f"{BASE}id/")}"' in part
        flagged = f'class="flag" href="/doc/{row["issue"].removeprefix(f"{BASE}id/")}"' in part
        assert flagged == (local_name(row["confidence"]) != "certain")
    for row in asked(store, "document-words", document):
        part = found[identifier(row["part"], document)]
        assert f"line {row['line']}" in text(part) or 'class="again"' in part


def test_no_list_of_parts_is_in_another_order(client: httpx.Client) -> None:
    """The IRIs of clauses, the shortest first, are i, v, ii, iv, vi, iii, vii."""
    in_order = [f"clause/{number}" for number in ("i", "ii", "iii", "iv", "v", "vi", "vii")]
    pattern = rf'href="{PUTRAJAYA}/(clause/[^"]+)"'
    below = get(client, PUTRAJAYA).text.partition("All statements")[2]
    lists = [re.findall(pattern, one) for one in re.findall("<ul.*?</ul>", below, re.DOTALL)]
    lists.append(re.findall(pattern, get(client, "/browse/OperativeClause").text))
    under = get(client, f"{PUTRAJAYA}/operative-part").text.partition("block-part-parts")[2]
    lists.append(re.findall(pattern, under.partition("</section>")[0]))
    shown = [one for one in lists if len(one) == len(in_order)]
    assert len(shown) > 2
    assert all(one == in_order for one in shown)


def test_the_contents_lead_to_parts_and_blocks(client: httpx.Client) -> None:
    for path in (PUTRAJAYA, TERMS):
        page = get(client, path).text
        nav = page.partition('<nav class="contents"')[2].partition("</nav>")[0]
        targets = re.findall(r'href="#([^"]+)"', nav)
        assert len(targets) > 10
        assert all(f'id="{target}"' in page for target in targets)
    assert "Section IV: ACCSM structure and composition" in text(nav)
    assert "clause-6" in targets  # below a heading of section III


def test_parts_of_a_book_have_their_titles(client: httpx.Client) -> None:
    title = "Terms of Reference of ASEAN Cooperation on Civil Service Matters (ACCSM)"
    book = get(client, f"/doc/document/{DOCUMENTS[-1]}").text
    nav = book.partition('<nav class="contents"')[2].partition("</nav>")[0]
    assert f"Part 2 of the book: {title}" in text(nav)
    for path in (TERMS, f"/doc/document/{DOCUMENTS[-1]}/part/2"):
        assert f"Part 2 of the book: {title}" in text(get(client, path).text)


def test_headings_within_sections_and_tables_are_parts(client: httpx.Client) -> None:
    page = parts(get(client, TERMS).text)
    for name, level, words in (
        ("section-III-general-objective", "h4", "General objective"),
        ("section-III-specific-objectives", "h4", "Specific objectives"),
        ("clause-27-first-year", "h4", "First year of chairmanship"),
        ("clause-27-second-year", "h4", "Second year of chairmanship"),
    ):
        assert f"<{level}>{words}</{level}>" in page[name]


def test_the_verb_of_a_recital_is_set_apart(client: httpx.Client) -> None:
    page = parts(get(client, PUTRAJAYA).text)
    assert '<span class="verb">FURTHER RECALLING</span> the Nay Pyi Taw' in page["recital-2"]
    assert 'class="verb"' not in page["clause-vii"]


def test_a_number_is_as_printed_and_a_restored_one_leads_to_its_issue(
    client: httpx.Client,
) -> None:
    assert '<span class="number">(vii)</span>' in parts(get(client, PUTRAJAYA).text)["clause-vii"]
    part = parts(get(client, TERMS).text)["clause-16"]
    assert re.search(r'class="number flag" href="/doc/issue/tor-clause-16-number"', part)
    page = get(client, f"{TERMS}/clause/16").text
    assert "not printed: restored by the curator" in text(page)


def test_what_the_reader_finds_is_marked(client: httpx.Client) -> None:
    page = get(client, f"{CATALYST}?find=CIVIL+service").text
    marked = {name for name, part in parts(page).items() if "<mark>" in part}
    said = {
        name
        for name, part in parts(get(client, CATALYST).text).items()
        if "civil service" in text(part.partition('<div class="margin">')[0]).lower()
    }
    assert marked == said
    assert f"“CIVIL service” stands in {len(said)} of" in text(page)


@pytest.mark.parametrize("words", ["zebra", "<script>", "(((", "a.c", "  ", "é" * 300])
def test_what_no_part_has_is_said(client: httpx.Client, words: str) -> None:
    page = client.get(PUTRAJAYA, params={"find": words}, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert not [part for part in parts(page.text).values() if "<mark>" in part]
    assert ("stands in no part of this document" in page.text) == bool(words.strip())
    assert "<script>" not in page.text.partition("<main")[2]


@pytest.mark.parametrize(
    ("said", "verb", "find", "shown"),
    [("A & B", "", "", "A &amp; B"), ("A & amp", "", "amp", "A &amp; <mark>amp</mark>"),
     ("SEEN it", "SEEN", "", '<span class="verb">SEEN</span> it'),
     ("SEEN it", "OTHER", "", "SEEN it"), ("a  b", "", "A b", "<mark>a  b</mark>"),
     ("cabin in", "", "in", "cabin <mark>in</mark>")],
)  # fmt: skip
def test_words_are_marked_and_escaped(said: str, verb: str, find: str, shown: str) -> None:
    assert reading.marked(said, verb, reading.pattern(find)) == shown


def test_disagreements_about_the_place_are_in_the_head(client: httpx.Client) -> None:
    head = text(get(client, PUTRAJAYA).text.partition('<nav class="contents"')[0])
    assert re.search(
        r"Where Cyberjaya .* Putrajaya reported elsewhere in the source, and contra", head
    )


def test_a_declaration_without_signatures_says_so(client: httpx.Client) -> None:
    page = text(get(client, "/doc/document/luang-prabang-joint-declaration-2010").text)
    assert "The source lists none: no signature is printed under this declaration" in page
    for path in (PUTRAJAYA, TERMS):
        assert 'id="block-document-unsigned"' not in get(client, path).text


def test_a_document_known_by_its_title_says_where_it_is_named(client: httpx.Client) -> None:
    page = get(client, "/doc/document/nay-pyi-taw-declaration-2014").text
    assert "We hold no text of it" in page
    assert "Putrajaya Joint Declaration, recital 2" in page
    assert '<h2 id="text">' not in page
    assert 'id="block-document-named"' not in get(client, PUTRAJAYA).text


def test_own_words_are_told_from_quotations(client: httpx.Client) -> None:
    page = get(client, "/doc/document/asean-guidelines-on-public-service-delivery").text
    assert "in our own words" in text(page.partition("All statements")[0])
    page = get(client, "/doc/document/level-1-evaluation").text
    assert "as printed" in text(page.partition('<h2 id="text">')[0])


def test_a_part_leads_before_after_up_and_into_its_document(client: httpx.Client) -> None:
    page = get(client, f"{TERMS}/clause/18/ii").text
    tabs = page.partition('aria-label="Before and after"')[2].partition("</nav>")[0]
    assert re.findall(r'href="/doc/document/accsm-terms-of-reference/([^"]+)"', tabs) == [
        "clause/18/i", "clause/18/ii", "clause/18/iii",
    ]  # fmt: skip
    crumbs = page.partition('aria-label="Breadcrumb"')[2].partition("</nav>")[0]
    assert re.findall(r'href="(/doc/[^"]+)"', crumbs) == [
        TERMS, f"{TERMS}/section/V", f"{TERMS}/clause/18",
    ]  # fmt: skip
    assert f'href="{TERMS}#clause-18-ii"' in page
    assert "clause-18-ii" in parts(get(client, TERMS).text)


def test_every_part_has_a_page_with_its_words(client: httpx.Client, store: Store) -> None:
    for row in asked(store, "document-parts", "putrajaya-joint-declaration-2015"):
        page = get(client, f"/doc/{row['part'].removeprefix(f'{BASE}id/')}")
        assert page.status_code == 200
        assert " ".join(row["text"].split()) in text(page.text)


def test_a_text_of_another_dataset_is_read_in_its_order(tmp_path: Path) -> None:
    document = "https://e.org/treaty"
    lines = [f"<{document}> a <{term('accsm:Document').value}> ."]
    for place, name in enumerate(("one", "two", "three"), start=1):
        part = f"<{document}/{name}>"
        lines.append(
            f"{part} a <{term('accsm:Clause').value}> ; <{term('dcterms:isPartOf').value}>"
            f" <{document}> ; <{term('accsm:partOf').value}> <{document}> ;"
            f" <{term('accsm:sequence').value}> {place} ;"
            f' <{term("accsm:clauseText").value}> "Words of {name}" .'
        )
    path = tmp_path / "data.ttl"
    path.write_text("\n".join(lines))
    with running(path) as server, httpx.Client(base_url=server.url) as client:
        address = f"/describe?iri={document}"
        page = get(client, f"{address}&find=words").text
        assert [*parts(page)] == ["one", "two", "three"]
        assert page.count("<mark>Words</mark>") == 3
        assert f'<input type="hidden" name="iri" value="{document}">' in page
