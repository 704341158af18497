"""Ask an application for all its pages, write them as files, and link the files to each other."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from itertools import chain
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, quote, urlsplit

from starlette.types import ASGIApp

from accsm_server.export.links import rewritten, targets
from accsm_server.export.places import INDEX, Names, link, place
from accsm_server.http.in_process import Reply, ask
from accsm_server.http.negotiation import FORMAT_NAMES
from accsm_server.pages.queries import STATIC_FORMATS

_AT_ONCE = 4  # pages
#: The page whose script answers what the server answers at other addresses.
_IN_BROWSER = {"/sparql": "/query", "/query": "/query", "/search": "/search"}
_ON_SERVER = re.compile(
    r"/(?:sparql|search/suggest|query/(?:check|complete)|openapi\.json|rdf-graph-store|robots\.txt"
    r"|healthz|metrics)(?:[?/]|$)"
)
_QUESTION = re.compile(r"/questions/[^/?]+")
_VIEW = "view"
_CLAIM = "claim"  # whose citation a page of evidence shows; there are thousands
#: Parameters that are no choice of their own: a page of a list, the end of lines, a format.
_BESIDE = {"page", "to", *FORMAT_NAMES}
_LOCATION = re.compile(r"(?<=<loc>)[^<]+(?=</loc>)")
_REDIRECTS = 5
_LOST = "/404.html"


class Copy:
    """The files of a site, in a folder, while they are written."""

    def __init__(self, app: ASGIApp, url: str, folder: Path) -> None:
        """Copy the pages of ``app``, which is to be served at ``url``, to the empty ``folder``."""
        self._app, self._url, self._folder = app, url.rstrip("/"), folder
        self._root = urlsplit(self._url).path
        self._names = Names()
        self._todo: deque[str] = deque()
        self._seen: set[str] = set()
        self._places: dict[str, str] = {}
        """The path of the file by the address of a page."""
        self._redirects: dict[str, str] = {}
        self.refused: dict[str, int] = {}
        """The status of the addresses that have no page."""

    async def ask(self, seeds: Iterable[str], progress: Callable[[int, int], object]) -> None:
        """Write the pages at the addresses ``seeds``, and all that pages link to.

        ``progress`` takes how many are written and how many are known. Raises ValueError for a
        name that a file cannot have, and OSError.
        """
        self._follow(seeds)
        running: set[asyncio.Task[None]] = set()
        try:
            while self._todo or running:
                while self._todo and len(running) < _AT_ONCE:
                    running.add(asyncio.create_task(self._page(self._todo.popleft())))
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                progress(len(self._seen) - len(self._todo) - len(running), len(self._seen))
        finally:
            for task in running:
                task.cancel()

    async def finish(self) -> None:
        """Link the pages to the files that there are, and write the page for addresses without."""
        for target, path in self._places.items():
            file = self._folder / path
            if path.endswith(f"/{INDEX}") or path == INDEX:
                self._link(file, target, path)
            elif target.startswith("/sitemap"):
                text = _LOCATION.sub(self._location, file.read_bytes().decode())
                file.write_bytes(text.encode())
        lost: list[bytes] = []
        await ask(self._app, _LOST, lambda reply: lost.append, self._url)
        text = rewritten(b"".join(lost).decode(), self._root + _LOST, self._absolute)
        (self._folder / _LOST[1:]).write_bytes(text.encode())

    def add(self, path: str, body: bytes) -> None:
        """Write a file that is no page."""
        self._names.take(path, path)
        file = self._folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        self._places[f"/{path}"] = path
        self._seen.add(f"/{path}")

    async def _page(self, target: str) -> None:
        body = bytearray()
        file: IO[bytes] | None = None

        def begin(reply: Reply) -> Callable[[bytes], object]:
            nonlocal file
            if reply.status != 200:
                return len
            is_page = reply.media_type == "text/html"
            path = self._place(target, is_page=is_page)
            file = (self._folder / path).open("wb")
            if is_page or path.startswith("sitemap"):
                return body.extend
            return file.write

        try:
            reply = await ask(self._app, target, begin, self._url)
        finally:
            if file:
                file.write(body)
                file.close()
        if 300 <= reply.status < 400:
            self._redirects[target] = self._below(reply.headers["location"]) or "/"
            self._follow([self._redirects[target]])
        elif reply.status >= 500:
            raise ValueError(f"{target} has no page: status {reply.status}; the log tells why")
        elif reply.status != 200:
            self.refused[target] = reply.status
        self._follow(self._linked(body.decode(), target))

    def _place(self, target: str, *, is_page: bool) -> str:
        path = place(target, is_page=is_page)
        self._names.take(path, target)
        self._places[target] = path
        (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
        return path

    def _linked(self, text: str, here: str) -> Iterator[str]:
        """Yield the addresses to which a page or a sitemap leads."""
        located = (unescape(one).removeprefix(self._url) for one in _LOCATION.findall(text))
        linked = map(self._below, targets(text, self._root + here))
        return filter(None, chain(located, linked))

    def _below(self, address: str) -> str | None:
        """Return the address below the root, None if it is elsewhere."""
        is_here = address.startswith(f"{self._root}/")
        return address.removeprefix(self._root) if is_here else None

    def _follow(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            target = address.partition("#")[0]
            if target not in self._seen and is_copied(target):
                self._seen.add(target)
                self._todo.append(target)

    def _link(self, file: Path, target: str, path: str) -> None:
        def to(address: str, fragment: str) -> str | None:
            return self._to(path, address, fragment)

        text = file.read_bytes().decode()
        file.write_bytes(rewritten(text, self._root + target, to).encode())

    def _to(self, here: str, address: str, fragment: str) -> str | None:
        """Return a relative link from the file at ``here``, None if there is no file."""
        target = self._below(address)
        if target is None:
            return None
        query = ""
        name, mark, given = target.partition("?")
        if name in _IN_BROWSER and not is_copied(target):
            if {*dict(parse_qsl(given))} & {*FORMAT_NAMES}:
                return None
            target, query = _IN_BROWSER[name], mark + given
        for _ in range(_REDIRECTS):
            if target not in self._redirects:
                break
            target, _, its = self._redirects[target].partition("#")
            fragment = fragment or its
        path = self._places.get(target)
        if path is None:
            return None
        end = query + (f"#{fragment}" if fragment else "")
        return end if path == here and fragment and not query else link(here, path) + end

    def _absolute(self, address: str, fragment: str) -> str | None:
        found = self._to(INDEX, address, fragment)
        return None if found is None else f"{self._root}/{found.removeprefix('./')}"

    def _location(self, found: re.Match[str]) -> str:
        path = self._absolute(self._root + unescape(found[0]).removeprefix(self._url), "")
        return self._url.removesuffix(self._root) + quote(path or self._root, safe="/%=&;,+?~")


def is_copied(target: str) -> bool:
    """Return whether a copy has a file for an address.

    It has those without parameters, those with one, such as a filter of a list, and the questions
    with any values; each with a page and a format besides.

    >>> is_copied("/projects?country=THA&page=2"), is_copied("/projects?country=THA&area=A")
    (True, False)
    """
    path, _, query = target.partition("?")
    given = dict(parse_qsl(query, keep_blank_values=True))
    if _ON_SERVER.match(path) or (path in _IN_BROWSER and query):
        return False
    format = given.get(FORMAT_NAMES[0], "")
    if format and format not in STATIC_FORMATS:
        return False
    chosen = [name for name in given if name not in _BESIDE]
    if _QUESTION.fullmatch(path):
        return _is_copied_answer(chosen, format)
    return len(chosen) <= 1 and _CLAIM not in chosen


def _is_copied_answer(chosen: list[str], format: str) -> bool:
    """Return whether a copy has a question with parameters: other views only with its defaults."""
    if format in ("ttl", "jsonld"):  # of the question
        return not chosen
    return _VIEW not in chosen or len(chosen) == 1 or format == "svg"
