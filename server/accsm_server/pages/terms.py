"""How RDF terms are shown: labels, links, short forms, and notes about datatype or language."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from accsm_kg.namespaces import QUERIES
from accsm_kg.rdf.terms import Term, iris, local_name, natural
from accsm_server.pages.queries import Site, words

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
    """The labels of the terms that one page shows."""

    site: Site
    labels: Mapping[str, str]

    def show(self, term: Term | None) -> Shown:
        """Return ``term`` with its label instead of its IRI, and a local link if it is ours."""
        if isinstance(term, NamedNode):
            return self.iri(term.value)
        if isinstance(term, Literal):
            return _literal(term)
        return Shown("" if term is None else str(term))

    def row(self, terms: list[Term | None]) -> list[Shown]:
        """Return a row of a table; an IRI whose label stands in another cell is shown in short."""
        texts = {term.value for term in terms if isinstance(term, Literal)}
        return [
            replace(shown, text=short(shown.iri, self.site))
            if shown.text in texts and shown.iri
            else shown
            for shown in map(self.show, terms)
        ]

    def iri(self, iri: str) -> Shown:
        """Return an IRI as its label with a link."""
        text = self.labels.get(iri) or short(iri, self.site)
        local = local_path(iri, self.site.base)
        if local is not None:
            return Shown(text, self.site.root + local, iri)
        external = iri.startswith(_WEB)
        return Shown(text, iri if external else "", iri, external=external)

    def graph(self, iri: str) -> Shown:
        """Return a named graph as who states what it holds."""
        path = graph_path(iri, self.site.base)
        known = self.site.profile.graphs.get(path)
        text = known.label if known else path.replace("/", " ")
        return Shown(text, self.iri(iri).href, iri)


async def load_names(site: Site, terms: Iterable[Term | None], *more: str) -> Names:
    """Return the names of ``terms`` and of the IRIs ``more``: one query for all labels."""
    return Names(site, await words(site, "labels", iris(terms) | set(more)))


def short(iri: str, site: Site) -> str:
    """Return an IRI without the part that all of ours share; the words of a foreign name."""
    for start in (site.base + "id/", site.base):
        if iri.startswith(start) and len(iri) > len(start):
            return iri[len(start) :].replace("ontology#", "").replace("shapes#", "")
    if any(iri.startswith(start) for start in site.prefixes.values()):
        return _WORD.sub(" ", local_name(iri)).lower() or iri
    return iri


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


def graph_path(iri: str, base: str) -> str:
    """Return the path of a named graph below graph/.

    >>> graph_path("https://example.org/graph/source/001", "https://example.org/")
    'source/001'
    """
    return iri.removeprefix(base).removeprefix("graph/")


def plural(label: str, count: int = 2) -> str:
    """Return the English label of ``count`` things.

    >>> plural("country")
    'countries'
    """
    if count == 1 or label == "evidence":
        return label
    return f"{label[:-1]}ies" if label.endswith("y") else f"{label}s"


def by_text(shown: Shown) -> list[tuple[int, str]]:
    """Return the key that sorts what is shown, 9 before 10."""
    return natural(shown.text)


def iri_of(term: Term | None) -> str:
    """Return the IRI of a named node, nothing of any other term."""
    return term.value if isinstance(term, NamedNode) else ""


def text_of(term: Term | None) -> str:
    """Return the text of a literal, nothing of any other term."""
    return term.value if isinstance(term, Literal) else ""


def _literal(literal: Literal) -> Shown:
    datatype = local_name(literal.datatype.value)
    text = _date(literal.value) if datatype == "date" else literal.value
    note = "" if datatype in _PLAIN else datatype
    href = literal.value if datatype == "anyURI" and literal.value.startswith(_WEB) else ""
    return Shown(text, href, "", note, literal.language or "", external=bool(href))


def _date(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return text
    return f"{day.day} {day:%B} {day.year}"
