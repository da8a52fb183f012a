"""Countries that a text names, in any language, however it bends their names.

Their names are those of CLDR (library babel); what else reports call them, their people
and their governments is in country_words.toml: Washington, американский, 美方.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError

from samestory.index.decision.tokens import ENGLISH
from samestory.scripts import INDIC, UNSPACED_LANGUAGES

_SIGN: Final = rf"[\w{INDIC}]"
_MARKS: Final = "'\"\u05f3\u05f4\u2019"  # within a word
_WORD: Final = re.compile(rf"{_SIGN}+(?:[{_MARKS}]{_SIGN}+)*")
_INITIALS: Final = re.compile(r"\b(?:[^\W\d_]{1,2}\.){2,}")  # U.S., EE.UU.
# What a mark parts from a name, before it or behind it: l'Iran, İran'ın, Iran's; or
# nothing, within initials: ארה"ב.
_APART: Final = {
    **dict.fromkeys(("fr", "it", "ca"), re.compile(r"\b[^\W\d_]{1,6}['\u2019](?=\w)")),
    **dict.fromkeys(("tr", "az"), re.compile(r"(?<=\w)['\u2019]\w+")),
    "en": re.compile(r"(?<=\w)['\u2019]s\b"),
    "he": re.compile(f"(?<=[א-ת])[{_MARKS}](?=[א-ת])"),
}
# Before a country; fewer than before any word: "direction" is not "as Greece".
_HEBREW_PREFIXES: Final = frozenset("והבלמש") | frozenset(
    ("וה", "וב", "ול", "ומ", "וש", "כש", "מה", "שב", "שה", "של", "שמ")
)
_HEBREW_FINALS: Final = str.maketrans("ךםןףץ", "כמנפצ")  # at the end of a word alone
_ARABIC_PREFIXES: Final = frozenset("وفبكل")
# How a country's name may end where a script leaves vowels out, who or what is of it;
# and in Korean, where a particle follows without a blank.
_ENDS: Final = {
    "he": frozenset(("י", "ית", "ימ", "יימ", "יות", "ייה")),
    "ar": frozenset(("ي", "ية", "يا", "يين", "يون", "يات", "ا")),
    "fa": frozenset(("ی", "یی", "ان", "یان", "یها", "ها")),
    "ur": frozenset(("ی", "یوں", "یائی")),
    "ko": frozenset(
        ("으로", "에서", "에게", *"이가은는을를의과와에도로만측군인산간발")
    ),
}
# Behind a country's name in English: who is of it.
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
# Languages that are written in two ways: another locale of each.
_ALSO: Final = {"zh": "zh_Hant", "pt": "pt_PT", "sr": "sr_Latn", "uz": "uz_Cyrl"}
_LANGUAGES: Final = 64  # whose countries are kept; a feed may say that it is in any
_KEPT: Final = 4_096  # words
_TERRITORY: Final = re.compile("[A-Z]{2}")
_BENDS: Final = 3  # letters that may follow a country's name
_SHORT: Final = 3  # letters of a name that nothing may follow
_HEAD: Final = 3  # letters by which it is seen that a word may be one
_LEAST: Final = 2  # letters of the shortest: 미국
_STEM: Final = 5  # letters that its stem has at least


@dataclass(frozen=True, slots=True)
class _Names:
    """Codes of countries by what names them in a language.

    Attributes:
        stems: by their names of CLDR, small, without the vowel that ends them.
        heads: how these begin.
        longest: how many words the longest has.
        words: by words of country_words.toml, small if any case will do.
        beginnings: by words of which it lets anything be the end.
    """

    stems: Mapping[str, str]
    heads: frozenset[str]
    longest: int
    words: Mapping[str, str]
    beginnings: Mapping[str, str]


def countries_in(text: str, lang: str | None) -> tuple[set[str], list[str]]:
    """Return the ISO 3166 codes of the countries that a text names, and other words.

    A name may be bent by some letters at its end, and have its language's before it.

    Args:
        text: all of it is read.
        lang: ISO 639-1; None is read as English.
    """
    lang = lang or ENGLISH
    text = _plain(text, lang)
    names = _names(lang)
    if lang in UNSPACED_LANGUAGES:
        return _without_blanks(text, names)
    words = _WORD.findall(text)
    codes, rest, at = set(), [], 0
    while at < len(words):
        code, end = _country_at(words, at, lang, names)
        if code:
            codes.add(code)
        else:
            rest.append(words[at])
        at = end
    return codes, rest


def english_name(code: str) -> str:
    """Return what a country is called in English, in small letters."""
    return _territories(ENGLISH)[code]


def countries_of_one_word(lang: str) -> frozenset[str]:
    """Return what countries are called in a language in one word, in small letters."""
    return frozenset(_of_one_word(lang))


@lru_cache(maxsize=_KEPT)
def country_named(word: str, *, bent: bool = True) -> str | None:
    """Return the code of the country that an English word names, in any case.

    Itself, its people, its government or its capital. Korea is none: two are called so.

    Args:
        word: one.
        bent: whether to let anything be its end where country_words.toml does, and to
            know who is of a country: not of a word in another language.
    """
    names, small = _names(ENGLISH), _small(word)
    if code := names.words.get(small) or names.words.get(small.upper()):
        return code
    if not bent:
        return _of_one_word(ENGLISH).get(small)
    if code := _begun(small, names.beginnings):
        return code
    named = _of_one_word(ENGLISH)
    forms = (
        f"{small.removesuffix(end)}{vowel}"
        for end in ("", *_OF_PEOPLE)
        if small.endswith(end)
        for vowel in ("", "a", "e")
    )
    return next((named[form] for form in forms if form in named), None)


@lru_cache(maxsize=_LANGUAGES)
def _of_one_word(lang: str) -> Mapping[str, str]:
    return {n: code for code, n in _territories(lang).items() if n.isalpha()}


def _plain(text: str, lang: str) -> str:
    """Return a text whose names have nothing beside them that a mark parts off."""
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    return _APART[lang].sub("", text) if lang in _APART else text


def _country_at(
    words: Sequence[str], at: int, lang: str, names: _Names
) -> tuple[str | None, int]:
    """Return the code of the country that a word begins to name, and what follows."""
    word = words[at]
    is_small = word.islower()
    if (code := names.words.get(word)) and not is_small:
        return code, at + 1
    likely = _likely(word, lang)
    for end in range(min(len(words), at + names.longest) if likely else at, at, -1):
        more = "".join(f" {_small(word)}" for word in words[at + 1 : end])
        if code := _bent(likely, more, lang, names.stems, small=is_small):
            return code, end
    if is_small and lang == ENGLISH:  # polish, turkey
        return None, at + 1
    return _otherwise(word, lang), at + 1


@lru_cache(maxsize=_KEPT)
def _likely(word: str, lang: str) -> tuple[tuple[str, bool], ...]:
    """Return the forms of a word that begin as a country's name does, see `_forms`."""
    heads = _names(lang).heads
    return tuple(
        form
        for form in _forms(_small(word), lang)
        if form[0][:_HEAD] in heads or form[0][:_LEAST] in heads
    )


@lru_cache(maxsize=_KEPT)
def _otherwise(word: str, lang: str) -> str | None:
    """Return the code of the country that a word of country_words.toml stands for."""
    names = _names(lang)
    for form, _ in _forms(_small(word), lang):
        if code := names.words.get(form) or _begun(form, names.beginnings):
            return code
    return None


def _small(word: str) -> str:
    """Return a word in small letters, a Turkish dot left out: I with one is two."""
    return word.lower().replace("i\u0307", "i").translate(_HEBREW_FINALS)


def _begun(word: str, beginnings: Mapping[str, str]) -> str | None:
    lengths = range(len(word), _LEAST - 1, -1)
    return next((beginnings[word[:n]] for n in lengths if word[:n] in beginnings), None)


def _bent(
    forms: Iterable[tuple[str, bool]],
    more: str,
    lang: str,
    stems: Mapping[str, str],
    *,
    small: bool,
) -> str | None:
    """Return the code of the country that some words are, by its name of CLDR.

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
            if (code := stems.get(stem)) and _may_end(stem, end, lang):
                return code
    return None


def _may_end(stem: str, end: str, lang: str) -> bool:
    """Tell whether a country's name may end so."""
    if not end:
        return True
    if ends := _ENDS.get(lang):
        return end in ends
    return " " not in end and len(stem) > _SHORT


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


def _without_blanks(text: str, names: _Names) -> tuple[set[str], list[str]]:
    """Return the codes of the countries in a text of such a script, and other words."""
    codes = set()
    named = {**names.stems, **names.words}
    for name in sorted(named, key=len, reverse=True):
        if name in text:
            codes.add(named[name])
            text = text.replace(name, " ")
    return codes, _WORD.findall(text)


@lru_cache(maxsize=_LANGUAGES)
def _names(lang: str) -> _Names:
    """Return what names countries in a language; nothing in a strange one."""
    locales = [lang, _ALSO[lang]] if lang in _ALSO else [lang]
    stems = {
        _stem(_plain(name, lang), lang): code
        for locale in reversed(locales)
        for code, name in _territories(locale).items()
    }
    words: dict[str, str] = {}
    beginnings: dict[str, str] = {}
    for code, listed in _words().get(lang, {}).items():
        for word in listed.translate(_HEBREW_FINALS).split():
            (beginnings if word[-1] == "*" else words)[word.rstrip("*")] = code
    return _Names(
        stems=stems,
        heads=frozenset(stem.split()[0][:_HEAD] for stem in stems),
        longest=max((stem.count(" ") + 1 for stem in stems), default=1),
        words=words,
        beginnings=beginnings,
    )


@lru_cache(maxsize=_LANGUAGES)
def _territories(locale: str) -> Mapping[str, str]:
    """Return countries' names in small letters by code; none in a strange language."""
    try:
        named = Locale.parse(locale).territories
    except (UnknownLocaleError, ValueError):
        return {}
    return {
        code: _small(name) for code, name in named.items() if _TERRITORY.fullmatch(code)
    }


@cache
def _words() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("country_words.toml")
    return tomllib.loads(path.read_text("utf-8"))


def _stem(name: str, lang: str) -> str:
    """Return a name without the vowel that it ends in: Ukraine bends to Ukrainian."""
    if lang in UNSPACED_LANGUAGES:
        return name
    plain = " ".join(_WORD.findall(name))
    is_bent = plain[-1] in "aeiouyаеиоуыэюя" and len(plain) > _STEM
    return plain[:-1] if is_bent else plain
