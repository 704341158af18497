"""What is served: a dataset with its engine, its names and the limits of its answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from accsm_server.engine.interface import Engine
from accsm_server.http.headers import Headers
from accsm_server.http.middleware.entity_tags import tagger
from accsm_server.settings import Settings
from accsm_server.sparql.queries import QueryFiles


@dataclass(frozen=True)
class Served:
    """One dataset; a new build is another one."""

    engine: Engine
    prefixes: Mapping[str, str]
    """The prefixes of the dataset."""
    apart: frozenset[str] = frozenset()
    """The named graphs that are no part of the default graph."""
    settings: Settings = field(default_factory=Settings)
    code_version: str = ""

    @cached_property
    def queries(self) -> QueryFiles:
        """Return the queries that suit any dataset."""
        return QueryFiles(self.engine)

    @cached_property
    def limits(self) -> Headers:
        """Return the header of an answer of which it is not known yet whether it will be cut."""
        limits = f"rows={self.settings.rows}, MiB={self.settings.size >> 20}"
        return [(b"x-limits", limits.encode())]

    @cached_property
    def tag(self) -> Callable[..., str]:
        """Return what makes the entity tag of the answer to what is asked."""
        settings = self.settings
        return tagger(self.code_version, self.engine.version, settings.rows, settings.size)
