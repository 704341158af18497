"""A build hook that adds to the wheel what is made of the sources: the dataset, and the editor."""

import gzip
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FRONTEND = "server/frontend"
#: Where the script of the editor is in a clone, and in a wheel.
BUILT = "server/accsm_server/pages/static/built"


class MadeHook(BuildHookInterface):
    """Adds what is made to a wheel; an editable install reads the sources, and gets the editor."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the editor, and for a wheel the dataset; equal sources give equal bytes."""
        root = Path(self.root)
        if version == "editable":
            refresh(root)
            return
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        made = {self._dataset(folder): "accsm_kg/resources/accsm.nq.gz"}
        if bundle(root / FRONTEND, folder / "built"):
            made[folder / "built"] = BUILT.removeprefix("server/")
        build_data["force_include"] |= {str(path): name for path, name in made.items()}

    def _dataset(self, folder: Path) -> Path:
        """Build the dataset and compress it."""
        sys.path.insert(0, self.root)
        sys.dont_write_bytecode = True  # nothing is left in the sources
        from accsm_kg.build import assemble

        built = assemble.write(assemble.assemble(Path(self.root)), folder)[0]
        packed = built.with_name("accsm.nq.gz")
        packed.write_bytes(gzip.compress(built.read_bytes(), 9, mtime=0))
        return packed

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary files of `initialize`."""
        if version != "editable":
            self._folder.cleanup()


def refresh(root: Path) -> None:
    """Make the script of the editor in a clone, unless it was made of the same sources."""
    digest = sha256()
    for path in sorted((root / FRONTEND).rglob("*")):
        if path.is_file() and "node_modules" not in path.parts:
            digest.update(path.read_bytes())
    stamp = root / BUILT / "sources.sha256"
    is_current = stamp.exists() and stamp.read_text() == digest.hexdigest()
    if not is_current and bundle(root / FRONTEND, root / BUILT):
        stamp.write_text(digest.hexdigest())


def bundle(sources: Path, folder: Path) -> bool:
    """Make the script of the editor in ``folder``, with Node.js; return whether that worked.

    Without it the pages have a plain form. The packages are fetched into a temporary folder.
    """
    npm, node = shutil.which("npm"), shutil.which("node")
    if not (npm and node):
        print("Node.js is not installed: the query page gets a plain form.", file=sys.stderr)
        return False
    with TemporaryDirectory() as temporary:
        work = Path(temporary) / "frontend"
        shutil.copytree(sources, work, ignore=shutil.ignore_patterns("node_modules"))
        shutil.copy(sources.parents[1] / "LICENSE", work)  # for packages without its text
        made = work / "built"
        made.mkdir()
        for command in ((npm, "ci", "--ignore-scripts", "--silent"), (node, "build.mjs", made)):
            done = subprocess.run(command, cwd=work, capture_output=True, text=True)
            if done.returncode:
                said = (done.stderr or done.stdout).strip()
                print(f"The query page gets a plain form: {said}", file=sys.stderr)
                return False
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(made, folder)
    return True


if __name__ == "__main__":
    refresh(Path(__file__).parent)
