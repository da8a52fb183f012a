"""An outlet's names where another report cites it, as its language bends them.

"Ведомостям", "Rzeczpospolitej" and "du Monde" are Ведомости, Rzeczpospolita and Le
Monde; "Weltbank" is not Welt.
"""

import re
from functools import lru_cache
from typing import Final

from samestory.publishers import names_of, outlet_named

LEAST: Final = 3  # letters of a name that is looked for
_LETTER: Final = "[A-Za-z\u00c0-\u052f]"  # of scripts that have capital ones
_CASED: Final = re.compile(_LETTER)
_UNCASED: Final = re.compile("[\u0590-\u1fff\u3040-\ud7ff]")
_QUOTE: Final = '[\u00ab\u201c\u201e"]?\\s?'
# The last vowel of a longer word gives way to an ending.
_BENDS: Final = re.compile(r"(?<=[^\W\d_]{4})[aąęeiouyаяоеиіійыьъї]\Z", re.IGNORECASE)
_ENDING: Final = (
    "(?:[\u0400-\u052f]{0,3}"
    "|['\u2019]?(?:s|es|a|ą|ę|e|o|u|y|i|em|om|ej|ie|owi|ach|ami))?"
)
# A preposition and the article of a name are one word: du Monde, al Mattino, ao Globo.
# Not of "La": "il presidente della Repubblica" is no paper's.
_ARTICLES: Final = (
    (re.compile("Les? "), "(?:du|au|des|aux)"),
    (re.compile("(?:Il|Lo|Gli) "), "(?:a|da|de|ne|su)(?:l|llo|gli)"),
    (re.compile("Os? "), "(?:a|d|n|pel)os?"),
)


def stands_in(outlet: str, passage: str) -> bool:
    """Tell whether a passage holds one of an outlet's names.

    As a word of its own with a capital letter, where the passage has no other script:
    "el país" is no paper.
    """
    is_foreign = _UNCASED.search(passage) is not None
    hits = (one.search(passage) for one in _written(outlet))
    return any(
        hit and (is_foreign or "." in hit[0] or hit[0] != hit[0].lower())
        for hit in hits
    )


@lru_cache(maxsize=1_024)
def _written(outlet: str) -> tuple[re.Pattern[str], ...]:
    names = {outlet, *names_of(outlet_named(outlet))}
    return tuple(
        re.compile(_bent(name), re.IGNORECASE)
        for name in sorted(names)
        if len(name) >= LEAST
    )


def _bent(name: str) -> str:
    if not _CASED.search(name):
        return re.escape(name)
    words = [
        re.escape(_BENDS.sub("", word)) + _ENDING + rf"(?!{_LETTER}|\d)"
        for word in name.split()
    ]
    forms = [r"\s+".join(words)]
    forms += [
        rf"{joined} {_QUOTE}" + r"\s+".join(words[1:])
        for article, joined in _ARTICLES
        if article.match(name)
    ]
    return rf"(?<!{_LETTER})(?:{'|'.join(forms)})"
