"""The columns of a trace, and their drawing."""

from xml.etree import ElementTree

import pytest
from pyoxigraph import Store

from accsm_kg.pictures import svg
from accsm_kg.pictures.chain import Edge
from accsm_kg.query import look_up
from accsm_kg.trace import chain
from accsm_kg.trace.chain import Column
from accsm_kg.trace.index import Index, index
from accsm_kg.trace.model import trace_thing


@pytest.fixture(scope="module")
def known_index(known: Store) -> Index:
    return look_up(known, index())


def _columns(known: Store, found: Index, key: str, group: str = "") -> list[Column]:
    return chain.columns(look_up(known, trace_thing(found.find(key), found)), found, group)


def _names(column: Column) -> list[str]:
    return [node.name for node in column.nodes]


def test_a_line_leads_from_its_blueprint_to_its_projects(known: Store, known_index: Index) -> None:
    columns = _columns(known, known_index, "A.2.2.iv")
    assert [column.heading for column in columns] == [
        "blueprint",
        "heading",
        "action line",
        "6 of 41 projects",
    ]
    assert _names(columns[-1]) == ["6", "17", "30", "33", "35", "40"]
    assert columns[2].edges == [Edge(0, place) for place in range(6)]
    assert [node.is_focus for node in columns[2].nodes] == [True]


def test_a_project_leads_up_to_blueprints_and_to_what_is_beside_it(
    known: Store, known_index: Index
) -> None:
    blueprints, headings, targets, project, beside = _columns(known, known_index, "33")
    assert _names(blueprints) == ["APSC Blueprint 2025", "ASCC Blueprint 2025"]
    assert _names(headings) == ["A.2.2", "A.2", "B.2", "E.1"]
    lines, measures = [f"A.2.2.{n}" for n in ("i", "iii", "iv", "vi")], ["A.2.iv", "B.2.ix"]
    assert _names(targets) == [*lines, *measures, "E.1.vii"]
    assert [(edge.left, edge.right) for edge in blueprints.edges] == [
        (0, 0),
        (1, 1),
        (1, 2),
        (1, 3),
    ]
    assert {edge.right for edge in targets.edges} == {0}
    assert _names(project) == ["33"]
    inferred = {node.name for node in beside.nodes if node.is_inferred}
    assert inferred == {
        "ASEAN Guidelines on Public Service Delivery",
        "ASEAN Resource Centre of Cambodia",
    }
    dashed = {beside.nodes[edge.right].name for edge in project.edges if edge.is_dashed}
    assert dashed == inferred
    assert {"Cambodia", "ASEAN+3 Countries", "ASEAN Plus Three Cooperation Fund"} <= set(
        _names(beside)
    )


def test_a_printed_area_without_a_measure_goes_on_to_the_project(
    known: Store, known_index: Index
) -> None:
    _, headings, targets, *_ = _columns(known, known_index, "24")
    assert _names(headings) == ["A.2.2", "E.2"]
    assert [(node.name, node.note) for node in targets.nodes][1:] == [("", "none cited")]
    assert len(targets.edges) == 2


@pytest.mark.parametrize(
    ("group", "titles"),
    [
        ("year", ["from 2017 (4)", "from 2018 (1)", "from 2019 (1)"]),
        ("coordinator", ["Cambodia (1)", "Malaysia (2)", "Singapore (2)", "Thailand (1)"]),
        ("plan", ["ACCSM Work Plan 2016-2020 (2)", "ACCSM+3 Work Plan 2016-2020 (4)"]),
    ],
)
def test_projects_are_grouped(
    known: Store, known_index: Index, group: str, titles: list[str]
) -> None:
    projects = _columns(known, known_index, "A.2.2.iv", group)[-1]
    assert [node.group for node in projects.nodes if node.group] == titles
    assert sorted(_names(projects), key=int) == ["6", "17", "30", "33", "35", "40"]


@pytest.mark.parametrize(
    ("group", "shown"),
    [("", ["6"]), ("plan", ["6", "30"]), ("coordinator", ["33", "17", "6", "30"])],
)
def test_the_first_of_each_group_are_kept_with_their_edges(
    known: Store, known_index: Index, group: str, shown: list[str]
) -> None:
    found = _columns(known, known_index, "A.2.2.iv", group)
    whole, (*_, line, projects) = found[-1].nodes, chain.first(found, 1)
    assert sorted(_names(projects)) == sorted(shown)
    assert line.edges == [Edge(0, place) for place in range(len(shown))]
    assert chain.first(found, len(whole)) == found


def test_every_trace_is_drawn(store: Store) -> None:
    found = look_up(store, index())
    for thing in found.things.values():
        columns = chain.columns(look_up(store, trace_thing(thing, found)), found)
        for column, after in zip(columns, [*columns[1:], None], strict=True):
            ends = len(after.nodes) if after else 0
            assert all(edge.left < len(column.nodes) for edge in column.edges), thing.path
            assert all(edge.right < ends for edge in column.edges), thing.path
        written = svg.standalone(chain.draw(columns), thing.question)
        texts = [each.text for each in ElementTree.fromstring(written).iter() if each.text]
        assert thing.question in texts
