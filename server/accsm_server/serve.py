"""Turn a dataset and the environment into a listening server."""

import asyncio
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import uvicorn
import uvloop

from accsm_server.gate import Gate
from accsm_server.http.connection import Connection, is_our_fault
from accsm_server.reload import Editions
from accsm_server.settings import Settings, from_environment

_BACKLOG = 2048
_GRACE = 3  # seconds that a query may still run when the server is stopped
_PATIENCE = 20.0  # seconds that a connection may be idle, a head may take and a reader may pause


def serve(dataset: Path, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until stopped; see `server.run`."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn.error").addFilter(is_our_fault)
    settings = from_environment()
    _allow_connections()
    with (
        suppress(KeyboardInterrupt),
        _listen(host, port) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(dataset, listener, settings, ready))


def _allow_connections() -> None:
    """Open as many connections as this system lets us."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen(host: str, port: int) -> socket.socket:
    """Return the listening socket: a taken port is found before the dataset is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise OSError(
            f"cannot listen on {host}:{port}: {error.strerror}; use another port"
        ) from None


class _Server(uvicorn.Server):
    """A server that reloads, and that lets queries finish for a while when it is stopped."""

    def __init__(
        self, config: uvicorn.Config, editions: Editions, gate: Gate, ready: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._editions, self._gate, self._ready = editions, gate, ready
        self._terminal = os.isatty(0)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to answer, and say so."""
        await super().startup(sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT, reload at SIGHUP."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        yield

    def _reload(self) -> None:
        if self._terminal and not os.isatty(0):  # the terminal was closed
            self.handle_exit(signal.SIGTERM, None)
        else:
            self._editions.start(self._editions.renew(self._gate))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening and wait for what is going on."""
        timer = asyncio.get_running_loop().call_later(_GRACE, self._editions.fail_all)
        await super().shutdown(sockets)
        timer.cancel()


async def _serve(
    dataset: Path, listener: socket.socket, settings: Settings, ready: Callable[[str], None]
) -> None:
    host, port = listener.getsockname()[:2]
    editions = Editions(dataset, settings)
    try:
        gate = Gate(await editions.open(), settings)
        editions.start(editions.watch(gate))
        config = uvicorn.Config(
            gate,
            http=Connection,
            ws="none",
            lifespan="off",
            root_path=settings.root_path,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,  # the gate reads them
            timeout_keep_alive=min(_PATIENCE, settings.timeout),  # type: ignore[arg-type]
            timeout_graceful_shutdown=2 * _GRACE,
        )
        gc.collect()
        gc.freeze()  # what is there now stays: it need not be looked through again and again
        gc.set_threshold(10_000)  # requests leave hardly any garbage that only this finds
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}{settings.root_path}/"
        await _Server(config, editions, gate, lambda: ready(url)).serve(sockets=[listener])
    finally:
        await editions.close()
