"""The base IRI, prefixes and named graphs of this dataset; no other module writes them out."""

from collections.abc import Callable
from functools import partial
from typing import Final

from pyoxigraph import NamedNode

from accsm_kg.rdf import terms
from accsm_kg.rdf.dataset import Conventions

BASE: Final = "https://w3id.org/accsm-kg/"

#: Named graphs that are not merged into the default graph; queries reach them with GRAPH.
APART: Final = ("graph/shapes", "graph/meta", ".well-known/sparql-examples", "graph/quality")

ONTOLOGY, VOCAB, CURATION, INFERRED = (
    f"graph/{name}" for name in ("ontology", "vocab", "curation", "inferred")
)
SHAPES, META, QUERIES, QUALITY = APART
CONVENTIONS: Final = Conventions(BASE, APART)

_FOREIGN: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcterms": "http://purl.org/dc/terms/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "oa": "http://www.w3.org/ns/oa#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "http://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "vs": "http://www.w3.org/2003/06/sw-vocab-status/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_OWN: Final = {
    "accsm": "ontology#",
    "accsm-sh": "shapes#",
    "accsm-v": "id/concept/",
    "graph": "graph/",
    "id": "id/",
}


def prefixes(base: str = BASE) -> dict[str, str]:
    """Return the namespace IRI of each prefix, those of this project under ``base``."""
    return dict(sorted({**_FOREIGN, **{name: base + path for name, path in _OWN.items()}}.items()))


_CANONICAL: Final = prefixes()


def term(curie: str) -> NamedNode:
    """Return the IRI of a CURIE such as `dcterms:title`, under the canonical base."""
    return terms.named_node(curie, _CANONICAL)


def remint(text: str, base: str = BASE) -> str:
    """Return ``text`` (Turtle, CSV or SPARQL) with the canonical base replaced by ``base``."""
    return text if base == BASE else text.replace(BASE, base)


def reminter(base: str) -> Callable[[str], str]:
    """Return `remint` with ``base`` filled in, for functions that take an edit of a text."""
    return partial(remint, base=base)
