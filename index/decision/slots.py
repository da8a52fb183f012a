"""The same words of something else: templates, wires of every day, house text, rubrics.

"Drone strike kills seven in Kharkiv" and "Drone strike kills nine in Odesa" are one
sentence with two places in its slot, and two events. What stands in a slot counts where
it stands nowhere in the other report, by no other name of its country either, and a
name counts where its own report writes it with a capital letter within a sentence, as
Title Case is no sign of one. One name may be spelt in two ways: it is known by its
consonants. What each rule costs and gains is in docs/quality.md.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import Final

from samestory.index.decision.genre import is_rubric
from samestory.index.decision.names import LEAST, consonants
from samestory.index.decision.states import KEY, is_state, key_of
from samestory.index.decision.tokens import ALL_CAPITAL, NUMBER

OPENING: Final = 1500  # characters of the text that are read
LEAD: Final = 200  # of these, with which a report begins
ALIKE: Final = 0.57  # of the words of two titles, where a name differs
REPRINTED: Final = 0.9  # of the words of two openings: it may be one text
TITLE_CASE: Final = 0.67  # of a sentence's longer words have a capital letter
HALF: Final = 0.5  # of the words of two openings, where the weekday differs
APART: Final = timedelta(days=5)
ALIKE_BUT_NUMBERS: Final = 0.7  # the same where a number does: counts are corrected
_WORDS: Final = 30  # of a title or a text that are held together
SHARED: Final = 0.1  # of the words of the poorer of two: less is nothing
_RUBRIC: Final = 4  # words of a title that may head anything: Morning briefing
_FIGURES: Final = 2  # that both differ
Words = tuple[str, str, str | None]  # title, opening of the text, language (639-1)
_KEPT: Final = 512  # texts that are read once, of those that are held together
_TELLING: Final = 8  # words that have to be left for two reports to share nothing
_SPELT: Final = 6  # letters of a name of which one may be another
_LEAST: Final = 4  # words of a title in which a slot can be seen, letters of a name
_WORD: Final = re.compile(r"[^\W_]+(?:[.,:'\u2019][^\W_]+)*")
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
# " - The Daily" at the end of a title, or " - World - The Daily".
_MARK: Final = r"\s[-\u2013\u2014|]\s"
_HOUSE: Final = re.compile(rf"(?:{_MARK}(?:(?!{_MARK}).){{2,40}}){{1,2}}\Z")
# What is counted otherwise by each who tells it.
_ABOUT: Final = re.compile(
    r"[$\u00a3\u20ac\u00a5%]|\d(?:bn|m|k)\b|\d\.\d"
    r"|\b(?:million|billion|trillion|mln|nearly|about|almost|over|more than|around|some"
    r"|at least|up to)\b",
    re.IGNORECASE,
)
_TOLL: Final = re.compile(
    r"\b(?:kill|dead|death|die[sd]?\b|dying|injur|wound|toll|missing|hurt|victim)"
)
# Nouns begin with a capital letter, so that none shows a name.
_DAYS: Final = {
    f"{day}day".lower()[:KEY]: f"{day}day"
    for day in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")
}
_MONTHS: Final = frozenset(
    "janua febru march april june july augus septe octob novem decem".split()  # noqa: SIM905
)
_CALENDAR: Final = _DAYS.keys() | _MONTHS
_LINE: Final = re.compile(r"(?<=[.!?])\s+|\n+")
_SHORTEST_LINE: Final = 4  # words
_COMMON: Final = re.compile(
    r"(?:the|and|for|that|with|from|this|have|has|was|were|are|will|been|their|they"
    r"|which|said|says|would|about|after|more|than|into|over|also|but|not|its|his|her"
    r"|who|when|what)"
)


def other_in_a_slot(a: Words, b: Words) -> str | None:
    """Return what two titles differ in, where they differ in nothing else; None if not.

    Args:
        a: one report.
        b: another.
    """
    if a[2] != b[2] or a[0] == b[0]:
        return None
    one, other = words_of_title(a[0]), words_of_title(b[0])
    if min(len(one), len(other)) < _LEAST or not _may_be_alike(one, other):
        return None
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    alike = matcher.ratio()
    if alike < ALIKE:
        return None
    told = _told(*a[:2]), _told(*b[:2])
    first = told_at_first(*a[:2]), told_at_first(*b[:2])
    for kind, begin, end, start, stop in matcher.get_opcodes():
        if kind != "replace":
            continue
        sides = one[begin:end], other[start:stop]
        for differ, there in (
            (_states, first),
            (_names, told),
            *([(_numbers, told)] if alike >= ALIKE_BUT_NUMBERS else []),
        ):
            left = differ(sides[0], a, there[1])
            right = differ(sides[1], b, there[0])
            if left and right and not _is_one_name((left, right), (one, other), a[2]):
                return f"the same words of {left!r} and of {right!r}"
    return None


def other_day_of_a_wire(
    a: Words, b: Words, days: tuple[date | None, date | None] = (None, None)
) -> str | None:
    """Return in what two openings differ that are else alike: a day or figures.

    What is told every day in the same words: oil rose on Monday, and on Tuesday, by
    other figures. One figure may be corrected, or a toll rise; two others that both
    differ are of another day. So is one Monday and another.

    Args:
        a: one report.
        b: another.
        days: on which each was published, as it states.

    Returns:
        Both, in words; None if the openings are not alike or differ in something else.
    """
    one, other = _opening(a[1]), _opening(b[1])
    if a[2] != b[2] or not _may_be_alike(one, other):
        return None
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    alike = matcher.ratio()
    slots = [
        (one[begin:end], other[start:stop])
        for kind, begin, end, start, stop in matcher.get_opcodes()
        if kind == "replace"
    ]
    differ: list[tuple[str, str]] = []
    named = [_set(of) & _DAYS.keys() for of in (one, other)]
    if alike >= HALF and all(len(some) == 1 for some in named):
        differ = _both(slots, lambda word: word in _DAYS)
        if not differ and named[0] == named[1] and alike < REPRINTED:
            differ = _weeks_apart(next(iter(named[0])), *days)
    if not differ and alike >= ALIKE_BUT_NUMBERS:
        figures = _both(slots, lambda word: word[0].isdigit())
        is_toll = all(_TOLL.search(text[:LEAD].lower()) for _, text, _ in (a, b))
        differ = figures if len(figures) >= _FIGURES and not is_toll else []
    if not differ:
        return None
    left, right = (_DAYS.get(word, word) for word in differ[0])
    return f"the same words of {left} and of {right}"


def _weeks_apart(
    weekday: str, one: date | None, other: date | None
) -> list[tuple[str, str]]:
    """Return the two days that a weekday is, as two reports name it; [] if but one.

    Some days have to lie between them: a report may speak of next Monday.
    """
    if one is None or other is None or abs(one - other) < APART:
        return []
    number = [*_DAYS].index(weekday)
    left, right = (
        day - timedelta(days=(day.weekday() - number) % 7) for day in (one, other)
    )
    if left == right:
        return []
    name = _DAYS[weekday]
    return [(f"{name} {left:%-d %b}", f"{name} {right:%-d %b}")]


def _both(
    slots: Iterable[tuple[Sequence[str], Sequence[str]]], fits: Callable[[str], bool]
) -> list[tuple[str, str]]:
    """Return the first word that fits of either side of each slot that has both."""
    found = [[next(filter(fits, side), None) for side in slot] for slot in slots]
    return [(left, right) for left, right in found if left and right]


def are_alike(a: Words, b: Words) -> bool:
    """Return whether half of the words of two titles are the same."""
    return _may_be_alike(_opening(a[0]), _opening(b[0]))


def house_text_alone(a: Words, b: Words, *, of_one_house: bool) -> str | None:
    """Return why two reports share but what stands verbatim in both; None if not.

    Lines that an outlet puts under all that it prints, or a title that heads anything:
    what is left shares hardly a word.

    Args:
        a: one report.
        b: another.
        of_one_house: whether one publisher printed both: lines that two have in common
            are told by both.
    """
    is_known = _is_column(a[0]) and _is_column(b[0]) and a[2] == b[2]
    is_column = is_known or (
        bool(a[0]) and a[0] == b[0] and len(_WORD.findall(a[0])) <= _RUBRIC
    )
    lines = [_lines(text) for _, text, _ in (a, b)]
    verbatim = _set(lines[0]) & _set(lines[1])
    if not is_column and (a[0] == b[0] or not verbatim or not of_one_house):
        return None
    left, right = (
        _content(" ".join(line for line in of if line not in verbatim)) for of in lines
    )
    if not is_column:
        left, right = left | _content(a[0]), right | _content(b[0])
    elif is_known and not (left and right):  # of lines too short to be told apart
        left, right = _content(a[1]), _content(b[1])
    least = min(len(left), len(right))
    if least < _TELLING and (verbatim or not is_known):
        return None
    if len(left & right) > max(1, SHARED * least):
        return None
    what = "the title, which heads anything" if is_column else "house text"
    return f"nothing in common but {what}"


@lru_cache(maxsize=_KEPT)
def _is_column(title: str) -> bool:
    """Return whether a title heads a column, the outlet's name at its end or not."""
    return is_rubric(_HOUSE.sub("", title))


def _may_be_alike(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether enough words are the same, in whatever order: a quick look."""
    common = len(_set(one) & _set(other))
    return 2 * common >= HALF * (len(_set(one)) + len(_set(other)))


@lru_cache(maxsize=4 * _KEPT)
def _set(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words)


@lru_cache(maxsize=_KEPT)
def _opening(text: str) -> tuple[str, ...]:
    """Return the first words of a text, by their keys."""
    words = _WORD.findall(text[: 10 * _WORDS])[:_WORDS]
    return tuple(w if w[0].isdigit() else w.lower()[:KEY] for w in words)


@lru_cache(maxsize=_KEPT)
def _lines(text: str) -> tuple[str, ...]:
    """Return the sentences and lines of a text that have some words."""
    lines = _LINE.split(text)
    return tuple(one for one in lines if len(one.split()) >= _SHORTEST_LINE)


def _content(text: str) -> frozenset[str]:
    """Return the keys of the words of a text that tell something."""
    return frozenset(
        key_of(word)
        for word in _WORD.findall(text)
        if len(word) >= _LEAST - 1 and not _COMMON.fullmatch(word.lower())
    )


def _states(words: Iterable[str], of: Words, told: frozenset[str]) -> str | None:
    """Return the first state among words that another report does not begin with."""
    return next(
        (w for w in words if is_state(w, of[2]) and not is_told(key_of(w), told)), None
    )


def _names(words: Iterable[str], of: Words, told: frozenset[str]) -> str | None:
    """Return the first name among words that another report does not tell."""
    title, text, lang = of
    names = frozenset() if lang in ALL_CAPITAL else _named(title, text, lang)
    return next(
        (w for w in words if key_of(w) in names and key_of(w) not in told), None
    )


def _is_one_name(
    words: tuple[str, str], titles: tuple[Sequence[str], ...], lang: str | None
) -> bool:
    """Tell whether a word of one title is a name that the other spells otherwise.

    Kharkiv, Kharkov; Sheikha, Shaikha; Airbase, Air Base. Two states are two.
    """
    one, other = words
    sounds = consonants(one, lang)
    if len(sounds) >= LEAST and sounds == consonants(other, lang):
        return True
    left, right = one.lower(), other.lower()
    apart = [{f"{x}{y}".lower() for x, y in pairwise(title)} for title in titles]
    if left in apart[1] or right in apart[0]:
        return True
    if len(left) != len(right) or len(left) < _SPELT:
        return False
    is_of_states = is_state(one, lang) and is_state(other, lang)
    differ = sum(a != b for a, b in zip(left, right, strict=True))
    return differ == 1 and not is_of_states


def _numbers(words: Iterable[str], of: Words, told: frozenset[str]) -> str | None:
    """Return the first number that another report does not tell.

    None of a title with a toll, which is corrected, with money, a share or a guess,
    which each rounds, or with a month: it may be a day. In English, where these words
    are known.
    """
    title, _, lang = of
    keys = {word.lower()[:KEY] for word in words_of_title(title)}
    guessed = _TOLL.search(title.lower()) or _ABOUT.search(_HOUSE.sub("", title))
    if lang not in (None, "en") or guessed or keys & _MONTHS:
        return None
    return next((w for w in words if NUMBER.match(w) and key_of(w) not in told), None)


@lru_cache(maxsize=_KEPT)
def words_of_title(title: str) -> tuple[str, ...]:
    """Return the first words of a title, without the outlet's name at its end."""
    return tuple(_WORD.findall(_HOUSE.sub("", title))[:_WORDS])


@lru_cache(maxsize=_KEPT)
def _told(title: str, text: str) -> frozenset[str]:
    """Return all that a report tells, by its keys."""
    return frozenset(map(key_of, _WORD.findall(f"{title} {text[:OPENING]}")))


def told_at_first(title: str, text: str) -> frozenset[str]:
    """Return what a report's title and lead tell, by its keys."""
    return _told(title, text[:LEAD])


def is_told(state: str, told: frozenset[str]) -> bool:
    """Return whether a state is told, or its people, by the state's key."""
    return any(key.startswith(state) for key in told)


@lru_cache(maxsize=_KEPT)
def _named(title: str, text: str, lang: str | None) -> frozenset[str]:
    """Return the keys of what a title names and its text writes as a name."""
    within, low = set(), set()
    for word, is_first in _written(text[:OPENING]):
        if word[0].islower():
            low.add(word)
        elif word[0].isupper() and not (is_first or word.isupper()):
            within.add(key_of(word))
    return frozenset(
        key_of(word)
        for word in words_of_title(title)
        if not word[0].islower()
        and len(word) >= _LEAST
        and word.lower() not in low
        and key_of(word) not in _CALENDAR
        and (is_state(word, lang) or key_of(word) in within)
    )


def _written(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each word of a text, and whether it begins a sentence.

    Sentences In Title Case are left out.
    """
    for sentence in _SENTENCE.split(text):
        words = _WORD.findall(sentence)
        capital = [word[0].isupper() for word in words if len(word) >= _LEAST]
        if sum(capital) > TITLE_CASE * len(capital):
            continue
        for number, word in enumerate(words):
            yield word, number == 0
