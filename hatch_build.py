"""A build hook that adds the built dataset to the wheel, so that an installed package has it."""

import gzip
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DatasetHook(BuildHookInterface):
    """Adds accsm_kg/resources/accsm.nq.gz to a wheel; an editable install reads the sources."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the dataset and compress it; equal sources give equal bytes."""
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        sys.dont_write_bytecode = True  # nothing is left in the sources
        from accsm_kg.build import assemble

        self._folder = TemporaryDirectory()
        built = assemble.write(assemble.assemble(Path(self.root)), Path(self._folder.name))[0]
        packed = built.with_name("accsm.nq.gz")
        packed.write_bytes(gzip.compress(built.read_bytes(), 9, mtime=0))
        build_data["force_include"][str(packed)] = "accsm_kg/resources/accsm.nq.gz"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the temporary files of `initialize`."""
        if version != "editable":
            self._folder.cleanup()
