"""Turn a dataset and the environment into a listening server."""

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import uvicorn

from server.app import create_app
from server.settings import Settings, from_environment
from server.site import Site
from server.workers.pool import Pool

_BACKLOG = 2048
_GRACE = 3  # seconds that a query may still run when the server is stopped


def serve(dataset: Path, host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve until stopped; see `server.run`."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = from_environment()
    with (
        suppress(KeyboardInterrupt),
        _listen(host, port) as listener,
        asyncio.Runner(loop_factory=_loop_factory()) as runner,
    ):
        runner.run(_serve(dataset, listener, settings, ready))


def _listen(host: str, port: int) -> socket.socket:
    """Return the listening socket: a taken port is found before the dataset is loaded."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise OSError(
            f"cannot listen on {host}:{port}: {error.strerror}; use another port"
        ) from None


def _loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # no wheel for this platform
        return None
    return uvloop.Loop


class _Server(uvicorn.Server):
    """A server that, when it is stopped, lets queries finish for a while and then fails them."""

    def __init__(self, config: uvicorn.Config, pool: Pool) -> None:
        super().__init__(config)
        self._pool = pool

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening and wait for what is going on."""
        timer = asyncio.get_running_loop().call_later(_GRACE, self._pool.fail_all)
        await super().shutdown(sockets)
        timer.cancel()


async def _serve(
    dataset: Path, listener: socket.socket, settings: Settings, ready: Callable[[str], None]
) -> None:
    pool = await Pool.start(dataset, settings)
    try:
        config = uvicorn.Config(
            create_app(Site(pool, pool.base, settings)),
            root_path=settings.root_path,
            access_log=settings.access_log,
            log_level="info" if settings.access_log else "warning",
            server_header=False,
            timeout_graceful_shutdown=2 * _GRACE,
        )
        host, port = listener.getsockname()[:2]
        ready(f"http://{f'[{host}]' if ':' in host else host}:{port}{settings.root_path}/")
        await _Server(config, pool).serve(sockets=[listener])
    finally:
        await pool.close()
