"""A static copy: its files, its links, and the datasets and folders that are refused."""

import json
import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from accsm_server.command import export as command
from accsm_server.export import write
from accsm_server.http.security_headers import PAGE_POLICY
from accsm_server.pages.question import _MOST_COMBINATIONS
from export.checking import absolute, broken, pages, serving
from pyoxigraph import NamedNode, RdfFormat, Store, parse
from typer import Typer
from typer.testing import CliRunner

from accsm_kg.namespaces import BASE, CONVENTIONS
from accsm_kg.rdf.dataset import load

URL = "https://kg.example.org/kg/"


def export(folder: Path, dataset: Path, url: str = URL) -> write.Made:
    return write.export(folder, dataset, "", url, lambda what, share, lines: None)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return dataset(tmp_path, "a", "b")


def dataset(folder: Path, *names: str) -> Path:
    """Return a dataset of things with these names below id/."""
    path = folder / "small.nt"
    lines = (f"<{BASE}id/{name}> <http://www.w3.org/2000/01/rdf-schema#label> \"x\" .\n"
             for name in names)  # fmt: skip
    path.write_text("".join(lines), encoding="utf-8")
    return path


def test_every_link_and_fragment_leads_somewhere_in_a_subfolder(copy_path: Path) -> None:
    with serving(copy_path.parent) as url:
        assert broken(copy_path, f"{url}{copy_path.name}/") == {}


def test_pages_have_relative_links_load_nothing_from_elsewhere_and_state_the_policy(
    copy_path: Path,
) -> None:
    policy = f'<meta http-equiv="Content-Security-Policy" content="{PAGE_POLICY}">'
    count = 0
    for path, page in pages(copy_path):
        text = (copy_path / path).read_text(encoding="utf-8").replace("&#39;", "'")
        assert absolute(text) == [], path
        assert [one for one in page.loaded if ":" in one] == [], path
        assert 0 < text.find(policy) < text.find("<link"), path
        count += 1
    assert count > 2000


def test_every_thing_has_a_page_and_files_in_turtle_and_json_ld(
    copy_path: Path, known: Store
) -> None:
    named = {quad.subject.value for quad in known if isinstance(quad.subject, NamedNode)}
    things = {iri.removeprefix(BASE) for iri in named if iri.startswith(f"{BASE}id/")}
    assert len(things) > 2000
    for ending in ("/index.html", ".ttl", ".jsonld"):
        lost = [thing for thing in things if not (copy_path / f"{unquote(thing)}{ending}").exists()]
        assert lost == []
    about = parse((copy_path / "id/country/KHM.ttl").read_bytes(), format=RdfFormat.TURTLE)
    assert NamedNode(f"{BASE}id/country/KHM") in {quad.subject for quad in about}


def test_questions_have_the_answers_of_all_combinations_up_to_a_bound(copy_path: Path) -> None:
    counts = []
    for entry in json.loads((copy_path / "questions.json").read_text()):
        folder = copy_path / "questions" / entry["name"]
        text = (folder / "index.html").read_text()
        others = [one for one in folder.iterdir() if one.is_dir() and "view=" not in one.name]
        if entry["parameters"]:
            counts.append(len(others) + 1)
            assert ("which your browser answers" in text) is (not others), entry
            assert "This is the answer for " in text, entry
        assert folder.with_suffix(".rq").exists()
    assert len(counts) > 30
    assert max(counts) <= _MOST_COMBINATIONS
    assert sum(counts) > 200
    answer = "questions/projects-supporting-action-line/line=A.2.2.i"
    for ending in ("/index.html", ".csv", ".json"):
        assert (copy_path / f"{answer}{ending}").exists()
    other = (copy_path / f"{answer}/index.html").read_text()
    assert "This is the answer for line “A.2.2.i”. For others choose below." in other


def test_assistants_are_told_of_the_files(copy_path: Path) -> None:
    text = (copy_path / "llms.txt").read_text()
    places = [one.removeprefix(URL) for one in re.findall(r"\]\((\S+)\)", text)]
    assert {"accsm.nq.gz", "questions.json", "projects"} <= {*places}
    assert [one for one in places if not (copy_path / one).exists()] == []
    assert (copy_path / "questions/projects-supporting-action-line.json").exists()
    assert "/sparql" not in text


def test_the_dumps_have_the_dataset(copy_path: Path, known: Store) -> None:
    assert len(load(copy_path / "accsm.nq.gz", CONVENTIONS)) == len(known)
    for suffix in ("nq", "trig", "nt", "ttl", "trig.zst"):
        assert (copy_path / f"accsm.{suffix}").stat().st_size > 10_000


def test_the_sitemap_and_the_page_for_what_is_missing_name_the_url(copy_path: Path) -> None:
    places = [one.text or "" for one in ElementTree.parse(copy_path / "sitemap.xml").iter()
              if one.tag.endswith("loc")]  # fmt: skip
    assert f"{URL}id/country/KHM/" in places
    assert [one for one in places if not file(copy_path, one.removeprefix(URL)).exists()] == []
    rules = (copy_path / ".htaccess").read_text()
    assert "ErrorDocument 404 /kg/404.html" in rules
    assert f"RewriteRule ^((?:id|graph)/.*[^/]|ontology|shapes|dataset)/?$ {URL}$1.ttl" in rules
    lost = (copy_path / "404.html").read_text()
    assert 'href="/kg/questions/"' in lost
    assert [one for one in absolute(lost) if not one.startswith("/kg/")] == []
    assert f"{URL}sparql" not in (copy_path / "dataset.ttl").read_text()
    assert f"{URL}accsm.nq" in (copy_path / "dataset.ttl").read_text()


def file(folder: Path, link: str) -> Path:
    path = unquote(link)
    return folder / (f"{path}index.html" if path.endswith("/") or not path else path)


def test_two_exports_have_the_same_bytes(small_path: Path, tmp_path: Path) -> None:
    export(tmp_path / "one", small_path)
    made = export(tmp_path / "two", small_path)
    assert made.files > 1000
    assert digests(tmp_path / "one") == digests(tmp_path / "two")


def digests(folder: Path) -> dict[str, str]:
    """Return the hashes of the files in a folder by their paths."""
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("Body", "body"), "/doc/(B|b)ody and /doc/(B|b)ody would have the same file"),
        (("x", "x.ttl"), "would have the same file"),
        (("a%2Fb",), "'a%2Fb' is no name that a file can have; rename the thing"),
        (("a//b",), "'' is no name that a file can have"),
        (("%FF",), "'%FF' is not UTF-8"),
        (("a*b",), "the name 'a\\*b' has '\\*', which Windows forbids"),
        (("a:b",), "has ':', which Windows forbids"),
        (("aux",), "'aux' is the name of a device of Windows"),
        (("COM²",), "'COM²' is the name of a device of Windows"),
        (("conin$",), "'conin\\$' is the name of a device of Windows"),
        (("a.",), "ends in a dot or space"),
        (("a" * 300,), "has more than 255 bytes; rename the thing"),
    ],
    ids=lambda value: value[0][:8] if isinstance(value, tuple) else "",
)
def test_names_that_files_cannot_have_are_refused(
    tmp_path: Path, names: tuple[str, ...], said: str
) -> None:
    path = dataset(tmp_path, *names)
    with pytest.raises(ValueError, match=said):
        export(tmp_path / "out", path)
    assert [one.name for one in tmp_path.iterdir()] == ["small.nt"]


def test_a_folder_with_other_files_is_refused(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match=r"out has files, and none of them is the export\.json"):
        export(folder, small)
    with pytest.raises(ValueError, match="is a file; name a folder"):
        export(folder / "mine.txt", small)
    assert [one.name for one in folder.iterdir()] == ["mine.txt"]


def test_an_earlier_export_and_an_empty_folder_are_replaced(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with monkeypatch.context() as there:
        there.chdir(folder)
        export(Path(), small)
    assert (folder / "id/b/index.html").exists()
    export(folder, dataset(tmp_path, "a", "c"))
    assert (folder / "id/c/index.html").exists()
    assert not (folder / "id/b").exists()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "small.nt"]


def test_what_someone_has_added_to_an_export_is_not_deleted(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    export(folder, small)
    (folder / ".git").mkdir()
    before = digests(folder)
    with pytest.raises(ValueError, match=r"out has \.git, which is not of the earlier export"):
        export(folder, small)
    assert (digests(folder), (folder / ".git").is_dir()) == (before, True)


def test_the_command_says_what_it_made(small: Path, tmp_path: Path) -> None:
    app = Typer()
    app.command()(command)
    folder = tmp_path / "new" / "out"
    done = CliRunner().invoke(app, [str(folder), "--dataset", str(small)])
    assert done.exit_code == 0, done.output
    files = sum(one.is_file() for one in folder.rglob("*"))
    found = re.search(r"^([\d,]+) files, [\d.]+ MB in .* at (\S+)$", done.output, re.MULTILINE)
    assert found
    assert (int(found[1].replace(",", "")), found[2]) == (files, BASE)
    wrong = CliRunner().invoke(app, [str(folder), "--url", "example.org"])
    assert wrong.exit_code == 2
