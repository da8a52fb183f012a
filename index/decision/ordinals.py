"""Which of a series a report tells of: the 13th package, 15-й пакет, 第15轮.

A number is an ordinal by how it is written. The words are those of `ordinals.json`
(from library num2words, 3 to 30, without what bends them). What stands before a month
is a day: 15. März (months of CLDR, where a day is written as an ordinal). English has
its own rules, which the packaged pair model was fitted with.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

from samestory.index.decision.tokens import ENGLISH, TOKEN

REACH: Final = 3  # words after an ordinal that may be what is counted
_WORDS: Final = (
    "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
ORDINALS: Final = {word: n for n, word in enumerate(_WORDS.split(), 3)}  # English
_UNITS: Final = "first second third fourth fifth sixth seventh eighth ninth".split()  # noqa: SIM905
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_DIGITS: Final = re.compile(r"(\d{1,3})(?:st|nd|rd|th)")
# What is counted before its number: Game 4, day 1,501, Phase II.
_CARDINALS: Final = "one two three four five six seven eight nine ten".split()  # noqa: SIM905
_ROMAN: Final = "I II III IV V VI VII VIII IX X".split()  # noqa: SIM905
_COUNTED: Final = re.compile(
    r"\b(?i:(game|day|phase|round|stage|part|episode|leg|matchday|match|test|heat"
    r"|chapter|volume|edition|week|race|tranche|wave|batch|step|act)) "
    rf"(?:(?i:no)\.? |#)?(\d[\d,]{{0,8}}|(?i:{'|'.join(_CARDINALS)})\b"
    rf"|(?:{'|'.join(_ROMAN)})\b)(?![\d%-]|\.\d| per ?cent| ?[ap]\.?m\b)"
)
_NUMBER: Final = r"(?<![\d.,-])(\d{1,3})"
_DOT: Final = re.compile(_NUMBER + r"\.(?=\s+[^\W\d])")
# How others write one in digits, by language; what has none here has _DOT.
_WRITTEN: Final = {
    "ru": re.compile(
        _NUMBER + r"[-\u2010\u2011](?:й|го|му|м|я|ю|е|ый|ая|ой|ого|ому)\b"
    ),
    "uk": re.compile(
        _NUMBER + r"[-\u2010\u2011](?:й|го|му|м|а|у|я|ю|е|ий|ої|ого|ому)\b"
    ),
    "fr": re.compile(_NUMBER + r"\s?(?:e|er|re|ère|è|ème|eme)\b"),
    "es": re.compile(_NUMBER + r"\.?[ºª°]"),
    "it": re.compile(_NUMBER + r"\.?[ºª°]"),
    "pt": re.compile(_NUMBER + r"\.?[ºª°]"),
    "nl": re.compile(_NUMBER + r"(?:e|ste|de)\b"),
    "sv": re.compile(_NUMBER + r":[ae]\b"),
    "he": re.compile(r"(?<!\w)ה-(\d{1,3})\b"),
    "ar": re.compile(r"(?<!\w)الـ? ?(\d{1,3})\b"),
    "fa": re.compile(_NUMBER + r"\s?\u200c?(?:مین|اُمین|ام|م)\b"),
    "zh": re.compile(r"第 ?(\d{1,3}|[一二三四五六七八九十]{1,3})"),
    "ja": re.compile(r"第 ?(\d{1,3}|[一二三四五六七八九十]{1,3})"),
    "ko": re.compile(r"제 ?(\d{1,3})"),
    "id": re.compile(r"\bke-(\d{1,3})\b"),
    "vi": re.compile(r"\bthứ (\d{1,3})\b"),
    "th": re.compile(r"(?<!วัน)ที่ ?(\d{1,3})"),
    "hi": re.compile(_NUMBER + r"\s?(?:वा[ंँ]|वें|वीं)"),
}
_WITH_DOT: Final = frozenset(
    ("bs", "cs", "da", "de", "et", "fi", "hr", "hu")
) | frozenset(("is", "lv", "no", "pl", "sk", "sl", "sr", "tr"))
_ARTICLES: Final = {"ar": "ال", "he": "ה"}
_SAME: Final = {"nb": "no", "nn": "no"}
_CHINESE: Final = "一二三四五六七八九"


class _Folded(dict[int, str]):
    """Digits of every script as ours, for `str.translate`; all else as it is."""

    def __missing__(self, code: int) -> str:
        one = chr(code)
        self[code] = str(unicodedata.digit(one)) if one.isdecimal() else one
        return self[code]


_FOLDED: Final = _Folded()


class Ordinal(NamedTuple):
    """A number of a series.

    Attributes:
        number: it.
        after: the words after it, in small letters, REACH at most.
    """

    number: int
    after: tuple[str, ...]


def folded(text: str) -> str:
    """Return a text with the digits of every script as ours."""
    return text if text.isascii() else text.translate(_FOLDED)


def ordinals_in(text: str, lang: str | None) -> list[Ordinal]:
    """Return the ordinals of a text, as they come.

    Args:
        text: title and lead.
        lang: ISO 639-1; None is read as English.
    """
    if lang is None or lang == ENGLISH:
        return list(_english(text))
    text, lang = folded(text), _SAME.get(lang, lang)
    known, found = _known().get(lang), []
    pattern = _WRITTEN.get(lang) or (_DOT if lang in _WITH_DOT else None)
    for match in pattern.finditer(text) if pattern else ():
        number = _value(match[1])
        if number:
            found.append(Ordinal(number, _after(text, match.end())))
    words = [word.lower() for word in TOKEN.findall(text)] if known else []
    at = 0
    while known and at < len(words):
        for length in (2, 1):
            word = _number_of(words[at : at + length], lang, known)
            if word is not None:
                after = tuple(words[at + length : at + length + REACH])
                found.append(Ordinal(word, after))
                break
        at += length
    months = known.months if known else frozenset()
    return [one for one in found if not months.intersection(one.after[:1])]


def counted_in(text: str) -> list[Ordinal]:
    """Return what an English text counts by a number behind it: ("game",) of 4."""
    found = []
    for hit in _COUNTED.finditer(text):
        written = hit[2].replace(",", "")
        if written.isdecimal():
            number = int(written)
        elif written in _ROMAN:
            number = _ROMAN.index(written) + 1
        else:
            number = _CARDINALS.index(written.lower()) + 1
        found.append(Ordinal(number, (hit[1].lower(),)))
    return found


def _english(text: str) -> Iterator[Ordinal]:
    words = [word.lower() for word in TOKEN.findall(text)]
    for at, word in enumerate(words):
        digits = _DIGITS.fullmatch(word)
        number = int(digits[1]) if digits else ORDINALS.get(word)
        if word in _UNITS and at and words[at - 1] in _TENS:
            tens = 10 * (_TENS.index(words[at - 1]) + 2)
            number = tens + _UNITS.index(word) + 1
        if number is not None:
            yield Ordinal(number, tuple(words[at + 1 : at + 1 + REACH]))


def _after(text: str, at: int) -> tuple[str, ...]:
    words = TOKEN.findall(text[at : at + 100])[:REACH]
    return tuple(word.lower() for word in words)


def _value(written: str) -> int:
    """Return a number of digits or of Chinese characters up to 99; 0 for none."""
    if written.isdigit():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    high = (_CHINESE.index(tens[-1]) + 1 if tens else 1) if ten else 0
    return 10 * high + (_CHINESE.index(ones[-1]) + 1 if ones else 0)


class _Words(NamedTuple):
    """Of a language: its ordinals without what bends them, that, and its months."""

    numbers: dict[str, int]
    endings: tuple[str, ...]
    months: frozenset[str]


@cache
def _known() -> dict[str, _Words]:
    path = Path(__file__).with_name("ordinals.json")
    tables = json.loads(path.read_text("utf-8"))
    return {
        lang: _Words(
            numbers=one["words"],
            endings=tuple(one["endings"]),
            months=frozenset(one["months"]),
        )
        for lang, one in tables.items()
    }


def _number_of(words: Sequence[str], lang: str, known: _Words) -> int | None:
    """Return the ordinal that one or two words are; None if they are none."""
    article = _ARTICLES.get(lang, "")
    bare = [word.removeprefix(article) for word in words]
    cut = [
        [word.removesuffix(end) for end in known.endings if word.endswith(end)]
        for word in bare
    ]
    for stems in product(*cut):
        number = known.numbers.get(" ".join(stems))
        if number is not None:
            return number
    return None
