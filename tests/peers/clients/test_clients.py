"""Clients of the field ask a server, load its graphs, follow its links and meet its errors.

Each of programs/ does the tasks that its client can do; what it prints is compared with the answers
of the engine over the same dataset, whose IRIs are addresses of the server.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from peers.clients.conftest import Run
from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    Quad,
    QueryBoolean,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
)
from serving import held_port, running

from accsm_kg.namespaces import CONVENTIONS, prefixes, remint
from accsm_kg.rdf import dataset

PROGRAMS = Path(__file__).parent / "programs"

#: What the clients are asked: the task of their program, and the query.
COLUMNS = {
    "select": ("select", """SELECT ?project ?label WHERE {
        <id/country/KHM> accsm:coordinates ?project . ?project rdfs:label ?label }"""),
    "text": ("select", """SELECT ?text WHERE {
        { ?project accsm:verbatimTimeline ?text FILTER(CONTAINS(?text, "\u2013")) }
        UNION { VALUES ?text { "Việt Nam, ไทย, ខ្មែរ, 🏛" } } }"""),
    "true": ("ask", "ASK { ?project a accsm:Project }"),
    "false": ("ask", "ASK { ?project a accsm:Project , accsm:Country }"),
    "construct": ("construct", """
        CONSTRUCT { ?line accsm:isSupportedBy ?project ; rdfs:label ?label }
        WHERE { ?project accsm:supports ?line . ?line rdfs:label ?label }"""),
    "graph": ("graph", "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"),
    "follow": ("follow", """SELECT ?line ?text WHERE {
        <id/project/2016-2020/33> accsm:supports ?line . ?line skos:definition ?text }"""),
}  # fmt: skip
_ROWS = ["select", "text"]
_QUERIES = [*_ROWS, "true", "false", "construct"]
#: The columns of each client; the others have no counterpart in it.
CLIENTS = {
    "base.R": _ROWS,
    "comunica.mjs": [*_QUERIES, "graph", "follow"],
    "Jena.java": [*_QUERIES, "graph", "follow"],
    "jsonld.mjs": ["construct", "graph", "follow"],
    "libreoffice.sh": _ROWS,
    "pandas_csv.py": _ROWS,
    "rdflib_parse.py": ["construct", "graph", "follow"],
    "rdflib_store.py": [*_QUERIES, "graph"],
    "sparqlwrapper.py": _QUERIES,
}

UNKNOWN_PREFIX = "SELECT ?s WHERE { ?s acsm:supports ?o }"
SERVICE = "SELECT ?s WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }"
UNKNOWN_THING = "id/project/2016-2020/1000"
_MISTAKE, _ADVICE = "the prefix `acsm:` is not declared", "Did you mean `accsm:`?"
_REFUSED = "This endpoint sends no queries to other servers: remove SERVICE."
_NOTHING = "There are no statements about <"
#: What a person sees of an error if the program does nothing about it.
SEEN = [
    ("base.R", "select", UNKNOWN_PREFIX, ["400 Bad Request"]),
    ("comunica.mjs", "select", UNKNOWN_PREFIX, ["Unknown prefix: acsm"]),  # of its own parser
    ("comunica.mjs", "select", SERVICE, [_REFUSED]),
    ("comunica.mjs", "follow", UNKNOWN_THING, [_NOTHING]),
    ("Jena.java", "select", UNKNOWN_PREFIX, ["400 Bad Request"]),
    ("Jena.java", "follow", UNKNOWN_THING, ["404 - Not Found"]),
    ("jsonld.mjs", "follow", UNKNOWN_THING, ["Not Found", "httpStatusCode: 404"]),
    ("pandas_csv.py", "select", UNKNOWN_PREFIX, ["400: Bad Request"]),
    ("rdflib_parse.py", "follow", UNKNOWN_THING, ["404: Not Found"]),
    ("rdflib_store.py", "select", UNKNOWN_PREFIX, ["400: Bad Request"]),
    ("sparqlwrapper.py", "select", UNKNOWN_PREFIX, [_MISTAKE, _ADVICE]),
]

_TABLE, _ALL = "SELECT * WHERE { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"
#: What a person sees of an answer that a limit cuts.
CUT = [
    ("base.R", "select", _TABLE, "Transferred a partial file"),
    ("comunica.mjs", "select", _TABLE, "TypeError: terminated"),
    ("comunica.mjs", "construct", _ALL, "TypeError: terminated"),
    ("comunica.mjs", "graph", _ALL, "TypeError: terminated"),
    ("Jena.java", "select-tsv", _TABLE, "closed"),
    ("Jena.java", "construct", _ALL, "closed"),
    ("Jena.java", "graph", _ALL, "closed"),
    ("jsonld.mjs", "construct", _ALL, "other side closed"),
    ("jsonld.mjs", "graph", _ALL, "other side closed"),
    ("libreoffice.sh", "select", _TABLE, "curl: (18)"),
    ("pandas_csv.py", "select", _TABLE, "IncompleteRead"),
    ("rdflib_parse.py", "construct", _ALL, "IncompleteRead"),
    ("rdflib_parse.py", "graph", _ALL, "IncompleteRead"),
    ("rdflib_store.py", "select", _TABLE, "IncompleteRead"),
    ("rdflib_store.py", "construct", _ALL, "IncompleteRead"),
    ("rdflib_store.py", "graph", _ALL, "IncompleteRead"),
    ("sparqlwrapper.py", "select", _TABLE, "IncompleteRead"),
    ("sparqlwrapper.py", "construct", _ALL, "IncompleteRead"),
]


@dataclass(frozen=True)
class Site:
    """A server, and the dataset that it serves under its own address."""

    address: str
    store: Store

    def query(self, text: str) -> str:
        """Return a query with the declarations that it needs in any client."""
        base = f"{self.address}/"
        names = {name: prefixes(base)[name] for name in ("accsm", "rdfs", "skos")}
        return "\n".join([
            f"BASE <{base}>", *(f"PREFIX {name}: <{iri}>" for name, iri in names.items()), text
        ])  # fmt: skip

    def answer(self, text: str) -> set[object]:
        """Return the rows of an answer as texts, its triples, or whether it is true."""
        found = self.store.query(self.query(text))
        if isinstance(found, QuerySolutions):
            return {tuple(term.value for term in row) for row in found}
        return {bool(found)} if isinstance(found, QueryBoolean) else _graph(found)


@pytest.fixture(scope="module")
def site(known_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with held_port() as port:
        address = f"http://127.0.0.1:{port}"
        path = tmp_path_factory.mktemp("site") / "site.nq"
        path.write_text(remint(known_path.read_text(), f"{address}/"))
        store = dataset.load(path, replace(CONVENTIONS, base=f"{address}/"))
        with running(path, port=port):
            yield Site(address, store)


@pytest.mark.parametrize(
    ("client", "column"), [(client, name) for client, names in CLIENTS.items() for name in names]
)
def test_a_client_prints_the_answer_of_the_engine(
    run: Run, site: Site, client: str, column: str
) -> None:
    task, text = COLUMNS[column]
    argument = f"{site.address}/id/project/2016-2020/33" if task == "follow" else site.query(text)
    done = _run(run, client, task, site.address, argument)
    assert done.returncode == 0, done.stderr
    answer = site.answer(text)
    assert answer
    assert _printed(task, done.stdout) == answer


def _run(run: Run, client: str, *words: str) -> "CompletedProcess[str]":
    program = PROGRAMS / client
    return run(program.suffix, program.read_text(encoding="utf-8"), *words)


def _printed(task: str, text: str) -> set[object]:
    if task == "ask":
        return {text.strip().lower() == "true"}
    if task in ("construct", "graph"):
        return _graph(quad.triple for quad in parse(text, format=RdfFormat.N_TRIPLES))
    return {tuple(line.split("\t")) for line in text.splitlines() if line}


def _graph(triples: Iterable[Triple]) -> set[object]:
    """Return the statements of a graph, which are equal in graphs that differ in blank nodes."""
    found = Dataset(Quad(*triple) for triple in triples)
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return set(found)


@pytest.mark.parametrize(("client", "task", "asked", "seen"), SEEN)
def test_a_client_shows_the_error(
    run: Run, site: Site, client: str, task: str, asked: str, seen: list[str]
) -> None:
    argument = f"{site.address}/{asked}" if task == "follow" else asked
    done = _run(run, client, task, site.address, argument)
    assert done.returncode != 0
    assert [text for text in seen if text not in done.stderr] == [], done.stderr


@pytest.fixture(scope="module")
def narrow(small_path: Path) -> Iterator[str]:
    """The address of a server that cuts answers after 100 rows."""
    with running(small_path, ROWS="100") as server:
        yield server.url


@pytest.mark.parametrize(("client", "task", "asked", "seen"), CUT)
def test_a_client_fails_at_an_answer_that_was_cut(
    run: Run, narrow: str, client: str, task: str, asked: str, seen: str
) -> None:
    done = _run(run, client, task, narrow, asked)
    assert done.returncode != 0, done.stdout[-300:]
    assert seen in done.stderr
    print(done.stderr[-600:])
