"""What a timeline says in sentences, for the command line and the pages."""

from accsm_kg.english import counted
from accsm_kg.rdf.edtf import in_words
from accsm_kg.timeline.model import Item, Source, Stated, Timeline, Year


def title(found: Timeline) -> str:
    """Return what is shown, with its years."""
    first, last = found.span
    years = f"in {first}" if first == last else f"from {first} to {last}"
    return f"{found.many.capitalize()} {years}"


def summary(found: Timeline) -> str:
    """Return how many items have a time, and to what they are limited."""
    items = " ".join((counted(len(found.items), found.one, found.many), *found.filters.values()))
    dates = sum(bool(time.edtf) for time in found.times)
    stated = f"{items}; a time is stated for {len(found.dated)}"
    if recurring := len(found.times) - dates:
        recurrences = counted(recurring, "recurrence")
        stated += f": {counted(dates, 'date')} and {recurrences}"
    return f"{stated}."


def caveat(found: Timeline) -> str:
    """Return what the marks of completion mean; empty if the sources of the times have no date."""
    months = " and ".join(map(in_words, found.issued))
    if not months:
        return ""
    return (
        f"Times and completion are as printed in {months}: where nothing is marked completed, "
        "the source does not say what happened."
    )


def of_year(found: Timeline, year: Year) -> str:
    """Return how many items are stated to be in a year, and how many others may be."""
    stated = counted(year.stated, found.one, found.many)
    return f"{stated}, perhaps {year.possible} more" if year.possible else stated


def as_of(issued: str) -> str:
    """Return the time of the sources in words.

    >>> as_of("2017-04")
    'as of April 2017'
    """
    return f"as of {in_words(issued)}"


def repeated(found: Timeline) -> str:
    """Return that items are in several groups, empty if none is."""
    if sum(len(group.items) for group in found.groups) == len(found.items):
        return ""
    plural = {"coordinator": "coordinators", "area": "areas"}[found.selection.group]
    return f"A {found.one} with several {plural} is shown below each of them."


def undated(status: str) -> str:
    """Return what is said of items without a time.

    >>> undated("not stated")
    'Time not stated'
    """
    return f"Time {status}"


def of_item(item: Item) -> str:
    """Return what an item is, its number and its label."""
    return f"{item.kind.capitalize()} {item.name}" if item.number else item.label


def of_time(item: Item, time: Stated) -> str:
    """Return a time of an item with all that is said of it."""
    facts = [
        time.words,
        "" if item.number else item.kind,
        time.precision,
        time.note,
        ", ".join(time.places),
    ]
    facts.append(f"completion {time.status}" if time.status == "not stated" else time.status)
    return f"{of_item(item)}: {'; '.join(filter(None, facts))}"


def of_source(source: Source) -> str:
    """Return the number and the reliability of a source."""
    return " ".join(filter(None, (source.number, source.reliability)))
