"""The documentation names every command, setting and package, and none that does not exist."""

import re
import tomllib

import pytest
import typer
import yaml
from accsm_server.settings import Settings
from project import ROOT

from accsm_kg import __version__
from accsm_kg.cli import app
from accsm_kg.namespaces import BASE

PAGES = {path.name: path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))}
TEXTS = {name: path.read_text(encoding="utf-8") for name, path in PAGES.items()}
README = TEXTS["README.md"]
GUIDES = [
    "README.md",
    "CONTRIBUTING.md",
    "architecture.md",
    "assistants.md",
    "clients.md",
    "operating.md",
    "SECURITY.md",
    "python.md",
]

by_guide = pytest.mark.parametrize("page", GUIDES)


def _commands() -> set[str]:
    group = typer.main.get_command(app)
    return set(getattr(group, "commands", {}))


def _anchors(text: str) -> set[str]:
    """Return the fragments of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("command", sorted(_commands()))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"accsm-kg {command}" in README


@by_guide
def test_every_command_that_is_named_exists(page: str) -> None:
    assert (
        set(re.findall(r"(?:^|`|[|&] )accsm-kg ([a-z]+)", TEXTS[page], re.MULTILINE)) <= _commands()
    )


@by_guide
def test_every_make_target_that_is_named_exists(page: str) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z]+)", TEXTS[page], re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_make_target_is_explained() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert [target for target in targets if f"`make {target}" not in TEXTS["CONTRIBUTING.md"]] == []


@by_guide
def test_every_link_leads_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[page]):
        path, _, fragment = link.partition("#")
        if not path.startswith("https://"):
            target = PAGES[page].parent / path if path else PAGES[page]
            assert target.exists(), link
            assert not fragment or fragment in _anchors(target.read_text()), link


def test_every_setting_is_in_the_table_and_every_named_setting_is_read() -> None:
    settings = {f"ACCSM_{name.upper()}" for name in Settings.__dataclass_fields__}
    tabled = set(re.findall(r"^\| `(ACCSM_\w+)` \|", README, re.MULTILINE))
    assert tabled == settings
    named = {name for page in GUIDES for name in re.findall(r"ACCSM_\w+", TEXTS[page])}
    for name in named - settings:
        assert any(name in path.read_text() for path in (ROOT / "tests").rglob("*.py")), name


def test_the_table_has_the_defaults() -> None:
    documented = dict(re.findall(r"^\| `ACCSM_(\w+)` \| ?(.*?) ?\|", README, re.MULTILINE))
    words = {"MEMORY": "half of the machine's", "RATE": "50, loopback free"}
    for name in Settings.__dataclass_fields__:
        default = getattr(Settings(), name)
        value = f"{default:g}" if isinstance(default, float) else str(default or "")
        assert documented[name.upper()] == words.get(name.upper(), value)


def test_every_folder_of_the_map_exists() -> None:
    for folder in re.findall(r"^\| `([a-zA-Z_/]+)/` \|", README, re.MULTILINE):
        assert (ROOT / folder.replace("NNN", "001")).is_dir(), folder


@pytest.mark.parametrize("package", ["accsm_kg", "server/accsm_server"])
def test_the_architecture_explains_every_package_and_module(package: str) -> None:
    cells = re.findall(r"^\| (`.*?) \|", TEXTS["architecture.md"], re.MULTILINE)
    explained = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    found = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    found |= {path.stem for path in (ROOT / package).glob("[!_]*.py")}
    assert found - explained == set()


@by_guide
def test_a_page_has_short_lines(page: str) -> None:
    lines = [line for line in TEXTS[page].splitlines() if not line.startswith(("|", "!"))]
    assert [line for line in lines if len(line) > 110] == []


def test_the_citation_is_of_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    released = re.search(r"^## \[(.+)\] - (.+)$", TEXTS["CHANGELOG.md"], re.MULTILINE)
    assert released
    assert cited["version"] == __version__ == released[1]
    assert str(cited["date-released"]) == released[2]
    assert cited["authors"] == project["authors"]
    assert cited["title"].endswith(project["description"])
    authors = ", ".join(author["name"] for author in cited["authors"])
    words = " ".join(README.split())
    assert f"{authors}, *accsm-kg, version {__version__}* ({released[2][:4]})" in words


def test_project_iris_are_written_in_one_module_only() -> None:
    astray = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for package in ("accsm_kg", "server")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "namespaces.py"
        for line in path.read_text().splitlines()
        if BASE in line and ">>>" not in line
    ]
    assert astray == []
