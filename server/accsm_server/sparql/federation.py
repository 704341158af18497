"""Queries with SERVICE: only endpoints that are allowed may be asked.

A worker that can reach other endpoints could reach anything, so nothing is left to interpretation:
wherever the text may be read as SERVICE and a name, in whatever place, it must be SERVICE and the
IRI of an allowed endpoint, written in full.
"""

import re

from accsm_server.errors import Forbidden

_LONGEST = 8 << 10  # characters of a query: the pattern may take their square
_GAP = r"(?:\s|\#[^\n\r]*+[\n\r])*+"
_POSSIBLE = re.compile(
    rf"SERVICE{_GAP}(?:SILENT{_GAP})?(?:[<?$]|[^\s{{}}()<>\"'?$\#;,]*:)", re.IGNORECASE
)
_CLAUSE = re.compile(r"SERVICE\s+(?:SILENT\s+)?<([^<>\s]*)>", re.IGNORECASE)
_NONE = "SERVICE asks another server, and this one asks none on behalf of strangers."


def check(query: str, allowed: tuple[str, ...]) -> None:
    """Raise Forbidden unless each endpoint that ``query`` may ask is one of the ``allowed``."""
    if not allowed:
        raise _refusal(_NONE)
    if len(query) > _LONGEST:
        raise _refusal(f"A query with SERVICE may have {_LONGEST} characters.")
    if re.search(r"\\u", query, re.IGNORECASE):
        raise _refusal(r"A query with SERVICE must be written without \u escapes.")
    place = 0
    while possible := _POSSIBLE.search(query, place):
        clause = _CLAUSE.match(query, possible.start())
        if not clause:
            raise _refusal("Write the endpoint in full, as SERVICE <IRI>: no name, no variable.")
        if clause[1] not in allowed:
            raise _refusal(f"SERVICE <{clause[1]}> is none of the endpoints that may be asked.")
        place = clause.end()


def _refusal(why: str) -> Forbidden:
    return Forbidden("SERVICE is refused", why)
