"""For crawlers and assistants: robots.txt, the addresses of all pages, and what there is to ask.

The last is llms.txt, in the form of https://llmstxt.org.
"""

import re
from asyncio import to_thread
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from math import ceil
from xml.sax.saxutils import escape

from starlette.responses import PlainTextResponse, Response

from accsm_server.errors import NotFound
from accsm_server.http.headers import REVALIDATE
from accsm_server.http.negotiation import DOCUMENTS, RESULTS, Format
from accsm_server.pages import browse, openapi, render
from accsm_server.pages.parameters import Origin, ServedSite
from accsm_server.pages.queries import Site, load_iris, rows
from accsm_server.pages.questions import path_of, stored
from accsm_server.pages.terms import iri_of, text_of
from accsm_server.pages.topics import load_topics

_XML = "application/xml"
_SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_MOST = 20_000  # addresses in one sitemap; the protocol allows 50,000
#: The pages to which not the navigation but others lead.
_PAGES = ("/", "/conformance", "/dataset", "/ontology", "/shapes")
_NUMBER = re.compile("[1-9][0-9]{0,8}")
_DATA = """\
- [SPARQL endpoint]({origin}/sparql): SPARQL 1.1 in the parameter `query` of a GET or POST;
  answers as {results}, by `format=` or Accept. Prefixes of the dataset need no declaration.
- [Stored questions]({origin}/questions?format=json): queries with tested answers; that of one is
  at `{origin}/questions/NAME?format=json`, with its parameters in the address.
- [Search]({origin}/search?format=json&q=): names, codes and texts; the words follow `q=`.
- [Terms]({origin}/query/terms.json): classes and properties, and how often the data use them.
- [Whole dataset]({origin}/dataset): files to download, licence and sources.
- Each thing has an address, `{origin}/id/…`, with a page that is also there as
  {documents}: by Accept, by `format=` or by a suffix such as `.ttl`."""
#: The same of a copy without a server.
_COPIED = """\
- [Whole dataset]({origin}/accsm.nq.gz): all statements as N-Quads.
- [About the dataset]({origin}/dataset/): other files, licence and sources.
- [Stored questions]({origin}/questions.json): queries with tested answers; that of one is at
  `{origin}/questions/NAME.json` for the values that its parameters have first.
- [Terms]({origin}/query/terms.json): classes and properties, and how often the data use them.
- Each thing has an address, `{origin}/id/…/`, with a page; with `.ttl` or `.jsonld` in place of the
  last slash it is RDF. SPARQL and the search run in a browser only, at {origin}/query/ and
  {origin}/search/."""
_MCP = """\
The same dataset answers as seven tools that read: `pip install 'accsm-kg[mcp]'`, then
`accsm-kg mcp` on the standard streams, or `accsm-kg mcp --http`. Each statement comes with its
source, line and words."""
_HEADERS = {"Cache-Control": REVALIDATE}

router = openapi.create_router("pages")


@router.get("/robots.txt", summary="Rules for crawlers", responses=openapi.offered("text/plain"))
async def robots(site: ServedSite, origin: Origin) -> Response:
    """Return the rules: crawlers read everything but answers to queries and searches."""
    endpoint = f"{site.root}/sparql"
    rules = (
        f"User-agent: *\nDisallow: {endpoint}?query=\nDisallow: {endpoint}?*&query=\n"
        f"Disallow: {site.root}/search?\n\n"
        f"Sitemap: {origin}/sitemap.xml\n"
    )
    return PlainTextResponse(rules, headers=_HEADERS)


@router.get(
    "/llms.txt", summary="What assistants can ask here", responses=openapi.offered("text/plain")
)
async def llms(site: ServedSite, origin: Origin) -> Response:
    """Return what the dataset is, and where its data, questions and pages are, as Markdown."""
    await site.prepare()
    about = {name: " ".join(text.split()) for name, text in site.contents.about.items()}
    lines = [
        f"# {about.get('title', 'A dataset as linked data')}",
        *(f"> {about[name]}" for name in ("description", "rights") if about.get(name)),
        *(f"## {head}\n\n{words}" for head, words in _sections(site, origin)),
    ]
    return PlainTextResponse("\n\n".join(lines) + "\n", headers=_HEADERS)


def _sections(site: Site, origin: str) -> Iterator[tuple[str, str]]:
    """Yield the heads and texts of the sections of llms.txt."""
    yield (
        "Data",
        (_COPIED if site.is_static else _DATA).format(
            origin=origin,
            results=_named(RESULTS),
            documents=_named(DOCUMENTS),
        ),
    )
    links = [*site.profile.navigation, *site.profile.footer]
    pages = [f"- [{one.label}]({origin}{one.path})" for one in render.links_of(site, links)]
    yield "Pages", "\n".join(pages)
    yield "Model Context Protocol", _MCP


def _named(formats: Iterable[Format]) -> str:
    return ", ".join(f"{one.label} (`{one.name}`)" for one in formats)


@router.get("/sitemap.xml", summary="All pages for crawlers", responses=openapi.offered(_XML))
async def sitemap(site: ServedSite, origin: Origin) -> Response:
    """Return the addresses of all pages, or of sitemaps if there are too many."""
    parts = await _parts(site)
    if parts == 1:
        return await _part(site, origin, 0)
    numbers = range(1, parts + 1)
    return _document(
        "sitemapindex", "sitemap", [f"/sitemap-{n}.xml" for n in numbers], site, origin
    )


@router.get(
    "/sitemap-{number}.xml", summary="A part of a long sitemap", responses=openapi.offered(_XML)
)
async def sitemap_part(site: ServedSite, origin: Origin, number: str) -> Response:
    """Return a part of the addresses of all pages."""
    parts = await _parts(site)
    if not (_NUMBER.fullmatch(number) and int(number) <= parts):
        raise NotFound("No such sitemap", f"The parts are 1 to {parts}.")
    return await _part(site, origin, int(number) - 1)


async def _parts(site: Site) -> int:
    found = await rows(site, "resource-count")
    return max(1, ceil(int(text_of(found.rows[0]["count"])) / _MOST))


async def _part(site: Site, origin: str, part: int) -> Response:
    """Return the sitemap of one part of the resources, the first one with the other pages."""
    addresses, iris = await site.addresses(), await load_iris(site, site.queries.text("resources"))
    in_order = await to_thread(sorted, iris)
    others = [] if part else await _others(site)
    shown = in_order[part * _MOST : (part + 1) * _MOST]
    paths = dict.fromkeys(addresses.of(iri).partition("#")[0] for iri in shown)
    return _document("urlset", "url", [*others, *paths], site, origin)


async def _others(site: Site) -> list[str]:
    classes = (
        browse.members_address(site, entry.iri) for entry in await browse.class_entries(site)
    )
    graphs = (iri_of(row["graph"]) for row in (await site.served.queries.rows("graphs")).rows)
    addresses = await site.addresses()
    topics = await load_topics(site)
    feet = (link for link in render.links_of(site, site.profile.footer) if link.needs)
    links = [*render.links_of(site, site.profile.navigation), *feet]
    pages = [
        *_PAGES,
        *(link.path for link in links),
        *(topic.vocabulary for topic in topics if topic.terms),
        *(topic.rules for topic in topics if topic.shapes),
    ]
    found = [*pages, *map(path_of, await stored(site)), *classes, *map(addresses.of, graphs)]
    return [path for path in dict.fromkeys(found) if not path.startswith("/describe?")]


def _document(root: str, element: str, paths: list[str], site: Site, origin: str) -> Response:
    modified = datetime.fromtimestamp(site.engine.modified, UTC).date().isoformat()
    entries = "".join(
        f"<{element}><loc>{escape(origin + path)}</loc><lastmod>{modified}</lastmod></{element}>\n"
        for path in paths
    )
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_SPACE}">\n'
    return Response(f"{head}{entries}</{root}>\n", media_type=_XML, headers=_HEADERS)
