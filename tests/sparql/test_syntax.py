"""POST /query/check parses a query and never runs it."""

import httpx
import pytest
from accsm_server.engine.pool.worker import _parse
from rdf.mutations import mutations


def check(client: httpx.Client, query: str) -> list[dict[str, object]]:
    content = {"Content-Type": "application/sparql-query"}
    answer = client.post("/query/check", content=query.encode(), headers=content)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found: list[dict[str, object]] = answer.json()["errors"]
    return found


def test_a_mistake_has_its_place_a_sentence_and_a_fix(known_client: httpx.Client) -> None:
    query = "SELECT * {\n  ?p a accsm:Project .\n  ?p acsm:supports ?l\n}"
    (found,) = check(known_client, query)
    assert (found["line"], found["column"]) == (3, 6)
    assert found["length"] == 4
    assert query[found["from"] : found["to"]] == "acsm"  # type: ignore[misc]
    assert "`acsm:` is not declared" in str(found["detail"])
    assert found["fix"] == {"from": found["from"], "to": found["to"], "insert": "accsm"}


def test_a_fix_mends_the_query(known_client: httpx.Client) -> None:
    mended = 0
    for kind, query, _ in list(mutations())[::9]:
        (found,) = check(known_client, query)
        if fix := found["fix"]:
            assert isinstance(fix, dict)
            text = query[: fix["from"]] + fix["insert"] + query[fix["to"] :]
            left = check(known_client, text)
            assert not left or left[0]["line"] > found["line"], (kind, query)  # type: ignore[operator]
            mended += 1
    assert mended > 15


def test_a_fix_that_does_not_help_is_not_offered(known_client: httpx.Client) -> None:
    (found,) = check(known_client, "SELECT * { ?s ?p 'a'@'en' }")
    assert found["fix"] is None


def test_offsets_are_those_of_utf_16(known_client: httpx.Client) -> None:
    (found,) = check(known_client, "ASK { ?s ?p '\U0001f600' FILTER(?s == 1) }")
    assert (found["from"], found["to"]) == (27, 29)


@pytest.mark.parametrize(
    "query", ["ASK {}", "SELECT * { ?s accsm:supports ?o }", "DESCRIBE <id/country/THA>"]
)
def test_a_query_that_parses_has_no_mistake(known_client: httpx.Client, query: str) -> None:
    assert check(known_client, query) == []


def test_what_is_not_allowed_is_told_with_its_place(known_client: httpx.Client) -> None:
    (found,) = check(known_client, "INSERT DATA { <a:a> <a:b> 1 }")
    assert found["line"] == 1
    assert "read-only" in str(found["detail"])
    (found,) = check(known_client, "ASK {\n  SERVICE <http://example.org/> {} }")
    assert (found["line"], found["column"], found["length"]) == (2, 3, 7)


def test_a_query_is_not_run() -> None:
    """It would take years."""
    values = " ".join(map(str, range(2000)))
    blocks = " ".join(f"VALUES ?v{number} {{ {values} }}" for number in range(9))
    for form in ("ASK", "SELECT (COUNT(*) AS ?n)", "CONSTRUCT { ?v1 ?v2 ?v3 }"):
        _parse(f"{form} WHERE {{ {blocks} FILTER(?v1 + ?v2 + ?v8 < 0) }}", "urn:")
    with pytest.raises(SyntaxError):
        _parse("ASK {", "urn:")


def test_only_a_query_by_post_is_checked(known_client: httpx.Client) -> None:
    answer = known_client.get("/query/check?query=ASK{}")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST, OPTIONS"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert known_client.post("/query/check", data={"query": "ASK {}"}).json() == {"errors": []}
    assert known_client.post("/query/check", data={"x": "y"}).status_code == 400
