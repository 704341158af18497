"""Cached responses, entity tags and compression."""

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import brotli
import httpx
import pytest
from accsm_server.http.middleware import compression
from accsm_server.http.middleware.entity_tags import matching
from accsm_server.http.middleware.response_cache import CachedResponse, ResponseStore
from project import ROOT
from serving import running

from accsm_kg.namespaces import BASE

SELECT = "SELECT * { ?s ?p ?o } LIMIT 300"
PAGES = ["/", "/doc/country/KHM", "/doc/country/KHM.ttl", "/graph/vocab.nt", "/ontology.ttl",
         "/dataset", "/dataset.ttl", "/questions", "/sparql", "/static/style.css",
         "/rdf-graph-store?default"]  # fmt: skip
VOLATILE = {
    "NOW": "SELECT (NOW() AS ?x) {}",
    "rand in lower case": "select (rand() as ?x) {}",
    "UUID": "SELECT (UUID() AS ?x) {}",
    "STRUUID": "SELECT (STRUUID() AS ?x) {}",
    "BNODE": "SELECT (BNODE() AS ?x) {}",
    "in an expression": "SELECT * { ?s ?p ?o FILTER(1>RAND()) } LIMIT 5",
}
DETERMINISTIC = {
    "a variable": "SELECT ?now { ?now ?p ?o } LIMIT 1",
    "a string": "SELECT ('NOW() RAND()' AS ?x) {}",
    "a comment": "ASK {} # NOW()",
    "a name": "PREFIX x: <a:> SELECT * { x:RAND x:NOW ?x } LIMIT 1",
}


@pytest.fixture(scope="module")
def client(small_path: Path) -> Iterator[httpx.Client]:
    with running(small_path) as server, httpx.Client(base_url=server.url) as client:
        client.headers["Accept-Encoding"] = "identity"
        yield client


def get(client: httpx.Client, query: str, **headers: str) -> httpx.Response:
    return client.get("/sparql", params={"query": query}, headers=headers)


def raw(client: httpx.Client, path: str, coding: str) -> tuple[httpx.Headers, bytes]:
    """Return the headers and the undecoded body of a response."""
    with client.stream("GET", path, headers={"Accept-Encoding": coding}) as answer:
        return answer.headers, b"".join(answer.iter_raw())


@pytest.mark.parametrize("path", PAGES)
def test_every_response_has_an_etag_for_revalidation(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    tag = first.headers["ETag"]
    assert first.status_code == 200
    assert tag.startswith('"')
    assert "Accept-Encoding" in first.headers["Vary"]
    for known in (tag, f"W/{tag}", f'"x", {tag}, "y"', "*"):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b""), known
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert again.headers["Vary"] == first.headers["Vary"]
        assert again.headers["Access-Control-Allow-Origin"] == "*"
        assert "Content-Type" not in again.headers
    for other in ('"x"', 'W/"x", "y"', ""):
        assert client.get(path, headers={"If-None-Match": other}).content == first.content
    head = client.head(path)
    assert (head.status_code, head.content, head.headers["ETag"]) == (200, b"", tag)


def test_an_etag_is_the_same_after_a_restart(client: httpx.Client, small_path: Path) -> None:
    tag = get(client, SELECT).headers["ETag"]
    with running(small_path, CACHE="0") as server, httpx.Client(base_url=server.url) as other:
        assert get(other, SELECT).text == get(client, SELECT).text
        assert get(other, SELECT, **{"If-None-Match": tag}).status_code == 304
        for _ in range(2):  # a server without a cache adds ETags, too
            assert get(other, SELECT, **{"Accept-Encoding": "identity"}).headers["ETag"] == tag


def test_an_etag_depends_on_dataset_query_graphs_and_format(
    client: httpx.Client, tmp_path: Path
) -> None:
    file = tmp_path / "data.ttl"
    file.write_text("<a:a> <a:b> 'c' .")
    with running(file) as server, httpx.Client(base_url=server.url) as other:
        elsewhere = get(other, SELECT).headers["ETag"]
    tags = [
        elsewhere,
        get(client, SELECT).headers["ETag"],
        get(client, SELECT + " ").headers["ETag"],
        get(client, SELECT, Accept="text/csv").headers["ETag"],
        client.get("/sparql", params={"query": SELECT, "default-graph-uri": f"{BASE}graph/vocab"}),
        client.get("/sparql", params={"query": SELECT, "named-graph-uri": f"{BASE}graph/vocab"}),
    ]
    assert len({t if isinstance(t, str) else t.headers["ETag"] for t in tags}) == len(tags)


def test_an_etag_depends_on_the_code(small_path: Path, tmp_path: Path) -> None:
    tags = []
    for package in ("accsm_kg", "server"):
        shutil.copytree(ROOT / package, tmp_path / package)
    for _ in range(2):
        with running(small_path, root=tmp_path) as server:
            tags.append(httpx.get(f"{server.url}/sparql", params={"query": SELECT}).headers["ETag"])
        with (tmp_path / "server/accsm_server/app.py").open("a") as file:
            file.write("# changed\n")
    assert tags[0] != tags[1]


def test_a_cached_response_has_the_same_vary_header(client: httpx.Client) -> None:
    query = {"query": "SELECT * { ?s ?p ?o } LIMIT 3"}
    for more in ({"format": "csv"}, {}, {"format": "csv"}):
        answer = client.get("/sparql", params={**query, **more}, headers={"Accept": "text/csv"})
        assert answer.headers["Content-Type"].startswith("text/csv")
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"


def test_repeated_headers_are_joined(client: httpx.Client) -> None:
    lines = [("Accept", "text/csv;q=0.5"), ("Accept", "text/tab-separated-values")]
    for _ in range(2):  # evaluated, then cached
        answer = client.get("/sparql", params={"query": "SELECT * {} #"}, headers=lines)
        assert answer.headers["Content-Type"].startswith("text/tab-separated-values")
    refused = client.get("/doc/nothing", headers=[("Accept", "a/b"), ("Accept", "text/plain")])
    assert refused.headers["Content-Type"].startswith("text/plain")


def test_get_and_post_share_an_etag_but_post_is_never_304(client: httpx.Client) -> None:
    tag = get(client, SELECT).headers["ETag"]
    answer = client.post("/sparql", data={"query": SELECT}, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.headers["ETag"]) == (200, tag)
    assert answer.content == get(client, SELECT).content


@pytest.mark.parametrize("name", VOLATILE)
def test_volatile_queries_are_not_cached(client: httpx.Client, name: str) -> None:
    first, second = (get(client, VOLATILE[name]) for _ in range(2))
    assert first.headers["Cache-Control"] == "no-store"
    assert "ETag" not in first.headers
    assert first.text != second.text or "FILTER" in VOLATILE[name]
    page = get(client, VOLATILE[name], Accept="text/html")
    assert page.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_queries_that_only_look_volatile_are_cached(client: httpx.Client, name: str) -> None:
    assert get(client, DETERMINISTIC[name]).headers["Cache-Control"] == "public, no-cache"


def test_constructed_blank_nodes_change_the_etag(client: httpx.Client) -> None:
    query = "CONSTRUCT { [] <a:b> ?o } WHERE { ?s ?p ?o } LIMIT 1"
    answer = client.post("/sparql", data={"query": query})
    again = client.post("/sparql", data={"query": query})
    assert answer.headers["ETag"] != again.headers["ETag"]
    plain = "CONSTRUCT { ?s <a:b> ?o } WHERE { [] ?s ?o FILTER(?o > 1) } LIMIT 1"
    tags = {client.post("/sparql", data={"query": plain}).headers["ETag"] for _ in range(2)}
    assert len(tags) == 1


def test_errors_are_not_cached(client: httpx.Client) -> None:
    for path in ("/doc/nothing", "/sparql?query=x", "/accsm.pdf"):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers


UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress,
          "zstd": lambda body: compression.zstd.decompress(body)}  # fmt: skip


@pytest.mark.parametrize("coding", UNPACK)
@pytest.mark.parametrize(
    "path", ["/doc/source/001", f"/sparql?query={SELECT}", "/static/style.css",
             "/sparql?query=SELECT * { ?a ?b ?c . ?d a ?e } LIMIT 40000"]
)  # fmt: skip
def test_responses_are_compressed_as_the_client_accepts(
    client: httpx.Client, path: str, coding: str
) -> None:
    plain, whole = raw(client, path, "identity")
    for _ in range(2):  # evaluated, then cached
        headers, body = raw(client, path, coding)
        assert headers["Content-Encoding"] == coding
        assert headers["ETag"] == f'{plain["ETag"][:-1]}-{coding}"'
        assert len(body) < len(whole) / 2
        assert UNPACK[coding](body) == whole
    known = {"Accept-Encoding": coding, "If-None-Match": headers["ETag"]}
    again = client.get(path, headers=known)
    assert (again.status_code, again.headers["ETag"]) == (304, headers["ETag"])


CHOICES = {
    "": "identity",
    "gzip": "gzip",
    "x-gzip": "gzip",
    "deflate": "identity",
    "gzip, deflate, br, zstd": "zstd",
    "gzip, deflate, br": "br",
    "br;q=0.5, gzip;q=0.8": "gzip",
    "*": "zstd",
    "*;q=0.5, zstd;q=0": "br",
    "identity, gzip;q=0.5": "identity",
    "identity;q=0.5, gzip;q=0.5": "gzip",
    "gzip;q=0": "identity",
    "identity;q=0, gzip": "gzip",
    "identity;q=0": None,
    "*;q=0": None,
    "*;q=0, identity": "identity",
    "GZIP;Q=1.0": "gzip",
}


@pytest.mark.parametrize("accept", CHOICES)
def test_the_coding_is_chosen_by_quality(accept: str) -> None:
    coding = compression.choose(accept)
    assert (coding.name if coding else None) == CHOICES[accept]


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [("Accept-Encoding", "identity;q=0", 406), ("Host", "<b>", 400), ("Host", "", 400)],
)
def test_errors_of_middlewares_look_like_those_of_applications(
    client: httpx.Client, header: str, value: str, status: int
) -> None:
    accept = {"Accept": "application/json"}
    refused = client.get("/", headers={header: value, **accept})
    assert refused.status_code == refused.json()["status"] == status
    assert refused.headers["Content-Type"] == "application/problem+json"
    other = client.get("/doc/nothing", headers=accept)
    assert {*other.headers} == {*refused.headers}
    plain = client.get("/", headers={header: value, "Accept": "text/plain"})
    assert plain.text.endswith(f"HTTP status {status}\n")


def test_small_responses_are_not_compressed(client: httpx.Client) -> None:
    answer = get(client, "ASK {}", **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers


def rows(client: httpx.Client) -> float:
    """Return the number of rows in all answers so far."""
    return float(client.get("/metrics").text.partition("\naccsm_rows_total ")[2].split()[0])


def test_a_cached_response_runs_no_query(client: httpx.Client) -> None:
    project = f"<{BASE}ontology#Project>"
    query = f"SELECT (COUNT(*) AS ?n) {{ ?a ?b ?c . ?d a {project} . FILTER(STRLEN(STR(?d)) > 9) }}"
    asked = rows(client)
    first = get(client, query)
    post = client.post("/sparql", data={"query": query})
    assert get(client, query).content == post.content == first.content
    assert rows(client) == asked + 1


@pytest.mark.parametrize(
    ("header", "found"),
    [('"a"', "a"), ('W/"a"', "a"), ('"b","a"', "a"), ('"a-gzip"', "a-gzip"), ("*", "a"),
     ('"b"', None), ('"a-pdf"', None), ("a", None), ("", None), ('"a" "b', "a")],
)  # fmt: skip
def test_etags_are_compared_weakly(header: str, found: str | None) -> None:
    assert matching(header, "a") == found


def cached(name: str, size: int = 10_000) -> CachedResponse:
    return CachedResponse(name, [], b"x" * size)


def test_the_store_evicts_the_least_recently_used_response() -> None:
    store = ResponseStore(100_000)
    for number in range(9):
        store.add(b"%d" % number, "identity", cached(str(number)))
    store.find(b"0")
    for number in range(9, 14):
        store.add(b"%d" % number, "identity", cached(str(number)))
    assert store.size <= store.limit
    assert store.find(b"0") is not None
    assert store.find(b"1") is None
    assert store.find_by_tag("1", "identity") is None


def test_the_store_stays_below_its_limit() -> None:
    store = ResponseStore(100_000)
    store.add(b"large", "identity", cached("large", 20_000))
    store.add(b"long", "identity", CachedResponse("long", [(b"link", b"x" * 20_000)], b""))
    assert len(store) == 0
    one = cached("one")
    store.add(b"", "identity", one)
    for number in range(1000):  # another Accept header each time
        store.add(b"%d" % number, "identity", cached("one"))
        assert store.find_by_tag("one", "identity") is one or number > 100
    assert store.size <= store.limit


def test_each_coding_is_cached_separately() -> None:
    store = ResponseStore(100_000)
    plain, gzipped = cached("a"), cached("a", 10)
    store.add(b"1", "identity", plain)
    store.add(b"2", "gzip", gzipped)
    assert (store.find_by_tag("a", "identity"), store.find_by_tag("a", "gzip")) == (plain, gzipped)


@pytest.mark.parametrize("size", [0, 1000])
def test_a_store_with_limit_zero_stores_nothing(size: int) -> None:
    store = ResponseStore(0)
    store.add(b"a", "identity", cached("a", size))
    assert (len(store), store.size, store.find(b"a")) == (0, 0, None)


def peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) >> 10


def test_a_large_answer_is_streamed_with_little_memory(dataset_path: Path) -> None:
    query = "SELECT * { ?a ?b ?c . ?d a ?e } LIMIT 250000"
    with running(dataset_path) as server:
        httpx.get(f"{server.url}/sparql", params={"query": "ASK {}"})
        before, size = peak(server.pid), 0
        for coding in ("identity", "gzip"):
            asked = {"Accept-Encoding": coding}
            with httpx.stream("GET", f"{server.url}/sparql", params={"query": query},
                              headers=asked, timeout=60) as answer:  # fmt: skip
                size += sum(map(len, answer.iter_bytes()))
        assert size > 120 << 20
        assert peak(server.pid) - before < 64
