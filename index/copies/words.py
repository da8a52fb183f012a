"""The words of a text, and where each begins and ends, as copies are told by them."""

import codecs
import re
import sys
import unicodedata
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.scripts import HANGUL, SIGNS, UNSPACED, UNSPACED_LETTERS

# What a character is: 0 none of a word, a letter or sign of a word, a letter that is a
# word of its own, or a sign that stays with such a letter.
_SPACED, _LETTER, _SIGN = 1, 2, 3
_CLASSES: Final = (
    (re.compile(rf"[\w{SIGNS}]+"), _SPACED),
    (re.compile(rf"(?:(?=\w)[{UNSPACED}{HANGUL}])+"), _LETTER),
)
_UNSPACED: Final = re.compile(f"[{UNSPACED_LETTERS}]")
_MARKS: Final = frozenset(("Mn", "Mc"))  # categories of signs
_UTF_32: Final = codecs.lookup("utf-32-le")  # found now, while files can be opened
# Where tables of code points end: of most scripts (2 ms to make), with Chinese and
# emoji (15 ms), of all (0.13 s).
_ENDS: Final = (0x3000, 0x2_0000, sys.maxunicode + 1)
_APOSTROPHE: Final = ord("'")
_RAISED: Final = 0x2019
_BLANK: Final = ord(" ")


def plain_word(written: str) -> str:
    """Return a word, or several, as words are compared."""
    return written.lower().replace("\u2019", "'")


def split(
    plain: str, lower: str
) -> tuple[NDArray[np.uint32], NDArray[np.uint32], list[str]]:
    """Return where the words begin and end, and the words.

    A word is letters, digits and signs in a row, two such where an apostrophe joins
    them. Where a script puts no blanks between words, and in Korean, whose words say
    more, it is each letter with its signs.

    By its characters' classes: a third of the time that an expression takes.

    Args:
        plain: the text.
        lower: it as `plain_word` has it.
    """
    codes = _codes(plain)
    marks = np.zeros(len(codes) + 2, np.uint8)  # one before, one behind
    kinds = marks[1:-1]
    highest = codes.max(initial=0)
    kinds[:] = _kinds(next(end for end in _ENDS if highest < end))[codes]
    apostrophes = np.flatnonzero((codes == _APOSTROPHE) | (codes == _RAISED))
    joins = (marks[apostrophes] == _SPACED) & (marks[apostrophes + 2] == _SPACED)
    inside = apostrophes[joins]
    kinds[inside] = _SPACED
    if len(inside) > 1:
        _part(kinds, inside)
    is_spaced = kinds.max(initial=0) <= _SPACED
    if is_spaced and len(lower) == len(plain):
        edges = np.flatnonzero(marks[1:] != marks[:-1]).astype(np.uint32)
        kept = np.where(kinds, _codes(lower), np.uint32(_BLANK)).tobytes()
        words = _UTF_32.decode(kept, "surrogatepass")[0].split()
        return edges[::2].copy(), edges[1::2].copy(), words
    is_edge = _edges(marks)
    begins = np.flatnonzero(is_edge[:-1] & (kinds != 0)).astype(np.uint32)
    ends = (np.flatnonzero(is_edge[1:] & (kinds != 0)) + 1).astype(np.uint32)
    spans = zip(begins.tolist(), ends.tolist(), strict=True)
    return begins, ends, [plain_word(plain[begin:end]) for begin, end in spans]


def are_letters(begins: NDArray[np.uint32], ends: NDArray[np.uint32]) -> bool:
    """Tell whether most words follow the one before without anything between."""
    return bool(2 * (begins[1:] == ends[:-1]).sum() > len(begins))


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(_UTF_32.encode(text, "surrogatepass")[0], np.uint32)


def _edges(marks: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return before which characters, and the end, a word may begin or end.

    Args:
        marks: what each character is, with one 0 before and one behind.
    """
    groups = np.where(marks == _SIGN, np.uint8(_LETTER), marks)
    begins_one = marks[1:] == _LETTER
    found: NDArray[np.bool_] = begins_one | (groups[1:] != groups[:-1])
    return found


def _part(kinds: NDArray[np.uint8], inside: NDArray[np.intp]) -> None:
    """Let each second apostrophe of a row of words that they join be none: "a'b c"."""
    blanks = np.flatnonzero(kinds != _SPACED)
    rows = np.searchsorted(blanks, inside)
    joined = False
    for at, row, before in zip(inside[1:], rows[1:], rows, strict=False):
        joined = row == before and not joined
        if joined:
            kinds[at] = 0


@cache
def _kinds(end: int) -> NDArray[np.uint8]:
    """Return what each code point is, 0 if none of a word."""
    found = np.zeros(end, np.uint8)
    every = "".join(map(chr, range(end)))
    for pattern, kind in _CLASSES:
        for match in pattern.finditer(every):
            found[match.start() : match.end()] = kind
    for match in _UNSPACED.finditer(every):
        if unicodedata.category(match[0]) in _MARKS:
            found[match.start()] = _SIGN
    return found
