"""What must be known of an engine before it is asked: its dialect, graphs, base and oddities."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from pyoxigraph import (
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    Store,
    Triple,
    parse_query_results,
)

from accsm_kg.rdf import dataset
from accsm_kg.rdf.terms import value_of
from accsm_server.engine.remote.conversion import triples
from accsm_server.engine.remote.dialects import Dialect, recognise
from accsm_server.engine.remote.exchange import GRAPH, RESULTS, Exchange, Parameters, Received
from accsm_server.errors import AnswerCut

#: Graphs beyond which requests would be longer than engines read.
MOST_GRAPHS = 1000
_ROWS = 12_000  # asked for to see whether answers are cut, as some engines do at 10,000
_NO_GRAPH = "urn:x-no-graph:"
_QUERIES = Path(__file__).parent / "queries"
_DATE = "http://purl.org/dc/terms/modified"


@dataclass(frozen=True)
class Probe:
    """What an engine said of its dataset and of itself."""

    dialect: Dialect
    graphs: Mapping[str, int]
    """The number of triples of each graph of the dataset, without the merged one."""
    merged: str
    """The graph that is the default graph; empty if it is the engine's own."""
    merged_size: int
    base: str
    prefixes: Mapping[str, str]
    modified: int
    """When the dataset says that it was modified, else when it was probed, as a Unix time."""
    version: str
    size: int
    cut: int
    """Triples at which it cuts a graph without a word; 0: it does not."""
    remarks: tuple[str, ...]


async def counts(exchange: Exchange, merged: str) -> tuple[Dialect, dict[str, int], int]:
    """Return the dialect, the number of triples by graph, and that of the graph ``merged``."""
    received = await exchange.ask(_text("graphs"), RESULTS)
    dialect = recognise(received.headers)
    found = {
        value_of(graph): int(value_of(count))
        for graph, count in _rows(received)
        if isinstance(graph, NamedNode) and not graph.value.startswith(dialect.own_graphs or " ")
    }
    return dialect, found, found.pop(merged, 0)


def version(graphs: Mapping[str, int], merged: int, described: set[Triple]) -> str:
    """Return a fingerprint of what an engine says of its dataset."""
    said = [sorted(graphs.items()), merged, sorted(map(str, described))]
    return sha256(json.dumps(said).encode()).hexdigest()


async def probe(exchange: Exchange, default_base: str, merged: str) -> Probe:
    """Return what an engine says; raises QueryError, or ValueError for what cannot be served.

    ``merged`` is the graph that holds the merge of the data graphs, relative to the base; the base
    is ``default_base`` unless the dataset states another.
    """
    described = set(triples(await exchange.ask(_text("described"), GRAPH)))
    store = Store()
    store.extend(dataset.place(described, NamedNode("urn:x-described:")))
    base = dataset.base_iri(store, default_base)
    name = merged if ":" in merged else base + merged
    dialect, graphs, size = await counts(exchange, name)
    if not graphs:
        raise ValueError(f"{exchange.url}: the engine has no named graphs; load the dataset there")
    if len(graphs) > MOST_GRAPHS:
        raise ValueError(
            f"{exchange.url}: {len(graphs)} named graphs; at most {MOST_GRAPHS} can be served"
        )
    merged = name if size else ""
    cut, oddities = await asyncio.gather(
        _cut(exchange, dialect, merged or max(graphs, key=lambda graph: graphs[graph])),
        _oddities(exchange, merged),
    )
    return Probe(
        dialect,
        graphs,
        merged,
        size,
        base,
        dataset.prefixes(store),
        _modified(described),
        version(graphs, size, described),
        sum(graphs.values()),
        cut,
        (
            f"Queries are answered by {dialect.name} elsewhere, not by the engine of this server.",
            f"Its default graph is <{merged}>."
            if merged
            else f"It has no graph <{name}>: the default graph is the engine's own, whatever it "
            "holds.",
            *oddities,
            *((f"It cuts answers at {cut} rows or triples: longer ones are refused.",) * (cut > 0)),
            *dialect.remarks,
        ),
    )


async def _cut(exchange: Exchange, dialect: Dialect, graph: str) -> int:
    """Return the number of triples at which long graphs end, 0 if they do not."""
    count = f"SELECT (COUNT(?s) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}"
    text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }} LIMIT {_ROWS}"
    has = int(value_of(_rows(await exchange.ask(count, RESULTS))[0][0]))
    try:
        found = sum(1 for _ in triples(await exchange.ask(text, GRAPH)))
    except AnswerCut:
        return dialect.cut_graphs
    return (
        min(found, dialect.cut_graphs or found)
        if found < min(has, _ROWS)
        else (dialect.cut_graphs if has < _ROWS else 0)
    )


async def _oddities(exchange: Exchange, merged: str) -> list[str]:
    """Return in sentences what an engine does with two questions whose answers are certain."""
    ask = json.loads((await exchange.ask("ASK {}", RESULTS)).file.read())
    found = [] if "boolean" in ask else ["It answers ASK with a table, which is translated."]
    parameters = dataset_parameters([merged or _NO_GRAPH], [_NO_GRAPH])
    text = f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{_NO_GRAPH}> {{ ?s ?p ?o }} }}"
    if value_of(_rows(await exchange.ask(text, RESULTS, parameters))[0][0]) != "0":
        found.append("A graph that does not exist has one row there, without values.")
    return found


def dataset_parameters(default: Iterable[str], named: Iterable[str]) -> Parameters:
    """Return the parameters of the protocol that choose a dataset; without graphs it is empty."""
    return [
        *(("default-graph-uri", graph) for graph in list(default) or [_NO_GRAPH]),
        *(("named-graph-uri", graph) for graph in list(named) or [_NO_GRAPH]),
    ]


def _rows(received: Received) -> list[tuple[object, ...]]:
    results = parse_query_results(received.file.read(), format=QueryResultsFormat.JSON)
    assert isinstance(results, QuerySolutions)
    return [tuple(row) for row in results]


def _modified(described: set[Triple]) -> int:
    days = [
        value.value[:10]
        for _, predicate, value in described
        if predicate.value == _DATE and isinstance(value, Literal)
    ]
    try:
        day = date.fromisoformat(max(days, default=""))
    except ValueError:
        return int(time.time())
    return (day - date(1970, 1, 1)).days * 86_400


def _text(name: str) -> str:
    return (_QUERIES / f"{name}.rq").read_text(encoding="utf-8")
