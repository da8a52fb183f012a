"""What two reports have in common, as a few named numbers.

Whole numbers all the way to the last division: batch size, BLAS, the order of sums and
approximate search can't change an answer. What each is worth is in docs/quality.md.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from index.neighbours import combine
from index.terms import Rarity, Terms, packaged_rarity, shared, terms_of
from index.vetoes import ORDINALS, Claims, claims_of
from ingest.story import Story

FEATURES: Final = (
    "similarity",  # cosine of title and lead together
    "near_in_time",  # exp(-hours / 48): 1 at the same time, 0 weeks apart
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
)
NEAR_H: Final = 48.0  # hours; better than 12 h on both lengths of text
CROWD_RANKS: Final = slice(8, 20)  # the nearest 8 may be the story's own event
CROWD_FLOOR: Final = 0.30  # median in a dense stream .38, in mixed world news .19
OPENING: Final = 600  # characters of the text that numbers are taken from
SHORT_WORDS: Final = 50
LONG_WORDS: Final = 200
RARE: Final = 10.0  # of three words that are each in one story of 28
_NUMBER: Final = re.compile(r"\b(\d[\d,]*(?:\.\d+)?)(?:st|nd|rd|th)?\b")
_WORD: Final = re.compile(r"[a-z]+")
_YEARS: Final = range(1900, 2100)  # every story names the year


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A story as the features see it.

    Attributes:
        story_id: its id.
        hours: its own time, hours since the epoch.
        whole: unit vector of title and lead together, fixed point, shape (dim,).
        terms: its words.
        numbers: those that its opening names.
        claims: what a veto may rest on.
        known: whether the embedding model knows the story's language.
    """

    story_id: str
    hours: float
    whole: NDArray[np.float32]
    terms: Terms
    numbers: frozenset[str]
    claims: Claims
    known: bool


def view(
    story: Story,
    vectors: NDArray[np.float16],
    *,
    known: bool = True,
    rarity: Rarity | None = None,
) -> View:
    """Prepare a story for comparison.

    Args:
        story: its title, opening and event time count.
        vectors: shape (2, dim), as the StoryVector carries them.
        known: whether the embedding model knows the story's language.
        rarity: of words; None for the packaged one.
    """
    return View(
        story_id=story.story_id,
        hours=story.event_time.timestamp() / 3600,
        whole=combine(vectors),
        terms=terms_of(story.title, story.text, rarity or packaged_rarity()),
        numbers=frozenset(numbers_in(f"{story.title}. {story.text[:OPENING]}")),
        claims=claims_of(story.title, story.text),
        known=known,
    )


def similarities(a: View, others: Sequence[View]) -> NDArray[np.float64]:
    """Return the cosines of title and lead together: shape (len(others),)."""
    if not others:
        return np.zeros(0)
    found: NDArray[np.float32] = np.stack([b.whole for b in others]) @ a.whole
    return found.astype(np.float64)


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


def pair_features(
    a: View, others: Sequence[View], crowd: float
) -> list[tuple[float, ...]]:
    """Return the numbers of FEATURES, in that order, for each pair.

    Args:
        a: the story that arrives.
        others: those that it is compared with.
        crowd: crowdedness around `a`.
    """
    if not others:
        return []
    overlaps, rarities = shared(a.terms, [b.terms for b in others])
    measured = zip(
        others,
        similarities(a, others).tolist(),
        overlaps.tolist(),
        rarities.tolist(),
        strict=True,
    )
    found: list[tuple[float, ...]] = []
    for b, similarity, overlap, rarity in measured:
        near = math.exp(-abs(a.hours - b.hours) / NEAR_H)
        number = float(not a.numbers.isdisjoint(b.numbers))
        if not (a.known and b.known):
            found.append((0, near, 0, number, 0, 0, 0, 0, 0, 0, 1, overlap))
            continue
        rare = rarity / RARE
        length = _length(min(a.terms.words, b.terms.words))
        found.append(
            (
                similarity,
                near,
                crowd,
                number,
                rare,
                overlap,
                length,
                length * similarity,
                length * rare,
                length * overlap,
                0,
                0,
            )
        )
    return found


def _length(words: int) -> float:
    part = (words - SHORT_WORDS) / (LONG_WORDS - SHORT_WORDS)
    return min(1.0, max(0.0, part))


def numbers_in(text: str) -> set[str]:
    """Return the numbers of a text, ordinal words included, years left out."""
    digits = {found.replace(",", "") for found in _NUMBER.findall(text)}
    years = {one for one in digits if one.isdigit() and int(one[:9]) in _YEARS}
    words = set(_WORD.findall(text.lower()))
    return digits - years | {str(ORDINALS[word]) for word in words & ORDINALS.keys()}
