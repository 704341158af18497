"""The SHACL shapes: an index of the rules, a page for each topic, and their RDF."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pyoxigraph import QuerySolution
from starlette.responses import Response

from accsm_kg.english import counted, listed
from accsm_kg.namespaces import QUALITY, SHAPES
from accsm_kg.rdf.terms import local_name, natural
from accsm_kg.terminal import delimited
from accsm_server.http import negotiation
from accsm_server.http.negotiation import CSV, DOCUMENTS, Format, alternates
from accsm_server.pages import answers, openapi, render
from accsm_server.pages.documents import options, respond, send_graph, without_graph
from accsm_server.pages.parameters import (
    OFFERED,
    PARAMETERS,
    DocumentFormat,
    ServedSite,
    SuffixFormat,
)
from accsm_server.pages.queries import Site, is_graph, rows
from accsm_server.pages.shape_cases import Case, cases, folder
from accsm_server.pages.targets import RequestTarget, find
from accsm_server.pages.terms import Labels, TermView, by_text, iri_of, load_labels, text_of
from accsm_server.pages.topics import FILES, RULES, Topic, asked_for, load_topics, tabs

_RULE = re.compile(r"R-[A-Z]+-[0-9]+")
_SEVERITIES = ("Violation", "Warning", "Info")

router = openapi.create_router("linked data")


@dataclass(frozen=True)
class ShapeEntry:
    """A shape with its targets, and with the severity and message of each of its constraints."""

    id: str
    name: str
    description: str
    targets: list[TermView]
    rules: list[tuple[str, str]]

    @property
    def rule(self) -> str:
        """Return the name of its rule, such as R-PRJ-01 for R-PRJ-01-number."""
        found = _RULE.match(self.id)
        return found[0] if found else self.id


@dataclass(frozen=True)
class Finding:
    """What the validation found with one message: the things, each with the reason if expected."""

    severity: str
    message: str
    things: list[tuple[TermView, str]]


@dataclass(frozen=True)
class Rule:
    """The shapes of a rule in one topic, its cases, and what the validation found."""

    name: str
    shapes: list[ShapeEntry]
    valid: list[Case]
    invalid: list[Case]
    findings: list[Finding]


@dataclass(frozen=True)
class Rules:
    """The rules by topic, what belongs to none last; ``report`` says what was found, if known."""

    topics: list[tuple[Topic | None, list[Rule]]]
    report: str


@router.get("/shapes", summary="The shapes", responses=OFFERED)
async def shapes(site: ServedSite, format: DocumentFormat) -> Response:
    """Return the index of the rules, or RDF."""
    return await _respond(site, format)


@router.get("/shapes.{suffix}", summary="The shapes in one format", responses=OFFERED)
async def shapes_file(site: ServedSite, format: SuffixFormat) -> Response:
    """Return the index of the rules, or RDF, as the suffix names."""
    return await _respond(site, format)


@router.get(
    "/shapes/{path:path}",
    summary="The rules of a topic",
    responses=openapi.offered(*FILES, negotiation.HTML),
    openapi_extra={"parameters": PARAMETERS[:1]},
)
async def shapes_of_topic(site: ServedSite, target: RequestTarget) -> Response:
    """Return the rules of a topic as a page, as rows or in RDF."""
    if found := asked_for(await load_topics(site), target, FILES):
        return await _respond_topic(site, *found)
    things = await find(site, "shapes/", target.path, target.query)
    return await respond(site, things.iris, things.here, options(things.reading, target))


async def _respond(site: Site, format: Format) -> Response:
    if other := await without_graph(site, "shapes", SHAPES, format):
        return other
    if format is not negotiation.HTML:
        return send_graph(site, site.base + SHAPES, format, RULES)
    return render.document(site, "shapes.html", RULES, **vars(await site.load_links(_load)))


async def _respond_topic(site: Site, topic: Topic, format: Format) -> Response:
    links = alternates(site.root + topic.rules, (*FILES, negotiation.HTML))
    if format in DOCUMENTS:
        return answers.send(site, site.queries.text("topic-rules", this=topic.iri), format, links)
    found: Rules = await site.load_links(_load)
    rules = next((rules for one, rules in found.topics if one == topic), [])
    if format is negotiation.HTML:
        response = await _topic_page(site, topic, rules, found.report)
    else:
        response = Response(
            _file(rules, format), media_type=format.content_type, headers=render.NEGOTIATED
        )
    response.headers["Link"] = links
    return response


async def _topic_page(site: Site, topic: Topic, rules: list[Rule], report: str) -> Response:
    asked = [site.queries.text("topic-rules", this=topic.iri), site.queries.text("found")]
    paths = {one.label: one.rules for one in await load_topics(site)}
    return render.view(
        site, "rules.html", topic.rules, f"Rules: {topic.label}", asked, offers=FILES,
        topic=topic, topics=tabs(site, paths, topic), rules=rules, report=report,
        has_cases=folder().is_dir(),
    )  # fmt: skip


def _file(rules: Sequence[Rule], format: Format) -> str:
    """Return the messages of rules as rows."""
    found = [
        {"rule": rule.name, "shape": shape.id, "name": shape.name, "severity": severity,
         "message": message, "description": shape.description}
        for rule in rules
        for shape in rule.shapes
        for severity, message in shape.rules
    ]  # fmt: skip
    return delimited(found, "csv") if format is CSV else json.dumps(found, indent=2)


async def _load(site: Site) -> Rules:
    grouped = groupby((await rows(site, "shapes")).rows, key=lambda row: iri_of(row["shape"]))
    found = {iri: list(group) for iri, group in grouped}
    labels = await load_labels(site, [row["target"] for group in found.values() for row in group])
    entries = {iri: _entry(labels, iri, group) for iri, group in found.items()}
    shown = {iri: entry for iri, entry in entries.items() if entry.rules}
    is_validated = await is_graph(site, site.base + QUALITY)
    results = (await rows(site, "found")).rows if is_validated else []
    findings = await _findings(site, results)
    topics: list[tuple[Topic | None, list[Rule]]] = []
    for topic in await load_topics(site):
        own = [shown.pop(iri) for iri in found if iri in topic.shapes and iri in shown]
        topics.append((topic, _rules(own, findings)))
    topics.append((None, _rules(list(shown.values()), findings)))
    return Rules(
        [(topic, rules) for topic, rules in topics if rules],
        _report(results) if is_validated else "",
    )


def _rules(shapes: Sequence[ShapeEntry], findings: Mapping[str, list[Finding]]) -> list[Rule]:
    """Return the rules of ``shapes``, in the order of the first shape of each."""
    grouped: dict[str, list[ShapeEntry]] = {}
    for shape in shapes:
        grouped.setdefault(shape.rule, []).append(shape)
    return [
        Rule(name, own, *cases(name), _of_shapes(own, findings)) for name, own in grouped.items()
    ]


def _of_shapes(
    shapes: Sequence[ShapeEntry], findings: Mapping[str, list[Finding]]
) -> list[Finding]:
    """Return what was found by ``shapes`` and their parts, which have longer names."""
    ids = [shape.id for shape in shapes]
    others = {name for name in findings if name not in ids}
    own = [*ids, *(name for name in others if any(name.startswith(f"{id}-") for id in ids))]
    return [finding for name in sorted(set(own)) for finding in findings.get(name, [])]


async def _findings(site: Site, results: Sequence[QuerySolution]) -> dict[str, list[Finding]]:
    """Return what was found, by the name of the shape and then by message."""
    labels = await load_labels(site, [row["focus"] for row in results])
    found: dict[str, dict[str, Finding]] = {}
    for row in sorted(results, key=lambda row: natural(iri_of(row["focus"]))):
        severity, message = local_name(iri_of(row["severity"])), text_of(row["message"])
        by_message = found.setdefault(local_name(iri_of(row["shape"])), {})
        finding = by_message.setdefault(message, Finding(severity, message, []))
        finding.things.append((labels.show(row["focus"]), text_of(row["reason"])))
    return {name: list(by_message.values()) for name, by_message in found.items()}


def _report(results: Sequence[QuerySolution]) -> str:
    """Return a sentence with the number of results of each severity."""
    count = Counter(local_name(iri_of(row["severity"])) for row in results)
    return listed([counted(count[name], name.lower()) for name in _SEVERITIES])


def _entry(labels: Labels, iri: str, group: list[QuerySolution]) -> ShapeEntry:
    targets = {row["target"] for row in group if row["target"] is not None}
    rules = {
        (local_name(iri_of(row["severity"])) or _SEVERITIES[0], text_of(row["message"]))
        for row in group
        if row["message"] is not None
    }
    return ShapeEntry(
        id=local_name(iri),
        name=text_of(group[0]["name"]) or local_name(iri),
        description=text_of(group[0]["description"]),
        targets=sorted(map(labels.show, targets), key=by_text),
        rules=sorted(rules),
    )
