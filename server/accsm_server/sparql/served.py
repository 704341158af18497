"""The dataset that the endpoint serves, with its engine, prefixes and limits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from accsm_server.engine.interface import Engine
from accsm_server.http.headers import Headers
from accsm_server.http.middleware.entity_tags import tagger
from accsm_server.settings import Settings
from accsm_server.sparql.queries import QueryFiles


@dataclass(frozen=True)
class ServedDataset:
    """One version of a dataset; a reload makes another."""

    engine: Engine
    prefixes: Mapping[str, str]
    """Namespace IRIs by prefix, with which names are shown."""
    supplied: Mapping[str, str] = field(default_factory=dict)
    """Namespace IRIs by prefix, which queries need not declare."""
    apart: frozenset[str] = frozenset()
    """The named graphs that are not in the default graph."""
    settings: Settings = field(default_factory=Settings)
    code_version: str = ""

    @cached_property
    def queries(self) -> QueryFiles:
        """Return the queries for any dataset."""
        return QueryFiles(self.engine)

    @cached_property
    def limits(self) -> Headers:
        """Return the header `X-Limits` of streamed answers, which may be cut."""
        limits = f"rows={self.settings.rows}, MiB={self.settings.size >> 20}"
        return [(b"x-limits", limits.encode())]

    @cached_property
    def tag(self) -> Callable[..., str]:
        """Return the function that makes entity tags: see `entity_tags.tagger`."""
        settings = self.settings
        return tagger(self.code_version, self.engine.version, settings.rows, settings.size)
