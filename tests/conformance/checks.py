"""Compare responses with the expected ones."""

from accsm_server.http import negotiation
from conformance.manifests import Request
from pyoxigraph import (
    Literal,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)
from serving import Reply

from accsm_kg.namespaces import prefixes

_RESULTS = {"json": QueryResultsFormat.JSON, "xml": QueryResultsFormat.XML}
_TABULAR = {format.media_type: format.name for format in negotiation.RESULTS}
_SD = prefixes()["sd"]
#: The properties of service descriptions, with the classes of subject and object.
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
_SUPERCLASS = {"Dataset": "GraphCollection"}


def reply(found: Reply, expected: Request) -> str:
    """Return what is wrong with the status, media type or content of a response; "" if nothing."""
    if str(found.status)[0] not in expected.statuses:
        return f"status {found.status}, expected {'xx or '.join(expected.statuses)}xx"
    if expected.format == "RDF":
        format = RdfFormat.from_media_type(found.media_type)
        return _unreadable(found.body, format) if format else f"{found.media_type} is not RDF"
    if expected.format:
        return _result(found, expected)
    return ""


def _result(found: Reply, expected: Request) -> str:
    name = _TABULAR.get(found.media_type, "")
    if expected.format == "tabular" and name:
        return ""
    if name not in _RESULTS:
        return f"{found.media_type or 'no type'} is not the type of a {expected.format} result"
    results = parse_query_results(found.body, format=_RESULTS[name])
    if isinstance(results, QuerySolutions):
        return "a table where a boolean was expected"
    wrong = expected.truth is not None and bool(results) != expected.truth
    return f"{bool(results)}, expected {expected.truth}" if wrong else ""


def _unreadable(body: bytes, format: RdfFormat) -> str:
    try:
        list(parse(body, format=format, base_iri="urn:base"))
    except SyntaxError as error:
        return f"not {format.name}: {error}"
    return ""


def description(triples: list[Triple]) -> str:
    """Return how a service description violates the schema of its vocabulary; "" if it does not."""
    types: dict[str, set[str]] = {}
    for triple in triples:
        if triple.predicate.value == f"{prefixes()['rdf']}type":
            name = str(triple.object)[1:-1].removeprefix(_SD)
            types.setdefault(str(triple.subject), set()).update({name, _SUPERCLASS.get(name, name)})
    for triple in triples:
        fault = _misused(triple, types) if triple.predicate.value.startswith(_SD) else ""
        if fault:
            return fault
    services = [node for node, found in types.items() if "Service" in found]
    return "" if len(services) == 1 else f"{len(services)} services are described"


def _misused(triple: Triple, types: dict[str, set[str]]) -> str:
    name = triple.predicate.value.removeprefix(_SD)
    if name not in _SCHEMA:
        return f"sd:{name} is not a property of the vocabulary"
    domain, range_class = _SCHEMA[name]
    if domain not in types.get(str(triple.subject), ()):
        return f"the subject of sd:{name} is not an sd:{domain}"
    if isinstance(triple.object, Literal):
        return f"sd:{name} has a literal"
    if range_class and range_class not in types.get(str(triple.object), ()):
        return f"the value of sd:{name} is not an sd:{range_class}"
    return ""
