"""The things that can be traced, and the keys that name them."""

import pytest
from pyoxigraph import Store

from accsm_kg.namespaces import BASE
from accsm_kg.query import look_up
from accsm_kg.trace.index import AmbiguousKeyError, Index, Thing, UnknownKeyError, index


@pytest.fixture(scope="module")
def known_index(known: Store) -> Index:
    return look_up(known, index())


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (("A.2.2.iv", " a.2.2.IV ", "APSC A.2.2.iv", "action-line-apsc-2025:A.2.2.iv"), "A.2.2.iv"),
        (("33", "2016-2020/33", "project 33", "project-2016-2020:33"), "33"),
        (("THA", "th", "Thailand", "country/THA", f"{BASE}id/country/THA"), "THA"),
        (("C", "priority area C", "priority-area:C"), "priority-area/C"),
        (("thematic-area/5", "Public sector reform"), "thematic-area/5"),
        (("arc/THA", "ASEAN Resource Centre of Thailand", "arc:THA"), "arc/THA"),
        (("apsc-2025", "APSC Blueprint 2025"), "blueprint/apsc-2025"),
        (("E.2", "Towards a creative and innovative ASEAN"), "E.2"),
        (("A.2.2",), "A.2.2"),
    ],
)
def test_a_thing_has_one_key_and_other_names(
    known_index: Index, names: tuple[str, ...], key: str
) -> None:
    assert {known_index.find(name).key for name in names} == {key}


def test_every_thing_is_found_by_its_key_its_path_and_its_iri(known_index: Index) -> None:
    assert len(known_index.things) > 100
    for thing in known_index.things.values():
        for name in (thing.key, thing.path, thing.resource, f"<{thing.resource}>"):
            assert known_index.find(name) is thing


def test_a_key_that_two_things_have_names_neither(known: Store) -> None:
    doubled = Store()
    doubled.extend(known)
    doubled.update(
        """INSERT DATA { <https://w3id.org/accsm-kg/id/project/2021-2025/33>
        a <https://w3id.org/accsm-kg/ontology#Project> ;
        <https://w3id.org/accsm-kg/ontology#projectNumber> 33 ;
        <http://www.w3.org/2004/02/skos/core#prefLabel> "Another"@en . }"""
    )
    found = look_up(doubled, index())
    with pytest.raises(AmbiguousKeyError) as caught:
        found.find("33")
    keys = ["project/2016-2020/33", "project/2021-2025/33"]
    assert [thing.key for thing in caught.value.things] == keys
    assert [found.find(key).key for key in keys] == keys


def test_a_key_of_nothing_has_similar_things(known_index: Index) -> None:
    with pytest.raises(UnknownKeyError) as caught:
        known_index.find("Tailand")
    assert "THA" in [thing.key for thing in caught.value.near]
    with pytest.raises(
        UnknownKeyError, match="nothing that can be traced is called 'qqqq'; try the code"
    ):
        known_index.find("qqqq")


def test_things_have_a_question_and_what_is_above_them(known_index: Index) -> None:
    line = known_index.find("A.2.2.iv")
    assert line.question == "Who works on action line A.2.2.iv?"
    assert [thing.code for thing in known_index.above(line)] == ["A.2.2", "APSC Blueprint 2025"]
    assert (line.group, line.projects) == ("APSC Blueprint 2025", 6)
    codes = [thing.code for thing in known_index.siblings(known_index.find("9"))]
    assert codes == [str(number) for number in range(1, 42)]


def test_another_dataset_has_nothing_to_trace() -> None:
    empty = Store()
    found = look_up(empty, index())
    assert found.things == {}
    with pytest.raises(UnknownKeyError):
        found.find("33")


def _thing(path: str, parent: str = "") -> Thing:
    return Thing(path, path, "measure", path, path, path, "", "", "", "", parent, 0)


def test_things_that_are_above_each_other_have_an_end() -> None:
    things = {name: _thing(name, above) for name, above in (("a", "b"), ("b", "a"), ("c", "c"))}
    known = Index(BASE, things)
    assert [thing.key for thing in known.below(things["a"])] == ["a", "b"]
    assert [thing.key for thing in known.above(things["a"])] == ["b", "a"]
    assert known.below(things["c"]) == [things["c"]]


def test_of_two_keys_with_other_capitals_each_is_found_as_it_is_written() -> None:
    both = {name: _thing(name) for name in ("x/A", "x/a")}
    known = Index(BASE, both, {"x/a": both})
    assert [known.find(name).key for name in both] == list(both)
    with pytest.raises(AmbiguousKeyError):
        known.find("X/A")


def test_a_long_key_is_compared_with_many_names_at_once() -> None:
    things = {f"project/{number}": _thing(f"project/{number}") for number in range(50_000)}
    known = Index(BASE, things, {name: {name: thing} for name, thing in things.items()})
    with pytest.raises(UnknownKeyError) as caught:
        known.find("project/x" + "project of a name / " * 400)
    assert caught.value.near == []
