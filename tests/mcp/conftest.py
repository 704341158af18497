"""Tools over the record, called by the SDK's client in memory."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from accsm_server.app import create_site
from accsm_server.engine.pool.pool import Pool
from accsm_server.mcp.server import create_server
from accsm_server.pages.queries import Site
from accsm_server.settings import Settings
from mcp import Client

from accsm_kg.namespaces import CONVENTIONS

SETTINGS = Settings(timeout=20.0, memory=2048)

#: Calls of tools with their arguments, one after the other; each has its text and is_error.
Calls = list[tuple[str, dict[str, Any]]]
Answered = list[tuple[str, bool]]


class Tools:
    """A server over a dataset, and an event loop in which a client calls it."""

    def __init__(self, runner: asyncio.Runner, site: Site) -> None:
        self.runner, self.site = runner, site

        @contextmanager
        def use() -> Iterator[Site]:
            yield site

        self.server = create_server(use)

    def run(self, work: Callable[[Client], Any]) -> Any:
        """Return what ``work`` returns for a connected client."""

        async def connected() -> Any:
            async with Client(self.server) as client:
                return await work(client)

        return self.runner.run(connected())

    def call_all(self, calls: Calls) -> Answered:
        async def work(client: Client) -> Answered:
            return [await called(client, name, values) for name, values in calls]

        found: Answered = self.run(work)
        return found

    def __call__(self, name: str, /, **values: Any) -> str:
        """Return the text of the answer of a tool, which is no error."""
        ((text, is_error),) = self.call_all([(name, values)])
        assert not is_error, text
        return text

    def error(self, name: str, /, **values: Any) -> str:
        """Return the sentences of the error of a tool."""
        ((text, is_error),) = self.call_all([(name, values)])
        assert is_error, text
        return text.removeprefix(f"Error executing tool {name}: ")


async def called(client: Client, name: str, values: dict[str, Any]) -> tuple[str, bool]:
    result = await client.call_tool(name, values)
    (content,) = result.content
    assert result.structured_content is None
    return content.text, bool(result.is_error)


@contextmanager
def over(path: Path, settings: Settings = SETTINGS) -> Iterator[Tools]:
    with asyncio.Runner() as runner:
        pool = runner.run(Pool.start([path], CONVENTIONS, settings))
        site = create_site(pool, settings)
        try:
            yield Tools(runner, site)
        finally:
            site.close()
            runner.run(pool.close())


@pytest.fixture(scope="package")
def tools(known_path: Path) -> Iterator[Tools]:
    with over(known_path) as found:
        yield found
