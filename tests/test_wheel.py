"""An installed wheel works in an empty folder, and has all that a clone has."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import httpx
import pytest
from project import ROOT
from serving import running

from accsm_kg import __version__
from accsm_kg.namespaces import BASE

DATASET = "accsm_kg/resources/accsm.nq.gz"
BUILT = "accsm_server/pages/static/built"


def _run(*command: str | Path, cwd: Path) -> str:
    """Return the output of a command that sees no variables of Python and of the project."""
    isolated = {k: v for k, v in os.environ.items() if not k.startswith(("ACCSM_", "PYTHON"))}
    done = subprocess.run(
        command, cwd=cwd, env=isolated, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _built(target: str, source: Path, folder: Path) -> Path:
    """Return the wheel or source archive built from ``source``."""
    _run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", folder, cwd=source)
    (archive,) = folder.iterdir()
    return archive


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _built("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the wheel and the dependencies of the test environment."""
    folder = tmp_path_factory.mktemp("environment")
    _run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    pip = (sys.executable, "-m", "pip", "--python", folder, "install", "--no-deps", "--no-index")
    _run(*pip, wheel, cwd=folder)
    (_site(folder) / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def _site(environment: Path) -> Path:
    (folder,) = environment.glob("lib/python*/site-packages")
    return folder


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, beside which a program has its home and temporary folders."""
    for name, folder in (("HOME", "home"), ("TMPDIR", "temporary")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(name, str(tmp_path / folder))
    (tmp_path / "empty").mkdir()
    return tmp_path / "empty"


def test_an_installed_wheel_works_at_once_and_writes_nothing(
    environment: Path, empty: Path
) -> None:
    before = _files(environment, empty.parent)
    for _ in range(2):
        _check_every_command(environment / "bin" / "accsm-kg", empty)
        assert _files(environment, empty.parent) == before


def _files(*folders: Path) -> dict[Path, int]:
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return {path: path.stat().st_mtime_ns for path in files}


def _check_every_command(program: Path, cwd: Path) -> None:
    traced = json.loads(_run(program, "trace", "A.2.2.iv", "-f", "json", cwd=cwd))
    assert "33" in {row["number"] for row in traced["rows"]}
    question = ("query", "projects-supporting-action-line", "line=A.2.2.i", "-f", "json")
    rows = json.loads(_run(program, *question, cwd=cwd))["results"]["bindings"]
    assert {"11", "33", "40"} <= {row["number"]["value"] for row in rows}
    assert "passes" in _run(program, "validate", cwd=cwd)
    with running(None, program=program, cwd=cwd) as server:
        log = server.log.read_text()
        page = httpx.get(f"{server.url}/id/project/2016-2020/33", follow_redirects=True)
    assert log.startswith(f"Serving the dataset of accsm-kg {__version__} at {server.url}/\n")
    assert page.status_code == 200


def test_the_graph_opens_in_python_and_its_types_are_known(environment: Path, empty: Path) -> None:
    program = (
        "import accsm_kg; print([p.number for p in accsm_kg.open().trace('A.2.2.iv').projects])"
    )
    numbers = json.loads(_run(environment / "bin" / "python", "-c", program, cwd=empty))
    assert {33, 40} <= set(numbers)
    assert (_site(environment) / "accsm_kg" / "py.typed").is_file()


def test_a_wheel_builds_the_same_bytes_as_the_clone_and_uses_its_build(
    environment: Path, empty: Path, dataset_path: Path
) -> None:
    program, built = environment / "bin" / "accsm-kg", empty / "build" / "accsm.nq"
    _run(program, "build", cwd=empty)
    assert built.read_bytes() == dataset_path.read_bytes()
    other = "https://kg.example.org/"
    built.write_text(built.read_text().replace(BASE, other))
    assert f"{other}id/project/2016-2020/33" in _run(program, "trace", "33", "-f", "csv", cwd=empty)


def test_a_wheel_has_the_dataset_of_its_sources(wheel: Path, dataset_path: Path) -> None:
    assert gzip.decompress(_dataset(wheel)) == dataset_path.read_bytes()


def test_the_source_archive_builds_the_same_dataset_and_is_not_changed(
    wheel: Path, tmp_path: Path
) -> None:
    with tarfile.open(_built("sdist", ROOT, tmp_path / "archive")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    before = set(source.rglob("*"))
    other = _built("wheel", source, tmp_path / "wheel")
    assert _dataset(other) == _dataset(wheel)
    new = {path.relative_to(source).parts[0] for path in set(source.rglob("*")) - before}
    assert new <= {"__pycache__"}  # hatchling lets Python keep the compiled hook


def _dataset(wheel: Path) -> bytes:
    return zipfile.ZipFile(wheel).read(DATASET)


def test_an_editable_install_builds_nothing(tmp_path: Path) -> None:
    archive = zipfile.ZipFile(_built("wheel:editable", ROOT, tmp_path / "wheel"))
    assert "_accsm_kg.pth" in archive.namelist()
    assert DATASET not in archive.namelist()


@pytest.mark.skipif(not shutil.which("npm"), reason="Node.js is not installed")
def test_a_wheel_has_the_editor_and_the_licences_of_what_is_in_it(wheel: Path) -> None:
    files = zipfile.ZipFile(wheel)
    script = files.read(f"{BUILT}/workbench.js")
    assert 50_000 < len(gzip.compress(script, 9)) <= 160_000
    licences = files.read(f"{BUILT}/licences.txt").decode()
    named = set(re.findall(r"^(\S+) [\d.]+ \((?:MIT|ISC)\)$", licences, re.MULTILINE))
    lock = json.loads((ROOT / "server/frontend/package-lock.json").read_text())["packages"]
    needed = {name.removeprefix("node_modules/") for name in lock if not lock[name].get("dev")}
    assert {"@codemirror/view", "@codemirror/autocomplete", "style-mod"} <= named <= needed
    assert not [name for name in files.namelist() if "node_modules" in name or "frontend" in name]


def test_without_node_there_is_a_wheel_whose_query_page_has_a_plain_form(
    tmp_path: Path, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    wheel = _built("wheel", ROOT, tmp_path / "wheel")
    assert not [name for name in zipfile.ZipFile(wheel).namelist() if "/static/built/" in name]
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    program = tmp_path / "bin" / "accsm-kg"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "from accsm_kg.cli import app\napp()\n"
    )
    program.chmod(0o755)
    with running(None, program=program, cwd=empty) as server:
        page = httpx.get(f"{server.url}/query", headers={"Accept": "text/html"}).text
        answer = httpx.get(f"{server.url}/sparql?query=ASK{{}}", headers={"Accept": "text/html"})
    assert "installed without Node.js" in page
    assert '<textarea id="query" name="query"' in page
    assert "workbench" not in page
    assert "Yes" in answer.text


def test_a_wheel_serves_the_conformance_record_and_the_cases_of_the_rules(
    environment: Path, empty: Path
) -> None:
    program = environment / "bin" / "accsm-kg"
    with running(None, program=program, cwd=empty) as server:
        page = httpx.get(f"{server.url}/conformance", headers={"Accept": "text/html"}).text
        record = httpx.get(f"{server.url}/conformance?format=json").json()
        rules = httpx.get(f"{server.url}/shapes/arcs", headers={"Accept": "text/html"}).text
    row = page.split("SPARQL 1.1 Protocol</a>")[1].partition("</tr>")[0]
    assert re.findall(r">(\d+)<", row) == ["27", "27", "7"]
    assert record["scores"][0]["suite"] == "protocol"
    assert "Cases of R-ARC-01: 1 valid" in rules


def test_a_wheel_has_pages_and_queries_and_no_tests(environment: Path) -> None:
    installed = _site(environment)
    for name in ("templates/base.html", "static/style.css", "profile.toml"):
        assert (installed / "accsm_server" / "pages" / name).is_file()
    assert list((installed / "accsm_server" / "pages" / "queries").glob("*.rq"))
    for name in ("test_*.py", "counts.tsv", "answers"):
        assert not list(installed.rglob(name))
    assert not (installed / "server").exists()
