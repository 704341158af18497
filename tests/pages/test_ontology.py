"""The page of the vocabulary: its versions, deprecated terms, and what other vocabularies add."""

import re

import httpx
import pytest
from accsm_server.pages.property_uses import _listed
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


@pytest.mark.parametrize(
    ("name", "kind", "label"),
    [
        ("amount", "Project", "project"),
        ("takesPlaceIn", "Meeting", "meeting"),
        ("measureOf", "StrategicMeasure", "strategic measure"),
        ("alpha3", "Country", "country"),
    ],
)
def test_a_property_says_on_how_many_things_of_a_class_it_is(
    client: httpx.Client, store: Store, name: str, kind: str, label: str
) -> None:
    entry = page(client, "/ontology").partition(f'id="{name}"')[2].partition("</article>")[0]
    stated = re.findall(r">([^<]+)</a> (\d+)(?: of (\d+))?", entry.partition("<dt>on</dt>")[2])
    query = (
        f"SELECT (COUNT(DISTINCT ?x) AS ?n) (COUNT(DISTINCT ?y) AS ?all) {{ ?y a accsm:{kind} "
        f"OPTIONAL {{ ?y accsm:{name} ?v BIND(?y AS ?x) }} }}"
    )
    ((found, whole),) = store.query(query, prefixes=prefixes())
    assert (label, found.value, "" if found == whole else whole.value) in stated


def test_a_class_stands_for_its_subclasses_unless_one_has_all_uses() -> None:
    above = {"a:Clause": ["a:Part"], "a:Recital": ["a:Part"], "a:Part": ["a:Thing"]}
    assert _listed({"a:Thing": 3, "a:Part": 3, "a:Clause": 2, "a:Recital": 1}, above) == ["a:Part"]
    assert _listed({"a:Thing": 3, "a:Part": 2, "a:Clause": 2}, above) == ["a:Thing"]
    assert _listed({"a:Part": 2, "a:Clause": 2}, above) == ["a:Clause"]
