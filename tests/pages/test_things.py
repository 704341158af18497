"""Pages of things: each fact and block of the profile, against its query on the store."""

import html
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from accsm_server.pages import blocks
from accsm_server.pages.profile import read_profile
from pages.conftest import get
from pyoxigraph import Literal, NamedNode, QuerySolution, QuerySolutions, Store
from serving import running

from accsm_kg.coverage.model import Selection, coverage
from accsm_kg.lookups import Ask
from accsm_kg.namespaces import BASE, prefixes, term
from accsm_kg.query import look_up
from accsm_kg.rdf import query_files
from accsm_kg.rdf.terms import local_name
from accsm_kg.trace.index import index

PAGES = read_profile(prefixes()).pages
SOURCE = NamedNode("http://purl.org/dc/terms/source")
FOLDER = Path(blocks.__file__).parent / "blocks"
#: Things of each class that has a profile, of which each block has lines for one or more.
EXAMPLES = {
    "SupportLink": ["project/2016-2020/33/support/apsc-A.2.2.iv"],
    "Project": [f"project/2016-2020/{number}" for number in (1, 8, 11, 13, 20, 33, 39, 40, 41)],
    "StrategicMeasure": ["measure/ascc-2025/E.1.vii", "measure/ascc-2025/A.2.vi"],
    "ActionLine": ["action-line/apsc-2025/A.2.2.iv"],
    "KeyResultArea": ["kra/ascc-2025/A.2", "kra/ascc-2025/B.1"],
    "ActionLineElement": ["element/apsc-2025/A.2.2"],
    "Blueprint": ["blueprint/apsc-2025", "blueprint/ascc-2025"],
    "Indicator": ["kpi/2016-2020/C.1", "kpi/2016-2020/B.2"],
    "Body": [
        "body/accsm",
        "body/accsm-plus-three",
        "body/accsm-plus-three-som",
        "body/heads-accsm-plus-three",
        "body/asean-network-of-public-service-training-institutes",
        "body/accsm-plus-three-joint-technical-working-group",
        "body/asean",
    ],
    "Meeting": [
        "meeting/accsm/8",
        "meeting/accsm/22/heads",
        "meeting/accsm/22/som",
        "meeting/accsm/23",
        "meeting/asean-summit/27",
        "meeting/heads-of-civil-service-retreat-2015",
    ],
    "MeetingType": ["meeting-type/heads-accsm", "meeting-type/heads-accsm-plus-three"],
    "Event": ["event/accsm-renamed-2015", "event/mental-health-workshop-2024"],
    "Person": ["person/pech-bunthin", "person/norfarizal-bin-othman"],
    "Country": [f"country/{code}" for code in ("THA", "VNM", "CHN", "TLS", "BRN")],
    "CountryGroup": [
        "country-group/asean-plus-three-countries",
        "country-group/clmv-countries",
        "country-group/asean-dialogue-partners",
    ],
    "PriorityArea": ["priority-area/C"],
    "PriorityAreaVersion": ["priority-area/C/2016-2020", "priority-area/E/2026-2030"],
    "ThematicArea": ["thematic-area/1", "thematic-area/3"],
    "ResourceCentre": ["arc/KHM", "arc/PHL", "arc/SGP", "arc/IDN"],
    "SourceText": ["source/001", "source/003", "source/004"],
    "Evidence": ["evidence/001/L99/c6", "evidence/003/L2/statement-2"],
    "CurationIssue": ["issue/annual-meeting", "issue/projects-1-to-11-number-column"],
    "ReportedStatement": ["statement/003/2", "statement/004/3", "statement/000/1"],
    "WorkPlan": [
        "work-plan/accsm/2016-2020",
        "work-plan/accsm/2026-2030",
        "work-plan/accsm-plus-three/2016-2020",
        "work-plan/accsm-plus-three/2021-2025",
    ],
    "Document": [
        f"document/{name}"
        for name in (
            "putrajaya-joint-declaration-2015",
            "luang-prabang-joint-declaration-2010",
            "accsm-terms-of-reference",
            "asean-guidelines-on-public-service-delivery",
            "nay-pyi-taw-declaration-2014",
        )
    ],
    "DocumentPart": [
        f"document/{name}"
        for name in (
            "putrajaya-joint-declaration-2015/clause/vii",
            "accsm-terms-of-reference/clause/18/ii",
            "accsm-terms-of-reference/clause/19",
            "accsm-terms-of-reference/clause/27/row/3",
        )
    ],
}
THINGS = [(name, thing) for name, things in EXAMPLES.items() for thing in things]
BLOCKS = [
    (thing, block) for name, thing in THINGS for block in PAGES[term(f"accsm:{name}").value].blocks
]


class Answer(NamedTuple):
    """What a query in blocks/ answers for one thing, by line, and its header."""

    columns: list[str]
    lines: list[list[QuerySolution]]
    header: dict[str, str]

    def numbers(self) -> list[dict[str, str]]:
        """Return the integers of each line by the name of their column."""
        return [
            {
                name: value.value
                for name in self.columns
                if isinstance(value := rows[0][name], Literal)
                and local_name(value.datatype.value) == "integer"
                and name not in ("line", self.header.get("groups"))
            }
            for rows in self.lines
        ]


def asked(store: Store, name: str, thing: str) -> Answer:
    text = Ask(FOLDER / f"{name}.rq", f"{BASE}id/{thing}").text(BASE)
    header, found = query_files.header(text), store.query(text)
    assert isinstance(found, QuerySolutions)
    columns = [variable.value for variable in found.variables]
    key = [header["line"]] if "line" in header else columns
    unread = ("words", "source", "line", "about")
    key = [name for name in key if name not in unread and not name.endswith("_mark")]
    lines: dict[tuple[object, ...], list[QuerySolution]] = {}
    for row in found:
        lines.setdefault(tuple(row[column] for column in key), []).append(row)
    return Answer(columns, [*lines.values()], header)


def text(markup: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", markup)).split())


def section(page: str, name: str, layout: str, heading: str) -> list[str]:
    """Return the markup of each line of a block; raises IndexError without the block."""
    if layout == "links":
        part = page.split(f'<nav class="tabs" aria-label="{heading}">')[1].split("</nav>")[0]
        return re.findall("<a .*?</a>", part, re.DOTALL)
    part = page.split(f'<h2 id="block-{name}">')[1].split("</section>")[0]
    if layout == "beside":
        return re.findall('<div class="line">.*?(?=<div class="line">|</td>)', part, re.DOTALL)
    if layout == "tree":
        return part.split('<li><span class="kind">')[1:]
    pattern = "<li>.*?</li>" if layout == "sentences" else "<tr(?: data-[^>]*)?>(?:(?!<th).)*?</tr>"
    return re.findall(pattern, part, re.DOTALL)


def test_every_class_and_every_block_has_an_example(store: Store) -> None:
    assert {term(f"accsm:{name}").value for name in EXAMPLES} == set(PAGES)
    named = {name for page in PAGES.values() for name in page.queries}
    assert named == {path.stem for path in FOLDER.glob("*.rq")}
    facts = [(t, n) for c, t in THINGS for n in PAGES[term(f"accsm:{c}").value].queries]
    assert {name for thing, name in facts if asked(store, name, thing).lines} == named


def test_no_profile_hides_that_of_a_narrower_class(store: Store) -> None:
    """The first profile of a class of a thing is that of its page."""
    classes = [*PAGES]
    for place, wider in enumerate(classes):
        found = store.query(
            f"SELECT ?narrower {{ ?narrower <{term('rdfs:subClassOf').value}>+ <{wider}> }}"
        )
        assert isinstance(found, QuerySolutions)
        narrower = {row["narrower"].value for row in found} - {wider}
        assert not narrower.intersection(classes[place:]), wider


@pytest.mark.parametrize(("name", "thing"), THINGS)
def test_a_page_has_the_facts_that_are_stated(
    client: httpx.Client, store: Store, name: str, thing: str
) -> None:
    answer = get(client, f"/doc/{thing}")
    assert answer.status_code == 200
    top = answer.text.partition("All statements")[0]
    profile = PAGES[term(f"accsm:{name}").value]
    this = NamedNode(f"{BASE}id/{thing}")
    for fact in profile.facts:
        stated = any(
            [*store.quads_for_pattern(this, NamedNode(one), None)]
            for one in (fact.property, fact.status)
            if one
        )
        is_shown = f'<th scope="row">{fact.name}</th>' in top
        is_expected = stated or fact.name in profile.expected
        assert is_shown == (is_expected and fact.property != profile.lead), fact.name
        if is_expected and not stated:
            row = top.split(f'<th scope="row">{fact.name}</th>')[1].partition("</tr>")[0]
            assert text(row).startswith("not stated")


@pytest.mark.parametrize(("thing", "name"), BLOCKS)
def test_the_numbers_of_a_block_are_those_of_its_query(
    client: httpx.Client, store: Store, thing: str, name: str
) -> None:
    page, answer = get(client, f"/doc/{thing}").text, asked(store, name, thing)
    heading = answer.header["heading"].format(count=len(answer.lines))
    layout = answer.header.get("layout", "table")
    if not answer.lines:
        assert (f'<h2 id="block-{name}">{heading}</h2>' in page) == ("empty" in answer.header)
        assert html.escape(answer.header.get("empty", ""), quote=False) in page
        return
    assert heading in page
    lines = section(page, name, layout, heading)
    assert len(lines) == len(answer.lines)
    by_line = zip(_in_groups(answer), lines, strict=True)
    for numbers, line in by_line:
        cells = dict(re.findall(r'<td data-column="([^"]*)">(.*?)</td>', line, re.DOTALL))
        for column, number in numbers.items():
            shown = cells[column.replace("_", " ")] if layout == "table" else line
            assert number in text(shown).split(), (column, text(line))


def _in_groups(answer: Answer) -> Iterator[dict[str, str]]:
    """Yield the numbers of the lines in the order of the page: group by group, or row by row."""
    by, numbers = answer.header.get("groups"), answer.numbers()
    first = answer.header.get("rows")

    def places(column: str | None) -> list[object]:
        return list(dict.fromkeys(rows[0][column] if column else None for rows in answer.lines))

    groups, parts = places(by), places(first)
    if first:
        groups.sort(key=str)
    for part, group in product(parts, groups):
        for rows, found in zip(answer.lines, numbers, strict=True):
            placed = (rows[0][first] if first else None, rows[0][by] if by else None)
            if placed == (part, group):
                yield found


def test_a_country_that_coordinates_nothing_says_so(client: httpx.Client, store: Store) -> None:
    projects = len([*store.quads_for_pattern(None, term("rdf:type"), term("accsm:Project"))])
    for code in ("VNM", "CHN", "TLS"):
        page = get(client, f"/doc/country/{code}").text
        assert "Projects that it coordinates" not in page
        assert re.search(r"Coordinates none of the \d+ projects", text(page))
    assert projects


@pytest.mark.parametrize(
    "thing",
    [
        "blueprint/ascc-2025",
        "blueprint/apsc-2025",
        "kra/ascc-2025/E.2",
        "element/apsc-2025/A.2.2",
    ],
)
def test_counts_of_a_line_are_those_of_the_coverage(
    client: httpx.Client, store: Store, thing: str
) -> None:
    lines = {line.iri: line for line in look_up(store, coverage(Selection())).lines}
    known = look_up(store, index()).things
    page = get(client, f"/doc/{thing}").text
    rows = re.findall(r'<td data-column="code">.*?</tr>', page, re.DOTALL)
    assert rows
    for row in rows:
        iri = re.findall(r'title="([^"]*)"', row)[0]
        cells = dict(re.findall(r'<td data-column="([^"]*)">(.*?)</td>', row, re.DOTALL))
        assert int(text(cells["projects"])) == int(known[iri].projects)
        if iri in lines:
            counted = int(text(cells["with a completed activity"]))
            assert (int(text(cells["projects"])), counted) == (
                len(lines[iri].links),
                lines[iri].completed,
            )


def test_the_tabs_count_projects_as_a_trace_does(client: httpx.Client, store: Store) -> None:
    known = look_up(store, index()).things
    page = get(client, "/doc/kra/ascc-2025/E.2").text
    tabs = section(page, "", "links", "In the same blueprint, with the number of projects")
    for tab in tabs:
        (path,) = re.findall(r'href="/doc/([^"]*)"', tab)
        assert text(tab).split()[-1] == str(known[f"{BASE}id/{path}"].projects)


def test_areas_of_a_project_have_their_letters_and_numbers_in_order(client: httpx.Client) -> None:
    page = get(client, "/doc/project/2016-2020/33").text
    page = text(re.sub("<details.*?</details>", "", page, flags=re.DOTALL))
    part = page.partition("Priority areas")[2].partition("Key result areas")[0]
    areas = ["A. Enhancing", "B. Building", "E. Public", "3. Productivity", "5. Public"]
    places = [part.index(area) for area in areas]
    assert places == sorted(places)


def test_a_plan_without_listed_projects_does_not_say_none(client: httpx.Client) -> None:
    told = {years: text(get(client, f"/doc/work-plan/accsm-plus-three/{years}").text)
            for years in ("2016-2020", "2021-2025")}  # fmt: skip
    assert "1 E-governance 0 2 Human" in told["2016-2020"]
    assert "1 E-governance not listed in our sources 2 Human" in told["2021-2025"]


def test_the_name_of_an_area_has_the_words_of_its_source(client: httpx.Client) -> None:
    page = text(get(client, "/doc/thematic-area/1").text)
    part = page.partition("Its names, by source")[2].partition("Projects (")[0]
    assert "(i) E-governance" in part and "line 15" in part


def test_a_group_and_a_party_tell_what_they_pay_for_and_agreed_to(client: httpx.Client) -> None:
    page = text(get(client, "/doc/country-group/asean-dialogue-partners").text)
    assert "Source of money for Review of ASEAN Resource Centre" in page
    page = text(get(client, "/doc/country/CHN").text.partition("All statements")[0])
    assert "Party to Luang Prabang Joint Declaration" in page


def test_completion_is_told_as_of_the_source(client: httpx.Client) -> None:
    page = text(get(client, "/doc/project/2016-2020/33").text)
    assert "Completion not marked completed as of April 2017" in page
    assert "partly marked completed as of April 2017" in text(
        get(client, "/doc/project/2016-2020/20").text
    )


def test_a_line_opens_with_its_words_and_their_place(client: httpx.Client) -> None:
    page = get(client, "/doc/action-line/apsc-2025/A.2.2.iv").text
    assert "<h1>Action line APSC A.2.2.iv</h1>" in page
    top = text(page.partition("<table")[0])
    assert "Encourage the exchange and promotion of best practices" in top
    assert "Source 001, line 203" in top
    assert '<a href="/doc/blueprint/apsc-2025"' in page.partition("</nav>\n<h1")[0]
    assert re.search(r'A\.2\.2\.iv" aria-current="page">A\.2\.2\.iv <', page)


def test_blank_cells_are_not_stated(client: httpx.Client) -> None:
    page = text(get(client, "/doc/project/2016-2020/13").text)
    assert "Time not stated" in page
    assert "Timelines left blank line 108" in page


def test_printed_cells_are_in_the_order_of_the_table_and_of_its_lines(
    client: httpx.Client, store: Store
) -> None:
    numbers = store.query(f"SELECT ?p {{ ?p a <{term('accsm:Project').value}> }} ORDER BY ?p")
    assert isinstance(numbers, QuerySolutions)
    for (project,) in numbers:
        thing = project.value.removeprefix(f"{BASE}id/")
        rows = [
            (line[0]["column"].value, line[0]["place_text"])
            for line in asked(store, "project-row", thing).lines
        ]
        columns = [column for column, _ in rows]
        runs = [one for place, one in enumerate(columns) if columns[place - 1 : place] != [one]]
        assert len(runs) == len(set(runs)), thing
        for column in runs:
            lines = [int(p.value.removeprefix("line ")) for c, p in rows if p and c == column]
            assert lines == sorted(lines), (thing, column)
    page = text(get(client, "/doc/project/2016-2020/11").text)
    first, last = "Knowledge Fair on Bolstering Motivation", "Countries line 104"
    assert 0 < page.index(first) < page.index(last)


def test_the_parts_of_a_printed_cell_that_name_values_are_marked(client: httpx.Client) -> None:
    page = get(client, "/doc/project/2016-2020/33").text
    row = page.split('id="block-project-row"')[1].partition("</section>")[0]
    marked = re.findall("<mark>(.*?)</mark>", row)
    assert marked[:4] == ["A.2", "B.2", "E.1", "A.2.iv"]
    assert {"A.2.2.i", "A", "3", "Public sector reform"} <= set(marked)
    assert f'<tr data-about="{term("accsm:countryCoordinator").value}">' in page
    cell = row.partition("Country Coordinators")[0].rpartition("<tr ")[2]
    assert term("accsm:countryCoordinator").value in cell


def test_what_refers_to_a_thing_is_headed_forwards(client: httpx.Client) -> None:
    page = get(client, "/doc/country/THA").text
    headings = [
        text(one) for one in re.findall(r'<section class="incoming">\n<h3>(.*?)</h3>', page)
    ]
    names = {re.sub(r" \d+$", "", one) for one in headings}
    assert {"hosts ARC", "coordinates", "member of", "Whose “destination” is this"} <= names
    assert not {"hosted by", "country coordinator", "has member"} & names
    relation = {"property": term("accsm:hostedBy").value}
    more = client.get("/doc/country/THA.html", params=relation)
    assert "hosts ARC: Thailand</h1>" in more.text


def test_a_quotation_is_shown_once_and_referred_to(client: httpx.Client) -> None:
    page = get(client, "/doc/project/2016-2020/33").text
    shown = re.findall(r'id="words-(\d+)"', page)
    assert len(shown) == len(set(shown))
    assert set(re.findall(r'href="#words-(\d+)"', page)) <= set(shown)


def test_a_thing_of_which_little_is_stated_has_a_page(tmp_path: Path) -> None:
    path = tmp_path / "data.ttl"
    kinds = "\n".join(
        f"<{BASE}id/{name}> a <{term(f'accsm:{name}').value}> ;"
        f' <{term("skos:prefLabel").value}> "{name} one" .'
        for name in EXAMPLES
    )
    path.write_text(kinds)
    with running(path) as server, httpx.Client(base_url=server.url) as client:
        for name in EXAMPLES:
            page = get(client, f"/doc/{name}")
            assert page.status_code == 200, name
            assert f"{name} one</h1>" in page.text
            assert "None" not in text(page.text.partition("Use this page")[0])


def test_a_long_block_shows_its_first_lines_and_leads_to_all(tmp_path: Path) -> None:
    path, country = tmp_path / "data.ttl", f"<{BASE}id/country/X>"
    names = ("skos:prefLabel", "accsm:projectNumber", "accsm:countryCoordinator",
             "accsm:timelineStatus", "accsm:status", "rdf:type")  # fmt: skip
    label, number, coordinator, time, status, kind = (f"<{term(name).value}>" for name in names)
    project, state = f"<{term('accsm:Project').value}>", f"<{BASE}id/concept/not-stated>"
    lines = [f"{country} {kind} <{term('accsm:Country').value}> . {state} {label} 'not stated' ."]
    lines += [
        f"<{BASE}id/project/{n}> {kind} {project} ; {label} 'P {n}' ; {number} {n} ;"
        f" {coordinator} {country} ; {time} {state} ; {status} {state} ."
        for n in range(1, 202)
    ]
    path.write_text("\n".join(lines))
    with running(path) as server, httpx.Client(base_url=server.url) as client:
        page = get(client, "/doc/country/X").text
    assert "Projects that it coordinates (201)" in page
    assert "The first 100 of 201 are shown" in page
    assert ">P 100</a>" in page and ">P 101</a>" not in page


def test_a_country_has_its_projects_in_time_and_what_they_support_as_pictures(
    client: httpx.Client,
) -> None:
    page = get(client, "/doc/country/THA").text
    for name, kind, path in (
        ("country-projects", "timeline", "/timeline?country=THA"),
        ("country-supports", "matrix", "/coverage?country=THA"),
    ):
        block = page.split(f'id="block-{name}"')[1].partition("</section>")[0]
        drawing = block[block.index("<svg", block.index('role="region" aria-label="Picture')) :]
        assert f'class="{kind}"' in drawing.partition(">")[0]
        heads = re.findall(r'href="([^"]+)" data-row="\d+" data-column="0"', drawing)
        table = block.partition('aria-label="Table')[2]
        assert heads and all(f'href="{head}"' in table for head in heads)
        assert f'href="{path}"' in block
        for form in ("svg", "csv"):
            assert f'href="{path}&amp;format={form}"' in block
            assert client.get(f"{path}&format={form}").status_code == 200
    for code in ("VNM", "CHN", "TLS"):
        page = get(client, f"/doc/country/{code}").text
        assert 'class="picture-box"' not in page
        assert "Coordinates none of the" in page


def test_badges_are_the_sources_of_the_words_each_once(client: httpx.Client, store: Store) -> None:
    dated = NamedNode(f"{BASE}ontology#edtf")
    things = [
        quad.subject for quad in store.quads_for_pattern(None, dated, None)
        if re.search("/id/(?:event|meeting)/", str(quad.subject))
    ]  # fmt: skip
    for thing in set(things):
        sources = {
            str(source.object)[-4:-1]
            for has in store.quads_for_pattern(thing, term("accsm:hasEvidence"), None)
            for _ in store.quads_for_pattern(has.object, term("accsm:aboutProperty"), dated)
            for source in store.quads_for_pattern(has.object, SOURCE, None)
        }
        page = get(client, str(thing)[1:-1].replace(f"{BASE}id/", "/doc/")).text
        row = page.split(f'data-about="{dated.value}"')[1].split("</tr>")[0]
        badges = re.findall(r"source (\d+)", text(row.split('<td class="by">')[1]))
        if sources and badges:
            assert badges == sorted(sources), thing
        assert len(badges) == len(set(badges)), thing
