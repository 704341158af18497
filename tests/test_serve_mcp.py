"""The process of `accsm-kg mcp`: on the standard streams and over HTTP, with the SDK's client."""

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from project import COMMAND, ROOT, python_path, run
from serving import children, until

CROSS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
BRACES = "ASK " + "{" * 5000
COUNT = "SELECT (COUNT(*) AS ?n) { ?p a accsm:Project }"
#: A call of each tool, and what is in the answer.
CALLS: dict[str, tuple[dict[str, Any], str]] = {
    "search": ({"words": "A.2.2.iv"}, "action-line-apsc-2025:A.2.2.iv"),
    "describe": ({"thing": "country:KHM"}, "source:001 (official, primary), line "),
    "trace": ({"key": "33"}, "source:001 (official, primary), line 158"),
    "list_questions": ({"words": "partner"}, "projects-without-partner"),
    "ask": ({"question": "projects-without-partner"}, "source:001 (official, primary), line "),
    "query": ({"sparql": COUNT}, "n\n41"),
    "vocabulary": ({"name": "accsm:Project"}, "A numbered activity of a work plan."),
}
HELLO = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def environment(**settings: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ACCSM_", "PYTHON"))}
    own = {f"ACCSM_{name}": value for name, value in settings.items()}
    return kept | own | {"PYTHONPATH": python_path()}


@contextmanager
def over_http(
    path: Path, *options: str, stderr: IO[str] | None = None, **settings: str
) -> Iterator[tuple[str, int]]:
    """Serve ``path`` to assistants; yields the address and the process."""
    command = [*COMMAND, "mcp", str(path), "--http", "--port", "0", *options]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environment(**settings)
    ) as process:
        try:
            assert process.stdout
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found
            yield found[0], process.pid
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture(scope="module")
def url(known_path: Path) -> Iterator[str]:
    with over_http(known_path, "--allow-host", "kg.example.org", TIMEOUT="2") as (url, _):
        yield url


@asynccontextmanager
async def connected(transport: str, url: str, path: Path, mode: Any) -> AsyncIterator[Client]:
    words = [*COMMAND[1:], "mcp", str(path)]
    streams = StdioServerParameters(command=COMMAND[0], args=words, env=environment(TIMEOUT="2"))
    async with Client(url if transport == "http" else streams, mode=mode) as client:
        yield client


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_every_tool_answers(transport: str, mode: str, url: str, known_path: Path) -> None:
    async def main() -> dict[str, str]:
        async with connected(transport, url, known_path, mode) as client:
            assert [tool.name for tool in (await client.list_tools()).tools] == [*CALLS]
            found = {}
            for name, (values, _) in CALLS.items():
                result = await client.call_tool(name, values)
                assert not result.is_error, result
                found[name] = getattr(result.content[0], "text", "")
            return found

    answers = asyncio.run(main())
    assert [name for name, (_, part) in CALLS.items() if part not in answers[name]] == []


@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_hostile_queries_end_in_an_error_and_the_next_call_works(
    transport: str, url: str, known_path: Path
) -> None:
    async def main() -> None:
        async with connected(transport, url, known_path, "auto") as client:
            for query in (CROSS, BRACES, "SELECT " + "(" * 100_000):
                assert (await client.call_tool("query", {"sparql": query})).is_error
                result = await client.call_tool("query", {"sparql": COUNT})
                assert not result.is_error

    asyncio.run(main())


def test_calls_at_once_are_answered(url: str, known_path: Path) -> None:
    async def main() -> list[bool]:
        async with connected("http", url, known_path, "auto") as client:
            calls = (client.call_tool("query", {"sparql": COUNT}) for _ in range(20))
            return [bool(result.is_error) for result in await asyncio.gather(*calls)]

    assert asyncio.run(main()) == [False] * 20


def test_standard_output_has_messages_only(known_path: Path) -> None:
    version = {"protocolVersion": "2025-11-25", "capabilities": {}}
    hello = {**version, "clientInfo": {"name": "test", "version": "1"}}
    messages: list[dict[str, Any]] = [
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        *({"jsonrpc": "2.0", "id": number, "method": "tools/call",
           "params": {"name": "query", "arguments": {"sparql": query}}}
          for number, query in enumerate((CROSS, BRACES, COUNT), 2)),
    ]  # fmt: skip
    with subprocess.Popen(
        [*COMMAND, "mcp", str(known_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment(TIMEOUT="2"),
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        lines = []
        process.stdin.write("this is no message\n")
        for message in messages:
            process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        while {line.get("id") for line in lines} < {1, 2, 3, 4}:
            lines.append(json.loads(process.stdout.readline()))
        process.stdin.close()
        rest = process.stdout.read()
        assert process.wait(timeout=20) == 0
    assert rest == ""
    assert all(line["jsonrpc"] == "2.0" for line in lines)


def test_a_process_that_is_ended_leaves_none(known_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "mcp", str(known_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(),
    ) as process:  # fmt: skip
        until(lambda: len(children(process.pid)) > 0)
        (fork_server,) = children(process.pid)
        until(lambda: len(children(fork_server)) > 0)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=20)
    until(lambda: not Path(f"/proc/{fork_server}").exists())


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Host": "kg.example.org.evil.example"}, 421),
        ({"Host": "kg.example.org"}, 200),
        ({"Host": "kg.example.org:8443", "Origin": "https://kg.example.org:8443"}, 200),
        ({"Host": "localhost:99", "Origin": "http://localhost:99"}, 200),
    ],
)
def test_only_hosts_that_are_allowed_are_answered(
    url: str, headers: dict[str, str], status: int
) -> None:
    answer = httpx.post(url, json=HELLO, headers={**ACCEPT, **headers})
    assert answer.status_code == status


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
def test_there_are_no_sessions_to_get_or_delete(url: str, method: str) -> None:
    answer = httpx.request(method, url, headers=ACCEPT, timeout=10)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 400), (b'{"jsonrpc": "2.0"}', 400), (b" " * (2 << 20), 413)],
    ids=["broken", "list", "empty", "large"],
)
def test_wrong_bodies_are_refused(url: str, body: bytes, status: int) -> None:
    headers = {**ACCEPT, "Content-Type": "application/json"}
    assert httpx.post(url, content=body, headers=headers).status_code == status


def test_headers_of_clients_are_checked_and_not_logged(small_path: Path, tmp_path: Path) -> None:
    given = [
        {"Host": "localhost:1@evil.example"},
        {"Host": "\x9b31m"},
        {"Host": "a" * 300},
        {"Host": "evil.example"},
        {"Host": "localhost", "Origin": "\x9b31m" * 1000},
    ]
    found = []
    with (tmp_path / "log").open("w") as log, over_http(small_path, stderr=log) as (url, _):
        for one in given:
            headers = {name: value.encode("latin-1") for name, value in (ACCEPT | one).items()}
            found.append(httpx.post(url, json=HELLO, headers=headers).status_code)
    assert found == [400, 400, 400, 421, 403]
    said = (tmp_path / "log").read_text()
    assert [word for word in ("31m", "evil", "aaa") if word in said] == []


def test_its_health_is_told_and_pages_are_not_served(url: str) -> None:
    address = url.removesuffix("/mcp")
    assert httpx.get(f"{address}/healthz").json()["status"] == "ok"
    assert httpx.get(f"{address}/metrics").status_code == 200
    assert httpx.get(f"{address}/projects").status_code == 404


def test_a_new_dataset_is_taken_over(known_path: Path, small_path: Path, tmp_path: Path) -> None:
    path = tmp_path / "data.nq"
    shutil.copy(small_path, path)

    async def count(url: str) -> str:
        async with Client(url) as client:
            result = await client.call_tool("query", {"sparql": COUNT})
            return getattr(result.content[0], "text", "")

    with over_http(path) as (url, _):
        assert "41" not in asyncio.run(count(url))
        shutil.copy(known_path, tmp_path / "new.nq")
        (tmp_path / "new.nq").replace(path)
        until(lambda: asyncio.run(count(url)).endswith("n\n41"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("<a> <b", "data.nt:1"), (None, "does not exist; name another file")],
    ids=["faulty", "missing"],
)
def test_a_dataset_that_cannot_be_read_is_reported(
    tmp_path: Path, content: str | None, sentence: str
) -> None:
    path = tmp_path / "data.nt"
    if content:
        path.write_text(content)
    with subprocess.Popen(  # its standard input stays open, as that of a client does
        [*COMMAND, "mcp", str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment(),
    ) as process:  # fmt: skip
        assert process.wait(timeout=60) == 2
        assert process.stdout
        assert process.stderr
        assert process.stdout.read() == ""
        assert sentence in process.stderr.read()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--allow-host", "https://kg.example.org"], "give the name of a host"),
        (["--allow-host", "kg.example.org"], "are for --http"),
        (["--http", "--endpoint", "http://127.0.0.1:9/", "data.nq"], "not both"),
    ],
)
def test_wrong_options_are_refused(options: list[str], sentence: str) -> None:
    found = run("mcp", *options)
    assert found.returncode == 2
    assert sentence in re.sub(r"[│\s]+", " ", found.stderr)


def test_the_example_of_the_documentation_prints_what_it_says(url: str) -> None:
    text = (ROOT / "docs" / "assistants.md").read_text()
    code, printed = (re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)[0]
                     for kind in ("python", "text"))  # fmt: skip
    program = code.replace("http://127.0.0.1:8001/mcp", url)
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert found.stdout == printed, found.stderr


def test_without_the_extra_it_is_said_how_to_install_it(known_path: Path) -> None:
    code = "import sys; sys.modules['mcp'] = None; from accsm_kg.cli import app; app()"
    found = subprocess.run(
        [sys.executable, "-P", "-c", code, "mcp", str(known_path)],
        capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=60,
    )  # fmt: skip
    assert found.returncode == 2
    assert found.stdout == ""
    assert found.stderr == "error this needs the MCP SDK: pip install 'accsm-kg[mcp]'\n"
