"""Read questions from query files (*.rq); list and find questions for the command line."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from operator import attrgetter
from pathlib import Path
from typing import Any

from pyoxigraph import QuerySolutions, Store
from rich.table import Column

from accsm_kg import query
from accsm_kg.namespaces import BASE, remint, reminter
from accsm_kg.query import TABLE
from accsm_kg.questions.model import Parameter, Question, bind, by_name, check_choice, labels
from accsm_kg.questions.rdf import load
from accsm_kg.rdf import query_files
from accsm_kg.rdf.dataset import base_iri, unpacked
from accsm_kg.terminal import delimited, draw, table

_HEADER = re.compile(r"\A(#\+.*\n)*\s*")
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
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
    the dataset. Raises ValueError when it is none of these, and for values that do not fit it.
    """
    question, chosen = _found(store, what), by_name(map(_name_and_value, values))
    text = bind(question, chosen)
    for parameter in question.parameters:
        if parameter.name in chosen:
            check_choice(parameter.name, chosen[parameter.name], _options(store, parameter))
    return text


def _found(store: Store, what: str) -> Question:
    if what == "-" or Path(what).is_file():
        text = _standard_input() if what == "-" else _content(Path(what))
        return _unpublished(what, remint(text, base_iri(store, BASE)))
    named = {question.name: question for question in load(store)}
    if what not in named:
        close = get_close_matches(what, named, n=3, cutoff=0.4)
        hint = f"similar: {', '.join(close)}" if close else "`accsm-kg query` lists them"
        raise ValueError(f"'{what}' is neither a query file nor a stored question; {hint}")
    return named[what]


def _options(store: Store, parameter: Parameter) -> dict[str, str]:
    """Return the labels of the options of a parameter by value; empty if any text is allowed."""
    if not parameter.options:
        return {}
    results = query.run(store, parameter.options)
    if not isinstance(results, QuerySolutions):
        raise ValueError(f"the options of parameter {parameter.name} must be a SELECT query")
    return labels(results)


def _content(path: Path) -> str:
    with unpacked(path) as file:
        return query_files.decode(file.read(), str(path), advice="save it as UTF-8")


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


def _unpublished(what: str, text: str) -> Question:
    """Return a query of the user as a question; its header may declare parameters."""
    name = "standard input" if what == "-" else what
    try:
        header = query_files.header(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return Question(name, "", "", (), text, parameters=_parameters(name, header, {}))


def _question(name: str, header: Mapping[str, Any], queries: Mapping[str, str]) -> Question:
    for key, kind in {"summary": str, "description": str, "tags": list}.items():
        if key not in header:
            raise ValueError(f"{name}.rq: the #+ header has no {key}; add `#+ {key}: …`")
        if not isinstance(header[key], kind):
            wanted = "a list, such as [time]" if kind is list else "text"
            raise ValueError(f"{name}.rq: the #+ header has a {key} that is not {wanted}")
    return Question(
        name=name,
        summary=header["summary"],
        description=header["description"].strip(),
        tags=tuple(sorted(map(str, header["tags"]))),
        text=queries[name],
        parameters=_parameters(f"{name}.rq", header, queries),
    )


def _parameters(
    file: str, header: Mapping[str, Any], queries: Mapping[str, str]
) -> tuple[Parameter, ...]:
    declared = header.get("parameters") or {}
    if not isinstance(declared, dict):
        example = "`line: {description: Code of the line, default: A.2.2.i}`"
        raise ValueError(f"{file}: the parameters in the #+ header must be a mapping: {example}")
    return tuple(_parameter(file, key, given, queries) for key, given in declared.items())


def _parameter(file: str, key: object, declared: object, queries: Mapping[str, str]) -> Parameter:
    """Return a parameter; its `options` are a SELECT query or the name of one in ``queries``."""
    if not isinstance(key, str) or not _NAME.fullmatch(key):
        raise ValueError(f"{file}: parameter {key!r} is no name of a variable; use letters alone")
    given = declared if isinstance(declared, dict) else {}
    for wanted in ("description", "default"):
        if given.get(wanted) is None:
            raise ValueError(f"{file}: parameter {key} has no {wanted}; add one")
    options = str(given.get("options") or "")
    if options and options not in queries and not _SELECT.search(options):
        raise ValueError(f"{file}: parameter {key}: '{options}' is neither a .rq nor a SELECT")
    select = queries.get(options, options).strip()
    return Parameter(key, str(given["description"]), str(given["default"]), select)
