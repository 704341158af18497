"""The model of a stored question: a SPARQL query, its parameters and what its header says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from accsm_kg.rdf import query_files

FORMS: Final = ("select", "ask", "construct")
_FORM = re.compile(rf"^({'|'.join(FORMS).upper()})\b", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """A value that a reader may choose: a variable of the query that is bound to a string.

    ``options`` is a SELECT whose first column holds the values to choose from, whose second, if
    any, holds their labels; it is empty where any text may be given.
    """

    name: str
    description: str
    default: str
    options: str = ""


@dataclass(frozen=True)
class Question:
    """A stored query with what its `#+` header says."""

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    text: str
    parameters: tuple[Parameter, ...] = ()


def bind(question: Question, values: Mapping[str, str] | None = None) -> str:
    """Return the query of ``question`` with each parameter bound to its value, else its default.

    Raises ValueError when ``values`` names a parameter that the question does not have.
    """
    chosen = {parameter.name: parameter.default for parameter in question.parameters}
    for name, value in (values or {}).items():
        if name not in chosen:
            known = ", ".join(chosen) or "none"
            raise ValueError(f"{question.name} has no parameter '{name}'; it has: {known}")
        chosen[name] = value
    if not chosen:
        return question.text
    return query_files.bind(question.text, list(chosen), [list(chosen.values())])


def form(question: Question) -> str:
    """Return which of `FORMS` the query has; raises ValueError when it has none of them."""
    found = _FORM.search(question.text)
    if found is None:
        raise ValueError(f"{question.name}.rq: no line begins with SELECT, ASK or CONSTRUCT")
    return found[1].lower()
