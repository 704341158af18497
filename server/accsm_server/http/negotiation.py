"""Content negotiation: which of the formats on offer an Accept header or `format=` asks for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from accsm_server.errors import NotAcceptable


@dataclass(frozen=True, eq=False)
class Format:
    """A format under the short name that is its suffix and its `format=`."""

    name: str
    media_type: str
    label: str
    also: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """Return the value of the Content-Type header."""
        text = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if text else self.media_type

    @property
    def has_prefixes(self) -> bool:
        """Return whether the format of a graph can declare prefixes."""
        return self.name in ("ttl", "trig", "rdf")


_XML = ("application/xml", "text/xml", "xml")
_JSON = ("application/json", "json")

#: In the order in which they are preferred when the client does not care.
RESULTS = (
    Format("json", "application/sparql-results+json", "JSON", _JSON),
    Format("xml", "application/sparql-results+xml", "XML", _XML),
    Format("csv", "text/csv", "CSV"),
    Format("tsv", "text/tab-separated-values", "TSV"),
)
GRAPHS = (
    Format("ttl", "text/turtle", "Turtle", ("application/x-turtle", "text/n3")),
    Format("jsonld", "application/ld+json", "JSON-LD", _JSON),
    Format("nt", "application/n-triples", "N-Triples", ("text/plain",)),
    Format("rdf", "application/rdf+xml", "RDF/XML", _XML),
    Format("nq", "application/n-quads", "N-Quads"),
    Format("trig", "application/trig", "TriG"),
)
HTML = Format("html", "text/html", "HTML", ("application/xhtml+xml",))
PROBLEM = Format("json", "application/problem+json", "JSON", _JSON)
TEXT = Format("text", "text/plain", "text")

_OTHER_NAMES = {"turtle": "ttl", "n3": "ttl", "ntriples": "nt", "n-triples": "nt", "nquads": "nq",
                "n-quads": "nq", "rdfxml": "rdf", "rdf+xml": "rdf", "json-ld": "jsonld",
                "srj": "json", "srx": "xml"}  # fmt: skip
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')


def named(name: str, offers: Iterable[Format]) -> Format | None:
    """Return the offer that ``name`` means: a short name or a media type.

    >>> named("turtle", GRAPHS).media_type
    'text/turtle'
    """
    name = name.strip().lower().replace(" ", "+")
    name = _OTHER_NAMES.get(name, name)
    for offer in offers:
        if name in (offer.name, offer.media_type, *offer.also):
            return offer
    return None


def choose(wish: str | None, accept: str, offers: Sequence[Format]) -> Format:
    """Return the offer that `format=` (``wish``), or else Accept, asks for.

    Raises NotAcceptable.
    """
    found = find(wish, accept, offers)
    if found is None:
        raise refusal(offers)
    return found


def refusal(offers: Sequence[Format]) -> NotAcceptable:
    """Return the error that names what can be had."""
    known = ", ".join(f"{offer.media_type} (format={offer.name})" for offer in offers)
    return NotAcceptable("None of the formats asked for", f"This can be had as: {known}.")


def find(wish: str | None, accept: str, offers: Sequence[Format]) -> Format | None:
    """Return the offer that `format=` (``wish``) or else Accept asks for; None if there is none."""
    return named(wish, offers) if wish else negotiate(accept, offers)


def negotiate(accept: str, offers: Sequence[Format]) -> Format | None:
    """Return the offer that an Accept header likes best, None if it takes none (RFC 9110).

    Of two that it likes alike, the one it names more exactly wins, then the order of the offers.

    >>> negotiate("text/html, text/turtle;q=0.9, */*;q=0.1", GRAPHS).name
    'ttl'
    """
    if not accept.strip():
        return offers[0]
    for offer in offers:  # most programs name one
        if accept == offer.media_type:
            return offer
    ranges = weights(accept)
    best, chosen = (0.0, -1), None
    for offer in offers:
        named_so = [(ranges[media], 2) for media in offer.also if media in ranges]
        liking = max(_liking(offer.media_type, ranges), *named_so, (0.0, -1))
        if liking > best and liking[0] > 0:
            best, chosen = liking, offer
    return chosen


def weights(accept: str) -> dict[str, float]:
    """Return what an Accept or Accept-Encoding header names, in lower case, with its quality.

    >>> weights("gzip, br;q=0.5")
    {'gzip': 1.0, 'br': 0.5}
    """
    ranges: dict[str, float] = {}
    for part in _QUOTED.sub('""', accept).split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        ranges[media] = max(ranges.get(media, 0.0), _quality(parameters))
    return ranges


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def _liking(media: str, ranges: dict[str, float]) -> tuple[float, int]:
    kind = media.split("/")[0] + "/*"
    for exactness, name in ((2, media), (1, kind), (0, "*/*")):
        if name in ranges:
            return ranges[name], exactness
    return 0.0, -1
