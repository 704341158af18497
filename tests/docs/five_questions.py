"""Run docs/five-questions.ipynb and keep its outputs: `make docs`.

With the name of a file it writes the notebook there.
"""

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from nbclient import NotebookClient
from traitlets.config import Config

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "five-questions.ipynb"
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from scope import KNOWN, record  # noqa: E402

from accsm_kg.build import assemble  # noqa: E402


def run(target: Path) -> None:
    """Write the notebook with the outputs that the record gives; no port is opened."""
    notebook = nbformat.read(PAGE, as_version=4)
    with TemporaryDirectory() as name:
        assemble.write(record(KNOWN), Path(name) / "build")
        os.environ |= {"PYTHONPATH": str(ROOT), "IPYTHONDIR": f"{name}/ipython"}
        kernel = Config(KernelManager={"transport": "ipc", "ip": f"{name}/kernel"})
        place = {"metadata": {"path": name}}
        NotebookClient(notebook, config=kernel, resources=place, record_timing=False).execute()
    del notebook.metadata["language_info"]["version"]
    nbformat.write(notebook, target)


if __name__ == "__main__":
    run(Path(*sys.argv[1:]) if sys.argv[1:] else PAGE)
