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
