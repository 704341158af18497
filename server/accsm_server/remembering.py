"""Functions that remember what they have returned, though clients choose what they are asked."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

T = TypeVar("T")


def remembering(most: int, longest: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Return a decorator: the function remembers ``most`` texts of up to ``longest`` characters.

    Those used least recently are forgotten first.
    """

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        remembered = lru_cache(most)(function)

        def run(text: str) -> T:
            return remembered(text) if len(text) <= longest else function(text)

        run.__doc__, run.__wrapped__ = function.__doc__, remembered  # type: ignore[attr-defined]
        return run

    return decorate
