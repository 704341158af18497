"""The model of a stored question: a SPARQL query with its header and parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from accsm_kg.rdf import query_files

FORMS: Final = ("select", "ask", "construct")
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

    Raises ValueError when ``values`` has an unknown parameter.
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
    """Return the form of the query, one of `FORMS`; raises ValueError for another form."""
    found = _FORM.search(question.text)
    if found is None:
        raise ValueError(f"{question.name}.rq: no line begins with SELECT, ASK or CONSTRUCT")
    return found[1].lower()
