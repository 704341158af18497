"""Build the graph of a project, and check a table."""

from collections.abc import Sequence
from pathlib import Path

from accsm_kg import resources
from accsm_kg.build import assemble as building
from accsm_kg.build import tables
from accsm_kg.build.tables import Fault
from accsm_kg.errors import DatasetError, TableError, check_name
from accsm_kg.graph.graph import Graph
from accsm_kg.graph.sources import Stored
from accsm_kg.namespaces import BASE

_QUESTIONS = "queries"


def assemble(root: Path | str, base_iri: str = BASE) -> Graph:
    """Build the graph of the project in a folder with ontology/, shapes/ and data/.

    All IRIs begin with ``base_iri``. Raises TableError with a line for each fault.
    """
    try:
        return Graph(Stored(building.assemble(Path(root), base_iri)), str(root))
    except TableError:
        raise
    except ValueError as error:
        raise TableError(str(error).splitlines()) from None


def check_table(path: Path | str, kind: str) -> Sequence[Fault]:
    """Return the faults of a table: file, row and column, what is wrong and what to do.

    ``kind`` is the name that the table has in a project, such as ``projects``. Whether what its
    cells name exists is seen when the project is built. Raises UnknownNameError for another kind,
    and DatasetError for a file that cannot be opened.
    """
    folder = resources.root() / "data"
    kinds = {
        query.stem: query
        for query in sorted(folder.rglob("*.rq"))
        if query.parent.name != _QUESTIONS
    }
    check_name("kind", kind, kinds)
    try:
        return tables.check(Path(path), kinds[kind])
    except OSError as error:
        raise DatasetError(str(error)) from error
