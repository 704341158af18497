"""What a trace leaves open, in sentences."""

from collections.abc import Iterator, Sequence, Set

from accsm_kg.english import listed, spelled
from accsm_kg.lookups import Rows
from accsm_kg.rdf.edtf import in_words

_MOST_NAMED = 6  # projects at the beginning of a sentence


def gaps(rows: Rows, total: int) -> list[str]:
    """Return a sentence for each kind of gap, of which each row names a project."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        found.setdefault((row["one"], row["several"]), []).append(row["number"])
    return [_gap(one, several, numbers, total) for (one, several), numbers in found.items()]


def missing(verb: str, projects: Rows, plans: Rows) -> Iterator[str]:
    """Yield a sentence for each plan of which no project is linked."""
    present = {row["plan"] for row in projects}
    for row in plans:
        if row["plan"] not in present:
            yield f"No project of the {row['plan']} {verb}."


def ways(rows: Rows) -> list[str]:
    """Return how many projects each way links, and which not, if there are several ways."""
    numbers = list(dict.fromkeys(row["number"] for row in rows))
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["way"], set()).add(row["number"])
    return [_way(way, linked, numbers) for way, linked in found.items()] if len(found) > 1 else []


def completion(projects: Rows) -> Iterator[str]:
    """Yield a sentence on what the sources mark as completed by the time of their publication."""
    if not projects:
        return
    done = [row["number"] for row in projects if row["completed"] == "true"]
    issued = in_words(max(row["asOf"] for row in projects))
    by = f"marked as completed{f' by {issued}' if issued else ''}"
    total = len(projects)
    if total == 1:
        yield f"Project {projects[0]['number']} has {'something' if done else 'nothing'} {by}."
    elif not done:
        yield f"None of the {spelled(total)} projects has anything {by}."
    else:
        have = "has" if len(done) == 1 else "have"
        yield f"{len(done)} of the {total} projects {have} something {by}: {listed(done)}."


def _way(way: str, linked: Set[str], numbers: Sequence[str]) -> str:
    others = [number for number in numbers if number not in linked]
    if not others:
        return f"{way}: {'the project' if len(numbers) == 1 else f'all {len(numbers)} projects'}."
    noun = "project" if len(others) == 1 else "projects"
    return f"{way}: {len(linked)} of {len(numbers)} projects, all but {noun} {listed(others)}."


def _gap(one: str, several: str, numbers: Sequence[str], total: int) -> str:
    if len(numbers) == 1:
        return f"Project {numbers[0]} {one}."
    if len(numbers) <= _MOST_NAMED:
        return f"Projects {listed(numbers)} {several}."
    return f"{len(numbers)} of the {total} projects {several}: {listed(numbers)}."
