"""The W3C test manifests: their cases, with requests or queries and what is expected."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple, parse

from accsm_kg.namespaces import prefixes
from accsm_kg.rdf.terms import named_node

Node = NamedNode | BlankNode
Term = Node | Literal | Triple

#: The address of the W3C's tests: the IRI of a file is its path below this.
BASE = "https://w3c.github.io/rdf-tests/sparql/"
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
_FROM = re.compile(r"\bFROM\s+(?:NAMED\s+)?<([^<>]*)>", re.IGNORECASE)


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
class File:
    """A file of the tests: its IRI, and where it is."""

    iri: str
    path: Path

    @property
    def text(self) -> str:
        """Return its content, which is in UTF-8; raises OSError or UnicodeDecodeError."""
        return self.path.read_bytes().decode()


@dataclass(frozen=True)
class Evaluation:
    """The dataset of a query, and its expected result."""

    data: tuple[File, ...]
    """The default graph."""
    graphs: tuple[File, ...]
    """The named graphs."""
    chosen: tuple[File, ...]
    """The graphs that the query names with FROM; the query then has no other dataset."""
    endpoints: Mapping[str, File]
    """The default graph of each endpoint that SERVICE names."""
    result: File
    lax: bool
    """Whether rows may be fewer times in the answer than in the result, as with REDUCED."""

    @property
    def files(self) -> list[File]:
        """Return all files with data."""
        return [*self.data, *self.graphs, *self.chosen, *self.endpoints.values()]


@dataclass(frozen=True)
class Case:
    """A test: its path, its title, and its requests or its query."""

    path: str
    """Its folder below `BASE`, `#`, and its name there."""
    kind: str
    """The local name of its class, such as `NegativeSyntaxTest11`."""
    title: str
    requests: tuple[Request, ...] = ()
    query: File | None = None
    evaluation: Evaluation | None = None
    notes: tuple[str, ...] = ()
    """The comments of the manifest."""

    @property
    def name(self) -> str:
        """Return the part of its path after the folder."""
        return self.path.partition("#")[2]


class Manifest:
    """A manifest, read from Turtle."""

    def __init__(self, root: Path, path: str) -> None:
        """Read the manifest ``path`` in ``root``, the folder of `BASE`.

        Raises OSError or SyntaxError.
        """
        self._root = root
        self._entry = NamedNode(BASE + path)
        self._folder = path.rpartition("/")[0]
        self._store = Store()
        file = str(root / path)
        self._store.bulk_extend(
            parse(path=file, format=RdfFormat.TURTLE, base_iri=self._entry.value)
        )

    def included(self) -> list["Manifest"]:
        """Return the manifests that this one includes."""
        lists = self._all(self._entry, "mf:include")
        files = [self._file(item) for found in lists for item in self._items(found)]
        return [Manifest(self._root, file.iri.removeprefix(BASE)) for file in files]

    def cases(self) -> list[Case]:
        """Return the tests in order."""
        listed = next(iter(self._all(self._entry, "mf:entries")), None)
        return [self._case(node) for node in self._items(listed)]

    def data(self) -> list[File]:
        """Return the data files, each with the name of its graph as IRI."""
        named = self._store.quads_for_pattern(None, _iri("ut:graphData"), None, None)
        found = []
        for quad in named:
            assert isinstance(quad.object, NamedNode | BlankNode)
            file = self._file(self._all(quad.object, "ut:graph")[0])
            found.append(File(_text(self._all(quad.object, "rdfs:label")), file.path))
        return found

    def _case(self, node: Term) -> Case:
        assert isinstance(node, NamedNode)
        actions = [item for item in self._all(node, "mf:action") if isinstance(item, Node)]
        lists = [found for action in actions for found in self._all(action, "ht:requests")]
        kind = self._all(node, "rdf:type")[0]
        assert isinstance(kind, NamedNode)
        evaluation = self._evaluation(node, actions)
        return Case(
            f"{self._folder}#{node.value.rpartition('#')[2]}",
            kind.value.rpartition("#")[2],
            _text(self._all(node, "mf:name")),
            tuple(self._request(item) for found in lists for item in self._items(found)),
            self._query(actions[0]) if evaluation or "Syntax" in kind.value else None,
            evaluation,
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

    def _query(self, action: Node) -> File:
        """Return the query of ``action``, which is the query itself in syntax tests."""
        return self._file(next(iter(self._all(action, "qt:query")), action))

    def _evaluation(self, node: Node, actions: list[Node]) -> Evaluation | None:
        results = self._all(node, "mf:result")
        if not results:
            return None
        action = actions[0]
        return Evaluation(
            self._files(action, "qt:data"),
            self._files(action, "qt:graphData"),
            self._chosen(self._query(action)),
            dict(map(self._endpoint, self._all(action, "qt:serviceData"))),
            self._file(results[0]),
            bool(self._all(node, "mf:resultCardinality")),
        )

    def _chosen(self, query: File) -> tuple[File, ...]:
        names = _FROM.findall(query.text)
        return tuple(self._file(NamedNode(urljoin(query.iri, name))) for name in names)

    def _endpoint(self, node: Term) -> tuple[str, File]:
        assert isinstance(node, BlankNode)
        (endpoint,) = self._all(node, "qt:endpoint")
        assert isinstance(endpoint, NamedNode)
        return endpoint.value, self._file(self._all(node, "qt:data")[0])

    def _files(self, node: Node, name: str) -> tuple[File, ...]:
        return tuple(map(self._file, self._all(node, name)))

    def _file(self, node: Term) -> File:
        assert isinstance(node, NamedNode)
        return File(node.value, self._root / node.value.removeprefix(BASE))

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
