"""Entity tags: how they are made and compared (RFC 9110, section 8.8.3).

A tag is a hash of all that a response depends on (see `tagger`) or of its bytes. A packed response
has other bytes than the plain one, so that the name of its coding is added to the tag. Who has
what a tag stands for is answered 304 by `response_cache`.
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
    """Return what makes the tags of what one dataset answers, given what it is asked.

    The tags differ with all that is ``given``: the dataset, the code, the limits.
    """
    start = _digest(given)

    def tag(*asked: object) -> str:
        digest = start.copy()
        digest.update(repr(asked).encode())
        return digest.hexdigest()

    return tag


def matching(if_none_match: str, current: str) -> str | None:
    """Return the tag of the list that stands for ``current``, weakly compared (RFC 9110, 13.1.2).

    A tag that only adds the name of a coding stands for the same content.

    >>> matching('W/"a", "b-gzip"', "b")
    'b-gzip'
    """
    if if_none_match.strip() == "*":
        return current
    given = _TAGS.findall(if_none_match)
    return next((found for found in given if _CODING.sub("", found) == current), None)


class EntityTags:
    """ASGI middleware that tags responses that may be kept and have no tag yet."""

    def __init__(self, app: ASGIApp) -> None:
        """Tag the responses of ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and tag its response."""
        await self._app(scope, receive, tagging(send))


def tagging(send: Send) -> Send:
    """Return a `send` that tags a response if it may be kept, has no tag and comes in one piece."""
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
