"""Random requests that the OpenAPI description allows get responses that it describes."""

from typing import Any, cast

import hypothesis
import pytest
import schemathesis
from accsm_server.app import create_pages
from accsm_server.engine.interface import Engine
from accsm_server.pages.queries import Site
from accsm_server.sparql.served import ServedDataset
from hypothesis import given
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from serving import Server

from accsm_kg.namespaces import prefixes

TIMEOUT = "10"
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
SITE = Site(ServedDataset(cast(Engine, None), prefixes()))
schemathesis.serializer.alias("application/sparql-query", "text/plain")
SCHEMA = schemathesis.openapi.from_dict(create_pages(SITE).openapi())
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}


@pytest.mark.parametrize("label", OPERATIONS)
def test_responses_conform_to_the_openapi_description(server: Server, label: str) -> None:
    @hypothesis.settings(max_examples=15, derandomize=True, database=None, deadline=None)
    @given(case=OPERATIONS[label].as_strategy())
    def check(case: Any) -> None:
        answer = case.call(base_url=server.url)
        case.validate_response(answer, checks=CHECKS)
        assert answer.status_code < 500

    check()
