"""Turn RDF terms into what a page shows: words, a local link, a note about kind or language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from accsm_kg.namespaces import QUERIES
from accsm_kg.rdf.terms import Term, expand, local_name

_PLAIN = {"string", "langString", "integer", "decimal", "boolean", "date", "anyURI"}
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_]")
_WEB = ("http:", "https:")


@dataclass(frozen=True)
class Shown:
    """One term as a page shows it."""

    text: str
    href: str = ""
    iri: str = ""
    note: str = ""
    language: str = ""
    external: bool = False


@dataclass(frozen=True)
class Names:
    """What is known for showing terms: the base, the prefix of our paths, prefixes and labels."""

    base: str
    root: str
    prefixes: Mapping[str, str]
    labels: Mapping[str, str]

    def expand(self, curie: str) -> str:
        """Return the IRI that a prefixed name stands for."""
        return expand(curie, self.prefixes)

    def show(self, term: Term | None) -> Shown:
        """Return ``term`` as shown; labels instead of IRIs, local links instead of ours."""
        if isinstance(term, NamedNode):
            return self.iri(term.value)
        if isinstance(term, Literal):
            return self._literal(term)
        return Shown("" if term is None else str(term))

    def row(self, terms: list[Term | None]) -> list[Shown]:
        """Return a row of a table; an IRI whose label stands in another cell is shown in short."""
        said = {term.value for term in terms if isinstance(term, Literal)}
        return [
            replace(shown, text=self.short(shown.iri))
            if shown.text in said and shown.iri
            else shown
            for shown in map(self.show, terms)
        ]

    def iri(self, iri: str) -> Shown:
        """Return an IRI as its label with a link."""
        text = self.labels.get(iri) or self.short(iri)
        local = local_path(iri, self.base)
        if local is not None:
            return Shown(text, self.root + local, iri)
        outside = iri.startswith(_WEB)
        return Shown(text, iri if outside else "", iri, external=outside)

    def short(self, iri: str) -> str:
        """Return an IRI without the part that all of ours share."""
        for start in (self.base + "id/", self.base):
            if iri.startswith(start) and len(iri) > len(start):
                return iri[len(start) :].replace("ontology#", "").replace("shapes#", "")
        if any(iri.startswith(start) for start in self.prefixes.values()):
            return _WORD.sub(" ", local_name(iri)).lower() or iri
        return iri

    def _literal(self, literal: Literal) -> Shown:
        kind = local_name(literal.datatype.value)
        text = _date(literal.value) if kind == "date" else literal.value
        note = "" if kind in _PLAIN else kind
        href = literal.value if kind == "anyURI" and literal.value.startswith(_WEB) else ""
        return Shown(text, href, "", note, literal.language or "", external=bool(href))


def local_path(iri: str, base: str) -> str | None:
    """Return the path on this server where ``iri`` is described, None for a foreign IRI.

    >>> local_path("https://example.org/id/country/KHM", "https://example.org/")
    '/doc/country/KHM'
    """
    if not iri.startswith(base):
        return None
    path, mark, fragment = iri.removeprefix(base).partition("#")
    if path.startswith("id/"):
        path = "doc/" + path.removeprefix("id/")
    elif path.startswith(QUERIES):
        path = "questions" + path.removeprefix(QUERIES)
    return "/" + quote(path, safe="/:@!$&'()*+,;=~") + mark + quote(fragment)


def _date(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%B} {day.year}"
