"""Turn outcomes into a record of the program that was tested, and the record into scores."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import accsm_kg
import server
from server.conformance.suites import SUITES, Outcome

#: The record of the last run, which a wheel carries if there was one.
RECORD = Path(__file__).parent / "record.json"
_USED = ("pyoxigraph", "starlette", "uvicorn")


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


@lru_cache
def program() -> str:
    """Return the hash of the program: any change of it makes a record that of another program."""
    digest = sha256()
    for package in (accsm_kg, server):
        folder = Path(package.__file__ or "").parent
        for path in sorted(folder.rglob("*")):
            ours = path.relative_to(folder).parts[0] != "resources"  # only a wheel has them there
            if ours and path.suffix in (".py", ".rq"):
                digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    digest.update(repr(_versions()).encode())
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    return {name: version(name) for name in _USED}


def made(outcomes: Iterable[Outcome]) -> Run:
    """Return the record of a run that ended now."""
    found = list(outcomes)
    scores = [
        Score(suite, title, [one for one in found if one.suite == suite])
        for suite, title in SUITES.items()
    ]
    today = datetime.now(UTC).date().isoformat()
    return Run(accsm_kg.__version__, _versions(), program(), today, scores)


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
