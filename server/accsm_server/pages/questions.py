"""The stored questions: their list by tags and words, and their RDF."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import Query as Parameter
from pyoxigraph import RdfFormat, parse
from starlette.responses import RedirectResponse, Response

from accsm_kg.namespaces import QUERIES
from accsm_kg.pictures.views import Answer, words
from accsm_kg.questions import model
from accsm_kg.questions.model import Question
from accsm_kg.questions.rdf import read
from accsm_kg.rdf.prologue import supply
from accsm_kg.rdf.query_scanner import scan
from accsm_kg.terminal import delimited
from accsm_server.engine.interface import Query
from accsm_server.errors import NotFound, QueryError
from accsm_server.http.headers import NEVER, filename
from accsm_server.http.negotiation import CSV, DOCUMENTS, GRAPHS, HTML, JSON, Format, alternates
from accsm_server.pages import answer_words, openapi, render, results
from accsm_server.pages.addresses import with_query
from accsm_server.pages.documents import send_graph
from accsm_server.pages.lists import Choice
from accsm_server.pages.parameters import QueryParameters, ServedSite, negotiated
from accsm_server.pages.queries import Site, known, named_graph
from accsm_server.pages.targets import not_found

_AT_ONCE = 2  # questions that are answered for the list
_PATIENCE = 3.0  # seconds, from the first request, that the page waits for the answers
_LONGEST = 200  # characters of a text to look for
_LONGEST_VALUE = 1000  # characters of a parameter, which links to other formats repeat
_FORMATS = (HTML, CSV, JSON, *DOCUMENTS)
_HERE = "/questions"

router = openapi.create_router("pages")
linked_data = openapi.create_router("linked data")
_log = logging.getLogger(__name__)


async def stored(site: Site) -> list[Question]:
    """Return the questions in the dataset."""
    return await site.load(_read_questions)


async def _read_questions(site: Site) -> list[Question]:
    body = await named_graph(site, site.base + QUERIES)
    return read(parse(body, format=RdfFormat.N_TRIPLES))


async def find(site: Site, name: str) -> Question:
    """Return the question ``name``; raises NotFound."""
    for question in await stored(site):
        if question.name == name:
            return question
    raise NotFound(
        "No such question",
        f"There is no stored question '{name}'.",
        hint=f"See all questions at {site.root}{_HERE}",
    )


def path_of(question: Question) -> str:
    """Return the path of the page of a question."""
    return f"{_HERE}/{quote(question.name, safe='')}"


def address(question: Question, values: Mapping[str, str], **more: str) -> str:
    """Return the path of a question with values of its parameters, and of others."""
    return with_query(path_of(question), urlencode({**values, **more}))


def check_value(name: str, value: str, options: Mapping[str, str]) -> None:
    """Raise ValueError for a value that is too long, or not on the list of its parameter."""
    if len(value) > _LONGEST_VALUE:
        raise ValueError(f"a value of {name} has at most {_LONGEST_VALUE} characters")
    model.check_choice(name, value, options)


def bound(site: Site, question: Question, values: Mapping[str, str]) -> Query:
    """Return the query of a question with ``values``, to be answered in a format of its own."""
    text = supply(scan(model.bind(question, values)), site.served.supplied, site.base).text
    format = "ttl" if model.form(question) == "construct" else "json"
    return Query(text, format, prefixes=site.prefixes, internal=True)


async def in_short(site: Site) -> Mapping[str, str]:
    """Return the answer of each question to its defaults in few words, by name."""
    return await site.load(_answer_all)


async def _soon_in_short(site: Site) -> Mapping[str, str] | None:
    """Return the same, or None if that takes long; the answers are then there later."""
    try:
        async with asyncio.timeout_at(await site.load(_first_time) + _PATIENCE):
            return await in_short(site)
    except TimeoutError:
        return None


async def _first_time(site: Site) -> float:
    """Return when the answers were first asked for."""
    return asyncio.get_running_loop().time()


async def _answer_all(site: Site) -> Mapping[str, str]:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def answer(question: Question) -> tuple[str, str]:
        async with slots:
            return question.name, await _in_short(site, question)

    return dict(await asyncio.gather(*map(answer, await stored(site))))


async def _in_short(site: Site, question: Question) -> str:
    """Return an answer in few words; nothing if it takes too long, is too large or may change."""
    query = bound(site, question, {})
    if scan(query.text).volatile:
        return ""
    try:
        found = await results.load(site, query)
    except QueryError as error:
        _log.warning("The list of questions lacks the answer of %s: %s", question.name, error)
        return ""
    texts = found.labels.texts if found.labels else {}
    if found.is_cut and isinstance(found.answer, Answer):
        return f"more than {len(found.answer.rows)} rows"
    return answer_words.in_short(found.answer, texts)


@dataclass(frozen=True)
class Entry:
    """A question in the list, with its answer in few words."""

    question: Question
    href: str
    answer: str

    @property
    def parameters(self) -> Sequence[str]:
        """Return the names of its parameters in words."""
        return [words(parameter.name) for parameter in self.question.parameters]

    @property
    def asked(self) -> str:
        """Return the values of its parameters that the answer is for."""
        given = [(words(one.name), one.default) for one in self.question.parameters if one.default]
        return ", ".join(f"{name} {value}" for name, value in given)


@router.get(_HERE, summary="Stored questions", responses=openapi.offered(*_FORMATS))
async def gallery(
    site: ServedSite,
    format: Annotated[Format, negotiated(*_FORMATS)],
    tag: Annotated[str, Parameter(description="Only questions with this tag")] = "",
    q: Annotated[str, Parameter(description="Only questions with these words")] = "",
) -> Response:
    """Return the questions with a tag and with words, as page, CSV or JSON; or the RDF of all."""
    if format in DOCUMENTS:
        return send_graph(site, site.base + QUERIES, format, _HERE)
    q = " ".join(q[:_LONGEST].split())
    tag = tag[:_LONGEST]
    answers = await (_soon_in_short if format is HTML else in_short)(site)
    questions = await stored(site)
    worded = [question for question in questions if _has(question, q)]
    found = [
        Entry(one, site.root + path_of(one), (answers or {}).get(one.name, ""))
        for one in worded
        if not tag or tag in one.tags
    ]
    links = alternates(site.root + _address(tag, q), _FORMATS, typed=True)
    if format is HTML:
        response = _page(site, found, worded, tag, q, has_answers=answers is not None)
    else:
        written = _written(found, format)
        headers = {**render.NEGOTIATED, "Content-Disposition": filename("questions", format.name)}
        response = Response(written, media_type=format.content_type, headers=headers)
    response.headers["Link"] = links
    if answers is None:
        response.headers["Cache-Control"] = NEVER
    return response


def _page(
    site: Site,
    found: Sequence[Entry],
    worded: Sequence[Question],
    tag: str,
    q: str,
    *,
    has_answers: bool,
) -> Response:
    return render.view(
        site,
        "questions.html",
        _HERE,
        "Questions",
        link=site.root + _address(tag, q),
        offers=_FORMATS[1:],
        entries=found,
        has_answers=has_answers,
        tags=_tags(site, worded, tag, q),
        tag=tag,
        q=q,
        filters=[
            Choice(text, site.root + other)
            for text, other in ((tag, _address("", q)), (q and f"“{q}”", _address(tag, "")))
            if text
        ],
    )


def _address(tag: str, q: str) -> str:
    given = {"tag": tag, "q": q}
    return with_query(_HERE, urlencode({name: value for name, value in given.items() if value}))


def _has(question: Question, words: str) -> bool:
    """Return whether a question has all the words, in any order."""
    said = (question.name, question.summary, question.description, *question.tags)
    text = " ".join(said).casefold()
    return all(word in text for word in words.casefold().split())


def _tags(site: Site, worded: Sequence[Question], chosen: str, q: str) -> list[Choice]:
    """Return links that choose a tag, with the number of questions that have the words."""
    counts = Counter(tag for question in worded for tag in question.tags)
    return [
        Choice(tag, site.root + _address("" if tag == chosen else tag, q), count, tag == chosen)
        for tag, count in sorted(counts.items())
    ]


def _written(found: Sequence[Entry], format: Format) -> str:
    rows = [
        {
            "name": entry.question.name,
            "question": entry.question.summary,
            "parameters": " ".join(f"{p.name}={p.default}" for p in entry.question.parameters),
            "tags": "; ".join(entry.question.tags),
            "answer": entry.answer,
        }
        for entry in found
    ]
    if format is JSON:
        return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
    return delimited(rows, "csv", ("name", "question", "parameters", "tags", "answer"))


@linked_data.get(
    f"/{QUERIES}",
    summary="The stored questions",
    responses=openapi.offered(*GRAPHS, HTML) | openapi.REDIRECT,
)
async def published(site: ServedSite, format: Annotated[Format, negotiated(*GRAPHS)]) -> Response:
    """Return the stored questions in RDF, or redirect to their page."""
    if format is HTML:
        return RedirectResponse(f"{site.root}{_HERE}", 303, {"Vary": "Accept"})
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
    found = await find(site, path.partition("/")[0])
    return RedirectResponse(site.root + address(found, dict(query)), 303)
