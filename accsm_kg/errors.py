"""Errors in the input of a caller.

ValueError
└── AccsmError
    ├── MissingModuleError  SQLite lacks a module
    ├── ProjectFileError  a file of the project has a fault
    ├── QuerySyntaxError  a query does not parse
    └── UnknownNameError  a name, number or format does not exist

A file that does not exist or cannot be opened raises OSError.
"""

from collections.abc import Iterable

from accsm_kg.rdf.explain import Explanation


class AccsmError(ValueError):
    """The base class; its text says what is wrong, where and what to do."""


class MissingModuleError(AccsmError):
    """The SQLite of this Python lacks a module; the text says what to install."""


class ProjectFileError(AccsmError):
    """A file of the project has faults; the text has one line for each."""


class QuerySyntaxError(AccsmError):
    """A query does not parse; the text has lines for the fault, the excerpt and the hint."""

    def __init__(self, explanation: Explanation) -> None:
        """Keep the explanation for callers that format it differently."""
        super().__init__("\n".join(filter(None, explanation.parts)))
        self.explanation = explanation


class UnknownNameError(AccsmError):
    """A name given by the caller does not exist; the text lists similar or all names."""


def check_name(what: str, name: str, names: Iterable[str], *, optional: bool = False) -> None:
    """Raise UnknownNameError unless ``name`` is one of ``names``, or empty if it is optional."""
    known = list(names)
    if name not in known and not (optional and not name):
        listed = ", ".join(known) or "none"
        raise UnknownNameError(f"'{name}' is no value of {what}; choose one of: {listed}")
