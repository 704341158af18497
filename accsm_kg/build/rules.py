"""Turn a dataset and the rules of the ontology into the triples that follow from it."""

from collections.abc import Iterator
from pathlib import Path

from pyoxigraph import DefaultGraph, QueryTriples, Store, Triple

from accsm_kg.namespaces import BASE, reminter
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import place


def closure(store: Store, rules: Path, base: str = BASE) -> Iterator[Triple]:
    """Yield every new triple that the CONSTRUCT rules (*.rq) entail, run until nothing is added.

    Reads the default graph of ``store`` and adds to it. Raises ValueError for a faulty rule.
    """
    mint = reminter(base)
    queries = {path: query_files.read(path, mint)[0] for path in sorted(rules.glob("*.rq"))}
    grown = True
    while grown:
        grown = False
        for path, query in queries.items():
            found = _new(store, path, query)
            grown = grown or bool(found)
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
