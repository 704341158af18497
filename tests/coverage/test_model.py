"""The coverage: what it counts, what it selects, and that each number is that of a query."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from pyoxigraph import Store

from accsm_kg.coverage import words
from accsm_kg.coverage.model import (
    MARKS,
    ORDERS,
    ROWS,
    Coverage,
    Gap,
    Selection,
    coverage,
    load_gaps,
    row_names,
)
from accsm_kg.namespaces import prefixes
from accsm_kg.query import look_up
from accsm_kg.questions.rdf import load
from accsm_kg.trace.model import trace

#: The property that links a project to a row of each kind.
LINKS = {
    "targets": "accsm:supports",
    "areas": "accsm:addressesPriorityArea",
    "themes": "accsm:addressesThematicArea",
}
#: The stored question whose rows are the members of a gap, and a condition on its rows.
QUESTIONS = {
    "themes-without-project": ("thematic-areas-without-project", ""),
    "projects-without-time": ("projects-without-time", ""),
    "projects-without-action-line": ("projects-with-and-without-action-lines", "none"),
    "projects-without-measure": ("projects-citing-no-measure", ""),
    "projects-without-budget": ("projects-by-kind-of-budget", "not stated"),
    "projects-with-budget-to-be-determined": ("projects-by-kind-of-budget", "TBD"),
    "projects-without-partner": ("projects-without-partner", ""),
    "countries-coordinating-no-project": ("member-states-coordinating-no-project", ""),
}


def found(store: Store, **selection: str) -> Coverage:
    return look_up(store, coverage(Selection(**selection)))


def asked(store: Store, text: str) -> list[list[str]]:
    results: Any = store.query(text, prefixes=prefixes())
    return [[term.value if term else "" for term in row] for row in results]


def numbers(shown: Coverage) -> list[int]:
    return [int(project.number) for project in shown.projects]


def test_a_plan_keeps_its_projects_and_the_rows_that_concern_it(store: Store) -> None:
    usual = found(store)
    for plan, projects in usual.plans.items():
        shown = found(store, plan=plan)
        assert shown.projects == projects
        assert words.filters(shown) == {"plan": f"Of the {plan}"}
        left_out = {line.iri for line in usual.lines} - {line.iri for line in shown.lines}
        for line in usual.lines:
            linked = {link.project.plan for link in line.links}
            assert (line.iri in left_out) == (bool(linked) and plan not in linked)


def test_the_known_record_has_17_targets_with_132_links(known: Store) -> None:
    shown = found(known)
    assert (len(shown.lines), len(shown.projects), shown.links) == (17, 41, 132)
    assert [len(projects) for projects in shown.plans.values()] == [24, 17]
    assert shown.marks == {"completed": 4, "dated": 32, "yearly": 2, "untimed": 3}
    line = next(line for line in shown.lines if line.code == "A.2.2.iv")
    assert [link.project.number for link in line.links] == ["6", "17", "30", "33", "35", "40"]
    assert (line.completed, line.status) == (0, "none with a completed activity")
    without = [line.code for line in shown.lines if not line.completed]
    assert without == ["A.2.vi", "B.1.iii", "B.2.i", "B.2.ix", "E.1.i", "E.1.x", "A.2.2.iv"]


@pytest.mark.parametrize(
    ("rows", "totals"),
    [
        ("areas", {"A": 20, "B": 23, "C": 12, "D": 2, "E": 16}),
        ("themes", {"1": 0, "2": 7, "3": 3, "4": 3, "5": 3, "6": 2, "7": 1}),
    ],
)
def test_the_known_record_has_areas_and_themes(
    known: Store, rows: str, totals: dict[str, int]
) -> None:
    assert {line.code: len(line.links) for line in found(known, rows=rows).lines} == totals


def test_themes_leave_out_the_plan_that_has_none_and_say_so(known: Store) -> None:
    shown = found(known, rows="themes")
    assert numbers(shown) == list(range(25, 42))
    (sentence,) = words.apart(shown)
    assert sentence == (
        "The 24 projects of the ACCSM Work Plan 2016-2020 are left out: "
        "none is linked to a thematic area."
    )


def test_many_plans_that_are_left_out_are_counted(known: Store) -> None:
    plans = {f"Plan {number}": 2 for number in range(6)}
    (sentence,) = words.apart(replace(found(known, rows="themes"), apart=plans))
    assert sentence == (
        "The 12 projects of 6 plans are left out: none is linked to a thematic area."
    )


@pytest.mark.parametrize("rows", ROWS)
def test_each_mark_is_a_link_of_the_record(store: Store, rows: str) -> None:
    drawn = [(link.project.iri, line.iri) for line in found(store, rows=rows).lines
             for link in line.links]  # fmt: skip
    text = f"SELECT DISTINCT ?p ?row {{ ?p {LINKS[rows]} ?row ; accsm:inWorkPlan ?plan }}"
    assert sorted(drawn) == sorted((p, row) for p, row in asked(store, text))


def test_each_project_has_the_mark_of_its_activities(store: Store) -> None:
    text = """SELECT ?p (SUM(?done) AS ?completed) (COUNT(?when) AS ?all) (COUNT(?rule) AS ?rules) {
        ?p a accsm:Project
        OPTIONAL { ?p accsm:hasOccurrence ?when . ?when accsm:occurrenceStatus ?status
                   BIND(IF(?status = accsm-v:completed, 1, 0) AS ?done) }
        OPTIONAL { ?p accsm:hasRecurrence ?rule } } GROUP BY ?p"""
    marks = {project.iri: project.mark for project in found(store).projects}
    for iri, completed, occurrences, rules in asked(store, text):
        expected = (
            "completed" if int(completed or 0) else "dated" if int(occurrences)
            else "yearly" if int(rules) else "untimed"
        )  # fmt: skip
        assert marks[iri] == expected
    assert set(marks.values()) <= set(MARKS)


def test_a_time_is_that_of_each_printed_cell_as_in_a_trace(known: Store) -> None:
    times = {project.number: project.time for project in found(known).projects}
    traced = look_up(known, trace("E.1.vii")).projects
    printed = {one.number: "; ".join(one.printed) for one in traced if one.printed}
    assert printed.items() <= times.items()
    assert times["40"] == "2017; 2017; 2018"


def test_every_mark_has_the_words_behind_it(store: Store) -> None:
    for rows in ROWS:
        for line in found(store, rows=rows).lines:
            for link in line.links:
                assert link.passages
                assert all(row["words"] and row["line"] for row in link.passages)


def test_the_foot_counts_measures_and_action_lines_of_each_project(store: Store) -> None:
    counts = found(store).counts()
    for kind, predicate in (
        ("ASCC measures", "accsm:supportsMeasure"),
        ("APSC action lines", "accsm:alsoSupports"),
    ):
        text = f"SELECT ?p (COUNT(DISTINCT ?x) AS ?n) {{ ?p {predicate} ?x }} GROUP BY ?p"
        assert counts[kind] == {iri: int(number) for iri, number in asked(store, text)}


def test_the_gaps_of_the_known_record(known: Store) -> None:
    gaps = {gap.name: gap for gap in look_up(known, load_gaps())}
    assert {name: gap.sentence.split()[:3:2] for name, gap in gaps.items()} == {
        "targets-without-completion": ["7", "17"],
        "themes-without-project": ["1", "7"],
        "areas-with-fewest-projects": ["1", "5"],
        "projects-without-time": ["3", "41"],
        "projects-without-action-line": ["16", "41"],
        "projects-without-measure": ["2", "41"],
        "projects-without-budget": ["11", "41"],
        "projects-with-budget-to-be-determined": ["1", "41"],
        "projects-without-partner": ["17", "41"],
        "countries-coordinating-no-project": ["1", "10"],
        "indicator-values-left-blank": ["10", "10"],
    }
    labels = {name: list(gap.members.values()) for name, gap in gaps.items()}
    assert labels["projects-without-time"] == ["8", "13", "39"]
    assert labels["projects-with-budget-to-be-determined"] == ["8"]
    assert labels["countries-coordinating-no-project"] == ["Viet Nam"]
    assert labels["themes-without-project"] == ["1. E-governance"]
    fewest = "the fewest projects, 2: Priority area D: ASEAN Resource Centres"
    assert gaps["areas-with-fewest-projects"].sentence.endswith(fewest)
    assert labels["indicator-values-left-blank"][:2] == ["A baseline 2014", "A target 2020"]


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_members_of_a_gap_are_those_of_its_question(store: Store, name: str) -> None:
    question, condition = QUESTIONS[name]
    (text,) = (one.text for one in load(store) if one.name == question)
    rows = asked(store, text)
    answers = [row for row in rows if not condition or row[0] == condition]
    gap = next((gap for gap in look_up(store, load_gaps()) if gap.name == name), None)
    members = gap.members if gap else {}
    assert set(members) == {iri for row in answers for iri in row if iri in _subjects(store, name)}


def _subjects(store: Store, name: str) -> set[str]:
    kind = {"themes": "ThematicArea", "projects": "Project", "countries": "Country"}
    return {
        row[0] for row in asked(store, f"SELECT ?s {{ ?s a accsm:{kind[name.split('-')[0]]} }}")
    }


def test_the_gaps_name_stored_questions_or_what_they_show(store: Store) -> None:
    names = {question.name for question in load(store)}
    for gap in look_up(store, load_gaps()):
        assert (gap.shows in (*ROWS, "projects")) != (gap.question in names)


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_changes_the_order_within_plans_only(store: Store, order: str) -> None:
    usual, shown = found(store), found(store, order=order)
    assert list(shown.plans) == list(usual.plans)
    for plan, projects in shown.plans.items():
        assert sorted(map(id_of, projects)) == sorted(map(id_of, usual.plans[plan]))
    for line in shown.lines:
        places = [shown.projects.index(link.project) for link in line.links]
        assert places == sorted(places)


def id_of(project: Any) -> str:
    return str(project.iri)


def test_the_orders_of_the_known_record(known: Store) -> None:
    links = Counter(link.project.number for line in found(known).lines for link in line.links)
    by_links = found(known, order="links").plans["ACCSM Work Plan 2016-2020"]
    assert [links[project.number] for project in by_links] == sorted(
        (links[str(number)] for number in range(1, 25)), reverse=True
    )
    by_time = found(known, order="time").plans["ACCSM Work Plan 2016-2020"]
    assert [project.number for project in by_time][-4:] == ["3", "22", "8", "13"]
    names = [list(project.coordinators.values()) for project in
             found(known, order="coordinator").plans["ACCSM Work Plan 2016-2020"]]  # fmt: skip
    assert names == sorted(names)


def test_a_country_leaves_its_projects_and_all_rows(known: Store) -> None:
    shown = found(known, country="THA")
    assert numbers(shown) == [14, 18, 22, 23, 30, 36, 37, 38]
    assert len(shown.lines) == 17
    line = next(line for line in shown.lines if line.code == "A.2.iii")
    assert (line.of, line.status, line.nobody) == (11, "", "none of its 11 projects is shown")
    assert words.summary(shown).startswith("8 of 41 projects, 17 measures and action lines, ")
    assert words.filters(shown) == {"country": "Coordinated by Thailand"}
    assert {one.code: one.projects for one in shown.countries}["THA"] == 8


def test_a_gap_leaves_its_rows_or_its_projects(known: Store) -> None:
    rows = found(known, gap="targets-without-completion")
    assert (len(rows.lines), len(rows.projects)) == (7, 41)
    assert not any(line.completed for line in rows.lines)
    columns = found(known, gap="projects-without-time", rows="areas")
    assert (len(columns.lines), numbers(columns)) == (5, [8, 13, 39])
    both = found(known, gap="targets-without-completion", country="THA")
    assert (len(both.lines), len(both.projects)) == (7, 8)


def test_an_empty_selection_is_told_in_words(known: Store) -> None:
    assert words.empty(found(known)) == ""
    country = found(known, country="VNM")
    assert words.empty(country) == "None of the 41 projects is coordinated by Viet Nam."
    other = found(known, gap="areas-with-fewest-projects")
    assert words.empty(other).startswith("No measure or action line fits: 1 of 5 priority areas")


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"rows": "x"}, "'x' is no value of rows; choose one of: targets, areas, themes"),
        ({"order": "x"}, "'x' is no value of order; choose one of: number, links"),
        ({"country": "XXX"}, "'XXX' is no value of country; choose one of: BRN, KHM"),
        ({"gap": "x"}, "'x' is no value of gap; choose one of: targets-without-completion"),
        ({"gap": "countries-coordinating-no-project"}, "is no value of gap"),
    ],
)
def test_an_unknown_value_is_refused_with_the_known_ones(
    known: Store, selection: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        found(known, **selection)


def test_the_caveat_has_the_month_of_the_source(known: Store) -> None:
    assert words.caveat(found(known)).startswith("Completion is as printed in April 2017: ")


def test_other_data_has_an_empty_coverage() -> None:
    shown = found(Store())
    assert (shown.lines, shown.plans, shown.gaps) == ([], {}, [])
    assert words.empty(shown) == "The dataset has no projects in work plans."


def test_another_plan_with_the_same_numbers_has_columns_of_its_own(known: Store) -> None:
    several = Store()
    several.extend(known)
    several.update(
        """INSERT DATA {
        <urn:plan> a accsm:WorkPlan ; skos:prefLabel "Plan 2031-2035"@en .
        <https://w3id.org/accsm-kg/id/project/2031-2035/8> a accsm:Project ;
          accsm:projectNumber 8 ; skos:prefLabel "New"@en ; accsm:inWorkPlan <urn:plan> ;
          accsm:timelineStatus accsm-v:not-stated . }""",
        prefixes=prefixes(),
    )
    apart = found(several)
    assert (list(apart.apart.items()), len(apart.plans)) == ([("Plan 2031-2035", 1)], 2)
    (gap,) = (gap for gap in apart.gaps if gap.name == "projects-without-time")
    assert list(gap.members.values()) == ["2016-2020/8", "2031-2035/8", "13", "39"]
    several.update(
        """INSERT DATA {
        <urn:link> accsm:supportTarget <https://w3id.org/accsm-kg/id/measure/ascc-2025/E.1.i> ;
          accsm:supportLinkOf <https://w3id.org/accsm-kg/id/project/2031-2035/8> ;
          accsm:hasEvidence <urn:evidence> .
        <urn:evidence> dcterms:source <https://w3id.org/accsm-kg/id/source/001> ;
          accsm:lineStart 1 ; accsm:locator "Row 1" ; accsm:verbatim "E.1.i" . }""",
        prefixes=prefixes(),
    )
    shown = found(several)
    assert (len(shown.plans), len(shown.projects), shown.links) == (3, 42, 133)


def test_row_names_are_in_the_plural() -> None:
    assert row_names() == {
        "targets": "measures and action lines",
        "areas": "priority areas",
        "themes": "thematic areas",
    }


def test_the_sentence_of_a_gap_begins_with_its_number() -> None:
    assert Gap("x", {"a": "1"}, "of 2 rows is empty", "", "").sentence == "1 of 2 rows is empty"
