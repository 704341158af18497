"""The targets of requests for things: which things the path and query of a request stand for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from accsm_server.errors import NotFound, UriTooLong
from accsm_server.http.negotiation import Format
from accsm_server.pages.addresses import PARAMETER_NAMES, unescaped
from accsm_server.pages.parameters import by_suffix
from accsm_server.pages.queries import Site, known

_LONGEST = 8 << 10  # bytes of a path and query


@dataclass(frozen=True)
class Target:
    """The path of a request below its first segment and its query string, as sent, and Accept."""

    path: str
    query: str
    accept: str


@dataclass(frozen=True)
class Reading:
    """A way to read a target: path and query of a URI, parameters, and the format of a suffix."""

    path: str
    parameters: str = ""
    suffix: Format | None = None

    @property
    def query(self) -> str:
        """Return the parameters as a query string, with the format of the suffix first."""
        format = f"format={self.suffix.name}" if self.suffix else ""
        return "&".join(filter(None, (format, self.parameters)))


@dataclass(frozen=True)
class Things:
    """The things that a target stands for, the one that it names first; there is at least one."""

    iris: list[str]
    reading: Reading
    here: str
    """The address of the document about them."""


async def _target(request: Request, path: str) -> Target:
    """Return the target of a request whose route begins with one segment and ends with a path."""
    _, _, rest = sent_path(request).removeprefix("/").partition("/")
    if path and not rest:  # the slash was escaped: /doc%2Fx
        raise NotFound()
    accept = request.scope["request_context"].header(b"accept")
    return Target(rest, query_string(request), accept)


#: The target of a request below the first segment of its path.
RequestTarget = Annotated[Target, Depends(_target)]


def sent_path(request: Request) -> str:
    """Return the path of a request below the root path, with its escapes."""
    return str(request.scope["raw_path"].decode("ascii")).removeprefix(request.scope["root_path"])


def query_string(request: Request) -> str:
    """Return the query string of a request, with its escapes."""
    return str(request.scope["query_string"].decode("latin-1"))


async def find(site: Site, folder: str, path: str, query: str) -> Things:
    """Return the things for which ``folder``, ``path`` and ``query`` stand.

    Raises NotFound, or UriTooLong.
    """
    if len(path) + len(query) > _LONGEST:
        raise UriTooLong("The URL is too long", f"Addresses have at most {_LONGEST} bytes.")
    addresses = await site.addresses()
    candidates = {
        reading: addresses.candidates(folder + reading.path) for reading in _readings(path, query)
    }
    existing = await known(site, chain.from_iterable(candidates.values()))
    for reading, iris in candidates.items():
        named = [iri for iri in iris if iri in existing]
        found = dict.fromkeys((*named, *addresses.others(folder + reading.path)))
        if found:
            return Things(list(found), reading, addresses.document(folder + reading.path))
    raise not_found(site, f"{site.base}{folder}{path}")


def not_found(site: Site, iri: str) -> NotFound:
    """Return the error for an IRI that the dataset does not have."""
    hint = f"See what there is at {site.root}/browse, and the graphs at {site.root}/dataset"
    if iri.startswith(f"{site.base}id/"):
        hint = "Check its number or code: project/2016-2020/6, for example, or country/KHM."
    return NotFound("Not in the dataset", f"There are no statements about <{iri}>.", hint=hint)


def _readings(path: str, query: str) -> Iterator[Reading]:
    """Yield the readings of a target, each as it is sent and then without needless escapes.

    A query belongs to the IRI or holds parameters, or begins with the one and ends with the other.
    """
    for reading in (
        *_readings_of_query(path, query),
        Reading(path, query),
        *_readings_of_suffix(path, query),
    ):
        yield reading
        yield replace(reading, path=unescaped(reading.path))


def _readings_of_query(path: str, query: str) -> Iterator[Reading]:
    if not query:
        return
    yield Reading(f"{path}?{query}")
    pieces = query.split("&")
    count = len(pieces)
    while count and pieces[count - 1].partition("=")[0] in PARAMETER_NAMES:
        count -= 1
    if 0 < count < len(pieces):
        yield Reading(f"{path}?{'&'.join(pieces[:count])}", "&".join(pieces[count:]))


def _readings_of_suffix(path: str, query: str) -> Iterator[Reading]:
    stem, _, suffix = path.rpartition(".")
    if format := by_suffix(suffix):
        yield Reading(stem, query, format)
