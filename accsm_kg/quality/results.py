"""Validation results, and their rendering as text, JSON, CSV, TSV or Turtle."""

import csv
import io
import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from accsm_kg.namespaces import BASE, prefixes, term
from accsm_kg.rdf.terms import natural
from accsm_kg.terminal import check_format, visible

SEVERITIES = ("Violation", "Warning", "Info")
FORMATS = ("text", "json", "csv", "tsv", "turtle")
_INDENT = "    "

_SH = prefixes()["sh"]
_RDF_TYPE = term("rdf:type")
_SKOS_NOTE = term("skos:note")


@dataclass(frozen=True)
class Result:
    """A validation result (SHACL, section 3.6.2); ``reason`` is that of an expected warning."""

    rule: str
    severity: str
    focus: str
    label: str
    message: str
    shape: str
    path: str = ""
    value: str = ""
    reason: str = ""

    @property
    def fails(self) -> bool:
        """Whether the dataset fails validation because of this result."""
        return self.severity == "Violation" or (self.severity == "Warning" and not self.reason)

    @property
    def order(self) -> tuple[object, ...]:
        """The sort key: severity, unexpected first, rule, message and focus node, 2 before 10."""
        focus = natural(self.focus, ignore_case=False)
        rank = SEVERITIES.index(self.severity)
        return rank, bool(self.reason), self.rule, self.message, focus, self.value


def render(results: Sequence[Result], fmt: str = "text", base: str = BASE) -> str:
    """Return sorted results as text in one of `FORMATS`; Turtle is a `shacl_report`.

    Raises UnknownNameError for an unknown format.
    """
    check_format(fmt, FORMATS)
    if fmt == "text":
        return _text(results, base)
    if fmt == "json":
        return _json(results)
    if fmt in ("csv", "tsv"):
        return _table(results, "," if fmt == "csv" else "\t")
    report = f"{base}graph/report"
    triples = shacl_report(results, report, f"{report}#")
    turtle = serialize(triples, format=RdfFormat.TURTLE, prefixes=prefixes(base))
    return (turtle or b"").decode()


def shacl_report(results: Sequence[Result], report: str, node_prefix: str) -> Iterator[Triple]:
    """Yield a validation report (SHACL, section 3.6) without blank nodes.

    ``report`` is its IRI; the IRI of a result is ``node_prefix`` and its number.
    """
    node = NamedNode(report)
    yield Triple(node, _RDF_TYPE, NamedNode(f"{_SH}ValidationReport"))
    yield Triple(node, NamedNode(f"{_SH}conforms"), Literal(_conforms(results)))
    for number, result in enumerate(results, start=1):
        found = NamedNode(f"{node_prefix}{number}")
        yield Triple(node, NamedNode(f"{_SH}result"), found)
        yield Triple(found, _RDF_TYPE, NamedNode(f"{_SH}ValidationResult"))
        for name, value in _properties(result):
            yield Triple(found, NamedNode(_SH + name), value)
        if result.reason:
            yield Triple(found, _SKOS_NOTE, Literal(result.reason))


def verdict(results: Sequence[Result]) -> str:
    """Return a sentence with the outcome and the number of results of each severity."""
    count = _count(results)
    new = sum(result.fails for result in results) - count["Violation"]
    outcome = "fails" if count["Violation"] or new else "passes"
    violations, warnings, infos = (f"{n} {name.lower()}s" for name, n in count.items())
    return f"The dataset {outcome}: {violations}, {warnings} ({new} not expected), {infos}."


def short(text: str, base: str = BASE) -> str:
    """Return ``text`` with resource IRIs shortened to paths, and ontology terms to CURIEs.

    >>> short('https://w3id.org/accsm-kg/id/kra/ascc-2025/A.2 is cited')
    'kra/ascc-2025/A.2 is cited'
    """
    return text.replace(f"{base}id/", "").replace(f"{base}ontology#", "accsm:")


def _text(results: Sequence[Result], base: str) -> str:
    """Return each message once with its resources below it, failures last, then the verdict."""
    lines: list[str] = []
    last = sorted(results, key=lambda r: r.fails)
    for (head, message), group in groupby(last, key=lambda r: (_head(r), r.message)):
        lines += [f"{head}  {message}", *_resources(list(group), base), ""]
    return visible("\n".join([*lines, verdict(results), ""]))


def _head(result: Result) -> str:
    return f"{'Expected warning' if result.reason else result.severity} {result.rule}"


def _resources(results: Sequence[Result], base: str) -> list[str]:
    names = [short(result.focus, base) for result in results]
    if results[0].severity == "Info":
        return [textwrap.indent(textwrap.fill(", ".join(names), 100 - len(_INDENT)), _INDENT)]
    labels = [textwrap.shorten(result.label, 80, placeholder=" …") for result in results]
    reasons = [f"\n{2 * _INDENT}{result.reason}" if result.reason else "" for result in results]
    rows = zip(names, labels, reasons, strict=True)
    return [f"{_INDENT}{name}  {label}".rstrip() + reason for name, label, reason in rows]


def _properties(result: Result) -> Iterator[tuple[str, NamedNode | Literal]]:
    """Yield the local name and the value of each SHACL property of ``result``."""
    yield "focusNode", NamedNode(result.focus)
    yield "resultSeverity", NamedNode(_SH + result.severity)
    yield "sourceShape", NamedNode(result.shape)
    yield "resultMessage", Literal(result.message)
    if result.path:
        yield "resultPath", NamedNode(result.path)
    if result.value:
        is_iri = result.value.startswith(("http://", "https://"))
        yield "value", NamedNode(result.value) if is_iri else Literal(result.value)


def _count(results: Sequence[Result]) -> dict[str, int]:
    return {name: sum(result.severity == name for result in results) for name in SEVERITIES}


def _json(results: Sequence[Result]) -> str:
    rows = [asdict(result) for result in results]
    whole = {"conforms": _conforms(results), "count": _count(results), "results": rows}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _table(results: Sequence[Result], delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    names = [field.name for field in fields(Result)]
    writer.writerows([names, *([getattr(result, name) for name in names] for result in results)])
    return out.getvalue()


def _conforms(results: Sequence[Result]) -> bool:
    return not any(result.fails for result in results)
