"""Order the columns of a `SELECT *` as its variables are mentioned; the engine sorts them by name.

SPARQL leaves the order open, but most engines keep that of the query.
"""

import re

from pyoxigraph import QuerySolutions, Store

from accsm_kg.rdf.query_scanner import masked, scan

_VARIABLE = re.compile(r"[?$](\w++)")


def in_order(text: str, base: str | None = None) -> str:
    """Return a query, with the variables of its `SELECT *` named in the order of first mention.

    Other queries are returned as they are, also those that do not parse.

    >>> in_order("SELECT * { ?zeta ?p ?alpha }")
    'SELECT  ?zeta ?p ?alpha  { ?zeta ?p ?alpha }'
    """
    if "*" not in text:
        return text
    scanned = scan(text)
    if not scanned.selects_all or scanned.service:
        return text
    star = text.index("*", scanned.form_offset)
    mentioned = dict.fromkeys(_VARIABLE.findall(masked(text), star))
    columns = _columns(text, base)
    named = [f"?{name}" for name in mentioned if name in columns]
    if len(named) < len(columns) or not named:
        return text
    return f"{text[:star]} {' '.join(named)} {text[star + 1 :]}"


def _columns(text: str, base: str | None) -> set[str]:
    """Return the names of the variables that a query selects, none if it has a fault.

    It is asked of an empty store, where it takes no time.
    """
    try:
        results = Store().query(text, base_iri=base)
    except (SyntaxError, ValueError, RuntimeError):
        return set()
    assert isinstance(results, QuerySolutions)
    return {variable.value for variable in results.variables}
