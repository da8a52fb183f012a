"""Names that reports in two languages share, however either writes them.

A name is known by its consonants, folded, once its letters are Latin (library
anyascii): Netanyahu, נתניהו and Нетаньяху are one. Countries are known by their names
of CLDR (library babel). Where a script has no blanks, only countries are found. What
the feature brings is in docs/quality.md.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby
from typing import Final

from anyascii import anyascii
from babel import Locale, UnknownLocaleError

from samestory.index.decision.terms import RAREST, Rarity
from samestory.index.decision.tokens import ENGLISH
from samestory.scripts import INDIC, UNSPACED_LANGUAGES

OPENING: Final = 300  # characters of the text that are read
LEAST: Final = 3  # consonants of a name: fewer are in anything
_LETTER: Final = rf"(?:[^\W\d_]|(?!\w)[{INDIC}])"  # no letter is both, or it hangs
_SIGN: Final = rf"[\w{INDIC}]"
_WORD: Final = re.compile(rf"{_LETTER}{{3,}}(?:['\u05f3\u05f4\u2019\"]{_LETTER}+)*")
_ANY: Final = re.compile(rf"{_SIGN}+(?:['\u05f3\u05f4\u2019\"]{_SIGN}+)*")
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
# Before a country; fewer than before any word: "direction" is not "as Greece".
_HEBREW_PREFIXES: Final = frozenset("והבלמש") | frozenset(
    ("וה", "וב", "ול", "ומ", "וש", "כש", "מה", "שב", "שה", "של", "שמ")
)
_HEBREW_FINALS: Final = str.maketrans("ךםןףץ", "כמנפצ")  # at the end of a word alone
_ARABIC_PREFIXES: Final = frozenset("وفبكل")
# How a country's name may end where a script leaves vowels out: who or what is of it.
_ENDS: Final = {
    "he": frozenset(("י", "ית", "ימ", "יימ", "יות", "ייה")),
    "ar": frozenset(("ي", "ية", "يا", "يين", "يون", "يات", "ا")),
    "fa": frozenset(("ی", "یی", "ان", "یان", "یها", "ها")),
    "ur": frozenset(("ی", "یوں", "یائی")),
}
_LANGUAGES: Final = 64  # whose countries are kept; a feed may say that it is in any
_TERRITORY: Final = re.compile("[A-Z]{2}")
_BENDS: Final = 3  # letters that may follow a country's name
_HEAD: Final = 3  # letters by which it is seen that a word may be one
_STEM: Final = 5  # letters that its stem has at least


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
    if lang in UNSPACED_LANGUAGES:
        codes, opening = _without_blanks(opening, lang)
        words = _WORD.findall(opening)
    else:
        codes, rest = _countries_in(_ANY.findall(opening), lang or ENGLISH)
        words = [word for word in rest if _WORD.fullmatch(word)]
    english = _countries(ENGLISH)
    found = {code: rarity.of(english[code].split()[-1]) for code in codes}
    for word in set(words):
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


def countries_of_one_word(lang: str) -> frozenset[str]:
    """Return what countries are called in a language in one word, in small letters."""
    return frozenset(name for name in _countries(lang).values() if name.isalpha())


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


def _countries_in(words: Sequence[str], lang: str) -> tuple[set[str], list[str]]:
    """Return the ISO 3166 codes of the countries that words name, and the other words.

    A name may be bent by some letters at its end, and have its language's before it.
    """
    stems, heads, longest = _stems(lang)
    small = [word.lower().translate(_HEBREW_FINALS) for word in words]
    codes, rest, at = set(), [], 0
    while at < len(words):
        forms = [f for f in _forms(small[at], lang) if f[0][:_HEAD] in heads]
        for end in range(min(len(words), at + longest) if forms else at, at, -1):
            more = "".join(f" {word}" for word in small[at + 1 : end])
            if code := _country(forms, more, lang, stems, small=words[at].islower()):
                codes.add(code)
                at = end
                break
        else:
            rest.append(words[at])
            at += 1
    return codes, rest


def _country(
    forms: Iterable[tuple[str, bool]],
    more: str,
    lang: str,
    stems: Mapping[str, str],
    *,
    small: bool,
) -> str | None:
    """Return the code of the country that some words are.

    Args:
        forms: of the first word, see `_forms`.
        more: the other words, a blank before each.
        lang: ISO 639-1.
        stems: codes of countries.
        small: whether a small letter begins them where there are capital ones: no
            country then, but who or what is of one.
    """
    for first, must_bend in forms:
        form = first + more
        for bend in range(must_bend or small, _BENDS + 1):
            stem, end = form[: len(form) - bend], form[len(form) - bend :]
            if (code := stems.get(stem)) and _bends(stem, end, lang):
                return code
    return None


def _bends(stem: str, end: str, lang: str) -> bool:
    """Tell whether a country's name may end so."""
    if not end:
        return True
    if ends := _ENDS.get(lang):
        return end in ends
    return " " not in end and len(stem) > _HEAD


def _forms(name: str, lang: str) -> Iterator[tuple[str, bool]]:
    """Yield a name without what may stand before it, and whether it must be bent then.

    No country has the Hebrew article, and an Arabic one only as a part of its name; who
    is of it does: the Peruvian.
    """
    yield name, False
    if lang == "he":
        for at in (1, 2):
            if len(name) > at and name[:at] in _HEBREW_PREFIXES:
                yield name[at:], name[at - 1] == "ה"
    if lang == "ar":
        for at in (0, 1, 2):
            if set(name[:at]) <= _ARABIC_PREFIXES:
                yield from _without_article(name[at:])


def _without_article(name: str) -> Iterator[tuple[str, bool]]:
    yield name, False
    if name.startswith("ال"):
        yield name[2:], True
    if name.startswith("لل"):  # to the
        yield f"ال{name[2:]}", False
        yield name[2:], True


def _without_blanks(text: str, lang: str) -> tuple[set[str], str]:
    """Return the codes of the countries in a text of such a script, and the rest."""
    codes = set()
    stems, _, _ = _stems(lang)
    for stem in sorted(stems, key=len, reverse=True):
        if stem in text:
            codes.add(stems[stem])
            text = text.replace(stem, " ")
    return codes, text


@lru_cache(maxsize=_LANGUAGES)
def _countries(lang: str) -> Mapping[str, str]:
    """Return countries' names in small letters by code; none in a strange language."""
    try:
        named = Locale.parse(lang).territories
    except (UnknownLocaleError, ValueError):
        return {}
    return {
        code: name.lower() for code, name in named.items() if _TERRITORY.fullmatch(code)
    }


@lru_cache(maxsize=_LANGUAGES)
def _stems(lang: str) -> tuple[Mapping[str, str], frozenset[str], int]:
    """Return countries' codes by stem, how stems begin, and the most words of one."""
    stems = {
        _stem(" ".join(_ANY.findall(name)).translate(_HEBREW_FINALS)): code
        for code, name in _countries(lang).items()
    }
    longest = max((stem.count(" ") + 1 for stem in stems), default=1)
    return stems, frozenset(stem.split()[0][:_HEAD] for stem in stems), longest


def _stem(name: str) -> str:
    """Return a name without the vowel that it ends in: Ukraine bends to Ukrainian."""
    is_bent = name[-1] in "aeiouyаеиоуыэюя" and len(name) > _STEM
    return name[:-1] if is_bent else name
