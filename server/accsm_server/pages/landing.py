"""What programs read on the landing page of the dataset.

For search engines it has a schema.org Dataset in JSON-LD, for harvesters Signposting in its Link
header (https://signposting.org/FAIR/).
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyoxigraph import Literal

from accsm_kg.rdf.terms import Term, iris, local_name
from accsm_server.http.negotiation import DOCUMENTS
from accsm_server.pages.addresses import to_uri
from accsm_server.pages.dumps import FILES
from accsm_server.pages.queries import Site, rows
from accsm_server.pages.terms import first_text, iri_of, text_of

PATH = "/dataset"
_SCHEMA = "https://schema.org/"
#: The properties of schema.org with one text as value, by those of the description.
_TEXTS = {
    "title": "name",
    "description": "description",
    "version": "version",
    "issued": "datePublished",
    "modified": "dateModified",
}


@dataclass(frozen=True)
class About:
    """What the dataset says of itself: values by the local name of their property, and names."""

    values: Mapping[str, list[Term]]
    names: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return the first text of a property, empty if there is none."""
        return first_text(self.values.get(name, ()))

    def iris(self, name: str) -> list[str]:
        """Return the IRIs that are values of a property, sorted."""
        return sorted(iris(self.values.get(name, ())))


async def load_about(site: Site) -> About:
    """Return what the dataset says of itself."""
    values: dict[str, list[Term]] = defaultdict(list)
    names: dict[str, str] = {}
    for row in (await rows(site, "about")).rows:
        value = row["value"]
        if value is not None:
            values[local_name(iri_of(row["property"]))].append(value)
        if name := text_of(row["name"]):
            names[iri_of(value)] = name
    return About(values, names)


def schema(site: Site, about: About, origin: str) -> dict[str, Any] | None:
    """Return the dataset in schema.org, None if it has no title."""
    if not about.text("title"):
        return None
    iri = f"{site.base}dataset"
    title = next(term for term in about.values["title"] if isinstance(term, Literal))
    facts = {
        "@context": _SCHEMA,
        "@type": "Dataset",
        "@id": iri,
        "identifier": iri,
        "url": origin + PATH,
        **{name: about.text(source) for source, name in _TEXTS.items()},
        "keywords": sorted({text_of(word) for word in about.values.get("keyword", ())}),
        "inLanguage": title.language,
        "license": next(iter(about.iris("license")), None),
        "isAccessibleForFree": True,
        "creator": _agents(about, "creator"),
        "publisher": _agents(about, "publisher"),
        "distribution": [
            {
                "@type": "DataDownload",
                "name": file.name,
                "contentUrl": f"{origin}/{file.name}",
                "encodingFormat": file.media_type,
            }
            for file in FILES.values()
        ],
    }
    return {name: fact for name, fact in facts.items() if fact}


def _agents(about: About, property: str) -> list[dict[str, str]]:
    return [
        {"@type": "Organization", "@id": iri, "name": about.names[iri]}
        for iri in about.iris(property)
        if iri in about.names
    ]


def signposts(site: Site, about: About) -> str:
    """Return the links of the landing page: what it is of, by whom, and where the data are."""
    page = site.root + PATH
    return ", ".join(
        [
            _link(f"{site.base}dataset", "cite-as"),
            *(_link(_SCHEMA + kind, "type") for kind in ("AboutPage", "Dataset")),
            *(_link(iri, "license") for iri in about.iris("license")),
            *(_link(iri, "author") for iri in about.iris("creator")),
            *(_link(f"{page}?format={f.name}", "describedby", f.media_type) for f in DOCUMENTS),
            *(_link(f"{site.root}/{f.name}", "item", f.media_type) for f in FILES.values()),
        ]
    )


def describes(site: Site) -> str:
    """Return the link from the description in RDF to the landing page."""
    return _link(site.root + PATH, "describes", "text/html")


def part_of(site: Site) -> str:
    """Return the links from a file to the landing page and to the description of the file."""
    page = site.root + PATH
    described = (_link(f"{page}?format={f.name}", "describedby", f.media_type) for f in DOCUMENTS)
    return ", ".join([_link(page, "collection", "text/html"), *described])


def _link(target: str, relation: str, media_type: str = "") -> str:
    kind = f'; type="{media_type}"' if media_type else ""
    return f'<{to_uri(target)}>; rel="{relation}"{kind}'
