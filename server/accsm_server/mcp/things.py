"""Things: found by words, and described with the passages of sources behind each statement."""

import asyncio
from asyncio import to_thread
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from pyoxigraph import NamedNode

from accsm_kg.english import counted
from accsm_kg.errors import UnknownNameError
from accsm_kg.rdf.terms import TYPE, Term, expand, iris, is_iri, local_name, natural
from accsm_kg.search.index import unmarked
from accsm_kg.search.render import COLUMNS, as_rows, source
from accsm_kg.trace.index import UnknownKeyError
from accsm_server.engine.interface import Table
from accsm_server.mcp.passages import quoted, source_name
from accsm_server.mcp.text import Line, answer, cell, passage, row
from accsm_server.pages import search as searching
from accsm_server.pages import trace as tracing
from accsm_server.pages.nodes import Statements
from accsm_server.pages.queries import Site, first_of, known, rows, subjects_by_property
from accsm_server.pages.statements import Evidence, read_evidence, read_statements
from accsm_server.pages.terms import Labels, iri_of, load_labels, short_name, text_of

_LONGEST = 1000  # characters of a name or of words
_MOST_NAMED = 10  # things that refer to one by one property
_MOST_LINES = 200  # that fit into an answer
_FIRST_ISSUE_FACTS = ("description", "resolvedAs", "confidence")


async def search(site: Site, words: str, limit: int, start: int) -> str:
    """Return the things that are found for words, the best first."""
    index, _ = await site.load(searching.load_index)
    found = await to_thread(index.search, words[:_LONGEST])
    hits = await to_thread(index.hits, found, start, start + limit)
    things = as_rows(hits, lambda iri: short_name(iri, site), site.base)
    shown = [name for name in COLUMNS if name != "iri"]
    lines = [
        Line(row([*(thing[name] for name in shown), "yes" if hit.trace else ""]))
        for thing, hit in zip(things, hits, strict=True)
    ]
    count = len(found.ids)
    head = [
        f"{counted(count, 'thing')} found. {unmarked(found.note)}",
        row([*shown, "can be traced"]) if lines else "",
    ]
    total = str(count) if start + limit < count else ""
    before = [Line("")] * min(start, count)
    return answer(head, [*before, *lines], start, "thing", total=total)


async def describe(site: Site, thing: str, start: int) -> str:
    """Return the statements about a thing, the issues of the curator, and what refers to it."""
    iri = await find(site, thing)
    await site.prepare()
    said, evidence, issues = await asyncio.gather(
        *(rows(site, name, this=iri) for name in ("statements", "evidence", "issues"))
    )
    statements = read_statements(said)
    referrers = await _referrers(site, iri)
    terms = [
        *_terms(statements),
        *chain.from_iterable(evidence.rows),
        *chain.from_iterable(issues.rows),
    ]
    labels = await load_labels(site, terms, iri)
    lines = [
        *_stated(iri, statements, evidence, labels),
        *_issues(issues, labels),
        *_referring(referrers, labels),
    ]
    part = slice(start, start + _MOST_LINES)
    lines[part] = await quoted(site, lines[part])
    label = labels.texts.get(iri, "")
    types = ", ".join(sorted(cell(term, _namer(site)) for term in statements.get(TYPE, ())))
    head = [
        " ".join(filter(None, (short_name(iri, site), f"“{label}”" if label else ""))),
        f"class: {types}" if types else "",
        f"in full: <{iri}>",
        "property | value | where it is said (inferred: computed from other statements) [passages]",
    ]
    return answer(head, lines, start, "line")


async def find(site: Site, thing: str) -> str:
    """Return the IRI of what ``thing`` names: an IRI, a short name, a code or a name.

    Raises UnknownNameError, also if it names several things.
    """
    text = thing.strip()[:_LONGEST]
    if not text:
        raise UnknownNameError("name a thing, such as country:KHM, a code or a number")
    for iri in _written(site, text):
        if is_iri(iri) and await known(site, [iri]):
            return iri
    try:
        return (await site.load(tracing.load_index)).find(text).resource
    except UnknownKeyError as error:
        return await _named(site, text, error)


def _written(site: Site, text: str) -> Iterator[str]:
    """Yield the IRIs for which a text can stand: as a name of a query, or relative to the base."""
    plain = text.removeprefix("<").removesuffix(">")
    yield expand(plain, site.served.supplied)
    yield site.base + plain
    yield f"{site.base}id/{plain}"


async def _named(site: Site, text: str, error: UnknownKeyError) -> str:
    """Return the one thing that has this name or code; raises UnknownNameError with others."""
    index, _ = await site.load(searching.load_index)
    found = await to_thread(index.search, text, exactly=True)
    hits = await to_thread(index.hits, found, 0, len(found.exact))
    if len(hits) == 1:
        return hits[0].iri
    near = hits or await to_thread(index.nearest, text)
    offers = dict.fromkeys(
        [
            *(f"{short_name(hit.iri, site)} ({hit.kind} {unmarked(hit.label)})" for hit in near),
            *(f"{short_name(one.resource, site)} ({one.kind} {one.label})" for one in error.near),
        ]
    )
    what = "names several things; use one of" if hits else "names nothing here; perhaps"
    end = f": {'; '.join([*offers][:_MOST_NAMED])}" if offers else ""
    raise UnknownNameError(f"'{text[:200]}' {what}{end or ': search for words instead'}")


def evidence_of(piece: Evidence, site: Site) -> str:
    """Return a passage of a source: the source, line, locator and words."""
    lines = piece.line if piece.last in ("", piece.line) else f"{piece.line}-{piece.last}"
    return passage(source_name(site, piece.source.iri), lines, piece.locator, piece.words)


def _terms(statements: Statements) -> Iterator[Term]:
    for predicate, values in statements.items():
        yield NamedNode(predicate)
        yield from values


def _namer(site: Site) -> Callable[[str], str]:
    return lambda iri: short_name(iri, site)


def _stated(this: str, statements: Statements, table: Table, labels: Labels) -> Iterator[Line]:
    """Yield a line for each statement, in the order of the pages, with the passages behind it.

    What pages show in another way, such as issues, is left out, unless a passage is about it.
    """
    site, evidence = labels.site, read_evidence(table, labels)
    profile = site.profile.resource

    def order(predicate: str) -> tuple[int, bool, str]:
        place = profile.first.index(predicate) if predicate in profile.first else 1000
        return place, bool(profile.last.fullmatch(predicate)), short_name(predicate, site)

    for predicate in sorted(statements, key=order):
        is_hidden = profile.hidden.fullmatch(predicate) and predicate not in evidence.by_property
        if is_hidden or profile.records.fullmatch(predicate):
            continue
        values = statements[predicate]
        shown = {term: _value(term, labels) for term in values}
        for term in sorted(values, key=lambda term: natural(shown[term])):
            pieces = evidence.by_value.get(term) or evidence.by_property.get(predicate, [])
            graphs = ", ".join(sorted(source(graph, site.base) for graph in values[term]))
            line = row([short_name(predicate, site), shown[term], graphs])
            passages = [evidence_of(piece, site) for piece in pieces]
            yield Line(line, passages, [] if passages else [this, *iris([term])])


def _value(term: Term, labels: Labels) -> str:
    """Return a value as it can be pasted into a query, with its label if it is a thing."""
    name = cell(term, _namer(labels.site))
    label = labels.texts.get(iri_of(term), "")
    return f"{name} “{label}”" if label else name


def _issues(table: Table, labels: Labels) -> Iterator[Line]:
    """Yield a line for each issue of the curator: what is doubtful, and how it was read."""
    facts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for issue, predicate, value in (tuple(one) for one in table.rows):
        facts[iri_of(issue)][local_name(iri_of(predicate))].append(
            labels.texts.get(iri_of(value)) or text_of(value)
        )
    for iri, found in facts.items():
        words = [" ".join(found.get(name, ())) for name in _FIRST_ISSUE_FACTS]
        reading = f"read as: {words[1]}" if words[1] else ""
        confidence = f"confidence: {words[2]}" if words[2] else ""
        said = "; ".join(filter(None, (words[0], reading, confidence)))
        yield Line(row(["curator's issue", f"{short_name(iri, labels.site)} {said}", "curation"]))


async def _referrers(site: Site, iri: str) -> Mapping[str, Sequence[str]]:
    """Return the things that refer to one, by property, as terms of TSV; none of a source."""
    if iri in site.contents.reliability:
        return {}
    return await subjects_by_property(site, site.queries.text("referrers", this=iri))


def _referring(referrers: Mapping[str, Sequence[str]], labels: Labels) -> Iterator[Line]:
    """Yield a line for each property by which things refer to one."""
    site = labels.site
    for predicate in sorted(referrers):
        subjects = first_of(referrers[predicate])[:_MOST_NAMED]
        names = ", ".join(cell(term, _namer(site)) for term in subjects)
        more = len(referrers[predicate]) - len(subjects)
        rest = f" and {more} more" if more else ""
        yield Line(row([f"^{short_name(predicate, site)} (refers to it)", names + rest, ""]))
