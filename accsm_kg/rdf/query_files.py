"""Read query files (.rq) with their YAML header, and bind values to a query with VALUES."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHERE = re.compile(r"^WHERE\s*\{", re.MULTILINE)
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"})


def read(path: Path, edit: Callable[[str], str] = str) -> tuple[str, dict[str, Any]]:
    """Return the text of a query file, passed through ``edit``, and its header.

    Raises ValueError with the name of the file when the header is not a YAML mapping.
    """
    text = edit(decoded(path))
    try:
        return text, header(text)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def decoded(path: Path) -> str:
    """Return the text of a file without a byte order mark; raises ValueError with file and line."""
    return decode(path.read_bytes(), str(path), advice="save it as UTF-8")


def decode(
    raw: bytes, name: str, encoding: str = "utf-8-sig", advice: str = "write it as UTF-8"
) -> str:
    """Return bytes as text without a byte order mark; raises ValueError with ``name`` and line."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line, byte = raw[: error.start].count(b"\n") + 1, raw[error.start]
        raise ValueError(f"{name}:{line}: not UTF-8 (byte {byte:#04x}); {advice}") from None


def header(text: str) -> dict[str, Any]:
    """Return the mapping written in the leading `#+` comment lines (the grlc convention)."""
    return dict(
        _mapping("\n".join(line[3:] for line in text.splitlines() if line.startswith("#+ ")))
    )


@lru_cache(512)
def _mapping(lines: str) -> dict[str, Any]:
    try:
        found = yaml.load(lines, _LOADER) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"the #+ header is not YAML: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("the #+ header must be a mapping such as `#+ summary: Which …?`")
    return found


def bind(text: str, names: Sequence[str], rows: Iterable[Sequence[str | int | None]]) -> str:
    """Return ``text`` with ``rows`` as a VALUES block at the head of its WHERE clause.

    A string becomes an xsd:string, an int an xsd:integer and None UNDEF (the Tarql convention).

    >>> print(bind('SELECT ?a\\nWHERE {\\n}', ['a'], [['x'], [None]]))
    SELECT ?a
    WHERE { VALUES (?a) {
    ("x")
    (UNDEF)
    }
    }
    """
    body = "\n".join(f"({' '.join(map(_term, row))})" for row in rows)
    block = f"WHERE {{ VALUES ({' '.join('?' + name for name in names)}) {{\n{body}\n}}"
    start, end = where(text)
    return text[:start] + block + text[end:]


def where(text: str) -> tuple[int, int]:
    """Return the offsets of the start of the WHERE clause, and of what is after its brace.

    Raises ValueError unless a line begins with `WHERE {`.
    """
    found = _WHERE.search(text)
    if found is None:
        raise ValueError("values can only be bound to a query with a line that begins `WHERE {`")
    return found.span()


def _term(value: str | int | None) -> str:
    if value is None:
        return "UNDEF"
    return str(value) if isinstance(value, int) else f'"{value.translate(_ESCAPES)}"'
