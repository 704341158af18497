"""The page of the vocabulary: its versions, deprecated terms, and what other vocabularies add."""

import re

import httpx
from pyoxigraph import QuerySolutions, Store

from accsm_kg import __version__
from accsm_kg.namespaces import VERSIONS, prefixes


def page(client: httpx.Client, path: str) -> str:
    return client.get(path, headers={"Accept": "text/html"}).text


def test_each_version_of_the_ontology_has_a_page(client: httpx.Client) -> None:
    current = page(client, "/ontology")
    assert f"Version {__version__} of" in current
    assert f'href="/{VERSIONS[-1]}"' in current
    assert re.search(r"<code>accsm:adoptedAt</code> <small[^>]*>deprecated<", current)
    for version in VERSIONS:
        earlier = page(client, f"/{version}")
        assert f"This is version {version.rpartition('/')[2]} of" in earlier
        assert 'href="/ontology"' in earlier and ">deprecated<" not in earlier


def test_properties_of_other_vocabularies_are_listed_with_the_things_that_have_them(
    client: httpx.Client, store: Store
) -> None:
    text = page(client, "/ontology").partition('id="other-vocabularies"')[2]
    listed = re.findall(r"<code>([a-z-]+:\w+)</code></a></td>\n<td>(.*)</td>", text)
    uses = {name: dict(re.findall(r">([^<]+)</a> (\d+)", cell)) for name, cell in listed}
    assert {"skos:prefLabel", "skos:notation", "owl:sameAs", "dcterms:title"} <= uses.keys()
    assert not [name for name in uses if name.startswith(("accsm:", "rdf:"))]
    for name, kind, label in (
        ("dcterms:source", "Evidence", "evidence"),
        ("skos:closeMatch", "StrategicMeasure", "strategic measure"),
        ("schema:location", "Meeting", "meeting"),
    ):
        query = f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ ?x a accsm:{kind} ; {name} ?y }}"
        rows = store.query(query, prefixes=prefixes())
        assert isinstance(rows, QuerySolutions)
        ((found,),) = rows
        assert found is not None and uses[name][label] == found.value
