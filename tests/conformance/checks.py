"""Compare a reply with what is expected of it."""

import csv
import io

from accsm_server.http import negotiation
from conformance.manifests import Request
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    parse,
    parse_query_results,
)
from serving import Reply

from accsm_kg.namespaces import prefixes

_RESULTS = {
    "srj": QueryResultsFormat.JSON,
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "tsv": QueryResultsFormat.TSV,
}
_TABULAR = {form.media_type: form.name for form in negotiation.RESULTS}
_SD = prefixes()["sd"]
#: Each property of a service description with the classes of its subject and of its object.
_SCHEMA = {
    "endpoint": ("Service", ""),
    "feature": ("Service", ""),
    "defaultEntailmentRegime": ("Service", ""),
    "supportedLanguage": ("Service", ""),
    "languageExtension": ("Service", ""),
    "extensionFunction": ("Service", ""),
    "extensionAggregate": ("Service", ""),
    "propertyFeature": ("Service", ""),
    "inputFormat": ("Service", ""),
    "resultFormat": ("Service", ""),
    "defaultDataset": ("Service", "Dataset"),
    "availableGraphs": ("Service", "GraphCollection"),
    "defaultGraph": ("Dataset", "Graph"),
    "namedGraph": ("GraphCollection", "NamedGraph"),
    "name": ("NamedGraph", ""),
    "graph": ("NamedGraph", "Graph"),
}
_IS_ALSO = {"Dataset": "GraphCollection"}


def reply(found: Reply, wanted: Request) -> str:
    """Return what is wrong with the status, the type or the content of a reply."""
    if str(found.status)[0] not in wanted.statuses:
        return f"status {found.status}, expected {'xx or '.join(wanted.statuses)}xx"
    if wanted.form == "RDF":
        form = RdfFormat.from_media_type(found.media_type)
        return _unreadable(found.body, form) if form else f"{found.media_type} is no RDF"
    if wanted.form:
        return _result(found, wanted)
    return ""


def _result(found: Reply, wanted: Request) -> str:
    name = _TABULAR.get(found.media_type, "")
    if wanted.form == "tabular" and name:
        return ""
    if name not in ("json", "xml"):
        return f"{found.media_type or 'no type'} is none of the types of a {wanted.form} result"
    results = parse_query_results(found.body, format=_RESULTS[name])
    if isinstance(results, QuerySolutions):
        return "a table where a truth value was expected"
    wrong = wanted.truth is not None and bool(results) != wanted.truth
    return f"{bool(results)}, expected {wanted.truth}" if wrong else ""


def _unreadable(body: bytes, form: RdfFormat) -> str:
    try:
        list(parse(body, format=form, base_iri="urn:base"))
    except SyntaxError as error:
        return f"not {form.name}: {error}"
    return ""


def evaluation(found: bytes, expected: bytes, suffix: str) -> str:
    """Return how a result differs from the one of a test, given the suffix of its file.

    Blank nodes are compared by their places. Literals are compared by value, because the store
    keeps them in canonical form: those expected are put through a store first.
    """
    if suffix == "csv":
        same = _cells(found) == _cells(expected)
    else:
        results = [parse_query_results(b, format=_RESULTS[suffix]) for b in (found, expected)]
        first, second = (_graph(r) if isinstance(r, QuerySolutions) else bool(r) for r in results)
        same = first == second
    return "" if same else "the answer differs from the one expected"


def _graph(solutions: QuerySolutions) -> list[str]:
    """Return rows as sorted lines that do not depend on labels of blank nodes or their order."""
    names = [variable.value for variable in solutions.variables]
    store = Store()
    for row in solutions:
        node = BlankNode()
        for name in names:
            term = row[name]
            if term is not None:
                store.add(Quad(node, NamedNode(f"urn:var:{name}"), term))
        store.add(Quad(node, NamedNode("urn:row"), node))
    return [*sorted(names), *_canonical(Dataset(store))]


def _cells(table: bytes) -> list[list[tuple[str, str | float]]]:
    rows = list(csv.DictReader(io.StringIO(table.decode())))
    return [sorted((name, _value(cell)) for name, cell in row.items()) for row in rows]


def _value(cell: str) -> str | float:
    if cell.startswith("_:"):
        return "_:"
    try:
        return float(cell)
    except ValueError:
        return cell


def graphs(found: bytes, expected: bytes) -> str:
    """Return whether two Turtle documents say something else."""
    first, second = (
        _canonical(Dataset(parse(text, format=RdfFormat.TURTLE))) for text in (found, expected)
    )
    return "" if first == second else "the graph differs from the one expected"


def _canonical(dataset: Dataset) -> list[str]:
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sorted(map(str, dataset))


def description(triples: list[Triple]) -> str:
    """Return how a service description departs from the schema of its vocabulary."""
    kinds: dict[str, set[str]] = {}
    for triple in triples:
        if triple.predicate.value == f"{prefixes()['rdf']}type":
            kind = str(triple.object)[1:-1].removeprefix(_SD)
            kinds.setdefault(str(triple.subject), set()).update({kind, _IS_ALSO.get(kind, kind)})
    for triple in triples:
        fault = _misused(triple, kinds) if triple.predicate.value.startswith(_SD) else ""
        if fault:
            return fault
    services = [node for node, found in kinds.items() if "Service" in found]
    return "" if len(services) == 1 else f"{len(services)} services are described"


def _misused(triple: Triple, kinds: dict[str, set[str]]) -> str:
    name = triple.predicate.value.removeprefix(_SD)
    if name not in _SCHEMA:
        return f"sd:{name} is no property of the vocabulary"
    domain, span = _SCHEMA[name]
    if domain not in kinds.get(str(triple.subject), ()):
        return f"the subject of sd:{name} is no sd:{domain}"
    if isinstance(triple.object, Literal):
        return f"sd:{name} has a literal"
    if span and span not in kinds.get(str(triple.object), ()):
        return f"the value of sd:{name} is no sd:{span}"
    return ""
