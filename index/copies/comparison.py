"""Two reports beside one another: what they share, of what kind, how much of each.

The kinds, by the words that the two share (thresholds: docs/voices.md):

- copy: nearly half of the own words of one of them are the other's.
- partial: less, but a passage or two beyond what they quote.
- quote: what they share is quoted, or more of it is than not.
- boilerplate: what they share is their house's lines.
- independent: nothing but names.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from samestory.index.copies.reading import Reading
from samestory.index.copies.spans import (
    BOILERPLATE,
    COPY,
    KINDS,
    QUOTATION,
    Span,
    kinds_in,
    shared,
)

MIN_CONTAINED: Final = 0.45  # of own words: then a report is a copy
MIN_COPIED: Final = 30  # words; fewer are no passage, whatever share they are
COVERED: Final = 0.5  # of a sentence's words: then it is not its own
INDEPENDENT, QUOTE, PARTIAL = "independent", "quote", "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two reports, as the other has it.

    Attributes:
        copied: its own words that the other has.
        own: its words that are neither quoted nor furniture, here or there.
        own_sentences: how many of its sentences the other does not have.
    """

    copied: int
    own: int
    own_sentences: int

    @property
    def contained(self) -> float:
        """The share of its own words that the other has."""
        return self.copied / self.own if self.own else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """What two reports share."""

    kind: str
    a: Side
    b: Side
    spans: tuple[Span, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `compare --json` and `eval --copies --out` say of it."""
        return {
            "kind": self.kind,
            "contained_a": round(self.a.contained, 4),
            "contained_b": round(self.b.contained, 4),
            "own_sentences_a": self.a.own_sentences,
            "own_sentences_b": self.b.own_sentences,
        }


def compare_texts(a: Reading, b: Reading) -> Shared:
    """Return what two reports share."""
    spans = shared(a, b)
    in_a, in_b = kinds_in(a, b, spans)
    sides = _side(a, in_a), _side(b, in_b)
    counts = {
        kind: max(int((places == number).sum()) for places in (in_a, in_b))
        for number, kind in enumerate(KINDS)
    }
    return Shared(
        kind=_kind(*sides, counts, MIN_COPIED * max(a.letters, b.letters)),
        a=sides[0],
        b=sides[1],
        spans=tuple(spans),
    )


def _side(one: Reading, places: NDArray[np.int8]) -> Side:
    own, is_shared = one.own & (places <= 0), places >= 0
    return Side(
        copied=int((own & is_shared).sum()),
        own=int(own.sum()),
        own_sentences=sum(
            int(is_shared[sentence.start : sentence.stop].sum())
            < COVERED * len(sentence)
            for sentence in one.sentences
        ),
    )


def _kind(a: Side, b: Side, counts: dict[str, int], least: int) -> str:
    copied = max(a.copied, b.copied)
    if any(side.contained >= MIN_CONTAINED and side.copied >= least for side in (a, b)):
        return COPY
    if copied >= least and 2 * copied >= counts[QUOTATION]:
        return PARTIAL
    if not sum(counts.values()):
        return INDEPENDENT
    if counts[QUOTATION] >= max(counts[BOILERPLATE] / 2, counts[COPY] / 2):
        return QUOTE
    return BOILERPLATE
