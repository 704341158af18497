"""Turn stored questions into the RDF that publishes them, and back.

The form is that of the SIB examples (https://github.com/sib-swiss/sparql-examples), so that editors
which know it find the questions: each is a `sh:SPARQLExecutable`. Its parameters are
`sh:parameter`s, as those of a SPARQL function in SHACL Advanced Features.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from accsm_kg.namespaces import BASE, QUERIES, prefixes, term
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import base_iri

_FORMS: Final = ("select", "ask", "construct")
_FORM = re.compile(rf"^({'|'.join(_FORMS).upper()})\b", re.MULTILINE)
_Facts = dict[tuple[str, str], list[str]]


@dataclass(frozen=True)
class Parameter:
    """A value that a reader may choose: a variable of the query that is bound to a string.

    ``options`` is a SELECT whose first column holds the values to choose from, whose second, if
    any, holds their labels; it is empty where any text may be given.
    """

    name: str
    description: str
    default: str
    options: str = ""


@dataclass(frozen=True)
class Question:
    """A stored query with what its `#+` header says; ``number`` is a competency question's."""

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    text: str
    number: int | None = None
    parameters: tuple[Parameter, ...] = ()


def order(question: Question) -> tuple[float, str]:
    """Return the place of a question in a list: those with a number first, by number."""
    return float("inf") if question.number is None else question.number, question.name


def bind(question: Question, values: Mapping[str, str] | None = None) -> str:
    """Return the text of ``question`` with each parameter bound to its value, else its default.

    Raises ValueError when ``values`` names a parameter that the question does not have.
    """
    chosen = {parameter.name: parameter.default for parameter in question.parameters}
    for name, value in (values or {}).items():
        if name not in chosen:
            known = ", ".join(chosen) or "none"
            raise ValueError(f"{question.name} has no parameter '{name}'; it has: {known}")
        chosen[name] = value
    return (
        query_files.bind(question.text, list(chosen), [list(chosen.values())])
        if chosen
        else question.text
    )


def form(question: Question) -> str:
    """Return `select`, `ask` or `construct`: what kind of query the question is."""
    found = _FORM.search(question.text)
    if found is None:
        raise ValueError(f"{question.name}.rq: no line begins with SELECT, ASK or CONSTRUCT")
    return found[1].lower()


def load(store: Store) -> list[Question]:
    """Return the questions that the dataset in ``store`` publishes, in order."""
    facts = _facts(store, NamedNode(base_iri(store, BASE) + QUERIES))
    name = term("dcterms:identifier").value
    nodes = [subject for subject, predicate in facts if predicate == name]
    return sorted((_published(facts, node[1:-1]) for node in nodes), key=order)


def publish(questions: Iterable[Question], base: str = BASE) -> Iterator[Quad]:
    """Yield the RDF that publishes ``questions``, in a graph of its own."""
    graph = NamedNode(base + QUERIES)
    for question in questions:
        for subject, predicate, value in _describe(question, graph.value, base):
            yield Quad(NamedNode(subject), term(predicate), value, graph)
    for name, namespace in prefixes(base).items():
        node = NamedNode(f"{graph.value}#prefix-{name}")
        anyuri = Literal(namespace, datatype=term("xsd:anyURI"))
        yield Quad(_prefixes(graph), term("sh:declare"), node, graph)
        yield Quad(node, term("sh:prefix"), Literal(name), graph)
        yield Quad(node, term("sh:namespace"), anyuri, graph)


def _describe(
    question: Question, graph: str, base: str
) -> Iterator[tuple[str, str, NamedNode | Literal]]:
    node, kind = f"{graph}/{question.name}", form(question)
    summary = Literal(question.summary, language="en")
    yield node, "rdf:type", term("sh:SPARQLExecutable")
    yield node, "rdf:type", term(f"sh:SPARQL{kind.capitalize()}Executable")
    yield node, "rdfs:label", summary
    yield node, "rdfs:comment", summary
    yield node, "dcterms:description", Literal(question.description, language="en")
    yield node, "dcterms:identifier", Literal(question.name)
    yield node, f"sh:{kind}", Literal(bind(question))
    yield node, "sh:prefixes", _prefixes(NamedNode(graph))
    yield node, "schema:target", NamedNode(f"{base}sparql")
    for tag in question.tags:
        yield node, "schema:keywords", Literal(tag)
    if question.number is not None:
        yield node, "schema:position", Literal(question.number)
    yield from _describe_parameters(question, node)


def _describe_parameters(
    question: Question, node: str
) -> Iterator[tuple[str, str, NamedNode | Literal]]:
    for order, parameter in enumerate(question.parameters):
        iri = f"{node}/{parameter.name}"
        yield node, "sh:parameter", NamedNode(iri)
        yield iri, "rdf:type", term("sh:Parameter")
        yield iri, "sh:path", NamedNode(f"{node}#{parameter.name}")
        yield iri, "sh:name", Literal(parameter.name)
        yield iri, "sh:description", Literal(parameter.description, language="en")
        yield iri, "sh:defaultValue", Literal(parameter.default)
        yield iri, "sh:order", Literal(order)
        if parameter.options:
            yield iri, "sh:select", Literal(parameter.options)


def _facts(store: Store, graph: NamedNode) -> _Facts:
    facts: _Facts = defaultdict(list)
    for subject, predicate, value, _ in store.quads_for_pattern(None, None, None, graph):
        if not isinstance(value, BlankNode | Triple):
            facts[str(subject), predicate.value].append(value.value)
    return facts


def _said(facts: _Facts, iri: str, curie: str) -> list[str]:
    return sorted(facts.get((f"<{iri}>", term(curie).value), []))


def _published(facts: _Facts, iri: str) -> Question:
    def one(curie: str) -> str:
        return _said(facts, iri, curie)[0]

    forms = [text for form in _FORMS for text in _said(facts, iri, f"sh:{form}")]
    described = (_published_parameter(facts, node) for node in _said(facts, iri, "sh:parameter"))
    parameters = tuple(parameter for _, parameter in sorted(described, key=lambda pair: pair[0]))
    return Question(
        name=one("dcterms:identifier"),
        summary=one("rdfs:comment"),
        description=one("dcterms:description"),
        tags=tuple(_said(facts, iri, "schema:keywords")),
        text=_unbind(forms[0], parameters),
        number=next(map(int, _said(facts, iri, "schema:position")), None),
        parameters=parameters,
    )


def _published_parameter(facts: _Facts, iri: str) -> tuple[int, Parameter]:
    keys = ("sh:name", "sh:description", "sh:defaultValue", "sh:order")
    name, description, default, order = (_said(facts, iri, key)[0] for key in keys)
    options = "".join(_said(facts, iri, "sh:select"))
    return int(order), Parameter(name, description, default, options)


def _unbind(text: str, parameters: tuple[Parameter, ...]) -> str:
    """Return the query without the values that `bind` put in."""
    names = [parameter.name for parameter in parameters]
    row = [parameter.default for parameter in parameters]
    return (
        text.replace(query_files.bind("WHERE {", names, [row]), "WHERE {", 1)
        if parameters
        else text
    )


def _prefixes(graph: NamedNode) -> NamedNode:
    return NamedNode(f"{graph.value}#prefixes")
