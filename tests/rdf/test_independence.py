"""The rooms for RDF and SPARQL serve any dataset: they name and import nothing of this project."""

import re
from pathlib import Path

import pytest

from accsm_kg import rdf

_IMPORT = re.compile(r"^from accsm_kg\.rdf[\w.]* import .*$", re.MULTILINE)
MODULES = {path.name: path for path in Path(rdf.__file__).parent.rglob("*.py")}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_of_rdf_does_not_name_the_project(name: str) -> None:
    text = _IMPORT.sub("", MODULES[name].read_text(encoding="utf-8"))
    assert "accsm" not in text.lower()
