"""Content negotiation: choose a format by `format=` or the Accept header."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from accsm_server.errors import NotAcceptable


@dataclass(frozen=True, eq=False)
class Format:
    """A media type with a short name, used as file suffix and as value of `format=`."""

    name: str
    media_type: str
    label: str
    aliases: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """Return the value of the Content-Type header."""
        text = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if text else self.media_type


_XML = ("application/xml", "text/xml", "xml")
_JSON = ("application/json", "json")

#: In order of preference, for clients that accept several.
RESULTS = (
    Format("json", "application/sparql-results+json", "JSON", _JSON),
    Format("xml", "application/sparql-results+xml", "XML", _XML),
    Format("csv", "text/csv", "CSV"),
    Format("tsv", "text/tab-separated-values", "TSV"),
    Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel"),
)
JSON_LD = Format("jsonld", "application/ld+json", "JSON-LD", _JSON)
GRAPHS = (
    Format("ttl", "text/turtle", "Turtle", ("application/x-turtle", "text/n3")),
    JSON_LD,
    Format("nt", "application/n-triples", "N-Triples", ("text/plain",)),
    Format("rdf", "application/rdf+xml", "RDF/XML", _XML),
    Format("nq", "application/n-quads", "N-Quads"),
    Format("trig", "application/trig", "TriG"),
)
#: For a document about something, which has no named graphs.
DOCUMENTS = GRAPHS[:4]
#: For pages that are tables or pictures as well.
JSON = Format("json", "application/json", "JSON", (RESULTS[0].media_type,))
CSV = RESULTS[2]
SVG = Format("svg", "image/svg+xml", "SVG")
QUERY = Format("rq", "application/sparql-query", "SPARQL")
TURTLE = GRAPHS[0]
HTML = Format("html", "text/html", "HTML", ("application/xhtml+xml",))
PROBLEM = Format(
    "json",
    "application/problem+json",
    "JSON",
    (*_JSON, RESULTS[0].media_type, JSON_LD.media_type),
)
TEXT = Format("text", "text/plain", "text")

_ALIASES = {"turtle": "ttl", "n3": "ttl", "ntriples": "nt", "n-triples": "nt", "nquads": "nq",
                "n-quads": "nq", "rdfxml": "rdf", "rdf+xml": "rdf", "json-ld": "jsonld",
                "srj": "json", "srx": "xml"}  # fmt: skip
#: The parameters of a request that name a format; the first goes first.
FORMAT_NAMES = ("format", "output")
#: A quoted string; one that is not closed takes the rest, so that the time is linear.
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)')
_LONGEST_LINKS = 2048  # characters; proxies take 4096 bytes of headers
_LONGEST = 4096  # characters of a header that are read


def by_name(name: str, offers: Iterable[Format]) -> Format | None:
    """Return the offer with a short name or media type, or None.

    >>> by_name("turtle", GRAPHS).media_type
    'text/turtle'
    """
    name = name.strip().lower().replace(" ", "+")
    name = _ALIASES.get(name, name)
    for offer in offers:
        if name in (offer.name, offer.media_type, *offer.aliases):
            return offer
    return None


def requested(parameters: Mapping[str, str]) -> str:
    """Return the name of a format in the parameters of a request, empty if there is none."""
    return next(filter(None, map(parameters.get, FORMAT_NAMES)), "")


def choose(name: str | None, accept: str, offers: Sequence[Format]) -> Format:
    """Return the offer that `format=` (``name``), or else Accept, asks for.

    Raises NotAcceptable.
    """
    found = find(name, accept, offers)
    if found is None:
        raise not_acceptable(offers)
    return found


def not_acceptable(offers: Sequence[Format]) -> NotAcceptable:
    """Return the error that lists ``offers``."""
    known = ", ".join(f"{offer.media_type} (format={offer.name})" for offer in offers)
    return NotAcceptable("None of the requested formats is available", f"Ask for one of: {known}.")


def find(name: str | None, accept: str, offers: Sequence[Format]) -> Format | None:
    """Return the offer that `format=` (``name``), or else Accept, asks for, or None."""
    return by_name(name, offers) if name else negotiate(accept, offers)


def negotiate(accept: str, offers: Sequence[Format]) -> Format | None:
    """Return the offer that an Accept header prefers, or None (RFC 9110, section 12.5.1).

    Of two with the same quality, the one that it names more specifically wins, then the first.

    >>> negotiate("text/html, text/turtle;q=0.9, */*;q=0.1", GRAPHS).name
    'ttl'
    """
    if not accept.strip():
        return offers[0]
    for offer in offers:  # the most common case, without parsing
        if accept == offer.media_type:
            return offer
    ranges = weights(accept)
    best, chosen = (0.0, -1), None
    for offer in offers:
        aliased = [(ranges[media], 2) for media in offer.aliases if media in ranges]
        rating = max(_rating(offer.media_type, ranges), *aliased, (0.0, -1))
        if rating > best and rating[0] > 0:
            best, chosen = rating, offer
    return chosen


def alternates(path: str, formats: Iterable[Format], *, typed: bool = False) -> str:
    """Return a Link header to ``path``, which may have a query string, in all ``formats``.

    If people have ``typed`` a part of the path, it is empty where it would be so long that proxies
    refuse the response.

    >>> alternates("/a?b=1", [TEXT])
    '</a?b=1&format=text>; rel="alternate"; type="text/plain"'
    """
    mark = "&" if "?" in path else "?"
    links = ", ".join(
        f'<{path}{mark}format={format.name}>; rel="alternate"; type="{format.media_type}"'
        for format in formats
    )
    return "" if typed and len(links) > _LONGEST_LINKS else links


def weights(accept: str) -> dict[str, float]:
    """Return the quality of each range in an Accept or Accept-Encoding header, in lower case.

    Ranges beyond the first 4096 characters are ignored.

    >>> weights("gzip, br;q=0.5")
    {'gzip': 1.0, 'br': 0.5}
    """
    ranges: dict[str, float] = {}
    for part in _QUOTED.sub('""', accept[:_LONGEST]).split(","):
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


def _rating(media: str, ranges: dict[str, float]) -> tuple[float, int]:
    kind = media.split("/")[0] + "/*"
    for specificity, name in ((2, media), (1, kind), (0, "*/*")):
        if name in ranges:
            return ranges[name], specificity
    return 0.0, -1
