"""What two reports have in common, as a few named numbers.

Similarities are computed from the stored fp16 vectors in integer arithmetic, so batch
size, BLAS and approximate search can't change an answer.

What each is worth is in docs/quality.md: leaving out the time costs 2.9 points of
B-cubed F1 on articles, the crowd 0.7 on short texts, the shared number 0.3.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingest.story import Story

FEATURES: Final = (
    "similarity",  # cosine of title and lead together
    "near_in_time",  # exp(-hours / 48): 1 at the same time, 0 weeks apart
    "crowd",  # how crowded the topic is around the arriving story
    "shared_number",  # 1 if both openings name the same number, else 0
)
NEAR_H: Final = 48.0  # hours; better than 12 h on both lengths of text
CROWD_RANKS: Final = slice(8, 20)  # the nearest 8 may be the story's own event
CROWD_FLOOR: Final = 0.30  # median in a dense stream .38, in mixed world news .19
OPENING: Final = 600  # characters of the text that numbers are taken from
_SCALE: Final = 1 << 14  # fixed point for the components of unit vectors
_NUMBER: Final = re.compile(r"\b(\d[\d,]*(?:\.\d+)?)(?:st|nd|rd|th)?\b")
_WORD: Final = re.compile(r"[a-z]+")
_ORDINALS: Final = {
    word: str(number)
    for number, word in enumerate(
        [
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
            "thirteenth",
            "fourteenth",
            "fifteenth",
            "sixteenth",
            "seventeenth",
            "eighteenth",
            "nineteenth",
            "twentieth",
        ],
        3,
    )
}
_YEARS: Final = range(1900, 2100)  # every story names the year


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A story as the features see it.

    `vectors` is fixed point, shape (dim,): title plus lead; `norm` is its length.
    """

    story_id: str
    hours: float
    vectors: NDArray[np.int64]
    norm: float
    numbers: frozenset[str]


def view(story: Story, vectors: NDArray[np.float16]) -> View:
    """Prepare a story for comparison.

    Args:
        story: its title, opening and event time count.
        vectors: shape (2, dim), as the StoryVector carries them.
    """
    fixed = np.rint(vectors.astype(np.float64) * _SCALE).astype(np.int64)
    total = fixed.sum(axis=0)
    return View(
        story_id=story.story_id,
        hours=story.event_time.timestamp() / 3600,
        vectors=total,
        norm=math.sqrt(int(total @ total)),
        numbers=frozenset(numbers_in(f"{story.title}. {story.text[:OPENING]}")),
    )


def similarity(a: View, b: View) -> float:
    """Return the cosine of title and lead together, in [-1, 1]."""
    return int(a.vectors @ b.vectors) / (a.norm * b.norm)


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


def pair_features(a: View, b: View, crowd: float) -> tuple[float, ...]:
    """Return the numbers of FEATURES, in that order.

    Args:
        a: the story that arrives.
        b: one that is there.
        crowd: crowdedness around `a`.
    """
    hours = abs(a.hours - b.hours)
    shared = float(not a.numbers.isdisjoint(b.numbers))
    return similarity(a, b), math.exp(-hours / NEAR_H), crowd, shared


def numbers_in(text: str) -> set[str]:
    """Return the numbers of a text, ordinal words included, years left out."""
    digits = {found.replace(",", "") for found in _NUMBER.findall(text)}
    years = {one for one in digits if one.isdigit() and int(one[:9]) in _YEARS}
    words = set(_WORD.findall(text.lower()))
    return digits - years | {_ORDINALS[word] for word in words & _ORDINALS.keys()}
