"""Every quoted passage occurs in the cited lines of its source; every statement has evidence."""

import hashlib
import os
from pathlib import Path

import pytest
from pyoxigraph import Store
from scope import record

from accsm_kg.namespaces import prefixes


def _rows(store: Store, query: str) -> list[tuple[str | None, ...]]:
    found = store.query(query, prefixes=prefixes())
    return [tuple(term and term.value for term in row) for row in found]


def _folded(text: str) -> str:
    return " ".join(text.split())


def test_every_quotation_occurs_in_its_lines(store: Store, sources: dict[str, list[str]]) -> None:
    """Quotations from a source without a text in ACCSM_SOURCES are left out."""
    passages = _rows(
        store,
        """SELECT ?e ?number ?start ?end ?words WHERE {
        ?e a accsm:Evidence ; dcterms:source ?source ; accsm:verbatim ?words ;
           accsm:lineStart ?start ; accsm:lineEnd ?end
        BIND(STRAFTER(STR(?source), "/id/source/") AS ?number) }""",
    )
    at_hand = [passage for passage in passages if passage[1] in sources]
    assert at_hand
    not_found = [
        evidence
        for evidence, source, start, end, words in at_hand
        if _folded(words) not in _folded(" ".join(sources[source][int(start) - 1 : int(end)]))
    ]
    assert not_found == []


def test_the_source_texts_have_the_recorded_digests(store: Store) -> None:
    folder = os.environ.get("ACCSM_SOURCES")
    if not folder:
        pytest.skip("ACCSM_SOURCES is not set: the source texts are not part of the project")
    stated = dict(_rows(store, "SELECT ?s ?h WHERE { ?s accsm:sha256 ?h }"))
    for path in Path(folder).glob("*.txt"):
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        source = f"{prefixes()['id']}source/{path.name[:3]}"
        assert stated.get(source) == found, f"{path}: not the text of a row of sources.csv"


def test_low_and_press_sources_are_never_quoted(store: Store) -> None:
    assert not _rows(
        store,
        """SELECT ?e WHERE { ?e dcterms:source ?s ; accsm:verbatim ?words .
        ?s accsm:reliability ?r FILTER(?r IN (accsm-v:press, accsm-v:low)) }""",
    )


@pytest.mark.parametrize(
    "name",
    [
        "accsm:hasSupportLink",
        "accsm:countryCoordinator",
        "accsm:hasOccurrence",
        "accsm:hasBudgetStatement",
        "accsm:addressesPriorityAreaVersion",
        "accsm:addressesThematicArea",
        "accsm:citesKRA",
    ],
)
def test_every_statement_of_a_project_has_quoted_evidence(store: Store, name: str) -> None:
    """A budget that the plan does not state has no words to quote."""
    stated = _rows(store, f"SELECT ?p ?o WHERE {{ ?p a accsm:Project ; {name} ?o }}")
    assert stated
    backed = _rows(
        store,
        f"""SELECT DISTINCT ?p ?o WHERE {{ ?p {name} ?o ; accsm:hasEvidence ?e .
        ?e accsm:aboutProperty {name} ; accsm:verbatim ?words }}""",
    )
    blank = _rows(
        store,
        """SELECT ?p ?b WHERE { ?p accsm:hasBudgetStatement ?b ;
        accsm:budgetStatus accsm-v:not-stated }""",
    )
    unbacked = set(stated) - set(backed)
    assert unbacked == (set(blank) if name == "accsm:hasBudgetStatement" else set())


def test_every_printed_cell_is_kept_as_evidence(sources: dict[str, list[str]]) -> None:
    """The cells are those of the work plan table, lines 85 to 181 of source 001."""
    if "001" not in sources:
        pytest.skip("the text of source 001 is not in ACCSM_SOURCES")
    kept = _rows(
        record("001/2016-2020"),
        """SELECT ?line ?cell WHERE { ?e accsm:lineStart ?line ; accsm:cellIndex ?cell ;
        dcterms:source <https://w3id.org/accsm-kg/id/source/001> FILTER(?line < 182) }""",
    )
    printed = {
        (str(number), str(index))
        for number, line in enumerate(sources["001"][84:181], start=85)
        if "\t" in line and not line.startswith(("ASCC Key Results", "\tASEAN\t", "<ol>"))
        for index, cell in enumerate(line.split("\t"))
        if cell.strip()
    }
    assert len(printed) == 321
    assert set(kept) == printed


def test_every_heading_in_the_text_of_a_document_is_a_part_of_the_record(
    store: Store, sources: dict[str, list[str]]
) -> None:
    """The titles before the first part and the salutations of letters are no headings."""
    ranges = _rows(
        store,
        """SELECT ?number (MIN(?start) AS ?first) (MAX(?end) AS ?last) WHERE {
        ?part dcterms:isPartOf ?document ; accsm:hasEvidence ?e ; accsm:clauseText ?text .
        ?e dcterms:source ?source ; accsm:lineStart ?start ; accsm:lineEnd ?end .
        BIND(STRAFTER(STR(?source), "/id/source/") AS ?number) } GROUP BY ?document ?number""",
    )
    cited = {
        (number, str(line))
        for number, start, end in _rows(
            store,
            """SELECT ?number ?start ?end WHERE {
            ?e dcterms:source ?source ; accsm:lineStart ?start ; accsm:lineEnd ?end .
            BIND(STRAFTER(STR(?source), "/id/source/") AS ?number) }""",
        )
        for line in range(int(start or 0), int(end or 0) + 1)
    }
    headings = [
        (number, str(line), words)
        for number, first, last in ranges
        for line in range(int(first or 0), int(last or 0) + 1)
        if number in sources
        and (words := sources[number][line - 1]).startswith("#")
        and not words.lstrip("#* ").startswith("Dear ")
    ]
    assert "001" not in sources or len(headings) > 20
    assert [one for one in headings if one[:2] not in cited] == []


def test_every_resource_of_a_source_or_of_the_curator_has_backing(store: Store) -> None:
    """Backing is evidence or a reason; evidence itself needs none."""
    bare = _rows(
        store,
        """SELECT DISTINCT ?resource WHERE {
        GRAPH ?graph { ?resource a ?class }
        FILTER(REGEX(STR(?graph), "/graph/(source/[0-9]+|curation)$"))
        FILTER(?class != accsm:Evidence)
        FILTER NOT EXISTS { ?resource accsm:hasEvidence|accsm:curationNote ?backing } }""",
    )
    assert bare == []


def test_the_words_behind_the_name_of_a_body_have_one_of_its_names(store: Store) -> None:
    """Words that name one body are no evidence for the names of another."""
    found = _rows(
        store,
        """SELECT ?evidence ?thing ?words (GROUP_CONCAT(?name; SEPARATOR="|") AS ?names) WHERE {
        VALUES ?property { skos:altLabel accsm:acronym }
        VALUES ?naming { skos:altLabel accsm:acronym skos:prefLabel }
        ?evidence accsm:aboutProperty ?property ; accsm:verbatim ?words .
        ?thing a accsm:Body ; accsm:hasEvidence ?evidence ; ?naming ?name .
        } GROUP BY ?evidence ?thing ?words""",
    )
    assert [
        (evidence, thing)
        for evidence, thing, words, names in found
        if not any(name.lower() in str(words).lower() for name in str(names).split("|"))
    ] == []


def test_a_restored_number_is_the_curators(store: Store) -> None:
    graphs = _rows(
        store,
        """SELECT DISTINCT ?graph WHERE { ?part accsm:numberRestored true .
        VALUES ?property { accsm:clauseNumber accsm:numberRestored skos:notation }
        GRAPH ?graph { ?part ?property ?value } FILTER(!STRENDS(STR(?graph), "inferred")) }""",
    )
    assert [graph.rpartition("/")[2] for (graph,) in graphs if graph] == ["curation"]
    supported = """SELECT ?part WHERE { ?part accsm:numberRestored true ; accsm:hasEvidence ?words .
        ?words accsm:aboutProperty accsm:clauseNumber }"""
    assert _rows(store, supported) == []
