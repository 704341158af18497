"""Read a property path as it is written: whether it may have no step, and its alternatives."""

import re

from accsm_kg.rdf.query_scanner import IRI, LOCAL, masked

_TOKEN = re.compile(rf"{IRI}++|[\w.-]*+{LOCAL}|\ba\b|[()/|^!*+?]")
_MAX_BRACKETS = 50  # of a path, as they are read recursively


def may_be_empty(path: str) -> bool:
    """Return whether ``path`` may have no step, so that it leads from each term to itself.

    >>> may_be_empty("ex:p?/(ex:q|ex:r*)"), may_be_empty("ex:p/ex:q*")
    (True, False)
    """
    return _Reader(path).read()[0]


def alternatives(path: str) -> list[list[str]]:
    """Return the branches of each `|` in ``path`` that is not within `*`, `+`, `?` or `!`.

    >>> alternatives("(ex:p|^ex:q)/(ex:r|ex:s)*")
    [['ex:p', '^ex:q']]
    """
    return _Reader(path).read()[1]


class _Reader:
    """A recursive reader of the grammar of paths (SPARQL 1.1, rules 88 to 94)."""

    def __init__(self, path: str) -> None:
        self._tokens = [
            path[match.start() : match.end()] for match in _TOKEN.finditer(masked(path))
        ]
        self._at = 0
        self._found: list[list[str]] = []

    def read(self) -> tuple[bool, list[list[str]]]:
        """Return whether the path may have no step, and its alternatives."""
        if self._tokens.count("(") > _MAX_BRACKETS:
            return False, []
        return self._branches(), self._found

    def _next(self) -> str:
        """Return the next token, empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, *tokens: str) -> bool:
        """Take the next token if it is one of ``tokens``."""
        found = self._next() in tokens
        self._at += found
        return found

    def _branches(self) -> bool:
        start, is_empty = self._at, self._sequence()
        branches = ["".join(self._tokens[start : self._at])]
        while self._take("|"):
            start = self._at
            is_empty = self._sequence() or is_empty
            branches.append("".join(self._tokens[start : self._at]))
        self._found += [branches] if len(branches) > 1 else []
        return is_empty

    def _sequence(self) -> bool:
        is_empty = self._step()
        while self._take("/"):
            is_empty = self._step() and is_empty
        return is_empty

    def _step(self) -> bool:
        found, negated = len(self._found), False
        while (mark := self._next()) in ("^", "!"):
            negated = negated or mark == "!"
            self._at += 1
        is_empty = self._primary() and not negated
        repeat = self._next()
        if self._take("*", "+", "?") or negated:
            del self._found[found:]  # each pair once in any case
        return is_empty or repeat in ("*", "?")

    def _primary(self) -> bool:
        is_empty = self._branches() if self._take("(") else False
        self._at += 1  # the property or the bracket at the end
        return is_empty
