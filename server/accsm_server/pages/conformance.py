"""The page of the results in the W3C tests for SPARQL over HTTP.

The results are in conformance.json beside this file, which `make conformance` writes.
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

#: The results of this version of the server.
RECORD = Path(__file__).with_suffix(".json")
JSON = Format("json", "application/json", "JSON")

router = openapi.create_router("pages")


@dataclass(frozen=True)
class Outcome:
    """The outcome of a test: passed, failed (``fault`` is the reason) or refused, as it writes."""

    suite: str
    name: str
    title: str
    refused: bool = False
    fault: str = ""


@dataclass(frozen=True)
class Score:
    """The outcomes of one test suite."""

    suite: str
    title: str
    outcomes: list[Outcome]

    @property
    def passed(self) -> int:
        """Return the number of tests that passed."""
        return sum(not (one.refused or one.fault) for one in self.outcomes)

    @property
    def refused(self) -> int:
        """Return the number of tests that write and were refused."""
        return sum(one.refused for one in self.outcomes)

    @property
    def applicable(self) -> int:
        """Return the number of tests that do not write."""
        return len(self.outcomes) - self.refused


def write_record(scores: list[Score], path: Path = RECORD) -> None:
    """Write ``scores`` to ``path``; raises OSError."""
    text = json.dumps([asdict(score) for score in scores], indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def read_record(path: Path = RECORD) -> list[Score]:
    """Return the scores in ``path``."""
    return [
        Score(score["suite"], score["title"], [Outcome(**one) for one in score["outcomes"]])
        for score in json.loads(path.read_text(encoding="utf-8"))
    ]


@router.get(
    "/conformance",
    summary="Results in the W3C test suites",
    responses=openapi.offered(JSON.media_type, negotiation.HTML.media_type),
)
async def conformance(site: ServedSite, format: Annotated[Format, negotiated(JSON)]) -> Response:
    """Return the results of this version of the server."""
    scores = read_record()
    if format is JSON:
        record = {"version": __version__, "scores": [asdict(score) for score in scores]}
        return JSONResponse(record, headers=render.NEGOTIATED)
    return render.page(site, "conformance.html", scores=scores, offers=[JSON], here="/conformance")
