"""The shapes give the same results in Apache Jena, TopBraid and pySHACL used by itself.

`make peers` fetches the first two and runs these tests. Each is given one graph, as the server
sends its default graph, and the shapes as they are: rules about named graphs are left out.
"""

import shutil
import subprocess
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from peers.reports import Result, results
from project import ROOT
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Store
from pyshacl import validate as shacl
from rdflib import Graph
from shapes.cases import CASES, classes, rule, shapes

from accsm_kg.namespaces import BASE, SHAPES
from accsm_kg.quality import validate
from accsm_kg.quality.shacl_store import ShaclStore
from accsm_kg.rdf import dataset

HERE = Path(__file__).parent
JARS = ROOT / "build" / "peers"
LOCK = HERE / "jars.sha256"
RECORD, TOGETHER = "the record", "all cases together"
NAMES = {f"{path.parent.name}-{path.name}": path for path in CASES}


@pytest.fixture(scope="session")
def inputs(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with shapes and data for each name, such as `the record.shapes.nt`."""
    folder = tmp_path_factory.mktemp("inputs")
    served = store.dump(format=RdfFormat.N_TRIPLES, from_graph=NamedNode(f"{BASE}{SHAPES}"))
    record = store.dump(format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
    _write(folder, RECORD, served or b"", record or b"")
    _write(folder, TOGETHER, _triples(shapes()), _merged(CASES))
    for name, path in NAMES.items():
        _write(folder, name, _triples(rule(path.parent.name)), _merged([path]))
    return folder


def _write(folder: Path, name: str, shapes: bytes, data: bytes) -> None:
    (folder / f"{name}.shapes.nt").write_bytes(shapes)
    (folder / f"{name}.data.nt").write_bytes(data)


def _triples(graph: Graph) -> bytes:
    return graph.serialize(format="nt").encode()


def _merged(cases: list[Path]) -> bytes:
    quads = [*classes(), *(quad for case in cases for quad in dataset.read(case))]
    store = Store()
    store.extend(dataset.place([quad.triple for quad in quads], DefaultGraph()))
    return store.dump(format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph()) or b""


@pytest.fixture(scope="session", params=["Jena", "TopBraid"])
def program(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The command of a Java processor; skips without a JDK and its jars."""
    if not shutil.which("javac"):
        pytest.skip("javac is not on the path: install a JDK, 17 or later")
    jars = JARS / request.param.lower()
    if not jars.exists():
        pytest.skip(f"{jars} does not exist: run `make peers`, which fetches the processors")
    _check_digests()
    return "java", "-cp", f"{jars}/*", str(HERE / f"{request.param}.java")


def _check_digests() -> None:
    found = {
        f"{path.parent.name}/{path.name}": sha256(path.read_bytes()).hexdigest()
        for path in JARS.glob("*/*.jar")
    }
    lines = (line.split() for line in LOCK.read_text().splitlines())
    locked = {name: digest for digest, name in lines}
    assert found == locked, (
        f"The jars in {JARS} are not those of {LOCK}: fetch them again, or after a change of "
        f"pom.xml write that file anew with `sha256sum */*.jar` in {JARS}"
    )


@pytest.fixture(scope="session")
def reports(
    program: tuple[str, ...], inputs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A folder with the report for each name, made by one process for all."""
    folder = tmp_path_factory.mktemp("reports")
    lines = "".join(
        f"{inputs / name}.shapes.nt\t{inputs / name}.data.nt\t{folder / name}.nt\n"
        for name in (RECORD, TOGETHER, *NAMES)
    )
    done = subprocess.run(program, input=lines, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def expected(dataset_path: Path, inputs: Path) -> dict[str, Counter[Result]]:
    """The results of our validation by name; those of the record are of the whole dataset."""
    data, served, _ = validate.load(dataset_path)
    found = {RECORD: _validated(ShaclStore(data), served)}
    for name in (TOGETHER, *NAMES):
        store = Store()
        store.load(path=inputs / f"{name}.data.nt", format=RdfFormat.N_TRIPLES)
        own = rule(NAMES[name].parent.name) if name in NAMES else shapes()
        found[name] = _validated(ShaclStore(store), own)
    return found


def _validated(data: Graph, own: Graph) -> Counter[Result]:
    _, report, _ = shacl(data, shacl_graph=own, inplace=True)
    assert isinstance(report, Graph)
    return results(report.serialize(format="nt"))


@pytest.mark.parametrize("name", [RECORD, TOGETHER, *NAMES])
def test_a_java_processor_gives_the_same_results(
    name: str, reports: Path, expected: dict[str, Counter[Result]]
) -> None:
    assert results((reports / f"{name}.nt").read_text(encoding="utf-8")) == expected[name]


def test_pyshacl_by_itself_gives_the_same_results(
    inputs: Path, expected: dict[str, Counter[Result]]
) -> None:
    data = Graph().parse(inputs / f"{TOGETHER}.data.nt", format="nt")
    assert _validated(data, shapes()) == expected[TOGETHER]
