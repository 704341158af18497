"""The links of a page: those that its templates write in tags, with double quotes."""

import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from urllib.parse import urljoin

#: A tag: Jinja and the pictures escape `<` and `>` everywhere else, also in attributes.
_TAG = re.compile(r"<[a-zA-Z][^<>]*>")
_LINK = re.compile(
    r' (href|src|action|data-(?:engine|program|dump|root|questions|terms|things))="([^"]*)"'
)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


def targets(text: str, here: str) -> Iterator[str]:
    """Yield the addresses on this site to which a page at the address ``here`` has links.

    They have no fragments.

    >>> list(targets('<a href="/a?b=1&amp;c=2#d">x</a> <a href="?e">', "/f"))
    ['/a?b=1&c=2', '/f?e']
    """
    for tag in _TAG.findall(text):
        for _, value in _LINK.findall(tag):
            if address := _address(value, here):
                yield address.partition("#")[0]


def rewritten(text: str, here: str, link: Callable[[str, str], str | None]) -> str:
    """Return a page whose links lead where ``link`` says for an address and its fragment.

    Where it returns None there is no link: the attribute is left out, or a `link` element whole.

    >>> rewritten('<a href="/a#b">x</a> <a href="/c">', "/", lambda a, f: {"/a": "a/"}.get(a))
    '<a href="a/">x</a> <a>'
    """

    def attribute(found: re.Match[str]) -> str:
        address = _address(found[2], here)
        if address is None:
            return found[0]
        target, _, fragment = address.partition("#")
        new = link(target, fragment)
        return "" if new is None else f' {found[1]}="{escape(new)}"'

    def tag(found: re.Match[str]) -> str:
        new = _LINK.sub(attribute, found[0])
        return "" if new.startswith("<link ") and " href=" not in new else new

    return _TAG.sub(tag, text)


def _address(value: str, here: str) -> str | None:
    """Return the address of a link, None if it is elsewhere or on the same page."""
    value = unescape(value)
    if value.startswith("#") or _ELSEWHERE.match(value):
        return None
    return urljoin(here, value)
