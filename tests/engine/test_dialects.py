"""The table of dialects: how engines are known, and how they are told a time limit."""

import pytest
from accsm_server.engine.remote.dialects import DIALECTS, OTHER, recognise


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"server": "Oxigraph/0.5.13"}, "Oxigraph"),
        ({"fuseki-request-id": "12", "server": "Jetty"}, "Apache Jena Fuseki"),
        ({"server": "Virtuoso/07.20.3229 (Linux) x86_64-pc-linux-gnu"}, "Virtuoso"),
        ({"server": "nginx"}, OTHER.name),
        ({}, OTHER.name),
    ],
)
def test_an_engine_is_known_by_its_headers(headers: dict[str, str], name: str) -> None:
    assert recognise(headers).name == name


def test_time_limits_are_asked_in_the_way_of_each_engine() -> None:
    limits = {dialect.name: dialect.limit(2.5) for dialect in (*DIALECTS, OTHER)}
    assert limits == {
        "Oxigraph": {},
        "Apache Jena Fuseki": {"timeout": "3"},
        "Virtuoso": {"timeout": "2500"},
        OTHER.name: {},
    }
