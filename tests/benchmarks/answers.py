"""Compare the answers of two servers to the same queries."""

from collections import Counter

from pyoxigraph import QueryBoolean, QueryResultsFormat, RdfFormat, parse, parse_query_results

from .mix import RESULTS, Template
from .running import Running

_INSTANCES = 10  # of each template


def differences(template: Template, server: Running, reference: Running) -> str:
    """Return the first difference between the answers of two servers, "" if there is none."""
    paths = template.paths(server.peer.endpoint)[:_INSTANCES]
    reference_paths = template.paths(reference.peer.endpoint)[:_INSTANCES]
    for path, reference_path in zip(paths, reference_paths, strict=True):
        expected = _answer(reference, reference_path, template.accept)
        try:
            found = _answer(server, path, template.accept)
        except (OSError, SyntaxError, ValueError) as error:
            return f"no readable answer: {error}"
        if found != expected:
            return f"{_size(found)} instead of {_size(expected)}"
    return ""


def _answer(server: Running, path: str, accept: str) -> object:
    """Return the content of an answer, independent of the order of rows or triples."""
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
    format = RdfFormat.from_media_type(media)
    if format is None:
        raise ValueError(f"{media} is not an RDF format")
    return frozenset(str(quad.triple) for quad in parse(body, format=format))


def _size(answer: object) -> str:
    if isinstance(answer, Counter):
        return f"{answer.total()} rows"
    return f"{len(answer)} triples" if isinstance(answer, frozenset) else str(answer)
