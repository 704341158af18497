"""Two servers over the same dataset, of which the first has the embedded engine."""

import re
from collections import Counter
from pathlib import Path

import httpx
from pyoxigraph import RdfFormat, parse

from accsm_kg.namespaces import BASE

DATA = Path(__file__).parents[2] / "data"
FORMATS = ["json", "xml", "csv", "tsv", "ttl", "nt", "rdf", "jsonld", "nq", "trig"]
#: A page of each kind, so that the queries of pages are asked with real things.
PAGES = [
    "/projects", "/targets", "/countries", "/areas", "/bodies", "/documents", "/meetings",
    "/indicators", "/sources", "/browse", "/browse/Project", "/coverage", "/timeline", "/trace",
    "/quality", "/quality/issues", "/dataset", "/ontology", "/ontology/projects",
    "/shapes", "/shapes/projects", "/search?q=gender", "/trace/A.2.2.iv", "/trace/33",
    "/doc/action-line/apsc-2025/A.2.2.iv", "/doc/arc/BRN", "/doc/blueprint/apsc-2025",
    "/doc/body/asean-secretariat", "/doc/chairmanship/accsm/2024-2026", "/doc/concept/inclusion",
    "/doc/country/THA", "/doc/country-group/asean-dialogue-partners",
    "/doc/document/putrajaya-joint-declaration-2015", "/doc/event/asean-established-1967",
    "/doc/issue/putrajaya-declaration-place", "/doc/kpi/2016-2020/E.1",
    "/doc/meeting/asean-summit/25", "/doc/meeting-type/heads-accsm-plus-three",
    "/doc/name-record/accsm/conference", "/doc/priority-area/A/2016-2020",
    "/doc/project/2016-2020/33", "/doc/project/2016-2020/8", "/doc/source/001", "/doc/source/003",
    "/doc/statement/003/18", "/doc/thematic-area/5",
]  # fmt: skip
GROUPS = "SELECT ?g (COUNT(?s) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"
QUERIES = [
    GROUPS,
    f"SELECT * {{ <{BASE}id/project/2016-2020/33> ?zeta ?alpha }} ORDER BY ?zeta ?alpha",
    f"DESCRIBE <{BASE}id/country/THA>",
    f"CONSTRUCT {{ ?s ?p ?o }} {{ VALUES ?s {{ <{BASE}id/project/2016-2020/8> }} ?s ?p ?o }}",
    "ASK { ?s ?p ?o }",
    f"ASK {{ ?s <{BASE}none> ?o }}",
    "SELECT ?s { ?s ?p 'no such text' }",
    f"SELECT (COUNT(?s) AS ?n) FROM <{BASE}graph/vocab> {{ ?s ?p ?o }}",
]
_MASKS = (
    (re.compile(r"\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b"), "VERSION"),
    (re.compile(r"127\.0\.0\.1:\d+"), "HOST"),
)  # fmt: skip


def question_names() -> list[str]:
    return sorted(path.stem for path in (DATA / "queries").glob("*.rq"))


class Both:
    """Compares what two servers answer."""

    def __init__(self, embedded: str, elsewhere: str) -> None:
        self._urls = embedded, elsewhere

    def check_question(self, name: str) -> None:
        first, second = self._get(f"/questions/{name}", "text/csv, text/turtle;q=0.5")
        if "csv" in first.headers["Content-Type"]:
            assert _lines(second) == _lines(first)
        else:
            assert set(parse(second.content, format=RdfFormat.TURTLE)) == set(
                parse(first.content, format=RdfFormat.TURTLE)
            )

    def check_page(self, path: str) -> None:
        first, second = self._get(path, "text/html, */*;q=0.1")
        assert _words(second) == _words(first)

    def check_query(self, query: str, format: str) -> None:
        target = httpx.URL("/sparql", params={"query": query, "format": format})
        first, second = self._get(str(target), "*/*")
        assert second.headers["Content-Type"] == first.headers["Content-Type"]
        kind = RdfFormat.from_media_type(first.headers["Content-Type"])
        if kind and query.startswith(("CONSTRUCT", "DESCRIBE")) and first.status_code == 200:
            assert set(parse(second.content, format=kind)) == set(parse(first.content, format=kind))
        else:
            assert _lines(second) == _lines(first)

    def check_file(self, name: str) -> None:
        found = []
        for url in self._urls:
            version = httpx.get(f"{url}/healthz").json()["dataset"]
            reply = httpx.get(f"{url}/dataset/{version}/{name}", timeout=60)
            assert reply.status_code == 200, reply.text
            found.append([line for line in reply.text.splitlines() if "_:" not in line])
        assert found[1] == found[0]

    def _get(self, path: str, accept: str) -> tuple[httpx.Response, httpx.Response]:
        headers = {"Accept": accept}
        first, second = (httpx.get(url + path, headers=headers, timeout=60) for url in self._urls)
        assert second.status_code == first.status_code, second.text
        return first, second


def _lines(reply: httpx.Response) -> Counter[str]:
    """Return the lines of an answer, as most questions leave the order of some rows open."""
    return Counter(_masked(reply.text).splitlines())


def _words(reply: httpx.Response) -> Counter[str]:
    """Return the words of a page, as the order of values that nothing orders is open."""
    return Counter(re.split(r"[\s,;]+|<[^>]*>", _masked(reply.text)))


def _masked(text: str) -> str:
    for pattern, word in _MASKS:
        text = pattern.sub(word, text)
    return text
