"""Turn a query that can be read into notes on what it will hardly mean: the Hint header.

These are names of ours that do not exist, dates that are none, and aggregates out of place.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from accsm_kg.namespaces import prefixes
from accsm_kg.rdf.query_scanner import SHORT, ScannedQuery, masked
from accsm_kg.rdf.terms import iris
from accsm_server.engine.interface import Query, QueryError
from accsm_server.pages.queries import Site, rows

_MOST = 3  # notes on one query
_LONGEST = 80  # characters of a name that is worth a guess
#: Each begins with what is found fast, as every query is looked through.
_DATE = re.compile(r"20\d\d-\d\d?-\d\d?(?![\w-])")
_SUMMED = re.compile(r"FILTER\s*+\(\s*+(?:COUNT|SUM|AVG|MIN|MAX|SAMPLE|GROUP_CONCAT)\s*+\(")
_SHORT_DATE = re.compile(r"""["']20\d\d-(?:\d-\d\d?|\d\d-\d)["'](?=\^\^\S*date)""")


async def notes(site: Site, query: Query, seen: ScannedQuery) -> list[str]:
    """Return what to say of what ``query`` names or asks in vain."""
    said = _traps(query.text)
    if not _unknown(site, query, seen):
        return said
    try:
        known = await _known(site)
    except QueryError:  # the answer does not depend on it
        return said
    unknown = sorted(_unknown(site, query, seen)) if known else []
    return said + [_note(iri, _spaces(site.base), known) for iri in unknown[:_MOST]]


def none(site: Site, query: Query, seen: ScannedQuery) -> bool:
    """Return whether it is plain that there is nothing to say."""
    return not (_unknown(site, query, seen) or _traps(query.text))


def _unknown(site: Site, query: Query, seen: ScannedQuery) -> list[str]:
    """Return what ``query`` names and is not known, of what should be."""
    starts = tuple(_spaces(site.base).values())
    named = [iri for iri in seen.iris - site.names if iri.startswith(starts)]
    graphs = {*query.default_graphs, *query.named_graphs}.difference(named, site.names)
    return [iri for iri in (*named, *graphs) if iri not in starts]


@lru_cache
def _spaces(base: str) -> dict[str, str]:
    """Return the prefixes whose names are known."""
    return {name: prefixes(base)[name] for name in ("accsm", "accsm-v", "graph")}


def _traps(query: str) -> list[str]:
    """Return what to say of a query that can be read, but not as it is meant."""
    if len(query) > SHORT or not (_DATE.search(query) or _SUMMED.search(query)):
        return []
    text = masked(query)
    said = [f"`{match[0]}` is a subtraction; write \"{match[0]}\"^^xsd:date."
            for match in _DATE.finditer(text) if text[match.start() - 1] in " \n(<>=,"]  # fmt: skip
    said += [f"{match[0]} is no xsd:date; write two digits for month and day."
             for match in _SHORT_DATE.finditer(query)]  # fmt: skip
    if _SUMMED.search(text):
        said.append("an aggregate has no value in FILTER; write HAVING after GROUP BY.")
    return said[:1]


async def _known(site: Site) -> set[str]:
    """Return every name there is (asked once: a dataset does not change)."""
    if not site.names:
        found = await rows(site, "names")
        site.names.update(iris(row["name"] for row in found.rows))
    return site.names


def _note(iri: str, spaces: dict[str, str], known: Iterable[str]) -> str:
    name, space = next(((n, s) for n, s in spaces.items() if iri.startswith(s)), ("", ""))
    if not name:
        return f"`<{iri[:_LONGEST]}>` is no graph of this dataset."
    what = "no graph of this dataset" if name == "graph" else "not in the vocabulary"
    local = "".join(c if c.isprintable() else "?" for c in iri.removeprefix(space)[:_LONGEST])
    locals_ = [other.removeprefix(space) for other in known if other.startswith(space)]
    near = get_close_matches(local, locals_, n=1)
    guess = f"; did you mean `{name}:{near[0]}`?" if near else "."
    return f"`{name}:{local}` is {what}{guess}"
