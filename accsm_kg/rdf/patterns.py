"""Read the triple patterns of a query, group by group, without a full parser.

A sequence path of plain properties, or of `a/rdfs:subClassOf*`, is read as patterns with nodes
between them. What is not understood, such as another property path, is left out: a pattern that is
returned is in the query, but not every pattern is returned.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin

from pyoxigraph import NamedNode

from accsm_kg.rdf.query_scanner import IRI, LOCAL, STRING, masked
from accsm_kg.rdf.terms import LANGUAGE_STRING, RDFS, TYPE, XSD

#: The path `a/rdfs:subClassOf*`, which is read as one property.
UPWARD = f"{TYPE}/rdfs:subClassOf*"
_SUBCLASS = f"{RDFS}subClassOf"

_NAME = rf"[\w.-]*+{LOCAL}"
_TOKEN = re.compile(
    rf"""
      (?P<variable> [?$]\w++ )
    | (?P<iri> {IRI}++ )
    | (?P<string> {STRING}++ (?P<suffix> @[\w-]++ | \^\^ (?: {IRI}++ | {_NAME} ) )?+ )
    | (?P<name> {_NAME} )
    | (?P<number> [+-]?+[\d.]*\d(?:[eE][+-]?+\d++)?+ )
    | (?P<word> [A-Za-z_]\w*+ )
    | (?P<mark> [^\s\w] )
    """,
    re.VERBOSE,
)
_ABSOLUTE = re.compile(r"[A-Za-z][\w+.-]*+:")
_OPERATORS = frozenset("/|^!*+?")
_HIDDEN = ("EXISTS", "NOT EXISTS", "MINUS")
_LONGEST_IRI = 1 << 10  # in characters
_MAX_STEPS = 10  # of a sequence path


@dataclass(frozen=True)
class Node:
    """A subject, predicate or object: a variable, an IRI or a literal."""

    kind: str
    """variable, iri, string (without language and datatype), literal or other."""
    text: str
    """The name of the variable, the IRI or the literal as written."""
    datatype: str = ""
    """The IRI of the datatype of a string or a literal; empty if it is unknown."""


_OTHER = Node("other", "")
#: With what the names of nodes begin that are written as [ ] or are between the steps of a path.
NEW = "["
Pattern = tuple[Node, str, Node]
"""A subject, the IRI of a property and an object."""


@dataclass(frozen=True)
class Path:
    """A pattern with a property path, as it is written at an offset of the query."""

    subject: Node
    written: str
    value: Node
    start: int


@dataclass
class Group:
    """The triple patterns between two braces; those of ``parent`` hold as well."""

    parent: "Group | None"
    patterns: list[Pattern] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    """The patterns that were left out, as they have another path than a sequence."""
    template: bool = False
    """Whether it holds a template of CONSTRUCT, or the data of VALUES."""
    word: str = ""
    """The word before the first brace in capitals, such as OPTIONAL or NOT EXISTS."""
    graph: Node | None = None
    """The variable or IRI of the GRAPH in which it is, if it is in one."""
    unread: bool = False
    """Whether a pattern was left out."""
    expression: bool = False
    """Whether it holds more than patterns, such as FILTER or another group."""
    data: dict[str, list[Node]] = field(default_factory=dict)
    """What VALUES gives for one variable."""
    hidden: bool = False
    """Whether its patterns add nothing to the rows, as those of EXISTS and MINUS."""
    optional: bool = False
    """Whether it is an OPTIONAL or within one."""

    def __post_init__(self) -> None:
        """Note what it is by its word, or by the group around it."""
        around = self.parent
        self.hidden = self.word in _HIDDEN or (around is not None and around.hidden)
        self.optional = self.word == "OPTIONAL" or (around is not None and around.optional)

    @property
    def needed(self) -> bool:
        """Whether its patterns are to match."""
        return not (self.hidden or self.optional)


def read(text: str, prefixes: Mapping[str, str], base: str = "") -> list[Group]:
    """Return the groups of patterns in ``text``, whose names have ``prefixes``.

    Relative IRIs are resolved against ``base``; without one they are not understood.
    """
    reader = _Reader(text, prefixes, base)
    for match in _TOKEN.finditer(masked(text)):
        reader.token(match)
    return [group for group in reader.groups if not group.template]


def alternatives(groups: Sequence[Group], most: int) -> Iterator[None]:
    """Step through the classes that VALUES gives for a class in ``groups``, which then have it.

    At most ``most`` of them are read.
    """
    yield
    given = [(name, nodes) for group in groups for name, nodes in group.data.items()]
    before = [group.patterns for group in groups]
    for name, node in [(name, node) for name, nodes in given for node in nodes][:most]:
        for group in groups:
            group.patterns = [
                (subject, iri, node if iri == TYPE and value == Node("variable", name) else value)
                for subject, iri, value in group.patterns
            ]
        if node.kind == "iri" and before != [group.patterns for group in groups]:
            yield
        for group, patterns in zip(groups, before, strict=True):
            group.patterns = patterns


def written(node: Node) -> str:
    """Return ``node`` as it stands in a query; raises ValueError for an IRI that is none."""
    if node.kind == "variable":
        return f"?{node.text.replace(NEW, '_')}"
    if node.kind == "iri":
        return str(NamedNode(node.text))
    typed = node.kind == "literal" and node.text[0] in "\"'" and node.datatype != LANGUAGE_STRING
    return f"{node.text}^^{NamedNode(node.datatype)}" if typed else node.text or "[]"


class _Reader:
    def __init__(self, text: str, prefixes: Mapping[str, str], base: str) -> None:
        self.groups: list[Group] = []
        self._text, self._prefixes, self._base = text, prefixes, base
        self._open: list[tuple[Group, int]] = []
        self._depth = self._new_nodes = 0
        self._template = self._expression = self._named = False
        self._triple: list[Node] = []
        self._steps: list[str] = []
        self._verb = ""
        self._verb_start = 0
        self._outer: list[tuple[list[Node], list[str], str, int]] = []
        self._absorb = False
        self._before = ""
        self._data: list[Node] = []

    def token(self, match: re.Match[str]) -> None:
        """Take the next token."""
        kind = match.lastgroup if match["suffix"] is None else "string"
        if not self._depth:
            self._take_verb(match)
        if kind == "mark":
            self._mark(match[0])
        self._before = self._preceding(kind, match[0])
        if kind == "mark":
            return
        if self._depth or (not self._open and kind != "word"):
            return
        if kind == "word":
            self._word(match[0].upper(), match[0])
        else:
            self._node(self._read(kind or "", match))

    def _take_verb(self, match: re.Match[str]) -> None:
        """Note where the text between a subject and its objects begins, and that text."""
        if len(self._triple) == 1 and not (self._steps or self._absorb):
            self._verb, self._verb_start = "", match.start()
        elif len(self._triple) == 2 and not self._verb and not self._goes_on(match[0]):
            self._verb = self._text[self._verb_start : match.start()]

    def _goes_on(self, token: str) -> bool:
        """Return whether ``token`` belongs to the path before it."""
        return self._absorb or token in _OPERATORS

    def _preceding(self, kind: str | None, written: str) -> str:
        """Return what to keep of a token for the brace after it."""
        if kind != "word":
            return "NOT" if written == "!" else ""
        return "NOT EXISTS" if self._before == "NOT" else written.upper()

    def _read(self, kind: str, match: re.Match[str]) -> Node:
        text = self._text[match.start() : match.end()]
        if kind == "variable":
            return Node(kind, text[1:])
        if kind in ("iri", "name"):
            iri = self._resolved(text[1:-1]) if kind == "iri" else self._expanded(text)
            return Node("iri", iri) if 0 < len(iri) <= _LONGEST_IRI else _OTHER
        if kind == "string":
            return self._string(text, match.end("string") - match.start(), match["suffix"])
        datatype = "double" if "e" in text.lower() else "decimal" if "." in text else "integer"
        return Node("literal", text, XSD + datatype)

    def _expanded(self, name: str) -> str:
        """Return the IRI of a prefixed name, empty if the prefix is unknown."""
        prefix, _, local = name.partition(":")
        known = self._prefixes.get(prefix)
        return "" if known is None else self._resolved(known + local.replace("\\", ""))

    def _resolved(self, iri: str) -> str:
        """Return an IRI that may be relative in full, empty if that is not known."""
        if _ABSOLUTE.match(iri):
            return iri
        return urljoin(self._base, iri) if self._base else ""

    def _string(self, text: str, end: int, suffix: str | None) -> Node:
        if not suffix:
            return Node("string", text, f"{XSD}string")
        suffix = text[end - len(suffix) :]
        if suffix.startswith("@"):
            return Node("literal", text, LANGUAGE_STRING)
        name = suffix[2:]
        datatype = self._resolved(name[1:-1]) if name[0] == "<" else self._expanded(name)
        return Node("literal", text.removesuffix(suffix), datatype)

    def _word(self, word: str, written: str) -> None:
        if written == "a" and (self._absorb or len(self._triple) == 1):
            self._node(Node("iri", TYPE))
        elif word in ("TRUE", "FALSE") and self._triple:
            self._node(Node("literal", written, f"{XSD}boolean"))
        else:
            self._restart()
            self._expression, self._named = True, word == "GRAPH"
            self._template = word in ("CONSTRUCT", "VALUES") or (self._template and word != "WHERE")
            if self._open:
                group = self._open[-1][0]
                group.expression = True
                group.parent = None if word == "SELECT" else group.parent

    def _mark(self, mark: str) -> None:
        if mark in "{}":
            self._brace(mark)
        elif mark in "()":
            self._parenthesis(mark)
        elif not self._open or self._depth:
            return
        elif mark in "[]":
            self._bracket(mark)
        elif mark == ".":
            self._restart()
        elif mark in ";,":
            self._triple = self._triple[: 1 if mark == ";" else 2]
            self._steps = self._steps if mark == "," else []
        elif mark in _OPERATORS:
            self._path(mark)

    def _bracket(self, mark: str) -> None:
        if mark == "[":
            self._outer.append((self._triple, self._steps, self._verb, self._verb_start))
            self._triple, self._steps = [self._new_node()], []
        elif self._outer:
            node = self._triple[0]
            self._triple, self._steps, self._verb, self._verb_start = self._outer.pop()
            self._node(node)

    def _new_node(self) -> Node:
        self._new_nodes += 1
        return Node("variable", f"{NEW}{self._new_nodes}")

    def _brace(self, mark: str) -> None:
        if mark == "{":
            parent = self._open[-1][0] if self._open else None
            if parent:
                parent.expression = True
            graph = parent.graph if parent else None
            graph = self._triple[0] if self._named and self._triple else graph
            group = Group(parent, template=self._template, word=self._before, graph=graph)
            self._data = []
            if parent and self._template and self._triple:
                parent.data[self._triple[0].text] = self._data
            self._open.append((group, self._depth))
            self.groups.append(group)
            self._depth = 0
        elif self._open:
            self._depth = self._open.pop()[1]
        self._template = False
        self._restart()

    def _parenthesis(self, mark: str) -> None:
        self._depth = max(0, self._depth + (1 if mark == "(" else -1))
        if mark == ")" and not self._depth and self._open:
            if self._expression:
                self._restart()
            else:
                self._node(_OTHER)

    def _path(self, mark: str) -> None:
        """Take a step of a sequence path, or leave out a predicate that is part of another."""
        if len(self._triple) == 2:
            if mark == "/" and self._triple[1].kind == "iri" and len(self._steps) < _MAX_STEPS:
                self._steps = [*self._steps, self._triple.pop().text]
                return
            upward = self._steps[-1:] == [TYPE] and self._triple[1].text == _SUBCLASS
            self._triple[1] = Node("iri", UPWARD) if upward and mark == "*" else _OTHER
            self._steps = self._steps[:-1] if upward else self._steps
        elif len(self._triple) == 1:
            self._triple.append(_OTHER)
        self._absorb = mark in "/|^!"

    def _node(self, node: Node) -> None:
        if self._absorb:
            self._absorb = False
            return
        if self._open and self._open[-1][0].template:
            self._data.append(node)
            return
        self._triple.append(node)
        if len(self._triple) == 3:
            group = self._open[-1][0]
            subject, predicate, _ = self._triple
            if predicate.kind == "iri":
                group.patterns += self._chain(subject, predicate.text, node)
            else:
                group.unread = True
                group.paths.append(Path(subject, self._verb, node, self._verb_start))
            self._triple = self._triple[:2]

    def _chain(self, subject: Node, iri: str, value: Node) -> Iterator[Pattern]:
        """Yield the patterns of a sequence path that ends with a property."""
        for step in self._steps:
            between = self._new_node()
            yield subject, step, between
            subject = between
        yield subject, iri, value

    def _restart(self) -> None:
        self._triple, self._steps = [], []
        self._outer.clear()
        self._absorb = self._expression = self._named = False


_COMPARE = "(?:[<>]=?|=)"
_COMPARED = re.compile(
    rf"[?$](?P<a>\w++)\s*+{_COMPARE}\s*+(?P<x>{STRING}++)(?![@^{STRING}])"
    rf"|(?P<y>{STRING}++)\s*+{_COMPARE}\s*+[?$](?P<b>\w++)"
    rf"|\bVALUES\s++[?$](?P<c>\w++)\s*+\{{\s*+(?P<z>{STRING}++)(?![@^{STRING}])",
    re.IGNORECASE,
)


def compared(text: str) -> Iterator[tuple[str, str]]:
    """Yield variables and the plain strings that they are compared with."""
    for match in _COMPARED.finditer(masked(text)):
        variable = match["a"] or match["b"] or match["c"]
        found = next(name for name in "xyz" if match[name])
        yield variable, text[slice(*match.span(found))]
