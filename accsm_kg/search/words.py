"""The words that a person types: made safe for SQLite, and mended."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

_LONGEST = 1000  # characters of what is typed that are read
_MOST = 16  # words of it that are sought, and that are mended
_LETTERS = range(4, 41)  # of a word that is mended
_GAP = "\u200b"
#: Characters of scripts that put no spaces between words; each is a word of its own here.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
#: Control characters, halves of surrogate pairs, and the gap.
_UNWANTED = re.compile(f"[\0-\x1f\x7f-\x9f\ud800-\udfff{_GAP}]")
_WORD = re.compile(r"[^\W\d_]+")


#: Words with a British and an American spelling, which are sought together; also their plurals.
_SPELLINGS = """
behaviour behavior, centralisation centralization, centralise centralize, centralised centralized,
centre center, defence defense, digitalisation digitalization, digitisation digitization,
favour favor, fulfil fulfill, harmonisation harmonization, harmonise harmonize,
institutionalise institutionalize, labour labor, licence license, localisation localization,
mobilisation mobilization, mobilise mobilize, modernisation modernization, modernise modernize,
neighbour neighbor, organisation organization, organise organize, organised organized,
practise practice, prioritise prioritize, programme program, realise realize, recognise recognize,
specialisation specialization, standardisation standardization, utilisation utilization,
utilise utilize
"""


def _spellings() -> Iterator[tuple[str, str]]:
    for pair in _SPELLINGS.split(","):
        one, other = pair.split()
        for end in ("", "s"):
            yield one + end, other + end
            yield other + end, one + end


_OTHERS = dict(_spellings())


def other_spelling(word: str) -> str:
    """Return the British spelling of an American word or the reverse, empty if there is none.

    >>> other_spelling("Organizations")
    'organisations'
    """
    return _OTHERS.get(word.casefold(), "")


def clean(text: str) -> str:
    r"""Return ``text`` without control characters, with single spaces.

    >>> clean(" a\0b \n c")
    'a b c'
    """
    return " ".join(_UNWANTED.sub(" ", text).split())


def typed(text: str) -> str:
    """Return what a person has typed, cleaned and not too long."""
    return clean(text[:_LONGEST])


def spaced(text: str) -> str:
    """Return ``text`` with a gap that no reader sees around characters that are words."""
    return _UNSPACED.sub(rf"{_GAP}\g<0>{_GAP}", text)


def unspaced(text: str) -> str:
    """Return ``text`` without the gaps that `spaced` adds."""
    return text.replace(_GAP, "")


def phrases(text: str) -> list[str]:
    """Return the words of ``text`` as strings of FTS5, in which nothing is an operator.

    >>> print(*phrases("A.2 OR -- NEAR("))
    "A.2" "OR" "NEAR("
    """
    words = dict.fromkeys(word for word in text.split(" ") if any(map(str.isalnum, word)))
    return [phrase(word) for word in [*words][:_MOST]]


def phrase(text: str) -> str:
    """Return ``text`` as a string of FTS5, whose words follow each other."""
    return '"' + spaced(text).replace('"', '""') + '"'


class Speller:
    """Finds the words of a dataset that were meant by others."""

    def __init__(self, words: Sequence[str], is_known: Callable[[str], bool]) -> None:
        """Take the words of the dataset, the most frequent first, and what knows their forms."""
        self._words = [word for word in words if len(word) in _LETTERS and _WORD.fullmatch(word)]
        self._is_known = is_known

    def mend(self, text: str) -> str:
        """Return ``text`` with known words for those that are not known.

        >>> Speller(["recruitment", "requirement"], lambda word: False).mend("recruitmnt 33")
        'recruitment 33'
        """
        return _WORD.sub(lambda found: self._nearest(found[0]), text, count=_MOST)

    def _nearest(self, word: str) -> str:
        """Return the known word that differs least, if there are several a frequent one."""
        wanted = _folded(word)
        if len(wanted) not in _LETTERS or self._is_known(word):
            return word
        allowed = 1 if len(wanted) < 6 else 2 if len(wanted) < 10 else 3
        near = process.extract(
            wanted, self._words, scorer=OSA.distance, score_cutoff=allowed, limit=None
        )
        ranked = ((distance, one[0] != wanted[0], place, one) for one, distance, place in near)
        return min(ranked, default=(0, False, 0, word))[-1]


def _folded(text: str) -> str:
    """Return ``text`` in small letters without diacritics, as FTS5 keeps words."""
    letters = unicodedata.normalize("NFD", text.lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
