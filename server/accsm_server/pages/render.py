"""HTML pages and error pages, rendered by Jinja templates."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Element

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from accsm_kg import __version__
from accsm_kg.lookups import Ask
from accsm_kg.pictures import svg
from accsm_kg.rdf import query_files
from accsm_server.errors import ServerError
from accsm_server.http import negotiation, problems
from accsm_server.http.headers import NEVER, REVALIDATE
from accsm_server.http.negotiation import Format
from accsm_server.http.security_headers import PAGE_POLICY
from accsm_server.pages import changes, static_files
from accsm_server.pages.citation import Citation
from accsm_server.pages.parameters import FORMATS
from accsm_server.pages.profile import NavigationLink
from accsm_server.pages.queries import Site
from accsm_server.pages.terms import TermView

_STRONG = re.compile(r"\*\*([^*\n]+)\*\*")
_RAISED = re.compile(r"&lt;sup&gt;(.{1,40}?)&lt;/sup&gt;", re.DOTALL)
_BREAK = re.compile(r"&lt;br ?/?&gt;")
#: A pattern begins where no space is before, as a run of spaces must be read only once.
_ITEM = re.compile(r"(?:(?<!\s)\s+)?&lt;li&gt;\s*")
_LIST = re.compile(r"(?:(?<!\s)\s+)?&lt;/?(?:ul|ol|li)&gt;")
_SAMPLE = 100  # resources that a query in the foot of a page names
_REMEMBERED = 4096  # results of a macro, such as the link to a term
_LONGEST = 1000  # characters of the values of one that is remembered
_FOR_PROGRAMS = ("/openapi.json", "/sparql?")
_FILLED = re.compile(r"\{[?$](\w+)\}")
#: The headers of a response that depends only on the URL, Accept and the dataset.
NEGOTIATED = {"Vary": "Accept", "Cache-Control": REVALIDATE}


@dataclass(frozen=True)
class Used:
    """A query that a page used: what it asks, and its text."""

    summary: str
    text: str


def page(site: Site, template: str, status: int = 200, **content: Any) -> Response:
    """Return the page that ``template`` makes of ``content``.

    Its head names the formats ``offers`` of its address ``link``, or else of the path ``here``.
    """
    offers = site.offered(content.pop("offers", ()))
    common = {
        "root": site.root,
        "is_static": site.is_static,
        "policy": PAGE_POLICY,
        "base": site.base,
        "version": __version__,
        "navigation": links_of(site, site.profile.navigation),
        "footer": links_of(site, site.profile.footer),
        "here": "",
        "offers": offers,
        "link": site.root + content.get("here", ""),
        "cited": None,
        "asked": (),
        "stated": site.contents.about,
    }
    text = _templates().get_template(template).render(common | content)
    return HTMLResponse(text, status, headers=NEGOTIATED)


def view(
    site: Site, template: str, here: str, title: str, asked: Iterable[Ask | str] = (),
    url: str = "", **content: Any,
) -> Response:  # fmt: skip
    """Return the page at the path ``here`` with a foot: its citation and the queries ``asked``.

    ``url`` is what to cite, if not the path below the base of the dataset.
    """
    cited = cite(site, title, url or site.base + here.removeprefix("/"))
    texts = (one if isinstance(one, str) else one.sample(site.base, _SAMPLE) for one in asked)
    used = [_used(text) for text in dict.fromkeys(texts)]
    return page(site, template, here=here, title=title, cited=cited, asked=used, **content)


def cite(site: Site, title: str, url: str) -> Citation:
    """Return how to cite what has a ``title`` and a lasting ``url``."""
    about = site.contents.about
    return Citation(
        title=title,
        url=url,
        dataset=about.get("title", ""),
        publisher=about.get("publisher", ""),
        version=about.get("version", ""),
        digest=site.engine.version[:12],
        issued=about.get("modified", ""),
    )


def _used(text: str) -> Used:
    """Return a query with its summary, which its header has, or else its first line."""
    lines = [line for line in text.splitlines() if not line.startswith("#+")]
    plain = "\n".join(lines).strip()
    return Used(query_files.header(text).get("summary", plain.partition("\n")[0]), plain)


def links_of(site: Site, links: Iterable[NavigationLink]) -> list[NavigationLink]:
    """Return the links whose classes have members; in a static copy without those to programs."""
    return [
        link
        for link in links
        if not link.needs or link.needs in site.contents.classes
        if not (site.is_static and link.path.startswith(_FOR_PROGRAMS))
    ]


def document(site: Site, template: str, here: str, **content: Any) -> Response:
    """Return the page at the path ``here`` of a document, which has RDF as well."""
    response = page(site, template, here=here, offers=negotiation.DOCUMENTS, **content)
    return with_links(response, site, here)


def links(site: Site, here: str) -> str:
    """Return a Link header to the path ``here`` in all formats of a document."""
    return negotiation.alternates(site.root + here, FORMATS)


def with_links(response: Response, site: Site, here: str) -> Response:
    """Return ``response`` with a Link header to ``here``: see `links`."""
    response.headers["Link"] = links(site, here)
    return response


def error(site: Site, problem: ServerError, format: Format, **content: Any) -> Response:
    """Return an error response in ``format``; its page has the form with a ``query``, if given."""
    if format is not negotiation.HTML:
        return problems.error_response(problem, format)
    response = page(
        site, "problem.html", problem.status, problem=problem, **{"query": None, **content}
    )
    response.headers.update({"Cache-Control": NEVER, **problem.headers})
    return response


def inline(drawing: Element) -> Markup:
    """Return a drawing for a page."""
    return Markup(svg.inline(drawing))


@lru_cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("accsm_server.pages"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["remembered"] = _remembered
    environment.filters["ticks"] = _code_spans
    environment.filters["source"] = _source_text
    environment.filters["changes"] = changes.marked
    environment.filters["gaps"] = _message_template
    environment.globals["static"] = static_files.address
    return environment


def _remembered(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """Return a macro that is not run again for equal values, unless they are long.

    Lists are taken as tuples.
    """
    remembered = lru_cache(_REMEMBERED)(macro)

    def run(*given: Any) -> Markup:
        values = tuple(tuple(v) if isinstance(v, list) else v for v in given)
        return (remembered if _size(values) <= _LONGEST else macro)(*values)

    return run


def _size(value: Any) -> int:
    """Return the number of characters in a value of a macro, too many for what has no texts."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, tuple):
        return sum(map(_size, value))
    if isinstance(value, TermView):
        texts = value.text, value.href, value.iri, value.note, value.language, value.before
        return sum(map(len, (*texts, *value.marks)))
    return _LONGEST + 1


def _source_text(text: str, marks: str | Sequence[str] = "") -> Markup:
    """Return the words of a source in HTML: what is strong, raised or a list, and the ``marks``.

    Of parts that overlap, the longest is marked.

    >>> _source_text("**A** 22<sup>nd</sup> < 3")
    Markup('<strong>A</strong> 22<sup>nd</sup> &lt; 3')
    >>> _source_text("A.2.i, A.2 and A.2.ii", "A.2")
    Markup('A.2.i, <mark>A.2</mark> and A.2.ii')
    >>> _source_text("ACCSM+3 Area: 3. A and A.2", ["3", "A", "A.2"])
    Markup('ACCSM+3 Area: <mark>3</mark>. <mark>A</mark> and <mark>A.2</mark>')
    """
    marked = _STRONG.sub(r"<strong>\1</strong>", str(escape(text)))
    marked = _LIST.sub("", _ITEM.sub("\n\N{BULLET} ", marked))
    parts = sorted([marks] if isinstance(marks, str) else marks, key=len, reverse=True)
    if sought := "|".join(re.escape(str(escape(part))) for part in parts if part):
        whole = rf"(?<![\w.+&])(?:{sought})(?!\w|\.\w)"
        marked = re.sub(whole, lambda found: f"<mark>{found[0]}</mark>", marked)
    return Markup(_RAISED.sub(r"<sup>\1</sup>", _BREAK.sub("\n", marked)))


def _message_template(text: str) -> Markup:
    """Return the message of a rule, with the names of what a result fills in as code.

    >>> _message_template("Year {?year} is missing.")
    Markup('Year <code>year</code> is missing.')
    """
    return _code_spans(_FILLED.sub(r"`\1`", text))


def _code_spans(text: str) -> Markup:
    """Return text in which backticks are replaced by `<code>` elements."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
