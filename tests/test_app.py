"""The application of pages: what it answers when something unexpected fails."""

import asyncio
from typing import Any, cast

import httpx
import pytest
from accsm_server.app import create_pages
from accsm_server.http.context import RequestContext
from accsm_server.pages.queries import Site
from accsm_server.sparql.served import ServedDataset
from starlette.types import Receive, Scope, Send


@pytest.mark.parametrize("accept", ["application/problem+json", "text/plain"])
def test_a_failure_is_answered_as_other_errors_and_raised(accept: str) -> None:
    pages = create_pages(Site(cast(ServedDataset, None)))
    raised: list[Exception] = []

    def fail() -> None:
        raise KeyError("secret")

    pages.add_api_route("/failing", fail)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["request_context"] = RequestContext(scope)
        try:
            await pages(scope, receive, send)
        except KeyError as error:
            raised.append(error)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(cast(Any, app))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get("/failing", headers={"Accept": accept})

    answer = asyncio.run(ask())
    assert answer.status_code == 500
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"].partition(";")[0] == accept
    assert "Internal Server Error" in answer.text and "secret" not in answer.text
    assert len(raised) == 1
