"""The quality of the data: what the rules found, what is unclear in the sources, and the gaps."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from starlette.responses import Response

from accsm_kg.lookups import Ask, Lookup, Row, Rows, grouped
from accsm_kg.pictures import counts, svg
from accsm_kg.terminal import delimited
from accsm_server.engine.interface import WHOLE_BYTES
from accsm_server.errors import NotFound
from accsm_server.http.negotiation import CSV, HTML, JSON, SVG, TURTLE, Format, alternates
from accsm_server.pages import answers, lists, openapi
from accsm_server.pages.coverage import load_overview
from accsm_server.pages.parameters import FormatChoice, ServedSite, of_suffix
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.render import NEGOTIATED, inline, view
from accsm_server.pages.terms import Labels, TermView, load_labels

_HERE, _ISSUES, _SOURCES = "/quality", "/quality/issues", "/sources"
_QUERIES = Path(__file__).parent / "quality"
_NAMES = (
    "measures", "results", "shapes", "backed", "backing", "matrix", "confidences", "open",
)  # fmt: skip
_OFFERS = (HTML, CSV, JSON, SVG, TURTLE)
_OFFERED = openapi.offered(*_OFFERS)
_MOST_OPEN = 50  # issues that the page shows in full

router = openapi.create_router("pages")

#: The rows of the queries in quality/ by name.
Found = Mapping[str, Rows]


@dataclass(frozen=True)
class OpenIssue:
    """An issue without a chosen reading, with all values of each of its columns."""

    shown: TermView
    what: str
    defect: str
    printed: Sequence[str]
    chosen: Sequence[str]
    alternatives: Sequence[str]
    about: Sequence[TermView]


@router.get(_HERE, summary="The quality of the data and of the sources", responses=_OFFERED)
async def page(site: ServedSite, choice: FormatChoice) -> Response:
    """Return the page, or the numbers of issues by defect and confidence; in RDF the issues."""
    return await _send(site, choice.choose(_OFFERS))


@router.get(
    f"{_HERE}.{{suffix}}", summary="The numbers of issues in one format", responses=_OFFERED
)
async def file(site: ServedSite, suffix: str) -> Response:
    """Return the quality in the format with this suffix."""
    return await _send(site, of_suffix(suffix, _OFFERS, "The quality"))


async def load(site: Site) -> tuple[Found, list[Ask]]:
    """Return the rows of the queries, and the queries: use `Site.load`."""
    return await look_up(site, _ask(), WHOLE_BYTES)


def _ask() -> Lookup[Found]:
    found = {}
    for name in _NAMES:
        found[name] = yield Ask(_QUERIES / f"{name}.rq")
    return found


async def _send(site: Site, format: Format) -> Response:
    if not site.contents.classes.intersection(site.profile.lists[_ISSUES].classes):
        raise NotFound("No record of quality", "This dataset records no issues of its sources.")
    found, asked = await site.load(load)
    links = alternates(site.root + _HERE, _OFFERS)
    if format is TURTLE:
        (issues, _), _ = await site.load(lists.load, _ISSUES)
        text = site.queries.text("listed", these=[row["thing"] for row in issues])
        return answers.send(site, text, format, links)
    if format is HTML:
        response = await _page(site, found, asked)
    else:
        body = _file(site, found, format)
        response = Response(body, media_type=format.content_type, headers=NEGOTIATED)
    response.headers["Link"] = links
    return response


def _file(site: Site, found: Found, format: Format) -> str | bytes:
    if format is SVG:
        return svg.standalone(_matrix(found["matrix"], site.base.rstrip("/")), "Issues")
    if format is CSV:
        return delimited(found["matrix"], "csv")
    return json.dumps(found["matrix"], ensure_ascii=False, indent=1)


async def _page(site: Site, found: Found, asked: Sequence[Ask]) -> Response:
    overview, for_gaps = await load_overview(site)
    (sources, _), for_sources = await site.load(lists.load, _SOURCES)
    labels = await load_labels(site, [], *_iris(found), *(row["thing"] for row in sources))
    open_issues = [*_open(found["open"], labels)]
    return view(
        site,
        "quality.html",
        _HERE,
        "Quality of the data and the sources",
        [*asked, *for_sources[:1], *for_gaps],
        link=site.root + _HERE,
        offers=_OFFERS[1:],
        measured={row["metric"]: row["value"] for row in found["measures"]},
        shapes=_first(found["shapes"], "shapes"),
        backed=next(iter(found["backed"]), {}),
        total=sum(int(row["issues"]) for row in found["confidences"]),
        confidences=[(row, _address(site.root, confidence=row["confidence"]))
                     for row in found["confidences"]],
        picture=inline(_matrix(found["matrix"], site.root)),
        matrix=[(row, _address(site.root, row["defect"], row["confidence"]))
                for row in found["matrix"]],
        open_issues=open_issues[:_MOST_OPEN],
        rest=len(open_issues) - _MOST_OPEN,
        everything=site.root + _ISSUES,
        results=[(labels.iri(row["rule"]), labels.iri(row["for_example"]), row)
                 for row in found["results"]],
        gaps=overview.gaps if overview else (),
        sources=[(labels.iri(row["thing"]), row) for row in sources],
        classes=[(labels.iri(row["class"]), row) for row in found["backing"]],
    )  # fmt: skip


def _iris(found: Found) -> Iterable[str]:
    """Return the IRIs that the page shows by their labels."""
    columns = {
        "open": ("issue", "about"),
        "results": ("rule", "for_example"),
        "backing": ("class",),
    }
    for name, names in columns.items():
        yield from (row[column] for row in found[name] for column in names if row[column])


def _first(rows: Rows, name: str) -> str:
    return next((row[name] for row in rows), "0")


def _address(root: str, defect: str = "", confidence: str = "") -> str:
    """Return the address of the issues with a defect and a confidence."""
    given = {"defect": defect, "confidence": confidence}
    return f"{root}{_ISSUES}?{urlencode({name: text for name, text in given.items() if text})}"


def _matrix(rows: Rows, root: str) -> Element:
    """Return the picture of the numbers of issues, the kinds with most of them first."""
    numbers = {(row["defect"], row["confidence"]): int(row["issues"]) for row in rows}
    totals, degrees = Counter[str](), Counter[str]()
    for (defect, degree), count in numbers.items():
        totals[defect] += count
        degrees[degree] += count
    columns = sorted(degrees, key=lambda degree: (-degrees[degree], degree))
    kinds = sorted(totals, key=lambda defect: (-totals[defect], defect))
    return counts.draw(
        kinds, columns, numbers, "issues", lambda kind, degree: _address(root, kind, degree)
    )


def _open(rows: Rows, labels: Labels) -> Iterable[OpenIssue]:
    """Yield the open issues, each once."""

    def every(of: Sequence[Row], name: str) -> list[Any]:
        return [*dict.fromkeys(row[name] for row in of if row[name])]

    for issue, of in grouped(rows, "issue").items():
        yield OpenIssue(
            labels.iri(issue),
            of[0]["what"],
            of[0]["defect"],
            every(of, "printed"),
            every(of, "chosen"),
            every(of, "alternative"),
            [labels.iri(iri) for iri in every(of, "about")],
        )
