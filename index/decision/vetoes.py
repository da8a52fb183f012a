"""What forbids that two reports are one event, however alike they are.

A cosine hardly sees which number stands before "package", or who expels whom. Most
rules read the title, alone or with the first sentence or two (LEAD), and speak where
both reports say something of the kind; a denial and an anniversary speak where the
other report knows of none in its OPENING. What each costs and gains: docs/quality.md.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from samestory.index.decision.actors import other_actor, other_bank, other_minister
from samestory.index.decision.denials import denial_in, knows_of_denial
from samestory.index.decision.genre import asks, explains, is_rubric
from samestory.index.decision.ordinals import counted_in, counter_of, ordinals_in
from samestory.index.decision.slots import (
    LEAD,
    OPENING,
    Words,
    are_alike,
    house_text_alone,
    other_day_of_a_wire,
    other_in_a_slot,
)
from samestory.index.decision.stages import stages_in
from samestory.index.decision.states import KEY, is_state, key_of
from samestory.index.decision.tokens import ENGLISH, TOKEN
from samestory.scripts import UNSPACED_LANGUAGES

_SHORTEST: Final = 4  # letters of a name or verb that counts


def _split(words: str) -> frozenset[str]:
    return frozenset(words.split())


_NO_WORDS: Final = UNSPACED_LANGUAGES | {"hi"}  # no blanks, or signs within a word
LOW: Final = 5  # an ordinal below is more often of a day, a time or a rank
# Counted, but not the acts of a series: two reports of one event may differ in them.
_NO_SERIES: Final = _split(
    "amendment anniversary avenue birthday century circuit consecutive day district"
    " floor grade month quarter row straight street time week year"
    " january february march april may june july august september october november"
    " december"
)
# Beginnings of words that may follow a name and yet are no act of one against another:
# either side may be named first, or it is a noun.
_NO_ACT: Final = _split(
    "agree allie clash debat discu face faces fight fough joins meet meets meeti said"
    " say says talks trade versu with army bombe fire force korea leade leads minis"
    " offic presi soldi troop"
)
_IS_ACT: Final = re.compile(r" [\w'\u2019]+(?:s|ed|S|ED) ")  # behind its actor
_BEGINS: Final = _split(
    "begin begins began open opened opens start started starts resume resumed resumes"
)
_ENDS: Final = _split(
    "close closed closes collapse collapsed collapses conclude concluded concludes"
    " end ended ends breaks broke break"
)
# What a title remembers, and the words that show that the other report does, too.
_COMMEMORATES: Final = re.compile(
    r"\b(?:remembers|commemorates)\b|^on this day in (?:history|\d{4})\b"
    r"|^this day in history\b"
    r"|(?<!to )\bmarks? (?:[\w-]+ ){0,3}(?:years?|decades?|anniversary)\b"
    r"|\b(?:\d+|one|two|three|four|five|ten|twenty|thirty|a) (?:years?|decades?) on\b",
    re.IGNORECASE,
)
_OF_ANNIVERSARY: Final = re.compile(
    r"\b(?:remember\w*|commemorat\w+|anniversar(?:y|ies)|memorials?|vigils?"
    r"|tributes?|wreaths?|candles?"
    r"|(?:years?|decades?) (?:on|ago|after|since|later|to the day))\b",
    re.IGNORECASE,
)
# A clause before that of another who denies; "Army answers fire, denies it" has none.
_TELLS_FIRST: Final = re.compile(r"(?:[^\s,;]+ ){3,20}[^\s,;]+[,;] (?=\S)")
_SUBORDINATE: Final = re.compile(
    r"(?:after|amid|following|despite|as|when|while|in|on|at|since|with|under|by|for"
    r"|from|before|over|accused)\b",
    re.IGNORECASE,
)
# What stands before a clause; within a word a hyphen does not part two.
_CLAUSE: Final = re.compile(
    r"[:;,.!?\u2013\u2014|\u2026]|\s-\s|\b(?:as|and|but|while)\s*$"
)
_PHASES: Final = _BEGINS | _ENDS
_LEAP: Final = 2000  # a year that has every day
_DAYS_APART: Final = timedelta(days=2)  # else one counts the night to the day before
_MONTHS: Final = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
]
_MONTH: Final = (
    "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY: Final = r"(\d{1,2})(?:st|nd|rd|th)?"
_DATE: Final = re.compile(
    rf"\b{_DAY}(?: of)? {_MONTH}\b|\b{_MONTH}\.? {_DAY}\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a report says that a veto may rest on.

    Attributes:
        lang: ISO 639-1; None when nobody could tell.
        ordinals: numbers by what they count: {"package": {13}}.
        in_series: the one ordinal of the title, from LOW, and what it counts where
            `counter_of` is asked; None if there are others or none.
        phase: the word of the title by which something begins or ends; None if there
            is none, or one of each.
        acts: (actor, verb, names after it) where a name of the title stands right
            before a verb.
        dates: days that the title names, all as of one leap year.
        words: the title, the opening of the text, and lang.
        outlet: its publisher; None if nobody asked.
        day: on which it was published, as it states.
        explains: whether the title explains or comments, see `genre`.
        stages: how far the affairs of the title have come, see `stages`.
        denies: the words by which the title denies something; None if it does not, or
            tells first what is denied.
        commemorates: those by which it remembers something, in English.
    """

    lang: str | None
    ordinals: Mapping[str, frozenset[int]]
    in_series: tuple[int, str] | None
    acts: tuple[tuple[str, str, frozenset[str]], ...]
    phase: str | None
    dates: frozenset[date]
    words: Words
    outlet: str | None
    day: date | None
    explains: bool
    stages: Mapping[str, frozenset[str]]
    denies: str | None
    commemorates: str | None


def claims_of(
    title: str,
    text: str,
    lang: str | None = None,
    outlet: str | None = None,
    day: date | None = None,
) -> Claims:
    """Read a report's claims.

    Args:
        title: may be empty.
        text: the first LEAD characters count, OPENING where titles are alike.
        lang: ISO 639-1; None is read as English.
        outlet: its publisher; None if nobody asks.
        day: on which it was published, as it states; None if it does not.
    """
    ordinals: dict[str, set[int]] = {}
    is_english = (lang or ENGLISH) == ENGLISH
    for number, counted in ordinals_in(f"{title}. {text[:LEAD]}", lang):
        if counted and counted[0] not in _NO_SERIES:
            for one in counted:
                if len(one) >= _SHORTEST and one.isalpha() and one not in _NO_SERIES:
                    ordinals.setdefault(one, set()).add(number)
    if is_english:
        for number, (one,) in counted_in(f"{title}. {text[:LEAD]}"):
            ordinals.setdefault(one, set()).add(number)
    in_series = [
        number
        for number, counted in ordinals_in(title, lang)
        if number >= LOW and not (counted and counted[0] in _NO_SERIES)
    ]
    dates = _dates(title)
    remembers = _COMMEMORATES.search(title) if is_english else None
    in_title = [word.lower() for word in TOKEN.findall(title)]
    phases = [word for word in in_title if word in _PHASES]
    return Claims(
        lang=lang,
        ordinals={word: frozenset(numbers) for word, numbers in ordinals.items()},
        # Of a day that the title names nobody knows whether it is the ordinal.
        in_series=(in_series[0], counter_of(title, lang) if lang in _NO_WORDS else "")
        if len(set(in_series)) == 1 and not dates
        else None,
        acts=_acts(title),
        phase=phases[0] if len({word in _ENDS for word in phases}) == 1 else None,
        dates=dates,
        words=(title, text[:OPENING], lang),
        outlet=outlet,
        day=day,
        explains=explains(title),
        stages=stages_in(title) if is_english else {},
        denies=_denial_of(title, lang),
        commemorates=remembers and remembers[0],
    )


def veto(a: Claims, b: Claims) -> str | None:
    """Return why two reports can't be one event; None if nothing forbids it."""
    return (
        _other_number(a, b)
        or _other_of_a_series(a, b)
        or _roles_reversed(a, b)
        or _other_phase(a, b)
        or _other_stage(a, b)
        or _other_date(a, b)
        or _told_by_one(a, b)
        or _two_explainers(a, b)
        or _two_of_a_column(a, b)
        or other_in_a_slot(a.words, b.words)
        or other_actor(a.words, b.words)
        or other_minister(a.words, b.words)
        or other_bank(a.words, b.words)
        or other_day_of_a_wire(a.words, b.words, (a.day, b.day))
        or house_text_alone(
            a.words, b.words, of_one_house=a.outlet == b.outlet is not None
        )
    )


def _other_number(a: Claims, b: Claims) -> str | None:
    """Another number of a series: the 13th package against the 14th package."""
    shared = sorted(a.ordinals.keys() & b.ordinals.keys())
    if any(a.ordinals[word] & b.ordinals[word] for word in shared):
        return None
    for word in shared:
        one, other = (min(c.ordinals[word]) for c in (a, b))
        return f"number {one} against number {other} of {word!r}"
    return None


def _other_of_a_series(a: Claims, b: Claims) -> str | None:
    """The title of each has one ordinal, and not the same.

    In two languages, or in one whose words nobody parts, of what both count alike.
    """
    if not (a.lang and b.lang and a.in_series and b.in_series):
        return None
    (one, counted), (other, it_counts) = a.in_series, b.in_series
    if one == other:
        return None
    said = f"number {one} against number {other}"
    if a.lang != b.lang:
        return f"{said}, in two languages"
    return f"{said} of {counted!r}" if counted and counted == it_counts else None


def _roles_reversed(a: Claims, b: Claims) -> str | None:
    """X does to Y what Y does to X: an expulsion, and the one that answers it."""
    for actor, verb, after in a.acts:
        for other, same, there in b.acts:
            if verb == same and actor != other and other in after and actor in there:
                told = " ".join(w + "-" * (len(w) == KEY) for w in (actor, verb, other))
                return f"roles reversed: {told}, and the reverse"
    return None


def _other_phase(a: Claims, b: Claims) -> str | None:
    """One tells how something begins, the other how it ends."""
    if a.phase and b.phase and (a.phase in _ENDS) != (b.phase in _ENDS):
        return f"one {a.phase!r}, the other {b.phase!r}"
    return None


def _other_stage(a: Claims, b: Claims) -> str | None:
    """One tells one step of an affair, the other another: proposed, and accepted."""
    for affair in sorted(a.stages.keys() & b.stages.keys()):
        if not a.stages[affair] & b.stages[affair]:
            one, other = (min(c.stages[affair]) for c in (a, b))
            return f"{affair}: one {one}, the other {other}"
    return None


def _told_by_one(a: Claims, b: Claims) -> str | None:
    """One title denies something or remembers it; the other report does not know.

    In one language: a headline in another may deny without any word of denial.
    """
    if (a.lang or ENGLISH) != (b.lang or ENGLISH):
        return None
    for one, other in ((a, b), (b, a)):
        denies, remembers = one.denies, one.commemorates
        if not (denies or remembers):
            continue
        there = " ".join(other.words[:2])
        if denies and not knows_of_denial(there, one.lang):
            return f"one {denies.lower()!r}, the other knows of no denial"
        is_known = _COMMEMORATES.search(there) or _OF_ANNIVERSARY.search(there)
        if remembers and not is_known:
            return f"one {remembers.lower()!r}, the other tells of no anniversary"
    return None


def _denial_of(title: str, lang: str | None) -> str | None:
    """Return the words by which a title denies; None of one that tells both sides.

    "Flotilla says boat struck by drone, Tunisia denies it": in English.
    """
    words = denial_in(title, lang)
    if words and (lang or ENGLISH) == ENGLISH:
        before = title[: title.find(words)]
        if _TELLS_FIRST.match(before) and not _SUBORDINATE.match(before):
            return None
    return words


def _two_explainers(a: Claims, b: Claims) -> str | None:
    """Each explains in its own way: "Who is Maduro?", and what we know of him.

    Titles in the same words that ask the same may head one piece that two print; "What
    we know about him" asks something else than "Who is he?".
    """
    if not (a.explains and b.explains) or a.lang != b.lang:
        return None
    if asks(a.words[0]) == asks(b.words[0]) and are_alike(a.words, b.words):
        return None
    return "two that explain, each in its own way"


def _two_of_a_column(a: Claims, b: Claims) -> str | None:
    """Two days of one outlet's column, whose title heads anything: its cartoon."""
    is_of_one = a.outlet is not None and a.outlet == b.outlet and a.lang == b.lang
    if not (is_of_one and a.day and b.day and a.day != b.day):
        return None
    titles = [claims.words[0].lower() for claims in (a, b)]
    of_house = [title.removeprefix(f"{a.outlet} ".lower()) for title in titles]
    return "a column of two days" if all(map(is_rubric, of_house)) else None


def _other_date(a: Claims, b: Claims) -> str | None:
    """The titles name days, no two of which are the same or follow one another."""
    if not (a.dates and b.dates):
        return None
    apart, one, other = min((abs(x - y), x, y) for x in a.dates for y in b.dates)
    if apart < _DAYS_APART:
        return None
    return " against ".join(
        f"{d.day} {_MONTHS[d.month - 1].title()}" for d in (one, other)
    )


def _acts(title: str) -> tuple[tuple[str, str, frozenset[str]], ...]:
    """Return (actor, verb, names after it) where a name begins a clause.

    Elsewhere it may be anything: "strikes in southern Lebanon targets Hezbollah". A
    verb ends as one does, and words follow it: "Canada, Australia join" has none, nor
    has "Qatar strikes: what we know".
    """
    found = list(TOKEN.finditer(title))
    keys = [key_of(word[0]) for word in found]
    names = [key for key, word in zip(keys, found, strict=True) if word[0][0].isupper()]
    return tuple(
        (actor, verb, frozenset(names[names.index(actor) + 1 :]))
        for at, (actor, verb) in enumerate(pairwise(keys))
        if found[at][0][0].isupper()
        and _begins_clause(title, found, at)
        and _IS_ACT.fullmatch(title, found[at].end(), found[at + 1].end() + 1)
        and min(len(actor), len(verb)) >= _SHORTEST
        and verb not in _NO_ACT
        and not is_state(found[at + 1][0], ENGLISH)
    )


def _begins_clause(title: str, words: Sequence[re.Match[str]], at: int) -> bool:
    if not at:
        return True
    before = title[words[at - 1].start() : words[at].start()]
    return _CLAUSE.search(before) is not None


def _dates(title: str) -> frozenset[date]:
    dates = set()
    for match in _DATE.finditer(title):
        day, month, month_first, day_second = match.groups()
        if (month or month_first)[0].islower():  # "may" is a verb
            continue
        number = _MONTHS.index((month or month_first)[:3].lower()) + 1
        try:
            dates.add(date(_LEAP, number, int(day or day_second)))
        except ValueError:  # 31 June
            continue
    return frozenset(dates)
