"""What the site remembers of a dataset: loaded once, for all that wait for it."""

import asyncio
from types import SimpleNamespace
from typing import cast

import pytest
from accsm_server.engine.interface import Engine
from accsm_server.errors import OutOfMemory
from accsm_server.pages.queries import Site
from accsm_server.sparql.served import ServedDataset

from accsm_kg.namespaces import BASE, prefixes


def test_a_load_goes_on_when_one_of_its_clients_disconnects() -> None:
    calls: list[str] = []

    async def load(site: Site, about: str) -> str:
        calls.append(about)
        await asyncio.sleep(0.01)
        return about.upper()

    async def main() -> None:
        site = Site(cast(ServedDataset, None))
        first, second = (asyncio.create_task(site.load(load, "a")) for _ in range(2))
        await asyncio.sleep(0)
        first.cancel()
        assert await second == "A"
        alone = asyncio.create_task(site.load(load, "b"))
        await asyncio.sleep(0)
        alone.cancel()
        assert await site.load(load, "b") == "B"
        assert first.cancelled() and alone.cancelled()
        assert site._loaded._tasks == {}

    asyncio.run(main())
    assert calls == ["a", "b"]


def test_those_that_wait_share_an_error_and_later_ones_load_again() -> None:
    calls: list[str] = []

    async def load(site: Site) -> str:
        calls.append("")
        await asyncio.sleep(0.01)
        if len(calls) == 1:
            raise OutOfMemory("too much")
        return "found"

    async def main() -> None:
        site = Site(cast(ServedDataset, None))
        found = await asyncio.gather(*(site.load(load) for _ in range(3)), return_exceptions=True)
        assert [type(one) for one in found] == [OutOfMemory] * 3
        assert await site.load(load) == "found"
        with pytest.raises(KeyError):
            site._loaded._tasks[load,]

    asyncio.run(main())
    assert len(calls) == 2


def test_root_paths_share_what_has_no_links_and_only_some_are_remembered() -> None:
    calls: list[str] = []

    async def load(site: Site) -> str:
        calls.append(site.root)
        return site.root

    async def main(site: Site) -> None:
        here, there = site.at(""), site.at("/kg")
        assert here is site
        assert there is site.at("/kg")
        assert there.profile is site.profile
        assert there.dumps is site.dumps
        assert [await one.load_links(load) for one in (here, there, here, there)] == [
            "", "/kg", "", "/kg",
        ]  # fmt: skip
        assert [await one.load(load) for one in (here, there)] == ["", ""]
        for number in range(50):
            site.at(f"/{number}")
            site.at("/kg")
        assert site.at("/kg") is there
        assert len(site._elsewhere) < 10

    engine = cast(Engine, SimpleNamespace(base=BASE))
    asyncio.run(main(Site(ServedDataset(engine, prefixes()))))
    assert calls == ["", "/kg", ""]
