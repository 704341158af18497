"""Hostile datasets: no value of theirs fails, blocks or fills the pages, or leaves its field."""

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import cast

import httpx
import pytest
from accsm_server.http.negotiation import JSON, alternates
from accsm_server.pages import reading, results
from accsm_server.pages.addresses import Addresses
from accsm_server.pages.blocks import Cells
from accsm_server.pages.citation import Citation
from accsm_server.pages.queries import Site
from accsm_server.pages.render import _source_text
from accsm_server.pages.terms import Labels
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, parse, serialize
from serving import running

from accsm_kg.namespaces import BASE, prefixes

TIMEOUT = "20"
PATHS = (
    "/", "/trace", "/trace/A.2.2.iv", "/trace/A.2.2", "/trace/33", "/trace/KHM", "/coverage",
    "/coverage?rows=areas", "/timeline", "/timeline?group=area", "/timeline?scale=history",
    "/projects", "/targets", "/countries", "/questions", "/dataset", "/search?q=asean",
    "/doc/source/001", "/quality", "/doc/project/2016-2020/33",
    "/doc/country/KHM", "/doc/action-line/apsc-2025/A.2.2.iv",
)  # fmt: skip
#: Pages that are files as well.
FILES = ("/trace/A.2.2.iv", "/trace/33", "/coverage", "/timeline?scale=history", "/projects")
#: Values that are no dates, years or numbers, or are far from all others.
ODD = ("-99999999999-01-01", "0000-00-00", "9999", "0001", "99999999", "2017-13", "../..", "",
       "0001/9999", "????", "2017-02-30", "9" * 5000)  # fmt: skip

Change = Callable[[list[Quad]], Iterable[Quad]]


def _is_data(quad: Quad) -> bool:
    return not str(quad.subject.value).startswith((f"{BASE}ontology", f"{BASE}shapes"))


def _odd_values(quads: list[Quad]) -> Iterable[Quad]:
    random = Random(1)
    for subject, predicate, value, graph in quads:
        is_number = isinstance(value, Literal) and not value.datatype.value.endswith(
            ("string", "langString", "boolean", "anyURI")
        )
        if is_number and random.random() < 0.4:
            value = Literal(random.choice(ODD), datatype=value.datatype)
        yield Quad(subject, predicate, value, graph)


def _other_types(quads: list[Quad]) -> Iterable[Quad]:
    random = Random(2)
    odd = (Literal("x"), NamedNode("javascript:alert(1)"), NamedNode(BASE), NamedNode("urn:x?y#z"))
    for quad in quads:
        subject, predicate, _, graph = quad
        if _is_data(quad) and not predicate.value.endswith("#type") and random.random() < 0.15:
            quad = Quad(subject, predicate, random.choice([BlankNode(), *odd]), graph)
        yield quad


def _blank_nodes(quads: list[Quad]) -> Iterable[Quad]:
    random, blank = Random(3), {}
    named = {q.subject for q in quads if str(q.subject.value).startswith(f"{BASE}id/")}
    for node in sorted(named, key=str):
        if random.random() < 0.4:
            blank[node] = BlankNode()
    for subject, predicate, value, graph in quads:
        yield Quad(blank.get(subject, subject), predicate, blank.get(value, value), graph)


def _cycles(quads: list[Quad]) -> Iterable[Quad]:
    for subject, predicate, value, graph in quads:
        yield Quad(subject, predicate, value, graph)
        if predicate.value.endswith(("#measureOf", "#actionLineOf")):
            yield Quad(value, predicate, subject, graph)


def _lost(quads: list[Quad]) -> Iterable[Quad]:
    random = Random(4)
    for quad in quads:
        if quad.predicate.value.endswith("#type") or not _is_data(quad) or random.random() > 0.3:
            yield quad


def _changed(known_path: Path, change: Change, folder: Path) -> Path:
    path = folder / "data.nq"
    quads = list(parse(path=str(known_path), format=RdfFormat.N_QUADS))
    with path.open("wb") as file:
        serialize(change(quads), file, format=RdfFormat.N_QUADS)
    return path


@pytest.mark.parametrize("change", [_odd_values, _other_types, _blank_nodes, _cycles, _lost])
def test_every_page_of_a_broken_dataset_has_an_answer(
    known_path: Path, change: Change, tmp_path: Path
) -> None:
    path = _changed(known_path, change, tmp_path)
    asked = [(page, "text/html") for page in PATHS]
    asked += [
        (page, accept)
        for page in FILES
        for accept in ("application/json", "image/svg+xml", "text/turtle")
    ]
    with running(path, TIMEOUT=TIMEOUT) as server:  # raises for a traceback in the log
        with httpx.Client(base_url=server.url, timeout=60) as client:
            answers = {one: client.get(one[0], headers={"Accept": one[1]}) for one in asked}
        assert [one for one, answer in answers.items() if answer.status_code == 500] == []
        assert all(len(answer.content) < 4 << 20 for answer in answers.values())


def test_a_label_of_megabytes_does_not_take_the_home_page(known_path: Path, tmp_path: Path) -> None:
    def change(quads: list[Quad]) -> Iterable[Quad]:
        label = NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")
        for subject, predicate, value, graph in quads:
            if subject.value == f"{BASE}id/project/2016-2020/33" and predicate == label:
                value = Literal("word " * 1_800_000, language="en")
            yield Quad(subject, predicate, value, graph)

    with running(_changed(known_path, change, tmp_path), TIMEOUT=TIMEOUT) as server:
        home = httpx.get(server.url, headers={"Accept": "text/html"}, timeout=60)
        assert home.status_code == 200
        assert len(home.content) < 200_000
        assert "The home page lacks the coverage" in server.log.read_text()


def test_a_run_of_spaces_in_the_words_of_a_source_is_read_once() -> None:
    assert str(_source_text(" " * 300_000)) == " " * 300_000
    assert str(_source_text(f"a{' ' * 100_000}<li> b{' ' * 100_000}</li>c")) == ("a\n\N{BULLET} bc")


def test_a_title_adds_no_field_to_a_citation() -> None:
    title = 'x"},\r\nUR  - http://evil.example\r\nER  - \n\nTY  - BOOK</script>'
    cited = Citation(title, "https://example.org/a", "Data", "Somebody", "1", "00", "2026-01-01")
    tags = [line.partition("  - ")[0] for line in cited.ris.splitlines()]
    assert sorted(tags) == sorted(set(tags))
    assert (tags[0], tags[-1]) == ("TY", "ER")
    assert "\nUR  - https://example.org/a\n" in cited.ris
    assert json.loads(cited.csl)[0]["title"] == title
    assert cited.bibtex.count("{") - cited.bibtex.count("\\{") == cited.bibtex.count(
        "}"
    ) - cited.bibtex.count("\\}")


def test_links_to_other_formats_stay_within_what_proxies_take() -> None:
    assert alternates("/search?q=" + "a" * 100, [JSON], typed=True)
    assert alternates("/search?q=" + "%F0%9F%98%80" * 400, [JSON], typed=True) == ""


def test_a_line_of_thousands_of_digits_is_refused(client: httpx.Client) -> None:
    for name in ("line", "from", "to"):
        answer = client.get(f"/doc/source/001?{name}={'9' * 5000}", headers={"Accept": "text/html"})
        assert answer.status_code == 400, name


def test_a_description_with_faulty_partitions_leaves_the_vocabulary_readable(
    tmp_path: Path,
) -> None:
    path, void = tmp_path / "data.trig", "http://rdfs.org/ns/void#"
    owl = "http://www.w3.org/2002/07/owl#"
    path.write_text(
        f"<{BASE}graph/meta> {{ <{BASE}dataset> <{void}propertyPartition> <x:a>, <x:b>, 'c' ."
        f" <x:a> <{void}property> <x:p> ; <{void}triples> 'many' . }}\n"
        f"<{BASE}graph/ontology> {{ <{BASE}ontology#P> a <{owl}ObjectProperty> . }}\n"
    )
    with running(path) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        assert client.get("/ontology", headers={"Accept": "text/html"}).status_code == 200


def test_marks_in_a_text_are_bounded() -> None:
    text = "a <" * 100_000
    marked = str(reading.marked(text, "a <a", reading.pattern("a")))
    assert marked.count("<mark>") == 2000
    assert html.unescape(re.sub("<[^>]*>", "", marked)) == text


@pytest.mark.parametrize("size", [1, 4000])
def test_parts_that_stand_in_each_other_have_a_place(size: int) -> None:
    def rows(above: int) -> list[Cells]:
        return [{"above": NamedNode(f"x:{above}"), "class": NamedNode("http://x/Section")}]

    labels = Labels(cast(Site, None), Addresses(BASE), {})
    nested = {f"x:{part}": rows(part - 1) for part in range(size)}
    places = reading._Reader("x:-1", labels, nested, None).places
    assert places == {f"x:{part}": (part, part) for part in range(size)}
    cycle = {f"x:{part}": rows((part + 1) % size) for part in range(size)}
    places = reading._Reader("x:-1", labels, cycle, None).places
    assert sorted(places.values()) == [(part, part) for part in range(size)]


def test_a_text_is_found_in_a_label_as_a_word() -> None:
    random = Random(5)
    for _ in range(3000):
        label, text = ("".join(random.choices("ab._ \u00e9", k=random.randint(1, most)))
                       for most in (12, 3))  # fmt: skip
        whole = rf"(?<![\w.]){re.escape(text)}(?!\w|\.\w)"
        assert results._holds(label, text) is bool(re.search(whole, label)), (label, text)
    assert not results._holds("aa" * 1_000_000, "a")


#: Passages of the source h, as lines of N-Quads without graph.
PASSAGES = """
e:0 accsm:lineStart "3"^^xsd:integer ; accsm:lineEnd "4"^^xsd:integer ; accsm:verbatim "w" .
e:five accsm:lineStart "five" . e:decimal accsm:lineStart 3.0 . e:text accsm:lineStart "3" .
e:negative accsm:lineStart -3 . e:far accsm:lineStart 9999999999 ; accsm:lineEnd 99999999999 .
e:digits accsm:lineStart "%s"^^xsd:integer .
e:before accsm:lineStart 9 ; accsm:lineEnd 2 . e:end accsm:lineStart 9 ; accsm:lineEnd "x" .
e:several accsm:lineStart 20, 21, 22, 23 ; accsm:lineEnd 30, 31, 32 ;
  accsm:verbatim "first", "second", "third" ; accsm:locator "row 1", "row 2" .
_:blank dcterms:source source:h ; accsm:lineStart 3 .
e:untyped dcterms:source source:h ; accsm:lineStart 40 .
""" % ("9" * 5000)  # fmt: skip
SHOWN = [
    ("0", "3", "4", "w"),
    ("before", "9", "9", ""),
    ("end", "9", "9", ""),
    ("several", "20", "30", "first"),
    ("untyped", "40", "40", ""),
]


@pytest.fixture(scope="module")
def hostile(small_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    names = prefixes() | {"e": f"{BASE}id/evidence/h/", "source": f"{BASE}id/source/"}
    passages = {*re.findall(r"\be:(\w+)", PASSAGES)} - {"untyped"}
    text = "\n".join(f"PREFIX {name}: <{iri}>" for name, iri in names.items()) + PASSAGES
    text += "source:h a accsm:SourceText ; accsm:reliability <x:high> ."
    text += "".join(f"e:{name} a accsm:Evidence ; dcterms:source source:h ." for name in passages)
    text += f"<{BASE}id/body/b> accsm:hasEvidence {', '.join(f'e:{name}' for name in passages)} ."
    same = "".join(
        f"<{BASE}id/evidence/s/{n}> dcterms:source source:same ; accsm:lineStart 1 ;"
        f" accsm:lineEnd {n + 1} ." for n in range(2500)
    )  # fmt: skip
    text += same + "source:same a accsm:SourceText ; accsm:reliability <x:high> ."
    path = tmp_path_factory.mktemp("hostile") / "data.nq"
    graph = NamedNode(f"{BASE}graph/source/001")
    quads = [*parse(text, format=RdfFormat.TURTLE)]
    own = serialize([Quad(*quad.triple, graph) for quad in quads], format=RdfFormat.N_QUADS)
    path.write_bytes(small_path.read_bytes() + (own or b""))
    with (
        running(path, TIMEOUT=TIMEOUT) as server,
        httpx.Client(base_url=server.url, timeout=60) as client,
    ):
        yield client


def test_passages_that_are_counted_are_shown(hostile: httpx.Client) -> None:
    rows = hostile.get("/sources/h/passages.json").json()
    found = [
        (row["passage"].rpartition("/")[2], row["line_start"], row["line_end"], row["words"])
        for row in rows
    ]
    assert found == SHOWN
    parts = hostile.get("/sources/h/lines.json").json()
    assert sum(int(part["passages"]) for part in parts) == len(SHOWN)
    assert sum(int(part["lines_cited"]) for part in parts) == 2 + 1 + 11 + 1
    assert sum(int(part["lines_quoted"]) for part in parts) == 2 + 11
    page = hostile.get("/doc/source/h", headers={"Accept": "text/html"}).text
    assert len(re.findall(">Cite it", page)) == len(SHOWN)


@pytest.mark.parametrize("name", ["five", "digits", "several", "negative", "untyped"])
def test_a_passage_with_odd_lines_has_a_page(hostile: httpx.Client, name: str) -> None:
    answer = hostile.get(f"/doc/evidence/h/{name}", headers={"Accept": "text/html"})
    assert answer.status_code == 200


def test_thousands_of_passages_of_one_line_are_all_listed(hostile: httpx.Client) -> None:
    rows = hostile.get("/sources/same/passages.json").json()
    assert sorted(int(row["line_end"]) for row in rows) == [*range(1, 2501)]
    page = hostile.get("/doc/source/same?page=3", headers={"Accept": "text/html"})
    assert len(re.findall(">Cite it", page.text)) == 20
    assert "Passages 41 to 60 of 2500." in page.text
    assert len(page.text) < 300_000
