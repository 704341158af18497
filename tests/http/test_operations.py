"""Operations: health check, metrics, access log, limits, reloads and shutdown."""

import gzip
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from accsm_server.engine.pool.budget import Budget
from accsm_server.http.middleware.rate_limit import Limiter, client_of
from accsm_server.settings import from_environment
from prometheus_client.parser import text_string_to_metric_families
from serving import Server, children, running, until

TRIPLE = "<urn:a> <urn:b> {} .\n"
VALUE = "SELECT ?o { <urn:a> <urn:b> ?o }"
LEAST = 1024  # MiB: two public places, two long queries
CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n0 ?o }"


def ask(
    server: Server, query: str, address: str = "127.0.0.1", patience: float = 30, **more: str
) -> httpx.Response:
    transport = httpx.HTTPTransport(local_address=address)
    with httpx.Client(transport=transport, timeout=patience) as client:
        params, headers = {"query": query, **more}, {"Accept": "application/json"}
        return client.get(f"{server.url}/sparql", params=params, headers=headers)


def value(answer: httpx.Response) -> str:
    return str(answer.json()["results"]["bindings"][0]["o"]["value"])


def metrics(server: Server) -> dict[str, float]:
    text = httpx.get(f"{server.url}/metrics").text
    return {
        f"{sample.name}{sorted(sample.labels.values())}": sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture(scope="module")
def server(small_path: Path) -> Iterator[Server]:
    with running(small_path, TIMEOUT="5", MEMORY="1024") as server:
        yield server


@pytest.fixture
def small(tmp_path: Path) -> Path:
    dataset = tmp_path / "small.ttl"
    dataset.write_text(TRIPLE.format(1))
    return dataset


def test_the_health_check_names_the_dataset(server: Server) -> None:
    answer = httpx.get(f"{server.url}/healthz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert len(answer.json()["dataset"]) == 64


def test_the_health_check_fails_when_workers_hang(small: Path) -> None:
    with running(small, TIMEOUT="1") as server:
        (fork_server,) = children(server.pid)
        for pid in [fork_server, *children(fork_server)]:
            os.kill(pid, signal.SIGSTOP)
        first = httpx.get(f"{server.url}/healthz")
        with ThreadPoolExecutor() as pool:  # concurrent checks, too
            both = list(pool.map(httpx.get, [f"{server.url}/healthz"] * 2))
        os.kill(fork_server, signal.SIGKILL)
    for answer in (first, *both):
        assert (answer.status_code, answer.json()["status"]) == (503, "deadline")


def test_requests_queries_and_rows_are_counted(server: Server) -> None:
    before = metrics(server)
    assert ask(server, "SELECT * { ?s ?p ?o } LIMIT 7").status_code == 200
    assert ask(server, "nonsense").status_code == 400
    assert ask(server, CROSS, timeout="0.1").status_code == 504
    after = metrics(server)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    assert grown["accsm_requests_total['200', 'sparql']"] == 1
    assert grown["accsm_queries_total['ok']"] == 1
    assert grown["accsm_queries_total['syntax']"] == 1
    assert grown["accsm_queries_total['deadline']"] == 1
    assert grown["accsm_rows_total[]"] == 7
    assert grown["accsm_request_seconds_count['sparql']"] == 3
    assert grown["accsm_cache_misses_total[]"] == 3
    assert after["accsm_workers[]"] >= 3
    assert after["process_resident_memory_bytes[]"] > 0


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_operations_accept_get_and_head_only(server: Server, path: str) -> None:
    assert httpx.post(server.url + path).status_code == 405
    assert httpx.head(server.url + path).status_code == 200


def test_the_log_has_a_line_of_json_for_each_request(small: Path) -> None:
    with running(small, "--access-log") as server:
        for query in (VALUE, VALUE, "nonsense"):
            ask(server, query)
        httpx.post(f"{server.url}/sparql", data={"query": VALUE})
        httpx.get(f"{server.url}/nowhere?query=x")
        until(lambda: "/nowhere" in server.log.read_text())
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if line[0] == "{"]
    assert [(line["method"], line["path"], line["status"], line["outcome"]) for line in lines] == [
        ("GET", "/sparql", 200, "ok"),
        ("GET", "/sparql", 200, "ok"),
        ("GET", "/sparql", 400, "syntax"),
        ("POST", "/sparql", 200, "ok"),
        ("GET", "/nowhere", 404, "refused"),
    ]
    first, cached, wrong, posted, _ = lines
    assert first["query"] == cached["query"] == posted["query"] != wrong["query"]
    assert re.fullmatch(r"[0-9a-f]{16}", first["query"])
    assert first["rows"] == 1
    assert first["bytes"] > 50
    assert 0 < first["ms"] < 5000
    assert "127.0.0.1" not in str(lines)


def test_there_is_no_access_log_by_default(small: Path) -> None:
    with running(small) as server:
        ask(server, VALUE)
        assert "{" not in server.log.read_text()


def test_a_client_may_shorten_the_timeout(server: Server) -> None:
    answer = ask(server, CROSS, timeout="0.2")
    assert answer.status_code == 504
    assert "0.2 seconds. `timeout=` may be up to 5." in answer.json()["detail"]


def test_one_client_cannot_occupy_all_workers(server: Server) -> None:
    def occupy() -> None:
        ask(server, CROSS, "127.0.0.3", timeout="3")

    threads = [threading.Thread(target=occupy) for _ in range(3)]
    for thread in threads:
        thread.start()
    until(lambda: metrics(server)["accsm_queries_long[]"] == 2)
    assert ask(server, "ASK {} # other").status_code == 200
    for pid in [worker for fork_server in children(server.pid) for worker in children(fork_server)]:
        assert os.getpriority(os.PRIO_PROCESS, pid) in (2, 12)
    for thread in threads:
        thread.join()


def test_a_client_that_floods_the_pages_does_not_block_others(small_path: Path) -> None:
    stop = threading.Event()
    statuses: list[int] = []

    def flood(number: int) -> None:
        with httpx.Client(timeout=30) as client:
            while not stop.is_set():
                page = f"{server.url}/doc/country/KHM?x={number}.{len(statuses)}"
                statuses.append(client.get(page, headers={"Accept": "text/html"}).status_code)

    with running(small_path, MEMORY="1024", CACHE="0") as server:
        threads = [threading.Thread(target=flood, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        until(lambda: len(statuses) > 40)
        transport = httpx.HTTPTransport(local_address="127.0.0.2")
        with httpx.Client(transport=transport, timeout=30) as other:
            pages = [f"/doc/country/LAO?x={number}" for number in range(5)]
            found = {other.get(server.url + page).status_code for page in [*pages, "/healthz"]}
        stop.set()
        for thread in threads:
            thread.join()
    assert found == {*statuses} == {200}


def test_the_rate_limit_applies_to_each_client(small: Path) -> None:
    with running(small, RATE="2") as server:
        found = [ask(server, VALUE) for _ in range(10)]
        with ThreadPoolExecutor(15) as pool:  # at once, so that a slow machine exceeds the rate
            found += pool.map(lambda _: ask(server, VALUE), range(30))
        other = ask(server, VALUE, "127.0.0.2")
        style = httpx.get(f"{server.url}/static/style.css")
        assert httpx.get(f"{server.url}/healthz").status_code == 200
    statuses = [answer.status_code for answer in found]
    assert statuses[:10] == [200] * 10
    assert 429 in statuses
    refused = found[statuses.index(429)]
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json()["status"] == 429
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert (other.status_code, style.status_code) == (200, 200)


@pytest.mark.parametrize(("proxies", "kept"), [("127.0.0.1", False), ("10.0.0.1", True)])
def test_only_a_trusted_proxy_names_clients(small: Path, proxies: str, kept: bool) -> None:
    with running(small, RATE="0.2", PROXIES=proxies) as server:
        statuses = {
            httpx.get(
                f"{server.url}/sparql",
                params={"query": VALUE},
                headers={"X-Forwarded-For": f"192.0.2.{number}"},
            ).status_code
            for number in range(5)
        }
    assert (429 in statuses) == kept


def test_a_burst_is_allowed_and_then_the_rate() -> None:
    limiter = Limiter(10)
    assert [limiter.wait("a", 0.0) for _ in range(50)] == [0.0] * 50
    assert limiter.wait("a", 0.0) == pytest.approx(0.1)
    assert limiter.wait("b", 0.0) == 0.0
    assert limiter.wait("a", 0.11) == 0.0
    assert limiter.wait("a", 0.11) > 0
    assert Limiter(0).wait("a", 0.0) == 0.0


@pytest.mark.parametrize(("client", "limited"), [("127.0.0.1", False), ("::1", False), ("a", True)])
def test_loopback_is_exempt_from_the_default_rate(client: str, limited: bool) -> None:
    limiter, strict = Limiter(None), Limiter(50)
    assert any(limiter.wait(client, 0.0) for _ in range(1000)) == limited
    assert any(strict.wait(client, 0.0) for _ in range(1000))


def test_a_client_is_an_address_or_a_network() -> None:
    hosts = ["192.0.2.1", "2001:db8::1", "2001:db8::2", "::ffff:192.0.2.1", "::1", "unknown"]
    found = [client_of({"client": (host, 1)}) for host in hosts]
    network = "2001:db8::/64"
    assert found == ["192.0.2.1", network, network, "192.0.2.1", "::1", "unknown"]
    assert client_of({"client": None}) == ""


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ACCSM_TIMEOUT", "soon"),
        ("ACCSM_ROWS", "-1"),
        ("ACCSM_ROWS", "0.5"),
        ("ACCSM_MEMORY", "nan"),
        ("ACCSM_MEMORY", "1.5"),
        ("ACCSM_MEMORY", "1023"),
        ("ACCSM_CACHE", "0.5"),
        ("ACCSM_RATE", "inf"),
        ("ACCSM_TIMEOUT", "1e300"),
        ("ACCSM_MEMORY", "1e300"),
        ("ACCSM_ROWS", "1e300"),
        ("ACCSM_RATE", "1e300"),
        ("ACCSM_CACHE", "1e300"),
        ("ACCSM_KEEP", "50"),
        ("ACCSM_PROXIES", "127.0.0.1,proxy.example.org"),
        ("ACCSM_PROXIES", "10.0.0.1/8"),
        ("ACCSM_SERVICE", "https://example.org/sparql file:///etc/passwd"),
    ],
)
def test_an_invalid_setting_is_named_in_the_error(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=name):
        from_environment({name: text})


def test_proxies_are_addresses_and_networks() -> None:
    for text in ("", "*", "127.0.0.1, ::1", "10.0.0.0/8,2001:db8::/32"):
        assert from_environment({"ACCSM_PROXIES": text}).proxies == text


def send_sighup(server: Server, dataset: Path) -> None:
    os.kill(server.pid, signal.SIGHUP)


def do_nothing(server: Server, dataset: Path) -> None:
    """The server notices a changed file by itself."""


@pytest.mark.parametrize("trigger", [send_sighup, do_nothing])
def test_a_new_build_is_served_without_dropping_a_request(
    small: Path, trigger: Callable[[Server, Path], None]
) -> None:
    found: list[str] = []
    with running(small) as server:
        stop = threading.Event()

        def watch() -> None:
            while not stop.is_set():
                found.append(value(ask(server, f"{VALUE} # {len(found)}")))

        threads = [threading.Thread(target=watch) for _ in range(3)]
        for thread in threads:
            thread.start()
        until(lambda: len(found) > 10)
        assert set(found) == {"1"}
        small.write_text(TRIPLE.format(2))
        trigger(server, small)
        until(lambda: found[-3:] == ["2"] * 3)
        until(lambda: len(children(server.pid)) == 1)
        stop.set()
        for thread in threads:
            thread.join()
        assert metrics(server)["accsm_reloads_total['done']"] == 1
        assert value(ask(server, VALUE)) == "2"
    assert set(found) == {"1", "2"}


def test_a_running_query_is_answered_from_the_old_build(small: Path) -> None:
    long = "SELECT (COUNT(*) AS ?o) { " + " ".join(
        f"{{ SELECT ?s{n} {{ VALUES ?s{n} {{ {'1 ' * 200} }} }} }}" for n in range(3)
    )
    answers: list[httpx.Response] = []
    with running(small) as server:
        query = f"{long} <urn:a> <urn:b> 1 }}"
        thread = threading.Thread(target=lambda: answers.append(ask(server, query)))
        thread.start()
        time.sleep(0.2)
        small.write_text(TRIPLE.format(2))
        os.kill(server.pid, signal.SIGHUP)
        until(lambda: value(ask(server, VALUE)) == "2")
        thread.join()
    assert value(answers[0]) == str(200**3)


def test_long_queries_of_the_old_and_the_new_build_share_their_number(small: Path) -> None:
    endless = " ".join(
        f"{{ SELECT ?s{n} {{ VALUES ?s{n} {{ {'1 ' * 200} }} }} }}" for n in range(5)
    )
    most = Budget.divide(LEAST).long

    def attack(server: Server, number: int) -> httpx.Response:
        query = f"SELECT (COUNT(*) AS ?o) {{ {endless} }} # {number}"
        return ask(server, query, f"127.0.0.{10 + number}", patience=120)

    with (
        ThreadPoolExecutor() as threads,
        running(small, MEMORY=str(LEAST), TIMEOUT="100") as server,
    ):
        old = [threads.submit(attack, server, number) for number in range(most)]
        until(lambda: metrics(server)["accsm_queries_long[]"] == most)
        small.write_text(TRIPLE.format(2))
        os.kill(server.pid, signal.SIGHUP)
        until(lambda: value(ask(server, VALUE)) == "2")
        assert metrics(server)["accsm_queries_long[]"] == most
        threads.submit(attack, server, most)
        until(lambda: any(query.done() for query in old))
        given_way = [query.result() for query in old if query.done()]
        assert [answer.status_code for answer in given_way] == [503]
        assert "gave way to the queries of others" in given_way[0].text
        assert metrics(server)["accsm_queries_long[]"] == most
        assert value(ask(server, f"{VALUE} # beside")) == "2"


def test_an_unreadable_build_is_not_served(small: Path) -> None:
    with running(small) as server:
        assert value(ask(server, VALUE)) == "1"
        small.write_text("<urn:a> <urn:b> ")
        os.kill(server.pid, signal.SIGHUP)
        until(lambda: metrics(server).get("accsm_reloads_total['failed']"))
        assert value(ask(server, f"{VALUE} # again")) == "1"
        assert "still serving the old one" in server.log.read_text()
        small.write_text(TRIPLE.format(3))
        until(lambda: value(ask(server, VALUE)) == "3")


@pytest.mark.parametrize(("keep", "served"), [("", "4"), ("0", "1")])
def test_a_build_with_less_than_half_of_the_statements_is_not_served(
    small: Path, keep: str, served: str
) -> None:
    count = "SELECT (COUNT(*) AS ?o) { ?s ?p ?n }"
    small.write_text("".join(TRIPLE.format(n) for n in range(4)))
    with running(small, KEEP=keep) as server:
        assert value(ask(server, count)) == "4"
        small.write_text(TRIPLE.format(1))
        os.kill(server.pid, signal.SIGHUP)
        outcome = "failed" if keep == "" else "done"
        until(lambda: metrics(server).get(f"accsm_reloads_total['{outcome}']"))
        assert value(ask(server, f"{count} # again")) == served
        refused = "the new dataset has 1 statements, still serving the old one with 4" in (
            server.log.read_text()
        )
        assert refused == (keep == "")


def test_a_packed_dataset_is_served_and_so_is_the_next(tmp_path: Path) -> None:
    path = tmp_path / "small.ttl.gz"
    path.write_bytes(gzip.compress(TRIPLE.format(1).encode()))
    with running(path) as server:
        assert value(ask(server, VALUE)) == "1"
        whole = gzip.compress(TRIPLE.format(2).encode())
        path.write_bytes(whole[:-9])
        os.kill(server.pid, signal.SIGHUP)
        until(lambda: "small.ttl.gz: damaged" in server.log.read_text())
        assert value(ask(server, f"{VALUE} # again")) == "1"
        path.write_bytes(whole)
        until(lambda: value(ask(server, VALUE)) == "2")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_stops_without_leaving_processes(small: Path, number: signal.Signals) -> None:
    with running(small) as server:
        pids, log = [server.pid, *children(server.pid)], server.log.read_text()
        os.kill(server.pid, number)
        until(lambda: not any(Path(f"/proc/{pid}/exe").exists() for pid in pids))
        assert server.log.read_text() == log
