"""The index of the things of a dataset: SQLite's full-text search, in memory or in a file.

It keeps the stems of words, to find them, and the words as written, to complete and mend them.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple, Self

from accsm_kg.errors import MissingModuleError
from accsm_kg.namespaces import BASE
from accsm_kg.rdf.terms import local_name
from accsm_kg.search.things import Read, Thing, things
from accsm_kg.search.words import (
    Speller,
    clean,
    other_spelling,
    phrase,
    phrases,
    spaced,
    typed,
    unspaced,
)

_MOST = 10_000  # things that are ranked
_MOST_UNRANKED = 1000  # things found by the first letters of a word, which are too many to rank
_MOST_EXACT = 50  # things of one name
_MOST_ALIKE = 3  # things of one name whose other names are sought as well
_MOST_SYNONYMS = 8
_MOST_SUGGESTED = 8
_MOST_NEAR = 4
_MOST_WORDS = 200_000  # words that are mended
_TEXT = 4000  # characters of the texts of one thing
_START, _END, _MARK = "\x02", "\x03", re.compile("[\x02\x03]")
_DOT = " · "
_LAST = "\U0010ffff"
_NONE: Mapping[str, str] = {}

_SCHEMA = """
CREATE TABLE thing (
  id INTEGER PRIMARY KEY, iri TEXT, kind TEXT, trace TEXT, graphs TEXT,
  label TEXT, names TEXT, codes TEXT, text TEXT
);
CREATE TABLE name (name TEXT, id INTEGER, PRIMARY KEY (name, id)) WITHOUT ROWID;
CREATE VIRTUAL TABLE stems USING fts5(
  label, names, codes, text, content=thing, content_rowid=id,
  tokenize='porter unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE words USING fts5(
  label, names, codes, text, content=thing, content_rowid=id, prefix='1 2 3',
  tokenize='unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, row);
"""
_FILL = "INSERT INTO stems(stems) VALUES ('rebuild'); INSERT INTO words(words) VALUES ('rebuild');"
_NAMED = """
SELECT thing.id, kind, graphs FROM name JOIN thing USING (id)
WHERE name = ? ORDER BY thing.id LIMIT ?
"""
#: A match in the label, another name or a code weighs eight times as much as one in a text; terms
#: of the ontology come after what the record tells.
_RANKED = """
SELECT thing.id, kind, graphs FROM stems JOIN thing ON thing.id = stems.rowid
WHERE stems MATCH ? ORDER BY kind = 'term', bm25(stems, 8, 8, 8, 1), thing.id LIMIT ?
"""
_UNRANKED = """
SELECT id, kind, graphs FROM thing
WHERE id IN (SELECT rowid FROM words WHERE words MATCH ? LIMIT ?) ORDER BY length(label), id
"""
_BEGINNING = """
SELECT id, min(length(name)) AS length
FROM (SELECT name, id FROM name WHERE name >= ? AND name < ? LIMIT ?)
GROUP BY id ORDER BY length, id LIMIT ?
"""
_MARKED = """
SELECT thing.id, highlight({table}, 0, ?1, ?2), snippet({table}, 3, ?1, ?2, '…', 48),
  snippet({table}, 1, ?1, ?2, '…', 48)
FROM {table} JOIN thing ON thing.id = {table}.rowid
WHERE {table} MATCH ?3 AND {table}.rowid IN ({ids})
"""
_PLAIN = """
SELECT id, iri, kind, trace, graphs, label, codes, substr(text, 1, 300) FROM thing
WHERE id IN ({ids})
"""


@dataclass(frozen=True)
class Hit:
    """A thing that was found; in its label and text, what was sought is marked: see `pieces`."""

    iri: str
    kind: str
    code: str
    label: str
    text: str
    graphs: tuple[str, ...]
    """The named graphs that state its names."""
    trace: str
    """The key by which it can be traced, if it can be."""
    is_exact: bool = False
    """Whether what was sought is its name or code."""


class Step(NamedTuple):
    """A way to search: the expression of FTS5, its table, and a sentence if it is not the first."""

    match: str
    table: str = "stems"
    sentence: str = ""


#: The id, kind and graphs of things.
_Rows = list[tuple[Any, ...]]
#: What was tried, the things of that name, and the things with these words.
_Attempt = tuple[Step, _Rows, _Rows]


@dataclass(frozen=True)
class Found:
    """What was found for ``words``; ``exact`` are the ids of the things that are called so."""

    words: str
    step: Step
    exact: frozenset[int]
    count: int
    """The number of things of all kinds and sources."""
    ids: Sequence[int] = ()
    """The things of the chosen kind and source."""
    kinds: Mapping[str, int] = field(default_factory=dict)
    """The number of things of each kind, from the chosen source; the greatest first."""
    sources: Mapping[str, int] = field(default_factory=dict)
    """The number of things of each source, of the chosen kind; the greatest first."""

    @property
    def is_cut(self) -> bool:
        """Return whether there may be more things than were counted."""
        return self.count >= (_MOST if self.step.table == "stems" else _MOST_UNRANKED)

    @property
    def is_other(self) -> bool:
        """Return whether what was found has other words than those that were sought."""
        return bool(self.count and self.step.sentence)

    @property
    def note(self) -> str:
        """Return what people must know: that nothing was found, or what is shown in its place.

        The words that were sought and those that are shown are marked.
        """
        if self.count:
            return self.step.sentence and f"{self.step.sentence} ({self.count})."
        return self.words and f"Nothing for {_mark(self.words)}."


def pieces(text: str) -> list[tuple[str, bool]]:
    """Return the pieces of a text with marks, each with whether it is marked.

    >>> pieces("a \\x02b\\x03")
    [('a ', False), ('b', True), ('', False)]
    """
    return [(piece, place % 2 == 1) for place, piece in enumerate(_MARK.split(text))]


def unmarked(text: str) -> str:
    """Return ``text`` without marks."""
    return _MARK.sub("", text)


def connect(schema: str, path: Path | str = ":memory:") -> sqlite3.Connection:
    """Return a new database with the tables of ``schema``; raises MissingModuleError."""
    made = sqlite3.connect(path, check_same_thread=False)
    try:
        made.executescript(schema)
    except sqlite3.OperationalError as error:
        if "no such module" not in str(error):
            raise
        raise MissingModuleError(
            f"The search needs a module that SQLite {sqlite3.sqlite_version} of this Python lacks"
            f" ({error}); use a Python whose SQLite has FTS5. All else works."
        ) from None
    return made


class Index:
    """An index that several threads may use; it is made once and not changed."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Use `make` or `open` instead."""
        self._lock = Lock()
        self._db = database
        query = "SELECT term FROM vocabulary ORDER BY doc DESC, term LIMIT ?"
        words = [term for (term,) in self._db.execute(query, (_MOST_WORDS,))]
        self._speller = Speller(words, self._is_known)

    @classmethod
    def make(cls, rows: Read, base: str = BASE, path: Path | str = ":memory:") -> Self:
        """Index what the queries have found in a dataset with ``base``, in memory or in a new file.

        Raises MissingModuleError if SQLite has no full-text search.
        """
        found = things(rows)
        database = connect(_SCHEMA, path)
        with database:
            database.executemany(
                "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", _things(found, base)
            )
            database.executemany("INSERT OR IGNORE INTO name VALUES (?, ?)", _names(found, base))
            database.executescript(_FILL)
        return cls(database)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the index in a file, which is not changed."""
        address = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
        return cls(sqlite3.connect(address, uri=True, check_same_thread=False))

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @property
    def kinds(self) -> list[str]:
        """Return the kinds of things, sorted."""
        with self._lock:
            found = self._db.execute("SELECT DISTINCT kind FROM thing ORDER BY kind")
            return [kind for (kind,) in found]

    def search(
        self, text: str, kind: str = "", source: str = "", *, exactly: bool = False
    ) -> Found:
        """Return what is found for ``text``: things of that name or code first, then by rank.

        If nothing has all words, the last may be the beginning of a word, then misspelt words are
        mended, then some of the words suffice; not so if ``exactly``. ``kind`` and ``source``, the
        IRI of a graph, choose among what is found.
        """
        words = typed(text)
        with self._lock:
            for attempt in self._attempts(words, exactly):
                step, named, found = attempt
                if named or found:
                    break
        rows = {row[0]: row for row in (*named, *found)}
        exact = frozenset(row[0] for row in named)
        return _chosen(Found(words, step, exact, len(rows)), list(rows.values()), kind, source)

    def hits(self, found: Found, start: int = 0, stop: int | None = None) -> list[Hit]:
        """Return a part of what was found, with the words marked."""
        ids = found.ids[start:stop]
        with self._lock:
            marked = self._marked(found.step, ids)
            return [
                _hit(row, marked.get(row[0]), row[0] in found.exact) for row in self._plain(ids)
            ]

    def nearest(self, text: str) -> list[Hit]:
        """Return some of what is found for ``text``, things that can be traced first."""
        hits = self.hits(self.search(text), 0, _MOST_EXACT)
        return sorted(hits, key=lambda hit: not hit.trace)[:_MOST_NEAR]

    def suggest(self, text: str) -> list[Hit]:
        """Return the things that are probably meant by the beginning of a name, at most eight."""
        words = typed(text)
        if not words:
            return []
        with self._lock:
            ids = self._suggested(words) or self._suggested(self._speller.mend(words))
            return [_hit(row) for row in self._plain(ids)]

    def _attempts(self, words: str, exactly: bool) -> Iterator[_Attempt]:
        others = {} if exactly else self._other_spellings(words)
        also = f"Showing also {_mark(', '.join(others.values()))}" if others else ""
        yield self._attempt(words, also, others)
        sought = phrases(words)
        if not sought or exactly:
            return
        nothing = f"Nothing for {_mark(words)}. Showing"
        begun = f"{nothing} {_mark(words + '…')}"
        yield self._by_words(Step(f"{' AND '.join(sought)} *", "words", begun))
        mended = self._speller.mend(words)
        if mended != words:
            yield self._attempt(mended, f"{nothing} {_mark(mended)}")
        if len(sought) > 1:
            some = f"Nothing has all words of {_mark(words)}. Showing what has some"
            yield self._by_words(Step(" OR ".join(phrases(mended)), sentence=some))

    def _other_spellings(self, words: str) -> dict[str, str]:
        """Return by word its other spelling, if the dataset has it."""
        spelled = ((word, other_spelling(word)) for word in words.split(" "))
        return {word: other for word, other in spelled if other and self._is_known(other)}

    def _attempt(
        self, words: str, sentence: str = "", others: Mapping[str, str] = _NONE
    ) -> _Attempt:
        """Return the things of the name ``words``, and those with all words or another name.

        A word may also be its spelling in ``others``.
        """
        named = self._db.execute(_NAMED, (words.casefold(), _MOST_EXACT)).fetchall()
        spelled = {phrase(word): phrase(other) for word, other in others.items()}
        every = " AND ".join(
            f"({one} OR {spelled[one]})" if one in spelled else one for one in phrases(words)
        )
        synonyms = map(phrase, self._synonyms([row[0] for row in named]))
        step = Step(" OR ".join((f"({every})", *synonyms)) if every else "", sentence=sentence)
        return step, named, self._run(step)

    def _by_words(self, step: Step) -> _Attempt:
        return step, [], self._run(step)

    def _run(self, step: Step) -> _Rows:
        if not step.match:
            return []
        query, most = (_RANKED, _MOST) if step.table == "stems" else (_UNRANKED, _MOST_UNRANKED)
        return self._db.execute(query, (step.match, most)).fetchall()

    def _synonyms(self, named: Sequence[int]) -> list[str]:
        """Return the names of the things that have the name that was sought."""
        if len(named) > _MOST_ALIKE:
            return []
        query = f"SELECT label || '{_DOT}' || names FROM thing WHERE id IN ({_listed(named)})"
        names = [name for (row,) in self._db.execute(query) for name in row.split(_DOT)]
        return [name for name in names if any(map(str.isalnum, name))][:_MOST_SYNONYMS]

    def _suggested(self, words: str) -> list[int]:
        name, sought = words.casefold(), phrases(words)
        exact = self._db.execute(_NAMED, (name, _MOST_SUGGESTED)).fetchall()
        values = (name, name + _LAST, _MOST_UNRANKED, _MOST_SUGGESTED)
        begin = self._db.execute(_BEGINNING, values).fetchall()
        inside = []
        if sought:
            inside = self._run(Step(f"{{label names codes}} : ({' AND '.join(sought)} *)", "words"))
        return list(dict.fromkeys(row[0] for row in (*exact, *begin, *inside)))[:_MOST_SUGGESTED]

    def _is_known(self, word: str) -> bool:
        query = "SELECT 1 FROM stems WHERE stems MATCH ? LIMIT 1"
        return self._db.execute(query, (phrase(word),)).fetchone() is not None

    def _marked(self, step: Step, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Return the label and the passage with marks, by id."""
        if not step.match:
            return {}
        query = _MARKED.format(table=step.table, ids=_listed(ids))
        found = self._db.execute(query, (_START, _END, step.match))
        return {
            number: (label, names if _START in names and _START not in label + text else text)
            for number, label, text, names in found
        }

    def _plain(self, ids: Sequence[int]) -> list[tuple[Any, ...]]:
        """Return the rows of `_PLAIN` in the order of ``ids``."""
        rows = {row[0]: row for row in self._db.execute(_PLAIN.format(ids=_listed(ids)))}
        return [rows[number] for number in ids]


def _chosen(found: Found, rows: Sequence[tuple[Any, ...]], kind: str, source: str) -> Found:
    """Return ``found`` with the ids and the counts of the rows of ``kind`` and ``source``."""
    of_kind = [row for row in rows if kind in ("", row[1])]
    of_source = [row for row in rows if not source or source in row[2].split()]
    kinds = Counter(row[1] for row in of_source)
    sources = Counter(graph for row in of_kind for graph in row[2].split())
    chosen = set(of_source)
    return replace(
        found,
        ids=[row[0] for row in of_kind if row in chosen],
        kinds=dict(kinds.most_common()),
        sources=dict(sources.most_common()),
    )


def _hit(
    row: tuple[Any, ...], marked: tuple[str, str] | None = None, is_exact: bool = False
) -> Hit:
    _, iri, kind, trace, graphs, label, codes, text = row
    code, _, _ = codes.partition(_DOT)
    label, text = map(unspaced, marked or (label, text))
    return Hit(iri, kind, code, label, text, tuple(graphs.split()), trace, is_exact)


def _things(found: Iterable[Thing], base: str) -> Iterator[tuple[object, ...]]:
    """Yield the rows of the table of things."""
    traced = Counter(code for one in found if one.kind.is_traced for code in one.codes)
    for number, one in enumerate(found):
        code = next(iter(one.codes), "")
        key = code if traced[code] == 1 else _path(one.iri, base)
        yield (
            number,
            one.iri,
            one.kind.label,
            key if one.kind.is_traced else "",
            " ".join(one.graphs),
            spaced(clean(one.label)),
            spaced(clean(_DOT.join(name for name in one.names if name != one.label))),
            spaced(clean(_DOT.join(one.codes))),
            spaced(clean(_DOT.join(one.texts))[:_TEXT]),
        )


def _names(found: Iterable[Thing], base: str) -> Iterator[tuple[str, int]]:
    """Yield the names of things, as they are compared: all that is typed to mean one of them."""
    for number, one in enumerate(found):
        path = _path(one.iri, base)
        folder, _, last = path.rpartition("/")
        pasted = f"{folder.replace('/', '-')}:{last}"
        tails = (
            _tails(path) if one.kind.is_traced else (local_name(path),) if path == one.iri else ()
        )
        coded = (f"{one.kind.label} {code}" for code in one.codes)
        for name in (one.iri, path, pasted, *tails, one.label, *one.names, *one.codes, *coded):
            if name := clean(name).casefold():
                yield name, number


def _tails(path: str) -> Iterator[str]:
    """Yield the ends of a path, such as 2016-2020/33 and 33."""
    parts = path.split("/")
    return ("/".join(parts[start:]) for start in range(1, len(parts)))


def _mark(text: str) -> str:
    return f"{_START}{text}{_END}"


def _path(iri: str, base: str) -> str:
    """Return the path of a thing, an IRI of other things."""
    return iri.removeprefix(base).removeprefix("id/")


def _listed(ids: Iterable[int]) -> str:
    return ",".join(map(str, ids))
