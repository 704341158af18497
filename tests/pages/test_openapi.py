"""The OpenAPI description of the server."""

import re
from typing import Any

import httpx
import pytest


@pytest.fixture(scope="module")
def paths(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()["paths"]
    return found


def test_all_paths_are_described(paths: dict[str, Any]) -> None:
    assert {"/sparql", "/doc/{path}", "/id/{path}", "/questions/{name}"} <= set(paths)
    assert {"get", "post"} <= set(paths["/sparql"])
    assert set(paths["/query/check"]) == {"post"}
    assert {"/healthz", "/metrics", "/dataset/{version}/accsm.{suffix}"} <= set(paths)


def test_no_response_422_is_described(client: httpx.Client) -> None:
    described = client.get("/openapi.json").text
    assert '"422"' not in described
    assert "HTTPValidationError" not in described


def test_every_described_media_type_is_answered(
    client: httpx.Client, described: dict[str, Any]
) -> None:
    """Except where a suffix or, at /sparql, the form of the query decides."""

    def answer(path: str, media_type: str) -> str:
        found = client.get(path, headers={"Accept": media_type}, follow_redirects=True)
        return f"{found.status_code} {found.headers['Content-Type'].split(';')[0]}"

    promises = {
        (path, media_type)
        for path, operation in described.items()
        for media_type in operation["responses"]["200"]["content"]
        if path != "/sparql" and not re.search(r"\.\w+$", path)
    }
    assert len(promises) > 40
    answers = {promise: answer(*promise) for promise in promises}
    assert answers == {promise: f"200 {promise[1]}" for promise in promises}


def test_every_parameter_of_a_path_is_described(paths: dict[str, Any]) -> None:
    for path, operations in paths.items():
        described = next(iter(operations.values())).get("parameters", [])
        in_path = {parameter["name"] for parameter in described if parameter["in"] == "path"}
        assert in_path == set(re.findall(r"{(\w+)}", path)), path


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/browse/{name}", {"page", "format", "output"}),
        ("/doc/{path}", {"property", "page", "topic", "find", "format", "output"}),
        ("/rdf-graph-store", {"graph", "default", "format", "output"}),
        ("/conformance", {"format", "output"}),
        ("/questions/{name}", {"format", "output"}),
    ],
)
def test_query_parameters_are_described(paths: dict[str, Any], path: str, names: set[str]) -> None:
    described = {
        parameter["name"]: parameter
        for parameter in paths[path]["get"]["parameters"]
        if parameter["in"] == "query"
    }
    assert set(described) == names
    assert all(parameter["description"] for parameter in described.values())
    if "page" in names:
        schema = described["page"]["schema"]
        assert (schema["type"], schema["minimum"], schema["maximum"]) == ("integer", 1, 999_999)
