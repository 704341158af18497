"""Entity tags: how they are made and compared (RFC 9110, section 8.8.3).

A tag is a hash of everything that a response depends on (see `tagger`), or of its headers and
body. A compressed response has other bytes, so the name of its coding is appended to the tag.
Responses with status 304 are sent by `response_cache`.
"""

import re
from collections.abc import Callable
from hashlib import blake2b

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from accsm_server.http.headers import Headers
from accsm_server.http.middleware.compression import CODINGS

_CODING = re.compile(rf"-(?:{'|'.join(coding.name for coding in CODINGS)})$")
_TAGS = re.compile(r'(?:W/)?"([^"]*)"')


def tagger(*given: object) -> Callable[..., str]:
    """Return a function that makes a tag from the arguments that describe one request.

    All tags depend on ``given``, such as the versions of the dataset and the code.
    """
    start = _digest(given)

    def tag(*parts: object) -> str:
        digest = start.copy()
        digest.update(repr(parts).encode())
        return digest.hexdigest()

    return tag


def matching(if_none_match: str, current: str) -> str | None:
    """Return the tag in If-None-Match that matches ``current``, or None (RFC 9110, section 13.1.2).

    The comparison is weak, and ignores the name of a coding at the end.

    >>> matching('W/"a", "b-gzip"', "b")
    'b-gzip'
    """
    if if_none_match.strip() == "*":
        return current
    given = _TAGS.findall(if_none_match)
    return next((found for found in given if _CODING.sub("", found) == current), None)


class EntityTags:
    """ASGI middleware that adds an ETag to cacheable responses without one: see `tagging`."""

    def __init__(self, app: ASGIApp) -> None:
        """Add ETags to responses of ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and add an ETag to its response."""
        await self._app(scope, receive, tagging(send))


def tagging(send: Send) -> Send:
    """Return a `send` that adds an ETag to a public 200 response sent in one piece without one."""
    held: Message | None = None

    async def tag(message: Message) -> None:
        nonlocal held
        if message["type"] == "http.response.start" and _lacks_tag(message):
            held = message
            return
        if held:
            start, held = held, None
            await send(start if message.get("more_body") else _tagged(start, message))
        await send(message)

    return tag


def _lacks_tag(start: Message) -> bool:
    public, tagged = False, False
    for name, value in start["headers"]:
        public = public or (name == b"cache-control" and value.startswith(b"public"))
        tagged = tagged or name == b"etag"
    return public and not tagged and start["status"] == 200


def _tagged(start: Message, message: Message) -> Message:
    headers: Headers = start["headers"]
    digest = _digest(headers)
    digest.update(message.get("body", b""))
    tag = b"etag", f'"{digest.hexdigest()}"'.encode()
    return {**start, "headers": [*headers, tag]}


def _digest(given: object) -> blake2b:
    return blake2b(repr(given).encode(), digest_size=15)
