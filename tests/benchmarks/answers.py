"""Compare the answers of two servers to the same queries."""

from collections import Counter

from pyoxigraph import QueryBoolean, QueryResultsFormat, RdfFormat, parse, parse_query_results

from .mix import RESULTS, Template
from .running import Running

_ASKED = 10  # instances of each template


def differences(template: Template, server: Running, reference: Running) -> str:
    """Return the first difference between the answers of two servers, "" when there is none."""
    there = template.paths(server.peer.endpoint)[:_ASKED]
    here = template.paths(reference.peer.endpoint)[:_ASKED]
    for path, ours in zip(there, here, strict=True):
        wanted = _answer(reference, ours, template.accept)
        try:
            found = _answer(server, path, template.accept)
        except (OSError, SyntaxError, ValueError) as error:
            return f"no readable answer: {error}"
        if found != wanted:
            return f"{_size(found)} instead of {_size(wanted)}"
    return ""


def _answer(server: Running, path: str, accept: str) -> object:
    """Return the content of an answer, in which the order of rows or triples does not count."""
    media, body = server.get(path, accept)
    return _results(body) if accept == RESULTS else _graph(media, body)


def _results(body: bytes) -> object:
    found = parse_query_results(body, format=QueryResultsFormat.JSON)
    if isinstance(found, QueryBoolean):
        return bool(found)
    names = [variable.value for variable in found.variables]
    order = sorted(range(len(names)), key=names.__getitem__)
    return Counter(tuple((names[i], str(row[i])) for i in order) for row in found)


def _graph(media: str, body: bytes) -> object:
    form = RdfFormat.from_media_type(media)
    if form is None:
        raise ValueError(f"{media} is not an RDF format")
    return frozenset(str(quad.triple) for quad in parse(body, format=form))


def _size(answer: object) -> str:
    if isinstance(answer, Counter):
        return f"{answer.total()} rows"
    return f"{len(answer)} triples" if isinstance(answer, frozenset) else str(answer)
