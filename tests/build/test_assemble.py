"""Assembling and writing the dataset: reproducible bytes, another base, and faulty input."""

import csv
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from project import ROOT, copy_inputs
from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    DefaultGraph,
    NamedNode,
    RdfFormat,
    Store,
)

from accsm_kg.build import assemble
from accsm_kg.namespaces import APART, BASE, CONVENTIONS, VERSIONS, folder_prefixes, prefixes
from accsm_kg.rdf import dataset

Clone = Callable[[], Path]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of ontology, shapes and data that a test may change."""
    return copy_inputs(tmp_path)


def _digest(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_two_builds_give_the_same_bytes(dataset_path: Path, tmp_path: Path) -> None:
    assemble.write(assemble.assemble(ROOT), tmp_path)
    assert sorted(_digest(tmp_path)) == sorted(assemble.FILES)
    assert {name: _digest(dataset_path.parent)[name] for name in assemble.FILES} == _digest(
        tmp_path
    )


def test_the_nquads_file_is_canonical_and_sorted(dataset_path: Path) -> None:
    store = Store()
    store.load(path=str(dataset_path), format=RdfFormat.N_QUADS)
    stored = Dataset(store)
    stored.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    assert "".join(sorted(f"{quad} .\n" for quad in stored)) == dataset_path.read_text()


def test_trig_and_nquads_hold_equally_many_quads(dataset_path: Path) -> None:
    sizes = {len(set(dataset.read(dataset_path.with_suffix(kind)))) for kind in (".nq", ".trig")}
    assert len(sizes) == 1


def test_data_graphs_have_no_blank_nodes(store: Store) -> None:
    bare = {"graph/ontology", "graph/shapes", *VERSIONS}
    for graph in store.named_graphs():
        if str(graph.value).removeprefix(BASE) not in bare:
            for quad in store.quads_for_pattern(None, None, None, graph):
                assert "_:" not in (str(quad.subject)[:2], str(quad.object)[:2]), quad


def test_the_default_graph_is_the_merge_of_the_data_graphs(store: Store) -> None:
    apart = {NamedNode(BASE + name) for name in APART}
    named = {quad.triple for quad in store if quad.graph_name not in {*apart, DefaultGraph()}}
    merged = list(store.quads_for_pattern(None, None, None, DefaultGraph()))
    assert {quad.triple for quad in merged} == named
    assert len(merged) == len(named)


def test_every_source_graph_names_its_source(store: Store) -> None:
    stated = store.query(
        """SELECT ?g ?s WHERE { GRAPH ?m { ?g a sd:NamedGraph ; dcterms:source ?s }
        FILTER(CONTAINS(STR(?g), "graph/source/")) }""",
        prefixes=prefixes(),
    )
    assert {(graph.value[-3:], source.value[-10:]) for graph, source in stated} == {
        (path.name, f"source/{path.name}")
        for path in (ROOT / "data/source").iterdir()
        if path.is_dir()
    }


def test_every_project_iri_is_under_the_base_iri(tmp_path: Path) -> None:
    base = "http://127.0.0.1:8000/"
    path = assemble.write(assemble.assemble(ROOT, base), tmp_path, base)[0]
    assert BASE not in path.read_text()
    assert dataset.base_iri(dataset.load(path, CONVENTIONS), BASE) == base


def test_void_counts_are_those_of_the_default_graph(store: Store) -> None:
    stated = {
        term.value: int(count.value)
        for term, count in store.query(
            "SELECT ?t ?n WHERE { GRAPH ?m { ?p void:class ?t ; void:entities ?n } }",
            prefixes=prefixes(),
        )
    }
    counted = {
        term.value: int(count.value)
        for term, count in store.query("SELECT ?t (COUNT(?s) AS ?n) WHERE { ?s a ?t } GROUP BY ?t")
    }
    assert stated == counted
    assert stated[BASE + "ontology#Project"] > 0


def test_broken_turtle_is_refused_with_file_and_line(clone: Path) -> None:
    (clone / "data/vocab/places.ttl").write_text("PREFIX x: <x:>\n\nx:a x:b ;;; oops\n")
    (clone / "data/vocab/topics.ttl").write_text("<x:a> <x:b> <c> .\n")
    (clone / "shapes/general.ttl").write_text("# nothing yet\n")
    with pytest.raises(ValueError) as caught:
        assemble.assemble(clone)
    for fault in (
        "places.ttl:3:9: ; is not a valid RDF object",
        "topics.ttl:1:13: relative IRI <c>; write it in full, or name its base with @base",
        "general.ttl: the file has no statements; fill it or delete it",
    ):
        assert fault in str(caught.value)


def test_a_reference_to_a_missing_resource_is_refused_with_file_row_and_column(clone: Path) -> None:
    _edit(clone / "data/source/001/2016-2020/projects.csv", 4, "coordinators", "SNG")
    with pytest.raises(ValueError, match=r"projects\.csv:4: column coordinators: 'SNG' names a"):
        assemble.assemble(clone)


@pytest.mark.parametrize("folder", ["ontology", "shapes"])
def test_a_file_in_a_folder_below_is_read(clone: Path, folder: str) -> None:
    path = clone / folder / "own" / "more.ttl"
    path.parent.mkdir()
    path.write_text("<x:a> <x:b> <x:c> .\n")
    (quad,) = next(part.quads for part in assemble.read(clone) if part.path == path)
    assert quad.graph_name == NamedNode(f"{BASE}graph/{folder}")


def test_a_file_outside_the_folders_of_graphs_is_refused(clone: Path) -> None:
    (clone / "data/stray.ttl").write_text("")
    with pytest.raises(ValueError, match=r"stray\.ttl: in no graph folder; move it"):
        assemble.assemble(clone)


@pytest.mark.parametrize("folder", ["ontology", "shapes", "data"])
def test_a_project_without_files_is_refused(clone: Path, folder: str) -> None:
    shutil.rmtree(clone / folder)
    (clone / folder).mkdir()
    with pytest.raises(ValueError, match=rf"{folder}: no [.]\w+.* files; name the folder of "):
        assemble.assemble(clone)


def test_a_table_as_csv_and_as_workbook_is_refused(clone: Path) -> None:
    (clone / "data/vocab/countries.xlsx").write_bytes(b"")
    with pytest.raises(ValueError, match=r"countries[.]xlsx: there is a [.]csv of the same name"):
        assemble.assemble(clone)


def test_files_that_are_not_read_are_named(clone: Path) -> None:
    assert assemble.unread(clone) == []
    names = ["data/vocab/Parties.CSV", "data/vocab/parties.csv.gz", "ontology/old.owl"]
    for name in [*names, "data/vocab/._parties.csv", "data/.DS_Store"]:
        (clone / name).write_bytes(b"")
    assert assemble.unread(clone) == [clone / name for name in names]


def test_an_unseen_character_in_turtle_is_refused(clone: Path) -> None:
    path = clone / "data/vocab/invented.ttl"
    path.write_text('<https://e.org/s> <https://e.org/p> "one\u00a0two" .\n')
    with pytest.raises(ValueError) as caught:
        assemble.assemble(clone)
    fault = "<https://e.org/p> of <https://e.org/s> has a no-break space (U+00A0) after 'one'"
    assert f"{path}: {fault}" in str(caught.value)


def test_a_byte_order_mark_is_skipped_and_another_encoding_refused(clone: Path) -> None:
    path = clone / "data/vocab/topics.ttl"
    before = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbf" + before)
    part = assemble._read_turtle(path, NamedNode("urn:g"), BASE)
    path.write_bytes(before)
    assert part == assemble._read_turtle(path, NamedNode("urn:g"), BASE)
    path.write_bytes(before + b"# caf\xe9\n")
    with pytest.raises(
        ValueError, match=r"topics[.]ttl:\d+: not UTF-8 [(]byte 0xe9[)]; save it as"
    ):
        assemble.assemble(clone)


def test_a_failed_write_keeps_the_earlier_build(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assemble.write(store, tmp_path)
    before = _digest(tmp_path)
    monkeypatch.setattr("os.fdopen", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        assemble.write(store, tmp_path)
    assert _digest(tmp_path) == before


def _edit(path: Path, row: int, column: str, cell: str) -> None:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    rows[row - 1][rows[0].index(column)] = cell
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_each_folder_of_things_that_people_name_has_a_prefix(store: Store) -> None:
    declared = dataset.prefixes(store)
    assert declared["project-2016-2020"] == f"{BASE}id/project/2016-2020/"
    assert declared["action-line-apsc-2025"] == f"{BASE}id/action-line/apsc-2025/"
    assert {"country", "body", "document", "meeting-accsm", "issue", "source"} <= declared.keys()
    assert declared["accsm-v"] == f"{BASE}id/concept/"
    assert prefixes().items() <= declared.items()


@pytest.mark.parametrize(
    "name",
    ["evidence", "evidence-001", "project-2016-2020-33", "project-2016-2020-33-support",
     "document-impact-evaluation-item", "arc-KHM-designation", "name-record-accsm"],
)  # fmt: skip
def test_folders_of_parts_links_and_evidence_have_no_prefix(store: Store, name: str) -> None:
    space = f"{BASE}id/{name}".replace("-", "/")
    declared = dataset.prefixes(store)
    assert name not in declared
    assert [found for found in declared.values() if found.startswith(f"{space}/")] == []


def test_things_under_another_base_have_prefixes_under_it() -> None:
    base = "https://kg.example.org/"
    iris = [f"{base}id/a/1", f"{base}id/a/b/2", f"{base}id/a-b/3", f"{base}id/schema/4",
            f"{base}id/ä/5", f"{base}id/6", f"{BASE}id/c/7"]  # fmt: skip
    assert folder_prefixes(iris, base) == {"a": f"{base}id/a/", "a-b": f"{base}id/a-b/"}
