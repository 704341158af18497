"""Datasets with the same statements are equal in any order, format and blank node labels."""

import gzip
import json
import random
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from diff.edits import Edited

from accsm_kg.diff import render
from accsm_kg.namespaces import BASE

ACCSM = f"{BASE}ontology#"


def rows(old: Path, new: Path, **wanted: str) -> list[dict[str, str]]:
    found = json.loads(render.run(old, new, "json")[0])["rows"]
    return [row for row in found if wanted.items() <= row.items()]


def test_a_dataset_is_equal_to_itself(dataset_path: Path) -> None:
    assert render.run(dataset_path, dataset_path) == ("No changes in the data.\n", 0)
    assert render.run(dataset_path, dataset_path, "csv") == ("", 0)


def test_order_and_blank_node_labels_are_ignored(part: Path, tmp_path: Path) -> None:
    text = part.read_text(encoding="utf-8")
    assert "_:c14n1 " in text
    lines = re.sub(r"_:c14n(\d+)", r"_:other\1", text).splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    path = tmp_path / "shuffled.nq"
    path.write_text("".join(lines), encoding="utf-8")
    assert render.run(part, path) == ("No changes in the data.\n", 0)


def test_the_trig_file_of_a_build_equals_its_nquads_file(dataset_path: Path) -> None:
    assert render.run(dataset_path, dataset_path.with_suffix(".trig"))[1] == 0


def test_a_packed_dataset_is_the_same_and_so_under_another_base(part: Path, tmp_path: Path) -> None:
    text = part.read_text(encoding="utf-8")
    for name, content in (("same", text), ("other", text.replace(BASE, "https://kg.example.org/"))):
        path = tmp_path / f"{name}.nq.gz"
        path.write_bytes(gzip.compress(content.encode(), 1))
        assert render.run(part, path)[1] == 0


@pytest.mark.parametrize("base", ["http://127.0.0.1:8000/", "https://kg.example.org/a/"])
def test_another_base_is_no_change_and_is_mentioned(part: Path, tmp_path: Path, base: str) -> None:
    text = part.read_text(encoding="utf-8").replace(BASE, base)
    path = tmp_path / "other.nq"
    path.write_text(text.replace(quote(BASE, safe=""), quote(base, safe="")), encoding="utf-8")
    text = f"IRIs under {base} are compared as if under {BASE}.\n\nNo changes in the data.\n"
    assert render.run(part, path) == (text, 0)
    assert f"IRIs under {BASE} are compared as if under {base}." in render.run(path, part)[0]


def test_a_member_added_to_a_list_is_one_change(part: Path, edited: Edited) -> None:
    rest, first, members = (
        "<http://www.w3.org/1999/02/22-rdf-syntax-ns#rest>",
        "<http://www.w3.org/1999/02/22-rdf-syntax-ns#first>",
        "<http://www.w3.org/2002/07/owl#members>",
    )
    text = part.read_text(encoding="utf-8")
    head = re.search(rf"(_:c14n\d+) {members} (_:c14n\d+) (<\S+> \.)\n", text)
    assert head
    node, start, graph = head.groups()
    added = (
        f"{node} {members} _:new {graph}\n"
        f"_:new {first} <{ACCSM}Invented> {graph}\n_:new {rest} {start} {graph}\n"
    )
    new = edited((head[0], added))
    (row,) = rows(part, new)
    assert row["resource"] == "http://www.w3.org/2002/07/owl#AllDisjointClasses"
    assert row["new"] == row["old"].replace("(", "(accsm:Invented ")
    assert "(accsm:Invented accsm:" in render.run(part, new)[0]


def test_cycles_of_blank_nodes_are_compared(tmp_path: Path) -> None:
    old, new = tmp_path / "old.ttl", tmp_path / "new.ttl"
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    ring = f"<x:a> <x:p> _:l . _:l <{rdf}first> 3 ; <{rdf}rest> _:l ."
    old.write_text(f"<x:a> <x:p> _:b . _:b <x:q> _:b , 1 . {ring}", encoding="utf-8")
    new.write_text(f"<x:a> <x:p> _:b . _:b <x:q> _:b , 2 . {ring}", encoding="utf-8")
    assert render.run(old, old)[1] == 0
    assert render.run(old, new)[1] == 1
