"""Write questions to the RDF of a dataset, and read them from it.

Each question is a `sh:SPARQLExecutable` in the form of the SIB examples
(https://github.com/sib-swiss/sparql-examples), which SPARQL editors can find. Its parameters are
`sh:parameter`s, as for a SPARQL function in SHACL Advanced Features.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Final

from pyoxigraph import Literal, NamedNode, Quad, Store

from accsm_kg.lookups import whole
from accsm_kg.namespaces import BASE, QUERIES, term
from accsm_kg.questions.model import FORMS, Parameter, Question, bind, form
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import base_iri
from accsm_kg.rdf.query_scanner import scan

_SH_FORMS: Final = {name: f"sh:{name}" for name in FORMS}
_Statement = tuple[str, str, NamedNode | Literal]
#: The values of a resource by property IRI.
_Properties = dict[str, list[str]]


def load(store: Store) -> list[Question]:
    """Return the questions in the dataset, sorted by name."""
    graph = NamedNode(base_iri(store, BASE) + QUERIES)
    return read(store.quads_for_pattern(None, None, None, graph))


def read(quads: Iterable[Quad]) -> list[Question]:
    """Return the questions in the graph of stored queries, sorted by name.

    What has no name that an address can have, or no query that takes its parameters, is left out;
    what else is missing is empty.
    """
    resources: dict[str, _Properties] = defaultdict(lambda: defaultdict(list))
    for subject, predicate, value, _ in quads:
        if isinstance(subject, NamedNode) and isinstance(value, NamedNode | Literal):
            resources[subject.value][predicate.value].append(value.value)
    found = [one for one in resources.values() if _value(one, "dcterms:identifier") and _query(one)]
    questions = (_question(one, resources) for one in found)
    return sorted(filter(_can_be_asked, questions), key=attrgetter("name"))


def publish(
    questions: Iterable[Question], prefixes: Mapping[str, str], base: str = BASE
) -> Iterator[Quad]:
    """Yield the quads of ``questions`` and of ``prefixes``, in the graph of stored queries."""
    graph = NamedNode(base + QUERIES)
    for question in questions:
        for subject, predicate, value in _statements(question, graph.value, base):
            yield Quad(NamedNode(subject), term(predicate), value, graph)
    for name, namespace in sorted(prefixes.items()):
        node = NamedNode(f"{graph.value}#prefix-{name}")
        anyuri = Literal(namespace, datatype=term("xsd:anyURI"))
        yield Quad(_prefixes(graph.value), term("sh:declare"), node, graph)
        yield Quad(node, term("sh:prefix"), Literal(name), graph)
        yield Quad(node, term("sh:namespace"), anyuri, graph)


def _statements(question: Question, graph: str, base: str) -> Iterator[_Statement]:
    node, kind = f"{graph}/{question.name}", form(question)
    summary = Literal(question.summary, language="en")
    yield node, "rdf:type", term("sh:SPARQLExecutable")
    yield node, "rdf:type", term(f"sh:SPARQL{kind.capitalize()}Executable")
    yield node, "rdfs:label", summary
    yield node, "rdfs:comment", summary
    yield node, "dcterms:description", Literal(question.description, language="en")
    yield node, "dcterms:identifier", Literal(question.name)
    yield node, _SH_FORMS[kind], Literal(bind(question))
    yield node, "sh:prefixes", _prefixes(graph)
    yield node, "schema:target", NamedNode(f"{base}sparql")
    for tag in question.tags:
        yield node, "schema:keywords", Literal(tag)
    for position, parameter in enumerate(question.parameters):
        yield from _parameter_statements(node, position, parameter)


def _parameter_statements(
    question: str, position: int, parameter: Parameter
) -> Iterator[_Statement]:
    node = f"{question}/{parameter.name}"
    yield question, "sh:parameter", NamedNode(node)
    yield node, "rdf:type", term("sh:Parameter")
    yield node, "sh:path", NamedNode(f"{question}#{parameter.name}")
    yield node, "sh:name", Literal(parameter.name)
    yield node, "sh:description", Literal(parameter.description, language="en")
    yield node, "sh:defaultValue", Literal(parameter.default)
    yield node, "sh:order", Literal(position)
    if parameter.options:
        yield node, "sh:select", Literal(parameter.options)


def _question(properties: _Properties, resources: dict[str, _Properties]) -> Question:
    declared = [resources[iri] for iri in _values(properties, "sh:parameter")]
    named = [one for one in declared if _value(one, "sh:name")]
    parameters = tuple(map(_parameter, sorted(named, key=_position)))
    return Question(
        name=_value(properties, "dcterms:identifier"),
        summary=_value(properties, "rdfs:comment"),
        description=_value(properties, "dcterms:description"),
        tags=tuple(_values(properties, "schema:keywords")),
        text=_without_defaults(_query(properties), parameters),
        parameters=parameters,
    )


def _can_be_asked(question: Question) -> bool:
    if "/" in question.name or question.name in (".", ".."):
        return False
    try:
        return bool(form(question) and bind(question))
    except ValueError:
        return False


def _position(properties: _Properties) -> int:
    return whole(_value(properties, "sh:order"))


def _query(properties: _Properties) -> str:
    return next(filter(None, (_value(properties, curie) for curie in _SH_FORMS.values())), "")


def _parameter(properties: _Properties) -> Parameter:
    options = "".join(_values(properties, "sh:select"))
    return Parameter(
        name=_value(properties, "sh:name"),
        description=_value(properties, "sh:description"),
        default=_value(properties, "sh:defaultValue"),
        options=options if scan(options).form == "SELECT" else "",
    )


def _values(properties: _Properties, curie: str) -> list[str]:
    return sorted(properties.get(term(curie).value, []))


def _value(properties: _Properties, curie: str) -> str:
    return next(iter(_values(properties, curie)), "")


def _without_defaults(query: str, parameters: tuple[Parameter, ...]) -> str:
    """Return the query without the defaults that `bind` has put into it."""
    if not parameters:
        return query
    names = [parameter.name for parameter in parameters]
    defaults = [parameter.default for parameter in parameters]
    return query.replace(query_files.bind("WHERE {", names, [defaults]), "WHERE {", 1)


def _prefixes(graph: str) -> NamedNode:
    return NamedNode(f"{graph}#prefixes")
