"""Files that are sent whole or in part: conditions and ranges (RFC 9110, sections 13 and 14).

A file is sent as it is, without a content coding, so that its ranges, length and digest are those
of the bytes on disk.
"""

import asyncio
import os
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from typing import IO

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from accsm_server.errors import PreconditionFailed, RangeNotSatisfiable
from accsm_server.http.context import RequestContext
from accsm_server.http.headers import NO_TRANSFORM
from accsm_server.http.middleware.entity_tags import matching

_CHUNK = 1 << 18  # bytes
_BODY_HEADERS = (b"content-length", b"content-type")
#: One range; several, other units and malformed headers are ignored, as the RFC allows.
_RANGE = re.compile(r"bytes\s*=\s*(\d{1,18})?\s*-\s*(\d{1,18})?", re.IGNORECASE)


@dataclass(frozen=True)
class StoredFile:
    """A file with its size in bytes, its SHA-256 and when it was modified, as a Unix time."""

    file: IO[bytes]
    size: int
    sha256: bytes
    modified: int

    @property
    def last_modified(self) -> str:
        """Return the value of the Last-Modified header."""
        return formatdate(self.modified, usegmt=True)

    async def read(self, start: int, size: int) -> bytes:
        """Return ``size`` bytes from the offset ``start``, without moving a position."""
        return await asyncio.to_thread(os.pread, self.file.fileno(), size, start)


class FileResponse(Response):
    """A Starlette response that sends a stored file, a range of it, or 304."""

    def __init__(
        self, file: StoredFile, headers: Mapping[str, str], caching: str, tag: str
    ) -> None:
        """Send ``file`` with ``headers``, the Cache-Control ``caching`` and the entity tag."""
        digest = b64encode(file.sha256).decode()
        super().__init__(
            headers={
                **headers,
                "Cache-Control": f"{caching}, {NO_TRANSFORM}",
                "ETag": f'"{tag}"',
                "Last-Modified": file.last_modified,
                "Accept-Ranges": "bytes",
                "Repr-Digest": f"sha-256=:{digest}:",
            }
        )
        self._file, self._tag = file, tag

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response; raises RequestError before it begins."""
        context: RequestContext = scope["request_context"]
        if self._has_changed(context):
            raise PreconditionFailed(
                detail="The file is not the one that the request is about.",
                hint="Ask for it without If-Match and If-Unmodified-Since.",
            )
        if self._is_known(context):
            await self._start(send, 304)
            await send({"type": "http.response.body", "body": b""})
            return
        wanted = self._wanted(context)
        part = wanted or range(self._file.size)
        self.headers["Content-Length"] = str(len(part))
        if wanted:
            self.headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{self._file.size}"
        await self._start(send, 206 if wanted else 200)
        await self._send(part if context.method == "GET" else range(0), send)

    async def _start(self, send: Send, status: int) -> None:
        head = self.raw_headers
        if status == 304:
            head = [(name, value) for name, value in head if name not in _BODY_HEADERS]
        await send({"type": "http.response.start", "status": status, "headers": head})

    async def _send(self, part: range, send: Send) -> None:
        for start in range(part.start, part.stop, _CHUNK):
            body = await self._file.read(start, min(_CHUNK, part.stop - start))
            await send({"type": "http.response.body", "body": body, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def _has_changed(self, context: RequestContext) -> bool:
        """Return whether a precondition of the client does not hold (RFC 9110, section 13.2.2)."""
        if tags := context.header(b"if-match"):
            return tags.strip() != "*" and f'"{self._tag}"' not in tags.replace(" ", "").split(",")
        until = _date(context.header(b"if-unmodified-since"))
        return until is not None and self._file.modified > until

    def _is_known(self, context: RequestContext) -> bool:
        """Return whether the client has the file, by its tag or else by its date."""
        if tags := context.header(b"if-none-match"):
            return matching(tags, self._tag) is not None
        since = _date(context.header(b"if-modified-since"))
        return since is not None and self._file.modified <= since

    def _wanted(self, context: RequestContext) -> range | None:
        """Return the range that the client asks for, None for the whole file."""
        found = _RANGE.fullmatch(context.header(b"range").strip())
        if not found or context.method != "GET" or not self._is_same(context.header(b"if-range")):
            return None
        return _resolve(found[1], found[2], self._file.size)

    def _is_same(self, if_range: str) -> bool:
        """Return whether the client has a part of this very file, as far as it says."""
        return if_range in ("", f'"{self._tag}"', self._file.last_modified)


def _resolve(first: str | None, last: str | None, size: int) -> range | None:
    """Return the bytes from ``first`` to ``last``, or the ``last`` ones; None if that is no range.

    Raises RangeNotSatisfiable.

    >>> _resolve("2", None, 10), _resolve("2", "4", 10), _resolve(None, "4", 10)
    (range(2, 10), range(2, 5), range(6, 10))
    """
    if first is None and last is None:
        return None
    if first is None:
        found = range(max(0, size - int(last or 0)), size)
    else:
        found = range(int(first), min(int(last) + 1 if last else size, size))
        if last and int(last) < int(first):
            return None
    if not found:
        raise RangeNotSatisfiable(
            detail=f"The file has {size} bytes.",
            hint="Ask for a range of these, or for the whole file.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return found


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError):
        return None
