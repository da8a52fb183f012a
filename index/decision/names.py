"""Names that reports in two languages share, however either writes them.

A name is known by its consonants, folded, once its letters are Latin (library
anyascii): Netanyahu, נתניהו and Нетаньяху are one. Countries are known by their codes
(samestory.index.decision.countries). Where a script has no blanks, only countries are
found. What the feature brings is in docs/quality.md.
"""

import math
import re
from collections.abc import Mapping
from itertools import groupby
from typing import Final

from anyascii import anyascii

from samestory.index.decision.countries import countries_in, english_name
from samestory.index.decision.terms import RAREST, Rarity
from samestory.scripts import INDIC

OPENING: Final = 300  # characters of the text that are read
LEAST: Final = 3  # consonants of a name: fewer are in anything
_LETTER: Final = rf"(?:[^\W\d_]|(?!\w)[{INDIC}])"  # no letter is both, or it hangs
_WORD: Final = re.compile(rf"{_LETTER}{{3,}}(?:['\u05f3\u05f4\u2019\"]{_LETTER}+)*")
_SHORTEST: Final = 4  # letters, in scripts that write vowels
_SOUNDS: Final = (
    *(("sch", "s"), ("sh", "s"), ("ch", "k"), ("kh", "k"), ("ts", "s"), ("tz", "s")),
    *(("ph", "p"), ("th", "t")),
)
_SILENT: Final = re.compile(r"[^a-z]|[aeiouyhw]")
_FOLDED: Final = str.maketrans("bvfcqgxzjd", "pppkkkksst")
# Letters that stand before a word without a blank, and those that are not spoken as
# the consonants that they are written as.
_BEFORE: Final = {
    "he": re.compile("^[והבלכמש]{1,2}(?=[א-ת]{3})"),
    "ar": re.compile("^(?:[وفبكل]{0,2}ال|لل|[وفبكل])(?=[\u0621-\u064a]{3})"),
}
_VOWELS: Final = {"he": "ו", "ar": "و"}
# Where j is no consonant: Selenskyj.
_VOWEL_J: Final = frozenset(
    ("cs", "da", "de", "et", "fi", "hr", "hu", "lt", "lv", "nb", "nl", "no")
) | frozenset(("pl", "sk", "sl", "sr", "sv"))
_ENDING: Final = re.compile(
    "(?:ого|его|ому|ему|ыми|ами|ями|ым|им|ом|ем|ой|ою|ых|их|ах|ях|ам|ям|ов|ев)$"
)
_NO_LATIN: Final = "\u0250"  # from here on; to the next, Greek and Cyrillic
_NO_CAPITALS: Final = "\u0530"


def names_of(
    title: str, text: str, lang: str | None, rarity: Rarity
) -> Mapping[str, float]:
    """Return how rare the names of a report are, by what each is known by.

    Args:
        title: may be empty.
        text: its first OPENING characters count.
        lang: ISO 639-1; None is read as English.
        rarity: of words, as the Latin alphabet writes them; other names are taken for
            unknown words, so that the rarity in the other report counts.
    """
    opening = f"{title}. {text[:OPENING]}"
    codes, words = countries_in(opening, lang)
    found = {code: rarity.of(english_name(code).split()[-1]) for code in codes}
    for word in set(filter(_WORD.fullmatch, words)):
        is_latin, has_capitals = word[0] < _NO_LATIN, word[0] < _NO_CAPITALS
        if has_capitals and not (word[0].isupper() and len(word) >= _SHORTEST):
            continue
        one = word.lower().removesuffix("'s").removesuffix("\u2019s")
        rare = rarity.of(one) if is_latin else rarity.unknown
        for spelt in {one} if is_latin else _spelt(one, lang):
            known = consonants(spelt, lang)
            if len(known) >= LEAST:
                found[known] = min(rare, found.get(known, rare))
    return found


def shared_names(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Return the summed rarity of the RAREST rarest names that two reports share."""
    rare = sorted((min(a[name], b[name]) for name in a.keys() & b.keys()), reverse=True)
    return math.fsum(rare[:RAREST])


def _spelt(word: str, lang: str | None) -> set[str]:
    """Return a word with and without what its language puts before and after it."""
    forms = {word, _ENDING.sub("", word)}
    if before := _BEFORE.get(lang or ""):
        forms |= {before.sub("", one) for one in forms}
    if vowel := _VOWELS.get(lang or ""):
        forms |= {one[0] + one[1:].replace(vowel, "") for one in forms if one}
    return forms


def consonants(word: str, lang: str | None) -> str:
    """Return what a name is known by: its consonants in Latin letters, folded.

    Netanyahu and נתניהו are "ntn"; Ghalibaf and Qalibaf "klpp".
    """
    sounds = anyascii(word).lower()
    if lang in _VOWEL_J:
        sounds = sounds.replace("j", "y")
    for written, spoken in _SOUNDS:
        sounds = sounds.replace(written, spoken)
    folded = _SILENT.sub("", sounds).translate(_FOLDED)
    return "".join(letter for letter, _ in groupby(folded))  # none twice in a row
