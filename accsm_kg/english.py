"""Numbers and lists in English sentences."""

from collections.abc import Sequence

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve")  # fmt: skip


def counted(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun, whose plural ends with `s` unless it is given.

    >>> counted(1, "project"), counted(2, "project"), counted(0, "country", "countries")
    ('1 project', '2 projects', '0 countries')
    """
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def spelled(number: int) -> str:
    """Return a number up to twelve as a word, others as digits."""
    return _NUMBERS[number] if number < len(_NUMBERS) else str(number)


def listed(words: Sequence[str]) -> str:
    """Return words as in a sentence.

    >>> listed(["6", "17", "30"])
    '6, 17 and 30'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
