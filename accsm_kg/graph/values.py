"""The values of a graph in Python: plain ones for literals, and `IRI` for things."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Protocol, Self

from pyoxigraph import Literal, NamedNode

from accsm_kg.errors import QueryError
from accsm_kg.rdf.query_scanner import masked, scan
from accsm_kg.rdf.terms import XSD, Term, is_iri, local_name


class Names(Protocol):
    """What things are called, for display."""

    def label(self, iri: str) -> str:
        """Return the label of a thing, empty if it has none."""

    def short(self, iri: str) -> str:
        """Return an IRI as it can be pasted into a query."""

    def page(self, iri: str) -> str:
        """Return the address of the page about a thing, empty if there is none."""


class IRI(str):
    """An IRI in full: it equals the string, and can be given to a query as a value.

    >>> thing = IRI("https://w3id.org/accsm-kg/id/country/KHM")
    >>> thing == "https://w3id.org/accsm-kg/id/country/KHM", thing.label
    (True, 'KHM')
    """

    _names: Names | None

    def __new__(cls, text: str, names: Names | None = None) -> Self:
        """Take the text, and what the thing is called if a graph knows it."""
        made = super().__new__(cls, text)
        made._names = names
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        """Leave the graph behind when the IRI is copied or sent to another process."""
        return type(self), (str(self),)

    @property
    def label(self) -> str:
        """Return what people call the thing: its label, else the end of the IRI."""
        found = self._names.label(self) if self._names else ""
        return found or local_name(self) or str(self)

    @property
    def short(self) -> str:
        """Return the short name, such as ``country:KHM``, which can be pasted into a query."""
        return self._names.short(self) if self._names else f"<{self}>"

    @property
    def page(self) -> str:
        """Return the address of its page on the server of its graph; empty without a server."""
        return self._names.page(self) if self._names else ""


Value = int | Decimal | float | bool | date | str | IRI | None

_INTEGERS: Final = {
    "integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger",
    "nonPositiveInteger", "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort",
    "unsignedByte",
}  # fmt: skip
_READ: Final[Mapping[str, Callable[[str], Value]]] = {
    **dict.fromkeys(_INTEGERS, int),
    "decimal": Decimal,
    "double": float,
    "float": float,
    "boolean": {"true": True, "1": True, "false": False, "0": False}.__getitem__,
    "date": date.fromisoformat,
    "dateTime": datetime.fromisoformat,
}
_VARIABLE = re.compile(r"[?$](\w+)")
_SELECT = re.compile(r"\s*SELECT\b", re.IGNORECASE)
_SHORT_FORM = re.compile(r"CONSTRUCT[^{]*\bWHERE\b", re.IGNORECASE)
_BRACKET = re.compile("[(){}]")


def value_of(term: Term | None, names: Names | None = None) -> Value:
    """Return the value of a term: a literal that Python has no type for is its text.

    >>> value_of(Literal(33)), value_of(Literal("33")), value_of(None)
    (33, '33', None)
    """
    if isinstance(term, NamedNode):
        return IRI(term.value, names)
    if not isinstance(term, Literal):
        return None if term is None else str(term)
    datatype = term.datatype.value
    read = _READ.get(datatype.removeprefix(XSD)) if datatype.startswith(XSD) else None
    try:
        return read(term.value) if read else term.value
    except (ValueError, KeyError, InvalidOperation):  # a literal that is not well formed
        return term.value


def term_of(value: object) -> NamedNode | Literal:
    """Return the term of a value; raises TypeError for what is no `Value`, or is None.

    >>> str(term_of(33)), str(term_of(IRI("urn:a"))), str(term_of(Decimal("0.50")))
    ('"33"^^<http://www.w3.org/2001/XMLSchema#integer>', '<urn:a>', \
'"0.50"^^<http://www.w3.org/2001/XMLSchema#decimal>')
    """
    match value:
        case IRI():
            return NamedNode(value)
        case int() if not isinstance(value, bool):
            return Literal(str(value), datatype=NamedNode(f"{XSD}integer"))
        case str() | bool() | float():
            return Literal(value)
        case Decimal() if value.is_finite():
            return Literal(f"{value:f}", datatype=NamedNode(f"{XSD}decimal"))
        case datetime():
            return Literal(value.isoformat(), datatype=NamedNode(f"{XSD}dateTime"))
        case date():
            return Literal(value.isoformat(), datatype=NamedNode(f"{XSD}date"))
    raise TypeError(f"{value!r} is no value of a graph; give a number, text, date, bool or IRI")


def bind(sparql: str, values: Mapping[str, Any]) -> str:
    """Return a query in which variables have ``values``; None leaves one open.

    They stand in a VALUES block at the start of the pattern, on the same line. Raises QueryError
    for a query without a pattern in braces, for a name that is no variable of it, for a text that
    is no IRI, and for a value that cannot be written: half a character (a lone surrogate of UTF-16)
    or a number of more digits than Python turns into text.

    >>> bind("SELECT ?t WHERE { ?p accsm:projectNumber ?n }", {"n": 33})
    'SELECT ?t WHERE { VALUES (?n) { ("33"^^<http://www.w3.org/2001/XMLSchema#integer>) } \
?p accsm:projectNumber ?n }'
    """
    given = {name: value for name, value in values.items() if value is not None}
    if not values:
        return sparql
    text = masked(sparql)
    known = dict.fromkeys(_VARIABLE.findall(text))
    for name in values:
        if name not in known:
            listed = ", ".join(f"?{one}" for one in known) or "none"
            raise QueryError(f"The query has no variable ?{name}; it has: {listed}.")
    start, end = _pattern(text, scan(sparql).form_offset)
    names = " ".join(f"?{name}" for name in given)
    terms = " ".join(str(_term(name, value)) for name, value in given.items())
    block = f" VALUES ({names}) {{ ({terms}) }}" if given else ""
    if _SELECT.match(text, start):  # which must stand alone in braces
        return f"{sparql[:start]}{block} {{{sparql[start:end]}}}{sparql[end:]}"
    return sparql[:start] + block + sparql[start:]


def _term(name: str, value: object) -> NamedNode | Literal:
    if isinstance(value, IRI) and not is_iri(value):
        raise QueryError(f"The value of ?{name}, '{value}', is no IRI.")
    try:
        return term_of(value)
    except ValueError as error:
        raise QueryError(f"The value of ?{name} cannot be written: {error}.") from None


def _pattern(text: str, form: int) -> tuple[int, int]:
    """Return where the content of the pattern of a query starts and ends.

    ``text`` is without strings and comments; the template of a CONSTRUCT is passed over.
    """
    level, start = 0, 0
    found: list[tuple[int, int]] = []
    for bracket in _BRACKET.finditer(text, form):
        if bracket[0] in "({":
            start = start if level else bracket.end()
            level += 1
        else:
            level -= 1
            found += [(start, bracket.start())] if not level and bracket[0] == "}" else []
    is_construct = text[form:].upper().startswith("CONSTRUCT")
    if is_construct and _SHORT_FORM.match(text, form):
        raise QueryError("No values can be bound here; write CONSTRUCT { … } WHERE { … } in full.")
    if len(found) <= is_construct:
        raise QueryError("The query has no pattern in braces, to which values could be bound.")
    return found[is_construct]
