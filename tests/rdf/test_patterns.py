"""The triple patterns of a query."""

import time

import pytest

from accsm_kg.rdf.patterns import UPWARD, alternatives, compared, read
from accsm_kg.rdf.terms import TYPE

E = {"": "urn:", "e": "http://e/", "r": "http://www.w3.org/2000/01/rdf-schema#"}


def test_other_paths_are_kept_as_they_are_written() -> None:
    query = (
        "ASK { ?s e:p|e:q ?o , e:a ; ^a* 'x'@en # |\n . [] (e:p/e:q)? [ !(e:p|^e:q) 5 ] ; a ?c"
        " FILTER(?o > 1 || ?x*3=2) OPTIONAL { ?s e:p/e:q*|a (1 2) } }"
    )
    outer, inner = read(query, E)
    assert [(path.subject.text, path.written, path.value.text) for path in outer.paths] == [
        ("s", "e:p|e:q ", "o"),
        ("s", "e:p|e:q ", "http://e/a"),
        ("s", "^a* ", "'x'@en"),
        ("[2", "!(e:p|^e:q) ", "5"),
        ("[1", "(e:p/e:q)? ", "[2"),
    ]
    assert [(path.written, query[path.start :][:4]) for path in inner.paths] == [
        ("e:p/e:q*|a ", "e:p/")
    ]


def patterns(query: str) -> list[list[tuple[str, str, str]]]:
    """Return the patterns of each group: variables with ?, IRIs of e: without their namespace."""

    def text(kind: str, written: str) -> str:
        return f"?{written}" if kind == "variable" else written.removeprefix("http://e/")

    return [
        [(text(s.kind, s.text), text("", p), text(o.kind, o.text)) for s, p, o in group.patterns]
        for group in read(query, E)
    ]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("SELECT * { ?s e:p ?o }", [[("?s", "p", "?o")]]),
        ("select*{?s e:p ?o.?o a e:C}", [[("?s", "p", "?o"), ("?o", TYPE, "C")]]),
        ("SELECT ?s ?x { ?s e:p ?o ; e:q ?x , ?y . }",
         [[("?s", "p", "?o"), ("?s", "q", "?x"), ("?s", "q", "?y")]]),
        ("ASK { e:a.b.c e:p e:A.2.2.iv. e:b <http://e/q> 'x' }",
         [[("a.b.c", "p", "A.2.2.iv"), ("b", "q", "'x'")]]),
        ("ASK { ?s e:p 'x'@en , 5 , 'y'^^e:d , true ; e:q ?o }",
         [[("?s", "p", "'x'@en"), ("?s", "p", "5"), ("?s", "p", "'y'"), ("?s", "p", "true"),
           ("?s", "q", "?o")]]),
        ("ASK { ?s ^e:r ?o ; e:t* ?o ; (e:u|!e:v) ?o ; e:p/e:q+ ?o ; e:p/^e:q ?o ; ^e:p/e:q ?o ;"
         " e:p/(e:q) ?o ; e:p|e:q/e:r ?o ; e:p+/e:q ?o ; e:w ?o }",
         [[("?s", "w", "?o")]]),
        ("ASK { ?s e:p/e:q/a ?o , ?x ; e:r ?y . ?z a/e:p [ e:q/e:r 'y' ] }",
         [[("?s", "p", "?[1"), ("?[1", "q", "?[2"), ("?[2", TYPE, "?o"),
           ("?s", "p", "?[3"), ("?[3", "q", "?[4"), ("?[4", TYPE, "?x"), ("?s", "r", "?y"),
           ("?[5", "q", "?[6"), ("?[6", "r", "'y'"), ("?z", TYPE, "?[7"), ("?[7", "p", "?[5")]]),
        ("ASK { ?s e:p/a/r:subClassOf* e:C ; a/r:subClassOf*/e:q ?o ; a/r:subClassOf+ e:D }",
         [[("?s", "p", "?[1"), ("?[1", UPWARD, "C"), ("?s", UPWARD, "?[2"), ("?[2", "q", "?o")]]),
        ("ASK { ?s e:p [ e:q ?o ; a e:C ] . [] e:r ?x }",
         [[("?[1", "q", "?o"), ("?[1", TYPE, "C"), ("?s", "p", "?[1"), ("?[2", "r", "?x")]]),
        ("ASK { ?s e:p (1 ?x 'y') ; e:q ?o }", [[("?s", "p", ""), ("?s", "q", "?o")]]),
        ("ASK { ?s e:p ?o FILTER(?o = e:x && ?o > 1) ?s e:q ?x FILTER REGEX(?x, 'y') ?s e:r ?o }",
         [[("?s", "p", "?o"), ("?s", "q", "?x"), ("?s", "r", "?o")]]),
        ("ASK { ?s e:p ?o OPTIONAL { ?s e:q ?x } ?s e:r ?y }",
         [[("?s", "p", "?o"), ("?s", "r", "?y")], [("?s", "q", "?x")]]),
        ("CONSTRUCT { ?s e:t ?o } WHERE { ?s e:p ?o }", [[("?s", "p", "?o")]]),
        ("CONSTRUCT WHERE { ?s e:p ?o }", [[("?s", "p", "?o")]]),
        ("ASK { VALUES ?x { e:a e:b e:c } VALUES (?x ?y) { (e:a e:b) } ?x e:p ?y }",
         [[("?x", "p", "?y")]]),
        ("ASK { ?s unknown:p ?o ; ?p ?x }", [[]]),
        ("ASK { # ?s e:p ?o\n ?s e:q '?s e:p ?o' }", [[("?s", "q", "'?s e:p ?o'")]]),
    ],
)  # fmt: skip
def test_patterns_are_read_by_group(query: str, wanted: list[list[tuple[str, str, str]]]) -> None:
    assert patterns(query) == wanted


def test_a_group_knows_the_group_around_it_but_a_subquery_does_not() -> None:
    outer, union, other, subquery = read(
        "ASK { { ?a e:p ?b } UNION { ?a e:q ?b } { SELECT ?a { ?a e:r ?c } } }", E
    )[:4]
    assert union.parent is other.parent is outer
    assert subquery.parent is None


def test_a_group_knows_the_word_before_it_and_whether_a_pattern_is_left_out() -> None:
    groups = read(
        "ASK { ?a e:p ?b OPTIONAL { ?a e:q* ?b } FILTER(1 = 1 && NOT EXISTS { ?a ?b ?c })"
        " { ?a e:r ?c } UNION { ?a e:s ?c } MINUS { ?a e:t ?c } }",
        E,
    )
    assert [(group.word, group.unread) for group in groups] == [
        ("ASK", False), ("OPTIONAL", True), ("NOT EXISTS", True), ("", False), ("UNION", False),
        ("MINUS", False),
    ]  # fmt: skip


def test_a_group_knows_whether_it_must_not_match_and_holds_more_than_patterns() -> None:
    groups = read(
        "ASK { ?a e:p ?b FILTER(!EXISTS { ?a e:q ?b }) FILTER EXISTS { ?a e:q ?b FILTER(?b > 1) }"
        " FILTER not exists { ?a e:q ?b { ?a e:r ?b } } }",
        E,
    )
    assert [(group.word, group.expression, group.hidden) for group in groups] == [
        ("ASK", True, False), ("NOT EXISTS", False, True), ("EXISTS", True, True),
        ("NOT EXISTS", True, True), ("", False, True),
    ]  # fmt: skip


def test_a_group_of_any_depth_knows_what_it_is_within() -> None:
    opened = f"ASK {{ OPTIONAL {'{' * 3000} ?a e:p ?b {'}' * 3000} MINUS {'{' * 3000} ?a e:q ?b"
    groups = read(opened, E)
    assert [(group.optional, group.hidden, group.needed) for group in groups] == [
        (False, False, True), *[(True, False, False)] * 3000, *[(False, True, False)] * 3000
    ]  # fmt: skip


def test_the_classes_that_values_gives_are_read_one_after_the_other() -> None:
    groups = read("ASK { VALUES ?c { e:A <http://e/B> 'x' } ?a a ?c { ?a e:p ?c } }", E)
    read_in_turn = [
        [groups[0].patterns[0][2].text, *groups[1].patterns] for _ in alternatives(groups, 10)
    ]
    assert [classes[0] for classes in read_in_turn] == ["c", "http://e/A", "http://e/B"]
    assert groups[0].patterns[0][2].text == "c"
    assert {value.text for _, _, value in groups[1].patterns} == {"c"}
    for other in ("VALUES (?c ?d) { (e:A e:B) }", "VALUES ?d { e:A }", "CONSTRUCT { ?a a e:A }"):
        assert len([*alternatives(read(f"ASK {{ {other} ?a a ?c }}", E), 10)]) == 1
    assert len([*alternatives(groups, 1)]) == 2


def test_a_relative_iri_is_resolved_or_not_understood() -> None:
    query = "ASK { <a/b> <p> r:c , 'x'^^<d> }"
    (subject, iri, value), (_, _, literal) = read(query, {"r": "r/"}, "http://e/")[0].patterns
    assert (subject.text, iri, value.text) == ("http://e/a/b", "http://e/p", "http://e/r/c")
    assert literal.datatype == "http://e/d"
    (group,) = read(query, {"r": "r/"})
    assert (group.patterns, group.unread) == ([], True)


def test_a_literal_has_its_datatype() -> None:
    values = """'x' , "x"@en , 5 , -1.5 , 1e3 , false , 'x'^^e:d , 'x'^^<urn:d> , 'x'^^f:d"""
    query = f"ASK {{ ?s e:p {values} }}"
    nodes = [value for _, _, value in read(query, E)[0].patterns]
    xsd, rdf = "http://www.w3.org/2001/XMLSchema#", TYPE.partition("#")[0]
    assert [(node.kind, node.datatype) for node in nodes] == [
        ("string", f"{xsd}string"), ("literal", f"{rdf}#langString"), ("literal", f"{xsd}integer"),
        ("literal", f"{xsd}decimal"), ("literal", f"{xsd}double"), ("literal", f"{xsd}boolean"),
        ("literal", "http://e/d"), ("literal", "urn:d"), ("literal", ""),
    ]  # fmt: skip


def test_plain_strings_that_variables_are_compared_with_are_found() -> None:
    query = """ASK { FILTER(?a = 'x' || "y"=?b || ?c != 'z' || ?d = 'x'@en) VALUES ?e { "v" } }"""
    assert list(compared(query)) == [("a", "'x'"), ("b", '"y"'), ("e", '"v"')]


HOSTILE = ["{ ?a :b :c . ", "[", "]", "{", "}", "(", ")", "{ (", "a:b.", "a:.", "{ ?s ?p +-",
           "{?a ", "{ ?s :p [ ", "SELECT {", "VALUES ?x { 'a' ", "{1.1.", "'", '"""', "{ ?s :p\\",
           "?x = ", "{ ?s ", "a/", ":p/", "?o , "]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_fails_or_takes_long(text: str) -> None:
    query = text * (16_000 // len(text))
    started = time.process_time()
    read(query, E)
    list(compared(query))
    assert time.process_time() - started < 1
