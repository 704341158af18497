"""Times in the Extended Date/Time Format (EDTF, ISO 8601-2) in words."""

import re
from calendar import month_name

_DATE = re.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?([?~%]?)")
_ORDINALS = ("first", "second", "third", "fourth")
_DOUBTS = {"?": " (uncertain)", "~": " (approximate)", "%": " (uncertain and approximate)"}


def in_words(edtf: str) -> str:
    """Return a time of level 0 or 1 in words; other texts are unchanged.

    >>> in_words("2017-36"), in_words("2017/.."), in_words("2016-10-31/2016-11-04")
    ('fourth quarter of 2017', '2017 onwards', '31 October - 4 November 2016')
    """
    first, slash, last = edtf.partition("/")
    if not slash:
        return _date(first)
    if last in ("", ".."):
        return f"{_date(first)} onwards"
    return f"until {_date(last)}" if first in ("", "..") else _range(_date(first), _date(last))


def _range(first: str, last: str) -> str:
    """Return two dates with what they share at the end only once."""
    start, end = first.split(), last.split()
    while len(start) > 1 and start[1:] == end[-len(start) + 1 :] and len(start) == len(end):
        return f"{start[0]}-{last}"
    if len(start) == len(end) > 1 and start[-1] == end[-1]:
        return f"{' '.join(start[:-1])} - {last}"
    return f"{first}-{last}" if len(start) == len(end) == 1 else f"{first} - {last}"


def _date(text: str) -> str:
    found = _DATE.fullmatch(text)
    if not found:
        return text
    year, part, day, doubt = found.groups()
    number = int(part or 0)
    if 33 <= number <= 36:
        words = f"{_ORDINALS[number - 33]} quarter of {year}"
    elif number > 12:
        return text
    else:
        words = " ".join(filter(None, (day and str(int(day)), month_name[number], year)))
    return words + _DOUBTS.get(doubt, "")
