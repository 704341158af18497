"""Write a dataset with several copies of the record, under new names, to see how pages scale."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from accsm_kg.namespaces import BASE, CURATION, INFERRED

_THINGS = f"<{BASE}id/"
#: Folders of things that the copies share: what a country, a source or a concept is does not grow.
_SHARED = tuple(f"{_THINGS}{name}/" for name in ("concept", "country", "country-group", "source"))
#: A label of a work plan: plans are told apart by their labels.
_LABEL = re.compile(r'^(<[^>]*/work-plan/[^>]*> <[^>]*#(?:alt|pref)Label> "[^"]*)')
#: The beginnings of the graphs that are copied.
_GROWING = (f"{BASE}graph/source/", f"{BASE}{INFERRED}>", f"{BASE}{CURATION}>")


#: Copies that make the record 780 thousand quads.
COUNT = 21


def copies(lines: list[str], count: int) -> Iterator[str]:
    """Yield the lines of N-Quads ``count`` times; the things of a copy are below id/copy-N/."""
    yield from lines
    growing = [line for line in lines if line.rpartition(" <")[2].startswith(_GROWING)]
    for number in range(1, count):
        for line in growing:
            yield renamed(line, number)


def write(dataset: Path, count: int, path: Path) -> Path:
    """Write ``count`` times the N-Quads of ``dataset`` to ``path``, and return that."""
    lines = dataset.read_text(encoding="utf-8").splitlines(keepends=True)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(copies(lines, count))
    return path


def renamed(line: str, number: int) -> str:
    """Return a line, or an IRI in angle brackets, with the things of a copy."""
    new = line.replace(_THINGS, f"{_THINGS}copy-{number}/")
    for folder in _SHARED:
        new = new.replace(folder.replace(_THINGS, f"{_THINGS}copy-{number}/"), folder)
    return _LABEL.sub(rf"\1, copy {number}", new)


def main() -> None:
    """Write the copies of a built dataset."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.copies", description=__doc__)
    parser.add_argument("dataset", type=Path, nargs="?", default=Path("build/accsm.nq"))
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--out", type=Path, default=Path("build/bench/copies.nq"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    write(options.dataset, options.count, options.out)


if __name__ == "__main__":
    main()
