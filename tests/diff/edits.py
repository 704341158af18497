"""Edits of the N-Quads file of the dataset."""

from collections.abc import Callable
from pathlib import Path

Edited = Callable[..., Path]


def without(path: Path, subject: str) -> tuple[str, str]:
    """Return the edit that removes all statements of a subject, which are consecutive lines."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith(f"<{subject}> ")), ""
