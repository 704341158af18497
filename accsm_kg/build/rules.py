"""Infer the triples that the rules of the ontology, CONSTRUCT queries, entail."""

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import DefaultGraph, QueryTriples, Store, Triple

from accsm_kg.namespaces import BASE, reminter
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import place


def closure(store: Store, rules: Path, base: str = BASE) -> Iterator[Triple]:
    """Yield every new triple that the rules (*.rq) in a folder entail, run until nothing is added.

    The default graph of ``store`` is read and added to. Raises ValueError for a faulty rule.
    """
    queries = {
        path: query_files.read(path, reminter(base))[0] for path in sorted(rules.glob("*.rq"))
    }
    added = True
    while added:
        added = False
        for path, query in queries.items():
            found = _new(store, path, query)
            added = added or bool(found)
            store.extend(place(found, DefaultGraph()))
            yield from found


def _new(store: Store, path: Path, query: str) -> list[Triple]:
    try:
        results = store.query(query)
    except SyntaxError as error:
        raise ValueError(f"{path}: the rule does not parse: {error}") from None
    if not isinstance(results, QueryTriples):
        raise ValueError(f"{path}: a rule must be a CONSTRUCT query")
    return [quad.triple for quad in place(set(results), DefaultGraph()) if quad not in store]
