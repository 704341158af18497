"""Requests to an ASGI application in this process, without a network."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from starlette.types import ASGIApp

from accsm_server.http.context import RequestContext


@dataclass(frozen=True)
class Reply:
    """The start of a response: its status, and its headers by their names in lower case."""

    status: int
    headers: Mapping[str, str]

    @property
    def media_type(self) -> str:
        """Return the media type of the body, without parameters."""
        return self.headers.get("content-type", "").partition(";")[0]


async def ask(
    app: ASGIApp,
    target: str,
    begin: Callable[[Reply], Callable[[bytes], object]] = lambda reply: len,
    root: str = "http://localhost",
) -> Reply:
    """Get the page at ``target``, a path with its query below the URL ``root`` of the application.

    ``begin`` takes the start of the response, and returns what takes the pieces of its body.
    """
    parts = urlsplit(root)
    path, _, query = target.partition("?")
    sent = parts.path + path
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": parts.scheme,
        "path": unquote(sent), "raw_path": sent.encode(), "query_string": query.encode(),
        "root_path": parts.path, "server": (parts.hostname, parts.port or 80),
        "headers": [(b"host", parts.netloc.encode()), (b"accept", b"text/html,*/*;q=0.1")],
        "client": ("127.0.0.1", 1), "state": {},
    }  # fmt: skip
    scope["request_context"] = RequestContext(scope)
    replies: list[Reply] = []
    write: Callable[[bytes], object] = len

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal write
        if message["type"] == "http.response.start":
            headers = {k.decode("latin-1").lower(): v.decode("latin-1")
                       for k, v in message["headers"]}  # fmt: skip
            replies.append(Reply(message["status"], headers))
            write = begin(replies[0])
        else:
            write(message.get("body", b""))

    await app(scope, receive, send)
    return replies[0]
