"""The recipes of docs/clients.md print what the page says."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from peers.clients.conftest import Run
from project import ROOT
from serving import running, send

ADDRESS = "http://127.0.0.1:8000"
TEXT = (ROOT / "docs" / "clients.md").read_text(encoding="utf-8")
#: A block of code, and the block of text that follows it.
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
SUFFIXES = {"sh": ".sh", "python": ".py", "js": ".mjs", "java": ".java", "r": ".R"}
RECIPES = [pytest.param(*match.groups(), id=f"{number}-{match[1]}")
           for number, match in enumerate(BLOCK.finditer(TEXT), 1)]  # fmt: skip


@pytest.fixture(scope="module")
def address(known_path: Path) -> Iterator[str]:
    with running(known_path) as server:
        yield server.url


@pytest.mark.parametrize(("language", "code", "printed"), RECIPES)
def test_a_recipe_prints_what_the_page_says(
    run: Run, address: str, language: str, code: str, printed: str | None
) -> None:
    found = _print(run, address, language, code)
    if printed is None:
        assert len(found.splitlines()) > 1
    else:
        assert _lines(found) == _lines(printed)


def _print(run: Run, address: str, language: str, code: str) -> str:
    if language == "sparql":
        headers = {"Accept": "text/csv", "Content-Type": "application/sparql-query"}
        return send(address, "POST", "/sparql", headers, code.encode()).body.decode()
    assert ADDRESS in code
    done = run(SUFFIXES[language], code.replace(ADDRESS, address))
    assert done.returncode == 0, done.stderr
    return done.stdout


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().splitlines()]


def test_the_page_has_no_other_blocks() -> None:
    assert set(re.findall(r"^```(\w+)", TEXT, re.MULTILINE)) == {*SUFFIXES, "sparql", "text"}
    assert TEXT.count("\n```") == 2 * sum(
        1 + (match[3] is not None) for match in BLOCK.finditer(TEXT)
    )
