"""Searching an index: names and codes first, words by rank, mended words, and anything typed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from accsm_kg import trace
from accsm_kg.errors import MissingModuleError
from accsm_kg.namespaces import BASE, term
from accsm_kg.query import look_up
from accsm_kg.questions import files
from accsm_kg.search import render
from accsm_kg.search.index import Index, connect, pieces, unmarked
from accsm_kg.search.things import read
from accsm_kg.search.words import Speller, phrases


@pytest.fixture(scope="module")
def index(known: Store) -> Index:
    return render.index(known)


def _iris(index: Index, text: str, kind: str = "", source: str = "") -> list[str]:
    return [
        hit.iri.removeprefix(f"{BASE}id/") for hit in index.hits(index.search(text, kind, source))
    ]


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("A.2.2.iv", "action-line/apsc-2025/A.2.2.iv"),
        ("apsc a.2.2.IV", "action-line/apsc-2025/A.2.2.iv"),
        ("33", "project/2016-2020/33"),
        (" project  33 ", "project/2016-2020/33"),
        ("project-2016-2020:33", "project/2016-2020/33"),
        ("KHM", "country/KHM"),
        ("kh", "country/KHM"),
        ("Thailand", "country/THA"),
        ("E.1", "kra/ascc-2025/E.1"),
        ("C", "priority-area/C"),
        ("apsc-2025", "blueprint/apsc-2025"),
        (f"{BASE}id/project/2016-2020/33", "project/2016-2020/33"),
    ],
)
def test_a_name_or_code_is_found_first_and_can_be_traced(
    index: Index, known: Store, key: str, path: str
) -> None:
    first = index.hits(index.search(key))[0]
    assert first.iri == f"{BASE}id/{path}"
    assert first.is_exact
    assert json.loads(trace.run(known, first.trace, "json"))["resource"] == first.iri


def test_every_key_to_trace_names_the_thing_that_has_it(index: Index, known: Store) -> None:
    kinds = ("action line", "strategic measure", "key result area", "thematic area", "blueprint")
    hits = [hit for kind in kinds for hit in index.hits(index.search("of", kind))]
    assert len(hits) > 10
    for hit in hits:
        assert json.loads(trace.run(known, hit.trace, "json"))["resource"] == hit.iri


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("recruitmnt", "recruitment"),
        ("anti corupton", "anti corruption"),
        ("Phillipines", "philippines"),
        ("leadrship", "leadership"),
        ("sustanable devlopment", "sustainable development"),
        ("e-goverment", "e-government"),
        ("decleration", "declaration"),
        ("Cambodja", "cambodia"),
    ],
)
def test_misspelt_words_are_mended_and_it_is_said(index: Index, typed: str, meant: str) -> None:
    found, right = index.search(typed), index.search(meant)
    assert sorted(found.ids) == sorted(right.ids)
    assert found.count > 0
    assert unmarked(found.note) == f"Nothing for {typed}. Showing {meant} ({found.count})."
    assert pieces(found.note)[1] == (typed, True)
    assert not right.note
    alone = index.search(typed, exactly=True)
    assert (alone.count, unmarked(alone.note)) == (0, f"Nothing for {typed}.")


def test_a_word_that_exists_is_not_mended(index: Index) -> None:
    assert index.search("recruitment").note == ""
    assert index.search("recruiting").ids == index.search("recruitment").ids
    assert unmarked(index.search("qqqqzzzz").note) == "Nothing for qqqqzzzz."


def test_the_last_word_may_be_unfinished_and_some_words_may_be_missing(index: Index) -> None:
    begun = index.search("service recruitm")
    assert set(begun.ids) & set(index.search("service recruitment").ids)
    assert unmarked(begun.note).endswith(f"Showing service recruitm… ({begun.count}).")
    some = index.search("gender qqqqzzzz")
    assert some.ids == index.search("gender").ids
    assert unmarked(some.note).startswith("Nothing has all words of gender qqqqzzzz. ")


def test_other_names_of_a_thing_are_searched_too(index: Index) -> None:
    found = _iris(index, "ARC")
    assert found[0] == "body/asean-resource-centres"
    assert {f"arc/{code}" for code in ("BRN", "KHM", "VNM")} < set(found)


@pytest.mark.parametrize("words", ["gender", "productivity", "e-government", "competency"])
def test_projects_are_found_that_the_stored_question_finds(
    index: Index, known: Store, words: str
) -> None:
    text = files.resolve(known, "projects-mentioning-words", [f"words={words}"])
    asked = {solution["project"].value.removeprefix(f"{BASE}id/") for solution in known.query(text)}  # type: ignore[union-attr]
    assert asked
    assert asked <= set(_iris(index, words, "project"))


@pytest.mark.parametrize("words", ["budget", "resource centre", "terms of reference", "chair"])
def test_terms_of_the_ontology_come_after_what_the_record_tells(index: Index, words: str) -> None:
    named = [hit for hit in index.hits(index.search(words)) if not hit.is_exact]
    terms = [hit.kind == "term" for hit in named]
    assert terms == sorted(terms) and any(terms) and not all(terms)


def test_words_in_clauses_statements_definitions_and_questions_are_found_and_marked(
    index: Index,
) -> None:
    for words, kind in (
        ("gender equality", "document part"),
        ("young professionals", "reported statement"),
        ("best practices", "action line"),
        ("completed activity", "question"),
        ("policy target", "term"),
    ):
        hits = index.hits(index.search(words, kind))
        assert hits, words
        for hit in hits:
            marked = {
                piece.lower()
                for text in (hit.label, hit.text)
                for piece, is_marked in pieces(text)
                if is_marked
            }
            assert any(part.startswith(words.split()[0][:4]) for part in marked), (words, hit)


def test_evidence_and_links_are_hidden(index: Index) -> None:
    hidden = {
        "evidence",
        "support link",
        "measure support",
        "also support",
        "occurrence",
        "label attribution",
    }
    assert hidden.isdisjoint(index.kinds)
    named = set(_iris(index, "project"))
    assert not [iri for iri in named if "/support/" in iri or iri.startswith("evidence/")]
    assert len(named) > 50


@pytest.mark.parametrize("words", ["asean", "leadership", "33"])
def test_the_counts_are_those_of_the_chosen_kind_and_source(index: Index, words: str) -> None:
    found = index.search(words)
    assert sum(found.kinds.values()) == found.count == len(found.ids)
    for kind, count in found.kinds.items():
        assert len(index.search(words, kind).ids) == count
    for source, count in found.sources.items():
        chosen = index.search(words, source=source)
        assert len(chosen.ids) == count
        assert sum(chosen.kinds.values()) == count
        assert chosen.sources == found.sources
        assert all(source in hit.graphs for hit in index.hits(chosen))


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("th", "country/THA"),
        ("A.2.2.i", "action-line/apsc-2025/A.2.2.i"),
        ("33", "project/2016-2020/33"),
        ("ascc blue", "blueprint/ascc-2025"),
        ("leadrsh", None),
        ("recruitmnt", None),
        ("", None),
        ("?!", None),
    ],
)
def test_suggestions_are_few_and_begin_with_the_name_that_was_begun(
    index: Index, typed: str, first: str | None
) -> None:
    found = index.suggest(typed)
    assert len(found) <= 8
    if first:
        assert found[0].iri == f"{BASE}id/{first}"
    assert bool(found) == bool(typed.strip("?!")), typed


def test_what_is_near_to_a_key_can_be_traced_first(index: Index) -> None:
    assert [hit.trace for hit in index.nearest("gender")][:2] == ["29", ""]
    assert index.nearest("A.2.2.v")[0].code == "A.2.2.vi"


_OPERATORS = st.sampled_from(
    ['"', "'", "*", "^", "(", ")", "{", "}", ":", "-", "+", "NEAR(", " AND ", " OR ", " NOT ", "\0",
     "\ud800", "\udfff", "label:", "%", "_", ";--", "\x02", "\x03", "\u200b", "\u0301",
     "กำลัง", "公务员", "\U0010ffff", "33", "A.2", "gender"]
)  # fmt: skip


@settings(deadline=None)
@given(
    st.one_of(
        st.text(),
        st.lists(_OPERATORS | st.characters(exclude_categories=()), max_size=30).map("".join),
    )
)
def test_anything_typed_has_an_answer(index: Index, typed: str) -> None:
    found = index.search(typed)
    hits = index.hits(found, 0, 20)
    assert len(hits) == min(20, len(found.ids))
    assert bool(found.note) or found.count > 0 or not found.words
    for hit in (*hits, *index.suggest(typed)):
        marks = [is_marked for _, is_marked in pieces(hit.label)]
        assert marks == [place % 2 == 1 for place in range(len(marks))]


@pytest.mark.parametrize(
    "typed", ["x" * 10_000, "x " * 5_000, '"' * 10_000, "gender " * 2_000, "(" * 10_000]
)
def test_a_long_text_has_an_answer(index: Index, typed: str) -> None:
    assert len(index.search(typed).words) <= 1000
    assert len(index.suggest(typed)) <= 8


@pytest.mark.parametrize("typed", ["", " ", "\0", "?!", "...", '"" ""', "\ud800", "——", "\u200b"])
def test_a_text_without_words_finds_nothing(index: Index, typed: str) -> None:
    assert index.search(typed).count == 0
    assert index.suggest(typed) == []


def _other(*labels: tuple[str, str]) -> Index:
    """Return the index of a dataset that has labels only."""
    store = Store()
    for number, (text, language) in enumerate(labels):
        subject = NamedNode(f"http://example.org/things#{number}")
        value = Literal(text, language=language or None)
        store.add(Quad(subject, term("rdfs:label"), value, DefaultGraph()))
    return Index.make(look_up(store, read()))


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("การพัฒนาข้าราชการพลเรือน", "ข้าราชการ"),
        ("ការ​អភិវឌ្ឍ​មន្ត្រីរាជការ", "មន្ត្រី"),
        ("公务员制度改革", "制度"),
        ("公務員制度", "公務員"),
        ("ປະເທດລາວ", "ລາວ"),
        ("နိုင်ငံ့ဝန်ထမ်း", "ဝန်ထမ်း"),
        ("한국 공무원", "공무원"),
        ("الخدمة المدنية", "المدنية"),
        ("सिविल सेवा सुधार", "सेवा"),
        ("Việt Nam", "viet"),
        ("ΔΗΜΟΣΙΑ ΔΙΟΙΚΗΣΗ", "δημοσια"),
        ("Государственная служба", "служба"),
    ],
)
def test_words_of_any_script_are_found_in_labels_without_a_class(label: str, words: str) -> None:
    index = _other((label, "x-any"), ("another thing", ""))
    (hit,) = index.hits(index.search(words))
    assert (unmarked(hit.label), hit.kind, hit.trace) == (label.replace("\u200b", " "), "thing", "")
    assert any(is_marked for _, is_marked in pieces(hit.label))


def test_a_dataset_of_labels_has_keys_suggestions_and_mended_words() -> None:
    index = _other(("Alice Example", "en"), ("Bob \x02Example\x03", ""), ("<b>Carol</b> & co", ""))
    assert [hit.iri for hit in index.hits(index.search("1"))] == ["http://example.org/things#1"]
    assert {unmarked(hit.label) for hit in index.hits(index.search("exampel"))} == {
        "Alice Example",
        "Bob Example",
    }
    assert [unmarked(hit.label) for hit in index.suggest("car")] == ["<b>Carol</b> & co"]
    assert index.search("alice").kinds == {"thing": 1}


def test_an_empty_dataset_finds_nothing() -> None:
    index = _other()
    assert index.search("gender").count == 0
    assert index.suggest("g") == []


def test_first_letters_that_many_names_have_are_not_counted_to_the_end() -> None:
    index = _other(*((f"aa{number} thing", "") for number in range(1500)))
    found = index.search("a")
    assert (found.count, found.is_cut) == (1000, True)
    assert not index.search("thing").is_cut
    assert len(index.suggest("a")) == 8


def test_a_sqlite_without_a_module_is_told_in_a_sentence() -> None:
    with pytest.raises(MissingModuleError, match=r"no such module: fts99.*has FTS5"):
        connect("CREATE VIRTUAL TABLE t USING fts99(text)")


@pytest.mark.parametrize(
    ("british", "american"), [("organisation", "organization"), ("Programmes", "programs")]
)
def test_british_and_american_spellings_find_both(
    index: Index, british: str, american: str
) -> None:
    found = {index.search(word).count for word in (british, american)}
    assert len(found) == 1
    for word, other in ((british, american), (american, british)):
        alone = index.search(word, exactly=True)
        assert alone.note == "" or not alone.count
        if index.search(other, exactly=True).count:
            note = unmarked(index.search(word).note)
            assert note == f"Showing also {other.casefold()} ({found.copy().pop()})."


def test_a_long_text_costs_no_more_than_some_words() -> None:
    asked: list[str] = []

    def is_known(word: str) -> bool:
        asked.append(word)
        return False

    Speller(["recruitment"], is_known).mend("recruitmnt " * 500)
    assert len(asked) == 16
    assert phrases("a b a " * 500) == ['"a"', '"b"']
