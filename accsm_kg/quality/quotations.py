"""Check that each quotation occurs in the lines of the source text that it cites."""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

Quotation = Mapping[str, str]


def check(quotations: Sequence[Quotation]) -> tuple[dict[str, str], list[Quotation]]:
    """Return the number of quotations found for each source, and the quotations not found.

    A quotation has the columns of queries/verbatims.rq. Runs of white space count as one space. A
    source is skipped unless a text with its SHA-256 digest is in the folder ACCSM_SOURCES.
    """
    texts = _texts()
    found: Counter[str] = Counter()
    not_found = []
    for quotation in quotations:
        if quotation["sha256"] in texts:
            occurs = _occurs_in(texts[quotation["sha256"]], quotation)
            found[quotation["this"]] += occurs
            not_found += [] if occurs else [quotation]
    return {source: str(count) for source, count in found.items()}, not_found


def _occurs_in(text: Sequence[str], quotation: Quotation) -> bool:
    lines = text[int(quotation["start"]) - 1 : int(quotation["end"])]
    return _folded(quotation["words"]) in _folded(" ".join(lines))


def _texts() -> dict[str, list[str]]:
    """Return the lines of each text in the folder ACCSM_SOURCES, by SHA-256 digest."""
    folder = os.environ.get("ACCSM_SOURCES")
    contents = [path.read_bytes() for path in Path(folder).glob("*.txt")] if folder else []
    return {hashlib.sha256(text).hexdigest(): text.decode().split("\n") for text in contents}


def _folded(text: str) -> str:
    return " ".join(text.split())
