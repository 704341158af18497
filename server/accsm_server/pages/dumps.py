"""The dataset as files: each is made when it is first needed, and kept until the next build."""

import asyncio
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import file_digest
from itertools import count
from tempfile import TemporaryFile
from typing import IO

from accsm_server.engine.interface import Engine, Query
from accsm_server.errors import DeadlineExceeded, OutOfMemory, QueryError, StorageFull
from accsm_server.http import negotiation
from accsm_server.http.files import StoredFile
from accsm_server.http.middleware import compression
from accsm_server.http.middleware.compression import Compressor
from accsm_server.http.negotiation import Format

_LOG = logging.getLogger(__name__)
_CHUNK = 1 << 20  # bytes
#: The errors after which a file is not tried again.
_LASTING = (DeadlineExceeded, OutOfMemory, StorageFull)
_HINT = "Download the graphs one by one, from the list at /dataset."


@dataclass(frozen=True)
class File:
    """A file with the dataset; ``coding`` is the suffix of its compression."""

    name: str
    format: Format
    coding: str = ""

    @property
    def media_type(self) -> str:
        """Return the media type of the file, compressed or not."""
        return _CODINGS[self.coding][0] or self.format.media_type

    @property
    def is_merged(self) -> bool:
        """Return whether the file holds the default graph alone, which any store can load."""
        return self.format in negotiation.DOCUMENTS

    def compressor(self) -> Compressor:
        """Return a new compressor for the file."""
        _, content_coding, level = _CODINGS[self.coding]
        return content_coding.start(level)


#: Compression by suffix: media type, coding, and a level for files with many readers.
_CODINGS = {
    "": ("", compression.IDENTITY, 0),
    "gz": ("application/gzip", compression.GZIP, 9),
    "zst": ("application/zstd", compression.ZSTD, 12),
}
FILES = {
    file.name: file
    for format in negotiation.GRAPHS
    if format.name in ("nq", "trig", "nt", "ttl")
    for coding in _CODINGS
    for file in [File(f"accsm.{format.name}.{coding}".rstrip("."), format, coding)]
}


class Dumps:
    """The files of one dataset."""

    def __init__(self, engine: Engine, prefixes: Mapping[str, str]) -> None:
        """Make files of the dataset of ``engine``, with ``prefixes``."""
        self._engine, self._prefixes = engine, prefixes
        self._tasks: dict[str, asyncio.Task[StoredFile]] = {}
        self._asking = asyncio.Lock()

    async def get(self, file: File) -> StoredFile:
        """Return ``file``, once it is made; raises QueryError."""
        task = self._tasks.get(file.name)
        if task is None:
            task = self._tasks[file.name] = asyncio.create_task(self._make(file))
            task.add_done_callback(partial(self._done, file))
        try:
            return await asyncio.shield(task)
        except QueryError as error:
            raise error.with_traceback(None) from None

    async def all(self) -> dict[str, StoredFile]:
        """Return the files by name, without those too large to make; raises QueryError."""
        made = await asyncio.gather(*map(self.get, FILES.values()), return_exceptions=True)
        for error in made:
            if isinstance(error, BaseException) and not isinstance(error, _LASTING):
                raise error
        return self.made()

    def made(self) -> dict[str, StoredFile]:
        """Return the files that are made, by name."""
        done = {name: task for name, task in self._tasks.items() if task.done()}
        return {
            name: done[name].result()
            for name in FILES
            if name in done and not done[name].cancelled() and not done[name].exception()
        }

    def close(self) -> None:
        """Remove the files."""
        for task in self._tasks.values():
            task.cancel()
        for stored in self.made().values():
            stored.file.close()

    def _done(self, file: File, task: asyncio.Task[StoredFile]) -> None:
        """Let ``file`` be tried again if it was not made, unless that is in vain."""
        error = None if task.cancelled() else task.exception()
        if isinstance(error, _LASTING):
            _LOG.warning("cannot make %s: %s", file.name, error)
        elif error or task.cancelled():
            self._tasks.pop(file.name, None)

    async def _make(self, file: File) -> StoredFile:
        copy = TemporaryFile()  # noqa: SIM115 - `close` closes it
        try:
            await self._write(file, copy)
            copy.flush()
            size = copy.tell()
            digest = await asyncio.to_thread(_digest, copy)
        except BaseException as error:
            copy.close()
            raise _explained(file, error) from None
        return StoredFile(copy, size, digest, self._engine.modified)

    async def _write(self, file: File, copy: IO[bytes]) -> None:
        if file.coding:
            plain = await self.get(FILES[file.name.removesuffix(f".{file.coding}")])
            await asyncio.to_thread(_pack, plain.file, copy, file.compressor())
            return
        query = Query("", file.format.name, prefixes=self._prefixes, dump=True, internal=True)
        async with self._asking:  # one place of those of pages at most
            answer = await self._engine.answer(query)
            try:
                async for piece in answer:
                    copy.write(piece)
            finally:
                answer.close()


def _pack(plain: IO[bytes], packed: IO[bytes], compressor: Compressor) -> None:
    """Write ``plain`` compressed to ``packed``; others may read it at the same time."""
    compress, flush = compressor
    for start in count(0, _CHUNK):
        if not (piece := os.pread(plain.fileno(), _CHUNK, start)):
            packed.write(flush())
            return
        packed.write(compress(piece))


def _digest(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file_digest(file, "sha256").digest()  # type: ignore[arg-type]


def _explained(file: File, error: BaseException) -> BaseException:
    """Return an error in making ``file`` with advice."""
    if isinstance(error, OSError):
        error = StorageFull(f"{file.name}: {error.strerror}")
    if isinstance(error, _LASTING):
        error.title, error.hint = f"{file.name} could not be made", _HINT
    return error
