"""The words of a text that differ from an earlier one, marked in HTML."""

from collections.abc import Iterator
from difflib import SequenceMatcher

from markupsafe import Markup


def marked(text: str, before: str) -> Markup:
    """Return ``text`` with what it has beside ``before`` in `<ins>`, what it lacks in `<del>`.

    Words are compared without regard to case; what is marked is also named for those who hear it.

    >>> marked("Building capacities and trust", "building capacities")
    Markup('Building capacities <ins><span class="hidden">new: </span>and trust</ins>')
    """
    return Markup(" ").join(_parts(text.split(), before.split()))


def _parts(now: list[str], old: list[str]) -> Iterator[Markup]:
    matcher = SequenceMatcher(None, [*map(str.casefold, old)], [*map(str.casefold, now)])
    for kind, start, end, first, last in matcher.get_opcodes():
        left_out, shown = " ".join(old[start:end]), " ".join(now[first:last])
        if kind == "equal":
            yield Markup("{}").format(shown)
            continue
        if left_out:
            yield Markup('<del><span class="hidden">left out: </span>{}</del>').format(left_out)
        if shown:
            yield Markup('<ins><span class="hidden">new: </span>{}</ins>').format(shown)
