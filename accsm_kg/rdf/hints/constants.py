"""Hints about literals that differ from all values of a property in their datatype or language."""

import re
from collections.abc import Iterable

from accsm_kg.rdf.hints.facts import NO_THINGS, Asking, Facts, answer
from accsm_kg.rdf.hints.kin import NAMES
from accsm_kg.rdf.hints.names import printable
from accsm_kg.rdf.patterns import LANGUAGE_STRING, XSD, Node, Pattern, compared

_INTEGER, _DECIMAL = re.compile(r"[+-]?\d+"), re.compile(r"[+-]?\d*\.\d+")
_MAX_ASKED = 20  # constants about which more is asked
_STRING = f"{XSD}string"


def find(facts: Facts, text: str, found: Iterable[Pattern]) -> Asking[list[str]]:
    """Return the hints about constants in patterns, and about strings compared with variables."""
    variables = {value.text: iri for _, iri, value in found if value.kind == "variable"}
    constants = [(iri, value, "") for _, iri, value in found if value.datatype]
    constants += [
        (variables[name], Node("string", string, _STRING), name)
        for name, string in compared(text)
        if name in variables
    ]
    hints: list[str] = []
    for iri, constant, variable in constants[:_MAX_ASKED]:
        datatypes = yield from answer(facts, "constants", these=[iri])
        if [datatype for _, datatype, _ in datatypes] == [""]:
            hints += yield from _name(facts, iri, constant)
        elif len(datatypes) == 1 and datatypes[0][1] != constant.datatype:
            _, datatype, language = datatypes[0]
            hints.append(_hint(facts, iri, constant, datatype, language, variable))
    return list(filter(None, hints))


def _hint(
    facts: Facts, iri: str, constant: Node, datatype: str, language: str, variable: str
) -> str:
    """Return the hint about a constant where all values of ``iri`` have another datatype."""
    if datatype == LANGUAGE_STRING:
        all_values = "have a language"
        write = f"{printable(constant.text)}@{language}" if constant.kind == "string" else ""
    else:
        all_values = f"are {'plain strings' if datatype == _STRING else facts.name(datatype)}"
        write = _written(facts, _lexical(constant), datatype)
    instead = f"write `{write}`" + (f", or use `STR(?{variable})`" if variable else "")
    return f"All values of {facts.name(iri)} {all_values}{f': {instead}' if write else ''}."


def _name(facts: Facts, iri: str, constant: Node) -> Asking[list[str]]:
    """Return the hint about a text where the values of ``iri`` are things with names."""
    had = [name for (name,) in (yield from answer(facts, "had", **NO_THINGS | {"of": [iri]}))]
    name = next((name for name in NAMES if name in had), None)
    if name is None or constant.datatype not in (_STRING, LANGUAGE_STRING):
        return []
    rows = yield from answer(facts, "constants", these=[name])
    language = rows[0][2] if len(rows) == 1 else ""
    written = f'"{printable(_lexical(constant))}"' + (f"@{language}" if language else "")
    path = f"{facts.name(iri)[1:-1]}/{facts.name(name)[1:-1]}"
    return [f"The values of {facts.name(iri)} are no texts: write `{path} {written}`."]


def _lexical(constant: Node) -> str:
    text = (
        constant.text.rpartition("@")[0] if constant.datatype == LANGUAGE_STRING else constant.text
    )
    if text[:1] not in ("'", '"'):
        return text
    marks = 3 if text[:3] in ("'''", '"""') else 1
    return text[marks:-marks]


def _written(facts: Facts, text: str, datatype: str) -> str:
    """Return a text as a literal of ``datatype``, empty if it cannot be one."""
    kind = datatype.removeprefix(XSD)
    if kind == "integer":
        return text if _INTEGER.fullmatch(text) else ""
    if kind == "decimal":
        return f"{text}.0" if _INTEGER.fullmatch(text) else _decimal(text)
    if kind == "boolean":
        return text if text in ("true", "false") else ""
    written = f'"{printable(text)}"'
    return written if kind == "string" else written + f"^^{facts.name(datatype)[1:-1]}"


def _decimal(text: str) -> str:
    return text if _DECIMAL.fullmatch(text) else ""
