"""Turn outcomes into a record of the program that was tested, and the record into scores."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from accsm_kg import __version__
from server.conformance.suites import SUITES, Outcome
from server.program import program, versions

#: The record of the last run, which a wheel carries if there was one.
RECORD = Path(__file__).parent / "record.json"


@dataclass(frozen=True)
class Score:
    """How the tests of one suite went."""

    suite: str
    title: str
    outcomes: list[Outcome]

    @property
    def passed(self) -> int:
        """Return how many passed."""
        return sum(not (one.refused or one.fault) for one in self.outcomes)

    @property
    def refused(self) -> int:
        """Return how many would have written and were refused."""
        return sum(one.refused for one in self.outcomes)

    @property
    def asked(self) -> int:
        """Return how many do not write."""
        return len(self.outcomes) - self.refused


@dataclass(frozen=True)
class Run:
    """A run of the tests: of which program, when, and how it went."""

    version: str
    used: dict[str, str]
    program: str
    date: str
    scores: list[Score]


def made(outcomes: Iterable[Outcome]) -> Run:
    """Return the record of a run that ended now."""
    found = list(outcomes)
    scores = [
        Score(suite, title, [one for one in found if one.suite == suite])
        for suite, title in SUITES.items()
    ]
    today = datetime.now(UTC).date().isoformat()
    return Run(__version__, versions(), program(), today, scores)


def write(run: Run, path: Path = RECORD) -> None:
    """Keep ``run``; raises OSError."""
    path.write_text(json.dumps(asdict(run), indent=1), encoding="utf-8")


def read(path: Path = RECORD) -> Run | None:
    """Return the run that is on record, None if there is none."""
    if not path.is_file():
        return None
    kept = json.loads(path.read_text(encoding="utf-8"))
    scores = [
        Score(score["suite"], score["title"], [Outcome(**one) for one in score["outcomes"]])
        for score in kept.pop("scores")
    ]
    return Run(scores=scores, **kept)
