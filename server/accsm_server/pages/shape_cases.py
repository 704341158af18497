"""The cases of the rules: small data that pass, and data that fail with the fault that is named.

They are the cases of the tests, and travel with the package.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from accsm_kg import resources

_FAULT = re.compile(r'# (.+): "(.+)"')


@dataclass(frozen=True)
class Case:
    """Data for a rule; ``message`` is a part of the message that data with a fault give."""

    title: str
    message: str
    text: str


def folder() -> Path:
    """Return the folder of the cases, which has one for each rule; it may be missing."""
    return resources.root() / "tests" / "shapes"


@cache
def cases(rule: str) -> tuple[list[Case], list[Case]]:
    """Return the valid and the invalid cases of a rule such as R-PRJ-01."""
    found = sorted((folder() / rule).glob("*.t*"))
    valid = [_read(path) for path in found if path.stem == "valid"]
    return valid, [_read(path) for path in found if path.stem.startswith("invalid-")]


def _read(path: Path) -> Case:
    first, _, text = path.read_text(encoding="utf-8").partition("\n")
    if fault := _FAULT.fullmatch(first):
        return Case(fault[1], fault[2], text)
    return Case(first.removeprefix("#").strip(), "", text)
