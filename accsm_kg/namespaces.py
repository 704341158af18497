"""The base IRI, prefixes and named graphs of this dataset; no other module writes them out."""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from functools import cache, partial
from typing import Final

from pyoxigraph import NamedNode

from accsm_kg.rdf import terms
from accsm_kg.rdf.dataset import Conventions
from accsm_kg.rdf.hints import Facts

BASE: Final = "https://w3id.org/accsm-kg/"

#: The IRIs of earlier versions of the ontology: each is a named graph.
VERSIONS: Final = ("ontology/1.0.0",)
_BESIDE = ("graph/shapes", "graph/meta", ".well-known/sparql-examples", "graph/quality")
#: Named graphs that are not merged into the default graph; queries reach them with GRAPH.
APART: Final = (*_BESIDE, *VERSIONS)

ONTOLOGY, VOCAB, CURATION, INFERRED = (
    f"graph/{name}" for name in ("ontology", "vocab", "curation", "inferred")
)
SHAPES, META, QUERIES, QUALITY = _BESIDE
#: The graph of an engine elsewhere that holds the default graph: the merge of the data graphs.
MERGED: Final = "graph/merged"
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
    "rdf": terms.RDF,
    "rdfs": terms.RDFS,
    "schema": "http://schema.org/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "spdx": "http://spdx.org/rdf/terms#",
    "vann": "http://purl.org/vocab/vann/",
    "void": "http://rdfs.org/ns/void#",
    "vs": "http://www.w3.org/2003/06/sw-vocab-status/ns#",
    "xsd": terms.XSD,
}
_OWN: Final = {
    "accsm": "ontology#",
    "accsm-sh": "shapes#",
    "accsm-v": "id/concept/",
    "graph": "graph/",
    "id": "id/",
}
#: Folders below id/ whose things have no short name: links, evidence and parts of lists.
_NAMELESS: Final = frozenset({
    "chairmanship", "concept", "convenorship", "evidence", "label-attribution", "list-entry",
    "name-record", "statement",
})  # fmt: skip
#: The prefixes of the namespaces in which each name is a term, a controlled value or a graph.
_CHECKED: Final = ("accsm", "accsm-v", "graph")
_FOLDER: Final = re.compile(r"[a-z][a-z0-9/-]*", re.ASCII)


def prefixes(base: str = BASE) -> dict[str, str]:
    """Return the namespace IRI of each prefix, those of this project under ``base``."""
    return dict(sorted({**_FOREIGN, **{name: base + path for name, path in _OWN.items()}}.items()))


def folder_prefixes(iris: Iterable[str], base: str = BASE) -> dict[str, str]:
    """Return a prefix for each folder of things that people name, such as project-2016-2020.

    ``iris`` are those of all things. A folder below a thing holds its parts and has no prefix.

    >>> folder_prefixes([BASE + "id/project/2016-2020/33", BASE + "id/project/2016-2020/33/budget"])
    {'project-2016-2020': 'https://w3id.org/accsm-kg/id/project/2016-2020/'}
    """
    start = f"{base}id/"
    things = {iri.removeprefix(start) for iri in iris if iri.startswith(start)}
    folders = {thing.rpartition("/")[0] for thing in things}
    known, found = prefixes(base), dict[str, str]()
    for folder in sorted(folders):
        name = folder.replace("/", "-")
        if _is_named(folder, things) and name not in known:
            found.setdefault(name, f"{start}{folder}/")
    return found


def _is_named(folder: str, things: Set[str]) -> bool:
    """Return whether ``folder`` holds things that people name."""
    parts = folder.split("/")
    above = ("/".join(parts[:length]) for length in range(1, len(parts) + 1))
    return bool(
        _FOLDER.fullmatch(folder) and parts[0] not in _NAMELESS and things.isdisjoint(above)
    )


def shown(known: Mapping[str, str]) -> dict[str, str]:
    """Return the prefixes with which names are shown: `id:` is only understood."""
    return {name: space for name, space in known.items() if name != "id"}


def facts(known: Mapping[str, str], base: str = BASE) -> Facts:
    """Return what hints have to know beforehand of a dataset with the prefixes ``known``."""
    checked = {name: known[name] for name in _CHECKED}
    return Facts(shown(known), base, checked, graphs="graph")


_CANONICAL: Final = prefixes()


@cache
def term(curie: str) -> NamedNode:
    """Return the IRI of a CURIE such as `dcterms:title`, under the canonical base."""
    return terms.named_node(curie, _CANONICAL)


def remint(text: str, base: str = BASE) -> str:
    """Return ``text`` (Turtle, CSV or SPARQL) with the canonical base replaced by ``base``."""
    return text if base == BASE else text.replace(BASE, base)


def reminter(base: str) -> Callable[[str], str]:
    """Return `remint` with ``base`` filled in, for functions that take an edit of a text."""
    return partial(remint, base=base)
