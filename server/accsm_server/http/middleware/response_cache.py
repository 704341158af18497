"""Turn answers into what can be sent again: entity tags, and the answers that were asked last.

A tag is a hash of all that the bytes depend on: the dataset, the program and what was asked of
them (see `Tagger`), or of the bytes themselves. So no answer here is ever stale.
"""

import re
from base64 import urlsafe_b64encode
from collections import OrderedDict
from dataclasses import dataclass, field
from hashlib import blake2b

from accsm_server.code_version import program
from accsm_server.http.middleware.compression import CODINGS

Headers = list[tuple[bytes, bytes]]
#: An answer as it is sent in one coding.
Variant = tuple[Headers, bytes]

#: What Cache-Control says of an answer that may be kept by anyone who asks whether it is new.
REVALIDATE = "public, no-cache"
#: What it says of an answer whose address holds its version, and of one that is never the same.
FOREVER, NEVER = "public, max-age=31536000, immutable", "no-store"

_SUFFIX = re.compile(rf"-(?:{'|'.join(coding.name for coding in CODINGS)})$")
_TAGS = re.compile(r'(?:W/)?"([^"]*)"')
_OVERHEAD = 512  # bytes that an entry takes besides what it holds
_SHARE = 8  # an entry takes at most this part of the cache


class Tagger:
    """Makes the entity tags of what one dataset answers."""

    def __init__(self, *given: str) -> None:
        """Make tags that differ with the program and with what is ``given``."""
        self._start = _digest(program(), *given)

    def tag(self, *asked: str) -> str:
        """Return the tag of the answer to ``asked``."""
        digest = self._start.copy()
        digest.update(_framed(asked))
        return _short(digest)


def tag_of(headers: Headers, body: bytes) -> str:
    """Return the entity tag of a response that is at hand."""
    digest = _digest(repr(headers))
    digest.update(body)
    return _short(digest)


def _digest(*parts: str) -> blake2b:
    return blake2b(_framed(parts), digest_size=15)


def _framed(parts: tuple[str, ...]) -> bytes:
    said = "\0".join((*map(str, map(len, parts)), *parts))
    return said.encode("utf-8", "surrogatepass")


def _short(digest: blake2b) -> str:
    return urlsafe_b64encode(digest.digest()).decode()


def matching(if_none_match: str, current: str) -> str | None:
    """Return the tag of the list that stands for ``current``, weakly compared (RFC 9110, 13.1.2).

    A tag that only adds the name of a coding stands for the same content.

    >>> matching('W/"a", "b-gzip"', "b")
    'b-gzip'
    """
    if if_none_match.strip() == "*":
        return current
    given = _TAGS.findall(if_none_match)
    return next((found for found in given if _SUFFIX.sub("", found) == current), None)


@dataclass(slots=True, eq=False)
class Entry:
    """An answer, its headers without those that differ with the coding, and its variants."""

    tag: str
    headers: Headers
    body: bytes
    variants: dict[str, Variant] = field(default_factory=dict)
    """What is sent in each coding that was asked for."""
    keys: list[bytes] = field(default_factory=list)
    size: int = 0


class Cache:
    """The answers asked last, up to a number of bytes."""

    def __init__(self, limit: int) -> None:
        """Hold up to ``limit`` bytes; 0 holds nothing."""
        self.limit, self.largest = limit, limit // _SHARE
        self.size = self.hits = self.misses = 0
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._keys: dict[bytes, Entry] = {}

    def __len__(self) -> int:
        """Return the number of answers held."""
        return len(self._entries)

    def find(self, key: bytes) -> Entry | None:
        """Return the answer to the request ``key``."""
        entry = self._keys.get(key)
        if entry is None:
            self.misses += 1
        else:
            self.hits += 1
            self._entries.move_to_end(entry.tag)
        return entry

    def tagged(self, wanted: str) -> Entry | None:
        """Return the answer whose tag is ``wanted``, however it was asked for."""
        return self._entries.get(wanted)

    def keep(self, key: bytes, entry: Entry) -> Entry:
        """Hold ``entry`` as the answer to ``key``; return it, or its like that is held already."""
        if len(entry.body) + _OVERHEAD > self.largest:
            return entry
        held = self._entries.setdefault(entry.tag, entry)
        if held is entry:
            self.grow(entry, len(entry.body) + _OVERHEAD)
        if key and key not in self._keys:
            held.keys.append(key)
            self._keys[key] = held
            self.grow(held, len(key) + _OVERHEAD)
        return held

    def grow(self, entry: Entry, size: int) -> None:
        """Count ``size`` more for ``entry`` if it is held; let go what was asked least lately."""
        if self._entries.get(entry.tag) is not entry:
            return
        self._entries.move_to_end(entry.tag)
        entry.size += size
        self.size += size
        while self.size > self.limit:
            self._drop(self._entries.popitem(last=False)[1])

    def _drop(self, entry: Entry) -> None:
        self.size -= entry.size
        for key in entry.keys:
            del self._keys[key]
