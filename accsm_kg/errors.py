"""Errors in the input of a caller, and of what it asks.

Exception
└── AccsmError
    ├── DatasetError, ValueError                  a dataset cannot be opened
    ├── MissingModuleError, ImportError           a module is not installed
    ├── QueryError, ValueError                    a query cannot be answered: line, column, hint
    │   ├── QueryKindError                        its form does not fit what is asked
    │   ├── QuerySyntaxError                      it does not parse
    │   └── QueryTimeoutError                     it takes longer than allowed
    ├── ServerError, OSError                      a server cannot be asked: url, status
    ├── TableError, ValueError                    tables or files of a project are wrong: faults
    └── UnknownNameError, LookupError, ValueError   there is no such name: name, suggestions
        └── AmbiguousNameError                    several things are called so: choices

A file of a command that does not exist or cannot be opened raises OSError.
"""

from collections.abc import Iterable, Sequence

from accsm_kg.rdf.explain import Explanation


class AccsmError(Exception):
    """The base class; its text says what is wrong, where and what to do."""


class DatasetError(AccsmError, ValueError):
    """A dataset does not exist, cannot be read or lacks what is asked of it."""


class MissingModuleError(AccsmError, ImportError):
    """A module is not installed, or SQLite lacks one; the text says what to install."""


class QueryError(AccsmError, ValueError):
    """A query cannot be answered; ``line`` and ``column`` count from 1, None if not known."""

    def __init__(
        self, text: str, line: int | None = None, column: int | None = None, hint: str = ""
    ) -> None:
        """Take the text, which has the hint as well, and what it is made of."""
        super().__init__(text)
        self.line, self.column, self.hint = line, column, hint


class QueryKindError(QueryError):
    """A query is of another form than the caller asks for, such as a CONSTRUCT for rows."""


class QuerySyntaxError(QueryError):
    """A query does not parse; the text has lines for the fault, the excerpt and the hint."""

    def __init__(self, explanation: Explanation) -> None:
        """Keep the explanation for callers that format it differently."""
        text = "\n".join(filter(None, explanation.parts))
        super().__init__(text, explanation.line, explanation.column, explanation.hint)
        self.explanation = explanation


class QueryTimeoutError(QueryError):
    """A query takes longer than the server or the caller allows."""


class ServerError(AccsmError, OSError):
    """A server does not answer, or not as a server of a dataset does.

    ``status`` is that of HTTP, 0 if there was no response.
    """

    def __init__(self, text: str, url: str, status: int = 0) -> None:
        """Take the text, the address that was asked, and the status."""
        super().__init__(text)
        self.url, self.status = url, status


class TableError(AccsmError, ValueError):
    """Tables or other files of a project have faults; the text has one line for each."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Take the faults: file, row and column, what is wrong and what to do."""
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class UnknownNameError(AccsmError, LookupError, ValueError):
    """A name given by the caller does not exist; the text lists similar or all names."""

    def __init__(self, text: str, name: str = "", suggestions: Iterable[str] = ()) -> None:
        """Take the text, the name, and names that exist and may be meant."""
        super().__init__(text)
        self.name, self.suggestions = name, tuple(suggestions)


class AmbiguousNameError(UnknownNameError):
    """A name is that of several things; ``choices`` are names of one each."""

    @property
    def choices(self) -> tuple[str, ...]:
        """Return the names to choose from."""
        return self.suggestions


def check_name(what: str, name: str, names: Iterable[str], *, optional: bool = False) -> None:
    """Raise UnknownNameError unless ``name`` is one of ``names``, or empty if it is optional."""
    known = list(names)
    if name not in known and not (optional and not name):
        listed = ", ".join(known) or "none"
        raise UnknownNameError(
            f"'{name}' is no value of {what}; choose one of: {listed}", name, known
        )
