"""Strips of years: the reading of EDTF, and a shape for each precision."""

import pytest

from accsm_kg.pictures import strip, svg
from accsm_kg.pictures.strip import HEIGHT, SHAPES, YEAR, Time, read_edtf


@pytest.mark.parametrize(
    ("edtf", "shape", "start", "end"),
    [
        ("2018", "year", 2018, 2019),
        ("2018~", "year", 2018, 2019),
        ("2017-04", "month", 2017 + 90 / 365, 2017 + 120 / 365),
        ("2017-12", "month", 2017 + 334 / 365, 2018),
        ("2017-36", "quarter", 2017.75, 2018),
        ("2017-33", "quarter", 2017, 2017.25),
        ("2016-11-16", "day", 2016 + 320 / 366, 2016 + 321 / 366),
        ("2016-10-03/2016-10-07", "day", 2016 + 276 / 366, 2016 + 281 / 366),
        ("2016-01-01/2016-12-31", "range", 2016, 2017),
        ("2017/2019", "range", 2017, 2020),
        ("2017/..", "onwards", 2017, float("inf")),
        ("2017/", "onwards", 2017, float("inf")),
        ("2017-21", "year", 2017, 2018),
    ],
)
def test_a_time_is_read_with_its_precision(edtf: str, shape: str, start: float, end: float) -> None:
    found = read_edtf(edtf)
    assert found is not None
    assert found.shape == shape
    assert (found.start, found.end) == pytest.approx((start, end))


@pytest.mark.parametrize(
    "text", ["", "TBD", "2017-13", "x/2017", "2017/x", "2017-02-30", "../2017"]
)
def test_a_text_that_is_no_time_is_none(text: str) -> None:
    assert read_edtf(text) is None


def test_each_shape_is_drawn_differently() -> None:
    times = [
        Time("day", 2017.5, 2017.51),
        Time("month", 2017.5, 2017.58),
        Time("quarter", 2017.5, 2017.75),
        Time("year", 2017, 2018),
        Time("range", 2017, 2018),
        Time("onwards", 2017, float("inf")),
        *strip.yearly([2017]),
    ]
    assert [time.shape for time in times] == [*SHAPES]
    drawn = {
        tuple((part.tag, part.get("class")) for part in strip.strip([t], 2017, 2017)[-1].iter())
        for t in times
    }
    paths = {svg.inline(strip.strip([t], 2017, 2017)) for t in times}
    assert len(paths) == len(SHAPES)
    assert len(drawn) >= 5
    assert len({svg.inline(strip.sample(shape)) for shape in (*SHAPES, "done")}) == len(SHAPES) + 1


def test_a_year_is_hatched_as_its_day_is_not_known() -> None:
    box, hatch = strip.strip([Time("year", 2018, 2019)], 2016, 2020)[-1]
    assert (box.tag, hatch.tag) == ("rect", "path")
    assert float(box.get("x", 0)) == pytest.approx(2 * YEAR + 0.5)
    assert hatch.get("d", "").count("M") > 3


def test_marks_are_cut_where_the_strip_ends() -> None:
    open_end = strip.strip([Time("onwards", 2019, float("inf"))], 2016, 2020)[-1]
    assert "inf" not in svg.inline(open_end)
    lines = 6
    before_and_after = [Time("year", 2014, 2015), Time("year", 2021, 2022)]
    assert len(strip.strip(before_and_after, 2016, 2020)) == lines


def test_a_completed_time_has_a_tick_and_its_label() -> None:
    time = Time("day", 2016.7, 2016.71, "3-7 October 2016: completed", is_done=True)
    mark = strip.strip([time], 2016, 2020)[-1]
    assert mark.findtext("title") == "3-7 October 2016: completed"
    assert [part.get("class") for part in mark if part.tag == "path"] == ["pic-tick"]


def test_a_strip_is_named_or_hidden_from_screen_readers() -> None:
    named = strip.strip([], 2016, 2020, "2019")
    assert (named.get("role"), named.get("aria-label")) == ("img", "2019")
    assert strip.strip([], 2016, 2020).get("aria-hidden") == "true"
    assert named.get("viewBox") == f"0 0 {5 * YEAR} {HEIGHT}"


def test_a_strip_without_years_is_drawn() -> None:
    assert len(strip.strip([Time("year", 2018, 2019)], 0, 0)) == 2
    heads = [text.text for text in strip.years(2016, 2018)]
    assert heads == ["\N{RIGHT SINGLE QUOTATION MARK}16", "\N{RIGHT SINGLE QUOTATION MARK}17",
                     "\N{RIGHT SINGLE QUOTATION MARK}18"]  # fmt: skip
