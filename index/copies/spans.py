"""The passages that two texts share: exact pieces, chained over small gaps.

Runs of PIECE words that stand in both are put together along their diagonals to
exact pieces; pieces that follow one another in both texts within GAP words are one
passage, as where an editor put in a word (greedy string tiling finds the same tiles:
Clough et al. 2002). What counts is the words of the pieces, not what lies between: two
reports with only names in common have chains of five-word pieces. Whole numbers alone,
the same whichever text comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samestory.index.copies.reading import PIECE, Reading

GAP: Final = 4  # words between two pieces of one passage
MIN_WORDS: Final = 12  # of a passage
MIN_QUOTED: Final = 8  # of a quotation's
MAX_PIECES: Final = 5_000  # of two texts; two reprints of 40,000 words have hundreds
MAX_PLACES: Final = 4  # of a run in a text that count: more is a refrain
COPY, QUOTATION, BOILERPLATE = "copy", "quotation", "boilerplate"
KINDS: Final = (COPY, QUOTATION, BOILERPLATE)
_BITS: Final = 32  # of a place in a text
_PLACE: Final = (1 << _BITS) - 1
_KIND_OF_RANK: Final = np.array(
    [KINDS.index(one) for one in (COPY, BOILERPLATE, QUOTATION)], np.int8
)


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
        kinds: of each piece's words, as numbers of KINDS.
    """

    kind: str
    pieces: tuple[Piece, ...]
    kinds: tuple[NDArray[np.int8], ...] = field(compare=False, repr=False)

    @property
    def size(self) -> int:
        """How many words are shared."""
        return sum(piece.size for piece in self.pieces)


def shared(a: Reading, b: Reading) -> list[Span]:
    """Return the passages that two texts share, in their order in the first."""
    if b.size < a.size or (b.size == a.size and b.words < a.words):
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
        size = sum(piece.size for piece in chain)
        if size < min(MIN_QUOTED, a.size, b.size):
            continue
        kinds = tuple(_kinds_of(a, b, piece) for piece in chain)
        counts = np.bincount(np.concatenate(kinds), minlength=len(KINDS))
        kind = KINDS[counts.argmax()]
        least = MIN_QUOTED if kind == QUOTATION else MIN_WORDS
        if size >= min(least, a.size, b.size):  # or a whole text
            spans.append(Span(kind=kind, pieces=tuple(chain), kinds=kinds))
    return spans


def kinds_in(
    a: Reading, b: Reading, spans: Sequence[Span]
) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return what each word of each text is, as numbers of KINDS; -1 if not shared.

    A word that several passages have is a copy if it is in one of them.
    """
    found = np.full(a.size, -1, np.int8), np.full(b.size, -1, np.int8)
    every = (
        (piece, kinds)
        for span in spans
        for piece, kinds in zip(span.pieces, span.kinds, strict=True)
    )
    for piece, kinds in every:
        for places, begin in zip(found, (piece.begin_a, piece.begin_b), strict=True):
            at = slice(begin, begin + piece.size)
            places[at] = np.where(places[at] == 0, 0, kinds)
    return found


def _kinds_of(a: Reading, b: Reading, piece: Piece) -> NDArray[np.int8]:
    """Return what a piece's words are, as numbers of KINDS.

    Marks of either text count for both.
    """
    in_a = a.ranks[piece.begin_a : piece.begin_a + piece.size]
    in_b = b.ranks[piece.begin_b : piece.begin_b + piece.size]
    return _KIND_OF_RANK[np.maximum(in_a, in_b)]


def _pieces(a: Reading, b: Reading) -> list[Piece]:
    """Return what two texts share word by word, at least PIECE of them, by place."""
    if a.size >= PIECE and np.array_equal(a.runs, b.runs):
        return [Piece(begin_a=0, begin_b=0, size=a.size)]
    if not (len(a.runs) and len(b.runs)):
        return []
    in_a, in_b = _meetings(a, b)
    if not len(in_a):
        return []
    # In order of diagonal, then of place, as one number: on a diagonal the next is one
    # more.
    key = ((in_a - in_b) << _BITS) + in_a
    key.sort()
    begins = np.concatenate([[0], np.flatnonzero(np.diff(key) != 1) + 1])
    sizes = np.diff(begins, append=len(key)) + PIECE - 1
    begins, sizes = _longest(begins, sizes)
    begin_a = key[begins] & _PLACE
    begin_b = begin_a - (key[begins] >> _BITS)
    found = zip(begin_a.tolist(), begin_b.tolist(), sizes.tolist(), strict=True)
    return [Piece(begin_a=a, begin_b=b, size=size) for a, b, size in sorted(found)]


def _longest(
    begins: NDArray[np.intp], sizes: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the longest pieces, MAX_PIECES at most and all of one length or none.

    Texts of a few words over and over have as many short ones as somebody likes.
    """
    if len(sizes) <= MAX_PIECES:
        return begins, sizes
    least = np.sort(sizes)[-MAX_PIECES - 1] + 1
    return begins[sizes >= least], sizes[sizes >= least]


def _meetings(a: Reading, b: Reading) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where the same run stands in both: places in each, MAX_PLACES of one.

    Shapes (n,) and (n,): each of its first places in the one with each in the other.
    """
    mine, in_a = a.places
    ranked, in_b = b.places
    first = np.searchsorted(ranked, mine)
    hits = np.flatnonzero(ranked[np.minimum(first, len(ranked) - 1)] == mine)
    if len(hits) > 1 and (mine[hits[1:]] == mine[hits[:-1]]).any():
        hits = hits[_nth(mine[hits]) < MAX_PLACES]  # some stand in a several times
    if not len(hits):
        return hits, hits
    first = first[hits]
    behind = np.searchsorted(ranked, mine[hits], "right")
    found_a, found_b = [], []
    for turn in range(min(MAX_PLACES, int((behind - first).max()))):
        is_there = first + turn < behind
        found_a.append(in_a[hits[is_there]].astype(np.int64))
        found_b.append(in_b[first[is_there] + turn].astype(np.int64))
    return np.concatenate(found_a), np.concatenate(found_b)


def _nth(numbers: NDArray[np.uint64]) -> NDArray[np.intp]:
    """Return for each of ascending numbers how often it stood before, shape (n,)."""
    ranks = np.arange(len(numbers))
    is_new = np.concatenate([[True], np.diff(numbers) != 0])
    return ranks - np.maximum.accumulate(np.where(is_new, ranks, 0))


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

    They may overlap by less than a run: a word that is there twice is in both.
    """
    is_later = piece.begin_a > before.begin_a and piece.begin_b > before.begin_b
    return is_later and all(-PIECE < gap <= GAP for gap in _gap(before, piece))
