"""Packages that work with any dataset do not mention ACCSM or ASEAN."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from project import ROOT

SERVER = ROOT / "server" / "accsm_server"
MODULES = sorted(
    path
    for room in (SERVER / "http", SERVER / "engine", SERVER / "sparql", ROOT / "accsm_kg" / "rdf")
    for pattern in ("*.py", "*.rq")
    for path in room.rglob(pattern)
)
#: The names of the packages, which occur in imports and in the command of the fork server.
OWN = re.compile(r"\baccsm_(server|kg\.rdf)\b")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_general_package_does_not_mention_this_dataset(path: Path) -> None:
    assert not re.search("accsm|asean", OWN.sub("", path.read_text()), re.IGNORECASE)


def test_no_room_is_passed_over_by_the_tests(pytestconfig: pytest.Config) -> None:
    tops = [ROOT / top for top in pytestconfig.getini("testpaths")]
    rooms = {path.parent.relative_to(ROOT) for top in tops for path in top.rglob("*.py")}
    patterns = pytestconfig.getini("norecursedirs")
    passed_over = [room for room in rooms for name in room.parts for pattern in patterns
                   if fnmatch(name, pattern)]  # fmt: skip
    assert passed_over == []
