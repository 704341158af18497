"""What a newcomer finds by at most three clicks from the home page, without SPARQL."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from serving import Server

if TYPE_CHECKING:
    from playwright import sync_api


@pytest.fixture(params=[True, False], ids=["scripts", "plain"])
def page(
    request: pytest.FixtureRequest, browser: "sync_api.Browser", server: Server
) -> Iterator["sync_api.Page"]:
    context = browser.new_context(java_script_enabled=request.param)
    page = context.new_page()
    page.goto(server.url)
    yield page
    context.close()


def click(page: "sync_api.Page", *names: str) -> None:
    """Click the first link in the content or the head whose name contains each of ``names``."""
    assert len(names) <= 3
    for name in names:
        content = page.locator("main").get_by_role("link", name=name)
        (content if content.count() else page.get_by_role("link", name=name)).first.click()
        page.wait_for_load_state()


def head(page: "sync_api.Page", name: str) -> None:
    """Click the link in the head of the page that has this name."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name).click()
    page.wait_for_load_state()


def test_who_works_on_an_action_line_and_what_the_source_says(page: "sync_api.Page") -> None:
    click(page, "A.2.2.iv Encourage the exchange")
    for country in ("Singapore", "Malaysia", "Thailand", "Cambodia"):
        assert page.locator("main").get_by_role("link", name=country).count() > 0
    words = page.locator("blockquote", has_text="Also supports A.2.2.iv").first
    page.locator("details", has=words).first.locator("summary").click()
    assert words.is_visible()


def test_which_lines_have_no_completed_activity(page: "sync_api.Page") -> None:
    click(page, "have no project with an activity marked completed")
    shown = page.locator("main").inner_text()
    for code in ("A.2.vi", "B.1.iii", "B.2.i", "B.2.ix", "E.1.i", "E.1.x", "A.2.2.iv"):
        assert code in shown


def test_what_is_open_about_a_project(page: "sync_api.Page") -> None:
    click(page, "Projects", "Networking Workshop among Local Government Bodies")
    shown = page.locator("main").inner_text()
    assert "Read with care" in shown
    assert "not stated" in shown


def test_what_a_country_coordinates_hosts_and_signed(page: "sync_api.Page") -> None:
    click(page, "Countries", "Thailand")
    shown = page.locator("main")
    for number in (14, 18, 22, 23, 30, 36, 37, 38):
        assert shown.locator(f'a[href$="/project/2016-2020/{number}"]').count() > 0
    assert shown.get_by_role("link", name="ASEAN Resource Centre of Thailand").count() > 0
    assert shown.get_by_role("link", name="Role of the Civil Service").count() > 0


def test_which_clause_of_2017_tasks_the_accsm(page: "sync_api.Page") -> None:
    click(page, "Documents", "Role of the Civil Service as a Catalyst", "Whom it tasks")
    row = page.locator("#block-document-tasks ~ div tbody tr").first
    assert row.get_by_role("link", name="ASEAN Cooperation on Civil Service Matters").is_visible()
    assert row.get_by_role("link", name="closing paragraph").is_visible()


def test_who_signed_for_malaysia_in_2015(page: "sync_api.Page") -> None:
    click(page, "Documents", "Putrajaya Joint Declaration", "Signatures")
    signatures = page.locator("#block-document-signatures ~ div tr")
    row = signatures.filter(has=page.get_by_role("link", name="Malaysia", exact=True))
    assert "H.E. TAN SRI DR ALI HAMSA" in row.inner_text()
    assert "Chief Secretary to the Government of Malaysia" in row.inner_text()


def test_what_the_2015_declaration_recalls(page: "sync_api.Page") -> None:
    click(page, "Documents", "Putrajaya Joint Declaration", "What it recalls")
    shown = page.locator("#block-document-recalls ~ div")
    for name in ("Bandar Seri Begawan Declaration", "Nay Pyi Taw Declaration", "17th ACCSM"):
        assert shown.get_by_role("link", name=name).first.is_visible()


def test_which_projects_mention_a_word(page: "sync_api.Page") -> None:
    click(page, "gender", "project")
    assert "q=gender" in page.url and "kind=" in page.url
    assert page.locator('main a[href*="/project/2016-2020/29"]').count() > 0


def test_which_projects_name_no_partner_and_no_budget(page: "sync_api.Page") -> None:
    click(page, "All 10", "state neither a budget nor a partner")
    assert page.locator("table.results tbody tr").count() > 2


def test_what_the_press_says_of_a_plan_and_how_far_to_trust_it(page: "sync_api.Page") -> None:
    click(page, "Newspaper report", "by the end of 2025 at the latest")
    shown = page.locator("main").inner_text()
    assert "How far to trust it" in shown
    assert "Its source counts as press: A report in a newspaper." in shown
    assert "2021-2025" in shown


def test_which_claim_a_clause_contradicts(page: "sync_api.Page") -> None:
    click(page, "Web article")
    section = page.locator("section", has=page.get_by_role("heading", name="documents contradict"))
    row = section.locator("tbody tr", has_text="ToR clause 27")
    assert "annual" in row.inner_text()


def test_one_claim_is_cited_with_its_words(page: "sync_api.Page") -> None:
    click(page, "Source 001", "Cite it: Source 001, line 11")
    cited = page.locator("section", has=page.locator("#cite")).inner_text()
    names = ("was established on 8 August 1967", "ASEAN Secretariat", "line 11")
    for part in (*names, "@misc{", "TY  - ", '"container-title"'):
        assert part in cited


def test_a_badge_leads_to_the_line_of_its_source(page: "sync_api.Page") -> None:
    click(page, "Projects", "Networking Workshop among Local Government Bodies")
    page.locator('table.facts a.graph[href*="line="]', has_text="source 001").first.click()
    page.wait_for_load_state()
    assert "/doc/source/001?line=" in page.url
    assert page.locator("li:target blockquote").count() == 1


def test_the_foot_leads_to_the_sources_and_the_quality(page: "sync_api.Page") -> None:
    page.locator("footer").get_by_role("link", name="Sources", exact=True).click()
    page.wait_for_load_state()
    click(page, "Source 003")
    assert "A text of unknown or doubtful origin." in page.locator("main").inner_text()
    page.locator("footer").get_by_role("link", name="Quality", exact=True).click()
    page.wait_for_load_state()
    click(page, "open: ")
    assert page.url.endswith("/quality/issues?confidence=open")


def test_what_changed_in_an_area(page: "sync_api.Page") -> None:
    head(page, "Areas")
    click(page, "Priority area C: leadership")
    changed = page.locator("#block-area-plans + p + .scroll")
    assert "Transformative" in changed.locator("ins").first.inner_text()
    assert "Strengthening" in changed.locator("del").first.inner_text()
    assert "Strengthening leadership became transformative leadership." in changed.inner_text()


def test_which_indicators_have_no_baseline(page: "sync_api.Page") -> None:
    head(page, "Areas")
    click(page, "Indicators", "left blank in the source")
    assert "baseline=" in page.url
    rows = page.locator("table.results tbody tr")
    assert rows.count() > 10
    assert rows.filter(has_text="2014: left blank in the source").count() == rows.count()


def test_who_met_when_and_who_chaired(page: "sync_api.Page") -> None:
    head(page, "Bodies")
    click(page, "ASEAN Cooperation on Civil Service Matters")
    table = page.locator("section", has=page.locator("#block-body-meetings")).last
    row = table.locator("tr", has_text="Senior Officials Meeting of the 22nd ACCSM")
    for words in ("2024", "Brunei Darussalam", "Norfarizal bin Othman", "probable", "source 004"):
        assert words in row.inner_text()
    assert "not stated" in table.locator("tr", has_text="23rd ACCSM").inner_text()
