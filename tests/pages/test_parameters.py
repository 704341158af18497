"""Parameters that are not valid: 400 or 406, in the media type that the client accepts."""

from urllib.parse import quote

import httpx
import pytest

from accsm_kg.namespaces import prefixes

PROJECT = "project/2016-2020/6"
RELATION = quote(f"{prefixes()['accsm']}alsoSupports")
LISTS = ["/browse/Evidence?", f"/doc/{PROJECT}?property={RELATION}&"]
NO_PAGES = ["0", "-1", "abc", "x", "1.5", "1.0", "1e3", "01", "+1", "%201", "1_0", "", "true",
            "%C2%B2", "1000000", "10000000", "9" * 5000]  # fmt: skip
ERRORS = {
    "text/html": "text/html",
    "text/turtle": "text/plain",
    "application/ld+json": "application/problem+json",
    "*/*": "application/problem+json",
}
NEGOTIATED = [f"/doc/{PROJECT}", "/graph/vocab", "/ontology", "/ontology/1.0.0", "/shapes",
              "/dataset", "/.well-known/void", "/.well-known/sparql-examples", "/conformance",
              "/rdf-graph-store?default"]  # fmt: skip


def get(client: httpx.Client, path: str, accept: str) -> httpx.Response:
    return client.get(path, headers={"Accept": accept})


@pytest.mark.parametrize("page", NO_PAGES, ids=lambda page: page[:10])
@pytest.mark.parametrize("where", LISTS)
@pytest.mark.parametrize("accept", ERRORS)
def test_a_page_must_be_a_number_from_1_on(
    client: httpx.Client, where: str, page: str, accept: str
) -> None:
    answer = get(client, f"{where}page={page}", accept)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].split(";")[0] == ERRORS[accept]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "No such page" in answer.text
    assert "page=" in answer.text
    assert "write a number from 1 on." in answer.text


def test_a_page_that_is_no_number_is_named_as_it_was_given(client: httpx.Client) -> None:
    answer = get(client, "/browse/Evidence?page=1.5", "application/json").json()
    assert answer == {
        "title": "No such page",
        "status": 400,
        "detail": "page='1.5': write a number from 1 on.",
    }


@pytest.mark.parametrize("page", ["1", "2", "999999"])
def test_pages_of_a_list(client: httpx.Client, page: str) -> None:
    answer = get(client, f"/browse/Evidence?page={page}", "text/html")
    assert answer.status_code == (404 if page == "999999" else 200)


@pytest.mark.parametrize("path", NEGOTIATED)
@pytest.mark.parametrize("accept", ERRORS)
def test_a_format_must_be_one_of_the_offers(client: httpx.Client, path: str, accept: str) -> None:
    answer = get(client, f"{path}{'&' if '?' in path else '?'}format=bogus", accept)
    assert answer.status_code == 406
    assert answer.headers["Content-Type"].split(";")[0] == ERRORS[accept]
    assert "Ask for one of: " in answer.text
    assert "(format=" in answer.text


@pytest.mark.parametrize("accept", ERRORS)
def test_a_property_must_be_an_iri(client: httpx.Client, accept: str) -> None:
    path = f"/doc/{PROJECT}?format=html&property=not%20an%20iri"
    answer = get(client, path, accept)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].split(";")[0] == "text/html"
    answer = get(client, f"/doc/{PROJECT}.html?property=not%20an%20iri", accept)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].split(";")[0] == ERRORS[accept]
    assert "property=" in answer.text
