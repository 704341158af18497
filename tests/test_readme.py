"""The README names every command and setting, and no command, setting or folder that is missing."""

import re
from pathlib import Path

import pytest
import typer
from accsm_server.settings import Settings

from accsm_kg.cli import app
from accsm_kg.namespaces import BASE

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def _commands() -> set[str]:
    group = typer.main.get_command(app)
    return set(getattr(group, "commands", {}))


@pytest.mark.parametrize("command", sorted(_commands()))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"accsm-kg {command}" in README or f"`{command}`" in README


def test_every_command_of_the_readme_exists() -> None:
    assert set(re.findall(r"accsm-kg ([a-z]+) ", README)) <= _commands()


def test_every_setting_is_in_the_table_and_every_named_setting_is_read() -> None:
    settings = {f"ACCSM_{name.upper()}" for name in Settings.__dataclass_fields__}
    tabled = set(re.findall(r"^\| `(ACCSM_\w+)` \|", README, re.MULTILINE))
    assert tabled == settings
    for name in set(re.findall(r"ACCSM_\w+", README)) - settings:
        assert any(name in path.read_text() for path in (ROOT / "tests").rglob("*.py")), name


def test_the_table_has_the_defaults() -> None:
    told = dict(re.findall(r"^\| `ACCSM_(\w+)` \| ?(.*?) ?\|", README, re.MULTILINE))
    words = {"WORKERS": "cores + 2", "RATE": "50, loopback free", "ACCESS_LOG": "off"}
    for name in Settings.__dataclass_fields__:
        default = getattr(Settings(), name)
        value = f"{default:g}" if isinstance(default, float) else str(default or "")
        assert told[name.upper()] == words.get(name.upper(), value)


@pytest.mark.parametrize("target", re.findall(r"make (\w+)", README))
def test_every_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_folder_of_the_map_exists() -> None:
    for folder in re.findall(r"^\| `([a-zA-Z_/]+)/` \|", README, re.MULTILINE):
        assert (ROOT / folder.replace("NNN", "001")).is_dir(), folder


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
