"""Read questions from query files (*.rq); list and find questions for the command line."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from operator import attrgetter
from pathlib import Path
from typing import Any

from pyoxigraph import Store
from rich.table import Column

from accsm_kg.namespaces import BASE, remint, reminter
from accsm_kg.query import TABLE
from accsm_kg.questions.model import Parameter, Question, bind
from accsm_kg.questions.rdf import load
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import base_iri
from accsm_kg.terminal import delimited, draw, table

_HEADER = re.compile(r"\A(#\+.*\n)*\s*")
_SELECT = re.compile(r"^SELECT\b", re.MULTILINE)


def read(folder: Path, base: str = BASE) -> list[Question]:
    """Return the questions in a folder of query files, sorted by name.

    Raises ValueError with the file when a header is not YAML or lacks an entry.
    """
    files = {path.stem: query_files.read(path, reminter(base)) for path in folder.glob("*.rq")}
    queries = {name: _HEADER.sub("", text) for name, (text, _) in files.items()}
    try:
        questions = [_question(name, header, queries) for name, (_, header) in files.items()]
    except ValueError as error:
        raise ValueError(f"{folder}/{error}") from None
    return sorted(questions, key=attrgetter("name"))


def resolve(store: Store, what: str, values: Sequence[str] = ()) -> str:
    """Return the query named ``what``, with its parameters set by ``values`` (NAME=VALUE).

    ``what`` is `-` for the standard input, the path of a query file, or the name of a question in
    the dataset. Raises ValueError when it is none of these.
    """
    chosen = dict(map(_name_and_value, values))
    if what == "-" or Path(what).is_file():
        text = _standard_input() if what == "-" else query_files.decoded(Path(what))
        return bind(_unpublished(what, remint(text, base_iri(store, BASE))), chosen)
    named = {question.name: question for question in load(store)}
    if what not in named:
        close = get_close_matches(what, named, n=3, cutoff=0.4)
        hint = f"similar: {', '.join(close)}" if close else "`accsm-kg query` lists them"
        raise ValueError(f"'{what}' is neither a query file nor a stored question; {hint}")
    return bind(named[what], chosen)


def _standard_input() -> str:
    return query_files.decode(sys.stdin.buffer.read(), "standard input")


def listing(store: Store, fmt: str = TABLE) -> str:
    """Return the questions in the dataset as text in the format table, json, csv or tsv."""
    rows = [
        {
            "name": question.name,
            "question": question.summary,
            "parameters": " ".join(f"{p.name}={p.default}" for p in question.parameters),
        }
        for question in load(store)
    ]
    if fmt == TABLE:
        columns = (Column("Name", no_wrap=True), "Question", "Parameters")
        return draw(table(columns, (tuple(row.values()) for row in rows)))
    if fmt == "json":
        return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"
    return delimited(rows, fmt)


def _name_and_value(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"'{text}': give a parameter as NAME=VALUE, for example line=A.2.2.i")
    return name, value


def _unpublished(name: str, text: str) -> Question:
    """Return a query of the user as a question; its header may declare parameters."""
    declared = query_files.header(text).get("parameters", {})
    parameters = tuple(_parameter(name, key, given, {}) for key, given in declared.items())
    return Question(name, "", "", (), text, parameters=parameters)


def _question(name: str, header: Mapping[str, Any], queries: Mapping[str, str]) -> Question:
    for key in ("summary", "description", "tags"):
        if key not in header:
            raise ValueError(f"{name}.rq: the #+ header has no {key}; add `#+ {key}: …`")
    declared = header.get("parameters", {})
    return Question(
        name=name,
        summary=header["summary"],
        description=header["description"].strip(),
        tags=tuple(sorted(header["tags"])),
        text=queries[name],
        parameters=tuple(_parameter(name, key, given, queries) for key, given in declared.items()),
    )


def _parameter(
    name: str, key: str, declared: Mapping[str, str], queries: Mapping[str, str]
) -> Parameter:
    """Return a parameter; its `options` are a SELECT query or the name of one in ``queries``."""
    for wanted in ("description", "default"):
        if wanted not in declared:
            raise ValueError(f"{name}.rq: parameter {key} has no {wanted}; add one")
    options = declared.get("options", "")
    if options and options not in queries and not _SELECT.search(options):
        raise ValueError(f"{name}.rq: parameter {key}: '{options}' is neither a .rq nor a SELECT")
    select = queries.get(options, options).strip()
    return Parameter(key, declared["description"], str(declared["default"]), select)
