"""An outlet's names where another report cites it, as its language bends them.

"Ведомостям" and "du Monde" are Ведомости and Le Monde; "Weltbank" is not Welt, "Marc"
not Marca. An article that a preposition has taken in counts where the passage begins
with it or quotes what follows: "la Coupe du Monde" is no paper.
"""

import re
from functools import lru_cache
from typing import Final

from samestory.publishers import names_of, outlet_named

LEAST: Final = 3  # letters of a name that is looked for
_LETTER: Final = "[A-Za-z\u00c0-\u052f\u1e00-\u1eff]"  # of scripts with capital ones
_CASED: Final = re.compile(_LETTER)
_UNCASED: Final = re.compile("[\u0590-\u1dff\u1f00-\u1fff\u3040-\ud7ff]")
_WORD: Final = re.compile(r"[^\W_]+")
_ARTICLE: Final = 3  # letters that one has at most
_STEM: Final = 4  # letters of a name that stay, however it is bent
_LONG: Final = 10  # letters of a Polish name that bends: Rzeczpospolitej
_CYRILLIC: Final = re.compile("[\u0400-\u052f]")
_VOWEL: Final = re.compile(r"(?<=[^\W\d_]{3})[аяоеёиіїйыьъ]\Z", re.IGNORECASE)
_ENDING: Final = "(?:['\u2019][^\\W\\d_]{1,4}|s|a|u|em|ie|owi)?"
_POLISH: Final = "(?:a|y|ie|ę|ą|o|ej)"
_OF_CYRILLIC: Final = (
    "(?:а|я|о|е|ы|и|і|ї|у|ю|ь|й|ой|ей|ою|ею|ом|ем|ам|ям|ами|ями|ах|ях|ого|его|ому|ему|ым"
    "|им|ых|их|ов|ев|ів|ью|ії|ій|ію)?"
)
_QUOTE: Final = '[\u00ab\u201c\u201e"]'
# A preposition and the article of a name are one word: du Monde, al Mattino, ao Globo.
_ARTICLES: Final = (
    (re.compile("Les? "), "(?:du|au|des|aux)"),
    (re.compile("(?:Il|Lo|Gli) "), "(?:a|da|de|ne|su)(?:l|llo|gli)"),
    (re.compile("Os? "), "(?:a|d|n|pel)os?"),
)


def stands_in(outlet: str, passage: str) -> bool:
    """Tell whether a passage holds one of an outlet's names.

    As a word of its own with a capital letter, where the name has one and the passage
    no other script: "el país" is no paper.

    Args:
        outlet: its name or domain.
        passage: what stands beside words that cite, without what marks it as one.
    """
    is_foreign = _UNCASED.search(passage) is not None
    low = passage.casefold()
    for name in (outlet, *names_of(outlet_named(outlet))):
        if len(name) < LEAST or not _WORD.search(name) or _stem(name) not in low:
            continue
        hit = _written(name).search(passage)
        if hit and (is_foreign or _is_capital(hit[0], name) or name == name.lower()):
            return True
    return False


def _stem(name: str) -> str:
    """Return what of a name's last word is in every form of it."""
    return name.rsplit(maxsplit=1)[-1][:_STEM].casefold()


def _is_capital(said: str, name: str) -> bool:
    """Tell whether a name, as it is said, has its capital letter, articles aside."""
    number = sum(len(word) > _ARTICLE for word in _WORD.findall(name))
    words: list[str] = _WORD.findall(said)
    telling = [word for word in words if len(word) > _ARTICLE][-number:]
    return (telling if number and telling else words[-1:])[0][0].isupper()


@lru_cache(maxsize=4_096)
def _written(name: str) -> re.Pattern[str]:
    """Return what finds a name in a passage."""
    if not _CASED.search(name):
        return re.compile(re.escape(name), re.IGNORECASE)
    words = [rf"{_bent(word)}(?!{_LETTER}|\d)" for word in name.split()]
    forms = [rf"(?<!{_LETTER})" + r"\s+".join(words)]
    rest = r"\s+".join(words[1:])
    for article, joined in _ARTICLES:
        if article.match(name) and rest:
            forms += [rf"\A\s*{joined}\s+{rest}(?!-)"]
            forms += [rf"(?<!{_LETTER}){joined}\s+{_QUOTE}\s?{rest}"]
    return re.compile("|".join(forms), re.IGNORECASE)


def _bent(word: str) -> str:
    """Return a word of a name with the endings that it may have."""
    if _CYRILLIC.search(word):
        return re.escape(_VOWEL.sub("", word)) + _OF_CYRILLIC
    if len(word) >= _LONG and word.endswith("a"):
        return re.escape(word[:-1]) + _POLISH
    return re.escape(word) + _ENDING
