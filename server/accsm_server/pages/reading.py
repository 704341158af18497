"""The text of a document: its parts in their order, and what stands beside each of them.

The five queries in blocks/ that the profile names have the parts, their other cells, what they
refer to, the issues about them, and their words in the source.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice, takewhile

from markupsafe import Markup, escape

from accsm_kg.rdf.terms import local_name
from accsm_server.pages.blocks import Answers, Cells
from accsm_server.pages.statements import Evidence, Quotations
from accsm_server.pages.terms import Labels, TermView, iri_of, text_of

#: How a page shows the members of a class of parts; others are paragraphs.
_STYLES = {
    "Section": "heading",
    "FormSection": "heading",
    "Recital": "recital",
    "Note": "note",
    "MeetingTableRow": "row",
}
_CERTAIN = "certain"
_RESTORED = "numberRestored"
_LONGEST_SIGNS = 4  # characters around a printed number, such as brackets
_MOST_MARKS = 2000  # in a text

#: The rows of the answer of a query, by part.
ByPart = Mapping[str, Sequence[Cells]]


@dataclass(frozen=True)
class Remark:
    """A curation issue about a part, and how it was resolved."""

    issue: TermView
    confidence: TermView
    reading: str
    is_certain: bool
    is_of_number: bool
    """Whether it explains a number that is not printed."""


@dataclass(frozen=True)
class Part:
    """A part of a text; ``link`` leads to its own page and has its name within the document."""

    anchor: str
    link: TermView
    style: str
    depth: int
    """How many parts it stands in."""
    headings: int
    """How many of these are headings."""
    number: str
    """The number as printed; a restored one has square brackets."""
    restored: TermView | None
    """The issue that explains a restored number, or the part itself if there is none."""
    words: Markup
    is_titled: bool
    """Whether the words are its title."""
    cells: Sequence[tuple[TermView, TermView]]
    relations: Sequence[tuple[TermView, Sequence[TermView]]]
    remarks: Sequence[Remark]
    evidence: Sequence[Evidence]

    @property
    def level(self) -> int:
        """Return the level of its heading, if it is one."""
        return min(3 + self.headings, 6)

    @property
    def flags(self) -> Sequence[Remark]:
        """Return the issues whose reading is not certain."""
        return [remark for remark in self.remarks if not remark.is_certain]

    @property
    def notes(self) -> Sequence[Remark]:
        """Return the issues whose reading is certain."""
        return [remark for remark in self.remarks if remark.is_certain]


@dataclass(frozen=True)
class Reading:
    """The text of a document; ``find`` are the words that are marked in it."""

    parts: Sequence[Part]
    count: int
    """The number of all parts; a page shows the first."""
    find: str = ""

    @property
    def found(self) -> Sequence[Part]:
        """Return the parts with words that are marked."""
        return [part for part in self.parts if "<mark>" in part.words]

    @property
    def places(self) -> Mapping[str, int]:
        """Return the place of each part by IRI, from 1."""
        return {part.link.iri: place for place, part in enumerate(self.parts, start=1)}

    @property
    def contents(self) -> Sequence[tuple[Part, Sequence[Part]]]:
        """Return the parts that stand in no other one, each with those below its headings."""
        found: list[tuple[Part, list[Part]]] = []
        for part in self.parts:
            if part.depth == 0 or not found:
                found.append((part, []))
            elif part.depth == part.headings and part.number and part.style != "note":
                found[-1][1].append(part)
        return found


def read(
    this: str, names: Sequence[str], answers: Answers, quotations: Quotations, find: str = ""
) -> Reading | None:
    """Return the text of ``this`` from the answers of the queries ``names``, if it has any."""
    if not names or not answers.lines[names[0]]:
        return None
    parts, *beside = (_by_part(answers, name) for name in names)
    cells, relations, remarks, words = beside
    texts = _names([answers.labels.iri(iri).text for iri in parts])
    reader = _Reader(this, answers.labels, parts, pattern(find))
    shown = []
    for (iri, rows), name in zip(parts.items(), texts, strict=True):
        evidence = [_evidence(row, answers.labels) for row in words.get(iri, ())]
        issues = [*_remarks(remarks.get(iri, ()), answers.labels)]
        stated = _stated(relations.get(iri, ()), answers.labels)
        others = [(_show(row, "name", answers.labels), _show(row, "cell", answers.labels))
                  for row in cells.get(iri, ())]  # fmt: skip
        pieces = quotations.number(dict.fromkeys(evidence))
        shown.append(reader.part(iri, rows, name, others, stated, issues, pieces))
    return Reading(shown, len(answers.lines[names[0]]), " ".join(find.split()))


def anchor(part: str, document: str) -> str:
    """Return the identifier of a part in the page of its document.

    >>> anchor("https://example.org/id/document/a/clause/18/ii", "https://example.org/id/document/a")
    'clause-18-ii'
    """
    return part.removeprefix(f"{document}/").rpartition("/id/")[2].replace("/", "-")


def pattern(find: str) -> re.Pattern[str] | None:
    """Return a pattern of ``find`` at the beginning of words, None if there is nothing to find."""
    words = r"\s+".join(map(re.escape, find.split()))
    return re.compile(rf"(?<!\w){words}", re.IGNORECASE) if words else None


def marked(text: str, verb: str = "", find: re.Pattern[str] | None = None) -> Markup:
    """Return a text in HTML, with the ``verb`` that it begins with, and what is found.

    What is found is marked up to `_MOST_MARKS` times.

    >>> marked("NOTING A & B", "NOTING", pattern("noting a"))
    Markup('<span class="verb"><mark>NOTING</mark></span><mark> A</mark> &amp; B')
    """
    matches = islice(find.finditer(text), _MOST_MARKS) if find else ()
    spans = [found.span() for found in matches]
    end = len(verb) if verb and text.startswith(verb) else 0
    opening = Markup('<span class="verb">{}</span>').format(_marked(text, 0, end, spans))
    return (opening if end else Markup()) + _marked(text, end, len(text), spans)


def _marked(text: str, start: int, end: int, spans: Sequence[tuple[int, int]]) -> Markup:
    """Return the text from ``start`` to ``end``, with what of ``spans`` is in it marked."""
    pieces = list[str]()
    for first, last in spans:
        first, last = max(first, start), min(last, end)
        if first < last:
            pieces += escape(text[start:first]), "<mark>", escape(text[first:last]), "</mark>"
            start = last
    return Markup("".join((*pieces, escape(text[start:end]))))


@dataclass(frozen=True)
class _Reader:
    """Makes the parts of the text of ``this``."""

    this: str
    labels: Labels
    rows: ByPart
    find: re.Pattern[str] | None

    def part(
        self,
        iri: str,
        rows: Sequence[Cells],
        name: str,
        cells: Sequence[tuple[TermView, TermView]],
        relations: Sequence[tuple[TermView, Sequence[TermView]]],
        remarks: Sequence[Remark],
        evidence: Sequence[Evidence],
    ) -> Part:
        row, (depth, headings) = rows[0], self.places[iri]
        text, link = text_of(row["text"]), self.labels.iri(iri)
        of_number = (remark.issue for remark in remarks if remark.is_of_number)
        return Part(
            anchor=anchor(iri, self.this),
            link=TermView(name[:1].upper() + name[1:], link.href, iri),
            style=_style(rows),
            depth=depth,
            headings=headings,
            number=_number(row, text, evidence),
            restored=next(of_number, link) if row["restored"] else None,
            words=marked(text, text_of(row["verb"]), self.find),
            is_titled=bool(text) and text == text_of(row["title"]),
            cells=cells,
            relations=relations,
            remarks=remarks,
            evidence=evidence,
        )

    @cached_property
    def places(self) -> Mapping[str, tuple[int, int]]:
        """Return in how many parts each part stands, and how many of these are headings.

        Of parts that stand in each other one is taken to stand in none.
        """
        found: dict[str, tuple[int, int]] = {}
        for iri in self.rows:
            below = dict[str, None]()
            while iri in self.rows and iri not in found and iri not in below:
                below[iri] = None
                iri = iri_of(self.rows[iri][0]["above"])
            for part in reversed(below):
                if iri in found:
                    depth, headings = found[iri]
                    found[part] = depth + 1, headings + (_style(self.rows[iri]) == "heading")
                else:
                    found[part] = 0, 0
                iri = part
        return found


def _style(rows: Sequence[Cells]) -> str:
    classes = (local_name(iri_of(row["class"])) for row in rows)
    return next((_STYLES[name] for name in classes if name in _STYLES), "text")


def _number(row: Cells, text: str, evidence: Sequence[Evidence]) -> str:
    """Return the number with the signs that are printed around it, such as `(vii)`."""
    number = text_of(row["number"])
    if not number or row["restored"]:
        return f"[{number}]" if number else ""
    for piece in evidence:
        before, found, _ = piece.words.lower().partition(text.lower())
        before = piece.words[: len(before)].strip().strip("*")
        if found and number in before and len(before) <= len(number) + _LONGEST_SIGNS:
            return before
    return number


def _names(labels: Sequence[str]) -> Sequence[str]:
    """Return labels without the words that all of them begin with, and what follows a colon.

    >>> _names(["The Declaration, chapeau", "The Declaration, clause i: duties"])
    ['chapeau', 'clause i']
    >>> _names(["Part 1: Plans", "Part 2: Rules"])
    ['Part 1', 'Part 2']
    """
    first, last = min(labels), max(labels)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    shared = "".join(one for one, _ in same).rpartition(" ")[0] if first != last else ""
    names = [one.removeprefix(shared).strip() for one in labels]
    are_words = all(name[:1].isalpha() for name in names)
    return [one.partition(": ")[0] for one in (names if are_words else labels)]


def _by_part(answers: Answers, name: str) -> ByPart:
    found: dict[str, list[Cells]] = defaultdict(list)
    for rows in answers.shown(name):
        found[iri_of(rows[0]["part"])] += rows
    return found


def _show(row: Cells, name: str, labels: Labels) -> TermView:
    return labels.show(row[name])


def _stated(rows: Sequence[Cells], labels: Labels) -> Sequence[tuple[TermView, Sequence[TermView]]]:
    """Return what a part refers to and what refers to it, by relation."""
    found: dict[TermView, list[TermView]] = defaultdict(list)
    for row in rows:
        found[_show(row, "how", labels)].append(_show(row, "thing", labels))
    return [*found.items()]


def _remarks(rows: Sequence[Cells], labels: Labels) -> Iterator[Remark]:
    found: dict[str, list[Cells]] = defaultdict(list)
    for row in rows:
        found[iri_of(row["issue"])].append(row)
    for same in found.values():
        degree, properties = (
            same[0]["confidence"],
            {local_name(iri_of(r["property"])) for r in same},
        )
        yield Remark(
            labels.show(same[0]["issue"]),
            labels.show(degree),
            text_of(same[0]["reading"]),
            local_name(iri_of(degree)) == _CERTAIN,
            _RESTORED in properties,
        )


def _evidence(row: Cells, labels: Labels) -> Evidence:
    line = text_of(row["line"])
    place = ", ".join(filter(None, (text_of(row["locator"]), line and f"line {line}")))
    return Evidence(
        text_of(row["words"]), place, labels.show(row["evidence"]), labels.show(row["source"])
    )
