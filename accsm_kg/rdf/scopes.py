"""Find a BIND of a variable that already has a value in its group, without a full parser."""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r"[{}()]|[?$]\w++|(?<![\w?$:-])(?:AS|BIND|EXISTS|MINUS|SELECT|VALUES)\b", re.IGNORECASE
)


@dataclass
class _Scope:
    """The variables that have a value between two braces, or in the whole query."""

    hidden: bool = False
    """Whether it is that of EXISTS or MINUS."""
    is_select: bool = False
    opened: bool = False
    """Whether braces were opened in it: in a SELECT, what follows them names no more variables."""
    names: set[str] = field(default_factory=set)
    selected: set[str] = field(default_factory=set)

    def visible(self) -> set[str]:
        """Return the variables that have a value outside of it."""
        return set() if self.hidden else self.selected or self.names


class _Reader:
    def __init__(self) -> None:
        self._scopes = [_Scope()]
        self._brackets: list[str] = []
        """The word before each open bracket."""
        self._word = ""

    def rebinds(self, token: str) -> bool:
        """Take the next token; return whether it is a variable of BIND that has a value."""
        word, self._word = self._word, token.upper()
        if token[0] in "?$":
            return self._variable(token[1:], word)
        if token == "(":
            self._brackets.append(word)
        elif token == ")":
            self._brackets = self._brackets[:-1]
        else:
            self._group(word)
        return False

    def _group(self, word: str) -> None:
        """Take a brace or a keyword after ``word``."""
        scope = self._scopes[-1]
        if self._word == "{":
            scope.opened = True
            self._scopes.append(_Scope(hidden=word in ("MINUS", "EXISTS")))
        elif self._word == "}" and len(self._scopes) > 1:
            self._scopes.pop()
            self._scopes[-1].names |= scope.visible()
        elif self._word == "SELECT":
            scope.is_select = True

    def _variable(self, name: str, word: str) -> bool:
        scope, bracket = self._scopes[-1], self._brackets[-1] if self._brackets else ""
        is_bound = (word, bracket) == ("AS", "BIND")
        if is_bound and name in scope.names:
            return True
        if scope.is_select:
            if not scope.opened and (not self._brackets or word == "AS"):
                scope.selected.add(name)
        elif is_bound or not self._brackets or bracket == "VALUES":
            scope.names.add(name)
        return False


def rebound(text: str) -> re.Match[str] | None:
    """Return the first variable of BIND in a masked query that has a value before it.

    >>> rebound("ASK { ?s ?p ?o BIND(1 AS ?o) }").start()
    25
    """
    reader = _Reader()
    return next((match for match in _TOKEN.finditer(text) if reader.rebinds(match[0])), None)
