"""The quality report counts what is there, and tells what is missing, alike in all its forms."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, NamedNode, Store

from accsm_kg.namespaces import BASE, CONVENTIONS, QUALITY, prefixes
from accsm_kg.quality import validate
from accsm_kg.quality.report import FILES, write
from accsm_kg.quality.results import Result
from accsm_kg.rdf import dataset

ROOT = Path(__file__).parents[2]
ACCSM = f"{BASE}ontology#"
DATASET = f"{BASE}dataset"
SOURCE = f"{BASE}id/source/002"
GRAPH = f"{BASE}{QUALITY}"


@pytest.fixture(scope="module")
def results(dataset_path: Path) -> list[Result]:
    """The results of two of the rules; all of them would take long."""
    data, shapes, base = validate.load(dataset_path)
    chosen = [validate.only(shapes, rule) for rule in ("R-X-02", "R-I-01")]
    found = [result for part in chosen for result in validate.check(data, part, base)]
    expected = validate.read_baseline(ROOT / "shapes" / "baseline.csv", base)
    return validate.compare(found, expected, base)


@pytest.fixture(scope="module")
def report(
    dataset_path: Path, results: list[Result], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of the report on the dataset, made where the source texts are not at hand."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ACCSM_SOURCES", raising=False)
        write(dataset_path, results, folder)
    return folder


def measured(folder: Path, base: str = BASE) -> dict[tuple[str, str], str]:
    """Return the value of each measurement by its metric and what it is computed on."""
    store = dataset.load(folder / "quality.nq", CONVENTIONS)
    found = store.query(
        """SELECT ?metric ?on ?value WHERE {
        ?m a dqv:QualityMeasurement ; dqv:isMeasurementOf ?metric ;
           dqv:computedOn ?on ; dqv:value ?value }""",
        prefixes=prefixes(base),
        use_default_graph_as_union=True,
    )
    return {(m.value.rpartition("#")[2], on.value): value.value for m, on, value in found}


def written(
    tmp_path: Path, path: Path, results: Sequence[Result], *changes: tuple[str, str]
) -> Path:
    """Return the folder of the report on a copy of the dataset in which texts are replaced."""
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    copy = tmp_path / "accsm.nq"
    copy.write_text(text, encoding="utf-8")
    write(copy, results, tmp_path)
    return tmp_path


def tables(folder: Path) -> dict[str, list[list[str]]]:
    """Return the rows of each table of the Markdown, headings first."""
    found: dict[str, list[list[str]]] = {}
    for part in (folder / "quality.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        lines = [line for line in part.splitlines() if line.startswith("| ")]
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
        found[part.splitlines()[0]] = [rows[0], *rows[2:]]
    return found


def ask(store: Store, pattern: str) -> int:
    query = f"SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE {{ {pattern} }}"
    (row,) = store.query(query, prefixes=prefixes())
    return int(row[0].value)


def test_equal_input_gives_equal_bytes(
    dataset_path: Path, results: list[Result], report: Path, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.delenv("ACCSM_SOURCES", raising=False)
    paths = write(dataset_path, results, tmp_path)
    assert [path.name for path in paths] == list(FILES)
    assert [p.read_bytes() for p in paths] == [(report / p.name).read_bytes() for p in paths]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


@pytest.mark.parametrize(
    ("metric", "on", "pattern"),
    [
        ("resources", f"{ACCSM}Project", "?x a accsm:Project"),
        ("evidenced", f"{ACCSM}Project", "?x a accsm:Project ; accsm:hasEvidence ?e"),
        ("resources", f"{ACCSM}Evidence", "?x a accsm:Evidence"),
        ("resources", DATASET, "GRAPH ?g { ?x a ?c } FILTER(STRSTARTS(STR(?x), STR(id:)))"),
        ("evidence", DATASET, "?x a accsm:Evidence"),
        ("verbatims", DATASET, "?x a accsm:Evidence ; accsm:verbatim ?w"),
        ("evidence", SOURCE, f"?x a accsm:Evidence ; dcterms:source <{SOURCE}>"),
        ("open", DATASET, "?x accsm:confidence accsm-v:open"),
        (
            "certain",
            f"{BASE}id/concept/misprint",
            "?x accsm:defectType accsm-v:misprint ; accsm:confidence accsm-v:certain",
        ),
        (
            "shapes",
            DATASET,
            "GRAPH graph:shapes { ?x sh:order ?o FILTER(?x != accsm-sh:member-state) }",
        ),
        ("checked", f"{BASE}shapes#R-PRJ-01", "?x a accsm:Project"),
        ("checked", f"{BASE}shapes#R-ARC-01-one", "?any accsm:hostedBy ?x"),
        ("checked", f"{BASE}shapes#R-X-20", "?x schema:sameAs ?same"),
    ],
)
def test_a_measurement_is_what_a_count_gives(
    store: Store, report: Path, metric: str, on: str, pattern: str
) -> None:
    assert int(measured(report)[metric, on]) == ask(store, pattern) > 0


def test_statements_are_counted_as_a_whole_and_by_source(store: Store, report: Path) -> None:
    found = measured(report)
    graph = NamedNode(f"{BASE}graph/source/002")
    assert int(found["statements", SOURCE]) == len(
        list(store.quads_for_pattern(None, None, None, graph))
    )
    assert int(found["statements", DATASET]) == len(
        list(store.quads_for_pattern(None, None, None, DefaultGraph()))
    )


def test_everything_that_needs_backing_has_it(report: Path) -> None:
    found = measured(report)
    assert found["unbacked", DATASET] == "0"
    assert found["backed", DATASET] == "1"
    assert int(found["evidenced", DATASET]) + int(found["reasoned", DATASET]) == int(
        found["stated", DATASET]
    )
    assert found["stated", f"{ACCSM}Country"] == found["stated", f"{ACCSM}Evidence"] == "0"
    assert "Resources without backing" not in tables(report)


def test_a_resource_that_loses_its_evidence_is_told(
    dataset_path: Path, results: list[Result], tmp_path: Path
) -> None:
    lost, reasoned = (f"<{BASE}id/project/2016-2020/{n}> <{ACCSM}" for n in (6, 7))
    folder = written(
        tmp_path,
        dataset_path,
        results,
        (f"{lost}hasEvidence>", f"{lost}hasPart>"),
        (f"{reasoned}hasEvidence>", f"{reasoned}curationNote>"),
    )
    found = measured(folder)
    assert found["unbacked", DATASET] == found["unbacked", f"{ACCSM}Project"] == "1"
    assert found["reasoned", f"{ACCSM}Project"] == "1"
    assert 0.99 < float(found["backed", DATASET]) < 1
    assert tables(folder)["Resources without backing"][1:] == [["project/2016-2020/6", "project"]]
    assert ["project", "41", "41", "39", "1", "1"] in tables(folder)["Resources by class"]


def test_quotations_are_not_measured_where_the_texts_are_not_at_hand(report: Path) -> None:
    assert not [key for key in measured(report) if key[0] == "proved"]
    for name in FILES[1:]:
        assert "Quotations were not checked" in (report / name).read_text(encoding="utf-8")


@pytest.fixture
def digests(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """The digest of source 002 and that of a text at hand which has its quotations only."""
    lines: dict[int, str] = {}
    found = store.query(
        f"""SELECT ?line ?words WHERE {{
        ?e dcterms:source <{SOURCE}> ; accsm:lineStart ?line ; accsm:verbatim ?words }}""",
        prefixes=prefixes(),
    )
    for line, words in found:
        number = int(line.value)
        lines[number] = f"{lines.get(number, '')} {words.value.replace(' ', '  ')}"
    path = tmp_path / "texts" / "002_quotations.txt"
    path.parent.mkdir()
    text = "\n".join(lines.get(number, "") for number in range(1, max(lines) + 1))
    path.write_text(text, encoding="utf-8")
    monkeypatch.setenv("ACCSM_SOURCES", str(path.parent))
    (row,) = store.query(f"SELECT ?digest WHERE {{ <{SOURCE}> <{ACCSM}sha256> ?digest }}")
    return row[0].value, hashlib.sha256(path.read_bytes()).hexdigest()


def test_quotations_are_found_in_their_lines(
    dataset_path: Path, results: list[Result], tmp_path: Path, digests: tuple[str, str]
) -> None:
    folder = written(tmp_path, dataset_path, results, digests)
    found = measured(folder)
    assert found["proved", SOURCE] == found["verbatims", SOURCE]
    assert ("proved", DATASET) not in found, "the texts of other sources are not at hand"
    assert "Quotations not found" not in tables(folder)
    assert "Quotations were not checked" not in (folder / "quality.md").read_text(encoding="utf-8")


def test_a_quotation_that_is_not_in_its_lines_is_told(
    dataset_path: Path, results: list[Result], tmp_path: Path, digests: tuple[str, str]
) -> None:
    words = f'<{BASE}id/evidence/002/L24> <{ACCSM}verbatim> "'
    folder = written(tmp_path, dataset_path, results, digests, (words, f"{words}Not there: "))
    found = measured(folder)
    assert int(found["proved", SOURCE]) == int(found["verbatims", SOURCE]) - 1
    ((evidence, start, end, said),) = tables(folder)["Quotations not found"][1:]
    assert (evidence, start, end) == ("evidence/002/L24", "24", "24")
    assert said.startswith("Not there: ")


def test_a_text_other_than_the_one_that_was_read_proves_nothing(
    dataset_path: Path, results: list[Result], tmp_path: Path, digests: tuple[str, str]
) -> None:
    assert digests[0] != digests[1]
    assert not [
        key for key in measured(written(tmp_path, dataset_path, results)) if "proved" in key
    ]


def test_all_quotations_are_found_in_the_sources(
    dataset_path: Path, results: list[Result], tmp_path: Path, sources: dict[str, list[str]]
) -> None:
    found = measured(written(tmp_path, dataset_path, results))
    assert found["proved", DATASET] == found["verbatims", DATASET]


def test_issues_are_counted_by_kind_and_the_open_ones_listed(store: Store, report: Path) -> None:
    found, shown = measured(report), tables(report)
    whole = sum(int(found[name, DATASET]) for name in ("certain", "probable", "open"))
    assert whole == ask(store, "?x a accsm:CurationIssue")
    assert len(shown["Open issues"]) - 1 == int(found["open", DATASET])
    kinds = {row[0]: row[1:] for row in shown["Issues by kind"]}
    misprints = ("certain", "probable", "open")
    assert kinds["misprint"] == [found[n, f"{BASE}id/concept/misprint"] for n in misprints]


def test_results_are_told_by_shape_and_by_resource(report: Path) -> None:
    found, shown = measured(report), tables(report)
    assert found["warnings", DATASET] == found["warnings", f"{BASE}shapes#R-X-02"] == "3"
    assert found["unexpected", DATASET] == found["violations", DATASET] == "0"
    assert found["infos", f"{BASE}shapes#R-I-01"] == "28"
    assert found["infos", f"{BASE}shapes#R-I-01-country"] == "1"
    shapes = {row[0]: row[3:] for row in shown["Shapes"]}
    assert shapes["R-X-02"] == ["41", "", "3", ""]
    of_38 = [row for row in shown["Results by resource"] if row[0] == "project/2016-2020/38"]
    assert [(row[2], row[3]) for row in of_38] == [("R-X-02", "Expected warning")]
    assert "(issue project-38-kra)" in of_38[0][5]
    order = [row[0] for row in shown["Results by resource"]]
    assert order.index("project/2016-2020/2") < order.index("project/2016-2020/11")


def test_a_failing_dataset_is_said_to_fail(
    dataset_path: Path, results: list[Result], tmp_path: Path
) -> None:
    new = [replace(result, reason="") for result in results]
    folder = written(tmp_path, dataset_path, new)
    assert measured(folder)["unexpected", DATASET] == "3"
    for name in FILES[1:]:
        assert "The dataset fails: 0 violations" in (folder / name).read_text(encoding="utf-8")


def test_the_rdf_is_one_graph_of_canonical_terms_without_blank_nodes(report: Path) -> None:
    text = (report / "quality.nq").read_text(encoding="utf-8")
    store = Store()
    store.bulk_extend(dataset.read(report / "quality.nq"))
    assert sorted(f"{quad} .\n" for quad in store) == text.splitlines(keepends=True)
    assert [graph.value for graph in store.named_graphs()] == [GRAPH]
    assert "_:" not in text


def test_every_measurement_is_of_a_described_metric(report: Path) -> None:
    store = Store()
    store.bulk_extend(dataset.read(report / "quality.nq"))

    def count(pattern: str) -> int:
        return ask(store, f"GRAPH graph:quality {{ {pattern} }}")

    described = "skos:prefLabel ?l ; skos:definition ?d ; dqv:inDimension ?i ; dqv:expectedDataType"
    measurements = count("?x a dqv:QualityMeasurement")
    assert measurements > 100
    shares = "dqv:isMeasurementOf <https://w3id.org/accsm-kg/graph/quality#backed>"
    assert count("?x dqv:value ?v FILTER(DATATYPE(?v) = xsd:decimal)") == count(f"?x {shares}")
    assert measurements == count("?x dqv:isMeasurementOf ?m . ?m a dqv:Metric")
    assert count("?x a dqv:Metric") == count(f"?x a dqv:Metric ; {described} ?t")
    assert count("?x a dqv:QualityMetadata ; dcterms:source ?d ; prov:wasDerivedFrom ?f") == 1


def test_the_results_are_a_shacl_report_about_resources(report: Path) -> None:
    store = Store()
    store.bulk_extend(dataset.read(report / "quality.nq"))
    pattern = (
        "GRAPH graph:quality { ?report a sh:ValidationReport ; sh:conforms true ; sh:result ?x . "
    )
    assert ask(store, f"{pattern} ?x sh:resultSeverity sh:Info }}") == 41
    project = f"<{BASE}id/project/2016-2020/38>"
    assert (
        ask(store, f"{pattern} ?x sh:focusNode {project} ; sh:sourceShape accsm-sh:R-X-02 }}") == 1
    )
    assert ask(store, f"{pattern} FILTER(!STRSTARTS(STR(?x), '{GRAPH}#report/')) }}") == 0


def test_another_base_gives_the_same_numbers(
    dataset_path: Path, report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCSM_SOURCES", raising=False)
    base = "http://127.0.0.1:8000/"
    found = measured(written(tmp_path, dataset_path, [], (BASE, base)), base)
    ours = {(metric, on.replace(base, BASE)): value for (metric, on), value in found.items()}
    wanted = measured(report)
    numbers = ("resources", "statements", "evidenced", "evidence", "certain", "checked")
    for key in [key for key in wanted if key[0] in numbers]:
        assert ours[key] == wanted[key], key


def test_the_page_and_the_markdown_have_the_same_tables(report: Path) -> None:
    page = (report / "quality.html").read_text(encoding="utf-8")
    assert re.findall(r"<h2>(.*)</h2>", page) == list(tables(report))
    assert page.count("<tr>") == sum(map(len, tables(report).values()))
    assert 'src="' not in page and 'href="' not in page


def test_cells_are_escaped(dataset_path: Path, results: list[Result], tmp_path: Path) -> None:
    odd = replace(results[0], message="a | b <script>\nc\\d & e")
    folder = written(tmp_path, dataset_path, [odd])
    assert r"a \| b &lt;script> c\\d & e" in (folder / "quality.md").read_text(encoding="utf-8")
    assert "a | b &lt;script&gt;\nc\\d &amp; e" in (folder / "quality.html").read_text("utf-8")
    assert len(tables(folder)["Results by resource"][1]) == 6


def test_a_report_is_found_beside_the_dataset_it_is_about_and_no_other(
    dataset_path: Path, results: list[Result], tmp_path: Path
) -> None:
    path = written(tmp_path, dataset_path, results) / "accsm.nq"
    assert report.beside(path) == tmp_path / "quality.nq"
    with path.open("a", encoding="utf-8") as file:
        file.write("<x:a> <x:b> <x:c> .\n")
    assert report.beside(path) is None
    assert report.beside(dataset_path) is None
    assert report.beside(tmp_path / "nowhere.nq") is None


def test_a_dataset_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        write(tmp_path / "nowhere.nq", [], tmp_path)
    assert not list(tmp_path.iterdir())
