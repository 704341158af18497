"""The topics of the vocabulary and of the rules, which the graph of the shapes has."""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.datastructures import QueryParams

from accsm_kg.rdf.terms import local_name
from accsm_server.http import negotiation
from accsm_server.http.negotiation import CSV, DOCUMENTS, HTML, JSON, Format
from accsm_server.pages.lists import Choice
from accsm_server.pages.parameters import RequestedFormat, by_suffix
from accsm_server.pages.queries import Site, rows
from accsm_server.pages.targets import Target
from accsm_server.pages.terms import iri_of, text_of

VOCABULARY, RULES = "/ontology", "/shapes"
#: The formats of the rules of a topic beside HTML; those of its terms are more.
FILES = (*DOCUMENTS, CSV, JSON)


@dataclass(frozen=True)
class Topic:
    """A topic with the IRIs of its terms and of its shapes."""

    iri: str
    label: str
    about: str
    terms: Sequence[str]
    shapes: Sequence[str]

    @property
    def name(self) -> str:
        """Return the last segment of its addresses."""
        return local_name(self.iri)

    @property
    def vocabulary(self) -> str:
        """Return the path of the page of its terms."""
        return f"{VOCABULARY}/{self.name}"

    @property
    def rules(self) -> str:
        """Return the path of the page of its rules."""
        return f"{RULES}/{self.name}"


async def load_topics(site: Site) -> list[Topic]:
    """Return the topics in their order, none if the dataset has none."""
    return await site.load(_load)


def asked_for(
    topics: Sequence[Topic], target: Target, files: Sequence[Format]
) -> tuple[Topic, Format] | None:
    """Return the topic whose name ``target`` has, and one of ``files`` or HTML; None without one.

    Raises NotAcceptable.
    """
    stem, dot, suffix = target.path.partition(".")
    topic = next((topic for topic in topics if topic.name == stem), None)
    if topic is None:
        return None
    if dot:
        format = by_suffix(suffix, (*files, HTML))
        return (topic, format) if format else None
    given = negotiation.requested(QueryParams(target.query))
    return topic, RequestedFormat(given, target.accept).choose(files)


def tabs(site: Site, paths: dict[str, str], chosen: Topic) -> list[Choice]:
    """Return links to the topics with the ``paths`` of their pages, by label."""
    return [
        Choice(label, site.root + path, chosen=label == chosen.label)
        for label, path in paths.items()
    ]


async def _load(site: Site) -> list[Topic]:
    members: dict[tuple[str, str, str], list[str]] = {}
    for row in (await rows(site, "topics")).rows:
        topic = iri_of(row["topic"]), text_of(row["label"]), text_of(row["about"])
        members.setdefault(topic, []).append(iri_of(row["member"]))
    return [
        Topic(
            iri,
            label,
            about,
            [member for member in found if member.startswith(f"{site.base}ontology#")],
            [member for member in found if member.startswith(f"{site.base}shapes#")],
        )
        for (iri, label, about), found in members.items()
    ]
