"""The benchmarks: their queries have answers, their report is right, commits are isolated."""

import subprocess
import sys
import sysconfig
from math import isclose
from pathlib import Path
from venv import EnvBuilder
from xml.etree import ElementTree

import pytest
from pyoxigraph import QueryBoolean, Store

from accsm_kg.namespaces import BASE
from benchmarks import chart, earlier, hostile, mix, peers, report
from benchmarks.attackers import Beside
from benchmarks.copies import copies
from benchmarks.load import Figures
from benchmarks.measure import order
from benchmarks.pages import Page
from benchmarks.results import Run, by_round, mean, middle
from benchmarks.running import environment

NAMES = [path.stem for path in sorted(mix.FOLDER.glob("*.rq"))]


@pytest.fixture(scope="module")
def templates(store: Store) -> dict[str, mix.Template]:
    return {template.name: template for template in mix.templates(store)}


@pytest.mark.parametrize("name", NAMES)
def test_every_template_has_answers(
    templates: dict[str, mix.Template], store: Store, name: str
) -> None:
    answers = [store.query(query) for query in templates[name].instances]
    assert any(bool(found) if isinstance(found, QueryBoolean) else list(found) for found in answers)
    assert not any("<urn:" in query for query in templates[name].instances)


def test_instances_are_the_same_at_every_run(
    templates: dict[str, mix.Template], store: Store
) -> None:
    assert list(templates.values()) == mix.templates(store)


def _figures(rate: float, p99: float = 2.0) -> Figures:
    return Figures(rate, 1, p99, 0, 0.1, 10, 1)


def test_the_report_leaves_out_different_answers() -> None:
    run = Run([["ours, cache off"], ["oxigraph, disk"]], 1, 1)
    run.queries = {
        name: {server: [_figures(rate)] for server, rate in rates.items()}
        for name, rates in (
            ("a", {"ours, cache off": 400.0, "oxigraph, disk": 100.0}),
            ("b", {"ours, cache off": 100.0, "oxigraph, disk": 100.0}),
            ("c", {"ours, cache off": 900.0, "oxigraph, disk": 1.0}),
        )
    }
    run.different["oxigraph, disk", "c"] = "0 rows instead of 1 rows"
    run.versions = run.versions | dict.fromkeys(run.servers, "1.0")
    run.ready = {server: [1.0] for server in run.servers}
    run.memory = dict.fromkeys(run.servers, 1.0)
    assert isclose(run.ratio("ours, cache off", "oxigraph, disk"), 2.0)
    text = report.markdown(run)
    assert "| ours, cache off / oxigraph, disk, answers a second | >= 1 | 2.00 |" in text
    assert "- oxigraph, disk, c: 0 rows instead of 1 rows" in text
    assert "## Beside" not in text
    assert len(ElementTree.fromstring(chart.draw(run)).findall(".//{*}circle")) == 8


def test_the_report_tells_the_pages_that_miss_their_goals(beside_earlier: Run) -> None:
    beside_earlier.requests = [
        Page("/", 10, 11.5, 100, 0.0),
        Page("/coverage", 2, 14, 200, 0.2),
    ]
    lines = report.markdown(beside_earlier).splitlines()
    assert "| the median page / (2 x its queries + 3 ms) | <= 1 | 1.25 |" in lines
    assert "| page requests of 150 ms and more over copies | <= 5 % | 10.0% |" in lines
    assert "| /coverage | 2.0 | 14.0 | 2.00 | 200 |" in lines


def test_the_report_tells_what_light_queries_saw_beside_attackers(beside_earlier: Run) -> None:
    beside_earlier.attackers["ours, cache off"] = Beside(4, [0.01, 0.02, 0.5], 100)
    lines = report.markdown(beside_earlier).splitlines()
    assert "| light queries beside 60 attackers, answered | 4 | 3 |" in lines
    assert "| light queries beside 60 attackers, p99, s | <= 0.25 | 0.50 |" in lines
    assert "| ours, cache off | 75.0% | 20 | 500 | 500 | 100 |" in lines


def test_copies_have_things_of_their_own_and_share_countries(dataset_path: Path) -> None:
    lines = dataset_path.read_text().splitlines(keepends=True)
    made = [line for line in copies(lines, 2) if f"{BASE}id/copy-1/" in line]
    assert len(lines) / 2 < len(made) < len(lines)
    assert not any(f"{BASE}id/copy-1/country/" in line for line in made)
    labels = [line.split('"')[1] for line in made if "/work-plan/" in line and "#prefLabel" in line]
    assert labels
    assert all(label.endswith(", copy 1") for label in labels)


@pytest.fixture
def beside_earlier() -> Run:
    """Two rounds, in the second of which the machine is twice as fast."""
    groups = [[f"ours, cache {cache}", f"before 1234567, cache {cache}"] for cache in ("off", "on")]
    run = Run(groups, 1, 2, "1234567")
    for (today, before), factor in zip(groups, (1.0, 2.0), strict=True):
        for name, rate in (("a", 400.0), ("b", 100.0)):
            run.queries.setdefault(name, {})[before] = [_figures(100), _figures(200)]
            rates = rate * factor, 2 * rate * factor
            run.queries[name][today] = [_figures(each) for each in rates]
        run.pages.setdefault("page", {})[before] = [_figures(10), _figures(20)]
        run.pages["page"][today] = [_figures(5), _figures(30)]
    run.new = {name: dict(found) for name, found in run.queries.items()}
    run.versions = dict.fromkeys(run.servers, "1.0")
    run.memory = dict(zip(run.servers, (50.0, 100.0, 300.0, 200.0), strict=True))
    run.ready = {today: [3.0, 1.0] for today, _ in groups} | {old: [2.0, 1.0] for _, old in groups}
    attack = _figures(1)
    for server, p99 in zip(groups[0], (30.0, 10.0), strict=True):
        run.hostile[server] = [(_figures(9, 10), _figures(9, grown), attack) for grown in (p99, 10)]
    return run


@pytest.mark.parametrize(
    "row",
    [
        "answers a second | >= 0.97 | 2.000 (2.000 to 2.000) | 4.000 (4.000 to 4.000)",
        "answers a second, each query new |  | 2.000 (2.000 to 2.000) | 4.000 (4.000 to 4.000)",
        "answers a second, page |  | 1.000 (0.500 to 1.500) | 1.000 (0.500 to 1.500)",
        "p50 |  | 1.000 (1.000 to 1.000) | 1.000 (1.000 to 1.000)",
        "p99 |  | 1.000 (1.000 to 1.000) | 1.000 (1.000 to 1.000)",
        "processor time an answer |  |  | ",
        "memory (PSS) |  | 0.500 | 1.500",
        "start to first answer |  | 1.250 (1.000 to 1.500) | ",
        "p99 of the mix, beside hostile queries / alone: today | <= 2 | 2.000 (1.000 to 3.000) | ",
        "p99 of the mix, beside hostile queries / alone: 1234567 |  | 1.000 (1.000 to 1.000) | ",
        "b | 1.00 | 2.00 | 1.00 | 2.00 |  | ",
    ],
)
def test_the_report_compares_with_an_earlier_commit(beside_earlier: Run, row: str) -> None:
    text = report.markdown(beside_earlier)
    _, _, section = text.partition("## Beside 1234567")
    assert f"| {row} |" in section.partition("\n## ")[0].splitlines()


@pytest.mark.parametrize(
    "row",
    [
        "ours, cache off / before 1234567, cache off, answers a second | >= 0.97 | 2.00",
        "ours, cache on / before 1234567, cache on, answers a second | >= 0.97 | 4.00",
        "p99 of the mix, beside hostile queries / alone | <= 2 | 2.00",
    ],
)
def test_the_goals_include_the_earlier_commit(beside_earlier: Run, row: str) -> None:
    assert f"| {row} |" in report.markdown(beside_earlier).splitlines()


def test_a_template_with_different_answers_is_left_out(beside_earlier: Run) -> None:
    beside_earlier.different["before 1234567, cache off", "a"] = "0 rows instead of 1 rows"
    first = "| answers a second | >= 0.97 | 1.000 (1.000 to 1.000) | 4.000 (4.000 to 4.000) |"
    assert first in report.markdown(beside_earlier).splitlines()


def test_a_round_without_answers_is_left_out() -> None:
    ratios = by_round([_figures(0), _figures(4)], [_figures(1), _figures(2)])
    assert middle(ratios) == mean(ratios) == 2.0


def test_servers_of_a_group_take_turns() -> None:
    orders = [order([["a", "A"], ["b", "B"], ["c"]], "name", turn) for turn in range(8)]
    assert {"".join(turn).find("aA") >= 0 for turn in orders[::2]} != {
        "".join(turn).find("aA") >= 0 for turn in orders[1::2]
    }
    for turn in orders:
        assert sorted(turn) == ["A", "B", "a", "b", "c"]
        assert abs(turn.index("a") - turn.index("A")) == abs(turn.index("b") - turn.index("B")) == 1


def test_the_earlier_server_has_a_clean_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "ACCSM_ROWS"):
        monkeypatch.setenv(name, "1")
    EnvBuilder().create(tmp_path / "env")
    installed = sysconfig.get_path("purelib", vars={"base": str(tmp_path / "env")})
    metadata = Path(installed) / "accsm_kg-0.9.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: accsm-kg\nVersion: 0.9\n")
    peer = peers.earlier("before", tmp_path / "env", cache="0")
    variables = environment(peer, {})
    assert peer.version == "0.9"
    assert Path(peer.command[0]) == tmp_path / "env" / "bin" / "accsm-kg"
    assert not any("PYTHON" in name or "VIRTUAL" in name for name in variables)
    assert {name: variables[name] for name in variables if name.startswith("ACCSM_")} == {
        "ACCSM_CACHE": "0",
        "ACCSM_RATE": "0",
    }


def test_the_current_server_is_imported_from_this_tree(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    variables = environment(peers.ours("ours"), {})
    code = "import accsm_kg, accsm_server; print(accsm_kg.__file__, accsm_server.__file__)"
    found = subprocess.check_output(
        [sys.executable, "-c", code], env=variables, cwd=tmp_path, text=True
    )
    assert [Path(file).parent for file in found.split()] == [
        earlier.ROOT / "accsm_kg",
        earlier.ROOT / "server" / "accsm_server",
    ]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    git = ("git", "-C", str(root), "-c", "user.name=n", "-c", "user.email=n@example.org")
    root.mkdir()
    (root / "file").write_text("committed")
    for command in (("init", "--quiet"), ("add", "file"), ("commit", "--quiet", "-m", "Add")):
        subprocess.run([*git, *command], check=True)
    return root


@pytest.mark.parametrize("commit", ["no-such-commit", "--help", "HEAD:file", ""])
def test_an_unknown_commit_is_refused(repository: Path, commit: str) -> None:
    with pytest.raises(SystemExit) as refused:
        earlier.resolve(commit, repository)
    assert str(refused.value) == (
        f"BASE={commit}: {repository} has no such commit; see `git log --oneline`"
    )


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_checkout_is_removed_after_an_error(
    repository: Path, tmp_path: Path, error: type[BaseException]
) -> None:
    commit = earlier.resolve("HEAD", repository)
    path = tmp_path / "tree"
    for _ in range(2):
        with pytest.raises(error), earlier.checkout(commit, path, repository) as tree:
            assert (tree / "file").read_text() == "committed"
            raise error
        assert not path.exists()
        listed = ["git", "-C", str(repository), "worktree", "list"]
        assert len(subprocess.check_output(listed).splitlines()) == 1


def test_the_checkout_of_a_killed_run_is_replaced(repository: Path, tmp_path: Path) -> None:
    path = tmp_path / "tree"
    add = ["git", "-C", str(repository), "worktree", "add", "--quiet", "--detach", "--lock"]
    subprocess.run([*add, str(path)], check=True)
    with earlier.checkout(earlier.resolve("HEAD", repository), path, repository) as tree:
        assert (tree / "file").exists()
    assert not path.exists()


def test_an_environment_is_built_once(tmp_path: Path) -> None:
    (tmp_path / "env-1234567").mkdir()
    (tmp_path / "env-1234567" / "installed").touch()
    assert earlier.environment("1234567", tmp_path, tmp_path) == tmp_path / "env-1234567"


def test_hostile_queries_fit_in_a_url() -> None:
    assert all(len(path) < 32 << 10 for path in hostile.requests().paths("/sparql?"))
