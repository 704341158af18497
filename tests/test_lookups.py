"""Queries of lookups: what they ask for, and the sample of them that a page shows."""

from pathlib import Path

import pytest

from accsm_kg.lookups import Ask
from accsm_kg.namespaces import BASE


@pytest.mark.parametrize("this", ["x:thing", tuple(f"x:{number}" for number in range(30))])
def test_a_sample_has_the_first_things_and_numbers(
    this: str | tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "some.rq"
    path.write_text(
        "#+ summary: Which?\nSELECT * { VALUES ?a { $this } VALUES (?n) { $numbers } }\n"
    )
    ask = Ask(path, this, tuple((number,) for number in range(40)))
    sample = ask.sample(BASE, 10)
    assert sample.count("<x:") == min(10, ask.text(BASE).count("<x:"))
    assert "{ (0) (1) (2) (3) (4) (5) (6) (7) (8) (9) }" in sample
    assert "# It is asked for 40 numbers, here for 10.\n" in sample
    assert ("30 resources, here for 10" in sample) is isinstance(this, tuple)
    assert ask.sample(BASE, 40) == ask.text(BASE)
