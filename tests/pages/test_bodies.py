"""Bodies, meetings, persons and events: who reports to whom, who met when, and who says so."""

import re
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import pytest
from pages.conftest import get
from pages.test_lists import table
from pages.test_things import asked, text
from pyoxigraph import Store
from serving import running

from accsm_kg.namespaces import BASE, term


def block(client: httpx.Client, path: str, name: str) -> str:
    page = get(client, path).text
    return page.split(f'<h2 id="block-{name}">')[1].split("</section>")[0]


def fact(client: httpx.Client, path: str, name: str) -> str:
    page = get(client, path).text.partition("All statements")[0]
    return text(page.split(f'<th scope="row">{name}</th>')[1].partition("</tr>")[0])


def test_reporting_is_a_picture_and_a_nested_list(client: httpx.Client) -> None:
    part = block(client, "/doc/body/accsm-plus-three", "body-reporting")
    picture, _, nested = part.partition("</svg>")
    names = ["ASEAN Plus Three Summit", "Foreign", "on Civil Service Matters"]
    assert all(name in picture for name in names)
    assert 'class="pic-card-strong"' in picture
    assert re.search(
        "Summit passes reports on to it: ASEAN Plus Three Foreign Ministers Meeting"
        ".*reports through it: ASEAN Plus Three Cooperation on Civil Service Matters . source 001",
        text(nested),
    )
    assert nested.count("<ul>") == 2
    assert "We will report our progress" in nested


def test_groups_do_not_stand_beside_members(client: httpx.Client, store: Store) -> None:
    members = fact(client, "/doc/body/accsm-plus-three", "Members")
    assert "Viet Nam" in members and "Japan" in members
    assert "Member States" not in members and "Countries" not in members
    groups = fact(client, "/doc/body/accsm-plus-three", "Members as groups")
    assert "ASEAN Member States" in groups and "Plus Three Countries" in groups


def test_the_rule_of_the_chair_is_apart_from_who_held_it(client: httpx.Client) -> None:
    rule = text(block(client, "/doc/body/accsm", "body-chair"))
    assert "rotated among ASEAN Member States in alphabetical order" in rule
    assert "2 years" in rule and "Cambodia" not in rule
    held = text(block(client, "/doc/body/accsm", "body-terms"))
    assert re.search("chair Cambodia 2024-2026 2024 2026 probable . source 004", held)


def test_a_schedule_is_a_rule_and_no_meeting(client: httpx.Client, store: Store) -> None:
    meetings = asked(store, "body-meetings", "body/accsm").lines
    kind = term("accsm:Meeting")
    for rows in meetings:
        assert any(store.quads_for_pattern(rows[0]["meeting"], term("rdf:type"), kind))
    schedule = text(block(client, "/doc/body/accsm", "schedule"))
    assert "None of them says that a meeting took place." in schedule
    assert "(read by the curator)" in schedule
    assert "Early part of the first year of Chairmanship" in schedule
    assert "Chairmanship" not in text(block(client, "/doc/body/accsm", "body-meetings"))


def test_a_mandate_is_quoted_with_its_clause(client: httpx.Client, store: Store) -> None:
    part = block(client, "/doc/body/accsm", "body-mandate")
    assert "We task the ACCSM, as the lead" in text(part)
    assert '/doc/document/asean-declaration-role-of-civil-service-2017/closing/1"' in part
    none = text(block(client, "/doc/body/asean", "body-mandate"))
    assert "No clause in our sources gives it a task." in none


def test_a_body_without_meetings_says_so(client: httpx.Client) -> None:
    assert "Our sources report no meeting of it." in text(
        block(client, "/doc/body/asean", "body-meetings")
    )
    assert fact(client, "/doc/body/asean", "Reports to") == "not stated"


def test_names_have_their_time(client: httpx.Client) -> None:
    names = text(block(client, "/doc/body/accsm", "body-names"))
    assert "ASEAN Conference on Civil Service Matters ACCSM 1981 - 17 November 2015" in names
    assert "17 November 2015 onwards" in names


@pytest.mark.parametrize(
    ("meeting", "held"),
    [("accsm/22/heads", "2024 known to the year · probable"),
     ("accsm/8", "January 1995 known to the month"),
     ("heads-of-civil-service-retreat-2015", "17 November 2015 known to the day")],
)  # fmt: skip
def test_a_meeting_tells_how_well_its_date_is_known(
    client: httpx.Client, meeting: str, held: str
) -> None:
    assert fact(client, f"/doc/meeting/{meeting}", "Date").startswith(held)


def test_what_no_source_states_of_a_meeting_is_said(client: httpx.Client) -> None:
    for name in ("Date", "Place"):
        assert fact(client, "/doc/meeting/accsm/23", name) == "not stated"
    assert fact(client, "/doc/meeting/accsm/22/heads", "Chaired by") == "not stated"


def test_sources_stand_side_by_side(client: httpx.Client, store: Store) -> None:
    part = block(client, "/doc/meeting/accsm/22/heads", "said")
    heads = [text(head) for head in re.findall('<th scope="col">(.*?)</th>', part)]
    assert [head[2:12] for head in heads] == ["source 003", "source 004"]
    assert "(low reliability)" in heads[0] and "(press)" in heads[1]
    lines = asked(store, "said", "meeting/accsm/22/heads").lines
    for place, source in enumerate(("003", "004")):
        cells = re.findall("<td data.*?</td>", part, re.DOTALL)[place::2]
        said = sum(cell.count('<div class="line">') for cell in cells)
        assert said == sum(str(rows[0]["stated_by"]).endswith(f"{source}>") for rows in lines)


def test_what_sources_report_is_narrowed_to_a_topic(client: httpx.Client, store: Store) -> None:
    topics = {
        str(rows[0]["topic"]) for rows in asked(store, "said", "meeting/accsm/22/heads").lines
    }
    path = "/doc/meeting/accsm/22/heads"
    whole = block(client, path, "said")
    assert whole.count('<tr><th scope="row">') == len(topics) > 5
    link = f"{path}?topic={quote_plus('meeting arrangements')}"
    assert f'href="{link}#block-said"' in whole
    narrow = block(client, link, "said")
    assert narrow.count('<tr><th scope="row">') == 1
    assert "The Empire Brunei" in text(narrow)
    assert re.search('aria-current="page">meeting arrangements', narrow)
    unknown = block(client, f"{path}?topic=nothing", "said")
    assert "There is no topic “nothing” here: all topics are shown." in text(unknown)
    assert unknown.count('<tr><th scope="row">') == len(topics)
    turtle = client.get(link, headers={"Accept": "text/turtle"})
    assert turtle.headers["Content-Type"].startswith("text/turtle")


def test_meetings_of_a_kind_lead_to_each_other(client: httpx.Client) -> None:
    page = get(client, "/doc/meeting/asean-summit/26").text
    tabs = page.split('aria-label="Meetings of the kind, or of the body, in our sources">')[
        1
    ].split("</nav>")[0]
    assert text(tabs) == (
        "Previous in our sources: 25th ASEAN Summit Next in our sources: 27th ASEAN Summit"
    )
    page = get(client, "/doc/meeting/accsm/22/heads").text
    assert "Previous in our sources: Heads of Civil Service Meeting of the 17th ACCSM" in page
    assert "Next in" not in text(page.partition("<table")[0])
    page = get(client, "/doc/meeting/accsm/8").text
    assert "Next in our sources: Heads of Civil Service Meeting of the 17th ACCSM" in page


def test_a_meeting_has_its_documents_events_and_contradictions(client: httpx.Client) -> None:
    retreat = "/doc/meeting/heads-of-civil-service-retreat-2015"
    assert "Putrajaya Joint Declaration" in text(block(client, retreat, "meeting-documents"))
    assert "Change of ACCSM's name" in text(block(client, retreat, "events"))
    part = block(client, "/doc/meeting/accsm/22/heads", "contradictions")
    assert "described as annual" in text(part)
    assert '/doc/document/accsm-terms-of-reference/clause/27"' in part


def test_a_person_has_signatures_with_the_title_as_printed(client: httpx.Client) -> None:
    signed = text(block(client, "/doc/person/pech-bunthin", "person-signatures"))
    assert "Minister of Civil Service / Chairman of Public Administrative Reform" in signed
    chaired = text(block(client, "/doc/person/norfarizal-bin-othman", "person-chairs"))
    assert "Senior Officials Meeting of the 22nd ACCSM" in chaired


def test_a_resource_centre_can_be_traced(client: httpx.Client) -> None:
    page = get(client, "/doc/arc/KHM").text
    link = re.findall(r'href="(/trace/[^"]*)"', page)[0]
    answer = client.get(link, headers={"Accept": "text/html"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "ASEAN Resource Centre of Cambodia" in answer.text


def test_lists_of_bodies_and_meetings_say_what_is_not_stated(client: httpx.Client) -> None:
    meetings = {row["thing"]: row for row in table(client, "/meetings")}
    assert meetings[f"{BASE}id/meeting/accsm/23"]["date"] == "not stated"
    assert meetings[f"{BASE}id/meeting/accsm/22/som"]["remark"] == "probable"
    bodies = {row["thing"]: row for row in table(client, "/bodies")}
    assert bodies[f"{BASE}id/body/accsm"]["reports_to"] == "ASEAN Socio-Cultural Community Council"
    assert "9-10 October 2013" in get(client, "/meetings").text


def test_who_reports_in_a_circle_is_drawn_once(tmp_path: Path) -> None:
    body, reports, label = (
        f"<{term(name).value}>" for name in ("accsm:Body", "accsm:reportsTo", "skos:prefLabel")
    )
    path, one, other, top = tmp_path / "data.trig", *(f"<{BASE}id/body/{n}>" for n in "abc")
    lines = [f"{each} a {body} ; {label} '{each[-2]}' ." for each in (one, other, top)]
    lines += [f"{one} {reports} {other}, {top} . {other} {reports} {one} ."]
    path.write_text(f"<{BASE}graph/source/001> {{ {' '.join(lines)} }}")
    with running(path) as server, httpx.Client(base_url=server.url) as client:
        part = block(client, "/doc/body/a", "body-reporting")
    assert part.count("reports to it:") == 2


def test_many_reports_are_folded_by_source_with_their_number(client: httpx.Client) -> None:
    page = get(client, "/doc/body/accsm").text
    section = page.partition('id="block-mentions"')[2].partition("</section>")[0]
    folded = re.findall(r"<summary>([^<]*\): (\d+))</summary>(.*?)</details>", section, re.DOTALL)
    assert any("Source 003" in said and "low reliability" in said for said, _, _ in folded)
    for _, count, rows in folded:
        assert len(re.findall("<tr>", rows)) - 1 == int(count)  # without the heads
