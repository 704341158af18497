"""The queries of the benchmark ask what the dataset holds, and its report can be read."""

from math import isclose
from xml.etree import ElementTree

import pytest
from pyoxigraph import QueryBoolean, Store

from benchmarks import chart, hostile, mix, report
from benchmarks.load import Figures

NAMES = [path.stem for path in sorted(mix.FOLDER.glob("*.rq"))]


@pytest.fixture(scope="module")
def templates(store: Store) -> dict[str, mix.Template]:
    return {template.name: template for template in mix.templates(store)}


@pytest.mark.parametrize("name", NAMES)
def test_every_template_is_answered(
    templates: dict[str, mix.Template], store: Store, name: str
) -> None:
    answers = [store.query(query) for query in templates[name].instances]
    assert any(bool(found) if isinstance(found, QueryBoolean) else list(found) for found in answers)
    assert not any("<urn:" in query for query in templates[name].instances)


def test_instances_are_the_same_at_every_run(
    templates: dict[str, mix.Template], store: Store
) -> None:
    assert list(templates.values()) == mix.templates(store)


def test_the_report_compares_what_is_answered_alike() -> None:
    run = report.Run(["ours, cache off", "oxigraph, disk"], 1, 1)
    run.figures = {
        name: {server: Figures(rate, 1, 2, 0, 0.1, 10, 1) for server, rate in rates.items()}
        for name, rates in (
            ("a", {"ours, cache off": 400.0, "oxigraph, disk": 100.0}),
            ("b", {"ours, cache off": 100.0, "oxigraph, disk": 100.0}),
            ("c", {"ours, cache off": 900.0, "oxigraph, disk": 1.0}),
        )
    }
    run.different["oxigraph, disk", "c"] = "0 rows instead of 1 rows"
    run.versions = run.versions | dict.fromkeys(run.servers, "1.0")
    run.ready = run.memory = dict.fromkeys(run.servers, 1.0)
    assert isclose(run.ratio("ours, cache off", "oxigraph, disk"), 2.0)
    text = report.markdown(run)
    assert "| ours, cache off / oxigraph, disk, answers a second | >= 1 | 2.00 |" in text
    assert "- oxigraph, disk, c: 0 rows instead of 1 rows" in text
    assert len(ElementTree.fromstring(chart.draw(run)).findall(".//{*}circle")) == 8


def test_hostile_queries_fit_in_an_address() -> None:
    assert all(len(path) < 32 << 10 for path in hostile.requests().paths("/sparql?"))
