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
from samestory.scripts import UNSPACED_LANGUAGES

REACH: Final = 3  # words after an ordinal that may be what is counted
_WORDS: Final = (
    "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
ORDINALS: Final = {word: n for n, word in enumerate(_WORDS.split(), 3)}  # English
_TENS: Final = "twenty thirty forty fifty sixty seventy eighty ninety".split()  # noqa: SIM905
_UNITS: Final = "first third fourth fifth sixth seventh eighth ninth".split()  # noqa: SIM905
# Written in one: "twenty third-graders" are twenty; of seconds a minute has sixty.
_TWO: Final = re.compile(
    rf"\b({'|'.join(_TENS)})-({'|'.join(_UNITS)})\b(?![-\u2010\u2011])",
    re.IGNORECASE | re.ASCII,
)
_DIGITS: Final = re.compile(r"(\d{1,3})(?:st|nd|rd|th)")
# What is counted before its number: Game 4, day 1,501, Phase II. Some of what is so
# counted is often something else: last week 40 died, to test 5 missiles, the day I met
# him. It counts without an article, and where the number ends what is said of it.
_CARDINALS: Final = "one two three four five six seven eight nine ten".split()  # noqa: SIM905
_ROMAN: Final = "I II III IV V VI VII VIII IX X".split()  # noqa: SIM905
_ENDS: Final = (
    r"(?=$|[.,;:!?)'\u2019\u2013\u2014]| (?:of|in|at|on|as|and|for|with|to|after|before"
    r"|against|is|was|has|begins?|starts?|ends?|opens?)\b| [-(|\u2013\u2014])"
)
_BUT_MANY: Final = r"(?! (?i:people|men|women|children|police|\w+s|per ?cent)\b)"
_BEHIND: Final = r"(?![\d%-]|[.,]\d| ?(?i:[ap]\.?m)\b)"
_COUNTED: Final = re.compile(
    r"(?<![-\w])(?:"
    r"(?i:(game|phase|round|stage|episode|matchday|tranche|wave|batch|volume|edition)) "
    rf"(?:(?i:no)\.? ?|#)?(?:(\d[\d,]{{0,6}}){_BEHIND}{_BUT_MANY}"
    rf"|((?i:{'|'.join(_CARDINALS)})|{'|'.join(_ROMAN)}){_ENDS})"
    r"|(?i:(?<!the )(?<!\ban )(?<!\ba )(?<!this )(?<!last )(?<!next )(?<!past )"
    r"(?<!one )(?<!per )(?<!each )(?<!every )(?<!same )(?<!that )(?<!his )(?<!her )"
    r"(?<!their )(?<!our )(?<!my )(?<!its )(?<!to )(?<!will )(?<!election )"
    r"(?<!christmas ))"
    r"(?i:(day|part|leg|match|test|heat|chapter|week|race|step|act)) "
    rf"(?:(?i:no)\.? ?|#)?((?!(?:19|20)\d\d\b)\d[\d,]{{0,6}}"
    rf"|(?i:{'|'.join(_CARDINALS)})|{'|'.join(_ROMAN)}){_BEHIND}{_ENDS})",
    re.ASCII,  # "ſix" is no six
)
_NUMBER: Final = r"(?<![\d.,-])(\d{1,3})"
_CHINESE: Final = "一二三四五六七八九"
_CHINESE_ORDINAL: Final = (
    rf"第 ?(\d{{1,4}}(?!\d|[.,]\d)|[{_CHINESE}]?十[{_CHINESE}]?|[{_CHINESE}])"
    rf"(?![{_CHINESE}十百千万])"
)
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
    "zh": re.compile(_CHINESE_ORDINAL),
    "ja": re.compile(_CHINESE_ORDINAL),
    "ko": re.compile(r"제 ?(\d{1,3})(?!\d|[.,]\d)"),
    "id": re.compile(r"\bke-(\d{1,3})\b"),
    "vi": re.compile(r"\bthứ (\d{1,3})\b"),
    # What is counted stands before: time, round, edition, lot, match, model, phase.
    "th": re.compile(
        r"(?:ครั้ง|รอบ|ฉบับ|ชุด|นัด|รุ่น|ระยะ|สมัย|ตอน|เกม|อันดับ)ที่ ?(\d{1,3})(?!\d|[.,]\d)"
    ),
    "hi": re.compile(_NUMBER + r"\s?(?:वा[ंँ]|वें|वीं)"),
}
_WITH_DOT: Final = frozenset(
    ("bs", "cs", "da", "de", "et", "fi", "hr", "hu")
) | frozenset(("is", "lv", "no", "pl", "sk", "sl", "sr", "tr"))
_TEN: Final = 10
# Twenty to ninety, where they are words of their own before an ordinal below ten; what
# joins the two; and where they stand behind it.
_SPOKEN_TENS: Final = {
    lang: spoken.split()
    for lang, spoken in {
        "es": "vigésim trigésim cuadragésim quincuagésim sexagésim septuagésim"
        " octogésim nonagésim",
        "fa": "بیست سی چهل پنجاه شصت هفتاد هشتاد نود",
        "fr": "vingt trente quarante cinquante soixante septante quatrevingt nonante",
        "pl": "dwudziest trzydziest czterdziest pięćdziesiąt sześćdziesiąt"
        " siedemdziesiąt osiemdziesiąt dziewięćdziesiąt",
        "pt": "vigésim trigésim quadragésim quinquagésim sexagésim septuagésim"
        " octogésim nonagésim",
        "ro": "douăzeci treizeci patruzeci cincizeci șaizeci șaptezeci optzeci"
        " nouăzeci",
        "ru": "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят"
        " девяносто",
        "tr": "yirmi otuz kırk elli altmış yetmiş seksen doksan",
        "uk": "двадцять тридцять сорок п'ятдесят шістдесят сімдесят вісімдесят"
        " дев'яносто",
    }.items()
}
_AND: Final = {"fa": "و", "fr": "et", "ro": "și"}
_BY_SCORES: Final = {"fr": (60, 80)}  # soixante-dixième is the seventieth
_FOUR_SCORE: Final = re.compile(r"\bquatre-vingt", re.IGNORECASE)
_ARABIC_TENS: Final = "عشر ثلاث أربع خمس ست سبع ثمان تسع".split()  # noqa: SIM905
_BEHIND_UNIT: Final = {"ar": re.compile(f"و(?:ال)?({'|'.join(_ARABIC_TENS)})[يو]ن")}
_ARTICLES: Final = {"ar": "ال", "he": "ה"}
_SAME: Final = {"nb": "no", "nn": "no"}


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


def counter_of(text: str, lang: str) -> str:
    """Return what the first ordinal of a text counts, where nobody parts words.

    Its measure word in Chinese and Japanese, what stands before it in Thai, the word
    behind it in other languages; "" if nobody can tell.
    """
    text = folded(text)
    hit = _WRITTEN[lang].search(text) if lang in _WRITTEN else None
    if hit is None:
        return ""
    if lang == "th":
        return hit[0][: hit[0].index("ที่")]
    behind = text[hit.end() :].lstrip()
    return behind[:1] if lang in UNSPACED_LANGUAGES else next(iter(behind.split()), "")


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
    if lang == "fr":
        text = _FOUR_SCORE.sub("quatrevingt", text)
    known, found = _known().get(lang), []
    pattern = _WRITTEN.get(lang) or (_DOT if lang in _WITH_DOT else None)
    for match in pattern.finditer(text) if pattern else ():
        number = _value(match[1])
        if number:
            found.append(Ordinal(number, _after(text, match.end())))
    words = [word.lower() for word in TOKEN.findall(text)] if known else []
    at = 0
    while known and at < len(words):
        word, end = _number_at(words, at, lang, known)
        if word is not None:
            found.append(Ordinal(word, tuple(words[end : end + REACH])))
        at = end
    months = known.months if known else frozenset()
    return [one for one in found if not months.intersection(one.after[:1])]


def counted_in(text: str) -> list[Ordinal]:
    """Return what an English text counts by a number behind it: ("game",) of 4."""
    found = []
    for hit in _COUNTED.finditer(text):
        what, written = filter(None, hit.groups())
        written = written.replace(",", "")
        if written.isdecimal():
            number = int(written)
        elif written in _ROMAN:
            number = _ROMAN.index(written) + 1
        else:
            number = _CARDINALS.index(written.lower()) + 1
        found.append(Ordinal(number, (what.lower(),)))
    return found


def _english(text: str) -> Iterator[Ordinal]:
    two = {hit.end(): _of_two(hit) for hit in _TWO.finditer(text)}
    found = list(TOKEN.finditer(text))
    words = [word[0].lower() for word in found]
    for at, word in enumerate(words):
        digits = _DIGITS.fullmatch(word)
        number = int(digits[1]) if digits else ORDINALS.get(word)
        number = two.get(found[at].end(), number)
        if number is not None:
            yield Ordinal(number, tuple(words[at + 1 : at + 1 + REACH]))


def _of_two(hit: re.Match[str]) -> int:
    """Return the number of "twenty-third"."""
    unit = _UNITS.index(hit[2].lower()) + 1
    return 10 * (_TENS.index(hit[1].lower()) + 2) + unit + (unit > 1)


def _after(text: str, at: int) -> tuple[str, ...]:
    words = TOKEN.findall(text[at : at + 100])[:REACH]
    return tuple(word.lower() for word in words)


def _value(written: str) -> int:
    """Return a number of digits or of Chinese characters up to 99."""
    if written.isdigit():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    high = (_CHINESE.index(tens) + 1 if tens else 1) if ten else 0
    return 10 * high + (_CHINESE.index(ones) + 1 if ones else 0)


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


def _number_at(
    words: Sequence[str], at: int, lang: str, known: _Words
) -> tuple[int | None, int]:
    """Return the ordinal that begins with a word, if one does, and what follows it.

    Its tens may be a word of their own, before or behind: двадцать пятый is no fifth.
    """
    tens = _tens_of(words[at], lang, known)
    if tens:
        begin = at + 1 + (words[at + 1 : at + 2] == [_AND.get(lang)])
        unit = _number_of(words[begin : begin + 1], lang, known)
        most = 2 * _TEN if tens in _BY_SCORES.get(lang, ()) else _TEN
        if unit is not None and unit < most:
            return tens + unit, begin + 1
    for length in (2, 1):
        number = _number_of(words[at : at + length], lang, known)
        if number is None:
            continue
        end = at + length
        behind = _BEHIND_UNIT.get(lang)
        more = behind.fullmatch(words[end]) if behind and end < len(words) else None
        if more:
            return number + 10 * (_ARABIC_TENS.index(more[1]) + 2), end + 1
        return number, end
    return None, at + 1


def _tens_of(word: str, lang: str, known: _Words) -> int:
    """Return the tens that a word is, as one number or as an ordinal; 0 if none."""
    stems = {word, *(word.removesuffix(end) for end in known.endings if end)}
    spoken = _SPOKEN_TENS.get(lang, ())
    if stem := next((stem for stem in stems if stem in spoken), None):
        return 10 * (spoken.index(stem) + 2)
    number = _number_of([word], lang, known) or 0
    return number if number % _TEN == 0 and number > _TEN else 0


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
