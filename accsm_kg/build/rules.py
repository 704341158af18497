"""Infer triples with the rules of the ontology, which are CONSTRUCT queries."""

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import DefaultGraph, QueryTriples, Store, Triple

from accsm_kg.namespaces import BASE, reminter
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import place


def closure(store: Store, rules: Path, base: str = BASE) -> Iterator[Triple]:
    """Yield each new triple of the rules (*.rq) in a folder, run until they add nothing more.

    Rules read the default graph of ``store``; the new triples are added to it. Raises ValueError
    for a rule that does not parse or is not a CONSTRUCT query.
    """
    queries = {
        path: query_files.read(path, reminter(base))[0] for path in sorted(rules.glob("*.rq"))
    }
    derived, added = set[Triple](), True
    while added:
        added = False
        for path, query in queries.items():
            found = _derive(store, path, query) - derived
            derived |= found
            new = [quad for quad in place(found, DefaultGraph()) if quad not in store]
            added = added or bool(new)
            store.extend(new)
            yield from (quad.triple for quad in new)


def _derive(store: Store, path: Path, query: str) -> set[Triple]:
    try:
        results = store.query(query)
    except SyntaxError as error:
        raise ValueError(f"{path}: the rule does not parse: {error}") from None
    if not isinstance(results, QueryTriples):
        raise ValueError(f"{path}: a rule must be a CONSTRUCT query")
    return set(results)
