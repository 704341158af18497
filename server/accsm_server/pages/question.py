"""The page of a stored question: its form, its answer in the view that fits, and its query."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Self
from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from accsm_kg.namespaces import QUERIES
from accsm_kg.pictures.views import View, wanted
from accsm_kg.questions import model
from accsm_kg.questions.model import NoChoiceError, Parameter, Question
from accsm_kg.rdf.prologue import SuppliedQuery, supply
from accsm_kg.rdf.query_scanner import scan
from accsm_server.engine.interface import Query, select
from accsm_server.errors import BadRequest, NotFound
from accsm_server.http.headers import NEVER, filename
from accsm_server.http.negotiation import (
    DOCUMENTS,
    FORMAT_NAMES,
    GRAPHS,
    HTML,
    QUERY,
    RESULTS,
    SVG,
    Format,
    alternates,
    by_name,
)
from accsm_server.pages import answer_words, answers, openapi, render, results
from accsm_server.pages.addresses import describing, with_query
from accsm_server.pages.lists import Choice
from accsm_server.pages.parameters import FormatChoice, Origin, QueryParameters, ServedSite
from accsm_server.pages.queries import Site, construct, known
from accsm_server.pages.questions import address, bound, check_value, find, path_of, stored
from accsm_server.pages.results import Result

_VIEW = "view"
_MOST_COMBINATIONS = 60  # of values, whose answers a static copy has
_RELATED = 8  # other questions

router = openapi.create_router("pages")


@dataclass(frozen=True)
class _Asked:
    """A question with a value for each of its parameters.

    ``options`` are the labels of the values on the list of each parameter, ``given`` are the values
    in the URL, ``view`` is the view that it names, ``query`` the text with the values, and ``rows``
    are the formats of the answer.
    """

    question: Question
    values: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]]
    given: Mapping[str, str]
    view: str
    query: SuppliedQuery
    rows: Sequence[Format]

    @classmethod
    def of(
        cls,
        question: Question,
        given: QueryParams,
        options: Mapping[str, Mapping[str, str]],
        site: Site,
    ) -> Self:
        """Return ``question`` with the values that are ``given``, and defaults for the others.

        Raises BadRequest for a parameter that it does not have or that is given twice, and for a
        value that is too long, and NoChoiceError for one that is not on the list of its parameter.
        """
        others = {*FORMAT_NAMES, _VIEW} - options.keys()
        try:
            chosen = model.by_name(
                (name, value) for name, value in given.multi_items() if name not in others
            )
            text = model.bind(question, chosen)
            for name, value in chosen.items():
                check_value(name, value, options[name])
        except NoChoiceError:
            raise
        except ValueError as error:
            hint = f"Choose it at {site.root}{path_of(question)}"
            raise BadRequest("Invalid parameter", str(error), hint=hint) from None
        values = {parameter.name: parameter.default for parameter in question.parameters} | chosen
        query = supply(scan(text), site.served.supplied, site.base)
        rows = () if model.form(question) == "construct" else RESULTS
        view = given.get(_VIEW, "") if _VIEW in others else ""
        return cls(question, values, options, chosen, view, query, rows)

    @property
    def told(self) -> list[str]:
        """Return what the values are called."""
        return [
            results.choice(value, self.options[name].get(value, value))
            for name, value in self.given.items()
        ]

    @property
    def here(self) -> str:
        """Return the path with the values."""
        return address(self.question, self.given)


@router.get(
    "/questions/{name}",
    summary="A stored question: its answer as page, rows or picture, and its RDF",
    responses=openapi.offered(HTML, *RESULTS, SVG, QUERY, *DOCUMENTS) | openapi.REDIRECT,
)
async def question(
    site: ServedSite, name: str, query: QueryParameters, choice: FormatChoice, origin: Origin
) -> Response:
    """Return the answer for the values in the query string, or the question in RDF.

    The answer is a page, rows, or the picture of `view`; a suffix of the name is a format. That of
    a CONSTRUCT query has no rows.
    """
    try:
        found, suffix = await _named(site, name)
    except NotFound:
        iri = f"{site.base}{QUERIES}/{name}"
        if not await known(site, [iri]):
            raise
        wanted_format = urlencode({"format": choice.name}) if choice.name else ""
        return RedirectResponse(site.root + with_query(describing(iri), wanted_format), 303)
    options = await _options_of(site, found)
    try:
        asked = _Asked.of(found, query, options, site)
    except NoChoiceError as error:
        return await _refused(site, found, query, options, error, choice.choose((HTML, *RESULTS)))
    formats = (HTML, *asked.rows, *DOCUMENTS)
    format = suffix or choice.choose((*formats, SVG, QUERY))
    if format is HTML:
        return await _page(site, asked, origin)
    if format in (SVG, QUERY):
        return await _picture(site, asked) if format is SVG else _text(asked)
    links = alternates(site.root + asked.here, formats, typed=True)
    if format in DOCUMENTS:
        response = await _description(site, asked.question, format)
        response.headers["Link"] = links
        return response
    return answers.send(
        site, asked.query.text, format, links, asked.query.scanned.volatile, found.name
    )


async def _named(site: Site, name: str) -> tuple[Question, Format | None]:
    """Return the question ``name``, or that of the name before the suffix of a format."""
    try:
        return await find(site, name), None
    except NotFound:
        stem, dot, suffix = name.rpartition(".")
        format = by_name(suffix, (HTML, *RESULTS, SVG, QUERY, *DOCUMENTS)) if dot else None
        if format is None or format.name != suffix:
            raise
        found = await find(site, stem)
        if format in RESULTS and model.form(found) == "construct":
            raise
        return found, format


async def _description(site: Site, question: Question, format: Format) -> Response:
    text = site.queries.text("question", this=f"{site.base}{QUERIES}/{question.name}")
    body = await construct(site, text, format.name)
    headers = {**render.NEGOTIATED, "Content-Disposition": filename(question.name, format.name)}
    return Response(body, media_type=format.content_type, headers=headers)


def _text(asked: _Asked) -> Response:
    """Return the query with its values, and all that it needs to run elsewhere."""
    headers = {**render.NEGOTIATED, "Content-Disposition": filename(asked.question.name, "rq")}
    response = Response(asked.query.shown, media_type=QUERY.content_type, headers=headers)
    return _dated(response, asked)


async def _picture(site: Site, asked: _Asked) -> Response:
    """Return the picture of the answer as a file; raises NotAcceptable if it has none."""
    found = await results.load(site, bound(site, asked.question, asked.given))
    body = results.drawn(found, asked.view, wanted(asked.query.text), asked.question.summary)
    headers = {**render.NEGOTIATED, "Content-Disposition": filename(asked.question.name, SVG.name)}
    return _dated(Response(body, media_type=SVG.content_type, headers=headers), asked)


async def _page(site: Site, asked: _Asked, origin: str) -> Response:
    question = asked.question
    found = await results.load(site, bound(site, question, asked.given))
    view = results.chosen(found, asked.view, wanted(asked.query.text))
    pictures = [SVG] if any(one.is_picture for one in found.views) else []
    response = render.view(
        site,
        "question.html",
        asked.here,
        question.summary,
        (),
        with_query(f"{site.base}{QUERIES}/{question.name}", urlencode(asked.given)),
        **_common(site, question, asked.options, asked.values),
        **_answered(site, asked, found, view),
        others=await related(site, question),
        link=site.root + asked.here,
        offers=(*asked.rows, *pictures, *DOCUMENTS),
        command=_command(question, asked.given),
        curl=_curl(origin, asked),
    )
    offered = (HTML, *asked.rows, *pictures, *DOCUMENTS)
    response.headers["Link"] = alternates(site.root + asked.here, offered, typed=True)
    return _dated(response, asked)


def _answered(site: Site, asked: _Asked, found: Result, view: View) -> dict[str, object]:
    """Return what a page shows of an answer and of its query."""
    question = asked.question
    shown = results.shown(
        found,
        view,
        asked.view,
        lambda **more: _at(site, asked, more),
        site.offered(asked.rows or GRAPHS),
        title=question.summary,
        marks=[*asked.values.values()],
    )
    if site.is_static and asked.given:  # other views are there for the default values
        shown["views"] = ()
    return {
        "sentence": answer_words.sentence(
            question.summary,
            found.answer,
            asked.told,
            found.labels.texts if found.labels else None,
        ),
        "text": asked.query.shown,
        "form": f"{site.root}/sparql?{urlencode({'query': asked.query.shown})}",
        "description": site.offered(DOCUMENTS),
        "shown": shown,
    }


def _at(site: Site, asked: _Asked, more: Mapping[str, str]) -> str:
    """Return the address of the answer; the files of a graph are at the endpoint."""
    if "format" in more and "view" not in more and not asked.rows:
        return f"{site.root}/sparql?{urlencode({'query': asked.query.shown, **more})}"
    return site.root + address(asked.question, asked.given, **more)


def _common(
    site: Site,
    question: Question,
    options: Mapping[str, Mapping[str, str]],
    values: Mapping[str, str],
) -> dict[str, object]:
    """Return what a page shows with and without an answer."""
    return {
        "question": question,
        "choices": [
            (
                p,
                values[p.name],
                {one: results.choice(one, label) for one, label in options[p.name].items()},
            )
            for p in question.parameters
        ],
        "others_of": _others(site, question, options, values) if site.is_static else (),
        "problem": "",
        "nearest": (),
    }


def _others(
    site: Site,
    question: Question,
    options: Mapping[str, Mapping[str, str]],
    values: Mapping[str, str],
) -> list[tuple[Parameter, list[Choice]]]:
    """Return links to the answers for all other values of each parameter, with the rest the same.

    There are none if the parameters have too many combinations, or one may be any text.
    """
    if not 0 < prod(len(one) for one in options.values()) <= _MOST_COMBINATIONS:
        return []

    def href(chosen: Mapping[str, str]) -> str:
        is_usual = all(chosen[one.name] == one.default for one in question.parameters)
        return site.root + address(question, {} if is_usual else chosen)

    return [
        (
            one,
            [
                Choice(
                    results.choice(value, label),
                    href({**values, one.name: value}),
                    chosen=value == values[one.name],
                )
                for value, label in options[one.name].items()
            ],
        )
        for one in question.parameters
    ]


def _command(question: Question, given: Mapping[str, str]) -> str:
    values = (f"{name}={value}" for name, value in given.items())
    return shlex.join(["accsm-kg", "query", question.name, *values])


def _curl(origin: str, asked: _Asked) -> str:
    """Return a command that gets the rows, or else the question in RDF."""
    kind = "text/csv" if asked.rows else "text/turtle"
    return shlex.join(["curl", "-H", f"Accept: {kind}", origin + asked.here])


def _dated(response: Response, asked: _Asked) -> Response:
    """Return a response that is not kept if the answer may change."""
    if asked.query.scanned.volatile:
        response.headers["Cache-Control"] = NEVER
    return response


async def related(site: Site, question: Question) -> list[Question]:
    """Return the questions that share the most tags."""
    shared = {
        other.name: len({*other.tags} & {*question.tags})
        for other in await stored(site)
        if other.name != question.name
    }
    found = sorted(await stored(site), key=lambda other: -shared.get(other.name, 0))
    return [other for other in found if shared.get(other.name)][:_RELATED]


async def _refused(
    site: Site,
    question: Question,
    given: QueryParams,
    options: Mapping[str, Mapping[str, str]],
    error: NoChoiceError,
    format: Format,
) -> Response:
    """Return the form with links to the nearest values of the one that is not on its list.

    Raises BadRequest for other formats than HTML.
    """
    if format is not HTML:
        hint = f"Choose it at {site.root}{path_of(question)}"
        raise BadRequest("Invalid parameter", str(error), hint=hint)
    others = {name: value for name, value in given.items() if value in options.get(name, {})}
    defaults = {parameter.name: parameter.default for parameter in question.parameters}
    values = defaults | others | {error.parameter: next(iter(error.suggestions), "")}
    labels = options[error.parameter]
    response = render.page(
        site,
        "question.html",
        400,
        here=path_of(question),
        **_common(site, question, options, values)
        | {
            "problem": f"{str(error).partition(';')[0]}.",
            "nearest": [
                Choice(
                    results.choice(near, labels[near]),
                    site.root + address(question, {**others, error.parameter: near}),
                )
                for near in error.suggestions
            ],
        },
        title=question.summary,
        shown=None,
        others=await related(site, question),
    )
    response.headers["Cache-Control"] = NEVER
    return response


async def _options_of(site: Site, question: Question) -> dict[str, dict[str, str]]:
    """Return the labels of the options of each parameter by value; empty for any text."""
    return {one.name: await options(site, one) for one in question.parameters}


async def options(site: Site, parameter: Parameter) -> dict[str, str]:
    """Return the labels of the options of a parameter by value; empty for any text."""
    if not parameter.options:
        return {}
    query = Query(parameter.options, "json", internal=True)
    return model.labels((await select(site.engine, query)).rows)
