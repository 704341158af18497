"""Invalid parameters: 400 or 406, in the media type that the client accepts."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from accsm_kg.namespaces import prefixes

PROJECT = "project/2016-2020/6"
RELATION = quote(f"{prefixes()['accsm']}alsoSupports")
LISTS = ["/browse/Evidence?", f"/doc/{PROJECT}?property={RELATION}&"]
INVALID_PAGES = ["0", "-1", "abc", "x", "1.5", "1.0", "1e3", "01", "+1", "%201", "1_0", "", "true",
            "%C2%B2", "1000000", "10000000", "9" * 5000]  # fmt: skip
ERRORS = {
    "text/html": "text/html",
    "text/turtle": "text/plain",
    "application/ld+json": "application/problem+json",
    "application/json": "application/problem+json",
}


def get(client: httpx.Client, path: str, accept: str) -> httpx.Response:
    return client.get(path, headers={"Accept": accept})


@pytest.mark.parametrize("page", INVALID_PAGES, ids=lambda page: page[:10])
@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("accept", ERRORS)
def test_an_invalid_page_number_is_answered_400(
    client: httpx.Client, path: str, page: str, accept: str
) -> None:
    answer = get(client, f"{path}page={page}", accept)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].split(";")[0] == ERRORS[accept]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Invalid page" in answer.text
    assert "page=" in answer.text
    assert "write a whole number from 1 to 999999." in answer.text


def test_an_invalid_page_number_is_quoted_as_given(client: httpx.Client) -> None:
    answer = get(client, "/browse/Evidence?page=1.5", "application/json").json()
    assert answer == {
        "title": "Invalid page",
        "status": 400,
        "detail": "page='1.5': write a whole number from 1 to 999999.",
    }


@pytest.mark.parametrize("page", ["1", "2", "999999"])
def test_a_page_beyond_the_list_is_answered_404(client: httpx.Client, page: str) -> None:
    answer = get(client, f"/browse/Evidence?page={page}", "text/html")
    assert answer.status_code == (404 if page == "999999" else 200)


@pytest.mark.parametrize("accept", ERRORS)
@pytest.mark.parametrize("name", ["format", "output"])
def test_an_unknown_format_is_answered_406(
    client: httpx.Client, described: dict[str, Any], name: str, accept: str
) -> None:
    def answer(path: str) -> tuple[int, str, bool]:
        found = get(client, f"{path}{'&' if '?' in path else '?'}{name}=bogus", accept)
        media_type = found.headers["Content-Type"].split(";")[0]
        return found.status_code, media_type, "Ask for one of: " in found.text

    paths = [
        path
        for path, operation in described.items()
        if name in {parameter["name"] for parameter in operation.get("parameters", [])}
    ]
    assert {path: answer(path) for path in paths} == dict.fromkeys(
        paths, (406, ERRORS[accept], True)
    )
    assert paths


@pytest.mark.parametrize("accept", ERRORS)
def test_an_invalid_property_iri_is_answered_400(client: httpx.Client, accept: str) -> None:
    path = f"/doc/{PROJECT}?format=html&property=not%20an%20iri"
    answer = get(client, path, accept)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].split(";")[0] == "text/html"
    answer = get(client, f"/doc/{PROJECT}.html?property=not%20an%20iri", accept)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"].split(";")[0] == ERRORS[accept]
    assert "property=" in answer.text
