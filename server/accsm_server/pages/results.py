"""Answers of queries on pages: as a table whose names are links, and as the views that fit.

A column of IRIs is left out of the table if another column names its things: that one has the
links. Where an answer has words of a source with their place, each row has them folded.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from markupsafe import Markup

from accsm_kg.pictures import charts
from accsm_kg.pictures.svg import standalone
from accsm_kg.pictures.views import NAMES, Answer, Column, View, choose, views, words
from accsm_kg.rdf.edtf import in_words
from accsm_kg.rdf.terms import local_name
from accsm_server.engine.interface import Query, Table, fetch, table
from accsm_server.errors import AnswerTooLarge, BadRequest
from accsm_server.pages.queries import Site
from accsm_server.pages.render import inline
from accsm_server.pages.statements import Evidence, Quotations
from accsm_server.pages.terms import Labels, TermView, iri_of, load_labels, text_of

_MAX_ROWS = 1000  # or triples, on a page
_MAX_BYTES = 4 << 20  # of an answer on a page
_MAX_CELLS, _MAX_COLUMNS = 10_000, 1000  # of the table on a page
_LONGEST_CODE = 40  # characters of a text that a label may contain
_MOST_PLACES = 10  # of such a text in a label that are looked at
_MOST_FOLDED = 40  # columns; those of a wider table are as they are

_WORDS = "words"
_PLACES = ("locator", "where")
_OF_WORDS = (_WORDS, *_PLACES, "line", "source", "sourceTitle")
_NAMING = re.compile(r"(Name|Label|Title|Code)$")
#: Names of variables that are abbreviations.
_SPELLED = {"kra": "key result area"}
_SHORT = re.compile(rf"\b({'|'.join(_SPELLED)})\b", re.IGNORECASE)
_PART = re.compile(r"[A-Z]?[a-z\d]+|[A-Z]+")


@dataclass(frozen=True)
class Result:
    """The answer to a query: its rows or its boolean, or else a ``graph`` in Turtle."""

    answer: Answer | bool | None
    labels: Labels | None = None
    graph: str = ""
    is_cut: bool = False
    shown: int = 0
    """The most rows or triples on a page."""
    limit: int = 0
    """The most in files; 0 for any number."""

    @cached_property
    def views(self) -> Sequence[View]:
        """Return the views that fit; what is cut has no picture."""
        found = views(self.answer)
        return [view for view in found if not view.is_picture] if self.is_cut else found


@dataclass(frozen=True)
class ResultColumn:
    """A column of the table: what its values are, in words, and a cell for each row."""

    head: str
    cells: Sequence[TermView]


@dataclass(frozen=True)
class ResultTable:
    """The rows of an answer, and the words of the source behind each, if there are any."""

    columns: Sequence[ResultColumn]
    evidence: Sequence[Sequence[Evidence]] = ()


@dataclass(frozen=True)
class Picture:
    """A view as pictures for wide and for narrow pages, and what they show in words."""

    caption: str
    wide: Markup
    narrow: Markup


async def load(site: Site, query: Query) -> Result:
    """Return the answer to ``query``, cut to what a page shows; raises QueryError."""
    limit = site.served.settings.rows
    shown = min(_MAX_ROWS, limit or _MAX_ROWS)
    body, is_cut = await fetch(site.engine, replace(query, limit=shown))
    if len(body) > _MAX_BYTES:
        raise AnswerTooLarge(f"A page shows at most {_MAX_BYTES >> 20} MiB.")
    if query.format != "json":
        return Result(None, None, body.decode(), is_cut, shown, limit)
    if body.count(b",", 0, body.find(b"]")) >= _MAX_COLUMNS:  # commas before the rows
        raise AnswerTooLarge(f"A page shows at most {_MAX_COLUMNS} columns.")
    found = table(body)
    if not isinstance(found, Table):
        return Result(found)
    rows = [tuple(row) for row in found.rows[: _MAX_CELLS // max(1, len(found.variables))]]
    labels = await load_labels(site, (term for row in rows for term in row))
    answer = Answer(found.variables, rows, query.text)
    return Result(answer, labels, "", is_cut or len(rows) < len(found.rows), shown, limit)


def chosen(result: Result, name: str, asked: str = "") -> View:
    """Return the view ``name``, else the one ``asked`` for if it fits, else what the rule picks.

    Raises BadRequest if ``name`` does not fit.
    """
    fitting = result.views
    view = choose(fitting, name) if name else choose(fitting, asked) or fitting[0]
    if view is None:
        known = ", ".join(one.name for one in fitting if one.name in NAMES)
        raise BadRequest("Invalid view", f"This answer has no view '{name[:40]}'; it has: {known}.")
    return view


def picture(view: View, title: str) -> Picture:
    """Return the pictures of a view that is one."""
    described = charts.describe(view)
    drawn = (charts.labelled(charts.draw(view, is_narrow=narrow), title, described)
             for narrow in (False, True))  # fmt: skip
    return Picture(spelled(charts.caption(view)), *map(inline, drawn))


def file(view: View, title: str) -> bytes:
    """Return the picture of a view as a file."""
    return standalone(charts.described(charts.draw(view), charts.describe(view)), title)


def tabulate(
    answer: Answer, labels: Labels, marks: Iterable[str] = (), *, has_evidence: bool = True
) -> ResultTable:
    """Return the table of an answer; ``marks`` are marked in words of a source."""
    named = names(answer, labels.texts)
    quoted = _quoted(answer) if has_evidence else []
    left_out = {iri.name for iri in named.values()} | {column.name for column in quoted}
    columns = [
        ResultColumn(_head(column, named.get(column.name)), _cells(column, named, labels))
        for column in answer.columns
        if column.name not in left_out
    ]
    return ResultTable(columns, _evidence(quoted, labels, list(marks)))


def names(answer: Answer, texts: Mapping[str, str]) -> Mapping[str, Column]:
    """Return the column of IRIs whose things a column names, by the name of the latter.

    ``texts`` are the labels of the IRIs. A name is the label, has the same word in its variable,
    or is a code in the label or at the end of the IRI.
    """
    columns = answer.columns if len(answer.columns) <= _MOST_FOLDED else []
    ranked = sorted(
        (
            (-rank, place, text.name, iri)
            for iri in columns
            if iri.kind == "iri"
            for place, text in enumerate(columns)
            if text.kind not in ("iri", "none", "measure", "boolean")
            and (rank := _rank(iri, text, texts))
        ),
        key=lambda found: found[:2],
    )
    named: dict[str, Column] = {}
    for _, _, name, iri in ranked:
        if name not in named and iri not in named.values():
            named[name] = iri
    return named


def _rank(iri: Column, text: Column, labels: Mapping[str, str]) -> int:
    """Return how well a column names IRIs, 0 if it does not."""
    pairs = {(one, name) for one, name in zip(iri.texts, text.texts, strict=True) if one and name}
    if not pairs:
        return 0
    if all(labels.get(one) == name for one, name in pairs):
        return 4
    if text.kind == "text" and _parts(iri.name) & _parts(text.name):
        return 3
    if all(_holds(labels.get(one, ""), name) for one, name in pairs):
        return 2
    return int(all(local_name(one) == name for one, name in pairs))


def _parts(variable: str) -> set[str]:
    return {part.lower() for part in _PART.findall(variable)}


def _holds(label: str, text: str) -> bool:
    """Return whether a label has a text as a word."""
    if len(text) > _LONGEST_CODE:
        return False
    start = -1
    for _ in range(_MOST_PLACES):
        start = label.find(text, start + 1)
        if start < 0:
            return False
        end = start + len(text)
        before, after = label[max(start - 1, 0) : start], label[end : end + 2]
        if not (before == "." or _is_letter(before) or _is_letter(after.removeprefix(".")[:1])):
            return True
    return False


def _is_letter(character: str) -> bool:
    """Return whether a character, if there is one, is a letter, digit or underscore."""
    return character.isalnum() or character == "_"


def _head(column: Column, iri: Column | None) -> str:
    plain = _NAMING.sub("", column.name)
    return spelled(words(plain if iri and plain == iri.name else column.name))


def spelled(text: str) -> str:
    """Return a text without abbreviations of variables."""
    return _SHORT.sub(lambda found: _SPELLED[found[0].lower()], text)


def _cells(column: Column, named: Mapping[str, Column], labels: Labels) -> list[TermView]:
    """Return the values of a column, as links to the things that they name."""
    iri = named.get(column.name)
    if iri is None:
        shown = [labels.show(value) for value in column.values]
        is_time = column.kind == "date"
        return [replace(one, text=in_words(one.text)) for one in shown] if is_time else shown
    return [
        replace(labels.iri(iri_of(thing)), text=labels.show(value).text)
        if thing is not None and value is not None
        else labels.show(thing if value is None else value)
        for value, thing in zip(column.values, iri.values, strict=True)
    ]


def _quoted(answer: Answer) -> list[Column]:
    """Return the columns of words of a source and of their place, if there are both."""
    columns = {column.name: column for column in answer.columns if column.name in _OF_WORDS}
    has_place = any(place in columns for place in _PLACES)
    return [*columns.values()] if _WORDS in columns and has_place else []


def _evidence(
    quoted: Sequence[Column], labels: Labels, marks: Sequence[str]
) -> list[tuple[Evidence, ...]]:
    quotations, none = Quotations(), TermView("")
    found = []
    for row in range(len(quoted[0].values) if quoted else 0):
        cells = {column.name: column.values[row] for column in quoted}
        said = text_of(cells.get(_WORDS))
        mark = next((one for one in marks if one and one in said), "")
        places = filter(None, (text_of(cells.get(place)) for place in _PLACES))
        source = iri_of(cells.get("source"))
        shown = labels.iri(source) if source else none
        piece = Evidence(said, next(places, ""), none, shown, mark=mark)
        found.append(quotations.number([piece] if said else []))
    return found


def record(found: ResultTable) -> Iterator[tuple[str, TermView]]:
    """Yield what the only row of a table says, without what it leaves open."""
    for column in found.columns:
        if column.cells[0].text:
            yield column.head, column.cells[0]
