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
    "areas": "/areas",
    "bodies": "/bodies",
    "meetings": "/meetings?body=ASEAN+Summit",
    "indicators": "/indicators?baseline=left+blank+in+the+source",
    "priority area": "/doc/priority-area/B",
    "wording of an area in a plan": "/doc/priority-area/C/2021-2025",
    "thematic area": "/doc/thematic-area/1",
    "indicator": "/doc/kpi/2016-2020/C.1",
    "body": "/doc/body/accsm-plus-three",
    "body with terms": "/doc/body/accsm",
    "meeting": "/doc/meeting/accsm/22/som",
    "meeting, one topic": "/doc/meeting/accsm/22/heads?topic=meeting+arrangements",
    "meeting without a date": "/doc/meeting/accsm/23",
    "kind of meeting": "/doc/meeting-type/heads-accsm-plus-three",
    "event": "/doc/event/accsm-renamed-2015",
    "person": "/doc/person/pech-bunthin",
    "resource centre": "/doc/arc/KHM",
    "country": "/doc/country/THA",
    "country that coordinates nothing": "/doc/country/VNM",
    "support link": "/doc/project/2016-2020/6/support/apsc-A.2.2.iv",
    "documents": "/documents?text=held",
    "document": "/doc/document/accsm-terms-of-reference",
    "declaration": "/doc/document/putrajaya-joint-declaration-2015",
    "words found": "/doc/document/asean-declaration-role-of-civil-service-2017?find=civil service",
    "no words found": "/doc/document/luang-prabang-joint-declaration-2010?find=zebra",
    "document without text": "/doc/document/nay-pyi-taw-declaration-2014",
    "clause": "/doc/document/putrajaya-joint-declaration-2015/clause/vii",
    "point": "/doc/document/accsm-terms-of-reference/clause/18/ii",
    "sources": "/sources",
    "source": "/doc/source/001?from=151&to=200",
    "source in our own words": "/doc/source/003",
    "passage": "/doc/evidence/001/L99/c6",
    "issue": "/doc/issue/annual-meeting",
    "report": "/doc/statement/003/2",
    "quality": "/quality",
    "issues": "/quality/issues?confidence=open",
    "dataset": "/dataset",
    "classes": "/browse",
    "class": "/browse/Event",
    "graph": "/graph/vocab",
    "question": "/questions/projects-supporting-action-line",
    "question as bars": "/questions/projects-per-coordinator",
    "question as a heat map": "/questions/coordinators-by-priority-area",
    "question as a timeline": "/questions/conclusions-of-documents",
    "question as a tree": "/questions/project-traced-to-blueprints",
    "question as a record": "/questions/source-words-of-support",
    "question as a sentence": "/questions/action-line-implies-measure",
    "question without an answer": "/questions/measures-cited-by-no-project",
    "question with a wrong value": "/questions/projects-supporting-action-line?line=A.9",
    "questions": "/questions",
    "questions with a tag": "/questions?tag=time&q=month",
    "vocabulary": "/ontology",
    "topic of the vocabulary": "/ontology/projects",
    "earlier vocabulary": "/ontology/1.0.0",
    "rules": "/shapes",
    "topic of rules": "/shapes/coverage",
    "conformance": "/conformance",
    "form": "/query",
    "answer": "/sparql?query=SELECT * { ?s a ?type } LIMIT 200",
    "problem": "/sparql?query=SELECT * { ?s ex:p ?o }",
    "not found": "/doc/nothing",
}


@pytest.fixture(scope="session")
def server(known_path: Path) -> Iterator[Server]:
    with running(known_path) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator["sync_api.Browser"]:
    """Yield a browser; while there is one, its event loop runs, and tests can start no other."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"there is no browser at {CHROMIUM}; set ACCSM_CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
