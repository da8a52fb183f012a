"""Names and numbers of a text, as a question asks for them: MH17, Lina Marovic, F-35.

A vector hardly sees them: what is found by them is found by words alone.
"""

import re
import unicodedata
from typing import Final

MOST: Final = 20_000  # characters of a text that are read
_WORD: Final = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_FIGURE: Final = re.compile(r"\d")
_PART: Final = re.compile(r"[-.]")


def names_in(text: str) -> set[str]:
    """Return the words of a text that may name something, without case and accents.

    Words with a capital letter or a figure, and all words of a script that has no
    capital letters. Of a name of several parts the whole and each part.
    """
    written = " ".join(one for one in set(text[:MOST].split()) if _may_name(one))
    words = {word for word in _WORD.findall(written) if _may_name(word)}
    parts = [part for word in words for part in _PART.split(word)]
    return {*map(word_of, words), *map(word_of, parts)}


def words_in(text: str) -> set[str]:
    """Return all words of a text, without case and accents, and without "'s"."""
    return {word_of(word) for word in _WORD.findall(text[:MOST])} - {"s"}


def word_of(written: str) -> str:
    """Return a word without case and accents."""
    if written.isascii():
        return written.lower()
    apart = unicodedata.normalize("NFKD", written.casefold())
    return "".join(one for one in apart if one.isalnum() or one in "-.")


def _may_name(word: str) -> bool:
    return not (word.islower() and (word.isalpha() or not _FIGURE.search(word)))
