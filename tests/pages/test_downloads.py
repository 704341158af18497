"""Downloads of the dataset: what they hold, and how they are sent whole or in part."""

import gzip
import hashlib
from base64 import b64decode
from email.utils import formatdate
from io import BytesIO
from pathlib import Path

import httpx
import pytest
import rdflib
from accsm_server.engine.pool import worker
from accsm_server.http.middleware import compression
from pyoxigraph import BlankNode, DefaultGraph, NamedNode, RdfFormat, Store, parse

from accsm_kg.namespaces import BASE, term

UNPACK = {"": bytes, ".gz": gzip.decompress, ".zst": lambda body: compression.zstd.decompress(body)}
RDF = {"nq": RdfFormat.N_QUADS, "trig": RdfFormat.TRIG, "nt": RdfFormat.N_TRIPLES,
       "ttl": RdfFormat.TURTLE}  # fmt: skip


def get(client: httpx.Client, path: str, accept: str = "*/*", **headers: str) -> httpx.Response:
    return client.get(path, headers={"Accept": accept, **headers})


@pytest.mark.parametrize("suffix", UNPACK)
@pytest.mark.parametrize("format", ["nq", "trig"])
def test_a_download_equals_the_build(
    client: httpx.Client, dataset_path: Path, format: str, suffix: str
) -> None:
    built = dataset_path.with_suffix(f".{format}").read_bytes()
    answer = get(client, f"/accsm.{format}{suffix}", "text/html")  # Accept is ignored
    assert answer.status_code == 200
    assert UNPACK[suffix](answer.content) == built
    assert answer.headers["Cache-Control"] == "public, no-cache, no-transform"
    version = hashlib.sha256(dataset_path.read_bytes()).hexdigest()
    path = f"/dataset/{version}/accsm.{format}{suffix}"
    assert answer.headers["Content-Location"] == path
    permanent = get(client, path)
    assert permanent.content == answer.content
    assert permanent.headers["Cache-Control"] == "public, max-age=31536000, immutable, no-transform"


@pytest.mark.parametrize("name", ["nq", "trig", "nt", "ttl"])
def test_a_file_too_large_to_sort_has_the_same_statements(
    store: Store, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, as_it_comes = BytesIO(), BytesIO()
    quads = [quad for quad in store if not isinstance(quad.subject, BlankNode)][:1000]
    worker.write_sorted(quads, name, {}, whole)
    monkeypatch.setattr(worker, "MOST_SORTED", 10)
    worker.write_sorted(iter(quads), name, {}, as_it_comes)
    kind = worker.GRAPHS[name]
    found = [set(parse(file.getvalue(), format=kind)) for file in (whole, as_it_comes)]
    assert found[0] == found[1]
    assert whole.getvalue() != as_it_comes.getvalue()


@pytest.mark.parametrize("suffix", UNPACK)
@pytest.mark.parametrize("format", ["nt", "ttl"])
def test_any_store_can_load_and_query_the_merged_data(
    client: httpx.Client, store: Store, format: str, suffix: str
) -> None:
    loaded, country = Store(), NamedNode(f"{BASE}id/country/KHM")
    body = UNPACK[suffix](get(client, f"/accsm.{format}{suffix}").content)
    loaded.load(body, format=RDF[format])
    merged = store.quads_for_pattern(None, None, None, DefaultGraph())
    assert (list(loaded.named_graphs()), len(loaded)) == ([], len(list(merged)))
    for pattern in ((None, term("rdf:type"), term("accsm:Project")), (country, None, None)):
        expected = {quad.triple for quad in store.quads_for_pattern(*pattern, DefaultGraph())}
        assert {quad.triple for quad in loaded.quads_for_pattern(*pattern)} == expected
    if format == "ttl":
        assert b"project-2016-2020:33 " in body


def test_rdflib_finds_the_merged_data_in_its_default_graph(client: httpx.Client) -> None:
    found = rdflib.Graph().parse(data=get(client, "/accsm.nt").text, format="nt")
    assert (rdflib.URIRef(f"{BASE}id/country/KHM"), None, None) in found


@pytest.mark.parametrize(
    "path", ["/accsm.pdf", f"/dataset/{'0' * 64}/accsm.nq", "/dataset/x/accsm.nq"]
)
def test_unknown_files_are_answered_404(client: httpx.Client, path: str) -> None:
    answer = get(client, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/plain")


FILE = "/accsm.ttl"


@pytest.fixture(scope="module")
def whole(client: httpx.Client) -> httpx.Response:
    return get(client, FILE)


@pytest.mark.parametrize("coding", ["identity", "gzip, br, zstd", "br"])
def test_a_file_is_sent_as_it_is(
    client: httpx.Client, whole: httpx.Response, dataset_path: Path, coding: str
) -> None:
    answer = get(client, FILE, **{"Accept-Encoding": coding})
    assert answer.content == whole.content
    assert answer.headers["Content-Length"] == str(len(whole.content))
    assert "Content-Encoding" not in answer.headers
    assert "Transfer-Encoding" not in answer.headers
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "text/turtle; charset=utf-8"
    modified = int(dataset_path.stat().st_mtime)
    assert answer.headers["Last-Modified"] == formatdate(modified, usegmt=True)
    digest = answer.headers["Repr-Digest"].removeprefix("sha-256=:").removesuffix(":")
    assert b64decode(digest) == hashlib.sha256(answer.content).digest()


def test_the_head_of_a_file_tells_its_length(client: httpx.Client, whole: httpx.Response) -> None:
    answer = client.head(FILE, headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (200, b"")
    for name in ("Content-Length", "ETag", "Last-Modified", "Content-Location"):
        assert answer.headers[name] == whole.headers[name]


PARTS = {
    "bytes=0-9": slice(0, 10),
    "bytes=10-": slice(10, None),
    "bytes=-10": slice(-10, None),
    "bytes=5-5": slice(5, 6),
    "bytes=0-999999999": slice(0, None),
    "bytes=-999999999": slice(0, None),
    "Bytes = 3 - 4": slice(3, 5),
}


@pytest.mark.parametrize("asked", PARTS)
def test_a_part_of_a_file_is_sent(client: httpx.Client, whole: httpx.Response, asked: str) -> None:
    answer = get(client, FILE, Range=asked)
    expected = whole.content[PARTS[asked]]
    assert (answer.status_code, answer.content) == (206, expected)
    assert answer.headers["Content-Length"] == str(len(expected))
    start, stop, _ = PARTS[asked].indices(len(whole.content))
    size = len(whole.content)
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
    assert "Content-Range" in answer.headers["Access-Control-Expose-Headers"]
    for name in ("ETag", "Last-Modified", "Content-Type", "Cache-Control"):
        assert answer.headers[name] == whole.headers[name]


@pytest.mark.parametrize("asked", ["bytes=0-1,5-6", "bytes=5-2", "bytes=-", "bytes=x-", "lines=0-1",
                                   "bytes", "bytes=--5", f"bytes=0-{'9' * 5000}"])  # fmt: skip
def test_other_ranges_are_ignored(client: httpx.Client, whole: httpx.Response, asked: str) -> None:
    answer = get(client, FILE, Range=asked)
    assert (answer.status_code, answer.content) == (200, whole.content)


@pytest.mark.parametrize("asked", ["bytes=999999999-", "bytes=999999999-1999999999", "bytes=-0"])
def test_a_range_beyond_the_file_is_answered_416(
    client: httpx.Client, whole: httpx.Response, asked: str
) -> None:
    answer = get(client, FILE, "application/json", Range=asked)
    assert answer.status_code == answer.json()["status"] == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(whole.content)}"
    assert f"{len(whole.content)} bytes" in answer.json()["detail"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_part_is_sent_only_of_the_file_that_the_client_has(
    client: httpx.Client, whole: httpx.Response
) -> None:
    def status(if_range: str) -> int:
        return get(client, FILE, **{"Range": "bytes=0-9", "If-Range": if_range}).status_code

    tag, date = whole.headers["ETag"], whole.headers["Last-Modified"]
    assert {status(one) for one in (tag, date)} == {206}
    others = (f"W/{tag}", '"x"', f'{tag[:-1]}-gzip"', formatdate(0, usegmt=True), "x")
    assert {status(one) for one in others} == {200}


@pytest.mark.parametrize("more", [{}, {"Range": "bytes=0-9"}])
def test_a_client_that_has_the_file_is_told_so(
    client: httpx.Client, whole: httpx.Response, more: dict[str, str]
) -> None:
    tag, date = whole.headers["ETag"], whole.headers["Last-Modified"]
    later = formatdate(2**32, usegmt=True)
    for known in ({"If-None-Match": tag}, {"If-None-Match": "*"}, {"If-Modified-Since": date},
                  {"If-Modified-Since": later},
                  {"If-None-Match": f"W/{tag}", "If-Modified-Since": "x"}):  # fmt: skip
        answer = get(client, FILE, **known, **more)
        assert (answer.status_code, answer.content) == (304, b""), known
        assert answer.headers["ETag"] == tag
        assert answer.headers["Last-Modified"] == date
        assert "Content-Type" not in answer.headers
    for other in ({"If-None-Match": '"x"'}, {"If-Modified-Since": formatdate(0, usegmt=True)},
                  {"If-Modified-Since": "x"},
                  {"If-None-Match": '"x"', "If-Modified-Since": date}):  # fmt: skip
        assert get(client, FILE, **other, **more).status_code in (200, 206), other


def test_a_file_that_has_changed_is_answered_412(
    client: httpx.Client, whole: httpx.Response
) -> None:
    tag, date = whole.headers["ETag"], whole.headers["Last-Modified"]
    early = {"If-Unmodified-Since": formatdate(0, usegmt=True)}
    for holds in ({"If-Match": f'"x", {tag}'}, {"If-Match": "*"}, {"If-Unmodified-Since": date},
                  {"If-Unmodified-Since": "x"}, {"If-Match": tag, **early}):  # fmt: skip
        assert get(client, FILE, **holds).status_code == 200, holds
    for fails in ({"If-Match": '"x"'}, {"If-Match": f"W/{tag}"}, early):
        answer = get(client, FILE, "application/json", **fails)
        assert (answer.status_code, answer.json()["status"]) == (412, 412), fails
        assert "Ask for it without If-Match" in answer.text


def test_a_file_leads_to_its_description(client: httpx.Client) -> None:
    links = client.head(FILE).headers["Link"]
    assert '</dataset>; rel="collection"' in links
    assert '</dataset?format=ttl>; rel="describedby"; type="text/turtle"' in links


def test_a_download_in_parts_is_the_file(client: httpx.Client, whole: httpx.Response) -> None:
    step, parts = 300_000, b""
    while len(parts) < len(whole.content):
        asked = {"Range": f"bytes={len(parts)}-{len(parts) + step - 1}"}
        parts += get(client, FILE, **asked, **{"If-Range": whole.headers["ETag"]}).content
    assert parts == whole.content
