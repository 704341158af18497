"""The description of the dataset, its page and its version."""

import hashlib
import re
from pathlib import Path

import httpx
import pytest
from pages.conftest import FORMATS, get, triples
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store, Triple, parse
from serving import running, until

from accsm_kg.namespaces import BASE, CONVENTIONS, prefixes, term
from accsm_kg.quality import report
from accsm_kg.rdf import dataset

P = prefixes()
VOCAB = f"{BASE}graph/vocab"
PROJECT = term("accsm:Project")


def values(found: set[Triple], subject: str, name: str) -> list[str]:
    key = NamedNode(subject), term(name)
    return [t.object.value for t in found if (t.subject, t.predicate) == key]  # type: ignore[union-attr]


@pytest.mark.parametrize("path", ["/dataset", "/.well-known/void"])
@pytest.mark.parametrize("name", ["ttl", "jsonld", "nt", "rdf"])
def test_the_description_has_every_format(client: httpx.Client, path: str, name: str) -> None:
    answer = get(client, path, FORMATS[name].media_type)
    assert answer.headers["Content-Type"].split(";")[0] == FORMATS[name].media_type
    assert triples(answer) == triples(client.get("/dataset.nt"))


def test_the_partitions_count_members_and_triples(client: httpx.Client, store: Store) -> None:
    found = triples(client.get("/dataset"))
    members = {
        quad.subject for quad in store.quads_for_pattern(None, term("rdf:type"), PROJECT, None)
    }
    part = f"{BASE}dataset/class/accsm:Project"
    assert part in values(found, f"{BASE}dataset", "void:classPartition")
    assert values(found, part, "void:class") == [PROJECT.value]
    assert values(found, part, "void:entities") == [str(len(members))] != ["0"]
    coordinator = NamedNode(f"{P['accsm']}countryCoordinator")
    uses = len(list(store.quads_for_pattern(None, coordinator, None, DefaultGraph())))
    for whole in (f"{BASE}dataset", part):
        of_property = f"{whole}/property/accsm:countryCoordinator"
        assert of_property in values(found, whole, "void:propertyPartition")
        assert values(found, of_property, "void:property") == [coordinator.value]
        assert values(found, of_property, "void:triples") == [str(uses)]


def test_the_description_has_the_urls_of_this_server(client: httpx.Client) -> None:
    found, whole = triples(client.get("/dataset")), f"{BASE}dataset"
    here = str(client.base_url).rstrip("/")
    assert f"{here}/sparql" in values(found, whole, "void:sparqlEndpoint")
    (service,) = values(found, BASE, "dcat:service")
    assert values(found, service, "dcat:servesDataset") == [whole]
    assert values(found, service, "dcat:endpointURL") == [f"{here}/sparql"]
    version = client.get("/accsm.nt").headers["Content-Location"].rpartition("/")[0]
    assert set(values(found, whole, "void:dataDump")) == {
        f"{BASE}accsm.nt", f"{here}{version}/accsm.nt"
    }  # fmt: skip
    nodes = (
        node.removesuffix("#distribution") for node in values(found, whole, "dcat:distribution")
    )
    files = [file for file in nodes if file.startswith(here)]
    assert len(files) == 12
    for file in files:
        assert client.head(file).status_code == 200
        assert values(found, f"{file}#distribution", "dcat:downloadURL") == [file]
        note = "The default graph" if re.search(r"\.(nt|ttl)\b", file) else "Every graph"
        assert note in values(found, f"{file}#distribution", "dcterms:description")[0]


def test_every_distribution_has_the_size_and_checksum_of_its_file(client: httpx.Client) -> None:
    found, here = triples(client.get("/dataset")), str(client.base_url).rstrip("/")
    nodes = values(found, f"{BASE}dataset", "dcat:distribution")
    assert len(nodes) == 16  # those of this version, and those of the dataset itself
    for node in nodes:
        (url,) = values(found, node, "dcat:downloadURL")
        body = client.get(url.replace(BASE, f"{here}/")).content
        assert values(found, node, "dcat:byteSize") == [str(len(body))]
        (checksum,) = values(found, node, "spdx:checksum")
        assert values(found, checksum, "spdx:checksumValue") == [hashlib.sha256(body).hexdigest()]


#: The properties that DCAT-AP 3.0.1 requires, by class.
REQUIRED = {
    "dcat:Catalog": ("dcterms:title", "dcterms:description", "dcterms:publisher", "dcat:dataset"),
    "dcat:Dataset": ("dcterms:title", "dcterms:description"),
    "dcat:Distribution": ("dcat:accessURL",),
    "dcat:DataService": ("dcterms:title", "dcat:endpointURL"),
    "foaf:Agent": ("foaf:name",),
    "spdx:Checksum": ("spdx:algorithm", "spdx:checksumValue"),
}


@pytest.mark.parametrize("kind", REQUIRED)
def test_the_description_has_what_dcat_ap_requires(client: httpx.Client, kind: str) -> None:
    found = triples(client.get("/dataset"))
    things = {t.subject.value for t in found  # type: ignore[union-attr]
              if (t.predicate, t.object) == (term("rdf:type"), term(kind))}  # fmt: skip
    assert things
    for name in REQUIRED[kind]:
        assert [thing for thing in things if not values(found, thing, name)] == [], name


#: The class of the values of properties, which DCAT-AP 3.0.1 checks.
RANGES = {
    "dcat:compressFormat": "dcterms:MediaType",
    "dcat:landingPage": "foaf:Document",
    "dcat:mediaType": "dcterms:MediaType",
    "dcat:theme": "skos:Concept",
    "dcterms:accessRights": "dcterms:RightsStatement",
    "dcterms:conformsTo": "dcterms:Standard",
    "dcterms:format": "dcterms:MediaTypeOrExtent",
    "dcterms:language": "dcterms:LinguisticSystem",
    "dcterms:license": "dcterms:LicenseDocument",
    "dcterms:publisher": "foaf:Agent",
}


@pytest.mark.parametrize("name", RANGES)
def test_the_values_have_the_classes_that_dcat_ap_checks(client: httpx.Client, name: str) -> None:
    found = triples(client.get("/dataset"))
    named = {t.object for t in found if t.predicate == term(name)}
    typed = {t.subject for t in found
             if (t.predicate, t.object) == (term("rdf:type"), term(RANGES[name]))}  # fmt: skip
    assert named and named <= typed


@pytest.mark.parametrize("host", ["a%zz", "a b", "a<b>", 'a"b', "a/b"])
@pytest.mark.parametrize("path", ["/sparql", "/dataset", "/"])
def test_an_invalid_host_is_refused(client: httpx.Client, path: str, host: str) -> None:
    assert client.get(path, headers={"Host": host}).status_code == 400


def test_a_partition_redirects_to_the_description(client: httpx.Client) -> None:
    iri = f"{BASE}dataset/class/accsm:Project"
    answer = client.get("/dataset/class/accsm:Project")
    assert answer.status_code == 303
    described = triples(client.get(answer.headers["Location"]))
    assert int(values(described, iri, "void:entities")[0]) > 40
    for path in ("/dataset/nothing", "/dataset/class/nothing"):
        assert client.get(path).status_code == 404


def test_the_page_shows_files_sizes_and_graphs(client: httpx.Client, store: Store) -> None:
    page = get(client, "/dataset", "text/html").text
    version = client.get("/dataset?format=html").text.partition("<code>")[2]
    assert "accsm.nq.zst" in page
    assert version
    projects = len(set(store.quads_for_pattern(None, term("rdf:type"), PROJECT, DefaultGraph())))
    assert f">project</a></td><td>{projects}</td>" in page
    assert 'href="/graph/vocab"' in page


def test_the_merged_default_graph_is_not_dumped(tmp_path: Path) -> None:
    file = tmp_path / "data.trig"
    file.write_text("<a:a> <a:b> 1, 2 . <a:g> { <a:a> <a:b> 2, 3 }")
    loaded = dataset.load(file, CONVENTIONS)
    assert sum(quad.graph_name == DefaultGraph() for quad in loaded) == 3
    found = {str(quad) for quad in dataset.statements(loaded, CONVENTIONS)}
    three = "<http://www.w3.org/2001/XMLSchema#integer>"
    assert found == {f'<a:a> <a:b> "1"^^{three}', f'<a:a> <a:b> "2"^^{three} <a:g>',
                    f'<a:a> <a:b> "3"^^{three} <a:g>'}  # fmt: skip


def test_another_dataset_is_described_and_dumped(tmp_path: Path) -> None:
    file = tmp_path / "data.trig"
    file.write_text("<a:g> { <a:a> a <a:C> ; <a:b> 'c', 'd' } <a:h> { <a:a> a <a:C> }")
    with running(file) as server, httpx.Client(base_url=server.url) as client:
        found, whole = triples(client.get("/dataset")), f"{BASE}dataset"
        assert values(found, whole, "void:triples") == ["3"]
        part = values(found, whole, "void:classPartition")[0]
        assert values(found, part, "void:class") == ["a:C"]
        assert values(found, part, "void:entities") == ["1"]
        assert get(client, "/dataset", "text/html").status_code == 200
        dump = Store()
        dump.load(client.get("/accsm.nq").content, format=RdfFormat.N_QUADS)
        assert set(dump) == set(parse(path=str(file)))
        service = triples(client.get("/sparql"))
        features = values(service, f"{server.url}/sparql#service", "sd:feature")
        assert features == [f"{P['sd']}UnionDefaultGraph"]


def test_the_service_description_lists_the_default_graph(client: httpx.Client) -> None:
    """Shapes, stored queries and this description are not in it, so it is not the union."""
    found, url = triples(client.get("/sparql")), f"{client.base_url}/sparql"
    assert values(found, f"{url}#service", "sd:feature") == []
    graphs = values(found, f"{url}#default-graph", "void:subset")
    names = {name for node in values(found, f"{url}#dataset", "sd:namedGraph")
             for name in values(found, node, "sd:name")
             if set(values(found, node, "sd:graph")) & set(graphs)}  # fmt: skip
    assert VOCAB in names
    assert f"{BASE}graph/shapes" not in names


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "path", ["/rdf-graph-store?default", f"/rdf-graph-store?graph={VOCAB}", "/graph/vocab",
             "/dataset", "/accsm.nq", "/static/style.css"]
)  # fmt: skip
def test_the_server_is_read_only(client: httpx.Client, method: str, path: str) -> None:
    answer = client.request(method, path, content=b"<a:a> <a:b> <a:c> .")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert "read-only" in answer.text


def test_the_version_includes_the_quality_report(dataset_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "accsm.nq"
    path.write_bytes(dataset_path.read_bytes())
    query = f"ASK {{ GRAPH <{BASE}graph/quality> {{ ?s ?p ?o }} }}"
    with running(path) as server, httpx.Client(base_url=server.url) as client:

        def has_report() -> bool:
            return "true" in client.get("/sparql", params={"query": query, "format": "json"}).text

        assert not has_report()
        report.write(path, [], tmp_path)
        until(has_report)
        version = client.get("/healthz").json()["dataset"]
        served = client.get(f"/dataset/{version}/accsm.nq").content
    assert hashlib.sha256(served).hexdigest() == version
    assert served.startswith(b"<") and len(served) > path.stat().st_size


def test_files_of_a_large_dataset_are_not_made_for_their_description(
    dataset_path: Path, tmp_path: Path
) -> None:
    """What the dataset says of its own size is that of a part of it here."""
    large = tmp_path / "large.nq"
    with large.open("w") as file:
        file.write(dataset_path.read_text(encoding="utf-8"))
        file.writelines(f"<{BASE}s> <{BASE}p> <{BASE}o{n}> <{BASE}g> .\n" for n in range(1_000_000))
    with running(large) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        found = triples(client.get("/dataset.nt"))
        sizes = [t for t in found if t.predicate == term("dcat:byteSize")]
    assert sizes == []
    assert values(found, f"{BASE}dataset", "void:dataDump") != []
