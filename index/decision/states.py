"""States: which words of a title name one, and by what each is known.

Their names are those of CLDR in each language; in English what else they are called,
too (samestory.index.decision.countries).
"""

from functools import lru_cache
from typing import Final

from samestory.index.decision.countries import (
    countries_of_one_word,
    country_named,
    english_name,
)
from samestory.index.decision.tokens import ENGLISH, NUMBER, POSSESSIVE

KEY: Final = 5  # letters by which a word is known: Ilmara and Ilmaran
_KEPT: Final = 512  # words
_EITHER: Final = {"KR": "korea", "KP": "korea"}  # Seoul, and what is called Korea


@lru_cache(maxsize=_KEPT)
def is_state(word: str, lang: str | None) -> bool:
    """Tell whether a word names a state, its people or its government.

    Its name in the language, in English that of its people, too, or what else it is
    called there (country_words.toml).
    """
    plain = POSSESSIVE.sub("", word).lower()
    if word[:1].islower() or not plain:
        return False
    lang = lang or ENGLISH
    if plain in _EITHER.values() or country_named(plain, bent=lang == ENGLISH):
        return True
    return lang != ENGLISH and plain in countries_of_one_word(lang)


def key_of(word: str) -> str:
    """Return by what a word is known: Russia, Russian and the Kremlin as one."""
    plain = word.lower().replace("\u2019", "'").removesuffix("'s")
    if digits := NUMBER.match(plain):
        return digits[0].replace(",", "")
    code = country_named(plain)
    if code is None:
        return plain[:KEY]
    return _EITHER.get(code) or english_name(code)
