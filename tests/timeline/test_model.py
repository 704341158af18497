"""The timeline of projects and of the history, against stored questions and the record."""

from collections import Counter
from dataclasses import replace

import pytest
from pyoxigraph import QuerySolutions, Store

from accsm_kg.errors import UnknownNameError
from accsm_kg.namespaces import prefixes
from accsm_kg.query import look_up
from accsm_kg.questions import files
from accsm_kg.timeline.model import Selection, Timeline, timeline

PLAN, HISTORY = Selection(), Selection("history")


def _find(store: Store, selection: Selection) -> Timeline:
    return look_up(store, timeline(selection))


def _ask(store: Store, what: str) -> list[list[str]]:
    results = store.query(what, prefixes=prefixes())
    assert isinstance(results, QuerySolutions)
    return [[getattr(term, "value", "") for term in row] for row in results]


def _question(store: Store, name: str, *values: str) -> list[list[str]]:
    return _ask(store, files.resolve(store, name, list(values)))


def _numbers(found: Timeline) -> list[int]:
    return sorted(int(item.number) for item in found.items)


def test_each_project_is_shown_with_all_its_times(store: Store) -> None:
    found = _find(store, PLAN)
    (counts,) = _ask(store, "SELECT (COUNT(*) AS ?n) WHERE { ?project a accsm:Project }")
    assert [str(len(found.items))] == counts
    (counts,) = _ask(store, "SELECT (COUNT(*) AS ?n) WHERE { ?time accsm:occurrenceOf ?project }")
    assert [str(sum(bool(time.edtf) for time in found.times))] == counts
    recurring = {item.number for item in found.items for time in item.times if not time.edtf}
    assert recurring == {row[0] for row in _question(store, "recurring-projects")}


def test_a_plan_keeps_its_projects(store: Store) -> None:
    found = _find(store, PLAN)
    for plan, count in found.plans.items():
        shown = _find(store, replace(PLAN, plan=plan))
        assert shown.items == [item for item in found.items if item.plan == plan]
        assert len(shown.items) == count
    with pytest.raises(UnknownNameError, match="no value of plan"):
        _find(store, replace(PLAN, plan="Plan B"))


def test_the_years_count_what_the_stored_question_lists(store: Store) -> None:
    years = {row[0]: row[1] for row in _question(store, "projects-by-year")}
    found = _find(store, PLAN)
    assert {str(y.year): str(y.stated) for y in found.years if y.stated} == years
    for year in found.years:
        may_run = _question(store, "projects-that-may-run-in-year", f"year={year.year}")
        assert year.stated + year.possible == len(may_run) == len(found.in_year(year.year))


def test_the_known_projects_per_year_and_without_time(known: Store) -> None:
    found = _find(known, PLAN)
    stated = {year.year: year.stated for year in found.years}
    assert stated == {2016: 7, 2017: 18, 2018: 18, 2019: 8, 2020: 3}
    numbers = {status: [item.number for item in items] for status, items in found.undated.items()}
    assert numbers == {"not stated": ["13", "39"], "to be determined": ["8"]}
    assert found.issued == ["2017-04"]
    done = [item.number for item in found.items for time in item.times if time.is_done]
    assert sorted(done, key=int) == ["4", "11", "20", "25"]


def test_projects_without_time_are_those_of_the_stored_question(store: Store) -> None:
    found = {(status, item.number) for status, items in _find(store, PLAN).undated.items()
             for item in items}  # fmt: skip
    assert found == {(row[0], row[1]) for row in _question(store, "projects-without-time")}


def test_each_precision_has_its_shape_and_recurrences_their_months(known: Store) -> None:
    items = {item.number: item for item in _find(known, PLAN).items}
    shapes = {number: [mark.shape for time in items[number].times for mark in time.marks]
              for number in ("14", "5", "21", "1", "33", "41", "3")}  # fmt: skip
    assert shapes == {
        "14": ["day"], "5": ["month"], "21": ["quarter"], "1": ["year"], "33": ["range"],
        "41": ["onwards"], "3": ["yearly"] * 5,
    }  # fmt: skip
    (annually,) = items["22"].times
    assert [round(mark.start % 1 * 12) for mark in annually.marks] == [1] * 5
    assert [round(mark.end % 1 * 12) for mark in annually.marks] == [3] * 5
    assert items["12"].times[0].note == "Concept"
    assert items["25"].times[0].places == ["Beijing", "Shanghai"]


def test_projects_of_a_country_or_an_area(known: Store) -> None:
    thailand = replace(PLAN, country="THA")
    assert _numbers(_find(known, thailand)) == [14, 18, 22, 23, 30, 36, 37, 38]
    assert len(_find(known, replace(PLAN, area="D")).items) == 2
    assert _find(known, replace(thailand, area="D")).items == []
    assert [group.label for group in _find(known, thailand).groups] == ["Thailand"]


def test_a_choice_counts_what_it_leads_to(store: Store) -> None:
    for whole in (PLAN, HISTORY):
        found = _find(store, whole)
        for choice in found.countries:
            assert len(_find(store, replace(whole, country=choice.code)).items) == choice.count
        for choice in found.areas:
            assert len(_find(store, replace(whole, area=choice.code)).items) == choice.count


def test_a_country_without_projects_says_so(known: Store) -> None:
    found = _find(known, replace(PLAN, country="VNM"))
    assert not found.items
    assert found.empty == "No time is stated for projects coordinated by Viet Nam."


def test_a_year_keeps_the_times_that_touch_it(known: Store) -> None:
    found = _find(known, replace(PLAN, year="2020"))
    assert _numbers(found) == [3, 9, 22, 23, 28, 36, 41]
    assert found.span == (2020, 2020)
    assert {time.words for item in found.items if item.number == "36" for time in item.times} == {
        "2020"
    }


def test_a_project_stands_below_each_coordinator_or_area(known: Store) -> None:
    groups = {g.label: len(g.items) for g in _find(known, PLAN).groups}
    assert groups["Thailand"] == groups["Philippines"] == 8
    by_area = _find(known, replace(PLAN, group="area")).groups
    assert [len(group.items) for group in by_area] == [20, 23, 12, 2, 16]


def test_the_history_has_all_events_and_meetings_by_decade(store: Store) -> None:
    found = _find(store, HISTORY)
    kinds = Counter(item.kind for item in found.items)
    for kind, name in (("event", "Event"), ("meeting", "Meeting")):
        (counts,) = _ask(store, f"SELECT (COUNT(*) AS ?n) WHERE {{ ?x a accsm:{name} }}")
        assert counts == [str(kinds[kind])]
    dated = _ask(store, "SELECT DISTINCT ?x WHERE { VALUES ?c { accsm:Event accsm:Meeting } "
                 "?x a ?c ; accsm:earliestStart ?start }")  # fmt: skip
    assert len(found.dated) == len(dated)
    for group in found.groups:
        for item in group.items:
            assert all(group.span[0] <= year <= group.span[1] for year in item.years)


def test_the_history_names_the_sources_with_their_reliability(known: Store) -> None:
    found = {item.label: item for item in _find(known, HISTORY).items}
    heads = found["Heads of Civil Service Meeting of the 22nd ACCSM"]
    assert [(s.number, s.reliability) for s in heads.sources] == [("003", "low"), ("004", "press")]
    assert found["Establishment of ASEAN"].times[0].words == "8 August 1967"
    assert all(item.sources for item in found.values())
    assert _find(known, HISTORY).years[0].year == 1967


@pytest.mark.parametrize("selection", [
    Selection("plans"), replace(PLAN, country="XXX"), replace(PLAN, area="Z"),
    replace(PLAN, group="year"), replace(PLAN, year="1815"), replace(PLAN, year="x"),
    replace(HISTORY, area="Z"),
])  # fmt: skip
def test_an_unknown_value_is_refused_with_those_that_exist(
    known: Store, selection: Selection
) -> None:
    with pytest.raises(UnknownNameError, match="choose one"):
        _find(known, selection)


def test_another_dataset_has_nothing() -> None:
    assert _find(Store(), PLAN).years == []
    assert _find(Store(), HISTORY).items == []


def test_another_plan_lengthens_the_years(known: Store) -> None:
    both = Store()
    both.extend(known)
    both.update("""
        INSERT DATA {
          <urn:p> a accsm:Project ; accsm:projectNumber 1 ; skos:prefLabel "Next" ;
            accsm:inWorkPlan <urn:plan> ; accsm:hasOccurrence <urn:o> ;
            accsm:mayRunInYear 2023 ; accsm:coversYear 2023 .
          <urn:plan> skos:prefLabel "Plan 2021-2025" ; accsm:periodStart 2021 ;
            accsm:periodEnd 2025 .
          <urn:o> accsm:edtf "2023-05" ; accsm:earliestStart "2023-05-01" ;
            accsm:datePrecision accsm-v:month ; accsm:verbatim "May 2023" .
        }
    """, prefixes=prefixes())  # fmt: skip
    found = _find(both, PLAN)
    assert [year.year for year in found.years] == [*range(2016, 2026)]
    assert [item.label for item in found.in_year(2023)] == ["Next"]
    assert found.groups[-1].label == "coordinator not stated"
    assert len(found.items) == len(_find(known, PLAN).items) + 1
