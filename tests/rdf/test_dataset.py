"""Loading RDF files into a store whose default graph is the merge of its data graphs."""

import gzip
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from accsm_kg.rdf import dataset
from accsm_kg.rdf.dataset import Conventions, zstd

HERE = Conventions("http://e/", ("graph/apart",))
#: Two data graphs that share a triple, a triple without a graph, and a graph not to merge.
LINES = """<urn:s> <urn:p> "1" <http://e/graph/a> .
<urn:s> <urn:p> "1" <http://e/graph/b> .
<urn:s> <urn:p> "2" .
<urn:s> <urn:p> "3" <http://e/graph/apart> .
<urn:s> <urn:p> "4" _:graph .
"""
MOVED = LINES.replace("http://e/", "http://f/") + (
    '<urn:d> <http://rdfs.org/ns/void#uriSpace> "http://f/id/" <http://f/graph/a> .\n'
)


def _written(folder: Path, text: str, name: str = "d.nq") -> Path:
    (folder / name).write_text(text)
    return folder / name


def _values(store: Store) -> set[str]:
    found = store.quads_for_pattern(NamedNode("urn:s"), None, None, DefaultGraph())
    return {quad.object.value for quad in found if isinstance(quad.object, Literal)}


def test_the_default_graph_is_the_merge_of_the_data_graphs(tmp_path: Path) -> None:
    store = dataset.load(_written(tmp_path, LINES), HERE)
    assert _values(store) == {"1", "2", "4"}
    assert len(store) == 5 + 2  # "1" and "4" were copied
    assert len([*store.quads_for_pattern(None, None, None, DefaultGraph())]) == 3


def test_every_graph_is_merged_unless_it_is_kept_apart(tmp_path: Path) -> None:
    path = _written(tmp_path, LINES)
    assert _values(dataset.load(path, Conventions("http://e/"))) == {"1", "2", "3", "4"}
    assert _values(dataset.load(path, Conventions("http://f/", HERE.apart))) == {"1", "2", "3", "4"}


def test_the_base_of_a_dataset_is_its_uri_space(tmp_path: Path) -> None:
    store = dataset.load(_written(tmp_path, MOVED), HERE)
    assert dataset.base_iri(store, HERE.base) == "http://f/"
    assert _values(store) == {"1", "2", "4"}
    assert dataset.base_iri(Store(), HERE.base) == HERE.base


@pytest.mark.parametrize("text", [LINES, MOVED], ids=["default base", "stated base"])
def test_statements_leaves_out_merged_triples(tmp_path: Path, text: str) -> None:
    path = _written(tmp_path, text)
    statements = {str(quad) for quad in dataset.statements(dataset.load(path, HERE), HERE)}
    labels = {line.removesuffix(" .") for line in text.splitlines() if "_:" not in line}
    assert labels < statements
    assert len(statements) == len(text.splitlines())


def test_a_folder_is_read_as_one_dataset(tmp_path: Path) -> None:
    _written(tmp_path, "<urn:s> <urn:p> 'a' .", "one.ttl")
    _written(tmp_path, "<urn:g> { <urn:s> <urn:p> 'b' }", "two.trig")
    _written(tmp_path, "no RDF", "three.md")
    assert [file.name for file in dataset.files(tmp_path)] == ["one.ttl", "two.trig"]
    assert _values(dataset.load(tmp_path, HERE)) == {"a", "b"}
    assert _values(dataset.collect(tmp_path)) == {"a"}


def test_blank_nodes_of_several_files_with_one_label_stay_apart(tmp_path: Path) -> None:
    for value in ("a", "b"):
        _written(tmp_path, f"<urn:s> <urn:p> _:x . _:x <urn:p> '{value}' .", f"{value}.ttl")
    store = dataset.collect(tmp_path)
    assert len({quad.subject for quad in store if isinstance(quad.subject, BlankNode)}) == 2
    lines = _written(tmp_path, '<urn:s> <urn:p> _:x .\n_:x <urn:p> "a" .\n', "a.nq")
    assert [*dataset.collect(lines).quads_for_pattern(BlankNode("x"), None, None)]


def test_hidden_files_and_others_of_a_folder_are_left_out(tmp_path: Path) -> None:
    _written(tmp_path, "<urn:s> <urn:p> 'a' .", "one.TTL")
    for name in ("._one.ttl", ".DS_Store"):
        _written(tmp_path, "\0\5\026\7Mac OS X", name)
    for name in ("README.txt", "notes.json", "pom.xml", "old.owl"):
        _written(tmp_path, "no RDF", name)
    (tmp_path / "folder.ttl").mkdir()
    assert [file.name for file in dataset.files(tmp_path)] == ["one.TTL"]
    names = ["README.txt", "notes.json", "old.owl", "pom.xml"]
    assert [file.name for file in dataset.unread(tmp_path)] == names
    assert _values(dataset.load(tmp_path, HERE)) == {"a"}


def test_a_folder_without_rdf_is_an_error_that_names_its_files(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no RDF file [(].*[.]ttl.*[)] among no other"):
        dataset.load(tmp_path, HERE)
    _written(tmp_path, "no RDF", "onto.owl")
    with pytest.raises(FileNotFoundError, match=r"among onto[.]owl$"):
        dataset.load(tmp_path, HERE)
    (tmp_path / "gone.ttl").symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"gone[.]ttl"):
        dataset.load(tmp_path, HERE)


def test_a_store_on_disk_is_said_to_be_one(tmp_path: Path) -> None:
    _written(tmp_path, "store-1", "current")
    with pytest.raises(FileNotFoundError, match=r"is a store on disk.*name the RDF files"):
        dataset.load(tmp_path, HERE)


@pytest.mark.parametrize("name", ["d.nq", "d.ttl", "d.trig", "d.nt", "d.ttl.gz", "d.nt.zst"])
def test_a_byte_order_mark_is_skipped(tmp_path: Path, name: str) -> None:
    path = _packed(tmp_path, '\ufeff<urn:s> <urn:p> "a" .\n', name)
    assert _values(dataset.load(path, HERE)) == {"a"}


def test_a_damaged_zst_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "d.nt.zst"
    path.write_bytes(zstd.compress(b"<urn:s> <urn:p> 'a' .\n" * 99)[:-5])
    with pytest.raises(ValueError, match=r"d[.]nt[.]zst: damaged, or not in Zstandard format"):
        dataset.load(path, HERE)


def test_a_missing_or_invalid_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.nq does not exist$"):
        dataset.load(tmp_path / "nowhere.nq", HERE)
    with pytest.raises(ValueError, match=r"d\.md: not an RDF file; name a \.nq"):
        dataset.load(_written(tmp_path, LINES, "d.md"), HERE)
    with pytest.raises(ValueError, match=r"d\.nq:2:1: "):
        dataset.load(_written(tmp_path, LINES.splitlines()[0] + "\nwrong .\n"), HERE)


def _packed(folder: Path, text: str, name: str) -> Path:
    pack = {".gz": gzip.compress, ".zst": zstd.compress}.get(Path(name).suffix, bytes)
    (folder / name).write_bytes(pack(text.encode()))
    return folder / name


def test_a_packed_file_is_read_as_what_was_packed(tmp_path: Path) -> None:
    plain, packed = _written(tmp_path, LINES), _packed(tmp_path, LINES, "packed.nq.gz")
    assert _values(dataset.load(packed, HERE)) == _values(dataset.load(plain, HERE))
    turtle = _packed(tmp_path, "@prefix : <urn:> . :s :p 'a' .", "packed.ttl.gz")
    assert _values(dataset.collect(turtle)) == {"a"}
    plain.unlink()
    _packed(tmp_path, "no RDF", "packed.md.gz")
    assert dataset.files(tmp_path) == [packed, turtle]
    assert _values(dataset.load(tmp_path, HERE)) == {"1", "2", "4", "a"}


def test_a_packed_file_may_be_read_from_a_copy(tmp_path: Path) -> None:
    packed = _packed(tmp_path, LINES, "packed.nq.gz")
    moved = packed.rename(tmp_path / "copy")
    with moved.open("rb") as copy:
        assert len(list(dataset.read(packed, copy=copy))) == 5
        copy.seek(0)
        assert len(list(dataset.read(packed, copy=copy))) == 5


def test_a_fault_in_a_packed_file_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"d\.nq\.gz:2:1: "):
        dataset.collect(_packed(tmp_path, LINES.splitlines()[0] + "\nwrong .\n", "d.nq.gz"))
    with pytest.raises(ValueError, match=r"d\.gz: not an RDF file; .* with \.gz or \.zst$"):
        dataset.collect(_packed(tmp_path, LINES, "d.gz"))


@pytest.mark.parametrize("damage", [
    lambda whole: whole[:-20],
    lambda whole: whole[:-8] + bytes(8),
    lambda whole: whole[:12] + b"\xff" + whole[13:],
    lambda whole: LINES.encode(),
], ids=["cut", "other check sum", "wrong inside", "not packed"])  # fmt: skip
def test_a_damaged_packed_file_is_named(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = _packed(tmp_path, LINES, "d.nq.gz")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"d\.nq\.gz: damaged, or not in gzip format: "):
        dataset.collect(path)


@pytest.mark.parametrize("kind", ["nq", "nq.gz", "nt.zst", "ttl"])
def test_the_fingerprint_is_that_of_the_contents(tmp_path: Path, kind: str) -> None:
    texts = ['<urn:s> <urn:p> "a" .\n<urn:s> <urn:p> "c" .\n', '<urn:s> <urn:p> "b" .\n']
    one, other = (_packed(tmp_path, text, f"{n}.{kind}") for n, text in enumerate(texts))
    assert dataset.fill(Store(), [(one, None)]) == sha256(texts[0].encode()).hexdigest()
    lines = "".join(texts).splitlines(keepends=True)
    both = "".join(sorted(lines) if kind.startswith("nq") else lines)
    found = dataset.fill(Store(), [(one, None), (other, None)])
    assert found == sha256(both.encode()).hexdigest()


@pytest.mark.parametrize(("kind", "is_kept"), [("nq", True), ("nt", True), ("ttl", False)])
def test_the_fingerprint_changes_with_the_labels_of_blank_nodes(
    tmp_path: Path, kind: str, is_kept: bool
) -> None:
    path = _written(tmp_path, "<urn:s> <urn:p> _:x .\n", f"d.{kind}")
    stores = Store(), Store()
    same = len({dataset.fill(store, [(path, None)]) for store in stores}) == 1
    assert same == ({*stores[0]} == {*stores[1]}) == is_kept


def test_loading_tells_how_far_it_is(tmp_path: Path) -> None:
    lines = "".join(f'<urn:s{n}> <urn:p{n % 9}> "{n}" <urn:g> .\n' for n in range(20_000))
    paths = [_packed(tmp_path, lines, name) for name in ("a.nq", "b.nq.zst")]
    told: list[tuple[str, float, int]] = []
    store = Store()
    dataset.fill(store, [(path, None) for path in paths], progress=lambda *all: told.append(all))
    dataset.merge(store, HERE, lambda *all: told.append(all))
    for what in ("reading", "merging"):
        shares = [share for name, share, _ in told if name == what]
        assert len(shares) > 3
        assert shares == sorted(shares)
        assert 0 <= shares[0] < shares[-1] <= 1
    assert max(lines for _, _, lines in told) == 40_000


def test_triples_are_placed_in_a_graph() -> None:
    triple, graph = Triple(NamedNode("urn:s"), NamedNode("urn:p"), Literal("a")), NamedNode("urn:g")
    assert list(dataset.place([triple], graph)) == [
        Quad(triple.subject, triple.predicate, triple.object, graph)
    ]


def test_the_prefixes_that_a_dataset_declares_are_read(tmp_path: Path) -> None:
    declared = [
        ("ex", "http://x/"),
        ("e-2.f", "http://e/"),
        ("two", "http://a/"),
        ("two", "http://b/"),
        ("a b", "http://c/"),
        ("bad", "http://d/> SERVICE <x"),
        ("9", "http://f/"),
    ]
    text = "\n".join(
        f"<urn:{n}> <http://www.w3.org/ns/shacl#prefix> {Literal(name)} .\n"
        f"<urn:{n}> <http://www.w3.org/ns/shacl#namespace> {Literal(space)} <urn:g> ."
        for n, (name, space) in enumerate(declared)
    )
    store = dataset.collect(_written(tmp_path, text))
    assert dataset.prefixes(store) == {"e-2.f": "http://e/", "ex": "http://x/"}
