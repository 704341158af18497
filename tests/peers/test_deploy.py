"""The other files of server/deploy, and what they promise: systemd, a read-only root, alerts."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from accsm_server import errors
from accsm_server.errors import QueryError
from accsm_server.settings import from_environment
from peers.fronts import DEPLOY
from project import COMMAND, ROOT, python_path
from serving import Server, running

DOCUMENTED = (ROOT / "docs" / "operating.md").read_text()
UNIT = DEPLOY / "accsm-kg.service"
EXPOSURE = 1.5  # of 10, the most that the unit may have
#: Runs a command on a read-only root with one writable folder; what MemoryDenyWriteExecute= of
#: systemd is made of (PR_SET_MDWE) holds for it too.
CONFINED = """#!{python}
import ctypes, os, sys
assert ctypes.CDLL(None).prctl(65, *map(ctypes.c_ulong, (1, 0, 0, 0))) == 0
places = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--bind", {folder}, {folder}]
places += ["--chdir", "/", "--die-with-parent", "--setenv", "TMPDIR", {folder}]
places += ["--setenv", "PYTHONPATH", {path}, "--setenv", "HOME", "/none"]
os.execv({bwrap}, [{bwrap}, *places, *{command}, *sys.argv[1:]])
"""


def test_the_unit_is_hardened() -> None:
    command = shutil.which("systemd-analyze")
    if command is None:
        pytest.skip("systemd-analyze is not on the path: install systemd")
    words = ["security", "--offline=yes", "--no-pager", str(UNIT)]
    done = subprocess.run([command, *words], capture_output=True, text=True, timeout=60)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= EXPOSURE


def test_the_settings_of_the_unit_are_read() -> None:
    found = dict(re.findall(r"^Environment=(ACCSM_\w+)=(.*)$", UNIT.read_text(), re.MULTILINE))
    assert from_environment(found).memory == int(found["ACCSM_MEMORY"])


@pytest.fixture(scope="module")
def confined(known_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        pytest.skip("bwrap is not on the path: install bubblewrap")
    program = tmp_path_factory.mktemp("program") / "confined"
    folder = tmp_path_factory.mktemp("writable")
    program.write_text(
        CONFINED.format(
            python=sys.executable, folder=repr(str(folder)), path=repr(python_path()),
            bwrap=repr(bwrap), command=repr(list(COMMAND)),
        )
    )  # fmt: skip
    program.chmod(0o755)
    with running(known_path, program=program) as server:
        yield server


@pytest.mark.parametrize(
    ("path", "beginning"),
    [
        ("/", b"<!doctype html>"),
        ("/trace/33?format=svg", b"<?xml"),
        ("/questions/projects?format=xlsx", b"PK"),
        ("/search?q=gender", b"<!doctype html>"),
        ("/sparql?query=SELECT%20*%20%7B%3Fa%20%3Fb%20%3Fc%7D&format=csv", b"a,b,c"),
        ("/accsm.nq.gz", b"\x1f\x8b"),
        ("/accsm.ttl.zst", b"\x28\xb5\x2f\xfd"),
        ("/dataset?format=ttl", b""),
    ],
)
def test_the_server_needs_one_writable_folder(
    confined: Server, path: str, beginning: bytes
) -> None:
    headers = {"Accept": "text/html", "Accept-Encoding": "identity"}
    found = httpx.get(f"{confined.url}{path}", headers=headers, timeout=60, follow_redirects=True)
    assert found.status_code == 200
    assert found.content.startswith(beginning)


def test_alerts_and_documentation_name_the_metrics_that_exist(small_path: Path) -> None:
    groups = yaml.safe_load((DEPLOY / "alerts.yml").read_text())["groups"]
    asked = " ".join(rule["expr"] for group in groups for rule in group["rules"])
    with running(small_path) as server:
        httpx.get(f"{server.url}/sparql", params={"query": "ASK {}"})
        text = httpx.get(f"{server.url}/metrics").text
    families = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
    samples = set(re.findall(r"^(\w+)[{ ]", text, re.MULTILINE))
    assert set(re.findall(r"\b(?:accsm|process)_\w+", asked)) <= families | samples
    assert set(re.findall(r"`(accsm_\w+)`", DOCUMENTED)) == {
        name for name in families if name.startswith("accsm_")
    }
    shown = re.search(r"```yaml\n(.*?)```", DOCUMENTED, re.DOTALL)
    assert shown
    rules = [rule for group in groups for rule in group["rules"]]
    (example,) = yaml.safe_load(shown[1])
    assert any(example.items() <= rule.items() for rule in rules)
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    reasons = {kind.reason for kind in kinds if issubclass(kind, QueryError) and kind != QueryError}
    outcomes = re.findall(r'accsm_queries_total\{outcome=~"([^"]*)"', asked)
    assert {one for outcome in outcomes for one in outcome.split("|")} <= reasons


def test_the_image_has_what_the_package_is_made_of() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", text, re.MULTILINE)
    paths = [path for line in copied for path in line.split()]
    assert [path for path in paths if not (ROOT / path).exists()] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packed = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    assert [path for path in packed if not {path, path.partition("/")[0]} & set(paths)] == []
