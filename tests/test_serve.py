"""The command `accsm-kg serve`: its dataset, its port and its errors."""

import errno
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest
from accsm_server.serve import refusal
from project import ROOT, run
from serving import running


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.ttl"
    path.write_text("<urn:a> <urn:b> 1 .")
    return path


@pytest.fixture
def taken() -> Iterator[int]:
    """A port of 127.0.0.1 on which another program listens."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def _refused(*words: str) -> str:
    """Return the standard error of a server that does not start."""
    done = run("serve", *words)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr


def test_port_0_takes_a_free_port_and_the_first_line_names_it(small: Path) -> None:
    with running(small, port=0) as one, running(small, port=0) as other:
        for server in (one, other):
            assert server.log.read_text().splitlines()[0] == f"Serving {small} at {server.url}/"
            assert httpx.get(server.url).status_code == 200
    assert one.url != other.url


def test_requests_are_told_how_far_loading_is(tmp_path: Path) -> None:
    path = tmp_path / "large.nq"
    path.write_text("".join(f'<urn:s{n}> <urn:p{n % 5}> "{n}" .\n' for n in range(400_000)))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    answers: list[httpx.Response] = []
    with ThreadPoolExecutor() as threads, ExitStack() as stack:
        started = threads.submit(stack.enter_context, running(path, port=port))
        while not started.done():
            with suppress(httpx.TransportError):
                answers.append(httpx.get(f"{url}/healthz"))
                page = httpx.get(f"{url}/", headers={"Accept": "application/json"})
                answers += [page] if page.status_code != 200 else []
        assert started.result().url == url
        assert httpx.get(f"{url}/healthz").json()["status"] == "ok"
    health, page = [answer for answer in answers if answer.status_code == 503][:2]
    assert health.json()["status"] == "loading"
    assert page.json()["title"] == "The dataset is being loaded"
    assert health.headers["Retry-After"] == page.headers["Retry-After"] == "2"
    told = [answer.json()["detail"] for answer in answers if answer.status_code == 503]
    assert any(
        re.search(r"^Reading the files: \d+% done, [\d,]+ lines a second", one) for one in told
    )


@pytest.mark.parametrize("prefix", ["kg", "/kg", "/kg/"])
def test_a_path_prefix_is_printed_and_linked(small: Path, prefix: str) -> None:
    with running(small, f"--root-path={prefix}") as server:
        assert server.log.read_text().splitlines()[0] == f"Serving {small} at {server.url}/kg/"
        page = httpx.get(server.url, headers={"Accept": "text/html"}).text
    assert 'href="/kg/sparql"' in page
    assert 'href="/sparql"' not in page


def test_a_taken_port_is_reported_in_one_sentence(small: Path, taken: int) -> None:
    assert _refused(str(small), "--port", str(taken)) == (
        f"error port {taken} of 127.0.0.1 is taken; "
        f"choose another with --port {taken + 1}, or --port 0 for any free one\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1: Cannot assign requested address;"),
        (["--host", "no.invalid"], "cannot listen on no.invalid: "),
        (["--port", "65536"], "Invalid value for '--port'"),
        (["--port", "-1"], "Invalid value for '--port'"),
        (["--root-path", "a b"], "Invalid value for '--root-path'"),
    ],
    ids=" ".join,
)
def test_an_impossible_address_is_refused(small: Path, words: list[str], message: str) -> None:
    found = _refused(str(small), "--port", "0", *words)
    assert message in found
    assert "while attempting" not in found
    assert "Traceback" not in found


@pytest.mark.parametrize(
    ("number", "port", "message"),
    [
        (errno.EADDRINUSE, 65535, "port 65535 of h is taken; choose another with --port 0"),
        (errno.EACCES, 80, "you may not listen on port 80; choose one above 1023 with --port"),
        (errno.EINVAL, 80, "cannot listen on h: x; choose an address of this machine with --host"),
    ],
)
def test_a_refusal_names_the_option_to_use(number: int, port: int, message: str) -> None:
    assert refusal(OSError(number, "x (while attempting to bind)"), "h", port) == message


def test_a_clone_without_a_build_serves_its_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary, empty = tmp_path / "temporary", tmp_path / "empty"
    temporary.mkdir()
    empty.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    with running(None, cwd=empty) as server:
        log = server.log.read_text()
        page = httpx.get(f"{server.url}/id/project/2016-2020/33", follow_redirects=True)
    assert log.startswith(f"Serving the dataset assembled from {ROOT} at ")
    assert page.status_code == 200
    assert [*temporary.iterdir(), *empty.iterdir()] == []
