"""Lists of things: filters, sorting, pages and formats."""

import csv
import json
from collections import Counter
from io import StringIO
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from accsm_server.pages import lists
from accsm_server.pages.profile import list_paths, read_profile
from pages.conftest import get
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store, parse
from serving import running

from accsm_kg.lookups import Ask, Rows
from accsm_kg.namespaces import prefixes, term
from accsm_kg.query import rows
from accsm_kg.rdf.terms import natural

PROFILE = read_profile(prefixes()).lists
FOLDER = Path(lists.__file__).parent / "lists"


def table(client: httpx.Client, path: str, **chosen: str) -> list[dict[str, str]]:
    answer = client.get(path, params={**chosen, "format": "csv"})
    assert answer.headers["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(StringIO(answer.text)))


def facets(store: Store, path: str) -> Rows:
    return rows(store, Ask(FOLDER / f"{path[1:]}-facets.rq"))


@pytest.mark.parametrize("path", list_paths())
def test_a_list_has_a_row_for_each_thing(client: httpx.Client, store: Store, path: str) -> None:
    things = {
        str(quad.subject)[1:-1]
        for kind in PROFILE[path].classes
        for quad in store.quads_for_pattern(None, term("rdf:type"), NamedNode(kind))
    }
    found = [row["thing"] for row in table(client, path)]
    assert sorted(found) == sorted(things)
    page = get(client, path).text
    assert f'<p role="status">{len(things)} ' in page
    assert json.loads(client.get(path, params={"format": "json"}).text) == table(client, path)
    turtle = client.get(path, headers={"Accept": "text/turtle"})
    described = {str(q.subject)[1:-1] for q in parse(turtle.content, format=RdfFormat.TURTLE)}
    assert set(found) <= described


@pytest.mark.parametrize("path", list_paths())
def test_every_facet_counts_and_leads_to_the_things_with_its_value(
    client: httpx.Client, store: Store, path: str
) -> None:
    counts = Counter((row["facet"], row["value"]) for row in facets(store, path))
    assert {facet for facet, _ in counts} <= set(PROFILE[path].facets)
    page = get(client, path).text
    for (facet, value), count in counts.items():
        assert len(table(client, path, **{facet: value})) == count, (facet, value)
        link = f'{path}?{urlencode({facet: value})}">'.replace("&", "&amp;")
        shown = page.partition(link)[2].partition("</li>")[0]
        assert f'<span class="count">{count}</span>' in shown, (facet, value)


@pytest.mark.parametrize(
    ("path", "facet", "some", "none", "column"),
    [("/countries", "coordinates", "a project", "no project", "coordinates_projects"),
     ("/countries", "centre", "hosts one", "hosts none", "hosts_centres"),
     ("/targets", "completion", "some activity marked completed", "no activity marked completed",
      "with_a_completed_activity")],
)  # fmt: skip
def test_a_facet_says_what_a_column_counts(
    client: httpx.Client, path: str, facet: str, some: str, none: str, column: str
) -> None:
    zero = [row[column] == "0" for row in table(client, path, **{facet: none})]
    others = [row[column] == "0" for row in table(client, path, **{facet: some})]
    assert zero and all(zero)
    assert others and not any(others)


def test_projects_are_chosen_by_their_action_lines(client: httpx.Client, store: Store) -> None:
    supporting = {
        str(quad.subject)[1:-1]
        for quad in store.quads_for_pattern(None, term("accsm:alsoSupports"), None, DefaultGraph())
    }
    chosen = table(client, "/projects", lines="supports an action line")
    others = table(client, "/projects", lines="supports no action line")
    assert {row["thing"] for row in chosen} == supporting
    assert {row["thing"] for row in others} == {
        row["thing"] for row in table(client, "/projects")
    } - supporting


def test_filters_are_removed_one_by_one(client: httpx.Client) -> None:
    page = get(client, "/projects?country=Thailand&completion=not+stated").text
    assert 'href="/projects?completion=not+stated">Coordinated by: Thailand' in page
    assert 'href="/projects?country=Thailand">Completion: not stated' in page
    both = table(client, "/projects", country="Thailand", completion="not stated")
    assert {row["thing"] for row in both} == {
        row["thing"] for row in table(client, "/projects", country="Thailand")
    } & {row["thing"] for row in table(client, "/projects", completion="not stated")}


def test_a_list_without_things_says_how_to_go_on(client: httpx.Client) -> None:
    page = get(client, "/projects?country=Atlantis").text
    assert "No project has all of these." in page
    assert '<a href="/projects">Show all</a>' in page
    assert table(client, "/projects", country="Atlantis") == []


@pytest.mark.parametrize("sort", ["number", "-number", "thing", "-measures_and_lines"])
def test_a_list_is_sorted_by_a_column(client: httpx.Client, sort: str) -> None:
    found = table(client, "/projects", sort=sort)
    column = {"thing": "thing_text"}.get(sort, sort.removeprefix("-"))
    values = [natural(row[column]) for row in found]
    assert values == sorted(values, reverse=sort.startswith("-"))


@pytest.mark.parametrize(
    ("query", "said"),
    [("contry=Thailand", "The list has no 'contry'; it has: plan, "),
     (f"country={'x' * 1001}", "A value has at most 1000 characters."),
     ("sort=colour", "the columns are number, thing, "), ("page=x", "page='x'"),
     ("page=2", "The list has no page 2")],
)  # fmt: skip
def test_what_a_list_does_not_have_is_said(client: httpx.Client, query: str, said: str) -> None:
    answer = client.get(f"/projects?{query}", headers={"Accept": "*/*"})
    assert answer.status_code == (404 if query == "page=2" else 400)
    assert said in answer.text


@pytest.mark.parametrize("path", list_paths())
def test_classes_with_a_list_lead_to_it(client: httpx.Client, path: str) -> None:
    for kind in PROFILE[path].classes:
        answer = client.get(f"/browse/{kind.rpartition('#')[2]}?format=csv")
        moved = urlsplit(answer.headers["Location"])
        assert (answer.status_code, moved.path) == (301, path)
        assert parse_qs(moved.query)["format"] == ["csv"]


def test_another_dataset_has_no_such_lists(tmp_path: Path) -> None:
    (tmp_path / "data.nt").write_text("<https://e.org/a> <https://e.org/b> <https://e.org/c> .\n")
    with running(tmp_path / "data.nt") as server:
        page = httpx.get(server.url, headers={"Accept": "text/html"}).text
        for path in list_paths():
            assert f'href="{path}"' not in page
            answer = httpx.get(server.url + path)
            assert (answer.status_code, "This dataset has no" in answer.text) == (404, True)


def test_links_keep_what_is_chosen(client: httpx.Client) -> None:
    page = get(client, "/projects?country=Thailand&sort=thing").text
    for link in {part.partition('"')[0] for part in page.split('href="/projects?')[1:]}:
        given = parse_qs(urlsplit(f"?{link}".replace("&amp;", "&")).query)
        assert "sort" in given


def test_names_in_a_cell_are_sorted_and_none_is_said(client: httpx.Client) -> None:
    for path, column in (("/projects", "coordinated_by"), ("/countries", "groups")):
        cells = [row[column].split(", ") for row in table(client, path)]
        assert any(len(names) > 1 for names in cells)
        assert all(names == sorted(names) and "" not in names for names in cells)
    groups = {row["code"]: row["groups"] for row in table(client, "/countries")}
    assert groups["TLS"] == "none"


def test_a_kind_leads_to_its_part_of_a_list(client: httpx.Client) -> None:
    page = get(client, "/").text
    for kind, count in (("action+line", 4), ("strategic+measure", 13)):
        assert f'<a href="/targets?kind={kind}"><strong>{count}</strong>' in page
        assert (
            f"{count} measures and action lines with:" in get(client, f"/targets?kind={kind}").text
        )
    assert (
        'href="/targets?kind=action+line"'
        in get(client, "/doc/action-line/apsc-2025/A.2.2.iv").text
    )
    moved = client.get("/browse/ActionLine?format=csv")
    assert moved.headers["Location"] == "/targets?kind=action+line&format=csv"


@pytest.mark.parametrize("path", [*PROFILE])
def test_a_value_that_nothing_has_is_answered_with_those_there_are(
    client: httpx.Client, path: str
) -> None:
    for facet, title in PROFILE[path].facets.items():
        page = get(client, f"{path}?{facet}=zzz").text
        assert f"“{title}” has no value “zzz”. It has: <a" in page, facet
