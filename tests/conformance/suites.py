"""Run the W3C test suites against real servers."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from accsm_server.pages.conformance import Outcome, Score
from conformance import checks
from conformance.manifests import Case, Manifest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse
from serving import Reply, send, serving

from accsm_kg.namespaces import prefixes

#: The folder of each suite, with its title on the page.
SUITES = {
    "protocol": "SPARQL 1.1 Protocol",
    "service-description": "SPARQL 1.1 Service Description",
    "json-res": "SPARQL 1.1 Query Results JSON Format",
    "csv-tsv-res": "SPARQL 1.1 Query Results CSV and TSV Formats",
    "http-rdf-update": "SPARQL 1.1 Graph Store HTTP Protocol",
}
#: The path of the suites in the folder ACCSM_W3C.
SUBFOLDER = Path("sparql") / "sparql11"
_ACCEPT = {
    "srj": "application/sparql-results+json",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}
_BASE = "http://w3c.test/"
_PROSE = re.compile(
    r"#### Request\s+(?P<method>[A-Z]+) (?P<target>\S+) HTTP/1.1\n(?P<request>.*?)"
    r"#### Response\s+(?P<status>\d)\d\d[^\n]*(?P<reply>.*)",
    re.DOTALL,
)


def scores(outcomes: Iterable[Outcome]) -> list[Score]:
    """Return the scores of all suites."""
    found = list(outcomes)
    return [
        Score(suite, title, [outcome for outcome in found if outcome.suite == suite])
        for suite, title in SUITES.items()
    ]


def run(folder: Path) -> Iterator[Outcome]:
    """Yield the outcome of every test in ``folder``; raises OSError if a file is missing."""
    root = folder / SUBFOLDER
    manifests = {suite: Manifest(root / suite) for suite in SUITES}
    with serving(_data(manifests)) as url:
        for suite, run_case in _RUNNERS.items():
            for case in manifests[suite].cases():
                yield run_case(url, suite, case)
    yield from _graph_store(manifests["http-rdf-update"])


def _data(manifests: dict[str, Manifest]) -> Iterator[Quad]:
    """Yield the data of all tests, with each file in its own graph."""
    files = dict(manifests["protocol"].data())
    for suite in ("json-res", "csv-tsv-res"):
        cases = [case.evaluation for case in manifests[suite].cases()]
        files |= {_name(suite, found.data): found.data for found in cases if found}
    for name, file in files.items():
        for quad in parse(path=str(file)):
            yield Quad(quad.subject, quad.predicate, quad.object, NamedNode(name))


def _name(suite: str, file: Path) -> str:
    return f"urn:w3c:{suite}:{file.name}"


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


def _evaluation(url: str, suite: str, case: Case) -> Outcome:
    evaluation = case.evaluation
    assert evaluation is not None
    suffix = evaluation.result.suffix[1:]
    headers = {"Content-Type": "application/sparql-query", "Accept": _ACCEPT[suffix]}
    target = f"/sparql?default-graph-uri={_name(suite, evaluation.data)}"
    found = send(url, "POST", target, headers, evaluation.query.encode())
    if found.status != 200 or found.media_type != _ACCEPT[suffix]:
        fault = f"status {found.status}, {found.media_type}"
    else:
        fault = checks.evaluation(found.body, evaluation.result.read_bytes(), suffix)
    return Outcome(suite, case.name, case.title, fault=fault)


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
    "protocol": _protocol,
    "service-description": _description,
    "json-res": _evaluation,
    "csv-tsv-res": _evaluation,
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


def _graph_store(manifest: Manifest) -> Iterator[Outcome]:
    """Yield the outcomes; tests that read run over the data that the others would have written."""
    all_exchanges = [_exchange(case) for case in manifest.cases()]
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
    return checks.graphs(found.body, exchange.body.encode()) if exchange.method == "GET" else ""
