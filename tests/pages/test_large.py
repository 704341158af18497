"""Pages over a dataset of which a page can show a part only."""

import csv
import re
from collections.abc import Iterator
from io import StringIO

import httpx
import pytest
from pages.conftest import get
from serving import running

from accsm_kg.namespaces import BASE

COUNT = 1000
LONG = "x" * 10_000  # so that a list of COUNT has more bytes than a page reads of one thing
NOBODY = 400  # measures without a project
PREFIXES = f"""\
@prefix accsm: <{BASE}ontology#> .
@prefix id: <{BASE}id/> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHARED = """\
accsm:Project a <http://www.w3.org/2002/07/owl#Class> .
<{base}id/source/1> a accsm:SourceText ; skos:prefLabel "Source 1" ; accsm:reliability id:high .
id:high skos:prefLabel "high" .
id:year skos:prefLabel "year" .
id:none skos:prefLabel "not stated" .
<{base}id/country/THA> a accsm:Country ; skos:prefLabel "Thailand" ; accsm:alpha3 "THA" .
<{base}id/blueprint/1> a accsm:Blueprint ; skos:prefLabel "Blueprint" .
<{base}id/evidence/1> a accsm:Evidence ; dcterms:source <{base}id/source/1> ;
  accsm:lineStart 1 ; accsm:locator "cell" ; accsm:verbatim "words" .
"""
EACH = """\
<{base}id/plan/{plan}> a accsm:WorkPlan ; skos:prefLabel "Plan {plan}" ;
  accsm:periodStart 2024 ; accsm:periodEnd 2025 .
<{base}id/project/{n}> a accsm:Project ; accsm:projectNumber {n} ; skos:prefLabel "{n} {long}" ;
  accsm:inWorkPlan <{base}id/plan/{plan}> ; accsm:countryCoordinator <{base}id/country/THA> ;
  accsm:status id:none ; accsm:timelineStatus id:none ; accsm:supports <{base}id/measure/{n}> .
<{base}id/measure/{n}> a accsm:StrategicMeasure ; skos:notation "M.{n}" ; skos:prefLabel "M.{n}" ;
  accsm:inBlueprint <{base}id/blueprint/1> .
<{base}id/link/{n}> accsm:supportTarget <{base}id/measure/{n}> ;
  accsm:supportLinkOf <{base}id/project/{n}> ; accsm:hasEvidence <{base}id/evidence/1> .
<{base}id/issue/{n}> a accsm:CurationIssue ; dcterms:description "Issue {n} {long}" .
<{base}id/meeting/{n}> a accsm:Meeting ; skos:prefLabel "Meeting {n}" ; accsm:edtf "2024" ;
  accsm:coversYear 2024 ; accsm:earliestStart "2024-01-01"^^xsd:date ; accsm:datePrecision id:year .
"""
UNSUPPORTED = """\
<{base}id/measure/none-{n}> a accsm:StrategicMeasure ; skos:notation "N.{n}" ;
  skos:prefLabel "N.{n}" ; accsm:inBlueprint <{base}id/blueprint/1> .
"""


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    path = tmp_path_factory.mktemp("large") / "data.ttl"
    plans = (n // 10 if n > 200 else 0 for n in range(COUNT))
    each = (EACH.format(base=BASE, n=n, plan=plan, long=LONG) for n, plan in enumerate(plans))
    rest = (UNSUPPORTED.format(base=BASE, n=n) for n in range(NOBODY))
    path.write_text("".join([PREFIXES, SHARED.format(base=BASE), *each, *rest]))
    with running(path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


@pytest.mark.parametrize(
    "path", ["/", "/projects", "/quality", "/quality/issues", "/coverage", "/timeline"]
)
def test_a_list_of_the_whole_dataset_may_be_longer_than_a_page(
    large: httpx.Client, path: str
) -> None:
    page = get(large, path)
    assert page.status_code == 200, page.text[-500:]


def test_a_coverage_shows_as_many_projects_and_rows_as_a_page_has_room_for(
    large: httpx.Client,
) -> None:
    page = get(large, "/coverage").text
    rows = COUNT + NOBODY
    assert f"150 of {COUNT} projects, 300 of {rows} measures and action lines, 150 links." in page
    assert "A page shows at most 150 projects and 300 measures and action lines; all are in" in page
    assert page.count('data-column="0"') == 300
    assert re.search(r"Other plans: .* and \d+ more", page)
    found = list(csv.DictReader(StringIO(large.get("/coverage.csv").text)))
    assert len({row["row"] for row in found}) == rows
    assert len({row["project"] for row in found if row["project"]}) == COUNT


def test_a_timeline_shows_the_first_items_of_a_plan_or_a_year(large: httpx.Client) -> None:
    page = get(large, "/timeline?scale=history").text
    assert f"{COUNT} events and meetings in 2024; a time is stated for {COUNT}" in page
    assert f"The first 150 are shown; {COUNT - 150} more are in the" in page
    assert page.count('data-column="Precision"') == 150
    assert large.get("/timeline.csv?scale=history").text.count("\n") == COUNT + 1


@pytest.mark.parametrize("path", ["/", "/trace", "/trace/M.1"])
def test_the_first_measures_are_offered_for_a_trace(large: httpx.Client, path: str) -> None:
    page = get(large, path).text
    assert 100 <= page.count("<option") <= 101
    assert f"of {COUNT + NOBODY}" in page and 'href="/targets"' in page


def test_the_first_things_of_each_kind_are_offered_for_a_trace(large: httpx.Client) -> None:
    page = get(large, "/trace").text
    assert page.count('href="/trace/') < 400
    assert f"These are the first 100 of {COUNT}." in page


def test_a_page_that_cannot_be_made_says_so_to_its_reader(large: httpx.Client) -> None:
    page = get(large, "/doc/country/THA")
    assert page.status_code == 400
    assert "The page cannot be made" in page.text
    assert "A page shows at most 8 MiB." in page.text
    assert "LIMIT" not in page.text
