"""The knowledge graph of the ASEAN Cooperation on Civil Service Matters (ACCSM).

``accsm_kg.open()`` returns a `Graph` that answers questions: see docs/python.md.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accsm_kg.build.tables import Fault
    from accsm_kg.errors import (
        AccsmError,
        AmbiguousNameError,
        DatasetError,
        MissingModuleError,
        QueryError,
        QueryKindError,
        QuerySyntaxError,
        QueryTimeoutError,
        ServerError,
        TableError,
        UnknownNameError,
    )
    from accsm_kg.graph.graph import Graph, open
    from accsm_kg.graph.project import assemble, check_table
    from accsm_kg.graph.results import Diff, Passage, Report, Thing, Trace
    from accsm_kg.graph.rows import Picture, Row, Rows, Triples
    from accsm_kg.graph.values import IRI, Value
    from accsm_kg.questions.model import Parameter, Question

__version__ = "2.0.0"

__all__ = [
    "IRI", "AccsmError", "AmbiguousNameError", "DatasetError", "Diff", "Fault", "Graph",
    "MissingModuleError", "Parameter", "Passage", "Picture", "QueryError", "QueryKindError",
    "QuerySyntaxError", "QueryTimeoutError", "Question", "Report", "Row", "Rows", "ServerError",
    "TableError", "Thing", "Trace", "Triples", "UnknownNameError", "Value", "assemble",
    "check_table", "open",
]  # fmt: skip

_MODULES = (
    "graph.graph", "graph.project", "graph.results", "graph.rows", "graph.values",
    "questions.model", "build.tables", "errors",
)  # fmt: skip


def __getattr__(name: str) -> Any:
    """Return a name of `__all__`; it is imported now, as the command and the server need few."""
    if name in __all__:
        for module in _MODULES:
            found = import_module(f"accsm_kg.{module}")
            if name in vars(found):
                return vars(found)[name]
    raise AttributeError(f"module 'accsm_kg' has no attribute '{name}'")
