"""The W3C test manifests: their cases, with requests and expected responses."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple, parse

from accsm_kg.namespaces import prefixes
from accsm_kg.rdf.terms import named_node

Node = NamedNode | BlankNode
Term = Node | Literal | Triple

_MANIFEST = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
_NAMESPACES = {
    "mf": _MANIFEST,
    "qt": _MANIFEST.replace("test-manifest", "test-query"),
    "ut": "http://www.w3.org/2009/sparql/tests/test-update#",
    "ht": "http://www.w3.org/2011/http#",
    "cnt": "http://www.w3.org/2011/content#",
    "rdf": prefixes()["rdf"],
    "rdfs": prefixes()["rdfs"],
}


@dataclass(frozen=True)
class Request:
    """A request and its expected response."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    statuses: tuple[str, ...] = ("2",)
    """The allowed first digits of the status."""
    format: str = ""
    """The expected kind of answer: boolean, tabular, RDF, or "" for any."""
    truth: bool | None = None


@dataclass(frozen=True)
class Evaluation:
    """A query over a data file, with the file of its expected result."""

    query: str
    data: Path
    result: Path


@dataclass(frozen=True)
class Case:
    """A test: its name, its title, and its requests or its evaluation."""

    name: str
    title: str
    requests: tuple[Request, ...] = ()
    evaluation: Evaluation | None = None
    notes: tuple[str, ...] = ()
    """The comments of the manifest."""


class Manifest:
    """A manifest, read from Turtle."""

    def __init__(self, folder: Path) -> None:
        """Read the manifest of ``folder``; raises OSError or SyntaxError."""
        self.folder = folder
        self._store = Store()
        base = (folder / "manifest.ttl").as_uri()
        self._store.bulk_extend(
            parse(path=str(folder / "manifest.ttl"), format=RdfFormat.TURTLE, base_iri=base)
        )
        self._entry = NamedNode(base)

    def cases(self) -> list[Case]:
        """Return the tests in order."""
        listed = next(iter(self._all(self._entry, "mf:entries")), None)
        return [self._case(node) for node in self._items(listed)]

    def data(self) -> dict[str, Path]:
        """Return the data files by the name of their graph."""
        named = self._store.quads_for_pattern(None, _iri("ut:graphData"), None, None)
        found = {}
        for quad in named:
            assert isinstance(quad.object, NamedNode | BlankNode)
            file = self._path(self._all(quad.object, "ut:graph")[0])
            found[_text(self._all(quad.object, "rdfs:label"))] = file
        return found

    def _case(self, node: Term) -> Case:
        assert isinstance(node, NamedNode)
        actions = [item for item in self._all(node, "mf:action") if isinstance(item, Node)]
        lists = [found for action in actions for found in self._all(action, "ht:requests")]
        return Case(
            node.value.rpartition("#")[2],
            _text(self._all(node, "mf:name")),
            tuple(self._request(item) for found in lists for item in self._items(found)),
            self._evaluation(node, actions),
            tuple(_text([note]) for note in self._all(node, "rdfs:comment")),
        )

    def _request(self, node: Term) -> Request:
        assert isinstance(node, BlankNode)
        headers = {
            _text(self._all(item, "ht:fieldName")): _text(self._all(item, "ht:fieldValue"))
            for found in self._all(node, "ht:headers")
            for item in self._items(found)
            if isinstance(item, Node)
        }
        bodies = [body for body in self._all(node, "ht:body") if isinstance(body, Node)]
        reply = next(iter(self._all(node, "ht:resp")))
        assert isinstance(reply, BlankNode)
        truth = _text(self._all(reply, "mf:expectedBoolean"))
        return Request(
            _text(self._all(node, "ht:methodName")),
            _text(self._all(node, "ht:absolutePath")),
            headers,
            b"".join(map(self._content, bodies)),
            tuple(sorted(str(s)[-4] for s in self._all(reply, "mf:expectedStatus"))),
            _text(self._all(reply, "mf:expectedFormat")),
            truth == "true" if truth else None,
        )

    def _content(self, body: Node) -> bytes:
        encoding = _text(self._all(body, "cnt:characterEncoding"))
        return _text(self._all(body, "cnt:chars")).encode(encoding)

    def _evaluation(self, node: Node, actions: list[Node]) -> Evaluation | None:
        queries = [(a, q) for a in actions for q in self._all(a, "qt:query")]
        if not queries:
            return None
        action, query = queries[0]
        return Evaluation(
            self._path(query).read_text(encoding="utf-8"),
            self._path(self._all(action, "qt:data")[0]),
            self._path(self._all(node, "mf:result")[0]),
        )

    def _path(self, file: Term) -> Path:
        assert isinstance(file, NamedNode)
        return self.folder / file.value.rpartition("/")[2]

    def _all(self, subject: Term, name: str) -> list[Term]:
        assert isinstance(subject, NamedNode | BlankNode)
        found = self._store.quads_for_pattern(subject, _iri(name), None, None)
        return [quad.object for quad in found]

    def _items(self, node: Term | None) -> Iterator[Term]:
        while node is not None and node != _iri("rdf:nil"):
            yield self._all(node, "rdf:first")[0]
            node = self._all(node, "rdf:rest")[0]


def _iri(name: str) -> NamedNode:
    return named_node(name, _NAMESPACES)


def _text(terms: list[Term]) -> str:
    return next((term.value for term in terms if isinstance(term, Literal)), "")
