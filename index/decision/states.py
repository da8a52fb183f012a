"""States: which words of a title name one, and by what each is known.

Their names are those of CLDR in each language; other names of their governments, in
English, are in governments.json.
"""

import json
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from samestory.index.decision.countries import countries_of_one_word
from samestory.index.decision.tokens import ENGLISH, NUMBER, POSSESSIVE

KEY: Final = 5  # letters by which a word is known: Ilmara and Ilmaran
# Behind a state's name in English: who is of it.
_OF_PEOPLE: Final = (
    "vian",
    "ians",
    "ian",
    "ans",
    "an",
    "ns",
    "n",
    "is",
    "i",
    "ese",
    "s",
)
_KEPT: Final = 512  # words
_LANGUAGES: Final = 64  # whose states are kept


@lru_cache(maxsize=_KEPT)
def is_state(word: str, lang: str | None) -> bool:
    """Tell whether a word names a state, its people or its government.

    Its name in the language, in English that of its people, too, or another name of
    its government (governments.json).
    """
    plain = POSSESSIVE.sub("", word).lower()
    if word[:1].islower() or not plain:
        return False
    if plain in _countries() or plain in _countries().values():
        return True
    states = _states(lang or ENGLISH)
    if plain in states or (lang or ENGLISH) != ENGLISH:
        return plain in states
    return any(
        f"{plain.removesuffix(end)}{vowel}" in states
        for end in _OF_PEOPLE
        if plain.endswith(end)
        for vowel in ("", "a", "e")
    )


@lru_cache(maxsize=_LANGUAGES)
def _states(lang: str) -> frozenset[str]:
    """Return the names of states; in English those without a last y, too: German."""
    names = countries_of_one_word(lang)
    return names | {name.removesuffix("y") for name in names}


def key_of(word: str) -> str:
    """Return by what a word is known: Russia, Russian and the Kremlin as one."""
    plain = word.lower().replace("\u2019", "'").removesuffix("'s")
    if digits := NUMBER.match(plain):
        return digits[0].replace(",", "")
    return _countries().get(plain, plain[:KEY])


@cache
def _countries() -> dict[str, str]:
    """Return the country of each other name by which reports call its government."""
    path = Path(__file__).with_name("governments.json")
    named = json.loads(path.read_text("utf-8"))
    return {name: country for country, names in named.items() for name in names}
