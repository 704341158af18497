"""What a coverage says in sentences, for the command line and the pages."""

import re
from collections.abc import Iterator

from accsm_kg.coverage.model import MARKS, Coverage, Link, Project
from accsm_kg.english import counted
from accsm_kg.rdf.edtf import in_words

_MOST_APART = 5  # plans that are named
_MARKUP, _BREAK = re.compile(r"\*\*|</?sup>"), re.compile(r"<br ?/?>")


def summary(found: Coverage) -> str:
    """Return how many projects, rows and links are shown."""
    projects = part(len(found.projects), found.all_projects, "project", "projects")
    lines = part(len(found.lines), found.all_lines, found.one, found.many)
    return f"{projects}, {lines}, {counted(found.links, 'link')}."


def part(shown: int, all_of_them: int, one: str, many: str) -> str:
    """Return how many are shown of all.

    >>> part(1, 3, "project", "projects"), part(3, 3, "project", "projects")
    ('1 of 3 projects', '3 projects')
    """
    if shown == all_of_them:
        return counted(shown, one, many)
    return f"{shown} of {counted(all_of_them, one, many)}"


def caveat(found: Coverage) -> str:
    """Return what the marks of completion mean, with the month of the sources that print them."""
    months = " and ".join(dict.fromkeys(map(in_words, found.issued)))
    printed = f"Completion is as printed in {months}" if months else "Completion is as printed"
    return f"{printed}: where nothing is marked completed, the source does not say what happened."


def filters(found: Coverage) -> dict[str, str]:
    """Return what the selection is limited to, by the name of the parameter."""
    limits = {}
    if found.selection.plan:
        limits["plan"] = f"Of the {found.selection.plan}"
    if found.country:
        limits["country"] = f"Coordinated by {found.country.label}"
    if found.gap:
        limits["gap"] = found.gap.sentence
    return limits


def empty(found: Coverage) -> str:
    """Return why nothing is shown, empty if there are rows and projects."""
    if found.projects and found.lines:
        return ""
    if not found.all_projects:
        return "The dataset has no projects in work plans."
    if found.country and not found.gap and not found.selection.plan:
        return f"None of the {found.all_projects} projects is coordinated by {found.country.label}."
    limits = "; ".join(filters(found).values())
    return f"No {'project' if found.lines else found.one} fits: {limits}."


def apart(found: Coverage) -> Iterator[str]:
    """Yield a sentence for each plan whose projects are left out, or one for many plans."""
    if len(found.apart) > _MOST_APART:
        all_projects = counted(sum(found.apart.values()), "project")
        yield f"The {all_projects} of {len(found.apart)} plans are left out: {_unlinked(found)}."
        return
    for plan, size in found.apart.items():
        verb = "is" if size == 1 else "are"
        projects = counted(size, "project")
        yield f"The {projects} of the {plan} {verb} left out: {_unlinked(found)}."


def _unlinked(found: Coverage) -> str:
    return f"none is linked to a {found.one}"


def plain(words: str) -> str:
    """Return words of a source without their markup.

    >>> plain("**A**  22<sup>nd</sup><br>B")
    'A 22nd B'
    """
    return " ".join(_MARKUP.sub("", _BREAK.sub(" ", words)).split())


def of_project(project: Project) -> str:
    """Return the number, title, time and coordinators of a project, and what its mark says."""
    coordinators = ", ".join(project.coordinators.values()) or "coordinator not stated"
    facts = f"{project.time}; {coordinators}; {MARKS[project.mark]}"
    return f"Project {project.number}, {project.title} ({facts})"


def of_link(code: str, link: Link) -> str:
    """Return the project, the row and the words of the source behind a link."""
    project = link.project
    passages = "; ".join(
        f"“{plain(row['words'])}” [{row['source']}, line {row['line']}]" for row in link.passages
    )
    return f"Project {project.number}, {code}: {MARKS[project.mark]} ({project.time}). {passages}"
