"""The scores in the W3C's tests of SPARQL over HTTP: their page and their record.

The outcomes are those in conformance.json beside this file, which `make conformance` writes.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from starlette.responses import JSONResponse, Response

from accsm_kg import __version__
from accsm_server.http import negotiation
from accsm_server.http.negotiation import Format
from accsm_server.pages import openapi, render
from accsm_server.pages.parameters import ServedSite, negotiated

#: The outcomes of this version of the program.
RECORD = Path(__file__).with_suffix(".json")
JSON = Format("json", "application/json", "JSON")

router = openapi.create_router("pages")


@dataclass(frozen=True)
class Outcome:
    """How a test went: passed, failed with the reason, or refused because it would write."""

    suite: str
    name: str
    title: str
    refused: bool = False
    fault: str = ""


@dataclass(frozen=True)
class Score:
    """The outcomes of the tests of one suite."""

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


def write_record(scores: list[Score], path: Path = RECORD) -> None:
    """Write ``scores`` to ``path``; raises OSError."""
    text = json.dumps([asdict(score) for score in scores], indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read_record(path: Path = RECORD) -> list[Score]:
    """Return the scores that are on record."""
    return [
        Score(score["suite"], score["title"], [Outcome(**one) for one in score["outcomes"]])
        for score in json.loads(path.read_text(encoding="utf-8"))
    ]


@router.get(
    "/conformance",
    summary="The scores of this program in the W3C's tests",
    responses=openapi.offered(JSON.media_type, negotiation.HTML.media_type),
)
async def conformance(site: ServedSite, form: Annotated[Format, negotiated(JSON)]) -> Response:
    """Return the scores of this version of the program."""
    scores = read_record()
    if form is JSON:
        record = {"version": __version__, "scores": [asdict(score) for score in scores]}
        return JSONResponse(record, headers=render.NEGOTIATED)
    return render.page(site, "conformance.html", scores=scores, offers=[JSON], here="/conformance")
