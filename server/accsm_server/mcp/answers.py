"""Answers: to the stored questions, and to queries, which are guarded before they run."""

from asyncio import to_thread
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from difflib import get_close_matches

from pyoxigraph import NamedNode

from accsm_kg.errors import AccsmError, UnknownNameError
from accsm_kg.lookups import Ask, Lookup, Rows, grouped
from accsm_kg.namespaces import facts
from accsm_kg.questions import model
from accsm_kg.questions.model import Question
from accsm_kg.rdf import hints
from accsm_kg.rdf.prologue import SuppliedQuery, supply
from accsm_kg.rdf.query_scanner import SHORT, scan
from accsm_kg.rdf.terms import Term
from accsm_server.engine.interface import Query, Table, fetch, table
from accsm_server.errors import QueryError, QuerySyntaxError
from accsm_server.mcp.passages import QUERIES, quoted
from accsm_server.mcp.text import Line, answer, cell, row
from accsm_server.pages.queries import Site, look_up
from accsm_server.pages.question import options
from accsm_server.pages.questions import bound, check_value, stored
from accsm_server.pages.terms import short_name
from accsm_server.sparql.hints import Hints
from accsm_server.sparql.protocol import MAX_BODY
from accsm_server.sparql.syntax import Syntax

#: The most rows that one call of `query` shows.
MOST_ROWS = 200
_MOST = 10_000  # rows or lines that can be reached with `start`
_MOST_BYTES = 8 << 20
_NEAREST = 3  # names that are offered in place of an unknown one
_MOST_COUNTED = 20  # names of a query whose statements are counted
_EXAMPLE = "list_questions and ask show queries that are right."


async def list_questions(site: Site, words: str, start: int) -> str:
    """Return the stored questions, or those with all of some words."""
    found = [one for one in await stored(site) if _has(one, words)]
    lines = [Line(row([one.name, one.summary, _parameters(one)])) for one in found]
    head = ["name | question | parameters with their defaults"] if lines else [
        "No stored question has these words; give fewer of them, or none to list all."
    ]  # fmt: skip
    return answer(head, lines, start, "question")


async def all_questions(site: Site) -> str:
    """Return the stored questions with their descriptions, as one text."""
    lines = [
        row([one.name, one.summary, _parameters(one), one.description, ", ".join(one.tags)])
        for one in await stored(site)
    ]
    return "\n".join(["name | question | parameters | description | tags", *lines])


async def ask(site: Site, name: str, parameters: Mapping[str, str], start: int) -> str:
    """Return the answer to a stored question with values of its parameters.

    Raises UnknownNameError for what the question does not have or take.
    """
    question = await _question(site, name)
    await _check(site, question, parameters)
    query, names = bound(site, question, parameters), scan(question.text).iris
    values = {one.name: one.default for one in question.parameters} | {**parameters}
    head = [question.summary, *(f"{name} = {value}" for name, value in values.items())]
    shown, lines, total = await _run(site, replace(query, limit=_MOST))
    if not shown:
        head.append("0 rows: the record has nothing for these values.")
    lines = await _quoted(site, shown, lines, slice(start, start + MOST_ROWS), names)
    return answer([*head, *shown], lines, start, most=MOST_ROWS, total=total)


async def query(site: Site, text: str, limit: int, start: int, *, has_passages: bool) -> str:
    """Return the answer to a query of at most ``limit`` rows, or lines of a graph, from ``start``.

    A name that does not exist is refused. If nothing is found it is said how often each name of
    the query occurs. Raises AccsmError, QueryError and Forbidden.
    """
    if len(text) > MAX_BODY:
        raise AccsmError(f"the query is too long; write at most {MAX_BODY} characters")
    scanned = scan(text) if len(text) < SHORT else await to_thread(scan, text)
    syntax, known = Syntax(site.served, _EXAMPLE), await site.load(_hints)
    syntax.check_allowed(text, scanned)
    supplied = supply(scanned, site.served.supplied, site.base)
    if unknown := await known.unknown(supplied, _NEAREST):
        raise UnknownNameError(" ".join([*unknown, "The tool vocabulary lists the terms."]))
    is_graph = scanned.form in ("CONSTRUCT", "DESCRIBE")
    asked = Query(
        supplied.text,
        "ttl" if is_graph else "json",
        prefixes=site.prefixes if is_graph else {},
        limit=_MOST if is_graph else min(start + limit, _MOST),
        service=scanned.service,
    )
    try:
        shown, lines, total = await _run(site, asked)
    except QuerySyntaxError as error:
        found = await syntax.explain(error, supplied)
        raise AccsmError(" ".join(filter(None, (found.detail, found.hint)))) from None
    told = await _told(site, known, asked, supplied, is_empty=_is_empty(shown, lines))
    if has_passages:
        part = slice(start, start + limit)
        lines = await _quoted(site, shown, lines, part, supplied.iris)
    return answer([*told, *shown], lines, start, most=limit, total=total)


def _is_empty(shown: Sequence[str], lines: Sequence[Line]) -> bool:
    """Return whether an answer has no rows, is false, or is one row with 0 or without a value."""
    first = lines[0].text if lines else ""
    return [*shown] == ["no"] or not shown or (len(lines) == 1 and set(first) <= set("0 |"))


async def _quoted(
    site: Site, shown: Sequence[str], lines: Sequence[Line], part: slice, names: Collection[str]
) -> list[Line]:
    """Return the lines, those in ``part`` with passages, unless columns tell of them."""
    columns = {name for head in shown for name in head.split(" | ")}
    if {"source", "line"} <= columns:
        return [*lines]
    found = [*lines]
    found[part] = await quoted(site, found[part], names)
    return found


async def _hints(site: Site) -> Hints:
    return Hints(site.engine, facts(site.served.supplied, site.base))


async def _told(
    site: Site, known: Hints, asked: Query, supplied: SuppliedQuery, *, is_empty: bool
) -> list[str]:
    """Return what a reader of an answer must know: hints, and that nothing was found."""
    found, _ = await known.find(asked, supplied, thorough=is_empty)
    told = [f"Hint: {hint}" for hint in found if hint not in hints.supplied(supplied)]
    if not is_empty:
        return told
    names = sorted(supplied.iris)[:_MOST_COUNTED]
    with suppress(QueryError):  # of a large dataset it may take too long
        uses = (await look_up(site, _uses(names)))[0] if names else []
        told += _counts(names, uses, site)
    return ["Nothing in the record matches.", *told]


def _uses(names: Sequence[str]) -> Lookup[Rows]:
    return (yield Ask(QUERIES / "uses.rq", tuple(names)))


def _counts(names: Sequence[str], uses: Rows, site: Site) -> Iterator[str]:
    """Yield how often each name occurs, and as what."""
    by_name = grouped(uses, "name")
    for name in names:
        roles = [f"{one['count']} as {one['role']}" for one in by_name.get(name, [])]
        occurs = f"occurs {', '.join(roles)}" if roles else "does not occur"
        yield f"{short_name(name, site)} {occurs}"


async def _run(site: Site, asked: Query) -> tuple[list[str], list[Line], str]:
    """Return the head of an answer, its lines, and how many there are if these are not all."""
    body, is_cut = await fetch(site.engine, asked, _MOST_BYTES)
    if asked.format == "ttl":
        text = body.decode()
        told = (line for line in text.split("\n") if line.strip())
        lines = [Line(line) for line in told if not line.startswith("@prefix")]
        shown = ["Turtle, with the prefixes of the dataset:"] if lines else []
    else:
        shown, lines = await to_thread(_lines, body, site)
    return shown, lines, f"more than {len(lines)}" if is_cut else ""


def _lines(body: bytes, site: Site) -> tuple[list[str], list[Line]]:
    """Return the head and the lines of results in JSON.

    The rows of the engine may not leave the thread.
    """
    found = table(body)
    if not isinstance(found, Table):
        return ["yes" if found else "no"], []
    lines = [
        Line(row([cell(term, lambda iri: short_name(iri, site)) for term in one]), (), _things(one))
        for one in found.rows
    ]
    return [row(found.variables)] if lines else [], lines


def _things(terms: Iterable[Term | None]) -> list[str]:
    return [term.value for term in terms if isinstance(term, NamedNode)]


async def _question(site: Site, name: str) -> Question:
    questions = {one.name: one for one in await stored(site)}
    if name in questions:
        return questions[name]
    near = get_close_matches(name[:200], questions, n=_NEAREST, cutoff=0.3)
    offers = f"similar: {', '.join(near)}" if near else "list_questions lists them"
    raise UnknownNameError(f"there is no stored question '{name[:200]}'; {offers}")


async def _check(site: Site, question: Question, values: Mapping[str, str]) -> None:
    """Raise UnknownNameError for a parameter or value that a question does not take."""
    try:
        model.bind(question, values)
        for one in question.parameters:
            if one.name in values:
                check_value(one.name, values[one.name], await options(site, one))
    except ValueError as error:
        raise UnknownNameError(str(error)) from None


def _has(question: Question, words: str) -> bool:
    said = (question.name, question.summary, question.description, *question.tags)
    text = " ".join(said).casefold()
    return all(word in text for word in words[:1000].casefold().split())


def _parameters(question: Question) -> str:
    return ", ".join(f"{one.name}={one.default}" for one in question.parameters)
