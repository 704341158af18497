"""How to cite a page or a claim: in words, and as BibTeX, RIS and CSL-JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

_SPECIAL = re.compile(r"[\\{}$&#^_%~]")


@dataclass(frozen=True)
class Citation:
    """A page as a part of a dataset; dates are ISO 8601, texts may be empty."""

    title: str
    url: str
    """The address that stays, such as the IRI of a thing."""
    dataset: str
    publisher: str
    version: str
    digest: str
    """The first characters of the fingerprint of the dataset."""
    issued: str

    @property
    def edition(self) -> str:
        """Return the version and digest of the dataset."""
        return f"version {self.version}, fingerprint {self.digest}"

    @property
    def text(self) -> str:
        """Return the citation in words."""
        given = (self.title, self.publisher, self.dataset, self.edition, self.issued, self.url)
        return ". ".join(part for part in given if part) + "."

    @property
    def bibtex(self) -> str:
        """Return a BibTeX entry."""
        return _bibtex(
            self.url,
            {
                "title": self.title,
                "author": self.publisher,
                "howpublished": self.dataset,
                "edition": self.version,
                "note": f"fingerprint {self.digest}",
                "year": self.issued[:4],
            },
        )

    @property
    def ris(self) -> str:
        """Return a RIS record."""
        return _ris(
            ("TY", "DATA"), ("TI", self.title), ("AU", self.publisher), ("T2", self.dataset),
            ("ET", self.version), ("N1", f"fingerprint {self.digest}"),
            ("PY", self.issued[:4]), ("DA", self.issued.replace("-", "/")), ("UR", self.url),
        )  # fmt: skip

    @property
    def csl(self) -> str:
        """Return a list with one item of CSL-JSON."""
        return _csl(
            self.publisher,
            self.issued,
            {
                "id": self.url,
                "type": "dataset",
                "title": self.title,
                "container-title": self.dataset,
                "version": self.version,
                "note": f"fingerprint {self.digest}",
                "URL": self.url,
            },
        )


@dataclass(frozen=True)
class Claim:
    """A claim of a source with its words, and where the dataset has it; texts may be empty."""

    recorded: Citation
    """The dataset with the claim as title."""
    words: str
    """The words of the source, as it prints them; empty if they are not quoted."""
    place: str
    lines: str
    """A line of the text of the source, or the first and the last."""
    source: str
    publisher: str
    issued: str
    reliability: str

    @property
    def quotation(self) -> str:
        """Return the words between quotation marks, or that they are not quoted."""
        left, right = "\N{LEFT DOUBLE QUOTATION MARK}", "\N{RIGHT DOUBLE QUOTATION MARK}"
        words = " ".join(self.words.split())
        return f"{left}{words}{right}" if words else "In our own words"

    @property
    def where(self) -> str:
        """Return the place in the source and its reliability in words."""
        plural = "s" if "-" in self.lines else ""
        line = f"line{plural} {self.lines}" if self.lines else ""
        return ", ".join(part for part in (line, self.place, self.reliability) if part)

    @property
    def record(self) -> str:
        """Return the edition of the dataset that has the claim."""
        return f"{self.recorded.dataset}, {self.recorded.edition}"

    @property
    def text(self) -> str:
        """Return the citation in words."""
        by = ", ".join(part for part in (self.publisher, self.source, self.issued) if part)
        parts = (self.recorded.title, f"{self.quotation} ({by}; {self.where})", self.record)
        return f"{'. '.join(parts)}. {self.recorded.url}."

    @property
    def bibtex(self) -> str:
        """Return a BibTeX entry."""
        return _bibtex(
            self.recorded.url,
            {
                "title": self.recorded.title,
                "author": self.publisher,
                "howpublished": self.source,
                "year": self.issued[:4],
                "note": f"{self.quotation} ({self.where}). In: {self.record}",
            },
        )

    @property
    def ris(self) -> str:
        """Return a RIS record."""
        return _ris(
            ("TY", "GEN"), ("TI", self.recorded.title), ("AU", self.publisher),
            ("T2", self.source), ("PY", self.issued[:4]), ("SP", self.lines),
            ("N1", f"{self.quotation} ({self.where})"), ("DB", self.record),
            ("UR", self.recorded.url),
        )  # fmt: skip

    @property
    def csl(self) -> str:
        """Return a list with one item of CSL-JSON."""
        return _csl(
            self.publisher,
            self.issued,
            {
                "id": self.recorded.url,
                "type": "document",
                "title": self.recorded.title,
                "container-title": self.source,
                "section": self.where,
                "note": self.quotation,
                "source": self.record,
                "URL": self.recorded.url,
            },
        )


def _bibtex(url: str, fields: Mapping[str, str]) -> str:
    """Return an entry with the ``fields`` that have a text."""
    kept = {name: _escaped(text) for name, text in fields.items() if text}
    for name in kept.keys() & {"title", "author"}:  # in braces, capitals and names are kept
        kept[name] = f"{{{kept[name]}}}"
    lines = [f"  {name} = {{{text}}}" for name, text in {**kept, "url": url}.items()]
    key = re.sub(r"[^A-Za-z0-9]+", "-", url.partition("://")[2]).strip("-")
    return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"


def _ris(*fields: tuple[str, str]) -> str:
    lines = [f"{tag}  - {' '.join(text.split())}" for tag, text in fields if text]
    return "\n".join([*lines, "ER  - "])


def _csl(publisher: str, issued: str, item: Mapping[str, str]) -> str:
    date = [int(part) for part in issued.split("-") if part.isdigit()]
    whole = {
        **item,
        "author": [{"literal": publisher}] if publisher else [],
        "issued": {"date-parts": [date]} if date else {},
    }
    kept = {name: value for name, value in whole.items() if value}
    return json.dumps([kept], ensure_ascii=False, indent=2)


def _escaped(text: str) -> str:
    """Return a text with the special characters of TeX as themselves."""
    words = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
    return _SPECIAL.sub(lambda match: words.get(match[0], f"\\{match[0]}"), text)
