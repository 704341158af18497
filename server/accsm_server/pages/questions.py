"""The stored questions: their list, the answer of each as a page and as rows, and their RDF."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self
from urllib.parse import quote, urlencode

from pyoxigraph import RdfFormat, parse
from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from accsm_kg.namespaces import QUERIES
from accsm_kg.questions import model
from accsm_kg.questions.model import Parameter, Question
from accsm_kg.questions.rdf import read
from accsm_kg.rdf.prologue import SuppliedQuery, supply
from accsm_kg.rdf.query_scanner import scan
from accsm_server.engine.interface import Query, fetch, table
from accsm_server.errors import BadRequest, NotFound
from accsm_server.http.headers import NEVER
from accsm_server.http.negotiation import (
    DOCUMENTS,
    FORMAT_NAMES,
    GRAPHS,
    HTML,
    RESULTS,
    Format,
    alternates,
)
from accsm_server.pages import answers, openapi, render
from accsm_server.pages.addresses import describing, with_query
from accsm_server.pages.documents import send_graph
from accsm_server.pages.parameters import (
    OFFERED,
    FormatChoice,
    PageFormat,
    QueryParameters,
    ServedSite,
    negotiated,
)
from accsm_server.pages.queries import Site, construct, known, named_graph
from accsm_server.pages.sparql import result
from accsm_server.pages.targets import not_found

_LONGEST = 1000  # characters of the value of a parameter, which links to other formats repeat

router = openapi.create_router("pages")
linked_data = openapi.create_router("linked data")


async def stored(site: Site) -> list[Question]:
    """Return the questions in the dataset."""
    return await site.load(_read_questions)


async def _read_questions(site: Site) -> list[Question]:
    body = await named_graph(site, site.base + QUERIES)
    return read(parse(body, format=RdfFormat.N_TRIPLES))


def path_of(question: Question) -> str:
    """Return the path of the page of a question."""
    return f"/questions/{quote(question.name, safe='')}"


@router.get("/questions", summary="Stored questions", responses=OFFERED)
async def gallery(site: ServedSite, format: PageFormat) -> Response:
    """Return the page of all stored questions, by tag, or their RDF."""
    if format is not HTML:
        return send_graph(site, site.base + QUERIES, format, "/questions")
    tagged: dict[str, list[Question]] = defaultdict(list)
    for question in await stored(site):
        for tag in question.tags or ("other",):
            tagged[tag].append(question)
    return render.document(site, "questions.html", "/questions", tags=sorted(tagged.items()))


@router.get(
    "/questions/{name}",
    summary="A stored question: its answer as page or rows, and its RDF",
    responses=openapi.offered(HTML, *RESULTS, *DOCUMENTS) | openapi.REDIRECT,
)
async def question(
    site: ServedSite, name: str, query: QueryParameters, choice: FormatChoice
) -> Response:
    """Return the answer for the values in the query string as page or rows, or the question in RDF.

    The answer of a CONSTRUCT query has no rows.
    """
    try:
        asked = await _Asked.of(await _find(site, name), query, site)
    except NotFound:
        iri = f"{site.base}{QUERIES}/{name}"
        if not await known(site, [iri]):
            raise
        wanted = urlencode({"format": choice.name}) if choice.name else ""
        return RedirectResponse(site.root + with_query(describing(iri), wanted), 303)
    format = choice.choose((HTML, *asked.rows, *DOCUMENTS))
    links = alternates(site.root + asked.here, (HTML, *asked.rows, *DOCUMENTS), typed=True)
    if format in DOCUMENTS:
        response = await _description(site, asked.question, format)
    elif format is HTML:
        response = await _page(site, asked)
    else:
        return answers.send(site, asked.query.text, format, links, asked.query.scanned.volatile)
    response.headers["Link"] = links
    return response


@linked_data.get(
    f"/{QUERIES}",
    summary="The stored questions",
    responses=openapi.offered(*GRAPHS, HTML) | openapi.REDIRECT,
)
async def published(site: ServedSite, format: Annotated[Format, negotiated(*GRAPHS)]) -> Response:
    """Return the stored questions in RDF, or redirect to their page."""
    if format is HTML:
        return RedirectResponse(f"{site.root}/questions", 303, {"Vary": "Accept"})
    return send_graph(site, site.base + QUERIES, format)


@linked_data.get(
    f"/{QUERIES}/{{path:path}}",
    summary="Redirect to a stored question",
    status_code=303,
    responses=openapi.REDIRECT,
)
async def published_one(site: ServedSite, path: str, query: QueryParameters) -> Response:
    """Redirect from the IRI of a stored question, or of a parameter of it, to its document."""
    iri = f"{site.base}{QUERIES}/{path}"
    if not await known(site, [iri]):
        raise not_found(site, iri)
    found = await _find(site, path.partition("/")[0])
    return RedirectResponse(site.root + _address(found, query), 303)


@dataclass(frozen=True)
class _Asked:
    """A question with a value for each of its parameters.

    ``options`` are the labels of the values on the list of each parameter, ``here`` is its address
    with the values, ``query`` its text with them, and ``rows`` are the formats of its answer.
    """

    question: Question
    values: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]]
    here: str
    query: SuppliedQuery
    rows: Sequence[Format]

    @classmethod
    async def of(cls, question: Question, given: QueryParams, site: Site) -> Self:
        """Return ``question`` with the values that are ``given``, and defaults for the others.

        Raises BadRequest for a parameter that it does not have or that is given twice, and for a
        value that is too long or not on the list of its parameter.
        """
        defaults = {parameter.name: parameter.default for parameter in question.parameters}
        options = {p.name: await _options(site, p) for p in question.parameters}
        try:
            chosen = model.by_name(
                (name, value) for name, value in given.multi_items() if name not in FORMAT_NAMES
            )
            text = model.bind(question, chosen)
            for name, value in chosen.items():
                if len(value) > _LONGEST:
                    raise ValueError(f"a value of {name} has at most {_LONGEST} characters")
                model.check_choice(name, value, options[name])
        except ValueError as error:
            hint = f"Choose it at {site.root}{path_of(question)}"
            raise BadRequest("Invalid parameter", str(error), hint=hint) from None
        values = defaults | chosen
        query = supply(scan(text), site.served.supplied, site.base)
        rows = () if model.form(question) == "construct" else RESULTS
        return cls(question, values, options, _address(question, chosen), query, rows)


def _address(question: Question, values: Mapping[str, str]) -> str:
    return with_query(path_of(question), urlencode(values))


async def _find(site: Site, name: str) -> Question:
    for question in await stored(site):
        if question.name == name:
            return question
    raise NotFound(
        "No such question",
        f"There is no stored question '{name}'.",
        hint=f"See all questions at {site.root}/questions",
    )


async def _description(site: Site, question: Question, format: Format) -> Response:
    text = site.queries.text("question", this=f"{site.base}{QUERIES}/{question.name}")
    body = await construct(site, text, format.name)
    return Response(body, media_type=format.content_type, headers=render.NEGOTIATED)


async def _page(site: Site, asked: _Asked) -> Response:
    text, parameters = asked.query.shown, asked.question.parameters
    query = Query(
        asked.query.text, "json" if asked.rows else "ttl", prefixes=site.prefixes, internal=True
    )
    sparql = f"{site.root}/sparql?{urlencode({'query': text})}"
    response = render.page(
        site,
        "question.html",
        question=asked.question,
        choices=[(p, asked.values[p.name], asked.options[p.name]) for p in parameters],
        text=text,
        result=await result(site, query),
        offers=asked.rows or GRAPHS,
        rows_link=site.root + asked.here if asked.rows else sparql,
        form=sparql,
        description=DOCUMENTS,
        here=asked.here,
    )
    if asked.query.scanned.volatile:
        response.headers["Cache-Control"] = NEVER
    return response


async def _options(site: Site, parameter: Parameter) -> dict[str, str]:
    """Return the labels of the options of a parameter by value; empty if any text is allowed."""
    if not parameter.options:
        return {}
    query = Query(parameter.options, "json", internal=True)
    found = table((await fetch(site.engine, query))[0])
    assert not isinstance(found, bool)
    return model.labels(found.rows)
