"""Validate a dataset against its own shapes.

The shapes are W3C SHACL with SPARQL constraints, run by pySHACL, in a named graph of the dataset;
all other graphs but the stored queries are validated. A violation fails the dataset, and so does a
warning unless the baseline, shapes/baseline.csv, expects it for that resource with a reason. An
expected warning that no longer occurs is a new warning if the dataset has its rule. Infos never
fail it; any other severity counts as a violation.

Shapes about named graphs are deactivated for other SHACL processors, which see one graph; they are
activated here by their dcterms:requires sd:Dataset.
"""

import gc
import os
import re
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from signal import SIG_DFL, SIGINT, signal

import pyoxigraph as ox
from pyshacl import errors
from pyshacl import validate as shacl
from rdflib import BNode, Graph, URIRef
from rdflib.namespace import DCTERMS, RDF, RDFS, SH, SKOS
from rdflib.term import Node

from accsm_kg import resources
from accsm_kg.build import sheets
from accsm_kg.namespaces import BASE, QUERIES, SHAPES, remint, term
from accsm_kg.quality.report import write
from accsm_kg.quality.results import FORMATS, SEVERITIES, Result, render, short
from accsm_kg.quality.shacl_store import ShaclStore, triples
from accsm_kg.rdf import dataset
from accsm_kg.rdf.dataset import Conventions, Progress
from accsm_kg.terminal import check_format

_BASELINE = ("rule", "focus", "reason")
_SHACL_ERRORS = (
    errors.ConstraintLoadError, errors.ReportableRuntimeError, errors.RuleLoadError,
    errors.ShapeLoadError, errors.ValidationFailure,
)  # fmt: skip
_RULE = re.compile(r"R-[A-Z]+-[0-9]+")
_LARGE = 10_000  # triples from which forks pay
_MOST_PROCESSES = 4  # each has its own copy of the Python objects that it touches
_RDF_DATASET = URIRef(term("sd:Dataset").value)


def run(
    path: Path,
    fmt: str = "text",
    baseline: Path | None = None,
    report: Path | None = None,
    relative: str = "",
    progress: Progress = lambda what, share, lines: None,
) -> tuple[str, int]:
    """Validate a dataset; return the results in one of `FORMATS`, and 0 if it passes, else 1.

    ``baseline`` is a CSV file with the columns rule, focus and reason, by default that of the
    project. ``report`` is a folder for the data quality report. Relative IRIs in the dataset are
    resolved against ``relative``. Raises ValueError for an unknown format or a dataset without
    shapes, and OSError for a file that cannot be opened.
    """
    check_format(fmt, FORMATS)
    data, shapes, base = load(path, relative, progress)
    results = judged(data, shapes, base, baseline, progress)
    if report:
        write(path, results, report, relative)
    return render(results, fmt, base), int(any(result.fails for result in results))


def judged(
    store: ox.Store,
    shapes: Graph,
    base: str = BASE,
    baseline: Path | None = None,
    progress: Progress = lambda what, share, lines: None,
) -> list[Result]:
    """Return the results of `check`, with the reasons of those that the baseline expects."""
    rules = {_rule(shape) for shape in shapes.subjects()}
    rows = read_baseline(baseline or resources.root() / "shapes" / "baseline.csv", base)
    expected = {key: reason for key, reason in rows.items() if key[0] in rules}
    return apply_baseline(check(store, shapes, base, progress), expected, base)


def load(
    path: Path, relative: str = "", progress: Progress | None = None
) -> tuple[ox.Store, Graph, str]:
    """Return a built dataset as a store to validate, its shapes, and its base IRI.

    Raises ValueError for a file that is not RDF or has no shapes, OSError for a missing file.
    """
    return split(dataset.collect(path, relative, progress), str(path), progress)


def split(
    store: ox.Store, name: str = "the dataset", progress: Progress | None = None
) -> tuple[ox.Store, Graph, str]:
    """Remove the shapes and stored queries from ``store``; return it, the shapes and its base IRI.

    Its default graph becomes the merge of its other graphs. Raises ValueError with the ``name`` of
    a dataset without shapes.
    """
    base = dataset.base_iri(store, BASE)
    shapes = Graph()
    shapes += triples(store, ox.NamedNode(base + SHAPES))
    for graph in (SHAPES, QUERIES):
        store.remove_graph(ox.NamedNode(base + graph))
    if not len(shapes):
        raise ValueError(
            f"{name} has no shapes in <{base}{SHAPES}>; name a dataset made by `accsm-kg build`"
        )
    dataset.merge(store, Conventions(base), progress)
    return store, shapes, base


def check(
    store: ox.Store,
    shapes: Graph,
    base: str = BASE,
    progress: Progress = lambda what, share, lines: None,
) -> list[Result]:
    """Run ``shapes`` on the default graph of ``store`` and return the sorted results.

    SPARQL constraints can also use its named graphs. Each rule is run by itself, first those about
    the whole graph, in several processes if there is much to do. Raises ValueError that names the
    rule of a shape that cannot be used, and ChildProcessError if a process is killed.
    """
    data = ShaclStore(store)
    for shape in list(shapes.subjects(DCTERMS.requires, _RDF_DATASET)):
        shapes.remove((shape, SH.deactivated, None))
    _name_parts(shapes)
    task = _Task(data, shapes, base, _by_rule(shapes))
    whole = whole_graph_rules(shapes)
    others = [rule for rule in task.rules() if rule not in whole]
    stages = [
        (f"Checking the rules about the whole graph ({', '.join(whole)})", whole),
        ("Checking the rules about each resource", others),
    ]
    results: set[Result] = set()
    with _runner(task, len(data), len(whole) + len(others)) as run_rules:
        for what, rules in stages:
            progress(what, 0, 0)
            for done, found in enumerate(run_rules(rules), start=1):
                results |= found
                progress(what, done / len(rules), 0)
    return sorted(results, key=lambda result: result.order)


def whole_graph_rules(shapes: Graph) -> list[str]:
    """Return the rules with a shape for one named node, whose queries read the whole graph."""
    return sorted({_rule(shape) for shape in shapes.subjects(SH.targetNode, None)})


@dataclass(frozen=True, eq=False)
class _Task:
    """What the rules are run on."""

    data: ShaclStore
    shapes: Graph
    base: str
    groups: Mapping[str, list[Node]]

    def rules(self) -> list[str]:
        """Return the rules of shapes, sorted; other nodes have a name of their own."""
        return sorted(
            rule
            for rule, nodes in self.groups.items()
            if any(_is_shape(self.shapes, node) for node in nodes)
        )

    def run(self, rule: str) -> set[Result]:
        """Return the results of a rule; raises ValueError that names it if it cannot be used."""
        try:
            found = _report(self.data, _chosen(self.shapes, self.groups[rule]))
        except ValueError as error:
            raise ValueError(f"{rule}: the shape cannot be used: {error}") from None
        nodes = found.objects(None, SH.result)
        return {_result(self.data, found, node, self.base) for node in nodes}


_Run = Callable[[Iterable[str]], Iterator[set[Result]]]
_task: _Task | None = None  # that of a process which runs rules for another


@contextmanager
def _runner(task: _Task, size: int, rules: int) -> Iterator[_Run]:
    """Provide what runs rules: this process, or forks of it for a graph of some size."""
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    if size < _LARGE or rules == 1 or processes == 1:
        yield lambda rules: map(task.run, rules)
        return
    gc.freeze()  # a collection would copy the memory that forks share
    pool = ProcessPoolExecutor(processes, get_context("fork"), _begin, (task,))
    try:
        yield partial(_run_in, pool)
    except BrokenProcessPool:
        raise ChildProcessError(
            "a process that checks rules was killed, as when memory runs out; close other programs "
            "or validate a part of the dataset"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)
        gc.unfreeze()


def _run_in(pool: ProcessPoolExecutor, rules: Iterable[str]) -> Iterator[set[Result]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads
        runs = [pool.submit(_run, rule) for rule in rules]
    return (run.result() for run in as_completed(runs))


def _begin(task: _Task) -> None:
    global _task
    signal(SIGINT, SIG_DFL)  # an interrupted fork ends without a traceback
    _task = task


def _run(rule: str) -> set[Result]:
    assert _task
    return _task.run(rule)


def _is_shape(shapes: Graph, node: Node) -> bool:
    """Return whether pySHACL may find a shape in ``node`` by itself: by its IRI or a target."""
    start = str(SH) if isinstance(node, URIRef) else f"{SH}target"
    return any(str(predicate).startswith(start) for predicate in shapes.predicates(node))


def _report(data: Graph, shapes: Graph) -> Graph:
    try:
        _, found, text = shacl(data, shacl_graph=shapes, inplace=True)
    except (*_SHACL_ERRORS, re.error, SyntaxError, ValueError) as error:
        raise ValueError(" ".join(str(error).split())) from None
    if not isinstance(found, Graph):
        raise ValueError(" ".join(text.split()))
    return found


def only_rules(shapes: Graph, *rules: str) -> Graph:
    """Return the shapes of rules such as R-PRJ-01, and without targets those they refer to.

    Constraint components are kept. pySHACL's own selection drops what shapes refer to. Raises
    ValueError when no shape has a rule.
    """
    groups = _by_rule(shapes)
    for rule in rules:
        if rule not in groups:
            raise ValueError(f"no shape has rule '{rule}'; the rules are in shapes/*.ttl")
    return _chosen(shapes, [node for rule in rules for node in groups[rule]])


def _by_rule(shapes: Graph) -> dict[str, list[Node]]:
    """Return the subjects of each rule."""
    groups: dict[str, list[Node]] = {}
    for node in shapes.subjects(unique=True):
        groups.setdefault(_rule(node), []).append(node)
    return groups


def _chosen(shapes: Graph, nodes: Collection[Node]) -> Graph:
    """Return ``nodes``, constraint components, and without targets all that they refer to."""
    chosen, own = Graph(), set(nodes)
    kinds = shapes.transitive_subjects(RDFS.subClassOf, SH.ConstraintComponent)
    components = [thing for kind in kinds for thing in shapes.subjects(RDF.type, kind)]
    for root in (*nodes, *components):
        for part in shapes.transitive_objects(root, None):
            chosen += (
                triple
                for triple in shapes.triples((part, None, None))
                if part in own or not str(triple[1]).startswith(f"{SH}target")
            )
    return chosen


def read_baseline(path: Path, base: str = BASE) -> dict[tuple[str, str], str]:
    """Return the reasons of expected warnings by rule and focus node.

    Raises ValueError with file, row and fault.
    """
    sheet = sheets.read(path, _BASELINE)
    (_, names), *rows = sheet.rows or [(1, [])]
    if sorted(names) != sorted(_BASELINE):
        raise ValueError(f"{path}:1: the columns must be {', '.join(_BASELINE)}")
    for number, cells in rows:
        if len(cells) != len(names):
            raise ValueError(f"{path}:{number}: the row has {len(cells)} cells, not {len(names)}")
    found = (dict(zip(names, cells, strict=True)) for _, cells in rows)
    return {(row["rule"], remint(row["focus"], base)): row["reason"] for row in found}


def apply_baseline(
    results: Iterable[Result], expected: Mapping[tuple[str, str], str], base: str = BASE
) -> list[Result]:
    """Return the sorted results, with the reason added to each expected warning.

    ``expected`` holds reasons by rule and focus node; an unmatched one becomes a new warning.
    """
    explained = [
        replace(result, reason=expected.get((result.rule, result.focus), ""))
        if result.severity == "Warning"
        else result
        for result in results
    ]
    met = {(result.rule, result.focus) for result in explained if result.reason}
    message = "This expected warning no longer occurs: remove its row from shapes/baseline.csv."
    gone = [
        Result(rule, "Warning", focus, "", message, f"{base}shapes#{rule}")
        for rule, focus in expected
        if (rule, focus) not in met
    ]
    return sorted([*explained, *gone], key=lambda result: result.order)


def _rule(shape: Node) -> str:
    """Return the rule of a shape: R-PRJ-01 for R-PRJ-01-number."""
    found = _RULE.search(str(shape))
    return found[0] if found else str(shape)


def _name_parts(shapes: Graph) -> None:
    """Give each blank property shape an IRI made of that of its shape, the same in every run."""
    for shape in sorted({shape for shape in shapes.subjects() if isinstance(shape, URIRef)}):
        parts = [part for part in shapes.objects(shape, SH.property) if isinstance(part, BNode)]
        said = {part: sorted(map(str, _values(shapes, part))) for part in parts}
        for number, part in enumerate(sorted(parts, key=lambda part: said[part]), start=1):
            name = URIRef(f"{shape}-{number}")
            for s, p, o in [*shapes.triples((part, None, None)), (shape, SH.property, part)]:
                shapes.remove((s, p, o))
                shapes.add((name if s == part else s, p, name if o == part else o))


def _values(shapes: Graph, part: Node) -> list[Node]:
    return [value for value in shapes.objects(part, None) if not isinstance(value, BNode)]


def _message(found: Graph, node: Node) -> str:
    """Return the message of a result: in English, else without a language, else the first."""

    def rank(message: Node) -> tuple[bool, str]:
        language = getattr(message, "language", None) or ""
        return not language.startswith("en"), language

    return str(min(found.objects(node, SH.resultMessage), key=rank, default=""))


def _result(data: Graph, found: Graph, node: Node, base: str) -> Result:
    focus, shape = found.value(node, SH.focusNode), found.value(node, SH.sourceShape)
    path, value = found.value(node, SH.resultPath), found.value(node, SH.value)
    severity = str(found.value(node, SH.resultSeverity)).removeprefix(str(SH))
    return Result(
        rule=_rule(shape or node),
        severity=severity if severity in SEVERITIES else SEVERITIES[0],
        focus=str(focus),
        label=str((focus and data.value(focus, SKOS.prefLabel)) or ""),
        message=short(_message(found, node), base),
        shape=str(shape),
        path=str(path) if isinstance(path, URIRef) else "",
        value="" if value is None or isinstance(value, BNode) else str(value),
    )
