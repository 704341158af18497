"""How to cite a page: in words, and for reference managers as BibTeX, RIS and CSL-JSON."""

import json
import re
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
    """The first characters of the SHA-256 of the dataset."""
    issued: str

    @property
    def edition(self) -> str:
        """Return the version and digest of the dataset."""
        return f"version {self.version}, SHA-256 {self.digest}"

    @property
    def text(self) -> str:
        """Return the citation in words."""
        given = (self.title, self.publisher, self.dataset, self.edition, self.issued, self.url)
        return ". ".join(part for part in given if part) + "."

    @property
    def bibtex(self) -> str:
        """Return a BibTeX entry."""
        fields = {
            "title": f"{{{_escaped(self.title)}}}",  # in braces, its capitals are kept
            "author": self.publisher and f"{{{_escaped(self.publisher)}}}",
            "howpublished": self.dataset,
            "edition": self.version,
            "note": f"SHA-256 {self.digest}",
            "year": self.issued[:4],
            "url": self.url,
        }
        kept = {name: text for name, text in fields.items() if text}
        lines = [
            f"  {name} = {{{text if name in ('title', 'author', 'url') else _escaped(text)}}}"
            for name, text in kept.items()
        ]
        key = re.sub(r"[^A-Za-z0-9]+", "-", self.url.partition("://")[2]).strip("-")
        return f"@misc{{{key},\n" + ",\n".join(lines) + "\n}"

    @property
    def ris(self) -> str:
        """Return a RIS record."""
        fields = (
            ("TY", "DATA"), ("TI", self.title), ("AU", self.publisher), ("T2", self.dataset),
            ("ET", self.version), ("N1", f"SHA-256 {self.digest}"),
            ("PY", self.issued[:4]), ("DA", self.issued.replace("-", "/")), ("UR", self.url),
        )  # fmt: skip
        lines = [f"{tag}  - {' '.join(text.split())}" for tag, text in fields if text]
        return "\n".join([*lines, "ER  - "])

    @property
    def csl(self) -> str:
        """Return a list with one item of CSL-JSON."""
        date = [int(part) for part in self.issued.split("-") if part.isdigit()]
        item = {
            "id": self.url,
            "type": "dataset",
            "title": self.title,
            "author": [{"literal": self.publisher}] if self.publisher else [],
            "container-title": self.dataset,
            "version": self.version,
            "note": f"SHA-256 {self.digest}",
            "issued": {"date-parts": [date]} if date else {},
            "URL": self.url,
        }
        return json.dumps(
            [{name: value for name, value in item.items() if value}], ensure_ascii=False, indent=2
        )


def _escaped(text: str) -> str:
    """Return a text with the special characters of TeX as themselves."""
    words = {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}"}
    return _SPECIAL.sub(lambda match: words.get(match[0], f"\\{match[0]}"), text)
