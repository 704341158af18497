"""The commands, each run in a process of its own."""

import csv
import gzip
import json
import os
import subprocess
from io import StringIO
from pathlib import Path

import httpx
import pytest
from project import COMMAND, copy_inputs, python_path, run
from serving import running


def test_build_writes_the_dataset_and_prints_its_size(tmp_path: Path) -> None:
    done = run("build", "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "quads in" in done.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"accsm.nq", "accsm.trig", "void.ttl"}


@pytest.mark.parametrize(
    "base", ["ftp://x/", "http://x.example", "x", "http://a b/", "http://x/>#/"]
)
def test_an_invalid_base_iri_is_refused(tmp_path: Path, base: str) -> None:
    done = run("build", "--out", str(tmp_path), "--base-iri", base)
    assert done.returncode == 2
    assert "--base-iri" in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_invalid_cell_is_refused_and_the_earlier_build_kept(tmp_path: Path) -> None:
    copy_inputs(tmp_path)
    out = tmp_path / "build"
    assert run("build", "--root", str(tmp_path), "--out", str(out)).returncode == 0
    before = (out / "accsm.nq").read_bytes()
    table = tmp_path / "data/source/001/2016-2020/occurrences.csv"
    table.write_text(table.read_text().replace("2019-01-01", "2019-13-01", 1))
    done = run("build", "--root", str(tmp_path), "--out", str(out))
    assert done.returncode == 2
    assert "occurrences.csv:3: column earliest_start: '2019-13-01' is not a date" in done.stderr
    assert (out / "accsm.nq").read_bytes() == before


def test_trace_of_an_action_line_lists_projects_coordinators_times_and_words(
    known_path: Path,
) -> None:
    done = run("trace", "A.2.2.iv", "-d", str(known_path))
    assert done.returncode == 0, done.stderr
    rows = run("trace", "A.2.2.iv", "-d", str(known_path), "-f", "json")
    assert [str(n) for n in (6, 17, 30, 33, 35, 40)] == _numbers(json.loads(rows.stdout))
    for words in ("Singapore", "Cambodia", "Thailand", "September 2017", "Also supports"):
        assert words in " ".join(done.stdout.split())
    assert "Also supports A.2.2.iv of the APSC Blueprint 2025" in rows.stdout


def _numbers(found: dict[str, list[dict[str, str]]]) -> list[str]:
    return list(dict.fromkeys(row["number"] for row in found["rows"]))


def test_trace_of_a_project_shows_measures_action_lines_and_blueprints(dataset_path: Path) -> None:
    done = run("trace", "33", "-d", str(dataset_path))
    assert done.returncode == 0, done.stderr
    for words in ("A.2.iv", "B.2.ix", "E.1.vii", "A.2.2.i", "A.2.2.iii", "A.2.2.iv", "A.2.2.vi"):
        assert words in done.stdout
    for words in ("ASCC Blueprint 2025", "APSC Blueprint 2025", "Empowered People"):
        assert words in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["trace", "A.2.2.ii"], "A.2.2.ii"),
        (["query", "no-such-question"], "no-such-question"),
        (
            ["query", "-"],
            "error Line 1, column 8: SELECT names no variable.\n"
            "      SELECT {\n"
            "             ^\n"
            "      Write `SELECT *`, or the variables.\n",
        ),
        (["query", "completed-occurrences", "-f", "xls"], "xls"),
        (["query", "completed-occurrences", "year=2017"], "year"),
        (["validate", "nowhere.nq"], "nowhere.nq does not exist; name another file, or none"),
        (["query", "completed-occurrences", "-d", "nowhere.nq"], "nowhere.nq does not exist; name"),
        (["trace", "33", "-d", "nowhere.nq"], "nowhere.nq does not exist; name"),
        (["serve", "nowhere.nq"], "nowhere.nq does not exist; name"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_invalid_input_gets_a_message_and_status_2(
    dataset_path: Path, words: list[str], message: str
) -> None:
    dataset = [] if "nowhere.nq" in words or "-d" in words else ["-d", str(dataset_path)]
    done = run(*words, *dataset, stdin="SELECT {")
    assert done.returncode == 2, done.stdout
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_a_query_from_stdin_and_from_a_file_give_the_same_result(
    known_path: Path, tmp_path: Path
) -> None:
    text = "SELECT ?n WHERE { ?p a accsm:Project ; accsm:projectNumber ?n } ORDER BY ?n"
    (tmp_path / "q.rq").write_text(text)
    piped = run("query", "-", "-d", str(known_path), "-f", "csv", stdin=text)
    filed = run("query", str(tmp_path / "q.rq"), "-d", str(known_path), "-f", "csv")
    assert piped.stdout == filed.stdout
    rows = list(csv.reader(StringIO(piped.stdout)))
    assert [row[0] for row in rows] == ["n", *map(str, range(1, 42))]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("fmt", ["table", "csv", "json"])
def test_output_to_a_file_is_utf8_whatever_the_encoding(
    known_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, fmt: str
) -> None:
    query = 'SELECT (STR("\\u2019\\u0E44\\u2503") AS ?x) {}'
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    done = run("query", "-", "-d", str(known_path), "-f", fmt, stdin=query)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\u2019\u0e44\u2503" in done.stdout


@pytest.mark.parametrize("command", ["query", "diff"])
def test_no_control_character_of_the_data_reaches_a_terminal(tmp_path: Path, command: str) -> None:
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    old, new = tmp_path / "old.nt", tmp_path / "new.nt"
    old.write_text(f'<http://e/a> {label} "a" .\n')
    new.write_text(f'<http://e/a> {label} "\\u001B[31mred\\u202E" .\n')
    if command == "query":
        done = run("query", "-", "-d", str(new), stdin="SELECT ?o { ?s ?p ?o }")
    else:
        done = run("diff", str(old), str(new))
    assert "\\u001B[31mred\\u202E" in done.stdout
    assert done.stdout.replace("\n", "").isprintable()


@pytest.mark.parametrize("command", ["query", "trace", "coverage", "validate", "diff", "serve"])
def test_a_relative_iri_in_a_file_needs_a_base(tmp_path: Path, command: str) -> None:
    file = tmp_path / "a.ttl"
    file.write_text("<urn:s> <urn:p>\n  <thing> .\n")
    words = {"query": ["-", "-d", str(file)], "trace": ["33", "-d", str(file)],
             "coverage": ["-d", str(file)],
             "diff": [str(file), str(file)]}.get(command, [str(file)])  # fmt: skip
    done = run(command, *words, stdin="ASK {}")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(
        "a.ttl:2:3: relative IRI <thing>; write it in full, or name its base with --base\n"
    )


def test_a_base_is_that_of_relative_iris_in_files(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("<urn:s> <urn:p> <thing> .")
    (tmp_path / "b.nt").write_text("<urn:s> <urn:p> <http://e/thing> .")
    one, other = str(tmp_path / "a.ttl"), str(tmp_path / "b.nt")
    query = "ASK { ?s ?p <http://e/thing> }"
    done = run("query", "-", "-d", one, "--base", "http://e/", stdin=query)
    assert done.stdout == "yes\n"
    assert run("diff", one, other, "--base", "http://e/").returncode == 0
    with running(tmp_path, "--base", "http://e/") as server:
        assert "<http://e/thing>" in httpx.get(f"{server.url}/sparql?query=DESCRIBE<urn:s>").text
    done = run("query", "-", "-d", one, "--base", "e", stdin="ASK {}")
    assert "error Invalid base IRI 'e'" in done.stderr


def test_a_dataset_without_statements_is_reported(tmp_path: Path) -> None:
    (tmp_path / "empty.nt").write_text("")
    done = run("query", "-", "-d", str(tmp_path / "empty.nt"), stdin="ASK { ?s ?p ?o }")
    assert (done.returncode, done.stdout) == (0, "no\n")
    assert "empty.nt holds no statements." in done.stderr


def test_an_error_of_the_system_is_one_sentence_with_its_file(
    known_path: Path, tmp_path: Path
) -> None:
    done = run("validate", str(known_path), "--report", str(known_path))
    assert done.stderr.endswith(f"error {known_path}: file exists; name a folder\n")
    done = run("validate", str(known_path), "--baseline", str(tmp_path))
    assert done.stderr.endswith(f"error {tmp_path}: is a directory; name a file\n")


def test_a_packed_query_is_read(known_path: Path, tmp_path: Path) -> None:
    (tmp_path / "q.rq.gz").write_bytes(gzip.compress(b"ASK {}"))
    done = run("query", str(tmp_path / "q.rq.gz"), "-d", str(known_path))
    assert done.stdout == "yes\n"


def test_a_query_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "q.rq").write_bytes(b"ASK {}\n# caf\xe9")
    done = run("query", str(tmp_path / "q.rq"), "-d", str(tmp_path))
    assert (done.returncode, done.stdout) == (2, "")
    (tmp_path / "d.nt").write_text("")
    done = run("query", str(tmp_path / "q.rq"), "-d", str(tmp_path / "d.nt"))
    assert "q.rq:2: not UTF-8 (byte 0xe9); save it as UTF-8" in done.stderr


def test_hints_about_a_query_are_on_the_standard_error(known_path: Path) -> None:
    query = 'SELECT ?c { ?c a accsm:Country ; skos:prefLabel "Cambodia" }'
    done = run("query", "-", "-d", str(known_path), "-f", "csv", stdin=query)
    assert done.stdout.split() == ["c"]
    first, supplied = done.stderr.splitlines()
    assert first == 'hint  All values of `skos:prefLabel` have a language: write `"Cambodia"@en`.'
    assert supplied.startswith("hint  Supplied to the query: `PREFIX accsm: <")
    query = (
        "SELECT ?n { ?p accsm:projectNumber ?n ; skos:prefLabel ?l FILTER(CONTAINS(?l, 'Work')) }"
    )
    done = run("query", "-", "-d", str(known_path), "-f", "csv", stdin=query)
    assert done.stdout.count("\n") > 2 and done.stderr.startswith("hint  Supplied")
    stored = run("query", "projects-supporting-action-line", "-d", str(known_path))
    assert stored.stderr == ""


def test_names_that_the_commands_print_can_be_pasted_into_a_query(known_path: Path) -> None:
    query = "SELECT ?p ?l { ?p accsm:projectNumber 33 ; skos:prefLabel ?l }"
    printed = run("query", "-", "-d", str(known_path), stdin=query).stdout.splitlines()[2]
    traced = run("trace", "33", "-d", str(known_path)).stdout.splitlines()[0]
    for name in (printed.split()[0], traced.split()[-1]):
        again = run("query", "-", "-d", str(known_path), stdin=f"ASK {{ {name} a ?c }}")
        assert (name, again.stdout) == ("project-2016-2020:33", "yes\n")


def test_query_without_an_argument_lists_the_questions(dataset_path: Path) -> None:
    done = run("query", "-d", str(dataset_path))
    assert done.returncode == 0, done.stderr
    assert "projects-supporting-action-line" in done.stdout


def test_a_stored_question_takes_a_parameter(known_path: Path) -> None:
    done = run(
        *("query", "projects-supporting-action-line", "line=A.2.2.i"),
        *("-d", str(known_path), "-f", "csv"),
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 10


def test_the_dataset_is_said_to_people_unless_they_named_it(
    dataset_path: Path, tmp_path: Path
) -> None:
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "accsm.nq").symlink_to(dataset_path)
    assert "Using build/accsm.nq" in _said_on_a_terminal(tmp_path, "trace", "33")
    assert "Using" not in _said_on_a_terminal(tmp_path, "trace", "33", "-d", "build/accsm.nq")
    assert run("trace", "33", cwd=tmp_path).stderr == ""


def _said_on_a_terminal(cwd: Path, *words: str) -> str:
    """Return what a command writes on standard error where that is a terminal."""
    ours, theirs = os.openpty()
    subprocess.run(
        [*COMMAND, *words], cwd=cwd, stdout=subprocess.DEVNULL, stderr=theirs, check=True,
        env={**os.environ, "PYTHONPATH": python_path(), "TERM": "dumb"}, timeout=120,
    )  # fmt: skip
    os.write(theirs, b"\n")  # there is something to read
    written = os.read(ours, 65536).decode()
    os.close(theirs)
    os.close(ours)
    return written


def test_a_dataset_is_compared_with_the_one_at_hand(dataset_path: Path, tmp_path: Path) -> None:
    (tmp_path / "build").mkdir()
    number = 'project/2016-2020/33> <https://w3id.org/accsm-kg/ontology#projectNumber> "3'
    text = dataset_path.read_text().replace(f"{number}3", f"{number}4")
    (tmp_path / "build" / "accsm.nq").write_text(text)
    done = run("diff", str(dataset_path), cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "project number: 33 → 34" in done.stdout
