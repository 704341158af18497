"""The model of a stored question: a SPARQL query with its header and parameters."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from accsm_kg.errors import UnknownNameError
from accsm_kg.rdf import query_files
from accsm_kg.rdf.terms import value_of

FORMS: Final = ("select", "ask", "construct")
_MAX_LISTED = 12  # values of a parameter that a message names
_FORM = re.compile(rf"^({'|'.join(FORMS).upper()})\b", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """A variable of the query that is bound to a string of the user's choice.

    ``options`` is a SELECT query with the allowed values in its first column and, optionally, their
    labels in its second; it is empty where any text is allowed.
    """

    name: str
    description: str
    default: str
    options: str = ""


@dataclass(frozen=True)
class Question:
    """A stored query with its `#+` header."""

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    text: str
    parameters: tuple[Parameter, ...] = ()


def bind(question: Question, values: Mapping[str, str] | None = None) -> str:
    """Return the query of ``question`` with its parameters bound to ``values`` or their defaults.

    Raises UnknownNameError when ``values`` has an unknown parameter, and ValueError for a query to
    which no values can be bound.
    """
    chosen = {parameter.name: parameter.default for parameter in question.parameters}
    for name, value in (values or {}).items():
        if name not in chosen:
            known = ", ".join(chosen) or "none"
            text = f"{question.name} has no parameter '{name}'; it has: {known}"
            raise UnknownNameError(text, name, chosen)
        chosen[name] = value
    if not chosen:
        return question.text
    try:
        return query_files.bind(question.text, list(chosen), [list(chosen.values())])
    except ValueError as error:
        raise ValueError(f"{question.name}: {error}") from None


def by_name(given: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the values of parameters by name; raises ValueError for one that is given twice."""
    values: dict[str, str] = {}
    for name, value in given:
        if name in values:
            raise ValueError(f"parameter {name} is given twice; give it once")
        values[name] = value
    return values


def labels(rows: Iterable[Iterable[object]]) -> dict[str, str]:
    """Return the labels of the values of a parameter, from the rows of its ``options``."""
    texts = (list(map(value_of, row)) for row in rows)
    return {row[0]: row[1] if len(row) > 1 else row[0] for row in texts if row}


class NoChoiceError(UnknownNameError):
    """A value of a ``parameter`` is not on its list; the suggestions are similar values."""

    def __init__(self, text: str, parameter: str, value: str, nearest: Sequence[str]) -> None:
        """Say ``text`` of a value of a parameter."""
        super().__init__(text, value, nearest)
        self.parameter = parameter


def check_choice(name: str, value: str, options: Mapping[str, str]) -> None:
    """Raise NoChoiceError unless ``value`` of a parameter is one of its ``options``.

    These are labels by value; the message names the values that are similar, or have a similar
    label, else all, or the first of them.
    """
    if not options or value in options:
        return
    close = _similar(value, options)
    listed = ", ".join(list(options)[:_MAX_LISTED])
    more = len(options) - _MAX_LISTED
    hint = f"its values: {listed}" + (f" and {more} more" if more > 0 else "")
    if close:
        hint = f"similar: {', '.join(close)}"
    nearest = close or _similar(value, options, 0)
    raise NoChoiceError(f"'{value}' is no value of {name}; {hint}", name, value, nearest)


def _similar(value: str, options: Mapping[str, str], least: float = 0.6) -> list[str]:
    """Return the values that are similar or have a similar label, the nearest first."""
    texts = {text.casefold(): option for option in options for text in (options[option], option)}
    close = get_close_matches(value.casefold(), texts, n=3, cutoff=least)
    return list(dict.fromkeys(texts[text] for text in close))


def form(question: Question) -> str:
    """Return the form of the query, one of `FORMS`; raises ValueError for another form."""
    found = _FORM.search(question.text)
    if found is None:
        raise ValueError(f"{question.name}.rq: no line begins with SELECT, ASK or CONSTRUCT")
    return found[1].lower()
