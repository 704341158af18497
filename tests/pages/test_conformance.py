"""The page of the results in the W3C tests."""

import re
from html import unescape

import httpx
import pytest
from accsm_server.pages.conformance_record import Deviation, read_deviations, read_record


def get(client: httpx.Client, accept: str) -> httpx.Response:
    return client.get("/conformance", headers={"Accept": accept})


@pytest.fixture(scope="module")
def page(client: httpx.Client) -> str:
    """The page, without markup but the addresses of links."""
    return re.sub(r'<a [^>]*href="([^"]*)"[^>]*>|<[^>]*>', r" \1 ", get(client, "text/html").text)


@pytest.mark.parametrize("deviation", read_deviations(), ids=lambda found: found.title)
def test_a_known_deviation_is_told_with_its_thread_and_tests(
    page: str, deviation: Deviation
) -> None:
    words = " ".join(unescape(page).split())
    told = words.partition(deviation.title)[2]
    assert re.sub(r"\W", "", told).startswith(re.sub(r"\W", "", deviation.differs))
    assert (deviation.issue or "No thread was found") in told
    for test in deviation.tests:
        assert f"https://w3c.github.io/rdf-tests/sparql/{test.replace('#', '/index.html#')}" in told


def test_each_failing_test_has_one_reason() -> None:
    failed = [one.test for score in read_record() for one in score.outcomes if one.fault]
    told = [test for deviation in read_deviations() for test in deviation.tests]
    assert sorted(failed) == sorted(told)


def test_the_page_counts_the_tests_of_each_suite(page: str) -> None:
    for score in read_record():
        counts = rf"\s+{score.passed}\s+{score.applicable}\s+{score.refused}\s"
        assert re.search(re.escape(score.title) + counts, page), score.title


def test_tests_that_passed_by_value_are_named(page: str) -> None:
    named = [one.name.partition("#")[2] or one.name
             for score in read_record() for one in score.outcomes if one.by_value]  # fmt: skip
    assert named
    told = page.partition("Tests passed by value")[2].partition("A syntax test")[0]
    assert [name for name in named if name not in told.split()] == []
    assert f"In {len(named)} of the tests" in page


def test_the_results_are_sent_as_json(client: httpx.Client) -> None:
    told = get(client, "application/json").json()
    for score, recorded in zip(told["scores"], read_record(), strict=True):
        assert (score["suite"], score["passed"]) == (recorded.suite, recorded.passed)
        assert score["applicable"] + score["refused"] == score["tests"]
        assert [one["name"] for one in score["outcomes"]] == [one.name for one in recorded.outcomes]
    assert [one["issue"] for one in told["deviations"]] == [one.issue for one in read_deviations()]
