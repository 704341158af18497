"""Federated queries: SERVICE is accepted for allowed endpoints only.

A worker that can connect to an endpoint could connect to any host, so the check is strict: wherever
the text could be read as SERVICE and a name, even in a string or a comment, it must be SERVICE and
the full IRI of an allowed endpoint.
"""

import re

from accsm_server.errors import Forbidden

_MAX_QUERY = 8 << 10  # characters of a query, as the pattern may take quadratic time
_GAP = r"(?:\s|\#[^\n\r]*+[\n\r])*+"
_POSSIBLE_CLAUSE = re.compile(
    rf"SERVICE{_GAP}(?:SILENT{_GAP})?(?:[<?$]|[^\s{{}}()<>\"'?$\#;,]*:)", re.IGNORECASE
)
_ALLOWED_CLAUSE = re.compile(r"SERVICE\s+(?:SILENT\s+)?<([^<>\s]*)>", re.IGNORECASE)
_NO_ENDPOINTS = "This endpoint sends no queries to other servers: remove SERVICE."


def check(query: str, allowed: tuple[str, ...]) -> None:
    """Raise Forbidden unless every endpoint in ``query`` is one of ``allowed``."""
    if not allowed:
        raise _refused(_NO_ENDPOINTS)
    if len(query) > _MAX_QUERY:
        raise _refused(f"A query with SERVICE may have at most {_MAX_QUERY} characters.")
    if re.search(r"\\u", query, re.IGNORECASE):
        raise _refused(r"A query with SERVICE must be written without \u escapes.")
    position = 0
    while possible := _POSSIBLE_CLAUSE.search(query, position):
        clause = _ALLOWED_CLAUSE.match(query, possible.start())
        if not clause:
            raise _refused("Write the endpoint as a full IRI, not as a name or variable.")
        if clause[1] not in allowed:
            raise _refused(f"<{clause[1]}> is not one of {', '.join(allowed)}.")
        position = clause.end()


def _refused(detail: str) -> Forbidden:
    return Forbidden("SERVICE is not allowed", detail)
