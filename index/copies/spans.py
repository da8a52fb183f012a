"""The passages that two texts share: exact pieces, chained over small gaps.

Shingles of SHINGLE words that stand in both are put together along their diagonals to
exact pieces; pieces that follow one another in both texts within GAP words are one
passage, as where an editor put in a word (greedy string tiling finds the same tiles:
Clough et al. 2002). What counts is the words of the pieces, not what lies between: two
reports with only names in common have chains of five-word pieces. Whole numbers alone,
the same whichever text comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.index.copies.reading import SHINGLE, Reading

GAP: Final = 4  # words between two pieces of one passage
MIN_WORDS: Final = 12  # of a passage
MIN_QUOTED: Final = 8  # of a quotation's
MAX_PLACES: Final = 4  # of a shingle in a text that count: more is a refrain
COPY, QUOTATION, BOILERPLATE = "copy", "quotation", "boilerplate"
KINDS: Final = (COPY, QUOTATION, BOILERPLATE)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Piece:
    """Words that two texts share exactly: where they begin in each, and how many."""

    begin_a: int
    begin_b: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A passage that two texts share.

    Attributes:
        kind: copy, quotation or boilerplate, as most of its words are.
        pieces: in order, in both.
    """

    kind: str
    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """How many words are shared."""
        return sum(piece.size for piece in self.pieces)


def shared(a: Reading, b: Reading) -> list[Span]:
    """Return the passages that two texts share, in their order in the first."""
    if (len(b.words), b.words) < (len(a.words), a.words):
        return sorted(map(_mirrored, _shared(b, a)), key=lambda span: span.pieces[0])
    return _shared(a, b)


def _mirrored(span: Span) -> Span:
    return replace(
        span,
        pieces=tuple(
            Piece(begin_a=one.begin_b, begin_b=one.begin_a, size=one.size)
            for one in span.pieces
        ),
    )


def _shared(a: Reading, b: Reading) -> list[Span]:
    spans = []
    for chain in _chained(_pieces(a, b)):
        kinds = np.concatenate([kinds_of(a, b, piece) for piece in chain])
        kind = KINDS[np.bincount(kinds, minlength=len(KINDS)).argmax()]
        least = MIN_QUOTED if kind == QUOTATION else MIN_WORDS
        if len(kinds) >= min(least, len(a.words), len(b.words)):  # or a whole text
            spans.append(Span(kind=kind, pieces=tuple(chain)))
    return spans


def kinds_in(
    a: Reading, b: Reading, spans: Sequence[Span]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return what each word of each text is, as numbers of KINDS; -1 if not shared.

    A word that several passages have is a copy if it is in one of them.
    """
    found = np.full(len(a.words), -1, np.int8), np.full(len(b.words), -1, np.int8)
    for piece in (piece for span in spans for piece in span.pieces):
        kinds = kinds_of(a, b, piece)
        for places, begin in zip(found, (piece.begin_a, piece.begin_b), strict=True):
            at = slice(begin, begin + piece.size)
            places[at] = np.where(places[at] == 0, 0, kinds)
    return found


def kinds_of(a: Reading, b: Reading, piece: Piece) -> NDArray[np.int8]:
    """Return what a piece's words are, as numbers of KINDS.

    Marks of either text count for both.
    """
    in_a = slice(piece.begin_a, piece.begin_a + piece.size)
    in_b = slice(piece.begin_b, piece.begin_b + piece.size)
    kinds = 2 * (a.furniture[in_a] | b.furniture[in_b]).astype(np.int8)
    kinds[a.quoted[in_a] | b.quoted[in_b]] = 1
    return kinds


def _pieces(a: Reading, b: Reading) -> list[Piece]:
    """Return what two texts share word by word, at least a shingle, by place."""
    if a.words == b.words and len(a.words) >= SHINGLE:
        return [Piece(begin_a=0, begin_b=0, size=len(a.words))]
    in_a, in_b = _meetings(a.shingles, b.shingles)
    order = np.lexsort((in_a, in_a - in_b))
    in_a, in_b = in_a[order], in_b[order]
    is_first = (np.diff(in_a) != 1) | (np.diff(in_b) != 1)
    begins = np.flatnonzero(np.concatenate([[True], is_first]))
    ends = np.append(begins[1:], len(in_a))
    found = []
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        if begin == end:
            continue
        at, other, size = int(in_a[begin]), int(in_b[begin]), end - begin + SHINGLE - 1
        found += _same(a, b, Piece(begin_a=at, begin_b=other, size=size))
    return sorted(found, key=lambda one: (one.begin_a, one.begin_b))


def _same(a: Reading, b: Reading, piece: Piece) -> list[Piece]:
    """Return the parts of a piece whose words are the same, of a shingle at least.

    Other words may have the same number, if somebody looked for them.
    """
    mine = a.words[piece.begin_a : piece.begin_a + piece.size]
    its = b.words[piece.begin_b : piece.begin_b + piece.size]
    if mine == its:
        return [piece]
    found, begin = [], 0
    for at in range(piece.size + 1):
        if at == piece.size or mine[at] != its[at]:
            if at - begin >= SHINGLE:
                place = piece.begin_a + begin, piece.begin_b + begin
                found.append(Piece(begin_a=place[0], begin_b=place[1], size=at - begin))
            begin = at + 1
    return found


def _meetings(
    a: NDArray[np.uint64], b: NDArray[np.uint64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return where the same number stands in both: places in each, MAX_PLACES of one.

    Shapes (n,) and (n,): each of its first places in the one with each in the other.
    """
    numbers, first, counts = np.unique(b, return_index=True, return_counts=True)
    order = np.argsort(b, kind="stable")
    starts = np.cumsum(counts) - counts
    slots = np.searchsorted(numbers, a)
    slots[slots == len(numbers)] = 0
    is_there = numbers[slots] == a if len(numbers) else np.zeros(len(a), bool)
    places = np.flatnonzero(is_there)
    nth = _nth(a[places])
    places = places[nth < MAX_PLACES]
    slots = slots[places]
    found_a, found_b = [places], [first[slots]]
    for turn in range(1, MAX_PLACES):
        more = counts[slots] > turn
        found_a.append(places[more])
        found_b.append(order[starts[slots[more]] + turn])
    return np.concatenate(found_a), np.concatenate(found_b)


def _nth(numbers: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Return for each number how often it stood before, shape (n,)."""
    order = np.argsort(numbers, kind="stable")
    ranks = np.arange(len(numbers))
    if len(numbers):
        is_new = np.concatenate([[True], np.diff(numbers[order]) != 0])
        ranks = ranks - np.maximum.accumulate(np.where(is_new, ranks, 0))
    found = np.empty(len(numbers), np.intp)
    found[order] = ranks
    return found


def _chained(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Return pieces that follow one another in both texts as one chain each."""
    chains: list[list[Piece]] = []
    recent: list[list[Piece]] = []  # chains that a piece may still follow
    for piece in pieces:
        recent = [one for one in recent if _gap(one[-1], piece)[0] <= GAP]
        fitting = (one for one in reversed(recent) if _follows(one[-1], piece))
        chain = next(fitting, None)
        if chain is None:
            chain = []
            chains.append(chain)
            recent.append(chain)
        chain.append(piece)
    return chains


def _gap(before: Piece, piece: Piece) -> tuple[int, int]:
    return (
        piece.begin_a - before.begin_a - before.size,
        piece.begin_b - before.begin_b - before.size,
    )


def _follows(before: Piece, piece: Piece) -> bool:
    """Tell whether a piece goes on where another ends, in both texts.

    They may overlap by less than a shingle: a word that is there twice is in both.
    """
    is_later = piece.begin_a > before.begin_a and piece.begin_b > before.begin_b
    return is_later and all(-SHINGLE < gap <= GAP for gap in _gap(before, piece))
