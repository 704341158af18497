"""The stored questions: their pages, their answers as rows, and their RDF."""

import csv
import re
from io import StringIO
from pathlib import Path

import httpx
import pytest
from pages.conftest import FORMATS, get, triples
from pyoxigraph import NamedNode, RdfFormat, Store, Triple
from serving import running

from accsm_kg.namespaces import BASE, QUERIES, term
from accsm_kg.questions import rdf
from accsm_kg.questions.model import Question


def _projects(page: str) -> set[int]:
    """Return the numbers of the projects 2016-2020 that a page links to."""
    return set(map(int, re.findall(r'href="/doc/project/2016-2020/(\d+)"', page)))


def test_a_question_shows_its_answer_and_its_query(client: httpx.Client) -> None:
    page = get(client, "/questions/projects-supporting-action-line").text
    assert _projects(page) == {6, 17, 30, 33, 35, 40}
    assert page.count("<tr>") > 6
    assert "SELECT ?number ?title" in page
    assert 'href="/sparql?query=PREFIX' in page


def test_a_question_takes_values_from_the_url(client: httpx.Client) -> None:
    page = get(client, "/questions/projects-supporting-action-line?line=A.2.2.i").text
    assert _projects(page) == {7, 11, 27, 32, 33, 35, 39, 40, 41}
    assert '<option value="A.2.2.i" selected>' in page


def test_a_value_cannot_change_the_query(client: httpx.Client) -> None:
    page = get(client, '/questions/projects-mentioning-words?words=") } } DROP ALL #')
    assert page.status_code == 200
    assert "0 rows" in page.text


def test_a_value_that_is_no_choice_is_answered_400(client: httpx.Client) -> None:
    path = "/questions/projects-supporting-action-line"
    answer = get(client, f"{path}?line=A.9", "application/json")
    assert answer.status_code == 400
    assert answer.json()["title"] == "Invalid parameter"
    assert answer.json()["detail"].startswith("'A.9' is no value of line; its values: A.2.2.i, ")
    twice = get(client, f"{path}?line=A.2.2.i&line=A.2.2.iv")
    assert twice.status_code == 400
    assert "parameter line is given twice; give it once" in twice.text


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
    assert len(links) == 9
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
