"""Check a static copy as a browser and a crawler find it: each link, and each fragment."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

import httpx
from serving import handled

_LINKS = {"href", "src", "action", *(f"data-{name}" for name in (
    "engine", "program", "dump", "root", "questions", "terms", "things"))}  # fmt: skip


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        """Say nothing of requests."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder with the standard library's server, and yield the URL of the folder."""
    handler = partial(_Quiet, directory=str(folder))
    with handled(handler) as url:
        yield url


class Page(HTMLParser):
    """The links of a page, its anchors, and the addresses elsewhere from which it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag."""
        given = dict(attrs)
        self.anchors.add(given.get("id") or "")
        self.links += [value for name, value in attrs if name in _LINKS and value is not None]
        if tag in ("script", "img", "iframe") or given.get("rel") in ("stylesheet", "icon"):
            self.loaded += [given.get("src") or given.get("href") or ""]


def pages(folder: Path) -> Iterator[tuple[str, Page]]:
    """Yield the pages of a copy with their paths, but for that of what is missing."""
    for file in sorted(folder.rglob("index.html")):
        yield file.relative_to(folder).as_posix(), Page(file.read_text(encoding="utf-8"))


def broken(folder: Path, url: str) -> dict[str, str]:
    """Return the links of a copy at ``url`` that lead nowhere there, with a page that has each.

    Every address is asked for once; a fragment must be the anchor of an element of its page.
    """
    wanted: dict[tuple[str, str], str] = {}
    anchors: dict[str, set[str]] = {}
    for path, page in pages(folder):
        here = url + quote(path.removesuffix("index.html"), safe="/=&,+")
        anchors[here] = page.anchors
        for link in page.links:
            address, fragment = urldefrag(urljoin(here, link))
            if urlsplit(address).netloc == urlsplit(url).netloc:
                wanted.setdefault((address.partition("?")[0], unquote(fragment)), path)
    with httpx.Client() as client:
        lost = {
            address
            for address in {one for one, _ in wanted}
            if not address.startswith(url) or client.head(address).status_code != 200
        }
    return {
        f"{address}#{fragment}": page
        for (address, fragment), page in wanted.items()
        if address in lost or (fragment and fragment not in anchors.get(address, ()))
    }


def absolute(text: str) -> list[str]:
    """Return the links of a page that begin with a slash, which a sub-folder would break."""
    return re.findall(r'(?:href|src|action|data-[a-z]+)="(/[^"]*)"', text)
