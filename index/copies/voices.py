"""Whether a report is a copy, and of whom. What is no copy is a voice.

Each report is judged by those before it, by the time that they state, and by later ones
that it credits. One whose own words are mostly theirs is a copy: of the one that it
credits, else of the one that has most of it. What it quotes is not counted, on neither
side. "Earliest seen" is never the order in which reports came to us.

- Under MIN_TO_TELL words a share is noise: a report is a copy where nearly all is.
- A live blog holds what others wrote: nobody copies it unless he says so. Hearsay is
  nobody's source.
- A round-up takes from several; it is a copy, and adds no voice.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

import numpy as np

from samestory.index.copies.comparison import MIN_CONTAINED, MIN_COPIED
from samestory.index.copies.kept import EARLIER, A, B, Copied, Pair, agency_of
from samestory.index.copies.pairs import Text

MIN_TO_TELL: Final = 80  # words of a report
NEARLY_ALL: Final = 0.7  # of a shorter one's own words
MATES: Final = 30  # reports that one is judged by, the earliest
_LIVE: Final = re.compile(
    r"\blive ?blog\b|\blive (?:updates|coverage|text|reporting)\b|\bas it happened\b"
    r"|\bminute[ -]by[ -]minute\b|^live\s*[:|\u2013\u2014-]|[-:|]\s*live$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mate:
    """Another report that shares words with the one that is judged.

    Attributes:
        seq: its number.
        outlet: its name.
        pair: what they share; a is the one that is judged.
    """

    seq: int
    outlet: str
    pair: Pair


def judged(mine: Text, mates: Iterable[Mate]) -> Copied | None:
    """Return what a report copies; None if it is its own.

    Args:
        mine: the report.
        mates: those that it may be a copy of, see `may_be_source`, the earliest first;
            MATES of them count.
    """
    words = mine.reading.size
    covered, aside = np.zeros(words, bool), np.zeros(words, bool)
    taken: list[tuple[Mate, int]] = []
    gains: list[int] = []
    for mate in islice(mates, MATES):
        copied, beside = mate.pair.masks(words)
        gains.append(int((copied & ~covered).sum()))
        covered |= copied
        aside |= beside
        taken.append((mate, int(copied.sum())))
    if not taken:
        return None
    own = mine.reading.own & ~(aside & ~covered)
    count, whole = int((covered & own).sum()), int(own.sum())
    if not _is_copy(count, whole, words, mine.reading.letters):
        return None
    least = MIN_COPIED * mine.reading.letters
    first, _ = max(taken, key=lambda one: (one[0].pair.whose == B, one[1]))
    is_of_many = max(size for _, size in taken) * 2 < covered.sum()
    return Copied(
        of=first.seq,
        covered=count,
        own=whole,
        source=first.outlet if first.pair.whose == B else agency_of(first.pair.whose),
        ground=first.pair.ground or (EARLIER if first.pair.earlier == B else ""),
        sources=sum(gain >= least for gain in gains) if is_of_many else 1,
    )


def may_be_source(whose: str, *, is_earlier: bool, title: Callable[[], str]) -> bool:
    """Tell whether a report may be a copy of another.

    Args:
        whose: of their pair; the other is b.
        is_earlier: the other states an earlier time, or the same with a lesser id.
        title: of the other, asked for if it decides.
    """
    if whose in {A, B}:
        return whose == B
    return is_earlier and not is_live_blog(title())


def _is_copy(covered: int, own: int, words: int, letters: int) -> bool:
    if words < MIN_TO_TELL * letters:
        return own > 0 and covered >= NEARLY_ALL * own
    return covered >= MIN_COPIED * letters and covered >= MIN_CONTAINED * own


def is_live_blog(title: str) -> bool:
    """Tell whether a report's headline says that it is a live blog."""
    return _LIVE.search(title) is not None
