"""What two reports have in common, as a few named numbers.

Whole numbers all the way to the last division: batch size, BLAS, the order of sums and
approximate search can't change an answer. What each is worth is in docs/quality.md.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.days import DAY_S
from samestory.index.decision.genre import explains, reacts
from samestory.index.decision.names import names_of, shared_names
from samestory.index.decision.ordinals import ORDINALS, folded
from samestory.index.decision.terms import (
    Rarity,
    Terms,
    packaged_rarity,
    shared,
    terms_of,
)
from samestory.index.decision.vetoes import Claims, claims_of
from samestory.index.decision.whole_vector import combine
from samestory.publishers import UNNAMED, outlet_key
from samestory.story import Story

FEATURES: Final = (
    "similarity",  # cosine of title and lead together
    "near_in_time",  # exp(-hours / 48): 1 at the same time, 0 weeks apart
    "undated",  # 1 if either states no date, near_in_time is 0 then; else 0
    "crowd",  # how crowded the topic is around the arriving story
    "shared_number",  # 1 if both openings name the same number, else 0
    "rare_words",  # rarity of the three rarest words in both, over 10
    "word_overlap",  # TF-IDF cosine
    # The same again times `length`, since words speak louder where there are many.
    "length",  # 0 if the shorter text has 50 words or fewer, 1 from 200 words
    "similarity_long",
    "rare_words_long",
    "word_overlap_long",
    # In place of all but time and number where the model does not know a language.
    "foreign",  # 1 if it does not know that of either story, else 0
    "foreign_overlap",  # word_overlap then
    # Where it knows both, but the words of one are not counted: in place of the words.
    "uncounted",  # 1 then, else 0
    "similarity_uncounted",  # similarity then
    "overlap_uncounted",  # word_overlap then, in one language
    "two_languages",  # 1 if the stories are in two languages, else 0
    "other_numbers",  # 1 if they are, and each names numbers, but none the other's
    "shared_names",  # if they are, rarity of the three rarest names in both, over 10
    # In short texts alone: a long one tells both.
    "one_explains",  # 1 if one title reports and the other one explains, else 0
    "one_reacts",  # 1 if one title reports and the other one answers it, else 0
    # An outlet seldom tells an event twice: it tells the next step.
    "one_outlet",  # 1 if both are of one publisher in one language, else 0
)
# What two reports have in common, which can't speak against their being one event.
IN_COMMON: Final = (
    "similarity",
    "near_in_time",
    "shared_number",
    "rare_words",
    "word_overlap",
    "foreign_overlap",
    "overlap_uncounted",
    "shared_names",
)
# Those that say something of a pair of two languages, and not the same as another.
ACROSS: Final = (
    "similarity",
    "near_in_time",
    "undated",
    "crowd",
    "shared_number",
    "two_languages",
    "other_numbers",
    "shared_names",
    "one_explains",
)
NEAR_H: Final = 48.0  # hours; better than 12 h on both lengths of text
CROWD_RANKS: Final = slice(8, 20)  # the nearest 8 may be the story's own event
CROWD_FLOOR: Final = 0.30  # median in a dense stream .38, in mixed world news .19
OPENING: Final = 600  # characters of the text that numbers are taken from
SHORT_WORDS: Final = 50
LONG_WORDS: Final = 200
RARE: Final = 10.0  # of three words that are each in one story of 28
# CJK characters stand beside a number without a blank.
_NUMBER: Final = re.compile(
    r"(?:\b|(?<=[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]))(\d[\d,]*(?:\.\d{3}(?!\d))*(?:\.\d+)?(?:,\d+)?)"
    r"(?:st|nd|rd|th)?(?:\b|(?=[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]))"
)
_DOTTED: Final = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")
_DECIMAL_COMMA: Final = re.compile(r"\d+,(?:\d{1,2}|\d{4,})")
_WORD: Final = re.compile(r"[a-z]+")
COUNTED: Final = "en"  # the language of the packaged word counts
_YEARS: Final = range(1900, 2100)  # every story names the year


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A story as the features see it.

    Attributes:
        story_id: its id.
        seq: its number in the order of arrival.
        outlet: its publisher, see `outlet_key`.
        time: its own time, seconds since the epoch.
        whole: unit vector of title and lead together, fixed point, shape (dim,).
        terms: its words.
        numbers: those that its opening names.
        names: how rare those of its opening are, by what each is known by.
        claims: what a veto may rest on.
        known: whether the embedding model knows the story's language.
        lang: ISO 639-1; None when nobody could tell.
        counted: whether the word counts know the story's language.
        crowd: how crowded its topic was when it came, see `crowdedness`.
        explains: whether its title explains, see `genre`.
        reacts: whether its title answers what others report.
        dated: whether its publisher states when it was published.
        is_day: whether that is a day alone, which lasts until its end.
    """

    story_id: str
    seq: int
    outlet: str
    time: float
    whole: NDArray[np.float32]
    terms: Terms
    numbers: frozenset[str]
    names: Mapping[str, float]
    claims: Claims
    known: bool
    lang: str | None
    counted: bool
    crowd: float
    explains: bool
    reacts: bool
    dated: bool
    is_day: bool = False

    @property
    def when(self) -> tuple[float, bool]:
        """Its own time, and whether that is a day alone."""
        return self.time, self.is_day


def view(
    story: Story,
    vectors: NDArray[np.float16],
    *,
    seq: int = 0,
    crowd: float = 0.0,
    known: bool = True,
    counted: bool | None = None,
    rarity: Rarity | None = None,
) -> View:
    """Prepare a story for comparison.

    Args:
        story: its title, opening and event time count.
        vectors: shape (2, dim), as the StoryVector carries them.
        seq: its number in the order of arrival.
        crowd: how crowded its topic was when it came.
        known: whether the embedding model knows the story's language.
        counted: whether the word counts do; None to go by the story's language.
        rarity: of words; None for the packaged one.
    """
    rarity = rarity or packaged_rarity()
    outlet = outlet_key(story.outlet)
    return View(
        story_id=story.story_id,
        seq=seq,
        outlet=outlet,
        time=story.event_time.timestamp(),
        whole=combine(vectors),
        terms=terms_of(story.title, story.text, rarity),
        numbers=frozenset(numbers_in(f"{story.title}. {story.text[:OPENING]}")),
        names=names_of(story.title, story.text, story.lang, rarity),
        claims=claims_of(
            story.title,
            story.text,
            story.lang,
            outlet,
            story.published and story.published.date(),
        ),
        known=known,
        lang=story.lang,
        counted=(story.lang or COUNTED) == COUNTED if counted is None else counted,
        crowd=crowd,
        explains=explains(story.title),
        reacts=reacts(story.title),
        dated=story.published is not None,
        is_day=story.is_day,
    )


def similarities(a: View, others: Sequence[View]) -> NDArray[np.float64]:
    """Return the cosines of title and lead together: shape (len(others),)."""
    if not others:
        return np.zeros(0)
    cosines: NDArray[np.float32] = np.stack([b.whole for b in others]) @ a.whole
    return cosines.astype(np.float64)


def crowdedness(nearest: Sequence[float]) -> float:
    """Return how crowded the topic is around a story, 0 in a quiet one.

    The mean similarity of the 9th to 20th nearest story, above a floor; missing ranks
    count as 0. Nearer ranks would be inflated by reports of the story's own event.

    Args:
        nearest: cosines of the story with those around it, the highest first.
    """
    ranks = nearest[CROWD_RANKS]
    width = CROWD_RANKS.stop - CROWD_RANKS.start
    return max(0.0, math.fsum(ranks) / width - CROWD_FLOOR)


def pair_features(a: View, others: Sequence[View]) -> NDArray[np.float64]:
    """Return the numbers of FEATURES for each pair, shape (len(others), FEATURES).

    The same for (a, b) as for (b, a).
    """
    if not others:
        return np.zeros((0, len(FEATURES)))
    overlap, rare = shared(a.terms, [b.terms for b in others])
    rare /= RARE
    similarity = similarities(a, others)
    hours = np.array([apart_s(a.when, b.when) for b in others]) / 3600
    dated = np.array([a.dated and b.dated for b in others])
    known = np.array([a.known and b.known for b in others])
    worded = known & np.array([_both_counted(a, b) for b in others])
    across = known & np.array(
        [a.lang != b.lang and None not in (a.lang, b.lang) for b in others]
    )
    uncounted = known & ~worded
    words = np.minimum([b.terms.words for b in others], a.terms.words)
    length = worded * np.clip((words - SHORT_WORDS) / (LONG_WORDS - SHORT_WORDS), 0, 1)
    return np.stack(
        [
            known * similarity,
            dated * np.exp(-hours / NEAR_H),
            ~dated,
            known * np.maximum([b.crowd for b in others], a.crowd),
            np.array([not a.numbers.isdisjoint(b.numbers) for b in others]),
            worded * rare,
            worded * overlap,
            length,
            length * similarity,
            length * rare,
            length * overlap,
            ~known,
            ~known * overlap,
            uncounted,
            uncounted * similarity,
            uncounted * ~across * overlap,
            across,
            across * np.array([_differ(a.numbers, b.numbers) for b in others]),
            np.array(
                [
                    shared_names(a.names, b.names) / RARE if both else 0.0
                    for b, both in zip(others, across.tolist(), strict=True)
                ]
            ),
            (1 - length) * np.array([a.explains != b.explains for b in others]),
            (worded - length) * np.array([a.reacts != b.reacts for b in others]),
            np.array([_by_one(a, b) for b in others]),
        ],
        axis=1,
    )


def apart_s(a: tuple[float, bool], b: tuple[float, bool]) -> float:
    """Return how far apart two stories are told: seconds; of a day the nearest hour.

    Of two that state days alone from the beginning of each.

    Args:
        a: a story's own time, seconds since the epoch, and whether it is a day alone.
        b: another's.
    """
    apart = b[0] - a[0]
    if a[1] == b[1]:
        return abs(apart)
    later_s = apart if a[1] else -apart  # that the hour is behind the day's begin
    return max(0.0, -later_s, later_s - DAY_S)


def _both_counted(a: View, b: View) -> bool:
    return a.counted and b.counted and (a.lang or COUNTED) == (b.lang or COUNTED)


def _by_one(a: View, b: View) -> bool:
    is_named = a.outlet != UNNAMED
    return is_named and a.outlet == b.outlet and a.lang == b.lang


def _differ(a: frozenset[str], b: frozenset[str]) -> bool:
    return bool(a and b) and a.isdisjoint(b)


def numbers_in(text: str) -> set[str]:
    """Return the numbers of a text, ordinal words included, years left out."""
    digits = {_plain(number) for number in _NUMBER.findall(folded(text))}
    years = {one for one in digits if one.isdigit() and int(one[:9]) in _YEARS}
    words = set(_WORD.findall(text.lower()))
    return digits - years | {str(ORDINALS[word]) for word in words & ORDINALS.keys()}


def plain_number(written: str) -> str:
    """Return a number in ASCII digits, as all languages' numbers are compared."""
    return _plain(folded(written))


def _plain(number: str) -> str:
    """Return 1,200 and 1.200 as 1200, and 6,8 as 6.8: three digits are thousands."""
    if _DOTTED.fullmatch(number):
        return number.replace(".", "").replace(",", ".")
    if _DECIMAL_COMMA.fullmatch(number):
        return number.replace(",", ".")
    return number.replace(",", "")
