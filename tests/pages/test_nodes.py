"""Blank nodes are described where they are used: in documents and as nested rows of pages."""

import html
import re
from collections.abc import Iterator

import httpx
import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse
from serving import running

from accsm_kg.namespaces import BASE

PREFIXES = f"""
PREFIX : <{BASE}id/> PREFIX accsm: <{BASE}ontology#>
PREFIX ex: <http://example.org/> PREFIX graph: <{BASE}graph/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
"""
#: What is said about :office, also by way of blank nodes; and a loop, which both graphs describe.
OFFICE = """
:office ex:address [ ex:city "Jakarta" ; ex:geo [ ex:lat "6.2" ] ] ; ex:empty [] ; ex:loop _:a ;
  ex:units ( :unit "Second" [ ex:name "Third" ] ) .
_:a ex:name "A" ; ex:next _:b . _:b ex:name "B" ; ex:next _:a .
:plan ex:member [ ex:person :office ; ex:role "chair" ] ; ex:order ( :unit :office ) .
[] ex:target :office ; ex:body "Remark" .
"""
ELSEWHERE = """
:other ex:address [ ex:city "Manila" ] .
[] a accsm:Site ; ex:address [ ex:city "Hanoi" ] .
:unit ex:deep [ ex:in [ ex:in [ ex:in [ ex:in [ ex:in [ ex:in [ ex:in "bottom" ] ] ] ] ] ] ] .
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    file = tmp_path_factory.mktemp("nodes") / "data.trig"
    long = "\n".join(f":long ex:item [ ex:number {number} ] ." for number in range(11_000))
    items = " ".join(f'"{number}"' for number in range(1500))
    said = 'graph:two { _:a ex:said "elsewhere" }'
    file.write_text(
        f"{PREFIXES} graph:one {{ {OFFICE} {ELSEWHERE} {long} :list ex:items ( {items} ) }} {said}"
    )
    with running(file) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        yield client


def page(client: httpx.Client, name: str) -> str:
    answer = client.get(f"/doc/{name}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


def canonical(quads: Dataset) -> set[str]:
    quads.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return set(map(str, quads))


@pytest.mark.parametrize("name", ["ttl", "jsonld", "nt", "rdf"])
def test_a_document_holds_what_its_blank_nodes_say(client: httpx.Client, name: str) -> None:
    answer = client.get(f"/doc/office?format={name}")
    form = RdfFormat.from_media_type(answer.headers["Content-Type"])
    assert form
    quads = parse(answer.content, format=form)
    found = Dataset(quad for quad in quads if "/doc/" not in str(quad.subject))
    expected = Dataset(
        parse(f'{PREFIXES} {OFFICE} _:a ex:said "elsewhere" .', format=RdfFormat.TURTLE)
    )
    assert canonical(found) == canonical(expected)


def text(page: str) -> str:
    """The text of the statements and referrers on a page, with spaces folded."""
    shown = re.sub(r"<[^>]+>", " ", page.partition("<h2")[2].partition("<footer")[0])
    return " ".join(html.unescape(shown).replace("http://example.org/", "").split())


def test_a_page_has_the_rows_of_a_blank_node_within_a_row(client: httpx.Client) -> None:
    office = page(client, "office")
    assert re.search(
        r'<td>\s*<table class="node" id="[^"]+" aria-label="http://example.org/address">\s*<tbody>\s*'
        r'<tr><th scope="row"><a href="http://example.org/city"[^>]*>[^<]*</a></th>\s*'
        r'<td><span class="literal">Jakarta',
        office,
    )
    assert "address city Jakarta geo lat 6.2 one" in text(office)
    assert "empty not named, and nothing more is said about it one" in text(office)
    assert "_:" not in office


def test_a_list_is_a_list(client: httpx.Client) -> None:
    found = re.search(r'<ol class="node"[^>]*units"(.*?)</ol>', page(client, "office"), re.DOTALL)
    assert found
    assert text(f"<h2{found[1]}").endswith("<id/unit> Second name Third")


def test_a_cycle_ends_in_a_link_to_the_node(client: httpx.Client) -> None:
    office = page(client, "office")
    assert text(office).count("name A") == text(office).count("name B") == 1
    anchor = re.search(r'<a href="#(node-\d+)">shown elsewhere on this page', office)
    assert anchor
    assert office.count(f'id="{anchor[1]}"') == 1


def test_the_graph_of_a_nested_statement_is_shown_if_it_is_another(client: httpx.Client) -> None:
    assert re.search("name B .*said elsewhere two one", text(page(client, "office")))


def test_a_referrer_without_an_iri_is_shown_by_what_leads_to_it(client: httpx.Client) -> None:
    shown = text(page(client, "office"))
    assert "Whose “person” is this ↗ 1 <id/plan> · member ↗ role chair one" in shown
    assert "Whose “target” is this ↗ 1 body Remark one" in shown
    assert "<id/plan> · order ↗ <id/unit> one <id/office> one" in shown


def test_a_list_of_referrers_describes_those_without_an_iri(client: httpx.Client) -> None:
    answer = client.get("/doc/office.html", params={"property": "http://example.org/person"})
    assert "<id/plan> · member ↗ role chair one" in " ".join(
        html.unescape(re.sub("<[^>]+>", " ", answer.text))
        .replace("http://example.org/", "")
        .split()
    )


@pytest.mark.parametrize("accept", ["text/html", "text/turtle"])
def test_a_list_describes_members_without_an_iri(client: httpx.Client, accept: str) -> None:
    answer = client.get("/browse/Site", headers={"Accept": accept})
    assert answer.headers["Content-Type"].startswith(accept)
    assert "Hanoi" in answer.text


def test_no_link_of_a_page_is_empty_or_names_a_blank_node(client: httpx.Client) -> None:
    for name in ("office", "unit", "plan"):
        addresses = re.findall(r'href="([^"]*)"', page(client, name))
        assert all(addresses)
        assert not [address for address in addresses if "_%3A" in address or "_:" in address]


def test_what_is_not_shown_is_told(client: httpx.Client) -> None:
    deep, long, items = (page(client, name) for name in ("unit", "long", "list"))
    assert "bottom" not in deep
    told = "More is said about it than this page shows"
    assert [shown.count(told) for shown in (deep, items)] == [1, 1]
    assert "10900 more are in the other formats" in long
    assert '<span class="literal">99</span>' in items
    whole, cut = (client.get(f"/doc/{name}.nt") for name in ("unit", "long"))
    assert "bottom" in whole.text
    assert "X-Limits" not in whole.headers
    assert cut.headers["X-Limits"] == "rows=20000"
    assert cut.text.splitlines()[-1].startswith("# cut after 20000 triples")
