"""Errors that callers catch or tell apart: what was given is at fault, not the program.

ValueError
└── AccsmError
    ├── ProjectFileError  a faulty file of the project: place, what is wrong, what to do
    ├── QuerySyntaxError  a query that does not parse: what is wrong, place, what to do
    └── UnknownNameError  a name, number or format that does not exist, and those that do

A file that does not exist or cannot be opened raises OSError.
"""

from accsm_kg.rdf.explain import Explanation


class AccsmError(ValueError):
    """The base class; the text is for people and says what to do."""


class ProjectFileError(AccsmError):
    """A file of the project cannot be used; the text has one line for each fault."""


class QuerySyntaxError(AccsmError):
    """A query does not parse; the text has lines for the fault, the place and the hint."""

    def __init__(self, explanation: Explanation) -> None:
        """Keep the parts for callers that show them in their own way."""
        super().__init__("\n".join(filter(None, explanation.parts)))
        self.explanation = explanation


class UnknownNameError(AccsmError):
    """A name given by the caller does not exist."""
