"""Infer triples with the rules of the ontology, which are CONSTRUCT queries."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

from pyoxigraph import DefaultGraph, QueryTriples, Store, Triple

from accsm_kg.namespaces import BASE, reminter
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import place

#: More than any record needs: a thing that lasts takes a round for each of its years.
_MAX_ROUNDS = 250


def closure(store: Store, rules: Path, base: str = BASE) -> Iterator[Triple]:
    """Yield each new triple of the rules (*.rq) in a folder, run until they add nothing more.

    Rules read the default graph of ``store``; the new triples are added to it. Raises ValueError
    for a rule that does not parse or is not a CONSTRUCT query, and for rules that go on and on.
    """
    queries = {
        path: query_files.read(path, reminter(base))[0] for path in sorted(rules.glob("*.rq"))
    }
    derived, last = set[Triple](), ""
    for number in count():
        if number == _MAX_ROUNDS:
            raise ValueError(f"{last}, and so on: correct the data, such as a year far ahead")
        last = ""
        for path, query in queries.items():
            found = _derive(store, path, query) - derived
            derived |= found
            new = [quad for quad in place(found, DefaultGraph()) if quad not in store]
            store.extend(new)
            yield from (quad.triple for quad in new)
            last = f"{path}: infers {new[0].triple}" if new else last
        if not last:
            return


def _derive(store: Store, path: Path, query: str) -> set[Triple]:
    try:
        results = store.query(query)
    except SyntaxError as error:
        raise ValueError(f"{path}: the rule does not parse: {error}") from None
    if not isinstance(results, QueryTriples):
        raise ValueError(f"{path}: a rule must be a CONSTRUCT query")
    return set(results)
