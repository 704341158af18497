"""The pages of the stored questions."""

import re

import httpx


def get(client: httpx.Client, path: str, accept: str = "text/html") -> httpx.Response:
    return client.get(path, headers={"Accept": accept})


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
    path = '/questions/projects-supporting-action-line?line=") } } DROP ALL #'
    page = get(client, path)
    assert page.status_code == 200
    assert "0 rows" in page.text


def test_every_question_has_a_page(client: httpx.Client) -> None:
    paths = set(re.findall(r'href="(/questions/[^"]+)"', get(client, "/questions").text))
    assert len(paths) > 50
    for path in paths:
        assert get(client, path).status_code == 200, path


def test_iris_of_stored_questions_redirect_to_their_pages(client: httpx.Client) -> None:
    examples = "/.well-known/sparql-examples"
    assert get(client, examples).headers["Location"] == "/questions"
    assert b"SPARQLExecutable" in get(client, examples, "text/turtle").content
    answer = get(client, f"{examples}/projects-supporting-action-line")
    assert answer.headers["Location"] == "/questions/projects-supporting-action-line"
