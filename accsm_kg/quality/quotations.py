"""Check that quotations stand in the lines of the source texts that they name."""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

Quotation = Mapping[str, str]


def check(quotations: Sequence[Quotation]) -> tuple[dict[str, str], list[Quotation]]:
    """Return how many quotations of each source stand in its lines, and those that do not.

    A quotation has the columns of queries/verbatims.rq. White space is folded. A source whose text,
    told by its SHA-256, is not in the folder that ACCSM_SOURCES names is left out.
    """
    texts = _texts()
    found: Counter[str] = Counter()
    not_found = []
    for quotation in quotations:
        if quotation["sha256"] in texts:
            met = _stands_in(texts[quotation["sha256"]], quotation)
            found[quotation["this"]] += met
            not_found += [] if met else [quotation]
    return {source: str(count) for source, count in found.items()}, not_found


def _stands_in(text: Sequence[str], quotation: Quotation) -> bool:
    lines = text[int(quotation["start"]) - 1 : int(quotation["end"])]
    return _folded(quotation["words"]) in _folded(" ".join(lines))


def _texts() -> dict[str, list[str]]:
    """Return the lines of each source text at hand, by the SHA-256 digest of the text."""
    folder = os.environ.get("ACCSM_SOURCES")
    contents = [path.read_bytes() for path in Path(folder).glob("*.txt")] if folder else []
    return {hashlib.sha256(text).hexdigest(): text.decode().split("\n") for text in contents}


def _folded(text: str) -> str:
    return " ".join(text.split())
