"""What hints ask of a dataset, and hints about a dataset that does not answer."""

import time

import pytest
from pyoxigraph import NamedNode, Store

from accsm_kg.namespaces import facts, prefixes
from accsm_kg.rdf.hints import FOLDER, Facts, find
from accsm_kg.rdf.prologue import supply
from accsm_kg.rdf.query_scanner import SHORT, scan

PAIR = "INSERT DATA { <urn:a> <urn:p> <urn:b> ; <urn:q> <urn:b> }"
CLASSES = "VALUES ?c { " + "accsm:Project foaf:Project " * 5 + "} ?a a ?c ."
COUNT = "SELECT (COUNT(?s) AS ?n) { ?s rdfs:label ?o . ?s rdfs:label ?p "


def hints(text: str) -> list[str]:
    """Return the hints about a query where no request is answered."""
    lookup = find(facts(prefixes()), supply(scan(text), prefixes(), ""))
    try:
        while True:
            lookup.send(None)
    except StopIteration as end:
        found: list[str] = end.value
        return found


def requests(known: Store, asked: Facts, text: str, *, thorough: bool) -> list[str]:
    """Return the names of the queries that the hints about ``text`` ask, with their answers."""
    lookup = find(asked, supply(scan(text), prefixes(), ""), thorough=thorough)
    names = []
    try:
        name, iris = next(lookup)
        while True:
            names.append(name)
            query = (FOLDER / f"{name}.rq").read_text("utf-8")
            for key, values in iris.items():
                query = query.replace(f"<urn:{key}>", " ".join(str(NamedNode(v)) for v in values))
            name, iris = lookup.send(list(known.query(query)))  # type: ignore[arg-type, call-overload]
    except StopIteration:
        return names


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("SELECT (COUNT(*) AS ?n) { <urn:no> <urn:p>* ?o }", "0"),
        ("SELECT (COUNT(*) AS ?n) { ?s <urn:p>|<urn:q> ?o }", "1"),
        ("SELECT (COUNT(?g) AS ?n) { SELECT (MAX(?x) AS ?g) { VALUES ?x { 1 UNDEF } } }", "0"),
    ],
)
def test_the_engine_answers_as_the_hints_say(query: str, value: str) -> None:
    """Other engines answer 1, 2 and 1: when this one does, the hints about it are to go."""
    store = Store()
    store.update(PAIR)
    (row,) = store.query(query)  # type: ignore[misc]
    assert row[0].value == value  # type: ignore[index]


LOADED = ["replaced", "shared", "names"]


@pytest.mark.parametrize("name", ["Project", "Country", "Summit"])
def test_a_query_with_rows_asks_for_names_only(known: Store, name: str) -> None:
    query = f"SELECT * {{ ?p a accsm:{name} ; skos:prefLabel ?l }}"
    assert requests(known, facts(prefixes()), query, thorough=False) == LOADED


@pytest.mark.parametrize(
    ("query", "thorough"),
    [
        ("ASK { ?m a accsm:Meeting ; dcterms:title ?t ; accsm:amount ?a }", True),
        ("ASK { ?p a accsm:Project ; accsm:partnerAsPrinted country:VNM ; accsm:amount 5 }", True),
        ("SELECT (COUNT(?p) AS ?n) { ?p a accsm:Project ; accsm:supports ?t }", False),
        ("ASK { ?p a accsm:Project OPTIONAL { ?p dcterms:title ?t } }", False),
    ],
)
def test_what_was_answered_is_not_asked_again(known: Store, query: str, thorough: bool) -> None:
    asked = facts(prefixes())
    assert len(requests(known, asked, query, thorough=thorough)) > len(LOADED)
    assert requests(known, asked, f"{query} # again", thorough=thorough) == []


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?s a accsm:Project ; dcterms:title 5 , country:KHM . country:KHM dcterms:date ?d }",
        "SELECT (COUNT(?s) AS ?n) { ?s accsm:supports ?o }",
        "ASK { VALUES ?c { accsm:Project } ?s a ?c ; accsm:supports/rdfs:label 'x' }",
        "DESCRIBE <urn:x>",
    ],
)
def test_a_dataset_that_does_not_answer_gives_no_hint(query: str) -> None:
    assert [hint for hint in hints(query) if not hint.startswith("Supplied")] == []


@pytest.mark.parametrize(
    "start",
    [
        COUNT,
        f"{COUNT} FILTER(",
        "ASK { ?s rdfs:label ?o } ORDER BY ?o ",
        "SELECT * { ?s ",
        "SELECT * { VALUES ?c { ",
    ],
)
@pytest.mark.parametrize(
    "part",
    ["GROUP BY ", "GROUP  ", "COUNT(", "COUNT( ", "?a= ", "= ", "a", "a ", "IN ", "?a NOT ",
     "VALUES ", "VALUES ?a ", "rdfs:label ?o ; ", "rdfs:label/", "a ?c ; ", "{ ?s a ?c ", "?s ",
     "ORDER BY ?o ", "DESC(", "ASC (?o ", "FILTER(", "BIND(?o AS ",
     "{ FILTER(?zz ", "{ "],
)  # fmt: skip
def test_no_query_takes_long(start: str, part: str) -> None:
    query = start + part * ((SHORT - len(start) - 1) // len(part))
    started = time.process_time()
    hints(query)
    assert time.process_time() - started < 1


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (SUM(?v) AS ?s) {" + "{SELECT(SUM(?v)AS?w){}}" * 650 + "}",
        f"SELECT * {{ {'{?a <urn:no>* <urn:x>}' * 60} }} LIMIT 0",
        f"SELECT * {{ {'?a <urn:p>* <urn:x>.' * 100} }} LIMIT 0 VALUES ?z {{ {'1 ' * 3800} }}",
        f"SELECT * {{ {CLASSES} {'?a accsm:supports ?v .' * 40} {'{}' * 60} }}",
        f"SELECT * {{ {CLASSES} {'OPTIONAL { ?a accsm:supports ?v }' * 50} }}",
    ],
)
def test_nothing_is_asked_about_the_patterns_of_a_large_query(known: Store, query: str) -> None:
    assert requests(known, facts(prefixes()), query, thorough=True) in ([], LOADED)


def test_no_more_is_asked_than_hints_are_given(known: Store) -> None:
    names = " ".join(f"?s{n} skos:prefLabel 'Name {n}'@en ." for n in range(5))
    asked = requests(
        known, facts(prefixes()), f"ASK {{ {names} ?s dcterms:date 1 }}", thorough=True
    )
    assert "texts" in asked and "constants" not in asked


def test_nothing_is_kept_of_the_terms_of_strangers(known: Store) -> None:
    asked, sizes = facts(prefixes()), set()
    for number in range(3):
        space = f"http://{number}.example/{'x' * 900}"
        patterns = " ".join(f"?s a:p{n} ?o{n % 3} ." for n in range(90))
        others = f"?s accsm:supports <{space}{'x' * 200}> , ?t . ?t a:p a:t ."
        for query in (f"SELECT (COUNT(?s) AS ?n) {{ {patterns} }}", f"ASK {{ {others} }}"):
            requests(known, asked, f"PREFIX a: <{space}> {query}", thorough=True)
        sizes.add(len(repr(asked)))
    assert len(sizes) == 1


@pytest.mark.parametrize("depth", [960, 1500])
def test_a_deeply_nested_query_has_hints_about_its_names(depth: int) -> None:
    found = hints("SELECT * " + "{" * depth + "?s accsm:supports <urn:x>" + "}" * depth)
    assert len(found) == 1 and found[0].startswith("Supplied")


def test_no_language_takes_long() -> None:
    started = time.process_time()
    hints(f"ASK {{ FILTER(LANG(?x) = '{'A' * (SHORT - 50)} ') }}")
    assert time.process_time() - started < 0.5
