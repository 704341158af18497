"""A stored question has one answer: on its page, as CSV, in Python, for assistants, in a copy."""

import asyncio
import csv
import re
from collections.abc import Iterator
from html import unescape
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import Any

import httpx
import pytest
from accsm_server.mcp.text import row
from mcp import Client
from serving import running
from test_serve_mcp import over_http

import accsm_kg
from accsm_kg import IRI, Graph, Row, Rows

#: The rows of an answer; each value is its text, None an IRI, which is written in several ways.
Texts = list[list[str | None]]
#: A text of several words that a page shows as it is; it shows sources by their badges.
_IN_WORDS = re.compile(r"(?!Source \d).*[a-z]{3} [a-z]{3}")
#: The numbers of the passages behind a line for assistants.
_MARKS = re.compile(r" (\[\d+\])+(\(and \d+ more\))?$")


@pytest.fixture(scope="module")
def kg(known_path: Path) -> Graph:
    return accsm_kg.open(known_path)


@pytest.fixture(scope="module")
def url(known_path: Path) -> Iterator[str]:
    with running(known_path) as server:
        yield f"{server.url}/"


@pytest.fixture(scope="module")
def told(known_path: Path, kg: Graph) -> dict[str, str]:
    """What assistants are told of each question, all of it in one text."""

    async def ask_all(address: str) -> dict[str, str]:
        async with Client(address) as client:
            return {name: await _whole(client, name) for name in kg.questions}

    with over_http(known_path, RATE="0") as (address, _):
        return asyncio.run(ask_all(address))


async def _whole(client: Client, name: str) -> str:
    texts, values = [], {"question": name, "start": 0}
    while True:
        text = (await client.call_tool("ask", values)).content[0].text
        texts.append(text)
        following = re.search(r"go on with start=(\d+)\.$", text)
        if not following:
            return "\n".join(texts)
        values["start"] = int(following[1])


def texts_of(rows: Rows) -> Texts:
    return [[None if isinstance(value, IRI) else text_of(value) for value in row] for row in rows]


def line_of(values: Row) -> str:
    """Return a row as assistants are told it."""
    cells = [one.short if isinstance(one, IRI) else text_of(one) for one in values]
    return " ".join(row(cells).split())


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def texts_of_csv(text: str, like: Texts) -> Texts:
    """Return the rows of CSV; what is an IRI is taken from rows that should be ``like`` them."""
    rows = list(csv.reader(StringIO(text)))[1:]
    return [
        [None if other is None and cell else cell for cell, other in zip(row, same, strict=True)]
        for row, same in zip(rows, like, strict=True)
    ]


def plain(text: str) -> str:
    """Return the words of a page or a text, with single spaces and without marks."""
    return " ".join(unescape(re.sub(r"<[^>]*>|\*\*", " ", text)).split())


def test_each_question_has_one_answer(
    kg: Graph, url: str, told: dict[str, str], copy_path: Path
) -> None:
    served = accsm_kg.open(url)
    for name in kg.questions:
        rows = kg.ask(name)
        expected = texts_of(rows)
        assert texts_of(served.ask(name)) == expected, name
        answer = httpx.get(f"{url}questions/{name}.csv")
        if rows.columns == ("answer",):  # of ASK
            words = {"true": "yes", "false": "no"}[str(expected[0][0])]
            assert answer.text.strip().lower().endswith(str(expected[0][0])), name
            assert told[name].splitlines()[-1].lower().startswith(words), name
        else:
            assert texts_of_csv(answer.text, expected) == expected, name
            lines = {_MARKS.sub("", line) for line in told[name].splitlines()}
            assert [line for line in map(line_of, rows) if line not in lines] == [], name
        for suffix in ("csv", "json"):
            copied = copy_path / "questions" / f"{name}.{suffix}"
            asked = httpx.get(f"{url}questions/{name}.{suffix}").content
            assert not copied.exists() or copied.read_bytes() == asked, (name, suffix)
        page = httpx.get(f"{url}questions/{name}", headers={"Accept": "text/html"}).text
        copied_page = (copy_path / "questions" / name / "index.html").read_text()
        for where in (plain(page), plain(copied_page)):
            for value in chain.from_iterable(expected):
                if value and _IN_WORDS.match(value) and len(value) < 300:
                    assert plain(value) in where, (name, value)
