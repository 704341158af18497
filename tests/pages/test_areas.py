"""Areas through the plans, and their indicators: what the sources say, and what they do not."""

import re

import httpx
import pytest
from accsm_server.pages.changes import marked
from pages.conftest import get
from pages.test_lists import table
from pages.test_things import asked, text
from pyoxigraph import Literal, NamedNode, Store

from accsm_kg.namespaces import BASE, term
from accsm_kg.rdf.terms import TYPE

PLANS = ["2016-2020", "2021-2025", "2026-2030"]


def through_the_plans(client: httpx.Client, path: str) -> dict[str, list[str]]:
    """Return the cells of each row of the table of plans."""
    page = get(client, path).text
    part = page.split('<h2 id="block-area-plans">')[1].split("</section>")[0]
    heads = re.findall('<th scope="col">(.*?)</th>', part)
    assert [text(head)[-9:] for head in heads] == PLANS
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', part, re.DOTALL)
    return {text(name): re.findall("<td.*?</td>", row, re.DOTALL) for name, row in rows}


def changes(cell: str) -> list[tuple[str, str]]:
    return [(tag, text(words)) for tag, words in re.findall(r"<(ins|del)>(.*?)</\1>", cell)]


@pytest.mark.parametrize("path", ["/doc/priority-area/C", "/doc/priority-area/C/2021-2025"])
def test_an_area_shows_what_each_plan_and_source_calls_it(client: httpx.Client, path: str) -> None:
    first, second, third = through_the_plans(client, path)["Wording"]
    assert changes(first) == []
    assert "Strengthening leadership" in text(first) and "source 001" in text(first)
    assert re.search("Transformative leadership . source 000", text(first))
    renamed = [("del", "left out: Strengthening"), ("ins", "new: Transformative")]
    assert changes(second)[:2] == renamed
    assert {"source 000", "source 004", "curator's inference"} <= set(
        re.findall(r"source \d+|curator\'s inference", text(second))
    )
    assert changes(third) == []


def test_a_change_that_only_one_source_tells_is_marked_there_alone(client: httpx.Client) -> None:
    second = through_the_plans(client, "/doc/priority-area/B")["Wording"][1]
    lines = second.split('<div class="line">')[1:]
    told = {re.findall(r"source \d+|curator", text(line))[0]: changes(line) for line in lines}
    added = [("ins", "new: and inter-agency coordination")]
    assert told == {"curator": added, "source 000": [], "source 004": added}


def test_projects_that_no_source_lists_are_not_none(client: httpx.Client, store: Store) -> None:
    rows = through_the_plans(client, "/doc/priority-area/C")
    version = term("accsm:addressesPriorityAreaVersion")
    area = NamedNode(f"{BASE}id/priority-area/C/2016-2020")
    counted = len({quad.subject for quad in store.quads_for_pattern(None, version, area)})
    assert [text(cell) for cell in rows["Projects"]] == [
        str(counted), "not listed in our sources", "not listed in our sources"
    ]  # fmt: skip
    later = text(get(client, "/doc/priority-area/C/2021-2025").text)
    assert "No project that our sources list belongs to it." in later
    page = get(client, "/doc/priority-area/C").text
    listed = page.split('<h2 id="block-projects">')[1].split("</section>")[0]
    assert len(re.findall("<tr>(?:(?!<th).)*?</tr>", listed, re.DOTALL)) == counted


def test_a_thematic_area_tells_its_plans(client: httpx.Client, store: Store) -> None:
    lines = asked(store, "theme-plans", "thematic-area/1").lines
    plans = {rows[0]["plan"] for rows in lines}
    page = get(client, "/doc/thematic-area/1").text
    part = page.split('<h2 id="block-theme-plans">')[1].split("</section>")[0]
    assert part.count('<th scope="col">') == len(plans) == 2


@pytest.mark.parametrize("block", ["theme-plans", "area-plans"])
def test_of_a_plan_whose_projects_are_known_no_project_is_none(store: Store, block: str) -> None:
    kind = term("accsm:ThematicArea" if block == "theme-plans" else "accsm:PriorityArea")
    in_plan = term("accsm:inWorkPlan")
    areas = {quad.subject for quad in store.quads_for_pattern(None, NamedNode(TYPE), kind)}
    for area in areas:
        for row, *_ in asked(store, block, str(area)[len(f"<{BASE}id/") : -1]).lines:
            if row["projects"] is None:
                continue
            projects = {
                quad.subject for quad in store.quads_for_pattern(None, in_plan, row["plan"])
            }
            known = row["projects"].value != "not listed in our sources"
            assert known == bool(projects), (area, row["plan"])


def test_an_area_shows_the_issues_of_its_versions(client: httpx.Client, store: Store) -> None:
    for quad in store.quads_for_pattern(None, term("accsm:versionOfArea"), None):
        page = get(client, f"/doc/{str(quad.object)[len(f'<{BASE}id/') : -1]}").text
        for found in store.quads_for_pattern(None, term("accsm:aboutResource"), quad.subject):
            if any(store.quads_for_pattern(found.subject, term("accsm:defectType"), None)):
                name = str(found.subject).rsplit("/", 1)[1][:-1]
                assert f"/doc/issue/{name}" in page, (quad.object, name)


def test_blank_values_of_indicators_are_told(client: httpx.Client, store: Store) -> None:
    page = get(client, "/doc/kpi/2016-2020/C.1").text
    part = text(page.split('<h2 id="block-indicator-values">')[1].split("</section>")[0])
    assert "Baseline 2014 left blank in the source" in part
    assert "Target 2020 left blank in the source" in part
    listed = table(client, "/indicators", baseline="left blank in the source")
    blank = [
        quad.subject
        for quad in store.quads_for_pattern(None, term("accsm:valueStated"), Literal(False))
        if any(store.quads_for_pattern(quad.subject, term("accsm:baselineYear"), None))
    ]
    areas = {
        quad.subject
        for slot in blank
        for quad in store.quads_for_pattern(None, term("accsm:hasValueSlot"), slot)
    }
    measured = {
        str(quad.subject)[1:-1]
        for area in areas
        for quad in store.quads_for_pattern(None, term("accsm:measuresArea"), area)
    }
    assert {row["thing"] for row in listed} == measured
    assert {row["baseline"] for row in listed} == {"2014: left blank in the source"}


def test_areas_are_chosen_by_whether_their_wording_changed(client: httpx.Client) -> None:
    changed = table(
        client, "/areas", wording="changed between plans", plan="ACCSM Work Plan 2021-2025"
    )
    assert [row["code"] for row in changed] == ["B", "C", "E"]
    assert all(row["thing"].startswith(f"{BASE}id/priority-area/") for row in changed)


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [("a b", "a b", "a b"), ("A b", "a B", "A b"),
     ("a c", "a b c", 'a <del><span class="hidden">left out: </span>b</del> c'),
     ("a <i>", "a", 'a <ins><span class="hidden">new: </span>&lt;i&gt;</ins>')],
)  # fmt: skip
def test_words_that_differ_are_marked_and_escaped(now: str, before: str, shown: str) -> None:
    assert str(marked(now, before)) == shown
