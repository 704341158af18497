"""Run the folders of the W3C's tests by asking servers of this program."""

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

#: The folder of each suite below the tests, with what its page says of it.
SUITES = {
    "protocol": "SPARQL 1.1 Protocol",
    "service-description": "SPARQL 1.1 Service Description",
    "json-res": "SPARQL 1.1 Query Results JSON Format",
    "csv-tsv-res": "SPARQL 1.1 Query Results CSV and TSV Formats",
    "http-rdf-update": "SPARQL 1.1 Graph Store HTTP Protocol",
}
#: Where the tests are in the folder that ACCSM_W3C names.
BELOW = Path("sparql") / "sparql11"
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
    """Return the outcomes by suite."""
    found = list(outcomes)
    return [
        Score(suite, title, [one for one in found if one.suite == suite])
        for suite, title in SUITES.items()
    ]


def run(folder: Path) -> Iterator[Outcome]:
    """Yield the outcome of every test below ``folder``; raises OSError if one is not there."""
    root = folder / BELOW
    manifests = {suite: Manifest(root / suite) for suite in SUITES}
    with serving(_data(manifests)) as url:
        for suite, judge in _JUDGES.items():
            for case in manifests[suite].cases():
                yield judge(url, suite, case)
    yield from _graph_store(manifests["http-rdf-update"])


def _data(manifests: dict[str, Manifest]) -> Iterator[Quad]:
    """Yield the data of all tests, each file in a graph of its own."""
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
    asked = case.evaluation
    assert asked is not None
    suffix = asked.result.suffix[1:]
    headers = {"Content-Type": "application/sparql-query", "Accept": _ACCEPT[suffix]}
    target = f"/sparql?default-graph-uri={_name(suite, asked.data)}"
    found = send(url, "POST", target, headers, asked.query.encode())
    if found.status != 200 or found.media_type != _ACCEPT[suffix]:
        fault = f"status {found.status}, {found.media_type}"
    else:
        fault = checks.evaluation(found.body, asked.result.read_bytes(), suffix)
    return Outcome(suite, case.name, case.title, fault=fault)


def _description(url: str, suite: str, case: Case) -> Outcome:
    """Judge by the name of the test, which is all that its manifest says."""
    found = send(url, "GET", "/sparql")
    form = RdfFormat.from_media_type(found.media_type)
    if found.status != 200 or form is None:
        fault = f"status {found.status}, {found.media_type}"
    else:
        triples = [quad.triple for quad in parse(found.body, format=form)]
        fault = _DESCRIBED[case.name](triples, f"{url}/sparql")
    return Outcome(suite, case.name, case.title, fault=fault)


def _endpoint(triples: list[Triple], url: str) -> str:
    named = NamedNode(f"{prefixes()['sd']}endpoint"), NamedNode(url)
    there = any((triple.predicate, triple.object) == named for triple in triples)
    return "" if there else f"no sd:endpoint <{url}>"


_DESCRIBED: dict[str, Callable[[list[Triple], str], str]] = {
    "returns-rdf": lambda triples, _: "" if triples else "it says nothing",
    "has-endpoint-triple": _endpoint,
    "conforms-to-schema": lambda triples, _: checks.description(triples),
}
_JUDGES: dict[str, Callable[[str, str, Case], Outcome]] = {
    "protocol": _protocol,
    "service-description": _description,
    "json-res": _evaluation,
    "csv-tsv-res": _evaluation,
}


@dataclass(frozen=True)
class Exchange:
    """A request to a graph store and its reply, told in words by a manifest."""

    case: Case
    method: str
    target: str
    status: int
    body: str

    @property
    def graph(self) -> str:
        """Return the graph that is asked for; empty for the default graph."""
        path = self.target.rpartition("graph=")[2].removeprefix(_BASE)
        return "" if "default" in path else _BASE + path.removeprefix("/")


def _graph_store(manifest: Manifest) -> Iterator[Outcome]:
    """Yield the outcomes of the tests of reading over stores as they are after the writing."""
    told = [_told(case) for case in manifest.cases()]
    for default in (False, True):
        exchanges = [one for one in told if (one.graph == "") == default]
        with serving(_stored(exchanges)) as url:
            for one in exchanges:
                yield _judge(url, one)


def _told(case: Case) -> Exchange:
    """Return the exchange, each test with a store of its own: its graphs bear its name."""
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


def _stored(exchanges: list[Exchange]) -> Iterator[Quad]:
    yield Quad(
        NamedNode(_BASE),
        NamedNode(f"{prefixes()['void']}uriSpace"),
        Literal(f"{_BASE}id/"),
        NamedNode(f"{_BASE}graph/meta"),
    )
    for one in exchanges:
        if one.method == "HEAD" and one.status == 2:
            yield Quad(*3 * (NamedNode("urn:a"),), NamedNode(one.graph))
        for quad in parse(one.body, format=RdfFormat.TURTLE, rename_blank_nodes=True):
            yield Quad(*quad.triple, *([NamedNode(one.graph)] if one.graph else []))


def _judge(url: str, one: Exchange) -> Outcome:
    accept = {"Accept": "text/turtle"}
    found = send(url, one.method, one.target, accept if one.method == "GET" else {})
    fault, reads = "", one.method in ("GET", "HEAD")
    if not reads:
        fault = "" if found.status == 405 else f"status {found.status} to a change"
    elif found.status // 100 != one.status:
        fault = f"status {found.status}"
    elif one.status == 2:
        fault = _unlike(found, one)
    title, name = one.case.title, one.case.name
    return Outcome("http-rdf-update", name, title, refused=not (reads or fault), fault=fault)


def _unlike(found: Reply, one: Exchange) -> str:
    if found.media_type != "text/turtle":
        return f"{found.media_type}, expected text/turtle"
    return checks.graphs(found.body, one.body.encode()) if one.method == "GET" else ""
