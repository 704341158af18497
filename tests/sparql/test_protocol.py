"""The SPARQL 1.1 Protocol over HTTP: queries, formats, graphs, errors and pages."""

import gzip
import json
from collections.abc import Iterator

import httpx
import pytest
from pyoxigraph import NamedNode, RdfFormat, Store, Triple, parse, parse_query_results
from pyoxigraph import QueryResultsFormat as Results

from accsm_kg.namespaces import BASE, prefixes

SELECT = "SELECT ?s WHERE { ?s ?p ?o } LIMIT 3"
CONSTRUCT = "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 3"
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
RESULTS = {"json": Results.JSON, "xml": Results.XML, "tsv": Results.TSV}
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/trig": RdfFormat.TRIG,
}


def get(client: httpx.Client, query: str, accept: str = "*/*", **more: str) -> httpx.Response:
    return client.get("/sparql", params={"query": query, **more}, headers={"Accept": accept})


def post(client: httpx.Client, body: str | bytes, media: str, params: str = "") -> httpx.Response:
    headers = {"Content-Type": media, "Accept": "application/json"}
    return client.post(f"/sparql{params}", content=body, headers=headers)


@pytest.mark.parametrize("name", RESULTS)
def test_select_in_every_format(client: httpx.Client, name: str) -> None:
    answer = get(client, SELECT, format=name)
    assert answer.status_code == 200
    rows = list(parse_query_results(answer.content, format=RESULTS[name]))  # type: ignore[arg-type]
    assert len(rows) == 3


def test_select_as_csv(client: httpx.Client) -> None:
    answer = get(client, SELECT, "text/csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert len(answer.text.split("\r\n")) == 5


@pytest.mark.parametrize("media", GRAPHS)
@pytest.mark.parametrize("query", [CONSTRUCT, f"DESCRIBE <{BASE}id/country/KHM>"])
def test_graphs_in_every_format(client: httpx.Client, media: str, query: str) -> None:
    answer = get(client, query, media)
    assert answer.headers["Content-Type"].split(";")[0] == media
    assert len(list(parse(answer.content, format=GRAPHS[media]))) >= 3


def test_turtle_uses_the_prefixes_of_the_query(client: httpx.Client) -> None:
    query = f"PREFIX of: <{BASE}id/country/> CONSTRUCT {{ of:KHM ?p ?o }} WHERE {{ of:KHM ?p ?o }}"
    assert "\nof:KHM" in get(client, query, "text/turtle").text


@pytest.mark.parametrize("media", ["application/sparql-results+json", "text/csv", "*/*"])
def test_ask(client: httpx.Client, media: str) -> None:
    assert "true" in get(client, "ASK { ?s ?p ?o }", media).text


def test_get_and_both_kinds_of_post_have_the_same_answer(client: httpx.Client) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    answers = {
        get(client, query).text,
        client.post("/sparql", data={"query": query}).text,
        post(client, query, DIRECT).text,
        post(client, query, f"{DIRECT}; charset=UTF-8").text,
    }
    assert len(answers) == 1


INVALID = {
    "no query in a form": (400, FORM, "x=y", ""),
    "two queries in a form": (400, FORM, "query=ASK%20%7B%7D&query=ASK%20%7B%7D", ""),
    "a query in the URL and one in the body": (400, DIRECT, "ASK {}", "?query=ASK%7B%7D"),
    "a form that is not UTF-8": (400, FORM, b"query=ASK%20%7B%7D%20%23%FF", ""),
    "a query that is not UTF-8": (400, DIRECT, b"ASK {} # \xff", ""),
    "a query in UTF-16": (415, f"{DIRECT}; charset=utf-16", "ASK {}".encode("utf-16"), ""),
    "a query as plain text": (415, "text/plain", "ASK {}", ""),
    "a query as JSON": (415, "application/json", '{"query": "ASK {}"}', ""),
    "no content type": (415, "", "ASK {}", ""),
    "an update as its own type": (403, "application/sparql-update", "CLEAR ALL", ""),
    "an update in a form": (403, FORM, "update=CLEAR%20ALL", ""),
    "an update as a query": (403, DIRECT, "INSERT DATA { <a:a> <a:b> <a:c> }", ""),
    "LOAD": (403, DIRECT, "LOAD <http://127.0.0.1/>", ""),
    "SERVICE": (403, DIRECT, "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }", ""),
    "nonsense": (400, DIRECT, "FIND ME", ""),
    "an empty query": (400, DIRECT, "", ""),
    "an unknown function": (400, DIRECT, "SELECT (<a:f>(1) AS ?x) {}", ""),
    "a graph with an invalid IRI": (400, DIRECT, "ASK {}", "?default-graph-uri=not%20an%20iri"),
    "a body above the limit": (413, DIRECT, "#" * (1 << 20) + "\nASK {}", ""),
    "an unknown format": (406, DIRECT, "ASK {}", "?format=pdf"),
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_requests_are_refused(client: httpx.Client, name: str) -> None:
    status, media, body, params = INVALID[name]
    answer = post(client, body, media, params)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["title"]


def test_a_compressed_query_is_refused(client: httpx.Client) -> None:
    headers = {"Content-Type": DIRECT, "Content-Encoding": "gzip"}
    answer = client.post("/sparql", content=gzip.compress(b"ASK {}"), headers=headers)
    assert answer.status_code == 415
    assert answer.headers["Accept-Encoding"] == "identity"


def test_an_update_by_get_is_refused(client: httpx.Client) -> None:
    answer = client.get("/sparql", params={"update": "CLEAR ALL"})
    assert answer.status_code == 403
    assert "read-only" in answer.text


def test_a_url_above_the_limit_is_refused(client: httpx.Client) -> None:
    assert get(client, "ASK {} #" + "x" * (31 << 10)).status_code == 200
    assert get(client, "ASK {} #" + "x" * (32 << 10)).status_code == 414


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(client: httpx.Client, method: str) -> None:
    answer = client.request(method, "/sparql")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD, POST, OPTIONS"


def test_head_is_get_without_a_body(client: httpx.Client) -> None:
    answer = client.head("/sparql", params={"query": SELECT})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/sparql-results+json"
    assert answer.content == b""


def test_scripts_of_other_origins_may_query(client: httpx.Client) -> None:
    headers = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    answer = client.options("/sparql", headers=headers)
    assert answer.status_code == 204
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "*, Authorization"
    assert get(client, "ASK {}").headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers


ALL, VOCAB, CURATION = f"{BASE}graph/source/001", f"{BASE}graph/vocab", f"{BASE}graph/curation"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def count(answer: httpx.Response) -> int:
    return int(answer.json()["results"]["bindings"][0]["n"]["value"])


def test_the_default_graph_is_the_merge_of_the_data_graphs(
    client: httpx.Client, store: Store
) -> None:
    assert count(get(client, COUNT)) == sum(1 for quad in store if not is_named(quad.graph_name))


def is_named(graph: object) -> bool:
    return isinstance(graph, NamedNode)


def test_graphs_in_the_parameters_override_from(client: httpx.Client) -> None:
    vocab = count(get(client, f"SELECT (COUNT(*) AS ?n) FROM <{VOCAB}> {{ ?s ?p ?o }}"))
    assert count(get(client, COUNT, **{"default-graph-uri": VOCAB})) == vocab
    query = f"SELECT (COUNT(*) AS ?n) FROM <{CURATION}> {{ ?s ?p ?o }}"
    assert count(get(client, query, **{"default-graph-uri": VOCAB})) == vocab
    both = client.get("/sparql", params=[("query", COUNT), ("default-graph-uri", VOCAB),
                                         ("default-graph-uri", CURATION)])  # fmt: skip
    assert count(both) > vocab


ONE, TWO = f"{BASE}graph/source/001", f"{BASE}graph/source/002"
#: Ways to choose two graphs: the text before and after SELECT …, and the parameters.
MERGED = {
    "FROM": ("", f"FROM <{ONE}> FROM <{TWO}>", []),
    "FROM in disguise": (
        f"BASE <{BASE}graph/> PREFIX from: <source/> # FROM <{VOCAB}>\n",
        "fROM#NAMED\nfrom:001 FROM\t<s\\u006furce/002>",
        [],
    ),
    "parameters": ("", "", [("default-graph-uri", ONE), ("default-graph-uri", TWO)]),
    "parameters over FROM": (
        "", f"FROM <{VOCAB}>", [("default-graph-uri", ONE), ("default-graph-uri", TWO)],
    ),
    "a graph twice": ("", f"FROM <{ONE}> FROM <{TWO}> FROM <{ONE}>", []),
    "with a named graph": ("", f"FROM <{ONE}> FROM NAMED <{VOCAB}> FROM <{TWO}>", []),
}  # fmt: skip


@pytest.mark.parametrize("name", MERGED)
def test_a_triple_in_two_merged_graphs_counts_once(
    client: httpx.Client, store: Store, name: str
) -> None:
    before, after, params = MERGED[name]
    graphs = [set(triples(store, graph)) for graph in (ONE, TWO)]
    assert graphs[0] & graphs[1]
    query = f"{before}SELECT ?from (COUNT(*) AS ?n) {after} {{ ?s ?p ?o }} GROUP BY ?from"
    assert count(client.get("/sparql", params=[("query", query), *params])) == len(
        set.union(*graphs)
    )


SAME_GRAPH_TWICE = {
    "FROM": (f"FROM <{ONE}> FROM <{ONE}>", "?s ?p ?o", []),
    "FROM NAMED": (f"FROM NAMED <{ONE}> FROM NAMED <{ONE}>", "GRAPH ?g { ?s ?p ?o }", []),
    "both": (f"FROM <{VOCAB}> FROM NAMED <{ONE}>", "GRAPH ?g { ?s ?p ?o }", []),
    "merged and named": (
        f"FROM <{VOCAB}> FROM <{TWO}> FROM NAMED <{ONE}>", "GRAPH ?g { ?s ?p ?o }", [],
    ),
    "default-graph-uri": ("", "?s ?p ?o", [("default-graph-uri", ONE)] * 2),
    "named-graph-uri": ("", "GRAPH ?g { ?s ?p ?o }", [("named-graph-uri", ONE)] * 2),
    "with an unknown graph": (f"FROM <{ONE}> FROM <{BASE}nowhere>", "?s ?p ?o", []),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME_GRAPH_TWICE)
def test_a_graph_named_twice_counts_once(client: httpx.Client, store: Store, name: str) -> None:
    chosen, pattern, params = SAME_GRAPH_TWICE[name]
    query = f"SELECT (COUNT(*) AS ?n) {chosen} {{ {pattern} }}"
    found = count(client.get("/sparql", params=[("query", query), *params]))
    assert found == len(list(triples(store, ONE)))


def test_an_unknown_graph_is_empty(client: httpx.Client) -> None:
    assert count(get(client, COUNT.replace("{", f"FROM <{BASE}nowhere> {{"))) == 0
    query = "SELECT (COUNT(*) AS ?n) FROM NAMED <%s> { GRAPH ?g { ?s ?p ?o } }"
    assert count(get(client, query % f"{BASE}nowhere")) == 0


def triples(store: Store, graph: str) -> Iterator[Triple]:
    return (quad.triple for quad in store.quads_for_pattern(None, None, None, NamedNode(graph)))


def test_only_the_chosen_named_graphs_are_queried(client: httpx.Client) -> None:
    query = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    rows = get(client, query, **{"named-graph-uri": VOCAB}).json()["results"]["bindings"]
    assert [row["g"]["value"] for row in rows] == [VOCAB]
    assert count(get(client, COUNT, **{"named-graph-uri": VOCAB})) == 0


def test_files_are_not_read(client: httpx.Client) -> None:
    for query in ("SELECT * FROM <file:///etc/passwd> { ?s ?p ?o }",
                  "SELECT * { GRAPH <file:///etc/passwd> { ?s ?p ?o } }"):  # fmt: skip
        assert get(client, query).json()["results"]["bindings"] == []


@pytest.mark.parametrize("accept", ["*/*", "text/turtle", "application/rdf+xml"])
def test_without_a_query_it_describes_the_service(client: httpx.Client, accept: str) -> None:
    answer = client.get("/sparql", headers={"Accept": accept})
    form = RdfFormat.from_media_type(answer.headers["Content-Type"])
    assert form is not None
    found = {(q.predicate.value, q.object.value) for q in parse(answer.content, format=form)}  # type: ignore[union-attr]
    sd = prefixes()["sd"]
    assert (f"{sd}endpoint", f"{client.base_url}/sparql".replace("//sparql", "/sparql")) in found
    assert (f"{sd}supportedLanguage", f"{sd}SPARQL11Query") in found
    assert (f"{sd}name", VOCAB) in found
    assert not [value for _, value in found if "Federated" in value or "Update" in value]


def test_without_a_query_a_browser_gets_a_form(client: httpx.Client) -> None:
    page = client.get("/sparql", headers={"Accept": "text/html"})
    assert "<textarea" in page.text
    assert f"PREFIX accsm: &lt;{BASE}ontology#&gt;" in page.text


def test_a_browser_gets_a_table_with_labels_and_local_links(client: httpx.Client) -> None:
    query = f"SELECT * {{ ?c <{prefixes()['accsm']}alpha3> 'KHM' }}"
    page = get(client, query, "text/html").text
    assert '<a href="/doc/country/KHM"' in page
    assert ">Cambodia</a>" in page
    assert "1 row" in page


def test_a_page_of_an_answer_that_was_cut_says_so(client: httpx.Client) -> None:
    page = get(client, "SELECT * { ?s ?p ?o }", "text/html").text
    assert "Only the first 1000 rows are shown" in page


def test_values_are_escaped_in_pages(client: httpx.Client) -> None:
    page = get(client, "SELECT ('<script>alert(1)</script>' AS ?x) {}", "text/html").text
    assert "<script>" not in page


def test_errors_have_the_media_type_that_the_client_accepts(client: httpx.Client) -> None:
    query = "SELECT * WHERE { ?s ex:p ?o }"
    problem = get(client, query, "application/sparql-results+json").json()
    assert (problem["status"], problem["line"], problem["column"]) == (400, 1, 21)
    assert "ex:" in problem["detail"]
    text = get(client, query, "text/csv")
    assert text.headers["Content-Type"].startswith("text/plain")
    assert "                    ^" in text.text
    page = get(client, query, "text/html")
    assert page.status_code == 400
    assert "<textarea" in page.text
    assert "?s ex:p ?o" in page.text
    assert json.loads(get(client, query, format="json").text)["status"] == 400


def test_a_406_lists_the_formats(client: httpx.Client) -> None:
    answer = get(client, SELECT, "image/png")
    assert answer.status_code == 406
    assert "text/csv (format=csv)" in answer.text


def test_a_long_answer_is_streamed_completely(client: httpx.Client) -> None:
    query = "SELECT * { ?a ?b ?c . ?d a ?e } LIMIT 100000"
    answer = get(client, query, "text/csv")
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.text.count("\r\n") == 100_001


def test_a_page_of_a_huge_value_is_refused(client: httpx.Client) -> None:
    doubled = "BIND('0123456789' AS ?s0) " + "".join(
        f"BIND(CONCAT(?s{i}, ?s{i}) AS ?s{i + 1}) " for i in range(21)
    )
    query = f"SELECT ?s21 {{ {doubled} }}"
    page = get(client, query, "text/html")
    assert page.status_code == 400
    assert "too large for a page" in page.text
    assert len(get(client, query, "text/csv").text) > 20_000_000


@pytest.mark.parametrize("parameters", ["default", "graph=urn%3Ano", "default&format=ttl"])
def test_a_graph_is_not_at_the_endpoint(client: httpx.Client, parameters: str) -> None:
    answer = client.get(f"/sparql?{parameters}")
    assert answer.status_code == 400
    assert "rdf-graph-store" in answer.text


def test_output_means_what_format_means(client: httpx.Client) -> None:
    assert get(client, SELECT, output="csv").headers["Content-Type"].startswith("text/csv")
    assert get(client, SELECT, output="csv", format="json").json()["head"]
    assert get(client, "nonsense", output="json").json()["status"] == 400


@pytest.mark.parametrize(("timeout", "status"), [("0", 200), ("0.0", 200), ("-1", 400)])
def test_a_timeout_of_zero_is_the_limit_of_the_server(
    client: httpx.Client, timeout: str, status: int
) -> None:
    assert get(client, "ASK {}", timeout=timeout).status_code == status


def test_a_byte_order_mark_before_a_query_is_skipped(client: httpx.Client) -> None:
    marked = f"\ufeff{SELECT}"
    expected = get(client, SELECT).text
    form = {"query": marked}
    assert get(client, marked).text == expected
    assert post(client, marked.encode(), DIRECT).text == expected
    assert client.post("/sparql", data=form).text == expected


def test_a_multipart_form_is_read_with_its_files(client: httpx.Client) -> None:
    fields = {"query": (None, SELECT), "output": (None, "csv")}
    expected = get(client, SELECT, output="csv").text
    assert client.post("/sparql", files=fields).text == expected
    fields["query"] = ("é.rq", SELECT)
    assert client.post("/sparql", files=fields).text == expected


PART = b'--x\r\nContent-Disposition: form-data; name="query"\r\n\r\nASK {}\r\n'
FORMS = {
    "without a boundary": ("multipart/form-data", PART + b"--x--", "No boundary"),
    "with another boundary": ("multipart/form-data; boundary=y", PART + b"--x--", "boundary"),
    "that breaks off": ("multipart/form-data; boundary=x", PART + PART[:-9], "does not end"),
    "that is not UTF-8": (
        "multipart/form-data; boundary=x",
        PART.replace(b"ASK", b"\xff") + b"--x--",
        "UTF-8",
    ),
    "with too many fields": (
        "multipart/form-data; boundary=x",
        PART * 1001 + b"--x--",
        "at most 1000",
    ),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_malformed_multipart_form_is_refused(client: httpx.Client, name: str) -> None:
    media, body, said = FORMS[name]
    answer = post(client, body, media)
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


ACCEPTED = {
    "*/*": "text/plain",
    "text/csv": "text/plain",
    "text/turtle, */*;q=0.1": "text/plain",
    "application/json": "application/problem+json",
    "application/ld+json": "application/problem+json",
    "application/sparql-results+json, */*;q=0.5": "application/problem+json",
    "text/html,application/xhtml+xml,*/*;q=0.8": "text/html",
}


@pytest.mark.parametrize("accept", ACCEPTED)
def test_an_error_is_text_unless_the_client_asks_for_json_or_html(
    client: httpx.Client, accept: str
) -> None:
    answer = get(client, "nonsense", accept)
    assert answer.headers["Content-Type"].partition(";")[0] == ACCEPTED[accept]


def test_an_error_begins_with_its_sentence(client: httpx.Client) -> None:
    text = get(client, "SELECT (“x” AS ?x) {}", "text/csv").text
    assert text.startswith("The query cannot be read: Line 1, column 9: ")
    lines = get(client, "SELECT (“x” AS ?x) {}", "application/json").text.splitlines()
    assert lines[1].startswith('  "detail": "Line 1, column 9: ')
    assert "".join(lines).isascii()
