"""The server process: it listens, reloads the dataset, and stops."""

import asyncio
import errno
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext, suppress
from pathlib import Path

import uvicorn
import uvloop
from starlette.types import ASGIApp

from accsm_server.app import create_dataset_app, segments
from accsm_server.engine.interface import Engine
from accsm_server.http.connection import Connection, concerns_operator
from accsm_server.http.middleware.access_log import AccessLog
from accsm_server.http.middleware.metrics import Counts, Metrics
from accsm_server.http.middleware.proxy_headers import ProxyHeaders
from accsm_server.http.middleware.rate_limit import RateLimit
from accsm_server.http.middleware.response_cache import ResponseStore
from accsm_server.http.security_headers import HEADERS
from accsm_server.operations import PATHS, Operations
from accsm_server.pages import static_files
from accsm_server.pages.queries import Site
from accsm_server.reload import Endpoint, EndpointReloader, Reloader
from accsm_server.settings import Settings, from_environment

#: Provides, while the server runs, an application that answers in place of the pages.
Front = Callable[[Reloader], AbstractAsyncContextManager[ASGIApp]]

_BACKLOG = 2048
_GRACE = 3  # seconds for running queries when the server is stopped


def serve(
    dataset: Path | Endpoint,
    host: str,
    port: int,
    ready: Callable[[str, str], None],
    root_path: str = "",
    access_log: bool = False,
    base: str = "",
    tell: Callable[[str], object] = str,
    front: Front | None = None,
) -> None:
    """Serve ``dataset`` until stopped, its pages and endpoint or what is in ``front`` of them.

    Until queries are answered, all requests are answered 503, and ``tell`` gets words on how far
    loading is; then ``ready`` gets the URL and a phrase on the memory for queries.
    ``root_path`` is the path prefix that a reverse proxy strips, such as /kg; relative IRIs in the
    files are resolved against ``base``. Raises OSError if the address is in use or a file cannot be
    read, and ValueError if the dataset or a setting is invalid.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn.error").addFilter(concerns_operator)
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # it tells of malformed forms
    settings = from_environment()
    _allow_connections()
    with (
        suppress(KeyboardInterrupt),
        _listen(host, port) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        counts = Counts("accsm", segments())
        reloader = reloading(dataset, settings, counts, root_path, base, tell)
        runner.run(
            _serve(reloader, counts, listener, settings, ready, root_path, access_log, front)
        )


def reloading(
    dataset: Path | Endpoint,
    settings: Settings,
    counts: Counts,
    root_path: str = "",
    base: str = "",
    tell: Callable[[str], object] = str,
) -> Reloader:
    """Return what loads ``dataset``, and loads it again when it changes: see `serve`."""

    def create(engine: Engine, kept: Path | None) -> tuple[ASGIApp, ResponseStore, Site]:
        return create_dataset_app(engine, settings, root_path, kept)

    if isinstance(dataset, Endpoint):
        return EndpointReloader(dataset, settings, create, counts, tell)
    return Reloader(dataset, settings, create, counts, base, tell)


def _allow_connections() -> None:
    """Raise the limit of open files, and so of connections, as far as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen(host: str, port: int) -> socket.socket:
    """Return the listening socket: a taken port is found before the dataset is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise OSError(refusal(error, host, port)) from None


def refusal(error: OSError, host: str, port: int) -> str:
    """Return a message on why the server cannot listen, and the option to change."""
    if error.errno == errno.EADDRINUSE:
        other = f"--port {port + 1}, or --port 0 for any free one" if port < 65535 else "--port 0"
        return f"port {port} of {host} is taken; choose another with {other}"
    if error.errno == errno.EACCES:
        return f"you may not listen on port {port}; choose one above 1023 with --port"
    reason = str(error.strerror).partition(" (while")[0]
    return f"cannot listen on {host}: {reason}; choose an address of this machine with --host"


async def _serve(
    reloader: Reloader,
    counts: Counts,
    listener: socket.socket,
    settings: Settings,
    ready: Callable[[str, str], None],
    root_path: str,
    access_log: bool,
    front: Front | None,
) -> None:
    host, port = listener.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}{root_path}/"
    gc.set_threshold(10_000)  # requests leave no reference cycles
    try:
        async with front(reloader) if front else nullcontext(reloader) as app:
            app = _application(app, reloader, counts, settings, access_log)
            server = _Server(_config(app, settings, root_path), reloader)
            loading = asyncio.create_task(
                _load(reloader, server, lambda: ready(url, str(reloader.budget)))
            )
            await server.serve(sockets=[listener])
            loading.cancel()
            with suppress(asyncio.CancelledError):
                await loading
    finally:
        await reloader.close()


def _config(app: ASGIApp, settings: Settings, root_path: str) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        interface="asgi3",
        http=Connection,
        ws="none",
        lifespan="off",
        root_path=root_path,
        access_log=False,
        log_config=None,
        headers=HEADERS,
        server_header=False,
        proxy_headers=False,  # see ProxyHeaders
        timeout_keep_alive=settings.arrival,  # type: ignore[arg-type]
        timeout_graceful_shutdown=2 * _GRACE,
    )


async def _load(reloader: Reloader, server: uvicorn.Server, ready: Callable[[], None]) -> None:
    """Load the dataset and call ``ready``; stop ``server`` if it cannot be loaded."""
    try:
        await reloader.open()
    except Exception:
        server.should_exit = True
        raise
    gc.collect()
    gc.freeze()  # what exists now is not garbage
    reloader.start(reloader.watch())
    reloader.start(reloader.check())
    ready()


def _application(
    app: ASGIApp, reloader: Reloader, counts: Counts, settings: Settings, access_log: bool
) -> ASGIApp:
    """Return ``app`` in the middlewares that do not depend on the dataset, the outermost last."""
    app = Operations(app, reloader, counts)
    app = RateLimit(app, settings.rate, exempt={*PATHS, *static_files.FILES})
    app = ProxyHeaders(app, settings.proxies)  # type: ignore[arg-type]
    if access_log:
        app = AccessLog(app)
    return Metrics(app, counts)


class _Server(uvicorn.Server):
    """uvicorn's server with reloads, and with a grace period for running queries."""

    def __init__(self, config: uvicorn.Config, reloader: Reloader) -> None:
        super().__init__(config)
        self._reloader = reloader
        self._terminal = os.isatty(0)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT, reload on SIGHUP."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        yield

    def _reload(self) -> None:
        if self._terminal and not os.isatty(0):  # the terminal was closed
            self.handle_exit(signal.SIGTERM, None)
        else:
            self._reloader.start(self._reloader.reload())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, and wait for running requests; end their queries after a while."""
        timer = asyncio.get_running_loop().call_later(_GRACE, self._reloader.interrupt_all)
        await super().shutdown(sockets)
        timer.cancel()
