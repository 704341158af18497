"""Whatever the description of the server allows is sent, and nothing of it is a fault of ours."""

from typing import Any, cast

import hypothesis
import pytest
import schemathesis
from hypothesis import given
from schemathesis.checks import not_a_server_error
from serving import Server

from accsm_kg.namespaces import BASE
from server.api import create_api
from server.engine import Engine
from server.site import Site

TIMEOUT = "2"
SCHEMA = schemathesis.openapi.from_dict(create_api(Site(cast(Engine, None), BASE)).openapi())
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}


@pytest.mark.parametrize("label", OPERATIONS)
def test_nothing_described_is_a_fault_of_ours(server: Server, label: str) -> None:
    @hypothesis.settings(max_examples=15, derandomize=True, database=None, deadline=None)
    @given(case=OPERATIONS[label].as_strategy())
    def check(case: Any) -> None:
        answer = case.call(base_url=server.url)
        case.validate_response(answer, checks=[not_a_server_error])
        assert answer.status_code < 500

    check()
