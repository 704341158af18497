"""The explanation of a query that does not parse."""

import time

import pytest
from pyoxigraph import Store
from rdf.mutations import KINDS, PREFIXES, message, mutations

from accsm_kg.namespaces import BASE, prefixes
from accsm_kg.rdf.explain import explain

MISTAKES = {
    "SELCT ?s WHERE { ?s ?p ?o }": (1, 1, "`SELCT` is not a SPARQL keyword", "`SELECT`"),
    "SELECT ?s\nWHRE { ?s ?p ?o }": (2, 1, "`WHRE` is not a SPARQL keyword", "`WHERE`"),
    "SELECT * { ?s ?p ?o OPTINAL { ?s a ?c } }": (1, 21, "`OPTINAL`", "`OPTIONAL`"),
    "SELECT * { ?s ?p ?o } ODER BY ?s": (1, 23, "`ODER`", "`ORDER`"),
    "SELECT * { ?s ?p ?o FILTER(CONTAIN(?o, 'x')) }": (1, 28, "`CONTAIN`", "`CONTAINS`"),
    "SELECT * { ?s ?p TRUE }": (1, 18, "`TRUE`", "`true`"),
    "SELECT * { ?s ?p ?o FILTER(?o > 1 AND ?o < 3) }": (1, 35, "`AND`", "`&&`"),
    "SELECT * { ?s ?p ?o } LIMIT ten": (1, 29, "whole number", "LIMIT 10"),
    "SELECT * { ?s ?p ?o } LIMIT -1": (1, 29, "whole number", "LIMIT 10"),
    "SELECT * { ?s ?p ?o } LIMIT 5 OFFSET": (1, 37, "whole number", "OFFSET 20"),
    "SELECT * { ?s ?p ?o } LIMIT 10, 5": (1, 31, "`,`", "LIMIT 5 OFFSET 10"),
    "SELECT * { ?s ?p ?o } LIMIT 1,000": (1, 30, "`,`", "Write `1000`"),
    "SELECT * { ?s ?p ?o } ;": (1, 23, "`;`", "Remove it"),
    "SELECT TOP 10 * { ?s ?p ?o }": (1, 8, "`TOP`", "LIMIT 10"),
    "SELECT ?s ?s { ?s ?p ?o }": (1, 26, "twice", "once"),
    "SELECT * { ?s ?p ?x FILTER(strStarts(?x, 'h') }": (1, 45, "`)`", "`(` at line 1, column 27"),
    "SELECT (ROUND(AVG(?y)) AS ?m) { ?p x:y ?y }": (1, 36, "`x:` is not", "PREFIX x:"),
    "SELECT * {\n?s ?p ?l ,\n}": (3, 1, "between `,` and `}`", "Write the value"),
    "SELECT * { ?t bif:contains 'x' }": (1, 15, "Virtuoso", 'CONTAINS(LCASE(?t), "x")'),
    "S\u0415LECT * {}": (1, 1, "is CYRILLIC CAPITAL LETTER IE", "`SELECT`"),
    "SELECT * { ?s \u0430\u0441\u0441sm:p ?o }": (1, 15, "CYRILLIC SMALL LETTER A", "Latin"),
    "SELECT * { ?s a <http://x/{y}> }": (1, 17, "it has '{'", "%20"),
    "ASK { ?s ?p ?o FILTER(?o > 2016-01-01^^<a:b>) }": (1, 28, "not in quotes", '"2016-01-01"'),
    "SELECT * { ?s ?p ?o } FILTER(?o > 1)": (1, 23, "`FILTER` is outside", "before the `}`"),
    "PREFIX a: <b:> . SELECT * {}": (1, 16, "`.` after PREFIX", "Remove it"),
    "PREFIX a: <b:> SELECT * { ?s a:b//c ?o }": (1, 33, "no property in between", "`/` once"),
    "PREFIX a: <b:> SELECT * { ?s a:bcdefghij/ ?o }": (1, 43, 'found `?o`, expected "!"', ""),
    "SELECT ?s ?p { ?s ?p ?o } GROUP BY ?s": (
        1,
        11,
        "`?p` is neither in GROUP BY",
        "GROUP BY ?s ?p",
    ),
    "SELECT (SUM(?o)/?p AS ?n) { ?s ?p ?o } GROUP BY ?s": (
        1,
        51,
        "neither in GROUP BY",
        "aggregate",
    ),
    "SELECT ?s, ?p { ?s ?p ?o }": (1, 10, "`,`", "spaces"),
    "SELECT COUNT(?s) { ?s ?p ?o }": (1, 8, "brackets and a name", "AS"),
    "SELECT (COUNT(?s)) { ?s ?p ?o }": (1, 18, "no name", "AS"),
    "SELECT ?s (COUNT(?o) AS ?n) { ?s ?p ?o }": (
        1,
        8,
        "`?s` is neither in GROUP BY",
        "GROUP BY ?s",
    ),
    "SELECT * { ?s ?p ?o } GROUP BY ?s": (1, 34, "`SELECT *`", "Name the variables"),
    "SELECT (?o AS ?p) { ?s ?p ?o }": (1, 31, "occurs in the pattern", "another variable"),
    "SELECT * { ?s a ?c ?s ?p ?o }": (1, 20, "fourth term, `?s`", "`.`"),
    "SELECT * { ?s ?p }": (1, 18, "only two terms", "subject"),
    "ASK { ?s }": (1, 7, "`?s` stands alone", "subject"),
    "SELECT * { ?s ?p ?o . accsm:Project }": (1, 23, "`accsm:Project` stands alone", "object"),
    "SELECT * { ?s a accsm:Project ; accsm:supports }": (
        1,
        33,
        "`accsm:supports` has no object",
        "after it",
    ),
    "SELECT * { ?s a ?c ; ?p . ?c ?d ?e }": (1, 22, "`?p` has no object", "after it"),
    "SELECT * { ?s ?p ?o FILTER }": (1, 21, "`FILTER` says nothing", "brackets"),
    "SELECT * { ?s ?p ?o BIND() }": (1, 21, "`BIND` says nothing", "brackets"),
    "SELECT * { ?s ?p ?o } ORDER BY": (1, 23, "`ORDER BY` names nothing", "variable"),
    "SELECT ?s { ?s ?p ?o } GROUP BY LIMIT 3": (1, 24, "`GROUP BY` names nothing", "variable"),
    "SELECT * { ?s ?p ?o FILTER(?o > ) }": (1, 31, "`>` has no value on its right", "after it"),
    "SELECT * { ?s ?p ?o FILTER(?o = 1 && ) }": (1, 35, "`&&` has no value", "after it"),
    "SELECT * { ?s accsm:supports A.2.2.iv }": (1, 30, "`A.2.2.iv` is not a name", '"A.2.2.iv"'),
    "SELECT * { ?s ?p ?o } ORDER ?s": (1, 23, "`BY` is missing after `ORDER`", "`ORDER BY`"),
    "SELECT ?s { ?s ?p ?o } group ?s": (1, 24, "`BY` is missing after `group`", "`group BY`"),
    "SELECT * { ?s ?p ?o FILTER ?o > 3 }": (1, 28, "not in brackets", "FILTER(…)"),
    "SELECT * { ?s ?p ?o FILTER(?o == 3) }": (1, 31, "`==`", "`=`"),
    "SELECT * { ?s ?p ?o LIMIT 3 }": (1, 21, "`LIMIT` is inside", "after the `}`"),
    "SELECT * { ?s ?p ?o } LIMIT 3 ORDER BY ?s": (
        1,
        31,
        "`ORDER` is in the wrong place",
        "ORDER BY",
    ),
    "SELECT * { ?s ?p 'abc }": (1, 18, "never closed", "Close it"),
    "SELECT * { ?s ?p “x” }": (1, 18, "typographic", "straight"),
    "SELECT * {\u00a0?s ?p ?o }": (1, 11, "invisible", "plain space"),
    "SELECT * { ?s a http://example.org/x }": (1, 17, "without brackets", "<http://"),
    "SELECT * { ?s a <http://example.org/a b> }": (1, 17, "is not an IRI", "%20"),
    "PREFIX a <b:> SELECT * { ?s ?p ?o }": (1, 8, "has no colon", "PREFIX a: <…>"),
    "PREFIX a: http://b/ SELECT * {}": (1, 11, "not between < and >", "<…>"),
    "@prefix a: <b:> . SELECT * {}": (1, 1, "Turtle", "without a dot"),
    "PREFIX a: <b:> SELECT * { a:b/2016/6 ?p ?o }": (1, 27, "must not contain `/`", "whole IRI"),
    "SELECT * { ?s ex:p ?o }": (1, 15, "`ex:` is not declared", "PREFIX ex:"),
    "SELECT * { ?s acsm:p ?o }": (1, 15, "`acsm:` is not declared", "`accsm:`"),
    "SELECT * { ?s ?p ?o": (1, 20, "the end of the query", "never closed"),
    "SELECT * { ?s ?p ?o } }": (1, 24, "the end of the query", "has no opening bracket"),
    "ASK { BIND(1 AS ?a) BIND(2 AS ?a) }": (1, 31, "`?a` has a value before BIND", "another"),
    "ASK { ?s ?p ?o BIND(?o AS ?s) }": (1, 27, "`?s` has a value", "another variable"),
    "ASK { OPTIONAL { ?s ?p ?a } BIND(1 AS ?a) }": (1, 39, "`?a` has a value", "another"),
    "ASK { VALUES (?b ?a) { (1 2) } BIND(1 AS ?a) }": (1, 42, "`?a` has a value", "another"),
    "ASK { { SELECT (1 AS ?x) {} } BIND(2 AS ?x) }": (1, 41, "`?x` has a value", "another"),
    "ASK {} LIMIT 99999999999999999999": (
        1,
        14,
        "`LIMIT 99999999999999999999` is larger than 18446744073709551615",
        "smaller",
    ),
    "ASK {} OFFSET 0018446744073709551616": (1, 15, "is larger than", "smaller"),
    "SELECT * { ?s ?p ?o } LIMIT 10.5": (1, 29, "whole number", "LIMIT 10"),
    "SELECT * { ?s ?p ?o } LIMIT 1e3": (1, 29, "whole number", "LIMIT 10"),
    "SELECT ?s { ?s ?p ?o } LIMIT 3;": (1, 31, "`;` after the query", "Remove it"),
    "SELECT ?s { ?s ?p ?o }.": (1, 23, "`.` after the query", "Remove it"),
    "SELECT ?s { ?s ?p ?o } ORDER BY DESC ?s": (1, 33, "`DESC` is not followed", "DESC(?name)"),
    "SELECT ?s { ?s ?p ?o } ORDER BY ?s DESC": (1, 36, "`DESC` is behind", "DESC(?name)"),
    "SELECT ?s { ?s ?p ?o } ORDER BY ?s, ?p": (1, 35, "`,` must not", "spaces"),
    "SELECT ?s { ?s ?p ?o } GROUP BY ?s , ?p": (1, 36, "`,` must not", "spaces"),
    "SELECT ?s { ?s ?p ?o } GROUP BY ?s HAVING COUNT(?o) > 1": (
        1,
        43,
        "HAVING is not in brackets",
        "HAVING(…)",
    ),
    "SELECT DISTINCT(?s) { ?s ?p ?o }": (1, 19, "no name", "without brackets"),
    "SELECT (?o + 1) { ?s ?p ?o }": (1, 15, "no name", "AS ?name"),
    "SELECT ?s AS ?x { ?s ?p ?o }": (1, 11, "`AS` is not in brackets", "(?value AS ?name)"),
    "SELECT { ?s ?p ?o }": (1, 8, "names no variable", "SELECT *"),
    "ASK ?s { ?s ?p ?o }": (1, 5, "no variables", "ASK { … }"),
    "CONSTRUCT { ?s ?p ?o }": (1, 23, "no WHERE", "WHERE { … }"),
    "?s ?p ?o": (1, 1, "does not begin with SELECT", "SELECT *"),
    "?query=hello": (1, 1, "does not begin with SELECT", "SELECT *"),
    "hello": (1, 1, "does not begin with SELECT", "after PREFIX and BASE"),
    "# a question\nwhat is it?": (2, 1, "does not begin with SELECT", "SELECT *"),
    "prefix a: <b:> base <c:> foo": (1, 26, "does not begin with SELECT", "SELECT *"),
    "PREFIX a: <b:>\n?s ?p ?o": (2, 1, "does not begin with SELECT", "SELECT *"),
    "WHERE { ?s ?p ?o }": (1, 1, "does not begin with SELECT", "SELECT *"),
    "country:KHM": (1, 1, "does not begin with SELECT", "SELECT *"),
    "<http://a/>": (1, 1, "does not begin with SELECT", "SELECT *"),
    "http://a/": (1, 1, "does not begin with SELECT", "SELECT *"),
    "'hello'": (1, 1, "does not begin with SELECT", "SELECT *"),
    "42": (1, 1, "does not begin with SELECT", "SELECT *"),
    "DESCRIB <a:b>": (1, 1, "`DESCRIB` is not a SPARQL keyword", "`DESCRIBE`"),
    "PREFX a: <b:> ASK {}": (1, 1, "`PREFX` is not a SPARQL keyword", "`PREFIX`"),
    "INSERT DATA { <a:a> <a:b> 1 }": (1, 1, "`INSERT` begins an update", "Only queries"),
    "SELECT * { ?s ?p ?o OPTIONAL ?s ?q ?r }": (1, 21, "`OPTIONAL` is not", "OPTIONAL { … }"),
    "SELECT * { ?s ?p ?o FILTER(EXISTS ?s ?q ?r) }": (1, 28, "`EXISTS` is", "EXISTS { … }"),
    "SELECT * { GRAPH { ?s ?p ?o } }": (1, 12, "`GRAPH` has no name", "before the `{`"),
    "SELECT * { BIND ?o AS ?x }": (1, 12, "`BIND` is not followed", "BIND(… AS ?name)"),
    "SELECT * { ?s ?p ?o FILTER(?o IN 1) }": (1, 34, "IN is not in brackets", "IN (…)"),
    "SELECT * { VALUES ?s { 1, 2 } }": (1, 25, "`,` must not", "spaces"),
    "SELECT * { VALUES ?s { ?x } }": (1, 24, "`?x` is not a value", "UNDEF"),
    "SELECT * { VALUES ?s (1 2) }": (1, 22, "several variables", "VALUES ?name { … }"),
    "SELECT * { ?s ?p ?o FILTER(?o <> 1) }": (1, 31, "`<>` is not", "!="),
    "SELECT * { ?s <a:b> > 3 }": (1, 21, "`>` is inside a pattern", "FILTER(…)"),
    "SELECT * { ?s <a:b>{1,3} ?o }": (1, 20, "`{1,3}` is not SPARQL", "p/p"),
    "SELECT ?s-x { ?s-x ?p ?o }": (1, 8, "must not contain `-`", "`_`"),
    "SELECT * { ?s ?p 'a'@en_US }": (1, 24, "no `_`", "@en-US"),
    "SELECT * { ?s ?p 'a'@'en' }": (1, 22, "not in quotes", "@en"),
    "SELECT * { ?s ?p '1'^<a:b> }": (1, 21, "`^^`", "xsd:date"),
    "SELECT * { ?s ?p '1'^^date }": (1, 23, "`date` is not a datatype", "xsd:date"),
    "SELECT * { ?s ?p 'it's' }": (1, 22, "the string ends before `s`", "\\'"),
    "SELECT * { ?s ?p ?o FILTER REGEX(?o, '\\d+') }": (1, 39, "`\\d` is not an escape", "`\\\\d`"),
    "SELECT (GROUP_CONCAT(?o, ',') AS ?g) { ?s ?p ?o }": (1, 24, "GROUP_CONCAT", "SEPARATOR"),
    "SELECT (COUNT(?s, ?o) AS ?g) { ?s ?p ?o }": (1, 17, "takes one value", "each"),
    "SELECT ?s { ?s ?p ?o FILTER(SUM(?o) > 3) } GROUP": (1, 29, "inside the pattern", "HAVING"),
    "SELECT * { ?s ?p ?o FILTER(SUBSTR(?o) = 'a') }": (1, 28, "`SUBSTR`", "its arguments"),
    "SELECT ?s { SELECT ?s { ?s ?p ?o } ?s a ?c }": (1, 36, "braces of its own", "{ SELECT"),
    "SELECT * { ?s ?p _:a OPTIONAL { _:a ?q ?r } }": (1, 33, "`_:a` is in another", "variable"),
    "SELECT * { LET(?x := 1) }": (1, 12, "`LET`", "BIND"),
    "": (1, 1, "the query is empty", "SELECT, ASK"),
    "# only a comment": (1, 1, "the query is empty", "SELECT, ASK"),
}


def engine_message(query: str) -> str:
    with pytest.raises(SyntaxError) as caught:
        Store().query(query, base_iri=BASE)
    return str(caught.value.msg)


@pytest.mark.parametrize("query", MISTAKES)
def test_a_mistake_is_explained_with_its_place_and_a_hint(query: str) -> None:
    line, column, detail, hint = MISTAKES[query]
    found = explain(query, engine_message(query), prefixes())
    assert "FFFD" not in found.detail
    assert found.detail.startswith(f"Line {line}, column {column}: ")
    assert (found.line, found.column) == (line, column)
    assert detail in found.detail
    assert hint in found.hint
    assert found.excerpt.endswith("^")


@pytest.mark.parametrize(
    "query",
    [
        "ASK { FILTER EXISTS { ?s ?p ?a } BIND(1 AS ?a) }",
        "ASK { ?s ?p ?o MINUS { ?s ?p ?a } BIND(1 AS ?a) }",
        "ASK { { SELECT ?s { ?s ?p ?a } GROUP BY ?s ?a } BIND(1 AS ?a) }",
        "ASK { { BIND(1 AS ?a) } UNION { BIND(2 AS ?a) } ?s ?p ?a }",
        "ASK { FILTER(BOUND(?a)) BIND(1 AS ?a) BIND(STR(?a) AS ?b) }",
    ],
)
def test_a_variable_without_a_value_before_bind_is_no_mistake(query: str) -> None:
    Store().query(query)
    assert "before BIND" not in explain(f"{query} LIMIT x", "error at 1:1: x", {}).detail


HARD = ["BIND(1 AS ?a) ", "'\\d' ", "LIMIT 9", "ORDER BY ", "VALUES ?a { ", "HAVING COUNT(",
        "{ = ", "_:a { ", "SELECT (?a ", "GROUP BY ?a ", "SELECT { { } ", "CONSTRUCT {} ",
        "SELECT ", "SELECT (", "SELECT ?a ", "(", "?s ?p ", "{ ?s ?p ", "a:b/", "<http:", "'a' ",
        "PREFIX a:", "{ LIMIT ", "VALUES (", "SELECT (COUNT(", "a-", "SELECT (a (b) ", "é",
        "\n", "PREFIX aé:", "a:b."]  # fmt: skip


@pytest.mark.parametrize("text", HARD)
@pytest.mark.parametrize("size", [6_000, 32_000, 1_000_000])
def test_no_text_takes_long(text: str, size: int) -> None:
    query = text * (size // len(text))
    started = time.process_time()
    for line in (1, query.count("\n") + 1):
        explain(query, f"error at {line}:5: expected OPTIONAL", prefixes())
    assert time.process_time() - started < 1


def test_a_similar_prefix_is_suggested() -> None:
    query = "PREFIX accsm: <x> ASK { ?s acsm:supports ?o }"
    assert "`accsm:`" in explain(query, "error at 1:30: x", prefixes()).hint


@pytest.mark.parametrize(
    ("prefix", "meant"),
    [("dct", "dcterms"), ("dc", "dcterms"), ("DCT", "dcterms"), ("dcterm", "dcterms"),
     ("sdo", "schema"), ("so", "schema"), ("shacl", "sh"), ("rdf-schema", "rdfs"), ("xs", "xsd"),
     ("accsm-kg", "accsm"), ("accsmkg", "accsm"), ("accsm_v", "accsm-v")],
)  # fmt: skip
def test_the_prefix_that_is_meant_is_suggested(prefix: str, meant: str) -> None:
    query = f"ASK {{ ?s {prefix}:name ?o }}"
    assert explain(query, "error at 1:10: x", prefixes()).hint == f"Did you mean `{meant}:`?"


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("SELECT * {\n  ?s ?p ?o", "`{` at line 1, column 10 is never closed"),
        ("SELECT * { ?s ?p ?o } }", "`}` at line 1, column 23 has no opening bracket"),
        ("ASK { FILTER(?a = '{' }", "`(` at line 1, column 13 is not closed before `}`"),
    ],
)
def test_an_unbalanced_bracket_is_named(query: str, hint: str) -> None:
    assert hint in explain(query, "error at 1:1: x", {}).hint


def test_the_excerpt_marks_the_place() -> None:
    found = explain("SELECT *\nWHERE ?s", "error at 2:7: expected LIMIT", {})
    assert found.excerpt == "WHERE ?s\n      ^"
    assert found.detail == "Line 2, column 7: found `?s`, expected LIMIT."


def test_a_known_prefix_needs_no_declaration_in_the_query() -> None:
    query, message = "SELECT * { ?s accsm:p ?o ; acsm:q ?r }", "error at 1:34: expected x"
    found = explain(query, message, prefixes())
    assert found.detail == "Line 1, column 28: the prefix `acsm:` is not declared."
    assert found.hint == "Did you mean `accsm:`?"


def test_the_given_hint_is_used_when_there_is_no_better_one() -> None:
    query = "SELECT *\nWHERE ?s"
    assert explain(query, "error at 2:7: expected LIMIT", {}, otherwise="See x.").hint == "See x."
    assert explain(query, "no place at all", {}, otherwise="See x.").hint == "See x."
    assert "closed" in explain(query + "{", "error at 2:7: x", {}, otherwise="See x.").hint


def test_the_parts_are_detail_excerpt_and_hint() -> None:
    found = explain("SELECT *\nWHERE ?s", "error at 2:7: expected LIMIT", {}, otherwise="See x.")
    assert found.parts == (found.detail, "WHERE ?s\n      ^", "See x.")


@pytest.fixture(scope="module")
def told() -> list[tuple[str, int]]:
    """Each kind of mistake made in a stored question, and how many lines off its explanation is."""
    return [
        (kind, abs((explain(text, message(text), PREFIXES).line or 0) - line))
        for kind, text, line in mutations()
    ]


def test_the_line_of_most_mistakes_in_stored_questions_is_told(told: list[tuple[str, int]]) -> None:
    assert len(told) == 267
    assert sum(off == 0 for _, off in told) >= 0.75 * len(told)
    assert sum(off <= 1 for _, off in told) >= 0.95 * len(told)


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_of_mistake_is_told_far_away(told: list[tuple[str, int]], kind: str) -> None:
    near = [off <= 1 for one, off in told if one == kind]
    assert sum(near) >= 0.9 * len(near)


@pytest.mark.parametrize(
    ("query", "line", "detail"),
    [
        ("ASK {\n  ?s ?p ?o\n  ?a ?b ?c .\n}", 2, "a `.` is missing after `?o`"),
        ("ASK {\n  ?s a ?c ;\n    a:b ?x\n    a:c ?y .\n}", 3, "a `;` is missing after `?x`"),
        ("ASK {\n  ?s (a:b/a:c)* ?x\n  ?a a:b|^a:c ?c .\n}", 2, "a `.` is missing after `?x`"),
        ("ASK {\n  ?s a:b 'x'@en\n  FILTER(?s = 1)\n  ?s a:b [ a ?c ]\n  ?a ?b 1\n}", 4, "missing"),
        ("ASK {\n  OPTIONAL {\n    ?s ?p ?o .\n  ?a ?b ?c .\n}", 3, "a `}` is missing"),
        ("ASK {\n  OPTIONAL { ?s ?p ?o\n  ?a ?b ?c .\n}", 2, "a `}` is missing"),
        ("ASK\n  ?s ?p ?o .\n}", 1, "a `{` is missing"),
    ],
)
def test_what_is_missing_is_told_where_it_belongs(query: str, line: int, detail: str) -> None:
    found = explain(query, "error at 99:1: x", {"a": "urn:a"})
    assert found.line == line
    assert detail in found.detail


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * {\n  VALUES (?a ?b) {\n    (1 2)\n    (3 4)\n  }\n  ?s ?p ?a\n  FILTER(?a)\n}",
        "SELECT ?a ?b ?c\n  ?d\nWHERE { ?a ?b ?c , ?d }\nORDER BY ?a ?b ?c\n  ?d",
        "ASK {\n  ?s ?p ?o\n  OPTIONAL { ?s ?p ?q }\n  BIND(1 AS ?x)\n  VALUES ?v { 1 2\n 3 4 }\n}",
        "ASK {\n  ?s a:b/a:c ?o ; !a:b ?x ,\n ?y\n}",
    ],
)
def test_nothing_is_said_to_be_missing_that_is_not(query: str) -> None:
    assert "missing" not in explain(query, "error at 1:1: x", {"a": "urn:a"}).detail


@pytest.mark.parametrize(
    ("query", "instead"),
    [
        ("SELCT * { ?s ?p ?o }", "SELECT"),
        ("SELECT * { ?s acsm:p ?o }", "accsm"),
        ("SELECT * { ?s ?p ?o FILTER(?o == 3) }", "="),
        ("SELECT * { ?s ?p ?o } ;", ""),
        ("SELECT * { ?s a <http://example.org/a b> }", None),
    ],
)
def test_what_to_write_instead_is_told_where_it_is_known(query: str, instead: str | None) -> None:
    found = explain(query, engine_message(query), prefixes()).mistake
    assert found is not None
    assert found.instead == instead
