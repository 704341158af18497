"""The stored questions: their pages, their answers as rows, and their RDF."""

import csv
import re
from io import StringIO
from pathlib import Path

import httpx
import pytest
from pages.conftest import FORMATS, get, triples
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store, Triple
from serving import running

from accsm_kg import query
from accsm_kg.namespaces import BASE, QUERIES, term
from accsm_kg.questions import rdf
from accsm_kg.questions.model import Question, bind


def _projects(page: str) -> set[int]:
    """Return the numbers of the projects 2016-2020 that a page links to."""
    return set(map(int, re.findall(r'href="/doc/project/2016-2020/(\d+)"', page)))


def test_a_question_shows_its_answer_and_its_query(client: httpx.Client) -> None:
    page = get(client, "/questions/projects-supporting-action-line").text
    assert _projects(page) == {6, 17, 30, 33, 35, 40}
    assert page.count("<tr>") > 6
    assert "SELECT ?number ?title" in page
    assert 'href="/sparql?query=PREFIX' in page
    assert '<p class="lead-text" role="status">6 projects.</p>' in page
    assert "accsm-kg query projects-supporting-action-line" in page
    assert f"curl -H &#39;Accept: text/csv&#39; {client.base_url}/questions/" in page
    assert f"{BASE}{QUERIES}/{QUESTION}" in page  # in the citation


def test_a_question_takes_values_from_the_url(client: httpx.Client) -> None:
    page = get(client, "/questions/projects-supporting-action-line?line=A.2.2.i").text
    assert _projects(page) == {7, 11, 27, 32, 33, 35, 39, 40, 41}
    assert '<option value="A.2.2.i" selected>' in page


def test_a_value_cannot_change_the_query(client: httpx.Client) -> None:
    page = get(client, '/questions/projects-mentioning-words?words=") } } DROP ALL #')
    assert page.status_code == 200
    assert "No projects mention these words" in page.text


def test_a_value_that_is_no_choice_is_answered_400(client: httpx.Client) -> None:
    path = "/questions/projects-supporting-action-line"
    answer = get(client, f"{path}?line=A.9", "application/json")
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid parameter"
    assert answer.json()["detail"].startswith("'A.9' is no value of line; its values: A.2.2.i, ")
    twice = get(client, f"{path}?line=A.2.2.i&line=A.2.2.iv")
    assert twice.status_code == 400
    assert "parameter line is given twice; give it once" in twice.text


@pytest.mark.parametrize(("value", "nearest"), [("A.9", 3), ("a.2.2.IV", 1), ("dialogue", 1)])
def test_the_page_offers_the_nearest_values(client: httpx.Client, value: str, nearest: int) -> None:
    answer = get(client, f"/questions/{QUESTION}?line={value}")
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert f"&#39;{value}&#39; is no value of line." in answer.text
    alert = answer.text.partition('role="alert"')[2].partition("</div>")[0]
    links = re.findall(r'href="([^"]+)"', alert)
    assert len(links) >= nearest
    assert 'id="answer"' not in answer.text  # no answer to another question
    for link in links:
        assert client.get(link).status_code == 200
    if nearest == 1 and value != "dialogue":
        assert links[0] == f"/questions/{QUESTION}?line=A.2.2.iv"


def test_a_value_survives_that_of_another_parameter_that_is_refused(client: httpx.Client) -> None:
    asked = "/questions/source-words-of-support?projectKey=2016-2020/33&code=E.1.vi"
    page = get(client, asked).text
    assert "projectKey=2016-2020%2F33&amp;code=E.1.vii" in page


@pytest.mark.parametrize("name", ["lin", "Line", "from"])
def test_a_parameter_that_the_question_does_not_have_is_answered_400(
    client: httpx.Client, name: str
) -> None:
    answer = get(client, f"/questions/{QUESTION}?{name}=A.2.2.i&format=csv")
    assert answer.status_code == 400
    assert f"{QUESTION} has no parameter '{name}'; it has: line" in answer.text
    assert get(client, f"/questions/projects?{name}=1").status_code == 400


def test_every_question_has_a_page(client: httpx.Client) -> None:
    paths = set(re.findall(r'href="(/questions/[^"]+)"', get(client, "/questions").text))
    assert len(paths) > 50
    for path in paths:
        assert get(client, path).status_code == 200, path


QUESTION = "projects-supporting-action-line"
MEDIA = [form.media_type for form in FORMATS.values()]


@pytest.mark.parametrize("thing", ["", f"/{QUESTION}", f"/{QUESTION}/line"])
@pytest.mark.parametrize("accept", [*MEDIA, "text/html"])
def test_iris_of_stored_questions_lead_to_what_the_client_accepts(
    client: httpx.Client, store: Store, thing: str, accept: str
) -> None:
    answer = client.get(f"/{QUERIES}{thing}", headers={"Accept": accept}, follow_redirects=True)
    assert answer.headers["Content-Type"].partition(";")[0] == accept
    if accept == "text/html":
        assert answer.url.path == (f"/questions/{QUESTION}" if thing else "/questions")
    else:
        iri, graph = NamedNode(f"{BASE}{QUERIES}{thing}"), NamedNode(BASE + QUERIES)
        about = store.quads_for_pattern(iri if thing else None, None, None, graph)
        assert {quad.triple for quad in about} <= triples(answer)


def test_values_survive_the_redirect_from_the_iri_of_a_question(client: httpx.Client) -> None:
    answer = client.get(f"/{QUERIES}/{QUESTION}?line=A.2.2.i&format=csv")
    assert answer.headers["Location"] == f"/questions/{QUESTION}?line=A.2.2.i&format=csv"
    for path in ("nothing", f"{QUESTION}/nothing"):
        assert client.get(f"/{QUERIES}/{path}").status_code == 404


@pytest.mark.parametrize("accept", MEDIA)
def test_a_question_describes_itself_and_its_parameters(client: httpx.Client, accept: str) -> None:
    found, iri = (
        triples(get(client, f"/questions/{QUESTION}", accept)),
        f"{BASE}{QUERIES}/{QUESTION}",
    )
    assert Triple(NamedNode(iri), term("rdf:type"), term("sh:SPARQLExecutable")) in found
    assert {str(triple.subject) for triple in found} == {f"<{iri}>", f"<{iri}/line>"}


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(StringIO(answer.text, newline="")))


def test_a_question_answers_with_rows(client: httpx.Client) -> None:
    found = rows(get(client, f"/questions/{QUESTION}", "text/csv"))
    assert [row["number"] for row in found] == ["6", "17", "30", "33", "35", "40"]
    other = rows(client.get(f"/questions/{QUESTION}?line=A.2.2.i&format=csv"))
    assert [row["number"] for row in other][:3] == ["7", "11", "27"]
    asked = client.get(f"/questions/{QUESTION}", headers={"Accept": "application/json"})
    assert asked.headers["Content-Type"] == "application/sparql-results+json"
    assert len(asked.json()["results"]["bindings"]) == len(found)


def test_rows_are_revalidated_and_lead_to_other_formats(client: httpx.Client) -> None:
    path, asked = f"/questions/{QUESTION}?line=A.2.2.i", {"Accept": "text/csv"}
    answer = client.get(path, headers=asked)
    assert answer.headers["Vary"] == "Accept, Accept-Encoding"
    assert answer.headers["Cache-Control"] == "public, no-cache"
    tag = answer.headers["ETag"]
    assert client.get(path, headers={**asked, "If-None-Match": tag}).status_code == 304
    assert client.head(path, headers=asked).headers["ETag"] == tag
    links = dict(re.findall(r'<([^>]+)>; rel="alternate"; type="([^"]+)"', answer.headers["Link"]))
    assert len(links) == 10
    for link, kind in links.items():
        assert client.get(link).headers["Content-Type"].partition(";")[0] == kind


def test_a_client_that_accepts_anything_gets_the_page(client: httpx.Client) -> None:
    for path in ("/questions", f"/questions/{QUESTION}"):
        assert client.get(path).headers["Content-Type"].startswith("text/html")
        assert get(client, path, "image/png").status_code == 406


OTHERS = {
    "now": "SELECT (NOW() AS ?now)\nWHERE {\n}",
    "graph": "CONSTRUCT { ?s ?p ?o }\nWHERE { ?s ?p ?o }",
    "yes": "ASK\nWHERE {\n}",
}


def test_an_answer_that_differs_each_time_is_not_cached_and_a_graph_has_no_rows(
    tmp_path: Path,
) -> None:
    stored = Store()
    asked = (Question(name, name, name, (), text) for name, text in OTHERS.items())
    stored.extend(rdf.publish(asked, {}))
    path = tmp_path / "questions.nq"
    stored.dump(path, format=RdfFormat.N_QUADS)
    with running(path) as server, httpx.Client(base_url=server.url) as client:
        for accept in ("text/csv", "text/html"):
            answer = get(client, "/questions/now", accept)
            assert answer.headers["Cache-Control"] == "no-store"
            assert "ETag" not in answer.headers
        assert get(client, "/questions/graph", "text/csv").status_code == 406
        assert get(client, "/questions/graph").status_code == 200
        assert client.get("/questions/yes?format=json").json()["boolean"] is True


def _table(page: str) -> list[list[str]]:
    """Return the texts of the rows of the answer, without the words of sources."""
    body = re.search(r'<table class="results.*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert body, "no table"
    rows = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL)
    return [re.findall(r"<td data-column.*?</td>", row, re.DOTALL) for row in rows]


def test_every_answer_links_labels_and_has_heads_in_words(
    client: httpx.Client, store: Store
) -> None:
    for question in rdf.load(store):
        page = get(client, f"/questions/{question.name}").text
        heads = re.findall(r'<th scope="col">([^<]*)<|<dt>([^<]*)<', page)
        assert not [head for pair in heads for head in pair if re.search("[a-z][A-Z]", head)]
        found = query.run(store, bind(question))
        rows = list(found) if isinstance(found, QuerySolutions) else []
        if len(rows) > 1:
            shown = _table(page)
            assert len(shown) == min(len(rows), 1000), question.name
            cells = "".join(map("".join, shown))
            assert ("href=" in cells) == (question.name not in UNLINKED), question.name
            assert ">&lt;id/" not in cells, question.name


_CAMEL_CASE = re.compile(r"\b[a-z]+[A-Z]\w*")


def _said(markup: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", markup).split())


def test_every_answer_reads_as_plain_words(client: httpx.Client, store: Store) -> None:
    """Heads, pictures, choices and cells have no names of variables, of things or of booleans."""
    for question in rdf.load(store):
        page = get(client, f"/questions/{question.name}").text.partition("<main")[2]
        answer = page.partition("<summary>Query</summary>")[0]
        heads = re.findall('(?:data-column|aria-label)="([^"]*)"', answer)
        assert not _CAMEL_CASE.findall(" ".join([_said(answer), *heads])), question.name
        for cell in re.findall("<(?:td|dd)[^>]*>(.*?)</(?:td|dd)>", answer, re.DOTALL):
            said = _said(cell)
            assert said not in ("true", "false"), question.name
            is_name = re.fullmatch("[a-z]+([-/][a-z0-9]+)+", said)
            assert not (is_name and f'/{said}"' in cell), question.name
        for value, label in re.findall('<option value="([^"]*)"[^>]*>([^<]*)<', answer):
            assert not re.match(f"{re.escape(value)}: .*{re.escape(value)}", label), label
            assert not (
                re.search("[a-z]{2}.*[-/]", value) and " " in label and value in label.split()
            )
    assert not _CAMEL_CASE.findall(_said(get(client, "/questions").text.partition("<main")[2]))


#: The answer has no thing.
UNLINKED = {"months"}


def test_a_label_is_the_link_and_its_iri_no_column(client: httpx.Client) -> None:
    page = get(client, "/questions/coordinators-behind-action-line").text
    heads = re.findall(r'<th scope="col">([^<]*)</th>', page)
    assert heads == ["country", "number", "title"]
    assert re.search(r'href="/doc/country/KHM"[^>]*>Cambodia</a>', page)
    other = get(client, "/questions/occurrences-overlapping-in-month").text
    assert re.findall(r'<th scope="col">([^<]*)</th>', other)[3:] == [
        "other number", "other title", "other when"
    ]  # fmt: skip
    assert re.search(r'href="/doc/project/2016-2020/20"[^>]*>Expanding the Philip', other)


def test_words_of_a_source_are_folded_with_the_code_marked(client: httpx.Client) -> None:
    page = get(client, f"/questions/{QUESTION}").text
    assert page.count('<details class="evidence">') == 6
    assert page.count("<mark>A.2.2.iv</mark>") == 6
    assert "Work plan table, project 6, column ASCC Strategic Measures" in page


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("press-claims-kept-apart", "Yes."),
        ("kpi-values-filled-in", "No."),
        ("member-states-coordinating-no-project", "Viet Nam."),
        ("open-ended-projects", "ASEAN+3 Centre for Civil Service Research and Innovation."),
        ("measures-cited-by-no-project", "There are none."),
        ("projects-mentioning-words?words=zzz", "No projects mention these words (zzz)."),
        ("quoted-passages-per-source", "5 sources."),
        ("months", "9 months; most activities: July 2017 (6)."),
        ("beginnings-of-body", "When: January 1995; where: Manila."),
        ("country-coordinating-most-apsc-projects", "Thailand, with 7 projects."),
        (
            "text-of-action-line?line=A.2.v",
            "Strengthen civil service through effective capacity "
            "building, human resource development and collaboration programmes among ASEAN Member "
            "States.",
        ),
        ("holders-of-chair", "Brunei Darussalam, Cambodia and Norfarizal bin Othman."),
        ("holders-of-chair?body=ASEAN+Summit", "Not stated."),
        (
            "projects-per-coordinator",
            "10 countries and 41 projects; most projects: Philippines and Thailand (8).",
        ),
    ],
)
def test_the_answer_is_a_sentence(client: httpx.Client, name: str, said: str) -> None:
    page = get(client, f"/questions/{name}").text
    assert f'<p class="lead-text" role="status">{said}</p>' in page


def test_a_view_is_drawn_beside_the_table_and_can_be_changed(client: httpx.Client) -> None:
    path = "/questions/projects-per-coordinator"
    page = get(client, path).text
    views = re.search(r'aria-label="Views">(.*?)</nav>', page)
    assert views
    links = dict(re.findall(r'<a href="([^"]+)" data-view="\w+"( aria-current="true")?>', views[1]))
    assert links == {f"{path}?view=bar": ' aria-current="true"', f"{path}?view=table": ""}
    assert page.count('role="img"') == 2  # for wide and narrow pages
    assert "<figcaption>Projects by country</figcaption>" in page
    assert 'role="img"' not in get(client, f"{path}?view=table").text
    other = get(client, f"{path}?view=tree")
    assert other.status_code == 200
    assert "The view “Tree” does not fit this answer." in other.text
    refused = client.get(f"{path}.svg?view=tree")
    assert refused.status_code == 400
    assert "no view 'tree'; it has: bar, table." in refused.text.replace("&#39;", "'")
    refused = get(client, f"{path}?view=pie")
    assert refused.status_code == 400
    assert "&#39;pie&#39; is no view: use sentence" in refused.text


def test_the_rows_below_a_picture_are_folded_with_their_number(client: httpx.Client) -> None:
    assert (
        "<summary>All 45 rows</summary>" in get(client, "/questions/projects-per-coordinator").text
    )
    assert 'class="rest"' not in get(client, "/questions/projects-per-coordinator?view=table").text
    assert 'class="rest"' not in get(client, "/questions/country-groups").text


def test_the_place_in_a_source_is_one_column_that_leads_there(client: httpx.Client) -> None:
    page = get(client, "/questions/bodies-supported-by-secretariat").text
    assert re.findall(r'<th scope="col">([^<]*)</th>', page) == ["body", "source"]
    assert re.search(
        r'href="/doc/source/001\?line=386[^"]*"[^>]*>.*?source 001, line 386</a>', page
    )


def test_a_picture_is_a_file(client: httpx.Client) -> None:
    path = "/questions/projects-per-coordinator"
    drawn = [
        get(client, path, "image/svg+xml"),
        client.get(f"{path}.svg"),
        client.get(f"{path}?view=bar&format=svg"),
    ]
    for answer in drawn:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "image/svg+xml"
        name = answer.headers["Content-Disposition"]
        assert name == 'inline; filename="projects-per-coordinator.svg"'
        assert answer.content == drawn[0].content
        assert b"<title>How many projects" in answer.content
        assert b"Philippines 8; Thailand 8" in answer.content
        assert b"class=" not in answer.content
    assert f'href="{path}?view=bar&amp;format=svg"' in get(client, path).text
    assert get(client, "/questions/priority-areas", "image/svg+xml").status_code == 406
    assert client.get("/questions/nothing.svg").status_code == 404


@pytest.mark.parametrize("suffix", ["csv", "tsv", "json", "xml", "ttl"])
def test_files_are_named_after_the_question(client: httpx.Client, suffix: str) -> None:
    named = f'inline; filename="{QUESTION}.{suffix}"'
    answers = [
        client.get(f"/questions/{QUESTION}?line=A.2.2.i&format={suffix}"),
        client.get(f"/questions/{QUESTION}.{suffix}?line=A.2.2.i"),
    ]
    assert [answer.headers["Content-Disposition"] for answer in answers] == [named] * 2
    assert answers[0].content == answers[1].content


def test_the_list_has_tags_words_and_short_answers(client: httpx.Client, store: Store) -> None:
    questions = rdf.load(store)
    page = get(client, "/questions").text
    for tag in {tag for question in questions for tag in question.tags}:
        count = sum(tag in question.tags for question in questions)
        assert f'{tag} <span class="count">{count}</span>' in page
    rows_ = client.get("/questions?format=json").json()
    assert [row["name"] for row in rows_] == [question.name for question in questions]
    short = {row["name"]: row["answer"] for row in rows_}
    assert all(short.values())
    assert short[QUESTION] == "6 projects"
    assert short["member-states-coordinating-no-project"] == "Viet Nam"
    assert '<span class="short">line A.2.2.iii, measure E.1.vii: yes</span>' in page
    csv_rows = rows(client.get("/questions?format=csv"))
    assert csv_rows == rows_


def test_the_list_is_filtered_by_tag_and_words(client: httpx.Client) -> None:
    def names(query: str) -> list[str]:
        return [row["name"] for row in client.get(f"/questions?format=json&{query}").json()]

    assert "months" in names("tag=time")
    assert names("q=months+BEGIN") == ["months"]
    assert names("tag=money&q=months") == []
    page = get(client, "/questions?tag=money&q=months").text
    assert "No question has the words “months” and the tag “money”." in page
    filtered = get(client, "/questions?tag=money").text
    assert filtered.count('class="short"') == len(names("tag=money"))
    assert 'href="/questions" aria-current="true">money' in filtered  # chosen: removes it


def test_related_questions_share_a_tag(client: httpx.Client, store: Store) -> None:
    tags = {question.name: {*question.tags} for question in rdf.load(store)}
    page = get(client, "/questions/months").text
    related = re.findall(r'href="/questions/([^"?]+)"', page.partition('id="related"')[2])
    assert related
    assert all(tags[name] & tags["months"] for name in related)
