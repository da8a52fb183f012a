"""The passages that two texts share: exact pieces, chained over small gaps.

Shingles of SHINGLE words that stand in both are put together along their diagonals to
exact pieces; pieces that follow one another in both texts within GAP words are one
passage, as where an editor put in a word (greedy string tiling finds the same tiles:
Clough et al. 2002). What counts is the words of the pieces, not what lies between: two
reports with only names in common have chains of five-word pieces. Whole numbers alone,
the same whichever text comes first.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from samestory.index.copies.reading import SHINGLE, Reading

GAP: Final = 4  # words between two pieces of one passage
MIN_WORDS: Final = 12  # of a passage
MIN_QUOTED: Final = 8  # of a quotation's
MAX_PLACES: Final = 4  # of a shingle in a text that count: more is a refrain
COPY, QUOTATION, BOILERPLATE = "copy", "quotation", "boilerplate"


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
        kinds = [_kind_of(a, b, one, at) for one in chain for at in range(one.size)]
        kind = max((COPY, QUOTATION, BOILERPLATE), key=kinds.count)
        if len(kinds) >= (MIN_QUOTED if kind == QUOTATION else MIN_WORDS):
            spans.append(Span(kind=kind, pieces=tuple(chain)))
    return spans


def kinds_in(
    a: Reading, b: Reading, spans: Sequence[Span]
) -> tuple[dict[int, str], dict[int, str]]:
    """Return of each text's shared words, by place, what they are.

    A word that several passages have is a copy if it is in one of them.
    """
    in_a: dict[int, str] = {}
    in_b: dict[int, str] = {}
    for piece in (piece for span in spans for piece in span.pieces):
        for at in range(piece.size):
            kind = _kind_of(a, b, piece, at)
            for places, place in ((in_a, piece.begin_a), (in_b, piece.begin_b)):
                if places.get(place + at) != COPY:
                    places[place + at] = kind
    return in_a, in_b


def _kind_of(a: Reading, b: Reading, piece: Piece, at: int) -> str:
    """Return what a shared word is: marks of either text count for both."""
    in_a, in_b = piece.begin_a + at, piece.begin_b + at
    if a.quoted[in_a] or b.quoted[in_b]:
        return QUOTATION
    return BOILERPLATE if a.furniture[in_a] or b.furniture[in_b] else COPY


def _pieces(a: Reading, b: Reading) -> list[Piece]:
    """Return what two texts share word by word, at least a shingle, by place."""
    if a.words == b.words and len(a.words) >= SHINGLE:
        return [Piece(begin_a=0, begin_b=0, size=len(a.words))]
    diagonals: dict[int, list[int]] = defaultdict(list)
    common = a.shingles.keys() & b.shingles.keys()
    for shingle in common:
        for at in a.shingles[shingle][:MAX_PLACES]:
            for other in b.shingles[shingle][:MAX_PLACES]:
                diagonals[at - other].append(at)
    found = []
    for diagonal, ats in diagonals.items():
        for begin, end in _runs(sorted(ats)):
            size = end - begin + SHINGLE
            found.append(Piece(begin_a=begin, begin_b=begin - diagonal, size=size))
    return sorted(found, key=lambda one: (one.begin_a, one.begin_b))


def _runs(ats: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield (first, last) of numbers that follow one another."""
    first = last = ats[0]
    for at in ats[1:]:
        if at != last + 1:
            yield first, last
            first = at
        last = at
    yield first, last


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
