"""What the site remembers of a dataset: loaded once, for all that wait for it."""

import asyncio
from typing import cast

import pytest
from accsm_server.errors import OutOfMemory
from accsm_server.pages.queries import Site
from accsm_server.sparql.served import ServedDataset


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
        assert site._loading == {}

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
            site._loading[load,]

    asyncio.run(main())
    assert len(calls) == 2
