"""RDF terms on pages: labels, links, short IRIs, and notes on datatype and language."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pyoxigraph import Literal, NamedNode

from accsm_kg.lookups import whole
from accsm_kg.rdf.edtf import in_words
from accsm_kg.rdf.terms import Term, iris, local_name, natural, short
from accsm_server.pages.addresses import Addresses, at_line
from accsm_server.pages.profile import Badge
from accsm_server.pages.queries import Site, load_texts

_UNMARKED = {"string", "langString", "integer", "decimal", "boolean", "anyURI"}
_TIMES = {"date", "gYearMonth", "EDTF"}
_WORD_BREAK = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[-_]")
_WEB_SCHEMES = ("http:", "https:")


@dataclass(frozen=True)
class TermView:
    """A term as a page shows it; ``note`` is its datatype, if that is not obvious."""

    text: str
    href: str = ""
    iri: str = ""
    note: str = ""
    language: str = ""
    external: bool = False
    marks: tuple[str, ...] = ()
    """The parts of the text that are marked."""
    sign: str = ""
    """The sign of the reliability of a source; ``note`` has it in words."""
    before: str = ""
    """An earlier text; the words of ``text`` that differ from it are marked."""


@dataclass(frozen=True)
class Labels:
    """The labels of the terms on one page, by IRI."""

    site: Site
    addresses: Addresses
    texts: Mapping[str, str]
    _shown: dict[str, TermView] = field(default_factory=dict)

    def show(self, term: Term | None) -> TermView:
        """Return ``term`` with its label, and with a local link if its IRI is in the dataset."""
        if isinstance(term, NamedNode):
            return self.iri(term.value)
        if isinstance(term, Literal):
            return _literal(term)
        return TermView("" if term is None else str(term))

    def row(self, terms: list[Term | None]) -> list[TermView]:
        """Return a row of a table; an IRI is a short name if another cell has its label."""
        texts = {term.value for term in terms if isinstance(term, Literal)}
        return [
            replace(shown, text=short_name(shown.iri, self.site))
            if shown.text in texts and shown.iri
            else shown
            for shown in map(self.show, terms)
        ]

    def iri(self, iri: str) -> TermView:
        """Return an IRI as its label, with a link."""
        if iri not in self._shown:
            self._shown[iri] = self._iri(iri)
        return self._shown[iri]

    def _iri(self, iri: str) -> TermView:
        text = self.texts.get(iri) or _unlabelled(iri, self.site)
        if iri.startswith(_WEB_SCHEMES) and not iri.startswith(self.site.base):
            return TermView(text, iri, iri, external=True)
        return TermView(text, self._address(iri), iri, sign=self._sign(iri))

    def graph(self, iri: str, line: str = "") -> TermView:
        """Return a named graph as a short label for its author.

        That of a source leads to the source, at the ``line`` if it is given.
        """
        path, profile = graph_path(iri, self.site.base), self.site.profile
        if titled := profile.graphs.get(path):
            return TermView(titled.label, self._address(iri), iri, sign=titled.sign)
        plain, source = path if path == iri else path.replace("/", " "), source_of(iri, self.site)
        reliability = self.site.contents.reliability.get(source, "")
        badge = profile.badges.get(reliability, Badge("", ""))
        href = self.place(source, line) if reliability else self._address(iri)
        return TermView(plain, href, iri, note=badge.words, sign=badge.sign)

    def is_graph(self, iri: str) -> bool:
        """Return whether an IRI names a graph of the dataset."""
        return iri.startswith(f"{self.site.base}graph/")

    def is_of_sources(self, graph: str) -> bool:
        """Return whether a named graph has what sources say, not what a curator infers."""
        path = graph_path(graph, self.site.base)
        return path == "vocab" or source_of(graph, self.site) in self.site.contents.reliability

    def graph_of(self, source: str, line: str = "") -> TermView:
        """Return the named graph of a source, as `graph` does."""
        return self.graph(source.replace(f"{self.site.base}id/", f"{self.site.base}graph/"), line)

    def source(self, term: Term | None, line: str = "") -> TermView:
        """Return a source with a link to the ``line``, if it is given."""
        shown = self.show(term)
        return replace(shown, href=self.place(shown.iri, line)) if shown.iri and line else shown

    def place(self, source: str, line: str = "") -> str:
        """Return the address of a ``line`` of a source, of the source if there is no line."""
        address = self._address(source)
        return at_line(address, whole(line)) if whole(line) > 0 else address

    def _sign(self, iri: str) -> str:
        """Return the sign of a degree of reliability, or of the source that has it."""
        degree = self.site.contents.reliability.get(iri, iri)
        return self.site.profile.badges.get(degree, Badge("", "")).sign

    def _address(self, iri: str) -> str:
        return self.site.root + self.addresses.of(iri)


async def load_labels(site: Site, terms: Iterable[Term | None], *other_iris: str) -> Labels:
    """Return the labels of ``terms`` and ``other_iris``, fetched by one query."""
    texts = await load_texts(site, "labels", iris(terms) | set(other_iris))
    return Labels(site, await site.addresses(), texts)


def short_name(iri: str, site: Site) -> str:
    """Return an IRI as it can be pasted into a query of this dataset."""
    return short(iri, site.prefixes, site.base)


def _unlabelled(iri: str, site: Site) -> str:
    """Return a short name; of a term of another vocabulary that of the profile, or in words."""
    if label := site.profile.labels.get(iri):
        return label
    if iri.startswith(site.base):
        return short_name(iri, site)
    if any(iri.startswith(start) for start in site.prefixes.values()):
        return _WORD_BREAK.sub(" ", local_name(iri)).lower() or iri
    return iri


def graph_path(iri: str, base: str) -> str:
    """Return the IRI of a named graph without the base and graph/.

    >>> graph_path("https://example.org/graph/source/001", "https://example.org/")
    'source/001'
    """
    return iri.removeprefix(base).removeprefix("graph/")


def source_of(graph: str, site: Site) -> str:
    """Return the IRI of the source whose statements are in the named ``graph``."""
    return f"{site.base}id/{graph_path(graph, site.base)}"


def plural(label: str, count: int = 2) -> str:
    """Return an English label in the form for ``count``.

    >>> plural("country")
    'countries'
    """
    if count == 1 or label == "evidence":
        return label
    return f"{label[:-1]}ies" if label.endswith("y") else f"{label}s"


def by_text(shown: TermView) -> list[tuple[int, str]]:
    """Return the key that sorts terms by their text, 9 before 10."""
    return natural(shown.text)


def iri_of(term: Term | None) -> str:
    """Return the IRI of a named node, empty for other terms."""
    return term.value if isinstance(term, NamedNode) else ""


def text_of(term: Term | None) -> str:
    """Return the value of a literal, empty for other terms."""
    return term.value if isinstance(term, Literal) else ""


def first_text(terms: Iterable[Term | None]) -> str:
    """Return the value of the first literal that is not empty, empty if there is none."""
    return next(filter(None, map(text_of, terms)), "")


def _literal(literal: Literal) -> TermView:
    datatype = local_name(literal.datatype.value)
    text = in_words(literal.value) if datatype in _TIMES else literal.value
    note = "" if datatype in _UNMARKED | _TIMES else datatype
    href = literal.value if datatype == "anyURI" and literal.value.startswith(_WEB_SCHEMES) else ""
    return TermView(text, href, "", note, literal.language or "", external=bool(href))
