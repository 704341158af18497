"""The map of lines: how many lines of a part are marked, whatever parts they are made of."""

from random import Random

from accsm_kg.pictures import svg
from accsm_kg.pictures.lines import Lines, Marks, draw

LAST = 999_999


def test_lines_are_counted_once() -> None:
    random = Random(1)
    for _ in range(50):
        starts = [random.randint(1, 60) for _ in range(random.randint(0, 12))]
        parts = [(start, start + random.randint(0, 9)) for start in starts]
        lines, merged = {n for a, b in parts for n in range(a, b + 1)}, Lines(parts)
        for first, last in ((1, 80), (1, 1), (30, 30), (17, 44), (60, 80)):
            assert merged.count(first, last) == sum(first <= n <= last for n in lines)


def test_the_map_of_a_million_lines_is_bounded() -> None:
    spans = Lines((first, LAST - first) for first in range(1, 3000))
    marks = Marks(LAST, spans, Lines([(LAST, LAST)]), Lines())
    assert marks.count(1, LAST) == (LAST - 1, 1, 0)
    drawn = draw(marks, lambda first, last: f"/{first}-{last}")
    assert len([*drawn.iter("a")]) <= 200
    assert len(svg.inline(drawn)) < 200_000
