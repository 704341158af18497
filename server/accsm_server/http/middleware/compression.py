"""Turn an Accept-Encoding header into a coding, and bytes into fewer (RFC 9110, section 12.5.3)."""

import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import brotli

from accsm_server.http.negotiation import weights

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

#: What takes the next piece, and what gives the rest.
Packer = tuple[Callable[[bytes], bytes], Callable[[], bytes]]


@dataclass(frozen=True)
class Coding:
    """A way to pack: its token, how to start, and the level that costs little on the way out."""

    name: str
    start: Callable[[int], Packer]
    level: int

    def pack(self, body: bytes) -> bytes:
        """Return ``body`` packed in one go."""
        pack, rest = self.start(self.level)
        return pack(body) + rest()


def _zstd(level: int) -> Packer:
    packer = zstd.ZstdCompressor(level=level)
    return packer.compress, packer.flush


def _brotli(level: int) -> Packer:
    packer = brotli.Compressor(quality=level)
    return packer.process, packer.finish


def _gzip(level: int) -> Packer:
    packer = zlib.compressobj(level, wbits=31)
    return packer.compress, packer.flush


IDENTITY = Coding("identity", lambda _: (lambda piece: piece, lambda: b""), 0)
ZSTD, BROTLI, GZIP = Coding("zstd", _zstd, 3), Coding("br", _brotli, 3), Coding("gzip", _gzip, 1)
#: In the order in which they are preferred when the client does not care.
CODINGS = (ZSTD, BROTLI, GZIP)


@lru_cache(maxsize=256)
def choose(accept: str) -> Coding | None:
    """Return the coding that an Accept-Encoding header likes best, None when it takes nothing.

    >>> choose("gzip, deflate, br;q=0.9").name
    'gzip'
    >>> choose("gzip;q=0").name
    'identity'
    """
    liked = weights(accept)
    rest = liked.get("*")
    for name, other in (("gzip", "x-gzip"), ("br", "br"), ("zstd", "zstd")):
        liked.setdefault(name, liked.get(other, rest or 0.0))
    best = max(CODINGS, key=lambda coding: liked[coding.name])
    if liked[best.name] > 0 and liked[best.name] >= liked.get("identity", 0.0):
        return best
    return None if liked.get("identity", rest) == 0 else IDENTITY
