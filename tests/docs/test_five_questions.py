"""The notebook runs, and its outputs are those that it keeps."""

import subprocess
import sys
from pathlib import Path

import nbformat
from docs.five_questions import PAGE
from nbformat import NotebookNode
from project import ROOT

PROGRAM = ROOT / "tests" / "docs" / "five_questions.py"


def _outputs(notebook: NotebookNode) -> list[list[dict[str, str]]]:
    """Return the texts, tables and pictures of each cell."""
    cells = (cell for cell in notebook.cells if cell.cell_type == "code")
    return [[dict(output.data) for output in cell.outputs] for cell in cells]


def test_the_notebook_gives_the_outputs_that_it_keeps(tmp_path: Path) -> None:
    again = tmp_path / "again.ipynb"
    subprocess.run([sys.executable, PROGRAM, again], check=True, timeout=300)
    kept, found = (nbformat.read(path, as_version=4) for path in (PAGE, again))
    nbformat.validate(kept)
    assert _outputs(found) == _outputs(kept), "run `make docs` and look at what changed"


def test_the_notebook_answers_five_questions_with_pictures() -> None:
    notebook = nbformat.read(PAGE, as_version=4)
    text = "\n".join(f"\n{one.source}" for one in notebook.cells if one.cell_type == "markdown")
    assert text.count("\n## ") == 5
    shown = [output for cell in _outputs(notebook) for output in cell]
    assert sum("image/svg+xml" in output for output in shown) == 5
    assert sum("text/html" in output for output in shown) == 5
