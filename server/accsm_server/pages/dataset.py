"""The description of the dataset: its page, and RDF in VoID and DCAT."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import NamedNode, Triple
from starlette.responses import RedirectResponse, Response

from accsm_kg.lookups import whole
from accsm_kg.rdf.terms import Term, local_name, natural
from accsm_server.http import negotiation
from accsm_server.http.files import StoredFile
from accsm_server.http.negotiation import DOCUMENTS, Format
from accsm_server.pages import dataset_description, landing, openapi, render
from accsm_server.pages.addresses import describing
from accsm_server.pages.dumps import FILES
from accsm_server.pages.parameters import (
    OFFERED,
    DocumentFormat,
    Origin,
    ServedSite,
    SuffixFormat,
)
from accsm_server.pages.queries import Site
from accsm_server.pages.targets import RequestTarget, find
from accsm_server.pages.terms import Labels, TermView, first_text, iri_of, load_labels
from accsm_server.sparql import service_description

#: The values of each subject, by the local names of its properties.
Facts = dict[str, dict[str, list[Term]]]

_LARGE = 1_000_000  # statements; it takes minutes to pack the files of more

router = openapi.create_router("linked data")


@dataclass(frozen=True)
class Part:
    """A part of the dataset and its size: a graph, a class or a property."""

    shown: TermView
    count: int
    note: str = ""


@router.get("/dataset", summary="The dataset: VoID, DCAT and page", responses=OFFERED)
@router.get("/.well-known/void", summary="Description of the dataset", responses=OFFERED)
async def about(site: ServedSite, format: DocumentFormat, origin: Origin) -> Response:
    """Return the page of the dataset, or its description in RDF."""
    return await send(site, format, origin)


@router.get(
    "/dataset.{suffix}", summary="Description of the dataset in one format", responses=OFFERED
)
async def about_file(site: ServedSite, format: SuffixFormat, origin: Origin) -> Response:
    """Return the page of the dataset, or its description in RDF, as the suffix names."""
    return await send(site, format, origin)


@router.get(
    "/dataset/{path:path}",
    summary="Redirect from a part of the dataset",
    status_code=303,
    responses=openapi.REDIRECT,
)
async def part(site: ServedSite, target: RequestTarget) -> Response:
    """Redirect from a part of the dataset, such as a class partition, to its description."""
    things = await find(site, "dataset/", target.path, target.query)
    return RedirectResponse(f"{site.root}{describing(things.iris[0])}", 303)


async def send(site: Site, format: Format, origin: str) -> Response:
    """Return the page of the dataset, or its description in RDF."""
    about = await site.load(landing.load_about)
    links = landing.signposts(site, about)
    if format is negotiation.HTML:
        response = render.page(
            site,
            "dataset.html",
            schema=landing.schema(site, about, origin),
            **await site.load_links(_load_content),
        )
    else:
        description = await dataset_description.describe(site, origin, await _files(site))
        body = service_description.serialize(description, site.prefixes, format)
        response = Response(body, media_type=format.content_type, headers=render.NEGOTIATED)
        links += f", {landing.describes(site)}"
    response = render.with_links(response, site, landing.PATH)
    response.headers["Link"] += f", {links}"
    return response


async def _files(site: Site) -> Mapping[str, StoredFile]:
    """Return the files of the dataset; of a large one those that have been asked for."""
    return site.dumps.made() if site.engine.size > _LARGE else await site.dumps.all()


async def _load_content(site: Site) -> dict[str, Any]:
    """Return what the page shows, except for what depends on the origin."""
    facts = _facts(await site.load(dataset_description.load))
    dataset = facts[f"{site.base}dataset"]
    sizes = await site.load(_load_sizes)
    classes = [_partition(facts, part, "class", "entities") for part in dataset["classPartition"]]
    properties = [
        _partition(facts, part, "property", "triples") for part in dataset["propertyPartition"]
    ]
    labels = await load_labels(site, [], *sizes, *(iri for iri, _ in classes + properties))
    return dict(
        iri=f"{site.base}dataset",
        title=first_text(dataset["title"]) or "The dataset",
        about=[first_text(dataset[name]) for name in ("description", "rights") if dataset[name]],
        triples=first_text(dataset["triples"]),
        number=first_text(dataset["version"]),
        fingerprint=site.engine.version,
        files=FILES.values(),
        graphs=[
            Part(labels.iri(iri), size, first_text(facts[iri]["description"]))
            for iri, size in sizes.items()
        ],
        classes=_parts(labels, classes),
        properties=_parts(labels, properties),
        offers=DOCUMENTS,
        here=landing.PATH,
    )


async def _load_sizes(site: Site) -> dict[str, int]:
    """Return the number of statements of each named graph."""
    sizes = await service_description.graph_sizes(site.served)
    sizes.pop("", None)  # the default graph
    return sizes


def _facts(description: set[Triple]) -> Facts:
    facts: Facts = defaultdict(lambda: defaultdict(list))
    for triple in description:
        if isinstance(triple.subject, NamedNode):
            name = local_name(triple.predicate.value)
            facts[triple.subject.value][name].append(triple.object)
    return facts


def _partition(facts: Facts, part: Term, key: str, count: str) -> tuple[str, int]:
    """Return the class or property of a VoID partition, and its size."""
    values = facts[iri_of(part)]
    return iri_of(next(iter(values[key]), None)), whole(first_text(values[count]))


def _parts(labels: Labels, counts: list[tuple[str, int]]) -> list[Part]:
    parts = [Part(labels.iri(iri), count) for iri, count in counts]
    return sorted(parts, key=lambda part: (-part.count, natural(part.shown.text)))
