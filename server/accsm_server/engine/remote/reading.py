"""What a query may ask of an engine elsewhere, whose language is larger than SPARQL 1.1.

The engine reads the same text with a grammar of its own, so the text is sent without comments, in
which some engines read pragmas, and what two parsers may read differently is refused. Refused are
also functions other than those of SPARQL 1.1 and the casts of XML Schema: they may read files, call
other servers or wait. The query must have been parsed before.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from accsm_kg.rdf.query_scanner import tokens
from accsm_kg.rdf.terms import XSD
from accsm_server.errors import AccessRefused, EvaluationError

#: The beginnings of IRIs, in small letters, that engines take for functions, also as predicates.
REFUSED = (
    "bif:", "sql:", "java:", "virtrdf:", "http://www.openlinksw.com/schemas/",
    "http://jena.apache.org/", "http://jena.hpl.hp.com/", "http://www.ontotext.com/",
    "http://www.bigdata.com/", "tag:stardog:", "http://aws.amazon.com/neptune/",
    "http://cambridgesemantics.com/",
)  # fmt: skip
_START = max(map(len, REFUSED)) + 1
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))")
_STRING_ESCAPE = re.compile(rf"{_ESCAPE.pattern}|\\.", re.DOTALL)
#: Characters that end a string or are not in IRIs, and how strings write the former.
_SHORT = {'"': r"\"", "'": r"\'", "\\": r"\\", "\n": r"\n", "\r": r"\r"}
_NO_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\]')
_ABSOLUTE = re.compile(r"([A-Za-z][\w+.-]*):")
_PUNCTUATION = re.compile(r"[(){}]|[^\s(){}]")


@dataclass(frozen=True)
class Reading:
    """A query as it is sent, and the graphs in its FROM clauses."""

    text: str
    graphs: tuple[str, ...]


def read(text: str) -> Reading:
    """Return ``text`` as it is sent; raises AccessRefused or EvaluationError for what is refused.

    >>> read("SELECT * { ?s ?p (1 2) } # all").text
    'SELECT * { ?s ?p (1 2) }  '
    """
    reader = _Reader()
    pieces = list[str]()
    for kind, token, gap in _tokens(text):
        if "\\" in gap:
            raise EvaluationError("Write escapes (\\u) in strings and IRIs only.")
        for mark in _PUNCTUATION.findall(gap):
            reader.read_mark(mark)
        pieces += (gap, reader.read_token(kind, token))
    return Reading("".join(pieces), tuple(reader.graphs))


class _Reader:
    """Reads a query from left to right."""

    def __init__(self) -> None:
        self.graphs: list[str] = []
        self._prefixes: dict[str, str] = {}
        self._declared = ""
        """The prefix whose IRI is the next token, with its colon."""
        self._called = ""
        """The token before, if it is an IRI that a parenthesis makes a function."""
        self._word = ""
        """The token before, if it is a keyword, in capitals; one may be glued to another."""
        self._around: list[tuple[int, bool]] = []
        """What the next two are around each open brace."""
        self._parentheses = 0
        """Open ones since the last brace."""
        self._modifies = False
        """Whether conditions of GROUP BY, HAVING or ORDER BY follow."""

    def read_mark(self, mark: str) -> None:
        """Take note of a punctuation mark; raises AccessRefused for a call of a function."""
        if mark == "(" and self._called:
            _check_function(self._called)
        self._called = self._word = ""
        if mark == "{":
            self._around.append((self._parentheses, self._modifies))
            self._parentheses, self._modifies = 0, False
        elif mark == "}" and self._around:
            self._parentheses, self._modifies = self._around.pop()
        elif mark == "(":
            self._parentheses += 1
        elif mark == ")" and self._parentheses:
            self._parentheses -= 1

    def read_token(self, kind: str, token: str) -> str:
        """Return a token as it is sent."""
        if kind == "comment":
            return " "
        word, self._word = self._word, ""
        self._called = ""
        if kind == "name":
            self._word = token.upper()
            self._modifies |= self._word.endswith(("BY", "HAVING"))
        elif kind == "string":
            return _STRING_ESCAPE.sub(_in_string, token)
        elif kind in ("prefixed", "unnamed") and word.endswith("PREFIX"):
            self._declared = token
        elif kind in ("iri", "prefixed", "unnamed"):
            return self._read_iri(token, word)
        return token

    def _read_iri(self, token: str, word: str) -> str:
        if self._declared:
            name, self._declared = self._declared[:-1], ""
            iri = _unescaped(token[1:-1])
            if self._prefixes.setdefault(name, iri) != iri:
                raise EvaluationError(f"The prefix {name}: is declared twice: rename one of them.")
        else:
            iri = _iri(token, self._prefixes)
        if iri[:_START].lower().startswith(REFUSED):
            raise AccessRefused(f"<{iri[:60]}> belongs to the language of one engine.")
        if word.endswith(("FROM", "NAMED")) and not self._around:
            self.graphs.append(iri)
        # In a group, outside parentheses, only FILTER takes a function: else a list follows.
        if self._parentheses or self._modifies or word.endswith("FILTER") or not self._around:
            self._called = iri
        return _written(iri) if "\\" in token else token


def _tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield the kind and the text of each token, and the text before it that is in none."""
    end = 0
    for match in tokens(text):
        if match.lastgroup == "open":  # the scanner cannot see what follows
            raise EvaluationError("A quotation mark in the query is not closed.")
        yield match.lastgroup or "", match[0], text[end : match.start()]
        end = match.end()
    yield "", "", text[end:]


def _iri(token: str, prefixes: Mapping[str, str]) -> str:
    """Return the IRI of a token; raises EvaluationError for what two parsers may read as two."""
    if token.startswith("<"):
        iri = _unescaped(token[1:-1])
        scheme = _ABSOLUTE.match(iri)
        if "(" in iri and (not scheme or scheme[1] in prefixes):
            raise EvaluationError(f"Put spaces around the signs < and > in {token[:60]}")
        return iri
    name, _, local = token.partition(":")
    if name not in prefixes:
        raise EvaluationError(f"Put a space before the prefix in {token[:60]}")
    if _ESCAPE.search(local):
        raise EvaluationError("Write escapes (\\u) in strings and IRIs only.")
    return prefixes[name] + local.replace("\\", "")


def _check_function(iri: str) -> None:
    if not iri.startswith(XSD):
        raise AccessRefused(
            f"<{iri[:200]}> is no function of SPARQL 1.1; other functions are not passed on."
        )


def _unescaped(iri: str) -> str:
    return _ESCAPE.sub(_character, iri)


def _written(iri: str) -> str:
    """Return an IRI as it is written in a query; raises EvaluationError if it is none."""
    if _NO_IRI.search(iri):
        raise EvaluationError(f"{iri[:60]!r} is no IRI.")
    return f"<{iri}>"


def _character(found: re.Match[str]) -> str:
    """Return the character of an escape; raises EvaluationError if it is none."""
    code = int(found[1] or found[2], 16)
    if code in range(0xD800, 0xE000) or not 0 < code < 0x110000:
        raise EvaluationError(f"{found[0]} is no character.")
    return chr(code)


def _in_string(found: re.Match[str]) -> str:
    """Return what stands in a string for an escape."""
    if found.lastindex is None:
        return found[0]
    character = _character(found)
    return _SHORT.get(character, character)
