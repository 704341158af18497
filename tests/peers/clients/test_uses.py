"""A query that the workbench writes for other programs has the same answer in each."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from peers.clients.conftest import Run
from project import ROOT
from serving import Server, running

PROGRAM = Path(__file__).parent / "programs" / "uses.mjs"
MODULE = ROOT / "server" / "frontend" / "src" / "use.js"
#: Characters that end a text in one of the programs.
WORDS = """it's "x" \\n \\" $HOME `id` )" )-" )--" #(lf) ''' é ខ្មែរ % & + ; \\\\"""
SELECT = f"""# {WORDS} \"\"\"
SELECT ?text WHERE {{
  VALUES ?text {{ "a, b" "{"it's "}\\"x\\" \\\\n $HOME `id` )-\\" #(lf) é % & + ;" }}
}}
ORDER BY ?text"""
GRAPH = 'CONSTRUCT { ?s ?p ")--" } WHERE { VALUES (?s ?p) { (<urn:a> <urn:b>) } } # \\"'
TEXT = """it's "x" \\n $HOME `id` )-" #(lf) é % & + ;"""


@pytest.fixture(scope="module")
def server(dataset_path: Path) -> Iterator[Server]:
    with running(dataset_path) as server:
        yield server


def uses(run: Run, query: str, server: Server) -> dict[str, str]:
    done = run(".mjs", PROGRAM.read_text(), str(MODULE), query, f"{server.url}/sparql")
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("query", [SELECT, GRAPH], ids=["select", "construct"])
@pytest.mark.parametrize(("program", "suffix"), [("curl", ".sh"), ("Python", ".py"), ("R", ".R")])
def test_a_program_has_the_answer(
    server: Server, run: Run, query: str, program: str, suffix: str
) -> None:
    done = run(suffix, uses(run, query, server)[program])
    assert done.returncode == 0, done.stderr
    if query == GRAPH:
        assert {"curl": ")--", "Python": "1", "R": ")--"}[program] in done.stdout
    elif program == "curl":
        assert done.stdout.splitlines()[2] == '"' + TEXT.replace('"', '""') + '"'
    else:  # they print a backslash in ways of their own
        assert TEXT.split("\\n")[0] in done.stdout
        assert TEXT.split("\\n")[1] in done.stdout


@pytest.mark.parametrize("query", [SELECT, GRAPH], ids=["select", "construct"])
def test_power_query_and_markdown_have_the_query(server: Server, run: Run, query: str) -> None:
    found = uses(run, query, server)
    assert found["literal"] == query
    fence, _, rest = found["Markdown"].partition("sparql\n")
    assert rest.startswith(f"{query}\n{fence}\n")
    address = rest.rpartition("](")[2].rstrip(")\n")
    assert httpx.get(address).status_code == 200
