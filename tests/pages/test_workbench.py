"""The page of the workbench without scripts, and what its editor asks for."""

import re
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from accsm_server.pages import static_files
from pages.conftest import get
from serving import running

from accsm_kg.namespaces import BASE


def test_the_page_has_a_form_with_the_sample_or_the_query_of_the_address(
    client: httpx.Client,
) -> None:
    assert '<form class="query" action="/sparql" method="get"' in get(client, "/query").text
    assert "?project a accsm:Project" in get(client, "/query").text
    page = get(client, f"/query?query={quote('ASK { ?a ?b 7 }')}").text
    assert "ASK { ?a ?b 7 }</textarea>" in page
    assert 'id="answer"' not in page


def test_the_page_says_whether_there_is_an_editor(client: httpx.Client) -> None:
    page = get(client, "/query").text
    assert ("installed without Node.js" in page) != static_files.has("workbench.js")


def test_terms_have_what_the_data_say_and_how_they_are_used(client: httpx.Client) -> None:
    terms = client.get("/query/terms.json").json()
    supports = terms["properties"]["accsm:supports"]
    things, _, ranges = supports["in"]["accsm:Project"]
    assert things == terms["classes"]["accsm:Project"]["n"]
    assert "accsm:PolicyTarget" in ranges
    assert supports["inverse"] == ["accsm:isSupportedBy"]
    line = next(one for one in supports["values"] if one[0] == "action-line-apsc-2025:A.2.2.vi")
    assert line[1] > 10 and line[2] == "APSC A.2.2.vi"
    assert terms["properties"]["accsm:verbatimKRA"]["last"]
    assert terms["prefixes"]["country"] == f"{BASE}id/country/"
    assert "id" not in terms["prefixes"]
    words = {graph["name"]: graph["words"] for graph in terms["graphs"]}
    assert words["<graph/source/004>"].startswith("press Borneo Bulletin")


def test_things_have_their_name_label_codes_and_classes(client: httpx.Client) -> None:
    found = client.get("/query/things.json").json()
    named = {name: (label, codes, kind) for name, label, codes, kind in found["things"]}
    label, codes, kind = named["country:KHM"]
    assert label == "Cambodia" and {"KHM", "KH"} <= set(codes)
    assert "accsm:Country" in found["kinds"][kind]
    assert not [name for name in named if name.startswith(("accsm:", "<id/evidence"))]


def test_the_data_are_kept_as_long_as_they_are_current(client: httpx.Client) -> None:
    addresses = re.findall(r'data-t\w+="([^"]+)"', get(client, "/query").text)
    if not static_files.has("workbench.js"):
        pytest.skip("the editor was not built, so that the page does not ask for its data")
    assert len(addresses) == 2
    for address in addresses:
        assert client.get(address).headers["Cache-Control"].endswith("immutable")
        assert client.get(f"{address}x").headers["Cache-Control"] == "public, no-cache"
        assert client.get(address.partition("?")[0]).headers["ETag"]


def large(folder: Path) -> Path:
    """Return a dataset with more things than are sent to the editor."""
    kind, label = f"<{BASE}ontology#Country>", "<http://www.w3.org/2004/02/skos/core#prefLabel>"
    lines = [
        f'<{BASE}id/country/C{number}> a {kind} ; {label} "Land {number}" .\n'
        for number in range(5001)
    ]
    file = folder / "data.ttl"
    file.write_text("".join(lines))
    return file


def test_things_of_a_large_dataset_are_found_by_what_is_typed(tmp_path: Path) -> None:
    with (
        running(large(tmp_path)) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        assert client.get("/query/things.json").json() == {"kinds": [], "things": [], "more": True}
        asked = client.get("/query/complete", params={"q": "Land 77", "class": "accsm:Country"})
        assert ["<id/country/C77>", "Land 77", [], 0] in asked.json()["things"]
        asked = client.get("/query/complete", params={"q": "Land 77", "class": "accsm:Person"})
        assert asked.json()["things"] == []
        some = client.get("/query/complete", params={"class": "accsm:Country"}).json()["things"]
        assert len(some) == 20
        assert client.get("/query/complete").json()["things"] == []


@pytest.mark.parametrize(("classes", "properties"), [("ab", 20), ("abcd", 25)])
def test_terms_of_a_dataset_that_is_large_for_its_memory_are_known(
    tmp_path: Path, classes: str, properties: int
) -> None:
    """What takes too much memory is left out: first which values, then what has which property."""
    things = 20_000
    file = tmp_path / "data.ttl"
    with file.open("w") as written:
        written.write(f"@prefix : <{BASE}ontology#> . @prefix t: <{BASE}id/thing/> .\n")
        for n in range(things):
            types = ", ".join(f":{name}" for name in classes)
            values = (f":p{place} t:{(n * 7 + place) % things}" for place in range(properties))
            written.write(f"t:{n} a {types} ; {' ; '.join(values)} .\n")
    with running(file, MEMORY="1024") as server:
        found = httpx.get(f"{server.url}/query/terms.json", timeout=60)
        assert found.status_code == 200, found.text
        terms = found.json()
        assert terms["classes"]["accsm:a"]["n"] == things
        assert terms["properties"]["accsm:p0"]["n"] == things
        if classes == "ab":
            used = [things, things, ["accsm:a", "accsm:b"]]
            assert terms["properties"]["accsm:p0"]["in"] == {"accsm:a": used, "accsm:b": used}
        rest = httpx.get(f"{server.url}/query/things.json", timeout=60)
        assert rest.json() == {"kinds": [], "things": [], "more": True}


def test_a_stored_question_is_a_query_file(client: httpx.Client) -> None:
    path = "/questions/projects-supporting-action-line"
    answer = client.get(f"{path}.rq?line=A.2.2.i")
    assert answer.headers["Content-Type"] == "application/sparql-query"
    assert answer.headers["Content-Disposition"].endswith('supporting-action-line.rq"')
    found = client.get("/sparql", params={"query": answer.text, "format": "csv"})
    assert found.text == client.get(f"{path}.csv?line=A.2.2.i").text
    asked = client.get(path, headers={"Accept": "application/sparql-query"})
    assert '"A.2.2.iv"' in asked.text
