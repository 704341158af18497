"""Turn the names of ours that a query uses into notes on those that do not exist."""

from collections.abc import Iterable
from difflib import get_close_matches

from server.engine import Query, QueryError
from server.lexer import Outline
from server.links import iris
from server.site import Site, rows

_MOST = 3  # notes on one query
_LONGEST = 80  # characters of a name that is worth a guess


async def notes(site: Site, query: Query, seen: Outline) -> list[str]:
    """Return what to say of terms, values and graphs that do not exist and ``query`` names."""
    spaces = {name: site.prefixes[name] for name in ("accsm", "accsm-v", "graph")}
    named = {seen.prefixes.get(prefix, "") + local for prefix, local in seen.names}
    ours = {iri for iri in named | seen.iris if iri.startswith(tuple(spaces.values()))}
    wanted = ours.union(query.default_graphs, query.named_graphs).difference(spaces.values())
    if not wanted:
        return []
    try:
        known = await _known(site)
    except QueryError:  # the answer does not depend on it
        return []
    unknown = sorted(wanted - known) if known else []
    return [_note(iri, spaces, known) for iri in unknown[:_MOST]]


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
