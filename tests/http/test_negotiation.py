"""Content negotiation by Accept headers and format names."""

import pytest
from accsm_server.http.negotiation import GRAPHS, HTML, RESULTS, Format, by_name, negotiate

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
RDFLIB = "application/rdf+xml,text/turtle;q=0.9,application/n-triples;q=0.8,*/*;q=0.1"
OF_RESULTS = {
    "": "json",
    "*/*": "json",
    "application/sparql-results+json": "json",
    "application/json": "json",
    "application/sparql-results+xml": "xml",
    "application/xml": "xml",
    "text/csv": "csv",
    "text/csv; charset=utf-8": "csv",
    "TEXT/CSV": "csv",
    "text/tab-separated-values": "tsv",
    "text/*": "csv",
    "text/html": "html",
    CHROME: "html",
    "text/csv;q=0.5, application/sparql-results+xml;q=0.6": "xml",
    "text/csv;q=0.5, application/sparql-results+xml;q=0.4, */*;q=0.1": "csv",
    "text/csv, */*": "csv",
    "text/csv;q=0, text/*": "tsv",
    "*/*;q=0.1, application/sparql-results+json;q=0": "xml",
    'text/csv;x="a,b;q=0", image/png': "csv",
    "text/csv;q=nonsense, application/json": "json",
    "image/png": None,
    "*/*;q=0": None,
    "text/turtle": None,
}
OF_GRAPHS = {
    "": "ttl",
    "*/*": "ttl",
    "text/turtle": "ttl",
    "application/ld+json": "jsonld",
    "application/json": "jsonld",
    "application/n-triples": "nt",
    "application/rdf+xml": "rdf",
    "application/xml;q=0.9": "rdf",
    "application/n-quads": "nq",
    "application/trig": "trig",
    RDFLIB: "rdf",
    CHROME: "html",
    "text/csv": None,
}
NAMES = {
    "json": "json",
    "CSV": "csv",
    "application/sparql-results+xml": "xml",
    "application/sparql-results xml": "xml",  # a plus that was not percent-encoded
    "srj": "json",
    "srx": "xml",
    "pdf": None,
}
NAMES_OF_GRAPHS = {
    "turtle": "ttl",
    "ttl": "ttl",
    "n3": "ttl",
    "text/turtle": "ttl",
    "application/x-turtle": "ttl",
    "json": "jsonld",
    "xml": "rdf",
    "csv": None,
}


def name(form: Format | None) -> str | None:
    return form.name if form else None


@pytest.mark.parametrize("accept", OF_RESULTS)
def test_format_of_results(accept: str) -> None:
    assert name(negotiate(accept, (*RESULTS, HTML))) == OF_RESULTS[accept]


@pytest.mark.parametrize("accept", OF_GRAPHS)
def test_format_of_graphs(accept: str) -> None:
    assert name(negotiate(accept, (*GRAPHS, HTML))) == OF_GRAPHS[accept]


@pytest.mark.parametrize("given", NAMES)
def test_format_by_name(given: str) -> None:
    assert name(by_name(given, RESULTS)) == NAMES[given]


@pytest.mark.parametrize("given", NAMES_OF_GRAPHS)
def test_format_of_a_graph_by_name(given: str) -> None:
    assert name(by_name(given, GRAPHS)) == NAMES_OF_GRAPHS[given]
