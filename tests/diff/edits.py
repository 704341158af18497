"""Edited copies of the dataset, to compare with it."""

from collections.abc import Callable
from pathlib import Path

Edited = Callable[..., Path]


def without(path: Path, subject: str) -> tuple[str, str]:
    """Return the change that takes out every statement of a subject, which stand together."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith(f"<{subject}> ")), ""
