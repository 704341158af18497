"""Hostile queries for engines elsewhere, and what must become of each.

{trap} stands for the address of a listener to which nobody may connect.
"""

import hashlib
import threading
from collections.abc import Callable
from itertools import count

import httpx
from serving import Server, until

from accsm_kg.namespaces import BASE, MERGED

_THINGS = "?a ?b ?c . ?d ?e ?f"
_DOUBLED = " ".join(f"BIND(CONCAT(?x{n}, ?x{n}) AS ?x{n + 1})" for n in range(20))
_ALL = "(!<urn:x>|^!<urn:x>)*"
#: Refused before anything is sent.
REFUSED = {
    "service": "SELECT * {{ SERVICE <{trap}> {{ ?s ?p ?o }} }}",
    "silent service": "SELECT * {{ SERVICE SILENT <{trap}> {{ ?s ?p ?o }} }}",
    "service by a variable": "SELECT * {{ VALUES ?g {{ <{trap}> }} SERVICE ?g {{ ?s ?p ?o }} }}",
    "from": "SELECT * FROM <{trap}data.ttl> {{ ?s ?p ?o }}",
    "from named": "SELECT * FROM NAMED <{trap}data.ttl> {{ GRAPH ?g {{ ?s ?p ?o }} }}",
    "from a file": "SELECT * FROM <file:///etc/passwd> {{ ?s ?p ?o }}",
    "load": "LOAD <{trap}>",
    "insert": "INSERT DATA {{ <urn:a> <urn:b> <urn:c> }}",
    "clear": "CLEAR ALL",
    "define a graph": "define input:default-graph-uri <{trap}> SELECT * {{ ?s ?p ?o }}",
    "define a fetch": 'define get:soft "replace" SELECT * FROM <{trap}> {{ ?s ?p ?o }}',
    "bif by prefix": "SELECT (bif:delay(5) AS ?x) {{}}",
    "bif by iri": "SELECT (<bif:http_get>('{trap}') AS ?x) {{}}",
    "bif with escapes": "SELECT (<b\\u0069f:http_get>('{trap}') AS ?x) {{}}",
    "bif as a predicate": "SELECT ?s {{ ?s <bif:contains> 'asean' }}",
    "sql": "SELECT (<sql:rdf_regex>('a', 'b') AS ?x) {{}}",
    "java": "SELECT (<java:java.lang.System>(1) AS ?x) {{}}",
    "arq": "SELECT (<http://jena.apache.org/ARQ/function#localname>(1) AS ?x) {{}}",
    "a text index": "SELECT ?s {{ ?s <http://jena.apache.org/text#query> 'asean' }}",
    "an unknown function": "SELECT (<{trap}function>(1) AS ?x) {{}}",
    "nested braces": "SELECT * " + "{{" * 300_000,
    "nested parentheses": "SELECT (" + "(" * 300_000 + "1 AS ?x) {{}}",
}
#: Heavy: each ends as a whole answer, an error with words or a stated truncation.
HEAVY = {
    "a counted product": f"SELECT (COUNT(*) AS ?n) {{ {_THINGS} . ?g ?h ?i . ?j ?k ?l }}",
    "a flood of rows": f"SELECT * {{ {_THINGS} . ?g ?h ?i . ?j ?k ?l }}",
    "a construct bomb": f"CONSTRUCT {{ ?a ?b ?f . ?d ?e ?c }} {{ {_THINGS} . ?g ?h ?i }}",
    "paths": f"SELECT (COUNT(*) AS ?n) {{ ?a {_ALL} ?b . ?b {_ALL} ?c . ?c {_ALL} ?d }}",
    "a distinct product": f"SELECT DISTINCT ?a ?d ?g {{ {_THINGS} . ?g ?h ?i }}",
    "optional patterns": "SELECT * { ?a ?b ?c " + "OPTIONAL { ?d ?e ?f } " * 8 + "}",
    "unions": "SELECT * { ?a ?b ?c " + "{ ?d ?e ?f } UNION { ?f ?e ?d } " * 12 + "}",
    "a grown literal": f'SELECT (STRLEN(?x20) AS ?n) {{ BIND("a" AS ?x0) {_DOUBLED} }}',
    "a slow expression": 'SELECT ?x { BIND(REGEX("' + "a" * 30 + '!", "^(a+)+$") AS ?x) }',
    "many values": "SELECT * { VALUES ?x { " + "1 " * 20_000 + "} }",
    "a long filter": "ASK { ?s ?p ?o FILTER(" + " || ".join(["?o = 1"] * 2000) + ") }",
    "an offset": f"SELECT * {{ {_THINGS} }} OFFSET 900000000 LIMIT 1",
}
_SLOW = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o . ?p ?q ?r"
#: Answers that an engine with a time limit has begun when it ends them, in all formats.
FLOODS = [
    *((f"SELECT * {{ {_SLOW} }}", format) for format in ("json", "xml", "csv", "tsv")),
    *(
        (f"CONSTRUCT {{ ?a ?b ?f }} {{ {_SLOW} }}", format)
        for format in ("nt", "ttl", "rdf", "jsonld")
    ),
]
_MISTAKES = {400, 403}
_FAILURES = {400, 502, 503, 504}
_FORMATS = {"CONSTRUCT": "nt"}
_LOAD = {
    "small": ("ASK { ?s ?p ?o }", "json"),
    "counted": ("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "csv"),
    "rows": ("SELECT ?s ?o { ?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o)) } LIMIT 5000", "csv"),
    "a graph": ("CONSTRUCT { ?s ?p ?o } { ?s ?p ?o FILTER(isIRI(?s) && isIRI(?o)) }", "nt"),
}
_numbers = count()


def ask(
    server: Server, query: str, format: str = "json", address: str = "192.0.2.1"
) -> httpx.Response:
    data = {"query": query, "format": format}
    headers = {"Accept": "application/problem+json", "X-Forwarded-For": address}
    return httpx.post(f"{server.url}/sparql", data=data, headers=headers, timeout=120)


def check_refused(server: Server, query: str, trap: str) -> None:
    """See that a query is refused with words, and that a light one is answered after it."""
    answer = ask(server, query.format(trap=trap))
    assert answer.status_code in _MISTAKES, answer.text[:300]
    assert answer.json()["detail"]
    check_light(server)


def check_heavy(server: Server, query: str) -> None:
    """See that a query ends as it must, and that a light one is answered after it."""
    try:
        answer = ask(server, query, _FORMATS.get(query.split()[0], "json"))
    except httpx.RemoteProtocolError:
        pass  # how a truncation is stated
    else:
        if answer.status_code == 200:
            assert answer.headers["Content-Type"].startswith("application/n-triples") or (
                answer.json()["head"] is not None
            )
        else:
            assert answer.status_code in _FAILURES, answer.text[:300]
            assert answer.json()["detail"]
    check_light(server)


def check_light(server: Server) -> None:
    """See that a light query of somebody else, which is in no cache, is answered."""
    number = next(_numbers)
    answer = ask(server, f"ASK {{ ?s ?p ?o }} # {number}", address=f"198.51.100.{number % 250}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["boolean"] is True


def _answer(server: Server, name: str) -> tuple[int, str]:
    """Return the status, and the SHA-256 of the sorted lines of the answer or the words."""
    query, format = _LOAD[name]
    number = next(_numbers)
    answer = ask(server, f"{query} # {number}", format, f"192.0.2.{number % 250}")
    if answer.status_code != 200:
        assert answer.json()["detail"]
        assert answer.status_code == 504 or int(answer.headers["Retry-After"]) > 0
        return answer.status_code, ""
    lines = sorted(answer.text.splitlines())
    return 200, hashlib.sha256("\n".join(lines).encode()).hexdigest()


def check_kills(server: Server, kill: Callable[[], None], start: Callable[[], None]) -> None:
    """See that answers are whole or errors while an engine is killed and started again."""
    expected = {name: _answer(server, name) for name in _LOAD}
    assert {status for status, _ in expected.values()} == {200}
    stop, answers = threading.Event(), dict[str, list[tuple[int, str]]]()

    def load(name: str) -> None:
        while not stop.is_set():
            answers[name].append(_answer(server, name))

    answers.update({name: [] for name in _LOAD})
    threads = [threading.Thread(target=load, args=(name,)) for name in _LOAD]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            seen = {name: len(found) for name, found in answers.items()}
            until(lambda seen=seen: all(len(answers[name]) > seen[name] + 1 for name in _LOAD))
            kill()
            until(lambda: any(found[-1][0] != 200 for found in answers.values()))
            assert httpx.get(f"{server.url}/metrics").status_code == 200
            start()
            until(lambda: {name: found[-1] for name, found in answers.items()} == expected)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for name, found in answers.items():
        assert {answer for answer in found if answer[0] == 200} == {expected[name]}
        assert {status for status, _ in found} <= {200, 502, 503, 504}
    assert {name: _answer(server, name) for name in _LOAD} == expected


def check_limited(url: str, server: Server, query: str, format: str, said: str) -> None:
    """See that an answer that an engine cuts at its time limit, with words in it, is an error."""
    kind = "application/n-triples" if query.startswith("CONSTRUCT") else "text/csv"
    end = b""
    data = {"query": query, "default-graph-uri": BASE + MERGED}
    with httpx.stream("POST", url, data=data, headers={"Accept": kind}, timeout=60) as answer:
        for piece in answer.iter_raw():
            end = (end + piece)[-1000:]
    assert said in end.decode(), end
    answer = ask(server, query, format)
    assert answer.status_code == 504, answer.text[-300:]
    assert "time limit" in answer.json()["detail"]
