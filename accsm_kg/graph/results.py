"""What a graph tells of a thing: its trace, its statements, its passages, and reports."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

from accsm_kg import lookups
from accsm_kg.coverage.model import Coverage, Line, Link
from accsm_kg.diff.model import Comparison
from accsm_kg.diff.render import as_text
from accsm_kg.english import counted
from accsm_kg.graph.rows import Picture, Rows
from accsm_kg.graph.values import IRI, Value
from accsm_kg.quality.results import Result, render
from accsm_kg.trace.model import Project
from accsm_kg.trace.model import Trace as Traced

#: Makes an IRI that knows its label.
Name = Callable[[str], IRI]
_ABOVE = ("kind", "label", "text", "resource")
_PROJECTS = ("number", "title", "plan", "coordinators", "time", "completed", "status", "resource")
_READINGS = ("issue", "reading", "confidence", "resource")
_COVERAGE = (
    "code", "label", "group", "kind", "number", "title", "plan", "completed", "coordinators",
    "target", "project",
)  # fmt: skip
_CHANGES = (
    "kind", "resource", "label", "change", "statement", "property", "old", "new", "old_graph",
    "new_graph",
)  # fmt: skip
_FINDINGS = (
    "rule", "severity", "focus", "label", "message", "path", "value", "reason",
)  # fmt: skip
_TRUTHS = ("completed", "states")
_THINGS = ("resource", "target")


@dataclass(frozen=True)
class Passage:
    """A passage of a source; ``words`` are empty where its rights allow no quotation."""

    words: str
    locator: str
    """Where it stands, in words a reader of the book can follow."""
    line: int
    last: int
    """Its first and last line in the text of the source."""
    source: IRI
    iri: IRI
    """The passage as a thing of the graph."""


@dataclass(frozen=True, repr=False)
class Thing:
    """All that is stated about a thing, and what refers to it."""

    iri: IRI
    label: str
    kinds: tuple[str, ...]
    statements: Rows
    """The columns property and value."""
    referrers: Rows
    """The columns thing and property."""

    def __repr__(self) -> str:
        """Return the short name."""
        return f"<Thing {self.iri.short}>"

    def _repr_html_(self) -> str:
        kinds, short = escape(", ".join(self.kinds)), escape(self.iri.short)
        head = f"<p><b>{escape(self.label)}</b> {kinds} <code>{short}</code></p>"
        return head + self.statements._repr_html_()


@dataclass(frozen=True, repr=False)
class Trace:
    """The line of sight of a thing: from a blueprint down to projects, or from a project up.

    ``above`` is the thing with what stands above it, ``projects`` are those linked to it, or the
    project itself, ``statements`` the passages that state the links, each with its words, source
    and line. A country has ``partner_in``, projects that name it as a potential partner. ``gaps``
    say what the sources leave open, ``readings`` how a curator read what they print.
    """

    thing: IRI
    label: str
    kind: str
    code: str
    above: Rows
    projects: Rows
    statements: Rows
    partner_in: Rows
    gaps: tuple[str, ...]
    readings: Rows
    _picture: Callable[[], Picture] = field(compare=False)

    def __repr__(self) -> str:
        """Return the label and the number of projects."""
        return f"<Trace of {self.label}: {counted(len(self.projects), 'project')}>"

    def picture(self) -> Picture:
        """Return the chain as a picture, with a strip of years for each project."""
        return self._picture()

    def _repr_html_(self) -> str:
        gaps = "".join(f"<p>{escape(gap)}</p>" for gap in self.gaps)
        return f"<p><b>{escape(self.label)}</b></p>{self.projects._repr_html_()}{gaps}"


@dataclass(frozen=True)
class Diff:
    """The changes from an earlier dataset: print it for a text, or use its rows."""

    changes: Rows
    """A row for each statement that a thing gained, lost or changed."""
    summaries: Rows
    """The numbers of inferred statements, and the names of questions and shapes."""
    text: str = field(repr=False)

    def __bool__(self) -> bool:
        """Return whether there are changes."""
        return bool(self.changes or self.summaries)

    def __str__(self) -> str:
        """Return the text."""
        return self.text


@dataclass(frozen=True)
class Report:
    """What the shapes find in a dataset, which passes without violations and new warnings."""

    passes: bool
    findings: Rows
    """A row for each result; ``reason`` tells why a warning is expected."""
    text: str = field(repr=False)

    def __str__(self) -> str:
        """Return the text."""
        return self.text


def trace(found: Traced, name: Name, picture: Callable[[], Picture]) -> Trace:
    """Return a trace with plain values."""
    return Trace(
        thing=name(found.thing.resource),
        label=found.thing.label,
        kind=found.thing.kind,
        code=found.thing.code,
        above=_rows(found.above, name, _ABOVE),
        projects=_projects(found.projects, name),
        statements=_rows(found.rows, name),
        partner_in=_projects(found.partner_in, name),
        gaps=(*found.ways, *found.gaps),
        readings=_rows(found.issues, name, _READINGS),
        _picture=picture,
    )


def coverage(found: Coverage, name: Name) -> Rows:
    """Return a row for each link of a target, and one for each target without projects."""
    links = ((line, link) for line in found.lines for link in (line.links or (None,)))
    return Rows(_COVERAGE, (_link(line, link, name) for line, link in links))


def diff(found: Comparison, name: Name) -> Diff:
    """Return a comparison as rows and as text."""

    def rows(changes: Iterable[object]) -> Rows:
        found = ({**vars(change), "resource": name(vars(change)["resource"])} for change in changes)
        return Rows(_CHANGES, ([row[column] or None for column in _CHANGES] for row in found))

    return Diff(rows(found.changes), rows(found.summaries), as_text(found))


def _link(line: Line, link: Link | None, name: Name) -> list[Value]:
    project = link.project if link else None
    head: list[Value] = [line.code, line.label, line.group, line.kind]
    if project is None:
        return [*head, None, None, None, None, None, name(line.iri), None]
    names = ", ".join(project.coordinators.values())
    done = project.mark == "completed"
    stated = [_number(project.number), project.title, project.plan, done, names]
    return [*head, *stated, name(line.iri), name(project.iri)]


def _projects(projects: Iterable[Project], name: Name) -> Rows:
    return Rows(
        _PROJECTS,
        (
            (
                _number(one.number),
                one.title,
                one.plan,
                ", ".join(country["label"] for country in one.coordinators),
                "; ".join(one.printed) or None,
                one.completed,
                one.status or None,
                name(one.resource),
            )
            for one in projects
        ),
    )


def _rows(found: lookups.Rows, name: Name, columns: Iterable[str] = ()) -> Rows:
    """Return rows of a lookup with plain values; an empty text is None."""
    names = tuple(columns or (found[0] if found else ()))
    return Rows(names, ([_value(column, row[column], name) for column in names] for row in found))


def _value(column: str, text: str, name: Name) -> Value:
    if not text:
        return None
    if column in _TRUTHS:
        return text == "true"
    if column in _THINGS:
        return name(text)
    return _number(text) if column in ("number", "line") else text


def _number(text: str) -> Value:
    """Return the number that a text is, else the text."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else text


def report(found: Sequence[Result], base: str, naming: Callable[[Iterable[str]], Name]) -> Report:
    """Return the results of a validation as rows and as text."""
    name = naming([result.focus for result in found])
    rows = (
        (
            name(one.focus) if column == "focus" else vars(one)[column] or None
            for column in _FINDINGS
        )
        for one in found
    )
    passes = not any(result.fails for result in found)
    return Report(passes, Rows(_FINDINGS, rows), render(found, "text", base))
