"""The process of `accsm-kg mcp`: tools for assistants on the standard streams, or over HTTP."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import uvloop
from mcp.server import transport_security
from mcp.server.transport_security import TransportSecuritySettings
from starlette.types import ASGIApp, Receive, Scope, Send

from accsm_server import serve
from accsm_server.engine.interface import CLIENT
from accsm_server.errors import MethodNotAllowed
from accsm_server.http import problems
from accsm_server.http.context import ensure_task
from accsm_server.http.middleware.metrics import Counts
from accsm_server.http.middleware.request_check import RequestCheck
from accsm_server.mcp.server import create_server
from accsm_server.reload import Endpoint, Reloader
from accsm_server.settings import from_environment
from accsm_server.sparql.protocol import MAX_BODY

#: The path at which assistants find the tools.
PATH = "/mcp"
_POST = "This address is for assistants, which send POST: see docs/assistants.md."
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def on_streams(dataset: Path | Endpoint, base: str = "") -> None:
    """Answer on standard output what a client asks on standard input, until that ends.

    The dataset is loaded first. Raises ValueError or OSError as `serve.serve` does.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # else it waits for a line
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_on_streams(dataset, base))


async def _on_streams(dataset: Path | Endpoint, base: str) -> None:
    reloader = serve.reloading(dataset, from_environment(), Counts("accsm", ()), base=base)
    try:
        await reloader.open()
        reloader.start(reloader.watch())
        reloader.start(reloader.check())
        await create_server(reloader.use).run_stdio_async()
    finally:
        await reloader.close()


def over_http(
    dataset: Path | Endpoint,
    host: str,
    port: int,
    ready: Callable[[str, str], None],
    hosts: Iterable[str] = (),
    access_log: bool = False,
    base: str = "",
    tell: Callable[[str], object] = str,
) -> None:
    """Answer at `PATH` by streamable HTTP until stopped: see `serve.serve`.

    Requests to other hosts than ``host``, the loopback ones and ``hosts`` are refused, so that no
    page in a browser can reach the server by another name.
    """
    wild = host in ("0.0.0.0", "::")
    own = () if wild else (f"[{host}]" if ":" in host else host,)
    security = _allowed((*_LOOPBACK, *own, *hosts))

    @asynccontextmanager
    async def front(reloader: Reloader) -> AsyncIterator[ASGIApp]:
        server = create_server(reloader.use)
        app = server.streamable_http_app(
            streamable_http_path=PATH,
            json_response=True,
            stateless_http=True,
            max_request_body_size=MAX_BODY,
            transport_security=security,
        )
        async with server.session_manager.run():
            yield RequestCheck(_in_task(app))

    logging.getLogger(transport_security.__name__).setLevel(logging.ERROR)  # it repeats headers
    serve.serve(dataset, host, port, ready, "", access_log, base, tell, front)


def _allowed(hosts: Iterable[str]) -> TransportSecuritySettings:
    """Return the settings that allow ``hosts``, those without a port with any."""
    names = [name for host in dict.fromkeys(hosts) for name in (host, f"{host}:*")]
    origins = [f"{scheme}://{name}" for name in names for scheme in ("http", "https")]
    return TransportSecuritySettings(allowed_hosts=names, allowed_origins=origins)


def _in_task(app: ASGIApp) -> ASGIApp:
    """Return ``app`` in an asyncio task, in which queries are those of the client.

    It has no sessions, so that there is nothing to GET or DELETE.
    """

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        CLIENT.set(scope["request_context"].client)
        await ensure_task()
        if scope["path"] == PATH and scope["method"] != "POST":
            refusal = MethodNotAllowed("Method not allowed", _POST, headers={"Allow": "POST"})
            await problems.send_error(refusal, scope, receive, send)
        else:
            await app(scope, receive, send)

    return call
