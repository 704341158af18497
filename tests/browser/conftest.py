"""A browser, a server, and a page of each kind."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from serving import Server, running

if TYPE_CHECKING:
    from playwright import sync_api

CHROMIUM = os.environ.get("ACCSM_CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGES = {
    "home": "/",
    "traces": "/trace",
    "trace of a line": "/trace/A.2.2.iv",
    "trace of a heading": "/trace/E.2",
    "trace of a project": "/trace/33",
    "trace of a country": "/trace/VNM",
    "nothing to trace": "/trace/A.2.2.v",
    "coverage": "/coverage",
    "coverage of areas": "/coverage?rows=areas&country=THA",
    "timeline": "/timeline",
    "history": "/timeline?scale=history",
    "projects": "/projects?country=Thailand",
    "targets": "/targets",
    "countries": "/countries",
    "empty list": "/projects?country=Atlantis",
    "search": "/search?q=recruitmnt",
    "empty search": "/search",
    "project": "/doc/project/2016-2020/33",
    "project without a time": "/doc/project/2016-2020/13",
    "action line": "/doc/action-line/apsc-2025/A.2.2.iv",
    "measure": "/doc/measure/ascc-2025/E.1.vii",
    "key result area": "/doc/kra/ascc-2025/A.2",
    "blueprint": "/doc/blueprint/apsc-2025",
    "priority area": "/doc/priority-area/C",
    "country": "/doc/country/THA",
    "country that coordinates nothing": "/doc/country/VNM",
    "support link": "/doc/project/2016-2020/6/support/apsc-A.2.2.iv",
    "document": "/doc/document/accsm-terms-of-reference",
    "dataset": "/dataset",
    "classes": "/browse",
    "class": "/browse/Meeting",
    "graph": "/graph/vocab",
    "question": "/questions/projects-supporting-action-line",
    "questions": "/questions",
    "vocabulary": "/ontology",
    "topic of the vocabulary": "/ontology/projects",
    "earlier vocabulary": "/ontology/1.0.0",
    "rules": "/shapes",
    "topic of rules": "/shapes/coverage",
    "conformance": "/conformance",
    "form": "/sparql",
    "answer": "/sparql?query=SELECT * { ?s a ?type } LIMIT 200",
    "problem": "/sparql?query=SELECT * { ?s ex:p ?o }",
    "not found": "/doc/nothing",
}


@pytest.fixture(scope="session")
def server(known_path: Path) -> Iterator[Server]:
    with running(known_path) as server:
        yield server


@pytest.fixture(scope="session")
def browser() -> Iterator["sync_api.Browser"]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no browser at {CHROMIUM}; set ACCSM_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
