"""The public names of the package, and what importing it costs."""

import subprocess
import sys

import pytest

import accsm_kg
from accsm_kg import errors


def test_every_public_name_exists_and_the_list_is_sorted() -> None:
    assert [name for name in accsm_kg.__all__ if not hasattr(accsm_kg, name)] == []
    assert sorted(accsm_kg.__all__) == sorted(set(accsm_kg.__all__))
    with pytest.raises(AttributeError, match="'accsm_kg' has no attribute 'nothing'"):
        _ = accsm_kg.nothing


def test_every_error_is_public_and_in_the_tree() -> None:
    found = {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert found.keys() <= set(accsm_kg.__all__)
    assert all(issubclass(value, errors.AccsmError) for value in found.values())
    assert [name for name in found if name not in str(errors.__doc__)] == []


def test_importing_the_package_imports_nothing_else() -> None:
    program = "import sys, accsm_kg; print([m for m in sys.modules if m.startswith('accsm_kg.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n"
