"""Turn the results of a validation into text for people, and JSON, CSV, TSV or Turtle."""

import csv
import io
import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import groupby

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, serialize

from accsm_kg.namespaces import BASE, prefixes
from accsm_kg.rdf.terms import natural

SEVERITIES = ("Violation", "Warning", "Info")
FORMATS = ("text", "json", "csv", "tsv", "turtle")
_IN = "    "


@dataclass(frozen=True)
class Result:
    """One thing that a shape found; ``reason`` says why it was expected, if it was."""

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
        """Whether it keeps the dataset from passing."""
        return self.severity == "Violation" or (self.severity == "Warning" and not self.reason)

    @property
    def order(self) -> tuple[object, ...]:
        """What sorts it: severity, news before the expected, rule, and resource, 2 before 10."""
        focus = natural(self.focus, ignore_case=False)
        rank = SEVERITIES.index(self.severity)
        return rank, bool(self.reason), self.rule, self.message, focus, self.value


def render(results: Sequence[Result], fmt: str = "text", base: str = BASE) -> str:
    """Return the results, which come in order, in one of `FORMATS`.

    Turtle is a validation report as SHACL (W3C, 2017) has it, with IRIs for all its nodes. Raises
    ValueError for a format that is none of these.
    """
    if fmt == "text":
        return _text(results, base)
    if fmt == "json":
        return _json(results)
    if fmt in ("csv", "tsv"):
        return _table(results, "," if fmt == "csv" else "\t")
    if fmt == "turtle":
        statements = _statements(results, base)
        turtle = serialize(statements, format=RdfFormat.TURTLE, prefixes=prefixes(base))
        return (turtle or b"").decode()
    raise ValueError(f"unknown format '{fmt}'; choose one of {', '.join(FORMATS)}")


def short(text: str, base: str = BASE) -> str:
    """Return ``text`` with the IRIs of our resources and terms cut to what tells them apart.

    >>> short('https://w3id.org/accsm-kg/id/kra/ascc-2025/A.2 is cited')
    'kra/ascc-2025/A.2 is cited'
    """
    return text.replace(f"{base}id/", "").replace(f"{base}ontology#", "accsm:")


def _text(results: Sequence[Result], base: str) -> str:
    """Return each message once with its resources under it, and a last line of counts."""
    lines: list[str] = []
    for (head, message), group in groupby(results, key=lambda r: (_head(r), r.message)):
        lines += [f"{head}  {message}", *_about(list(group), base), ""]
    return "\n".join([*lines, _summary(results), ""])


def _head(result: Result) -> str:
    return f"{'Expected warning' if result.reason else result.severity} {result.rule}"


def _about(results: Sequence[Result], base: str) -> list[str]:
    names = [short(result.focus, base) for result in results]
    if results[0].severity == "Info":
        return [textwrap.fill(", ".join(names), 100, initial_indent=_IN, subsequent_indent=_IN)]
    labels = [textwrap.shorten(result.label, 80, placeholder=" …") for result in results]
    reasons = [f"\n{_IN}{_IN}{result.reason}" if result.reason else "" for result in results]
    rows = zip(names, labels, reasons, strict=True)
    return [f"{_IN}{name}  {label}".rstrip() + reason for name, label, reason in rows]


def _summary(results: Sequence[Result]) -> str:
    count = _count(results)
    new = sum(result.fails for result in results) - count["Violation"]
    verdict = "fails" if count["Violation"] or new else "passes"
    violations, warnings, infos = (f"{n} {name.lower()}s" for name, n in count.items())
    return f"The dataset {verdict}: {violations}, {warnings} ({new} not expected), {infos}."


def _count(results: Sequence[Result]) -> dict[str, int]:
    return {name: sum(result.severity == name for result in results) for name in SEVERITIES}


def _json(results: Sequence[Result]) -> str:
    passes = not any(result.fails for result in results)
    rows = [asdict(result) for result in results]
    whole = {"conforms": passes, "count": _count(results), "results": rows}
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _table(results: Sequence[Result], delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    names = [field.name for field in fields(Result)]
    writer.writerows([names, *([getattr(result, name) for name in names] for result in results)])
    return out.getvalue()


def _statements(results: Sequence[Result], base: str) -> Iterator[Triple]:
    rdf, sh, skos = (prefixes()[name] for name in ("rdf", "sh", "skos"))
    report, kind = NamedNode(f"{base}graph/report"), NamedNode(f"{rdf}type")
    yield Triple(report, kind, NamedNode(f"{sh}ValidationReport"))
    passes = not any(result.fails for result in results)
    yield Triple(report, NamedNode(f"{sh}conforms"), Literal(passes))
    for number, result in enumerate(results, start=1):
        node = NamedNode(f"{report.value}#{number}")
        yield Triple(report, NamedNode(f"{sh}result"), node)
        yield Triple(node, kind, NamedNode(f"{sh}ValidationResult"))
        yield Triple(node, NamedNode(f"{sh}focusNode"), NamedNode(result.focus))
        yield Triple(node, NamedNode(f"{sh}resultSeverity"), NamedNode(sh + result.severity))
        yield Triple(node, NamedNode(f"{sh}sourceShape"), NamedNode(result.shape))
        yield Triple(node, NamedNode(f"{sh}resultMessage"), Literal(result.message))
        if result.path:
            yield Triple(node, NamedNode(f"{sh}resultPath"), NamedNode(result.path))
        if result.value:
            is_iri = result.value.startswith(("http://", "https://"))
            value = NamedNode(result.value) if is_iri else Literal(result.value)
            yield Triple(node, NamedNode(f"{sh}value"), value)
        if result.reason:
            yield Triple(node, NamedNode(f"{skos}note"), Literal(result.reason))
