"""Answers of queries on pages: as a table whose names are links, and as the views that fit.

A column of IRIs is left out of the table if another column names its things: that one has the
links. So are a column without values, and one that repeats the ends of IRIs as keys. Where an
answer has words of a source with their place, each row has them folded; a place without words is
one column.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from markupsafe import Markup
from pyoxigraph import RdfFormat, Triple, parse

from accsm_kg.pictures import charts
from accsm_kg.pictures.svg import standalone
from accsm_kg.pictures.views import (
    NAMES,
    Answer,
    Column,
    Graph,
    View,
    choose,
    views,
    words,
)
from accsm_kg.rdf.edtf import in_words
from accsm_kg.rdf.terms import Term, local_name, seem_empty
from accsm_server.engine.interface import Query, Table, fetch, table
from accsm_server.errors import AnswerTooLarge, BadRequest, NotAcceptable
from accsm_server.http.negotiation import SVG, Format
from accsm_server.pages.queries import Site
from accsm_server.pages.render import inline
from accsm_server.pages.statements import Evidence, Quotations
from accsm_server.pages.terms import Labels, TermView, iri_of, load_labels, short_name, text_of

_MAX_ROWS = 1000  # or triples, on a page
_MAX_BYTES = 4 << 20  # of an answer on a page
_MAX_CELLS, _MAX_COLUMNS = 10_000, 1000  # of the table on a page
_LONGEST_CODE = 40  # characters of a text that a label may contain
_MOST_PLACES = 10  # of such a text in a label that are looked at
_MOST_FOLDED = 40  # columns; those of a wider table are as they are

_WORDS = "words"
_PLACES = ("locator", "where")
_OF_PLACE = (*_PLACES, "line", "source", "sourceTitle")
_OF_WORDS = (_WORDS, *_OF_PLACE)
_NAMING = re.compile(r"(Name|Label|Title|Code)$")
#: What a name of a thing is called besides the thing, unless an adjective stands before it.
_NAMED = re.compile(r"(?<!^later)(?<!^other)(?<!^printed)(?<!^usual)(Name|Label|Title)$")
_LOCAL_NAME = re.compile(r"[a-z\d.-]*[a-z]{2}[a-z\d.-]*([-/][\w.-]+)+")
_GRAPH = "/graph/"  # in the IRIs of named graphs
_BOOLEANS = {"true": "yes", "false": "no"}
#: Names of variables that are abbreviations.
_SPELLED = {"kra": "key result area"}
_SHORT = re.compile(rf"\b({'|'.join(_SPELLED)})\b", re.IGNORECASE)
#: What the values of a column are.
_KINDS: Final = {
    "iri": "thing",
    "measure": "number",
    "boolean": "true or false",
    "date": "time",
    "other": "mixed",
    "none": "no value",
}
_PART = re.compile(r"[A-Z]?[a-z\d]+|[A-Z]+")


@dataclass(frozen=True)
class Result:
    """The answer to a query: its rows, its boolean or its graph, which ``turtle`` has as text."""

    answer: Answer | Graph | bool
    labels: Labels | None = None
    turtle: str = ""
    is_cut: bool = False
    shown: int = 0
    """The most rows or triples on a page."""
    limit: int = 0
    """The most in files; 0 for any number."""

    @property
    def is_empty(self) -> bool:
        """Whether it has no rows or triples, is false, or is one row with 0 or without a value."""
        if isinstance(self.answer, bool):
            return not self.answer
        if isinstance(self.answer, Graph):
            return not self.answer.triples
        return seem_empty(self.answer.rows)

    @cached_property
    def views(self) -> Sequence[View]:
        """Return the views that fit; rows that are cut have no picture."""
        found = views(self.answer)
        is_part = self.is_cut and isinstance(self.answer, Answer)
        return [view for view in found if not view.is_picture] if is_part else found


@dataclass(frozen=True)
class ResultColumn:
    """A column of the table: what it is called, and a cell for each row."""

    head: str
    cells: Sequence[TermView]
    kind: str = ""
    """What its values are, if that is said."""


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
    prefixes = {**site.prefixes, **query.prefixes} if query.format != "json" else {}
    body, is_cut = await fetch(site.engine, replace(query, limit=shown, prefixes=prefixes))
    if len(body) > _MAX_BYTES:
        raise AnswerTooLarge(f"A page shows at most {_MAX_BYTES >> 20} MiB.")
    if query.format != "json":
        return await _graph(site, body, is_cut, shown, limit)
    if body.count(b",", 0, body.find(b"]")) >= _MAX_COLUMNS:  # commas before the rows
        raise AnswerTooLarge(f"A page shows at most {_MAX_COLUMNS} columns.")
    found = table(body)
    if not isinstance(found, Table):
        return Result(found)
    rows = [tuple(row) for row in found.rows[: _MAX_CELLS // max(1, len(found.variables))]]
    labels = await load_labels(site, (term for row in rows for term in row))
    answer = Answer(found.variables, rows, query.text, _names_of(labels, labels.texts))
    return Result(answer, labels, "", is_cut or len(rows) < len(found.rows), shown, limit)


async def _graph(site: Site, body: bytes, is_cut: bool, shown: int, limit: int) -> Result:
    """Return a graph in Turtle with the labels of what is in it."""
    triples = [quad.triple for quad in parse(body, format=RdfFormat.TURTLE)]
    labels = await load_labels(site, _terms(triples))
    iris = {iri for triple in triples for term in _terms([triple]) if (iri := iri_of(term))}
    graph = Graph(triples, _names_of(labels, iris))
    return Result(graph, labels, body.decode(), is_cut, shown, limit)


def _terms(triples: Iterable[Triple]) -> Iterator[Term]:
    for triple in triples:
        for term in triple:
            if isinstance(term, Triple):
                yield from _terms([term])
            else:
                yield term


def _names_of(labels: Labels, iris: Iterable[str]) -> dict[str, str]:
    """Return what the pages call each of ``iris``."""
    return {iri: labels.iri(iri).text for iri in iris}


def chosen(result: Result, name: str, asked: str = "") -> View:
    """Return the view ``name``, else the one ``asked`` for, else what the rule picks.

    A view that does not fit is as none. Raises BadRequest for one that there is not.
    """
    if name and name not in NAMES:
        raise BadRequest("Invalid view", f"'{name[:40]}' is no view: use {', '.join(NAMES)}.")
    fitting = result.views
    return (choose(fitting, name) if name else None) or choose(fitting, asked) or fitting[0]


def drawn(result: Result, name: str, asked: str, title: str = "") -> bytes:
    """Return the picture of a view as a file; by default the first that is one.

    Raises BadRequest for a view that does not fit, and NotAcceptable if there is no picture.
    """
    name = name or next((view.name for view in result.views if view.is_picture), "")
    view = chosen(result, name, asked)
    if name and view.name != name:
        known = ", ".join(one.name for one in result.views)
        raise BadRequest("Invalid view", f"This answer has no view '{name}'; it has: {known}.")
    if not view.is_picture:
        raise NotAcceptable("No picture", "No picture fits this answer: ask for another format.")
    return standalone(
        charts.described(charts.draw(view), charts.describe(view)),
        title or spelled(charts.caption(view)),
    )


def shown(
    result: Result,
    view: View,
    name: str,
    at: Callable[..., str],
    formats: Sequence[Format],
    *,
    title: str = "",
    marks: Iterable[str] = (),
    is_whole: bool = False,
) -> dict[str, Any]:
    """Return what `_answer.html` shows of an answer in a view, where ``name`` was asked for.

    ``at`` returns the address of the answer in a view or a format; ``formats`` are those of its
    file. For ``marks`` and ``is_whole`` see `tabulate`.
    """
    drawing = view if view.is_picture else next((v for v in result.views if v.is_picture), None)
    files = [(format, {"format": format.name}) for format in formats]
    if drawing:
        files.append((SVG, {"view": drawing.name, "format": SVG.name}))
    table = None
    if isinstance(result.answer, Answer) and result.labels and result.answer.rows:
        has_evidence = view.name != "record"
        table = tabulate(
            result.answer, result.labels, marks, has_evidence=has_evidence, is_whole=is_whole
        )
    return {
        "result": result,
        "view": view,
        "unfit": NAMES[name] if name and name != view.name and len(result.views) > 1 else "",
        "views": result.views if len(result.views) > 1 else (),
        "names": NAMES,
        "picture": picture(view, title or spelled(charts.caption(view)))
        if view.is_picture
        else None,
        "rows": table,
        "record": record,
        "at": at,
        "files": files,
    }


def picture(view: View, title: str) -> Picture:
    """Return the pictures of a view that is one."""
    described = charts.describe(view)
    drawn = (charts.labelled(charts.draw(view, is_narrow=narrow), title, described)
             for narrow in (False, True))  # fmt: skip
    return Picture(spelled(charts.caption(view)), *map(inline, drawn))


def tabulate(
    answer: Answer,
    labels: Labels,
    marks: Iterable[str] = (),
    *,
    has_evidence: bool = True,
    is_whole: bool = False,
) -> ResultTable:
    """Return the table of an answer; ``marks`` are marked in words of a source.

    One that ``is_whole`` has all variables by their names, with what their values are.
    """
    named = names(answer, labels.texts)
    if is_whole:
        return ResultTable(_whole(answer, named, labels))
    quoted = _quoted(answer) if has_evidence else []
    place = [] if quoted else _place(answer)
    left_out = {iri.name for iri in named.values()} | {column.name for column in quoted}
    shown = [
        column
        for column in answer.columns
        if column.kind != "none" and column.name not in left_out and not is_key(column, answer)
    ]
    columns = []
    for column in shown:
        if column not in place:
            cells = _cells(column, named, labels)
            columns.append(ResultColumn(_head(column, named.get(column.name)), cells))
        elif column is next(one for one in shown if one in place):
            columns.append(ResultColumn("source", _places(place, labels)))
    return ResultTable(columns, _evidence(quoted, labels, list(marks)))


def _whole(answer: Answer, named: Mapping[str, Column], labels: Labels) -> list[ResultColumn]:
    """Return a column for each variable; one that names the things of another stands for both."""
    left_out = {iri.name for iri in named.values()}
    found = []
    for column in answer.columns:
        if column.name not in left_out:
            iris = named.get(column.name)
            variables = [iris.name, column.name] if iris else [column.name]
            head = " ".join(f"?{variable}" for variable in variables)
            kind = "thing" if iris else _KINDS.get(column.kind, column.kind)
            is_named = iris or column.kind == "iri"
            cells = _cells(column, named, labels) if is_named else map(labels.show, column.values)
            found.append(ResultColumn(head, [_with_short(cell, labels) for cell in cells], kind))
    return found


def _with_short(cell: TermView, labels: Labels) -> TermView:
    """Return a thing with the short name by which queries know it, if that is not its text."""
    short = short_name(cell.iri, labels.site) if cell.iri and not cell.note else ""
    return replace(cell, note=short) if short and short != cell.text else cell


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
            and not is_key(text, answer)
            and (rank := _rank(iri, text, texts))
        ),
        key=lambda found: found[:2],
    )
    named: dict[str, Column] = {}
    for _, _, name, iri in ranked:
        if name not in named and iri not in named.values():
            named[name] = iri
    return named


def is_key(column: Column, answer: Answer) -> bool:
    """Return whether a column has the ends of IRIs that are names in them, such as `a-name/1`.

    So is any end of the IRI of a named graph.
    """
    if column.kind != "text":
        return False
    is_name = all(_LOCAL_NAME.fullmatch(text) for text in column.texts if text)
    return any(
        _is_end(column, iris) and (is_name or all(_GRAPH in (iri or _GRAPH) for iri in iris.texts))
        for iris in answer.of_kind("iri")
    )


def _is_end(column: Column, iris: Column) -> bool:
    pairs = zip(iris.texts, column.texts, strict=True)
    return all((iri or "").endswith(f"/{text}") for iri, text in pairs)


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
    return spelled(words(plain if iri and plain == iri.name else _NAMED.sub("", column.name)))


def choice(value: str, label: str) -> str:
    """Return what a value of a parameter is called: its label, after a code that it does not have.

    >>> choice("A.2.2.i", "Promote dialogue"), choice("asean-charter", "The Charter of 2007")
    ('A.2.2.i: Promote dialogue', 'The Charter of 2007')
    >>> choice("A", "Priority area A: workforce"), choice("2017-07", "6")
    ('Priority area A: workforce', 'July 2017')
    """
    if label == value or label.isdecimal():
        return in_words(value)
    has_value = _LOCAL_NAME.fullmatch(value) or _holds(label, value)
    return label if has_value else f"{value}: {label}"


def spelled(text: str) -> str:
    """Return a text without abbreviations of variables."""
    return _SHORT.sub(lambda found: _SPELLED[found[0].lower()], text)


def _cells(column: Column, named: Mapping[str, Column], labels: Labels) -> list[TermView]:
    """Return the values of a column, as links to the things that they name."""
    iri = named.get(column.name)
    if iri is None:
        return [_cell(value, column.kind, labels) for value in column.values]
    return [
        replace(labels.iri(iri_of(thing)), text=labels.show(value).text)
        if thing is not None and value is not None
        else labels.show(thing if value is None else value)
        for value, thing in zip(column.values, iri.values, strict=True)
    ]


def _cell(value: Term | None, kind: str, labels: Labels) -> TermView:
    if labels.is_graph(iri := iri_of(value)):
        return labels.graph(iri)
    shown = labels.show(value)
    if kind == "date":
        return replace(shown, text=in_words(shown.text))
    return replace(shown, text=_BOOLEANS[shown.text]) if kind == "boolean" and shown.text else shown


def _place(answer: Answer) -> list[Column]:
    """Return the columns of sources and of lines or places in them, if there are both."""
    columns = [column for column in answer.columns if column.name in _OF_PLACE]
    has_source = any(one.name == "source" and one.kind == "iri" for one in columns)
    return columns if has_source and any(one.name in ("line", *_PLACES) for one in columns) else []


def _places(columns: Sequence[Column], labels: Labels) -> list[TermView]:
    """Return links to the lines of sources, with their places in words."""
    found = []
    for values in zip(*(column.values for column in columns), strict=True):
        row = dict(zip((column.name for column in columns), values, strict=True))
        source, line = iri_of(row["source"]), text_of(row.get("line"))
        shown = labels.graph_of(source, line) if source else TermView("")
        where = next(filter(None, (text_of(row.get(name)) for name in _PLACES)), "")
        text = f"{shown.text}, line {line}" if source and line else shown.text
        found.append(replace(shown, text=text, note=where or shown.note))
    return found


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
