"""The recorded results in the W3C tests for SPARQL, and the known deviations.

The results of this version are in conformance.json, which `make conformance` writes;
deviations.toml says why tests fail.
"""

import json
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

RECORD = Path(__file__).with_name("conformance.json")
DEVIATIONS = Path(__file__).with_name("deviations.toml")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a test: passed, failed or refused."""

    suite: str
    name: str
    """Its name in the suite, or its folder among the W3C's tests, `#`, and its name."""
    title: str
    refused: bool = False
    """Whether it was refused, as it writes or names an endpoint that is not allowed."""
    by_value: bool = False
    """Whether literals of the answer have the values, not the spelling, that were expected."""
    fault: str = ""
    """Why it failed."""

    @property
    def test(self) -> str:
        """Return its folder among the W3C's tests, `#`, and its name."""
        return self.name if "#" in self.name else f"sparql11/{self.suite}#{self.name}"

    @property
    def notable(self) -> bool:
        """Return whether it did not pass, or by value alone."""
        return bool(self.refused or self.fault or self.by_value)


@dataclass(frozen=True)
class Score:
    """The outcomes of one test suite."""

    suite: str
    title: str
    tests: int
    outcomes: list[Outcome]
    """Those of all tests, or in a large suite of those that are notable."""

    @property
    def passed(self) -> int:
        """Return the number of tests that passed."""
        return self.applicable - sum(bool(one.fault) for one in self.outcomes)

    @property
    def by_value(self) -> int:
        """Return the number of tests that passed by value."""
        return sum(one.by_value for one in self.outcomes)

    @property
    def refused(self) -> int:
        """Return the number of tests that were refused."""
        return sum(one.refused for one in self.outcomes)

    @property
    def applicable(self) -> int:
        """Return the number of tests that were not refused."""
        return self.tests - self.refused

    @property
    def complete(self) -> bool:
        """Return whether the outcomes are those of all tests."""
        return self.tests == len(self.outcomes)

    def as_json(self) -> dict[str, Any]:
        """Return the score with its counts."""
        counts = {"passed": self.passed, "applicable": self.applicable, "refused": self.refused}
        return asdict(self) | counts


@dataclass(frozen=True)
class Deviation:
    """A known difference from the recommendations."""

    title: str
    differs: str
    """What differs and why, in sentences."""
    issue: str
    """The address of the thread on it at the engine or the W3C; empty if none was found."""
    tests: list[str]
    """The tests that fail by it, each as its folder among the W3C's tests, `#`, and its name."""


def write_record(scores: list[Score], path: Path = RECORD) -> None:
    """Write ``scores`` to ``path``; raises OSError."""
    text = json.dumps([asdict(score) for score in scores], indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read_record(path: Path = RECORD) -> list[Score]:
    """Return the scores in ``path``."""
    return [
        Score(**score | {"outcomes": [Outcome(**one) for one in score["outcomes"]]})
        for score in json.loads(path.read_text(encoding="utf-8"))
    ]


def read_deviations(path: Path = DEVIATIONS) -> list[Deviation]:
    """Return the known deviations."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return [Deviation(**deviation) for deviation in table["deviation"]]
