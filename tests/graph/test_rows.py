"""Rows: as tuples, dictionaries, data frames, tables of a notebook and pictures."""

import pickle
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pandas
import pytest

from accsm_kg import IRI, Graph, MissingModuleError, Rows, UnknownNameError


def test_a_column_may_be_called_like_a_method_of_tuples() -> None:
    (row,) = Rows(("count", "index", "__class__", "_columns"), [(1, 2, 3, 4)])
    assert (row.count, row.index, row["__class__"], row["_columns"]) == (1, 2, 3, 4)
    assert tuple(row) == (1, 2, 3, 4)


def test_an_unknown_column_is_told_with_the_nearest() -> None:
    (row,) = Rows(("title", "number"), [("a", 1)])
    with pytest.raises(AttributeError, match=r"no column 'titel'; did you mean title\?"):
        _ = row.titel
    with pytest.raises(UnknownNameError, match="no column 'x'; title, number") as caught:
        _ = row["x"]
    assert caught.value.suggestions == ("title", "number")
    assert not hasattr(row, "x")


def test_rows_are_a_sequence_that_can_be_read_again() -> None:
    rows = Rows(("n",), [(1,), (2,), (3,)], truncated="3 rows")
    assert [row.n for row in rows] == [row.n for row in rows] == [1, 2, 3]
    assert [row.n for row in rows[1:]] == [2, 3]
    assert (2,) in rows
    assert repr(rows) == "<3 rows of n, cut after 3 rows>"
    assert repr(rows[-1]) == "Row(n=3)"
    assert rows == Rows(("n",), [(1,), (2,), (3,)])
    assert rows != Rows(("m",), [(1,), (2,), (3,)])
    assert pickle.loads(pickle.dumps(rows[0])).n == 1


def test_a_data_frame_has_types_that_keep_gaps() -> None:
    rows = Rows(
        ("n", "gaps", "share", "done", "maybe", "day", "thing", "text", "mixed", "none", "long"),
        [
            (1, 1, Decimal("0.5"), True, True, date(2017, 4, 30), IRI("urn:a"), "a", 1, None, 1),
            (2, None, 1, False, None, None, IRI("urn:b"), None, "x", None, 1 << 70),
        ],
    )
    frame = rows.to_pandas()
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["n"] == "int64"
    assert kinds["gaps"] == "Int64"
    assert kinds["share"] == "float64"
    assert kinds["done"] == "bool"
    assert kinds["maybe"] == "boolean"
    assert kinds["day"].startswith("datetime64")
    assert {type(value) for value in frame["thing"]} == {str}
    assert frame["mixed"].tolist() == [1, "x"]
    assert frame["long"].tolist() == [1, 1 << 70]
    assert frame["gaps"].sum() == 1


def test_a_data_frame_has_times_of_any_zone_and_numbers_of_any_size() -> None:
    east, noon = timezone(timedelta(hours=7)), datetime(2017, 4, 30, 12)
    rows = Rows(
        ("zoned", "some", "long", "share"),
        [
            (noon.replace(tzinfo=east), noon.replace(tzinfo=UTC), 10**400, 0.5),
            (noon.replace(tzinfo=UTC), noon, 1, 10**400),
            (None, date(2017, 4, 30), None, None),
        ],
    )
    frame = rows.to_pandas()
    assert str(frame["zoned"].dtype) == "datetime64[us, UTC]"
    assert [time.hour for time in frame["zoned"][:2]] == [5, 12]
    assert [row[1:] for row in frame.itertuples(index=False)] == [row[1:] for row in rows]


def test_a_data_frame_without_rows_has_the_columns() -> None:
    assert Rows(("a", "b"), []).to_pandas().columns.tolist() == ["a", "b"]


def test_without_pandas_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingModuleError, match=r"pip install 'accsm-kg\[pandas\]'"):
        Rows(("a",), []).to_pandas()
    monkeypatch.undo()
    assert isinstance(Rows(("a",), []).to_pandas(), pandas.DataFrame)


def test_a_notebook_shows_twenty_rows_and_says_what_is_left_out() -> None:
    shown = Rows(("theText",), [("<b>&",)] * 23, truncated="23 rows")._repr_html_()
    assert shown.count("<tr>") == 21
    assert "<th>the text</th>" in shown
    assert "<td>&lt;b&gt;&amp;</td>" in shown
    assert "<p>3 more rows</p><p>The server has cut the answer after 23 rows.</p>" in shown
    assert "<p>no rows</p>" in Rows(("a",), [])._repr_html_()


def test_a_notebook_has_labels_and_links_to_the_server(kg: Graph, served: Graph) -> None:
    query = "SELECT ?c WHERE { ?c accsm:alpha3 'KHM' }"
    assert '<td><span title="country:KHM">Cambodia</span></td>' in kg.query(query)._repr_html_()
    page = f"{served._source.address}id/country/KHM"
    linked = f'<td><a href="{page}" title="country:KHM">Cambodia</a></td>'
    assert linked in served.query(query)._repr_html_()


def test_a_picture_is_what_fits_best_or_is_asked_for(kg: Graph, tmp_path: Path) -> None:
    query = """
        SELECT ?country (COUNT(*) AS ?projects) WHERE { ?p accsm:countryCoordinator ?country }
        GROUP BY ?country ORDER BY ?country"""
    picture = kg.query(query).picture()
    assert picture.view == "bar"
    assert "Cambodia" in picture.svg
    picture.save(tmp_path / "rows.svg")
    assert ElementTree.parse(tmp_path / "rows.svg").getroot().tag.endswith("svg")
    with pytest.raises(UnknownNameError, match="no picture 'tree' of these rows") as caught:
        kg.query(query).picture("tree")
    assert caught.value.suggestions == picture.views == ("bar",)
    pairs = kg.query("# view: graph\nSELECT ?p ?l WHERE { ?p accsm:supports ?l } ORDER BY ?p ?l")
    assert pairs.picture().view == "graph"


def test_rows_without_a_picture_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="no picture; none fits this answer"):
        Rows(("a",), [(1,)]).picture()


def test_triples_are_rows_and_can_be_written(kg: Graph) -> None:
    found = kg.construct("CONSTRUCT WHERE { project-2016-2020:33 accsm:coversYear ?y }")
    assert [row.object for row in found] == [2017, 2018, 2019]
    assert found.columns == ("subject", "predicate", "object")
    prefixes = [line.split()[1] for line in found.to_turtle().splitlines() if "@prefix" in line]
    assert sorted(prefixes) == ["accsm:", "project-2016-2020:"]
    assert len(found.to_rdflib()) == 3
    assert found.picture().view == "graph"
