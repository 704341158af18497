"""The answer to a question as a sentence, and in few words."""

import re
from collections.abc import Iterable, Iterator, Mapping

from accsm_kg.english import counted, listed
from accsm_kg.pictures import charts
from accsm_kg.pictures.views import Answer, Column, Graph, number, views, words
from accsm_kg.rdf.edtf import in_words
from accsm_server.pages.results import names, spelled
from accsm_server.pages.terms import plural

_WHICH = re.compile(r"^Which (.+)\?$")
#: Words of a question that cannot be denied by putting "No" before its subject.
_OTHERWISE = re.compile(
    r"\b(?:which|does|do|did|can|may|no|none|neither|nor|not|never|without|only|exactly)\b", re.I
)
#: A comment in a query that says how its answer is told in few words. `{column}` are the values of
#: a column, `{#column noun}` is their number with what they are.
_SHORT = re.compile(r"^# short: (.+)$", re.M)
_COLUMN = re.compile(r"\{(#?)(\w+)(?: (\w[\w ]*))?\}")
_MOST_COUNTED = 3  # kinds of things
_MOST_NAMED = 3  # things with the highest number
_UNSAID = "not stated"
_ASIDE = ("source", "class", "type", "link")


def sentence(
    question: str,
    answer: Answer | Graph | bool,
    values: Iterable[str] = (),
    labels: Mapping[str, str] | None = None,
) -> str:
    """Return the answer to ``question`` with ``values`` of its parameters as a sentence.

    ``labels`` are those of the IRIs in the answer.
    """
    if isinstance(answer, Answer) and not answer.rows:
        return _none(question, [value for value in values if value])
    found = in_short(answer, labels)
    return f"{found[:1].upper()}{found[1:].removesuffix('.')}." if found else ""


def in_short(answer: Answer | Graph | bool, labels: Mapping[str, str] | None = None) -> str:
    """Return an answer in few words, such as "6 projects"; empty for a graph."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    if isinstance(answer, Graph):
        return ""
    if not answer.rows:
        return "none"
    if told := _SHORT.search(answer.query):
        return _filled(told[1].strip(), answer)
    if len(answer.rows) == 1:
        return _only(answer, labels or {})
    return "; ".join([_things(answer), *_highest(answer)])


def _none(question: str, values: list[str]) -> str:
    """Return that there is none, in the words of the question if these can be denied.

    >>> _none("Which projects support this APSC action line?", ["A.2.2.v"])
    'No projects support this APSC action line (A.2.2.v).'
    >>> _none("Which projects cite no measure?", [])
    'There are none.'
    """
    found = _WHICH.match(question)
    chosen = f" ({listed(values)})" if values else ""
    if found is None:
        return f"The record has no answer to this question{chosen}."
    if _OTHERWISE.search(found[1]):
        return f"There are none{chosen}."
    return f"No {found[1]}{chosen}."


def _filled(told: str, answer: Answer) -> str:
    """Return words with the values of the columns that they name in braces, or their number."""
    values = {column.name: [*dict.fromkeys(_in_words(column))] for column in answer.columns}

    def fill(found: re.Match[str]) -> str:
        is_number, name, noun = found.groups()
        texts = values.get(name, [])
        if is_number:
            return _counted(len(texts), noun or spelled(words(name)))
        stated = [text for text in texts if text != _UNSAID]
        return listed(stated) if stated else _UNSAID

    return _COLUMN.sub(fill, told)


def _in_words(column: Column) -> Iterator[str]:
    """Yield the values of a column as they are told."""
    for text in filter(None, column.texts):
        yield in_words(text) if column.kind == "date" else text


def _only(answer: Answer, labels: Mapping[str, str]) -> str:
    """Return the names in the only row, or its first text."""
    naming = names(answer, labels)
    shown = [
        column.texts[0]
        for column in answer.columns
        if column.name in naming and naming[column.name].name not in _ASIDE
    ]
    texts = [column.texts[0] for column in answer.columns if column.kind != "iri"]
    return next(filter(None, [*shown, *texts]), "1 row")


def _things(answer: Answer) -> str:
    """Return the number of things of each kind, without those that others stand for."""
    kept: list[Column] = []
    for column in answer.of_kind("iri"):
        if _size(column) > 1 and not any(column.matches(one) for one in kept):
            kept.append(column)
    shown = [one for one in kept if one.name not in _ASIDE] or kept
    told = [_counted(_size(one), spelled(words(one.name))) for one in shown[:_MOST_COUNTED]]
    if told:
        return listed(told)
    first = answer.columns[0]
    is_name = first.is_full and first.count == len(answer.rows) and first.kind != "measure"
    return _counted(len(answer.rows), spelled(words(first.name)) if is_name else "row")


def _counted(count: int, noun: str) -> str:
    return counted(count, noun, f"{noun}es" if noun.endswith("s") else plural(noun))


def _size(column: Column) -> int:
    return len(set(column.texts) - {None})


def _highest(answer: Answer) -> Iterator[str]:
    """Yield what has the highest number, if the answer compares numbers by bars."""
    view = views(answer)[0]
    if view.name not in ("bar", "line") or len(view.values) > 1:
        return
    (measure,) = view.values
    marks = charts.marks_of(view)
    most = max(number(mark.values[0]) for mark in marks)
    first = [mark.name for mark in marks if number(mark.values[0]) == most]
    if len(first) <= _MOST_NAMED:
        named = [in_words(name) if view.by[0].kind == "date" else name for name in first]
        yield f"most {words(measure.name)}: {listed(named)} ({most:g})"
