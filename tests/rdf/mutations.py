"""Mistakes made in the stored questions, each with the line in which it was made."""

import re
from collections.abc import Callable, Iterator

from project import ROOT
from pyoxigraph import Store

from accsm_kg.namespaces import BASE, prefixes
from accsm_kg.rdf.prologue import supply
from accsm_kg.rdf.query_scanner import masked, scan

PREFIXES = prefixes()
#: Returns the places at which a mistake can be made in a query, given it masked.
Places = Callable[[str], list[re.Match[str]]]


def _all(pattern: str) -> Places:
    found = re.compile(pattern, re.MULTILINE)
    return lambda text: list(found.finditer(text))


def _dropped(_: str) -> str:
    return ""


def _swapped(word: str) -> str:
    """Swap two letters in the middle of a word."""
    middle = len(word) // 2
    return word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :]


KEYWORDS = "SELECT|WHERE|OPTIONAL|FILTER|UNION|DISTINCT|GROUP|ORDER|VALUES|BIND"
#: How many mistakes of each kind are made, where they can be made, and what is put there.
KINDS: dict[str, tuple[int, Places, Callable[[str], str]]] = {
    "dropped }": (20, _all(r"\}"), _dropped),
    "dropped {": (20, _all(r"\{"), _dropped),
    "undeclared prefix": (40, _all(r"(?<=[\s(^/|])(?:accsm|skos)(?=:[a-zA-Z])"), "my{}".format),
    "misspelt keyword": (40, _all(rf"\b(?:{KEYWORDS})\b"), _swapped),
    "forgotten full stop": (40, _all(r" \.(?=\n\s*(?:[?<(]|\w+:))"), _dropped),
    "forgotten semicolon": (27, _all(r" ;(?=\n)"), _dropped),
    "dropped bracket": (40, _all(r"[()]"), _dropped),
    "unclosed string": (20, _all("\x01(?!\x01)"), _dropped),
    "dropped variable": (20, _all(r"(?<=\s)\?\w+(?= [.;])"), _dropped),
}  # fmt: skip


def queries() -> list[str]:
    """Return the stored questions without their headers."""
    texts = (path.read_text("utf-8") for path in sorted((ROOT / "data/queries").glob("*.rq")))
    return [re.sub(r"^#\+.*\n", "", text, flags=re.MULTILINE).lstrip() for text in texts]


def mutations() -> Iterator[tuple[str, str, int]]:
    """Yield the kind of each mistake, the query with it, and its line; spread over the queries."""
    stored = queries()
    for kind, (count, places, replace) in KINDS.items():
        found = []
        for turn in range(8):  # the first place of each query, then the second …
            for number, query in enumerate(stored):
                every = places(masked(query))
                if turn < len(every):
                    chosen = every[(turn * 7 + number * 3) % len(every)]
                    found.append((query, chosen))
        made = 0
        for query, match in _spread(found, count):
            start, end = match.span()
            text = query[:start] + replace(query[start:end]) + query[end:]
            if made < count and not _parses(text):
                made += 1
                yield kind, text, query.count("\n", 0, start) + 1
        assert made == count, (kind, made)


def _spread(
    found: list[tuple[str, "re.Match[str]"]], count: int
) -> list[tuple[str, "re.Match[str]"]]:
    """Return all in an order in which the first are spread evenly."""
    step = max(1, len(found) // count)
    return [one for start in range(step) for one in found[start::step]]


def message(text: str) -> str:
    """Return the message of the engine about a query, empty if it parses."""
    supplied = supply(scan(text), PREFIXES, BASE)
    try:
        Store().query(supplied.text, base_iri=BASE)
    except SyntaxError as error:
        return supplied.relocated(str(error.msg))
    return ""


def _parses(text: str) -> bool:
    return not message(text)
