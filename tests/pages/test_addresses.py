"""Every IRI that the store accepts answers at its address, and links lead to it and back."""

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from accsm_server.pages.addresses import to_uri
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse, serialize
from serving import Reply, Server, running, send

from accsm_kg.namespaces import term

BASE = "https://kg.example.org/data/"
ROOT = "/kg"
HUB = f"{BASE}id/hub"
LABEL, REFERS = term("skos:prefLabel"), NamedNode("http://example.org/refers")
#: IRIs below id/ that other IRIs, routes, parameters, suffixes and clients have been taken for.
KNOWN = [
    "/", "//x", "a//b", "a/", "a/b", "a%2Fb", "a%2fb", "a%252Fb", "a%20b", "a%0Ab", "a%00b",
    "%FF", "é%C3%A9", "café", "caf%C3%A9", "caf%c3%a9", "ไทย/กรม", "😀", "a~b", "a%7Eb", "%41",
    "A", "v1", "v1.ttl", "v1.ttl.ttl", "x.html", "x.json", "q", "q?", "q?a=1", "q?a='1'",
    "q?a=1&format=ttl", "q?format=ttl", "q?page=x", "q?property=x", "q?a?b/c", "q?é", "a%3Fb",
    "a%23b", "h", "h#part", "h#", "g#a", "g#é", "s#only", "..", "a/../b", "a/./b", "a/%2e%2e/b",
    "../sparql", "a'b", "a(b)", "a,b;c=d", "a+b", "a&b", "&amp;", "&lt;b", "@:$!*", "FROM",
    "GRAPH%20x", "javascript:alert(1)",
]  # fmt: skip
KNOWN += ["", "e\u0301", "\u202e", "x" * 2000, "é" * 500]
#: Other IRIs below the base.
ELSEWHERE = [
    "other", "other?a=1", "people#anna", "people#bob", "doc/other", "browse/other",
    "questions/other", "static/other", "/x", "idx", "graph/é", "graph/a%2Fb.ttl", "ontology#é",
    "ontology/x", "shapes#x", ".well-known/sparql-examples/x/line",
    ".well-known/sparql-examples/x",
]  # fmt: skip
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
NOT_HERE = ["urn:x:a'b", "mailto:a@example.org", "HTTP://EXAMPLE.ORG/"]


def accepted(iri: str) -> bool:
    try:
        return bool(NamedNode(iri))
    except ValueError:
        return False


def tails() -> st.SearchStrategy[str]:
    """Ends of IRIs that are likely to be confused with each other."""
    letters = st.characters(min_codepoint=0xA0, exclude_categories=["Cs"])
    escapes = st.integers(0, 255).map("%{:02X}".format)
    parts = [
        "/",
        "//",
        "?",
        "#",
        ".",
        "..",
        ".ttl",
        "%2F",
        "%2e",
        "%25",
        "&",
        "format=ttl",
        "page=1",
        "é",
    ]
    piece = st.one_of(
        st.sampled_from(parts), st.sampled_from("ab0-._~!$&'()*+,;=:@"), letters, escapes
    )
    tail = st.lists(piece, max_size=8).map("".join)
    disguises = [str, to_uri, str.lower, lambda text: quote(text, safe="/?#%")]
    return st.builds(lambda text, disguise: disguise(text), tail, st.sampled_from(disguises))


def generated(count: int) -> list[str]:
    """Return IRIs below id/, the same in every run."""
    found: dict[str, None] = {}

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(tails().map(f"{BASE}id/".__add__).filter(accepted))
    def collect(iri: str) -> None:
        found[iri] = None

    collect()
    return list(found)


IRIS = [f"{BASE}id/{tail}" for tail in KNOWN] + [BASE + path for path in ELSEWHERE]
IRIS = list(dict.fromkeys([*IRIS, *generated(150)]))
LABELS = {iri: f"The thing {number}." for number, iri in enumerate([*IRIS, *NOT_HERE, HUB])}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    hub = NamedNode(HUB)
    quads = [
        quad
        for number, thing in enumerate(map(NamedNode, LABELS))
        for quad in (
            Quad(thing, LABEL, Literal(LABELS[thing.value])),
            Quad(thing, REFERS, hub),
            # a page shows the first 100 values of a property
            Quad(hub, NamedNode(f"{REFERS.value}{number // 90}"), thing),
        )
    ]
    quads += [
        Quad(NamedNode("urn:x:data"), term("void:uriSpace"), Literal(f"{BASE}id/")),
        Quad(NamedNode("urn:x:a"), NamedNode(f"{BASE}id/p%20é"), Literal("1")),
        Quad(NamedNode("urn:x:a"), REFERS, Literal("2"), NamedNode(f"{BASE}id/graph?é")),
    ]
    file = tmp_path_factory.mktemp("addresses") / "data.nq"
    file.write_bytes(serialize(quads, format=RdfFormat.N_QUADS) or b"")
    with running(file, f"--root-path={ROOT}", RATE="0") as server:
        yield server


@dataclass(frozen=True)
class Answer:
    """The last reply to a request, its target without the root path, and all statuses."""

    reply: Reply
    target: str
    statuses: list[int]

    @property
    def labels(self) -> set[str]:
        """The IRIs of which the reply has the label."""
        if self.reply.media_type == "text/turtle":
            quads = list(parse(self.reply.body, format=RdfFormat.TURTLE))
            stated = {(quad.subject, quad.object) for quad in quads if quad.predicate == LABEL}
            return {i for i, text in LABELS.items() if (NamedNode(i), Literal(text)) in stated}
        text = html.unescape(self.reply.body.decode())
        return {iri for iri, label in LABELS.items() if label in text}


def get(server: Server, target: str, accept: str) -> Answer:
    """Follow a target as it is sent by a proxy, which strips the root path."""
    statuses: list[int] = []
    while True:
        target = target.partition("#")[0].removeprefix(ROOT)
        assert target.isascii() and " " not in target, target
        reply = send(server.url, "GET", target, {"Accept": accept})
        statuses.append(reply.status)
        if reply.status != 303 or len(statuses) > 3:
            return Answer(reply, target, statuses)
        assert reply.headers["Location"].startswith(f"{ROOT}/"), target
        target = reply.headers["Location"]


def links(page: Answer) -> dict[str, str]:
    """The addresses to which a page links, by the IRI that they are for."""
    found = re.findall(r'<a href="([^"]*)" title="([^"]*)"', page.reply.body.decode())
    return {html.unescape(title): html.unescape(address) for address, title in found}


def own(iri: str) -> str:
    """The target that a client makes of an IRI."""
    return "/" + to_uri(iri.removeprefix(BASE).partition("#")[0])


def faults_of(server: Server, iri: str, link: str) -> list[str]:
    """What is wrong with the answers at the address of an IRI, and where a link to it leads."""
    faults = []

    def check(what: str, answer: Answer) -> None:
        if answer.statuses[-1] != 200 or iri not in answer.labels:
            faults.append(f"{what} {answer.statuses} {answer.target}")

    if iri not in NOT_HERE:
        answers = [get(server, own(iri), kind) for kind in ("text/html", "text/turtle")]
        check("page", answers[0])
        check("Turtle", answers[1])
        if iri.startswith(f"{BASE}id/") and any(a.statuses != [303, 200] for a in answers):
            faults.append(f"no redirect: {answers}")
    page = get(server, link, "text/html")
    check("link", page)
    body = page.reply.body.decode()
    named = re.search(r"Identifier: <code data-copy>([^<]*)<", body)
    if not named or (html.unescape(named[1]) != iri and "#" not in link):
        faults.append(f"the page at {link} is about another thing")
    if links(page).get(HUB) != f"{ROOT}/doc/hub":
        faults.append(f"no link back at {link}")
    alternate = re.search(r'type="text/turtle" href="([^"]*)"', body)
    header = re.search(
        r'<([^>]*)>; rel="alternate"; type="text/turtle"', page.reply.headers["Link"]
    )
    if not (alternate and header) or html.unescape(alternate[1]) != header[1]:
        faults.append(f"Link header {page.reply.headers['Link']}")
    else:
        check("alternate", get(server, header[1], "*/*"))
    return [f"{iri[:100]}: {fault}" for fault in faults]


def test_every_iri_answers_and_links_lead_to_it_and_back(server: Server) -> None:
    found = links(get(server, "/doc/hub", "text/html"))
    assert found.keys() >= LABELS.keys()
    with ThreadPoolExecutor(4) as threads:
        checks = [threads.submit(faults_of, server, i, found[i]) for i in [*IRIS, *NOT_HERE]]
        faults = [fault for check in checks for fault in check.result()]
    assert faults == []
    assert len(IRIS) > 200


def test_the_sitemap_has_the_address_of_every_thing(server: Server) -> None:
    found = links(get(server, "/doc/hub", "text/html"))
    expected = {found[iri].partition("#")[0] for iri in IRIS if iri.startswith(f"{BASE}id/")}
    reply = get(server, "/sitemap.xml", "*/*").reply
    listed = [str(loc.text) for loc in ElementTree.fromstring(reply.body).iter(f"{SITEMAP}loc")]
    paths = [f"/{address.split('/', 3)[3]}" for address in listed]
    assert len(paths) == len(set(paths))
    assert set(paths) >= expected


def label(answer: Answer) -> str:
    """The IRI below id/ of the thing in the heading of a page."""
    heading = re.search("<h1[^>]*>([^<]*)<", answer.reply.body.decode())
    assert heading
    return next(iri for iri, text in LABELS.items() if text == heading[1]).removeprefix(
        f"{BASE}id/"
    )


@pytest.mark.parametrize(
    ("target", "tail"),
    [
        ("a%2Fb", "a%2Fb"),
        ("a/b", "a/b"),
        ("a%2fb", "a%2fb"),
        ("a%252Fb", "a%252Fb"),
        ("caf%C3%A9", "caf%C3%A9"),
        ("caf%c3%a9", "caf%c3%a9"),
        ("%e0%b9%84%E0%B8%97%E0%B8%A2/%E0%B8%81%E0%B8%A3%E0%B8%A1", "ไทย/กรม"),
        ("v1.ttl", "v1.ttl"),
        ("v1.html", "v1"),
        ("v1.ttl?format=html", "v1.ttl"),
        ("q", "q"),
        ("q?a=1", "q?a=1"),
        ("q?a=%271%27", "q?a='1'"),
        ("q?a=1&format=html", "q?a=1"),
        ("q?unknown=1", "q"),
        ("q?page=x", "q?page=x"),
        ("a%2Cb%3Bc%3Dd", "a,b;c=d"),
        ("s", "s#only"),
        ("%41", "%41"),
        ("a/../b", "a/../b"),
    ],
)
def test_an_address_stands_for_one_thing_first(server: Server, target: str, tail: str) -> None:
    answer = get(server, f"/id/{target}", "text/html")
    assert (answer.statuses, label(answer)) == ([303, 200], tail)


def test_things_with_one_address_are_described_together(server: Server) -> None:
    answer = get(server, "/doc/caf%C3%A9", "text/turtle")
    assert answer.labels == {f"{BASE}id/{tail}" for tail in ("caf%C3%A9", "café", "caf%c3%a9")}
    page = get(server, "/doc/caf%C3%A9", "text/html")
    other = links(page)[f"{BASE}id/café"]
    assert label(get(server, other, "text/html")) == "café"
    assert '<li id="part">' in get(server, "/doc/h", "text/html").reply.body.decode()


def test_what_is_no_question_has_a_document_in_any_format(server: Server) -> None:
    answer = get(server, "/questions/x?format=ttl", "text/html")
    assert (answer.statuses, answer.reply.media_type) == ([303, 200], "text/turtle")
    assert answer.labels >= {f"{BASE}.well-known/sparql-examples/x"}


@pytest.mark.parametrize("path", ["p%20%C3%A9", "graph?%C3%A9"])
def test_a_property_and_a_graph_answer(server: Server, path: str) -> None:
    page = get(server, f"/id/{path}", "text/html")
    assert page.statuses == [303, 200]
    assert re.search(
        "It is the (property of|name of a graph with) 1 statement:", str(page.reply.body)
    )
    turtle = get(server, f"/id/{path}", "text/turtle")
    assert f"{BASE}id/{path.replace('%C3%A9', 'é')}> ." in turtle.reply.body.decode()


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/doc/a%2Fb%2Fc", 404),
        ("/doc%2Fhub", 404),
        ("/doc/%zz", 404),
        ("/doc/hub.pdf", 404),
        ("/nothing?a=1", 404),
        ("/describe", 400),
        ("/describe?iri=a%20b", 400),
        ("/describe?iri=urn:x:nothing", 404),
        (f"/describe?iri={quote(BASE, safe='')}id/nothing", 404),
        ("/doc/hub?page=x", 400),
        ("/doc/hub?format=pdf", 406),
    ],
)
def test_other_targets_are_refused(server: Server, target: str, status: int) -> None:
    assert get(server, target, "text/html").statuses == [status]
