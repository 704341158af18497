"""Hostile queries: each ends in time with the right status, and fetches nothing."""

import re
import socket
import time
from typing import Any

import httpx
import pytest
from serving import Server

STAR = "(<urn:a>|!<urn:b>)*"
CROSS = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
#: The timeout of the server, and a shorter one for queries that would exceed it.
TIMEOUT, SHORT = "10", "0.4"
#: In place of a status: the response was left unfinished.
BROKEN = 0
OK, BAD, LATE, HEAVY, LONG = {200}, {400}, {504}, {503, 504}, {504, BROKEN}


def nested(opening: str, closing: str, depth: int, core: str = "?s ?p ?o") -> str:
    return f"SELECT * {{ {opening * depth}{core}{closing * depth} }}"


def called(function: str, depth: int, core: str = "'x'") -> str:
    return f"SELECT ({(function + '(') * depth}{core}{')' * depth} AS ?x) {{}}"


def grown(step: str, times: int) -> str:
    steps = " ".join(f"BIND({step.replace('?s', f'?s{i}')} AS ?s{i + 1})" for i in range(times))
    return f"SELECT (STRLEN(?s{times}) AS ?n) {{ BIND('0123456789' AS ?s0) {steps} }}"


RUNAWAYS = {
    "cross product counted": (f"SELECT (COUNT(*) AS ?n) {{ {CROSS} }}", LATE),
    "cross product counted distinctly": (f"SELECT (COUNT(DISTINCT ?c) AS ?n) {{ {CROSS} }}", HEAVY),
    "cross product summed": (f"SELECT (SUM(STRLEN(STR(?c))) AS ?n) {{ {CROSS} }}", LATE),
    "cross product sorted": (f"SELECT * {{ {CROSS} }} ORDER BY ?f ?c", HEAVY),
    "cross product made distinct": (
        f"SELECT DISTINCT ?a ?f ?i {{ {CROSS} }} OFFSET 100000000",
        HEAVY,
    ),
    "cross product grouped": (f"SELECT ?a ?f (COUNT(*) AS ?n) {{ {CROSS} }} GROUP BY ?a ?f", HEAVY),
    "cross product skipped": (f"SELECT * {{ {CROSS} }} OFFSET 1000000000000", LATE),
    "cross product concatenated": (f"SELECT (GROUP_CONCAT(?c) AS ?x) {{ {CROSS} }}", HEAVY),
    "cross product filtered": (
        f"ASK {{ {CROSS} FILTER(STRLEN(STR(?c)) + STRLEN(STR(?l)) < 0) }}",
        LATE,
    ),
    "endless table": (f"SELECT * {{ {CROSS} }}", LONG),
    "endless graph": (f"CONSTRUCT {{ ?a ?b ?f }} {{ {CROSS} }}", LONG),
    "endless descriptions": (f"DESCRIBE ?a ?d {{ {CROSS} }}", {503, 504, BROKEN}),
    "strings doubled": (grown("CONCAT(?s, ?s)", 40), HEAVY),
    "strings replaced": (grown("REPLACE(?s, '.', '0123456789')", 12), HEAVY),
    "strings escaped": (grown("ENCODE_FOR_URI(CONCAT('%%%%', ?s, ?s))", 40), HEAVY),
    "paths of every length": (f"SELECT (COUNT(*) AS ?n) {{ ?a {STAR} ?b . ?c {STAR} ?d }}", HEAVY),
    "paths there and back": ("SELECT (COUNT(*) AS ?n) { ?a ((!<urn:b>)|^(!<urn:b>))+ ?b }", HEAVY),
    "regular expression that backtracks": (
        'SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), "((((a|l)*)*)*)*")) }',
        OK,
    ),
    "regular expression that explodes": (
        'ASK { FILTER(REGEX("x", "(((((a{99}){99}){99}){99}){99}){99}")) }',
        OK,
    ),
    "regular expression of 200 KB": (
        f'SELECT * {{ ?s ?p ?o FILTER(REGEX(STR(?o), "{"(a|b)?" * 30000}")) }}',
        LATE,
    ),
    "1000 triples in a chain": (
        f"SELECT * {{ {''.join(f'?s{i} ?p ?s{i + 1} . ' for i in range(1000))} }}",
        LATE,
    ),
    "1000 triples in a star": (
        f"SELECT (COUNT(*) AS ?n) {{ {''.join(f'?s ?p{i} ?o{i} . ' for i in range(1000))} }}",
        LATE,
    ),
    "2000 unions": ("SELECT * { {} " + "UNION { ?s ?p ?o } " * 2000 + "}", LONG),
    "100000 values": (
        "SELECT (COUNT(*) AS ?n) { VALUES ?x { " + "1 " * 100_000 + "} }",
        OK,
    ),
    "50000 alternatives": (
        f"ASK {{ ?s ?p ?o FILTER(?o IN ({', '.join(map(str, range(50_000)))})) }}",
        OK | HEAVY,
    ),
    "a literal of 900 KB": (f"SELECT ('{'x' * 900_000}' AS ?x) {{}}", OK),
    "an IRI of 900 KB": (f"ASK {{ <urn:{'x' * 900_000}> ?p ?o }}", OK),
    "a name of 900 KB": (f"ASK {{ ?{'x' * 900_000} ?p ?o }}", OK),
    "a comment of 1 MB": (f"ASK {{}} # {'x' * 1_000_000}", OK),
    "400000 invalid words": ("ASK { ?s ?p " + "b " * 400_000, BAD),
    "20000 prefixes": ("".join(f"PREFIX p{i}: <urn:{i}> " for i in range(20_000)) + "ASK {}", OK),
}

NESTED = {
    "braces 3000 deep": (nested("{", "}", 3000), OK),
    "braces 1500 deep around a name": (nested("{", "}", 1500, "?s accsm:supports <urn:x>"), OK),
    "braces 100000 deep": (nested("{", "}", 100_000), OK),
    "optionals 5000 deep": (nested("OPTIONAL { ", " }", 5000), LATE),
    "minuses 3000 deep": (nested("?a ?b ?c MINUS { ", " }", 3000), LATE),
    "unions 3000 deep": (nested("{} UNION { ", " }", 3000), OK),
    "graphs 3000 deep": (nested("GRAPH ?g { ", " }", 3000), OK),
    "subqueries 1000 deep": (nested("{ SELECT * { ", " } }", 1000), LONG),
    "exists 3000 deep": (nested("FILTER EXISTS { ", " }", 3000), OK),
    "collections 400 deep": (f"ASK {{ ?s ?p {'(' * 400}1{')' * 400} }}", LATE),
    "blank nodes 400 deep": (f"ASK {{ ?s ?p {'[ ?p ' * 400}1{']' * 400} }}", LATE),
    "parentheses 20000 deep": (f"ASK {{ FILTER({'(' * 20_000}1{')' * 20_000}) }}", OK),
    "negations 50000 deep": (f"ASK {{ FILTER({'!' * 50_000}true) }}", OK),
    "sum of 50000": (f"SELECT ({'1+' * 50_000}1 AS ?x) {{}}", LATE),
    "and of 50000": (f"ASK {{ FILTER({'true && ' * 50_000}true) }}", OK),
    "functions 20000 deep": (called("STR", 20_000), OK),
    "choices 5000 deep": (f"SELECT ({'IF(true, 1, ' * 5000}1{')' * 5000} AS ?x) {{}}", OK),
    "paths 5000 deep": (f"ASK {{ ?s {'(' * 5000}<urn:a>{')' * 5000} ?o }}", OK),
    "paths inverted 5000 times": (f"ASK {{ ?s {'^(' * 5000}<urn:a>{')' * 5000} ?o }}", OK),
    "paths repeated 500 times": (f"ASK {{ ?s {'(' * 500}<urn:a>{')*' * 500} ?o }}", LATE),
    "a path of 5000 steps": (f"ASK {{ ?s {'<urn:a>/' * 5000}<urn:a> ?o }}", LATE),
    "quoted triples 1000 deep": (f"ASK {{ ?s ?p {'<<( ?s ?p ' * 1000}1{' )>>' * 1000} }}", OK),
    "brackets never closed": ("SELECT * { " + "{ ( [ " * 20_000, BAD),
    "quotes never closed": ("SELECT * { ?s ?p " + '"""' + "'" * 100_000, BAD),
}
HOSTILE = {**RUNAWAYS, **NESTED}


def ask(server: Server, query: str, accept: str = "*/*", timeout: str = SHORT) -> tuple[int, str]:
    try:
        answer = httpx.post(
            f"{server.url}/sparql",
            data={"query": query, "timeout": timeout},
            headers={"Accept": accept},
            timeout=30,
        )
    except httpx.RemoteProtocolError as error:
        assert "incomplete" in str(error), error
        return BROKEN, ""
    return answer.status_code, answer.text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_query_ends_in_time(server: Server, name: str) -> None:
    query, expected = HOSTILE[name]
    started = time.monotonic()
    status, text = ask(server, query, timeout=SHORT if expected & HEAVY else TIMEOUT)
    assert status in expected, text[:500]
    assert time.monotonic() - started < float(TIMEOUT)


def trap_url(trap: socket.socket) -> str:
    return f"http://127.0.0.1:{trap.getsockname()[1]}"


REFUSED = {
    "plain": "SELECT * { SERVICE <U/> { ?s ?p ?o } }",
    "silent": "SELECT * { SERVICE SILENT <U/> { ?s ?p ?o } }",
    "in lower case": "select * { service silent <U/> { ?s ?p ?o } }",
    "in mixed case": "SELECT * { SeRvIcE <U/> { ?s ?p ?o } }",
    "with a long s": "SELECT * { \u017fERVICE <U/> { ?s ?p ?o } }",
    "behind a comment": "SELECT * { SERVICE # <urn:x>\n <U/> { ?s ?p ?o } }",
    "between comments": "SELECT * { #\nSERVICE#\nSILENT#\n<U/>#\n{ ?s ?p ?o } }",
    "behind a string with a quote": "SELECT * { ?a ?b '\\'' SERVICE <U/> { ?s ?p '\\'' } }",
    "behind a string of three quotes": "SELECT * { ?a ?b '''it's''' SERVICE <U/> { ?s ?p ?o } }",
    "behind an IRI with a hash": "SELECT * { ?a ?b <urn:x#y> SERVICE <U/> { ?s ?p ?o } }",
    "behind a comparison": "SELECT * { ?a ?b ?c FILTER(?c<1)SERVICE<U/>{ ?s ?p ?o }FILTER(?c>1)}",
    "glued": "SELECT * { SERVICESILENT<U/>{?s ?p ?o} }",
    "glued behind a boolean": "SELECT * { ?a ?b true.SERVICE<U/>{?s ?p ?o} }",
    "glued to a boolean": "SELECT * { ?a ?b trueSERVICE SILENT <U/> {} }",
    "glued to a number": "SELECT * { ?a ?b 1SERVICE<U/>{?s ?p ?o} }",
    "glued to an exponent": "SELECT * { ?a ?b 1e0SERVICE SILENT <U/> {} }",
    "glued to a prefix": "PREFIX u: <U/> SELECT * { SERVICEu:x { ?s ?p ?o } }",
    "all glued": "PREFIX u: <U/> SELECT * { SERVICESILENTu:x { ?s ?p ?o } }",
    "behind four quotes": "SELECT * { VALUES ?x {''''} SERVICE SILENT <U/> {} }",
    "behind four double quotes": 'SELECT * { VALUES ?x {""""} SERVICE SILENT <U/> {} }',
    "by a prefixed name": "PREFIX u: <U/> SELECT * { SERVICE u:x { ?s ?p ?o } }",
    "by a prefix of that name": "PREFIX service: <U/> SELECT * { SERVICE service:x { ?s ?p ?o } }",
    "by the empty prefix": "PREFIX : <U/> SELECT * { SERVICE : { ?s ?p ?o } }",
    "by a relative name": "BASE <U/> SELECT * { SERVICE <x> { ?s ?p ?o } }",
    "by an escaped name": "SELECT * { SERVICE <U/\\u0078> { ?s ?p ?o } }",
    "by a variable": "SELECT * { VALUES ?u { <U/> } SERVICE ?u { ?s ?p ?o } }",
    "by a variable, silently": "SELECT * { BIND(<U/> AS ?u) SERVICE SILENT ?u { ?s ?p ?o } }",
    "in a condition": "ASK { FILTER NOT EXISTS { SERVICE <U/> { ?s ?p ?o } } }",
    "in a subquery": "SELECT * { { SELECT * { OPTIONAL { SERVICE <U/> { ?s ?p ?o } } } } }",
    "in a graph": "CONSTRUCT WHERE { ?s ?p ?o } # \n VALUES ?x {} SERVICE <U/> {}",
    "to a file": "SELECT * { SERVICE <file:///etc/passwd> { ?s ?p ?o } }",
    "LOAD": "LOAD <U/>",
    "LOAD into a graph, silently": "PREFIX a: <urn:a> load silent <U/> into graph a:b",
    "LOAD behind a comment": "# SELECT\nLOAD <U/>",
    "INSERT": "INSERT { ?s ?p 1 } WHERE { SERVICE <U/> { ?s ?p ?o } }",
    "WITH": "WITH <urn:a> DELETE { ?s ?p ?o } USING <U/> WHERE { ?s ?p ?o }",
}
UNREADABLE = {
    "an escaped keyword": "SELECT * { \\u0053ERVICE <U/> { ?s ?p ?o } }",
    "a keyword escaped at length": "SELECT * { SERV\\U00000049CE SILENT <U/> { ?s ?p ?o } }",
    "a keyword with a zero width space": "SELECT * { SER\u200bVICE <U/> { ?s ?p ?o } }",
    "an escaped LOAD": "\\u004COAD <U/>",
    "an update behind a query": "ASK {} ; LOAD <U/>",
    "a function that reads files": "SELECT (<java:java.io.File>('/etc/passwd') AS ?x) {}",
}
HARMLESS = {
    "SERVICE in a string": "ASK { FILTER('SERVICE <U/> {}' != '') }",
    "SERVICE in a comment": "ASK {} # SERVICE <U/> { ?s ?p ?o }",
    "SERVICE in an IRI": "ASK { FILTER(<U/SERVICE> = <U/SERVICE>) }",
    "FROM elsewhere": "SELECT * FROM <U/> { ?s ?p ?o }",
    "FROM NAMED elsewhere": "SELECT * FROM NAMED <U/> { GRAPH ?g { ?s ?p ?o } }",
    "FROM a file": "SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
    "FROM a relative file": "BASE <file:///etc/> SELECT * FROM <passwd> { ?s ?p ?o }",
    "GRAPH of a file": "SELECT * { GRAPH <file:///etc/passwd> { ?s ?p ?o } }",
    "DESCRIBE elsewhere": "DESCRIBE <U/>",
}
FETCHES = {
    **{name: (query, {403}) for name, query in REFUSED.items()},
    **{name: (query, {400}) for name, query in UNREADABLE.items()},
    **{name: (query, {200}) for name, query in HARMLESS.items()},
}


@pytest.mark.parametrize("name", FETCHES)
def test_no_query_fetches_anything(server: Server, trap: socket.socket, name: str) -> None:
    query, expected = FETCHES[name]
    status, text = ask(server, query.replace("U", trap_url(trap)) if "U/" in query else query)
    assert status in expected, text[:500]
    assert "root:" not in text
    with pytest.raises(BlockingIOError):
        trap.accept()


@pytest.mark.parametrize("parameter", ["default-graph-uri", "named-graph-uri", "using-graph-uri"])
@pytest.mark.parametrize("graph", ["U/", "file:///etc/passwd", "file:etc/passwd"])
def test_no_parameter_fetches_anything(
    server: Server, trap: socket.socket, parameter: str, graph: str
) -> None:
    query = (
        "SELECT * { { ?s ?p ?o FILTER(?p = <urn:none>) } UNION { GRAPH ?g { ?s ?p <urn:none> } } }"
    )
    data = {"query": query, parameter: graph.replace("U/", trap_url(trap))}
    answer = httpx.post(f"{server.url}/sparql", data=data)
    assert answer.status_code == 200
    assert answer.json()["results"]["bindings"] == []
    with pytest.raises(BlockingIOError):
        trap.accept()


WIDE = {
    "10000 columns": (
        f"SELECT * {{ VALUES ({' '.join(f'?v{i}' for i in range(10_000))}) {{}} }}",
        BAD,
    ),
    "1000 rows of 40 cells": (
        "SELECT * { { SELECT ?s { ?s ?p ?o } LIMIT 1000 } "
        + " ".join(f"BIND(IRI(CONCAT('urn:{i}:', STR(?s))) AS ?c{i})" for i in range(39))
        + " }",
        OK,
    ),
}


@pytest.mark.parametrize("name", WIDE)
def test_a_page_of_a_wide_table_is_limited(server: Server, name: str) -> None:
    query, expected = WIDE[name]
    status, text = ask(server, query, "text/html", TIMEOUT)
    assert status in expected, text[:500]
    assert text.count("<td>") <= 10_000


def test_other_clients_did_not_wait_long(bystander: Any) -> None:
    assert bystander.slowest < float(TIMEOUT) / 2


def test_all_workers_are_back_and_buffers_empty(server: Server) -> None:
    for _ in range(50):  # the bystander may have an answer on its way
        text = httpx.get(f"{server.url}/metrics").text
        state = dict(re.findall(r"^accsm_(\w+) (.+)$", text, re.MULTILINE))
        left = [state[name] for name in ("workers", "queries_waiting", "answer_ahead_bytes")]
        if left == ["8.0", "0.0", "0.0"]:
            break
        time.sleep(0.1)
    assert left == ["8.0", "0.0", "0.0"]
    assert float(state["workers_busy"]) <= 1  # that of the bystander


def test_a_page_of_a_hostile_query_ends_in_time(server: Server) -> None:
    status, text = ask(server, RUNAWAYS["cross product sorted"][0], "text/html")
    assert status in HEAVY
    assert "<textarea" in text
