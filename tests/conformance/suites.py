"""Run the W3C test suites against real servers."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from accsm_server.errors import EvaluationError, QuerySyntaxError
from accsm_server.pages.conformance_record import Outcome, Score
from conformance import checks, results
from conformance.manifests import BASE, Case, Evaluation, File, Manifest
from conformance.results import Comparison
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse
from serving import Reply, held_port, send, serving

from accsm_kg.namespaces import prefixes


@dataclass(frozen=True)
class Suite:
    """The tests of a manifest and of those that it includes, with their title on the page."""

    title: str
    manifest: str
    """Its path below `BASE`."""
    kind: str = ""
    """A part of the class names of its tests."""


#: The suites of which the record has every test; their keys are folders.
LISTED = {
    folder: Suite(title, f"sparql11/{folder}/manifest.ttl")
    for folder, title in (
        ("protocol", "SPARQL 1.1 Protocol"),
        ("service-description", "SPARQL 1.1 Service Description"),
        ("json-res", "SPARQL 1.1 Query Results JSON Format"),
        ("csv-tsv-res", "SPARQL 1.1 Query Results CSV and TSV Formats"),
        ("http-rdf-update", "SPARQL 1.1 Graph Store HTTP Protocol"),
    )
}
_QUERY_11 = "sparql11/manifest-sparql11-query.ttl"
SUITES = {
    **LISTED,
    "query-1.0": Suite("SPARQL 1.0 Query Language: evaluation", "sparql10/manifest-evaluation.ttl"),
    "syntax-1.0": Suite("SPARQL 1.0 Query Language: syntax", "sparql10/manifest-syntax.ttl"),
    "query-1.1": Suite("SPARQL 1.1 Query Language: evaluation", _QUERY_11, "Evaluation"),
    "syntax-1.1": Suite("SPARQL 1.1 Query Language: syntax", _QUERY_11, "Syntax"),
    "federated-query": Suite("SPARQL 1.1 Federated Query", "sparql11/manifest-sparql11-fed.ttl"),
}
#: The media type of a result, by the suffix of the file with the expected one.
_ACCEPT = {
    "srj": "application/sparql-results+json",
    "srx": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "ttl": "text/turtle",
}
_EMPTY = f"{BASE}empty"
_SERVICE = re.compile(r"(?P<service>SERVICE\s+(?:SILENT\s+)?)<(?P<endpoint>http[^<>]*)>")
_BASE = "http://w3c.test/"
_PROSE = re.compile(
    r"#### Request\s+(?P<method>[A-Z]+) (?P<target>\S+) HTTP/1.1\n(?P<request>.*?)"
    r"#### Response\s+(?P<status>\d)\d\d[^\n]*(?P<reply>.*)",
    re.DOTALL,
)


def scores(outcomes: Iterable[Outcome]) -> list[Score]:
    """Return the scores of all suites."""
    found = list(outcomes)
    return [_score(suite, [one for one in found if one.suite == suite]) for suite in SUITES]


def _score(suite: str, outcomes: list[Outcome]) -> Score:
    kept = [one for one in outcomes if suite in LISTED or one.notable]
    return Score(suite, SUITES[suite].title, len(outcomes), kept)


def run(folder: Path) -> Iterator[Outcome]:
    """Yield the outcome of every test in ``folder``; raises OSError if a file is missing."""
    root = folder / "sparql"
    cases = {name: list(_cases(root, suite)) for name, suite in SUITES.items()}
    evaluations = [case.evaluation for each in cases.values() for case in each if case.evaluation]
    files = Manifest(root, SUITES["protocol"].manifest).data()
    files += [file for evaluation in evaluations for file in evaluation.files]
    with held_port() as port:
        allowed = _addresses(f"http://127.0.0.1:{port}", evaluations)
        with serving(_data(files), port=port, SERVICE=" ".join(allowed)) as url:
            for suite, run_case in _RUNNERS.items():
                yield from (run_case(url, suite, case) for case in cases[suite])
    yield from _graph_store(cases["http-rdf-update"])


def _cases(root: Path, suite: Suite) -> Iterator[Case]:
    manifest = Manifest(root, suite.manifest)
    for part in (manifest, *manifest.included()):
        yield from (case for case in part.cases() if suite.kind in case.kind)


def _data(files: Iterable[File]) -> Iterator[Quad]:
    """Yield the data of all tests, with each file in its own graph."""
    for file in {file.iri: file for file in files}.values():
        for quad in parse(path=str(file.path), base_iri=file.iri, rename_blank_nodes=True):
            yield Quad(quad.subject, quad.predicate, quad.object, NamedNode(file.iri))


def _protocol(url: str, suite: str, case: Case) -> Outcome:
    writes = "update" in case.name
    for request in case.requests:
        target = request.target.replace("/sparql/", "/sparql", 1)
        found = send(url, request.method, target, request.headers, request.body)
        if writes and "2" in request.statuses and found.status // 100 == 4:
            return Outcome(suite, case.name, case.title, refused=True)
        if fault := checks.reply(found, request):
            return Outcome(suite, case.name, case.title, fault=fault)
    return Outcome(suite, case.name, case.title)


def _query(url: str, suite: str, case: Case) -> Outcome:
    """Send the query of a test; it is refused if it names an endpoint that is not allowed."""
    found, compared = _evaluation(url, case) if case.evaluation else _syntax(url, case)
    name = case.name if suite in LISTED else case.path
    if found.status == 403:
        return Outcome(suite, name, case.title, refused=True)
    return Outcome(suite, name, case.title, fault=compared.fault, by_value=compared.by_value)


def _evaluation(url: str, case: Case) -> tuple[Reply, Comparison]:
    query, evaluation = case.query, case.evaluation
    assert query and evaluation
    file, suffix = evaluation.result, evaluation.result.path.suffix[1:]
    expected = results.read(file.path.read_bytes(), suffix, file.iri)
    if suffix in ("ttl", "rdf"):
        suffix = "ttl" if isinstance(expected, results.Graph) else "srj"
    text = f"BASE <{query.iri}> {_located(url, query.text, evaluation.endpoints)}"
    found = _post(url, text, _dataset(evaluation), _ACCEPT[suffix])
    if found.status != 200 or found.media_type != _ACCEPT[suffix]:
        return found, Comparison(f"status {found.status}, {found.media_type}")
    return found, results.compare(results.read(found.body, suffix), expected, evaluation.lax)


def _syntax(url: str, case: Case) -> tuple[Reply, Comparison]:
    """Check that a query is read or is not, as it should; it need not be possible to evaluate."""
    assert case.query
    found = _post(
        url, case.query.text, [("default-graph-uri", _EMPTY)], "application/problem+json, */*;q=0.5"
    )
    title = "" if found.status == 200 else json.loads(found.body)["title"]
    passed = ("", EvaluationError.title) if "Positive" in case.kind else (QuerySyntaxError.title,)
    return found, Comparison("" if title in passed else title or "the query is accepted")


def _post(url: str, query: str, dataset: list[tuple[str, str]], accept: str) -> Reply:
    headers = {"Content-Type": "application/sparql-query", "Accept": accept}
    return send(url, "POST", f"/sparql?{urlencode(dataset)}", headers, query.encode())


def _dataset(evaluation: Evaluation) -> list[tuple[str, str]]:
    """Return the parameters of the protocol; none if the query itself names its graphs."""
    if evaluation.chosen:
        return []
    default = [("default-graph-uri", file.iri) for file in evaluation.data]
    named = [("named-graph-uri", file.iri) for file in evaluation.graphs]
    return default + named or [("default-graph-uri", _EMPTY)]


def _located(url: str, query: str, endpoints: Mapping[str, File]) -> str:
    """Return ``query`` with endpoints at the server itself in place of those that it names."""

    def located(found: re.Match[str]) -> str:
        return f"{found['service']}<{_address(url, endpoints.get(found['endpoint']))}>"

    return _SERVICE.sub(located, query)


def _address(url: str, file: File | None) -> str:
    """Return the endpoint over ``file``, or an address at which there is none."""
    return f"{url}/sparql?default-graph-uri={file.iri}" if file else f"{url}/nothing"


def _addresses(url: str, evaluations: list[Evaluation]) -> set[str]:
    files = (file for evaluation in evaluations for file in evaluation.endpoints.values())
    return {_address(url, file) for file in (*files, None)}


def _description(url: str, suite: str, case: Case) -> Outcome:
    """Check what the name of the test says, as the manifest has no more."""
    found = send(url, "GET", "/sparql")
    format = RdfFormat.from_media_type(found.media_type)
    if found.status != 200 or format is None:
        fault = f"status {found.status}, {found.media_type}"
    else:
        triples = [quad.triple for quad in parse(found.body, format=format)]
        fault = _DESCRIPTION_CHECKS[case.name](triples, f"{url}/sparql")
    return Outcome(suite, case.name, case.title, fault=fault)


def _endpoint(triples: list[Triple], url: str) -> str:
    named = NamedNode(f"{prefixes()['sd']}endpoint"), NamedNode(url)
    there = any((triple.predicate, triple.object) == named for triple in triples)
    return "" if there else f"no sd:endpoint <{url}>"


_DESCRIPTION_CHECKS: dict[str, Callable[[list[Triple], str], str]] = {
    "returns-rdf": lambda triples, _: "" if triples else "it is empty",
    "has-endpoint-triple": _endpoint,
    "conforms-to-schema": lambda triples, _: checks.description(triples),
}
_RUNNERS: dict[str, Callable[[str, str, Case], Outcome]] = {
    **{suite: _query for suite in SUITES if suite != "http-rdf-update"},
    "protocol": _protocol,
    "service-description": _description,
}


@dataclass(frozen=True)
class Exchange:
    """A request to a graph store and its expected response, from the prose of a manifest."""

    case: Case
    method: str
    target: str
    status: int
    body: str

    @property
    def graph(self) -> str:
        """Return the IRI of the requested graph; empty for the default graph."""
        path = self.target.rpartition("graph=")[2].removeprefix(_BASE)
        return "" if "default" in path else _BASE + path.removeprefix("/")


def _graph_store(cases: Iterable[Case]) -> Iterator[Outcome]:
    """Yield the outcomes; tests that read run over the data that the others would have written."""
    all_exchanges = [_exchange(case) for case in cases]
    for default in (False, True):
        exchanges = [exchange for exchange in all_exchanges if (exchange.graph == "") == default]
        with serving(_store_data(exchanges)) as url:
            for exchange in exchanges:
                yield _check_exchange(url, exchange)


def _exchange(case: Case) -> Exchange:
    """Parse the prose of ``case``; its graphs get its name, so that each test has its own."""
    prose = max(case.notes, key=len)
    store = f"graph/{case.name}"
    for name, value in (
        ("http://$HOST$/$GRAPHSTORE$", _BASE + store),
        ("$GRAPHSTORE$?", "/rdf-graph-store?"),
        ("$GRAPHSTORE$", f"/{store}"),
        ("$NEWPATH$", f"/{store}/new"),
    ):
        prose = prose.replace(name, value)
    found = _PROSE.search(prose)
    assert found is not None, case.name
    body = found["reply"].partition("Content-Length: ...\n")[2]
    return Exchange(case, found["method"], found["target"], int(found["status"]), body)


def _store_data(exchanges: list[Exchange]) -> Iterator[Quad]:
    yield Quad(
        NamedNode(_BASE),
        NamedNode(f"{prefixes()['void']}uriSpace"),
        Literal(f"{_BASE}id/"),
        NamedNode(f"{_BASE}graph/meta"),
    )
    for exchange in exchanges:
        if exchange.method == "HEAD" and exchange.status == 2:
            yield Quad(*3 * (NamedNode("urn:a"),), NamedNode(exchange.graph))
        for quad in parse(exchange.body, format=RdfFormat.TURTLE, rename_blank_nodes=True):
            yield Quad(*quad.triple, *([NamedNode(exchange.graph)] if exchange.graph else []))


def _check_exchange(url: str, exchange: Exchange) -> Outcome:
    accept = {"Accept": "text/turtle"}
    found = send(url, exchange.method, exchange.target, accept if exchange.method == "GET" else {})
    fault, reads = "", exchange.method in ("GET", "HEAD")
    if not reads:
        fault = "" if found.status == 405 else f"status {found.status} to a change"
    elif found.status // 100 != exchange.status:
        fault = f"status {found.status}"
    elif exchange.status == 2:
        fault = _difference(found, exchange)
    title, name = exchange.case.title, exchange.case.name
    return Outcome("http-rdf-update", name, title, refused=not (reads or fault), fault=fault)


def _difference(found: Reply, exchange: Exchange) -> str:
    if found.media_type != "text/turtle":
        return f"{found.media_type}, expected text/turtle"
    if exchange.method != "GET":
        return ""
    expected = results.read(exchange.body.encode(), "ttl")
    return results.compare(results.read(found.body, "ttl"), expected).fault
