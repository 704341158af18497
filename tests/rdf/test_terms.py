"""IRIs, CURIEs and natural sort order."""

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolutions, Store, Triple

from accsm_kg.rdf.prologue import supply
from accsm_kg.rdf.query_scanner import scan
from accsm_kg.rdf.terms import expand, iris, local_name, named_node, natural, short, shorten

PREFIXES = {"": "http://e/", "e": "http://e/", "deep": "http://e/deep/", "x": "urn:x:"}


@pytest.mark.parametrize(
    ("curie", "iri"),
    [("e:a", "http://e/a"), ("e:a:b", "http://e/a:b"), (":a", "http://e/a"), ("x:", "urn:x:")],
)
def test_a_curie_is_expanded(curie: str, iri: str) -> None:
    assert expand(curie, PREFIXES) == iri
    assert named_node(curie, PREFIXES) == NamedNode(iri)


def test_an_unknown_prefix_is_left_or_refused() -> None:
    assert expand("http://e/a", PREFIXES) == "http://e/a"
    assert expand("a", {"e": "http://e/"}) == "a"
    with pytest.raises(KeyError, match="http"):
        named_node("http://e/a", PREFIXES)


@pytest.mark.parametrize(
    ("iri", "short"),
    [
        ("http://e/deep/a", "deep:a"),
        ("http://e/a#b", "e:a#b"),
        ("urn:x:", "x:"),
        ("http://other/a", "http://other/a"),
    ],
)
def test_the_longest_namespace_is_shortened(iri: str, short: str) -> None:
    assert shorten(iri, PREFIXES) == short


@pytest.mark.parametrize(
    ("iri", "wanted"),
    [
        ("http://e/deep/a", "deep:a"),
        ("http://e/deep/A.2.2.iv", "deep:A.2.2.iv"),
        ("http://e/deep/", "<deep/>"),
        ("http://e/a/b", "<a/b>"),
        ("http://e/a#b", "<a#b>"),
        ("http://e/a.", "<a.>"),
        ("http://e/-a", "<-a>"),
        ("http://e/é", "<é>"),
        ("http://e/a:b", "<http://e/a:b>"),
        ("http://e/a/../b", "<http://e/a/../b>"),
        ("http://e/a//b", "<http://e/a//b>"),
        ("http://e/?a", "<http://e/?a>"),
        ("http://e/", "<http://e/>"),
        ("http://other/a", "<http://other/a>"),
        ("urn:x:a", "x:a"),
    ],
)
def test_a_short_name_can_be_pasted_into_a_query(iri: str, wanted: str) -> None:
    base, names = "http://e/", {name: PREFIXES[name] for name in ("deep", "x")}
    assert short(iri, names, base) == wanted
    text = supply(scan(f"SELECT ({wanted} AS ?x) {{}}"), names, base).text
    results = Store().query(text, base_iri=base)
    assert isinstance(results, QuerySolutions)
    ((found,),) = results
    assert found == NamedNode(iri)


@pytest.mark.parametrize("iri", ["http://e/a/name", "http://e/a#name", "name"])
def test_a_local_name_follows_the_last_slash_or_hash(iri: str) -> None:
    assert local_name(iri) == "name"


def test_iris_leaves_out_other_terms() -> None:
    node = NamedNode("urn:a")
    assert iris([node, BlankNode(), Literal("b"), Triple(node, node, node), None]) == {"urn:a"}


def test_numbers_are_sorted_by_value_after_texts() -> None:
    wanted = ["A.2", "a.10", "b", "b 1", "b 2 c 9", "b 2 c 10", "2", "10 a"]
    assert sorted(reversed(wanted), key=natural) == wanted


def test_case_counts_on_request() -> None:
    names = ["b2", "B10", "a1", "B9"]
    assert sorted(names, key=natural) == ["a1", "b2", "B9", "B10"]
    assert sorted(names, key=lambda name: natural(name, ignore_case=False)) == [
        "B9", "B10", "a1", "b2",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["9" * 10_000, "x" + "1" * 4_301, "\u00b2", "\u0661\u0662", ""])
def test_any_text_can_be_sorted(text: str) -> None:
    assert sorted([text, "a"], key=natural)
