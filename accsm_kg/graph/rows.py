"""Rows of an answer: tuples with names, for loops, data frames, notebooks and pictures."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from html import escape
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex, overload

from pyoxigraph import RdfFormat, Triple, serialize

from accsm_kg.english import counted
from accsm_kg.errors import MissingModuleError, UnknownNameError
from accsm_kg.graph.values import IRI, Value, term_of
from accsm_kg.pictures import charts, views
from accsm_kg.pictures.svg import standalone
from accsm_kg.rdf.terms import iris

if TYPE_CHECKING:
    import pandas
    import rdflib

_SHOWN = 20  # rows in a notebook
_LONGEST = 300  # characters of a cell in a notebook


class Row(tuple[Any, ...]):
    """A row: ``row[0]``, ``row["title"]``, ``row.title``, or taken apart as a tuple."""

    __slots__ = ()
    _columns: tuple[str, ...] = ()

    @overload
    def __getitem__(self, key: SupportsIndex | str) -> Any: ...
    @overload
    def __getitem__(self, key: "slice[Any, Any, Any]") -> tuple[Any, ...]: ...
    def __getitem__(self, key: Any) -> Any:
        """Return the value of a column, by its place or name."""
        return super().__getitem__(self._place(key) if isinstance(key, str) else key)

    def __getattr__(self, name: str) -> Any:
        """Raise AttributeError with the columns; each of these is a property."""
        raise AttributeError(_unknown(name, self._columns))

    def _place(self, name: str) -> int:
        if name not in self._columns:
            raise UnknownNameError(_unknown(name, self._columns), name, self._columns)
        return self._columns.index(name)

    def __repr__(self) -> str:
        """Return the values by column."""
        pairs = zip(self._columns, self, strict=True)
        return f"Row({', '.join(f'{name}={value!r}' for name, value in pairs)})"

    def __reduce__(self) -> tuple[Callable[..., "Row"], tuple[tuple[str, ...], tuple[Any, ...]]]:
        """Name the columns, as the class of a row is made for them."""
        return _row, (self._columns, tuple(self))


def _row(columns: tuple[str, ...], values: Iterable[Any]) -> Row:
    return _class(columns)(values)


def _class(columns: tuple[str, ...]) -> type[Row]:
    """Return the class of rows with ``columns``: a property for each, even if it is `count`."""
    named = {
        name: property(itemgetter(place))
        for place, name in enumerate(columns)
        if not name.startswith("_")
    }
    return type("Row", (Row,), {"__slots__": (), "_columns": columns, **named})


@dataclass(frozen=True)
class Picture:
    """A drawing, which a notebook shows; ``views`` are those that fit the answer."""

    svg: str = field(repr=False)
    title: str
    view: str
    views: tuple[str, ...] = field(repr=False, default=())

    def save(self, path: Path | str) -> None:
        """Write the drawing to an SVG file."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def _repr_svg_(self) -> str:
        return self.svg


class Rows(Sequence[Row]):
    """The answer to a query as rows: read once, to be gone through as often as you like.

    >>> rows = Rows(("code", "count"), [("A.2", 30), ("B.1", None)])
    >>> [row.code for row in rows], rows[0]["count"], len(rows)
    (['A.2', 'B.1'], 30, 2)
    >>> for code, count in rows:
    ...     print(code, count)
    A.2 30
    B.1 None
    >>> rows.to_dicts()[0]
    {'code': 'A.2', 'count': 30}
    """

    columns: tuple[str, ...]
    query: str
    """The query that was asked; empty where it took several."""
    truncated: str
    """After how many rows the server has cut the answer, such as ``1000 rows``; else empty."""

    def __init__(
        self,
        columns: Iterable[str],
        rows: Iterable[Iterable[Value]],
        query: str = "",
        truncated: str = "",
        note: str | Callable[[], str] = "",
    ) -> None:
        """Take the names of the columns and the values of each row."""
        self.columns, self.query = tuple(columns), query
        self.truncated, self._told = truncated, note
        self._rows = list(map(_class(self.columns), rows))

    @cached_property
    def note(self) -> str:
        """What else there is to know of the answer: what is probably wrong with its query."""
        return self._told if isinstance(self._told, str) else self._told()

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: "slice[Any, Any, Any]") -> list[Row]: ...
    def __getitem__(self, place: Any) -> Any:
        """Return a row, or a list of rows for a slice."""
        return self._rows[place]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        """Go through the rows."""
        return iter(self._rows)

    def __eq__(self, other: object) -> bool:
        """Return whether both have the same columns and values in the same order."""
        if not isinstance(other, Rows):
            return NotImplemented
        return self.columns == other.columns and self._rows == other._rows

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return the number of rows and the columns, and why there are none if that is known."""
        cut = f", cut after {self.truncated}" if self.truncated else ""
        note = f": {self.note}" if not self and self.note else ""
        return f"<{counted(len(self), 'row')} of {', '.join(self.columns)}{cut}{note}>"

    def to_dicts(self) -> list[dict[str, Value]]:
        """Return a dictionary for each row, as polars and `json` take them."""
        return [dict(zip(self.columns, row, strict=True)) for row in self._rows]

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a data frame; raises MissingModuleError without pandas.

        Decimals become floats, IRIs strings, integers with gaps ``Int64``, truth values with gaps
        ``boolean``, dates ``datetime64``, those with a time zone in UTC. A column of dates of which
        only some have one, or of numbers above all floats, keeps its values.
        """
        try:
            import pandas
        except ImportError:
            raise MissingModuleError(
                "to_pandas() needs pandas: pip install 'accsm-kg[pandas]'"
            ) from None
        turned = zip(*self._rows, strict=True) if self._rows else ((),) * len(self.columns)
        series = {
            str(place): pandas.Series(*_series(list(values))) for place, values in enumerate(turned)
        }
        return pandas.DataFrame(series).set_axis(list(self.columns), axis="columns")

    def picture(self, view: str = "") -> Picture:
        """Return a picture: bar, line, heatmap, timeline, tree or graph.

        Without ``view`` it is the one that a comment ``# view: bar`` of the query asks for, or that
        fits best. Raises UnknownNameError for one that does not fit, with those that do.
        """
        return drawn(self._answer(), view, self.query)

    def _answer(self) -> views.Answer | views.Graph:
        rows = [
            tuple(None if value is None else term_of(value) for value in row) for row in self._rows
        ]
        return views.Answer(self.columns, rows, self.query, _labels(self._rows))

    def _repr_html_(self) -> str:
        """Return a table of the first rows, in which things have their labels and links."""
        head = "".join(f"<th>{escape(views.words(name))}</th>" for name in self.columns)
        body = "".join(
            f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>"
            for row in self._rows[:_SHOWN]
        )
        more = len(self) - _SHOWN
        notes = [self.note, counted(more, "more row") if more > 0 else ""]
        notes += [f"The server has cut the answer after {self.truncated}." * bool(self.truncated)]
        notes += ["no rows"] if not self._rows else []
        told = "".join(f"<p>{escape(note)}</p>" for note in notes if note)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{told}"


class Triples(Rows):
    """The answer to a CONSTRUCT or DESCRIBE: rows of subject, predicate and object, sorted."""

    def __init__(
        self,
        triples: Sequence[Triple],
        value: Callable[[Any], Value],
        query: str = "",
        truncated: str = "",
        prefixes: Mapping[str, str] | None = None,
    ) -> None:
        """Take the triples, what makes values of their terms, and prefixes to write them with."""
        rows = (map(value, triple) for triple in triples)
        super().__init__(("subject", "predicate", "object"), rows, query, truncated)
        used = iris(part for triple in triples for part in triple)
        self._triples = triples
        self._prefixes = {
            name: space
            for name, space in (prefixes or {}).items()
            if any(iri.startswith(space) for iri in used)
        }

    def to_turtle(self) -> str:
        """Return the triples in Turtle."""
        written = serialize(self._triples, format=RdfFormat.TURTLE, prefixes=self._prefixes)
        return (written or b"").decode()

    def to_rdflib(self) -> "rdflib.Graph":
        """Return the triples as a graph of rdflib that knows the prefixes."""
        import rdflib  # takes half a second

        graph = rdflib.Graph(bind_namespaces="none")
        for name, space in self._prefixes.items():
            graph.bind(name, space)
        written = serialize(self._triples, format=RdfFormat.N_TRIPLES) or b""
        return graph.parse(data=written, format="nt")

    def _answer(self) -> views.Graph:
        return views.Graph(self._triples, _labels(self._rows))


def drawn(answer: views.Answer | views.Graph, view: str, query: str = "") -> Picture:
    """Return a view of an answer as a picture; raises UnknownNameError for one that is none."""
    fitting = [one for one in views.views(answer) if one.is_picture]
    names = tuple(one.name for one in fitting)
    chosen = views.choose(fitting, view or views.wanted(query)) or (
        None if view else next(iter(fitting), None)
    )
    if chosen is None:
        told = f"it can be drawn as: {', '.join(names)}" if names else "none fits this answer"
        what = f"There is no picture '{view}' of these rows" if view else "There is no picture"
        raise UnknownNameError(f"{what}; {told}", view, names)
    title = charts.caption(chosen)
    drawing = charts.described(charts.draw(chosen), charts.describe(chosen))
    return Picture(standalone(drawing, title).decode(), title, chosen.name, names)


def _labels(rows: Iterable[Iterable[Value]]) -> dict[str, str]:
    """Return the labels of the IRIs in rows that have one."""
    found = {value: value for row in rows for value in row if isinstance(value, IRI)}
    return {str(value): value.label for value in found}


def _cell(value: Value) -> str:
    """Return a value in HTML: a thing by its label, with its short name below the pointer."""
    if value is None:
        return ""
    if not isinstance(value, IRI):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return escape(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…")
    label, title = escape(value.label), escape(value.short)
    if value.page:
        return f'<a href="{escape(value.page)}" title="{title}">{label}</a>'
    return f'<span title="{title}">{label}</span>'


def _series(values: list[Any]) -> tuple[list[Any], None, str | None]:
    """Return the values of a column as pandas takes them, and their type."""
    kinds = {type(value) for value in values if value is not None}
    gaps = None in values
    if kinds == {int} and all(-(1 << 63) <= value < 1 << 63 for value in values if value):
        return values, None, "Int64" if gaps else "int64"
    if kinds == {bool}:
        return values, None, "boolean" if gaps else "bool"
    if kinds and kinds <= {int, float, Decimal}:
        with suppress(OverflowError):  # else the values stay as they are
            return [None if value is None else float(value) for value in values], None, "float64"
    if kinds and all(issubclass(kind, date) for kind in kinds):
        zoned = {_is_zoned(value) for value in values if value is not None}
        if len(zoned) == 1:
            return values, None, "datetime64[us, UTC]" if True in zoned else "datetime64[us]"
    return [str(value) if isinstance(value, IRI) else value for value in values], None, None


def _is_zoned(value: date) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


def _unknown(name: str, columns: Sequence[str]) -> str:
    near = get_close_matches(name, columns, 1)
    return f"no column '{name}'; {f'did you mean {near[0]}?' if near else ', '.join(columns)}"
