"""Hints about literals that differ from all values of a property in their datatype or language."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from accsm_kg.rdf.hints.advice import naming
from accsm_kg.rdf.hints.facts import NO_THINGS, Asking, Facts, answer
from accsm_kg.rdf.hints.kin import NAMES
from accsm_kg.rdf.hints.names import printable
from accsm_kg.rdf.patterns import Node, Pattern, compared
from accsm_kg.rdf.terms import LANGUAGE_STRING, XSD

_INTEGER, _DECIMAL = re.compile(r"[+-]?\d+"), re.compile(r"[+-]?\d*\.\d+")
_MAX_HINTS = 3  # of a query, as similar names take time to find
_MAX_ASKED = 20  # constants about which more is asked
_MAX_LENGTH = 80  # characters of a text that is compared with others
_MAX_NAMES = 20_000  # the LIMIT of queries/texts.rq
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
        if len(hints) >= _MAX_HINTS:
            break
        if iri in NAMES and (hint := (yield from _misnamed(facts, iri, constant))):
            hints.append(hint)
            continue
        datatypes = yield from answer(facts, "constants", these=[iri])
        if [datatype for _, datatype, _ in datatypes] == [""]:
            hints += yield from _name(facts, iri, constant)
        elif len(datatypes) == 1 and datatypes[0][1] != constant.datatype:
            _, datatype, language = datatypes[0]
            hints.append(_hint(facts, iri, constant, datatype, language, variable))
    return list(filter(None, hints))


def _misnamed(facts: Facts, iri: str, constant: Node) -> Asking[str]:
    """Return the hint about a name that nothing has, with one that something has, else empty."""
    rows = yield from answer(facts, "texts", these=NAMES)
    text, language = _lexical(constant), constant.text.rpartition("@")[2]
    own = {name: tag for property, name, tag in rows if property == iri}
    known = 0 < len(rows) < _MAX_NAMES
    if not known or constant.datatype not in (_STRING, LANGUAGE_STRING):
        return ""
    if text in own and (constant.datatype == _STRING or language == own[text]):
        return ""
    nothing = f"Nothing has `{printable(constant.text)}` as {facts.name(iri)}"
    for property, name, tag in sorted(rows, key=lambda row: row[0] != iri):
        if name == text:
            return f"{nothing}; write `{facts.name(property)[1:-1]} {_quoted(name, tag)}`."
    folded = {name.casefold(): name for name in own}
    near = folded.get(text.casefold()) or next(
        iter(get_close_matches(text[:_MAX_LENGTH], own, n=1, cutoff=0.8)), None
    )
    return f"{nothing}; did you mean `{_quoted(near, own[near])}`?" if near else f"{nothing}."


def _quoted(text: str, language: str) -> str:
    return f'"{printable(text)}"' + (f"@{language}" if language else "")


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
    name = yield from naming(facts, NO_THINGS | {"of": [iri]})
    if not name or constant.datatype not in (_STRING, LANGUAGE_STRING):
        return []
    rows = yield from answer(facts, "constants", these=[name])
    language = rows[0][2] if len(rows) == 1 else ""
    written = _quoted(_lexical(constant), language)
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
