"""The pages of the vocabulary: the index, the topics and their pictures, and its versions."""

import re
from html import unescape

import httpx
import pytest
from accsm_server.pages.property_uses import _listed
from project import ROOT
from pyoxigraph import QuerySolutions, RdfFormat, Store, parse
from shapes.cases import ONTOLOGY

from accsm_kg import __version__
from accsm_kg.namespaces import VERSIONS, prefixes, term
from accsm_kg.rdf.terms import local_name, value_of


def page(client: httpx.Client, path: str) -> str:
    return client.get(path, headers={"Accept": "text/html"}).text


def rows(store: Store, query: str) -> list[list[str]]:
    found = store.query(query, prefixes=prefixes())
    assert isinstance(found, QuerySolutions)
    return [[value_of(value) for value in row] for row in found]


@pytest.fixture(scope="module")
def topics(store: Store) -> dict[str, list[str]]:
    """The terms of each topic, by its name."""
    query = """SELECT DISTINCT ?topic ?term WHERE {
      GRAPH graph:shapes { ?topic a skos:Collection ; skos:member ?term }
      GRAPH graph:ontology { ?term a ?kind }
    }"""
    found: dict[str, list[str]] = {}
    for topic, iri in rows(store, query):
        found.setdefault(local_name(topic), []).append(iri)
    return found


def entry(text: str, name: str) -> str:
    return text.partition(f'<article class="entry" id="{name}">')[2].partition("</article>")[0]


def words(markup: str) -> str:
    return " ".join(unescape(re.sub("<[^>]*>", " ", markup)).split())


def test_every_term_has_its_id_in_the_index_with_a_link_to_its_definition(
    client: httpx.Client, store: Store, topics: dict[str, list[str]]
) -> None:
    text = page(client, "/ontology")
    query = """SELECT DISTINCT ?term WHERE {
      GRAPH graph:ontology { ?term a ?kind ; skos:definition ?definition }
    }"""
    terms = [iri for (iri,) in rows(store, query)]
    links = dict(re.findall(r'<li id="(\w[^"]*)"><a href="([^"]+)"', text))
    assert len(terms) > 300
    assert sorted(links) == sorted(map(local_name, terms))
    pages = {topic: page(client, f"/ontology/{topic}") for topic in topics}
    for topic, members in topics.items():
        for name in map(local_name, members):
            assert links[name] == f"/ontology/{topic}#{name}"
            assert entry(pages[topic], name), name


def test_no_term_is_of_two_topics_and_each_of_one(topics: dict[str, list[str]]) -> None:
    """Terms stand in the file of their topic, which the build makes members of it."""
    files = [path for path in ONTOLOGY if path.stem != "accsm"]
    assert {path.stem for path in files} == topics.keys()
    for path in files:
        typed = {quad.subject.value for quad in parse(path=str(path)) if "#" in str(quad.subject)
                 and quad.predicate == term("rdf:type")}  # fmt: skip
        assert sorted(topics[path.stem]) == sorted(typed)


def test_the_topics_are_the_files_of_shapes(store: Store) -> None:
    query = """SELECT ?topic WHERE {
      GRAPH graph:shapes { ?topic a skos:Collection ; skos:prefLabel ?l ; dcterms:description ?d }
    }"""
    files = {path.stem for path in (ROOT / "shapes").glob("*.ttl")} - {"topics"}
    assert {local_name(topic) for (topic,) in rows(store, query)} == files


def test_each_version_of_the_ontology_has_a_page(client: httpx.Client) -> None:
    current = page(client, "/ontology")
    assert f"Version {__version__} of" in current
    assert f'href="/{VERSIONS[-1]}"' in current
    deprecated = r"<h3>[^<]* <code>accsm:adoptedAt</code> <small[^>]*>deprecated<"
    assert re.search(deprecated, page(client, "/ontology/documents"))
    for version in VERSIONS:
        earlier = page(client, f"/{version}")
        assert f"This is version {version.rpartition('/')[2]} of" in earlier
        assert 'href="/ontology"' in earlier and ">deprecated<" not in earlier
        assert '<li id="Project"><details>' in earlier


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
        assert [[uses[name][label]]] == rows(store, query)


@pytest.mark.parametrize(
    ("topic", "name", "kind", "label"),
    [
        ("projects", "amount", "Project", "project"),
        ("general", "takesPlaceIn", "Meeting", "meeting"),
        ("policy", "measureOf", "StrategicMeasure", "strategic measure"),
        ("general", "alpha3", "Country", "country"),
    ],
)
def test_a_property_says_on_how_many_things_of_a_class_it_is(
    client: httpx.Client, store: Store, topic: str, name: str, kind: str, label: str
) -> None:
    text = entry(page(client, f"/ontology/{topic}"), name).partition("<dt>used</dt>")[2]
    stated = re.findall(r">([^<]+)</a> (\d+)(?: of (\d+))?", text)
    query = (
        f"SELECT (COUNT(DISTINCT ?x) AS ?n) (COUNT(DISTINCT ?y) AS ?all) {{ ?y a accsm:{kind} "
        f"OPTIONAL {{ ?y accsm:{name} ?v BIND(?y AS ?x) }} }}"
    )
    ((found, whole),) = rows(store, query)
    assert (label, found, "" if found == whole else whole) in stated


@pytest.mark.parametrize("topic", ["projects", "documents", "general", "arcs"])
def test_each_term_says_how_often_it_is_used_with_an_example_of_the_data(
    client: httpx.Client, store: Store, topics: dict[str, list[str]], topic: str
) -> None:
    text = page(client, f"/ontology/{topic}")
    for iri in topics[topic]:
        told = entry(text, local_name(iri))
        used = words(told.partition("<dt>used</dt>")[2].partition("</dd>")[0])
        ((members, times),) = rows(
            store,
            f"""SELECT ?members ?times {{
          {{ SELECT (COUNT(DISTINCT ?m) AS ?members) {{ ?m a <{iri}> }} }}
          {{ SELECT (COUNT(*) AS ?times) {{ ?s <{iri}> ?o }} }} }}""",
        )
        if members == times == "0":
            assert used in ("Not used in the data yet", "No longer used in the data"), iri
            assert "<dt>example</dt>" not in told
        else:
            count = members if members != "0" else times
            assert used.startswith((f"{count} member", f"{count} time")), iri
            assert "<dt>example</dt><dd><a href=" in told


def test_an_example_is_a_statement_of_the_data(client: httpx.Client, store: Store) -> None:
    told = entry(page(client, "/ontology/arcs"), "hostedBy")
    example = told.partition("<dt>example</dt>")[2]
    thing, value = re.findall(r'title="([^"]+)"', example)[:2]
    assert rows(store, f"SELECT ?x {{ BIND(1 AS ?x) <{thing}> accsm:hostedBy <{value}> }}")


def test_a_term_can_be_tried(client: httpx.Client) -> None:
    for name, kind in (("hostedBy", "?value"), ("ResourceCentre", "?label")):
        told = entry(page(client, "/ontology/arcs"), name)
        href = unescape(re.findall(r'href="(/sparql\?query=[^"]+)"', told)[0])
        answer = client.get(href, headers={"Accept": "text/csv"})
        assert answer.text.splitlines()[0] == f"thing,{kind[1:]}"
        assert len(answer.text.splitlines()) > 5


def test_the_rules_about_a_term_lead_to_their_page(client: httpx.Client) -> None:
    told = entry(page(client, "/ontology/arcs"), "hostedBy")
    assert 'href="/shapes/arcs#R-ARC-01"' in told
    assert "hosted by exactly one ASEAN Member State" in told


@pytest.mark.parametrize("topic", ["arcs", "projects", "evidence"])
def test_the_picture_the_list_and_the_files_have_the_same_relations(
    client: httpx.Client, topic: str
) -> None:
    text = page(client, f"/ontology/{topic}")
    records = client.get(f"/ontology/{topic}.json").json()
    assert records
    picture = text.partition("<svg")[2].partition("</svg>")[0]
    drawn = re.findall(r"<title>([^<]+)</title>", picture)
    for one in records:
        assert one["to" if one["relation"] != "is a kind of" else "from"] in words(picture)
        if one["relation"] == "is a kind of":
            assert f"kind: {one['from']}" in drawn
        else:
            inverse = f" (inverse: {one['inverse']})" if one["inverse"] else ""
            assert f"{one['relation']}{inverse}" in drawn
    listed = re.findall(r'<tr><td data-column="From">', text)
    csv = client.get(f"/ontology/{topic}.csv").text.splitlines()
    assert len(listed) == len(records) == len(csv) - 1
    svg = client.get(f"/ontology/{topic}.svg")
    assert svg.headers["Content-Type"] == "image/svg+xml"
    assert "class=" not in svg.text and "<title>" in svg.text


def test_every_relation_of_a_topic_is_told_in_one_direction(
    client: httpx.Client, store: Store
) -> None:
    query = """SELECT ?p WHERE {
      GRAPH graph:shapes { <https://w3id.org/accsm-kg/shapes/policy> skos:member ?p }
      GRAPH graph:ontology { ?p a owl:ObjectProperty . FILTER NOT EXISTS { ?p owl:deprecated ?d } }
    }"""
    records = client.get("/ontology/policy.json").json()
    told = {iri for one in records for iri in (one["relationIri"], one["inverseIri"]) if iri}
    assert {iri for (iri,) in rows(store, query)} <= told
    both = {one["relationIri"] for one in records} & {one["inverseIri"] for one in records}
    assert both - {""} == set()


def test_a_topic_is_sent_in_rdf_with_what_the_ontology_says_of_its_terms(
    client: httpx.Client, topics: dict[str, list[str]]
) -> None:
    for suffix, format in (("ttl", RdfFormat.TURTLE), ("jsonld", RdfFormat.JSON_LD)):
        answer = client.get(f"/ontology/arcs.{suffix}")
        subjects = {quad.subject.value for quad in parse(answer.content, format=format)}
        assert subjects >= set(topics["arcs"])
    assert client.get("/ontology/arcs", headers={"Accept": "text/turtle"}).text.startswith("@pref")
    assert client.get("/ontology/arcs.xyz").status_code == 404
    assert client.get("/ontology/consistency").status_code == 404  # a topic of rules alone


def test_a_class_stands_for_its_subclasses_unless_one_has_all_uses() -> None:
    above = {"a:Clause": ["a:Part"], "a:Recital": ["a:Part"], "a:Part": ["a:Thing"]}
    assert _listed({"a:Thing": 3, "a:Part": 3, "a:Clause": 2, "a:Recital": 1}, above) == ["a:Part"]
    assert _listed({"a:Thing": 3, "a:Part": 2, "a:Clause": 2}, above) == ["a:Thing"]
    assert _listed({"a:Part": 2, "a:Clause": 2}, above) == ["a:Clause"]
