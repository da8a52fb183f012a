"""What two reports share, as the index keeps it: places in words, and who says whose.

Two reports of one publisher are not compared: its series (urgent, lead, write-through)
and the states of its live blog are one voice anyway. Nor are reports in two languages:
they share no words, and a translation is not told.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from samestory.credits import AGENCIES
from samestory.index.copies.comparison import MIN_COPIED
from samestory.index.copies.reading import SHINGLE, Reading, read
from samestory.index.copies.sources import (
    COMMON,
    UNKNOWN,
    A,
    B,
    Credited,
    credited,
    source_of,
)
from samestory.index.copies.spans import Piece, shared
from samestory.publishers import family
from samestory.story import Story

EXACT: Final = "exact"  # quality of a date whose zone is known
# Feeds state whole minutes, and some round them: less apart tells no order.
JITTER: Final = timedelta(minutes=1)
CREDIT, AGENCY, EARLIER = "credit", "agency", "earlier"  # why one is the source
_OWNERS: Final = frozenset(name.casefold() for name in AGENCIES.values())
_TURNED: Final = {A: B, B: A}


@dataclass(frozen=True, kw_only=True)
class Text:
    """A report as copies are told from it.

    Attributes:
        story: the report.
        reading: its words with what each is.
        credited: whom it credits, and who it is.
    """

    story: Story
    reading: Reading
    credited: Credited

    @classmethod
    def of(cls, story: Story, repeated: Collection[str] = ()) -> Self:
        """Read a report: its text, or its headline if that is all there is.

        Args:
            story: the report.
            repeated: lines that its outlet prints again and again.
        """
        reading = read(story.text, repeated)
        if reading.size < SHINGLE:
            reading = read(story.title)
        return cls(
            story=story,
            reading=reading,
            credited=credited(story.text, story.outlet),
        )

    @property
    def is_own(self) -> bool:
        """Whether it is its publisher's, which is no agency, as far as it says."""
        own = self.voice.casefold()
        return own == self.credited.outlet.casefold() and own not in _OWNERS

    @cached_property
    def voice(self) -> str:
        """Whose voice it is if it copies nobody; "" for hearsay, which is nobody's.

        The agency's that it is marked as coming from, else its publisher's: two papers
        that print two dispatches of one agency are one voice.
        """
        if self.story.hearsay_of:
            return ""
        own = self.credited.outlet
        named = (*self.story.agencies, *self.credited.agencies)
        return next((n for n in named if n.casefold() != own.casefold()), own)


class Run(NamedTuple):
    """Words that two reports share: where in each, how many, of which of KINDS."""

    begin_a: int
    begin_b: int
    size: int
    kind: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What two reports, a and b, share.

    Attributes:
        runs: of words, each of one kind, by their places in a.
        whose: A, B, common:AGENCY or UNKNOWN.
        ground: why: CREDIT or AGENCY; "" where it is UNKNOWN.
        earlier: A or B: which was published before the other, as both state; else
            UNKNOWN.
    """

    runs: tuple[Run, ...]
    whose: str
    ground: str
    earlier: str

    def encode(self) -> str:
        """Return it as JSON."""
        numbers = [number for run in self.runs for number in run]
        return json.dumps(
            [self.whose, self.ground, self.earlier, numbers], separators=(",", ":")
        )

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return what `encode` made."""
        whose, ground, earlier, numbers = json.loads(text)
        four = (numbers[at::4] for at in range(4))
        runs = tuple(map(Run._make, zip(*four, strict=True)))
        return cls(runs=runs, whose=whose, ground=ground, earlier=earlier)

    def turned(self) -> "Pair":
        """Return it with a and b in each other's place."""
        return Pair(
            runs=_sorted(Run(r.begin_b, r.begin_a, r.size, r.kind) for r in self.runs),
            whose=turned_side(self.whose),
            ground=self.ground,
            earlier=turned_side(self.earlier),
        )

    def masks(self, words: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which of so many words of a are in b: copied, and set aside.

        Quoted and boilerplate are set aside. A word that several runs have is copied
        if it is in one of them.
        """
        copied, aside = np.zeros(words, bool), np.zeros(words, bool)
        for run in self.runs:
            (aside if run.kind else copied)[run.begin_a : run.begin_a + run.size] = True
        return copied, aside & ~copied


def turned_side(side: str) -> str:
    """Return a side where a and b are in each other's place; what is none stays."""
    return _TURNED.get(side, side)


def whose_in(encoded: str) -> str:
    """Return `whose` of a pair that `encode` made, without reading all of it."""
    return encoded[2 : encoded.index('"', 2)]


def pair_of(a: Text, b: Text) -> Pair | None:
    """Return what two reports share; None if nothing, or if they are not compared."""
    mine, its = a.story, b.story
    if not are_comparable(mine.outlet, mine.lang, its.outlet, its.lang):
        return None
    runs = _sorted(
        run
        for span in shared(a.reading, b.reading)
        for piece, kinds in zip(span.pieces, span.kinds, strict=True)
        for run in _runs(piece, kinds)
    )
    if not runs:
        return None
    whose = source_of(a.credited, b.credited)
    ground = "" if whose == UNKNOWN else CREDIT
    if whose == UNKNOWN:
        whose = _of_agency(a, b, runs)
        ground = "" if whose == UNKNOWN else AGENCY
    return Pair(runs=runs, whose=whose, ground=ground, earlier=_earlier(a, b))


def _sorted(runs: Iterable[Run]) -> tuple[Run, ...]:
    return tuple(sorted(runs))


def are_comparable(
    outlet: str, lang: str | None, other: str, its_lang: str | None
) -> bool:
    """Tell whether reports are of two publishers, in what may be one language."""
    return family(outlet) != family(other) and (
        lang == its_lang or not lang or not its_lang
    )


def _runs(piece: Piece, kinds: NDArray[np.int8]) -> Iterator[Run]:
    """Yield the parts of a piece that are of one kind."""
    if not kinds.any():  # as most are
        yield Run(piece.begin_a, piece.begin_b, piece.size, 0)
        return
    changes = np.flatnonzero(np.diff(kinds)) + 1
    begin = 0
    for end in (*changes.tolist(), piece.size):
        yield Run(
            piece.begin_a + begin, piece.begin_b + begin, end - begin, int(kinds[begin])
        )
        begin = end


def _of_agency(a: Text, b: Text, runs: tuple[Run, ...]) -> str:
    """Return which of two is an agency's own; UNKNOWN if none or both, or too little.

    An agency sends its words to the others: what it takes from them it credits.
    """
    mine, its = (one.credited.outlet.casefold() in _OWNERS for one in (a, b))
    copied = sum(run.size for run in runs if not run.kind)
    if mine == its or copied < MIN_COPIED:
        return UNKNOWN
    return A if mine else B


def _earlier(a: Text, b: Text) -> str:
    """Return which report states the earlier time, if both state an hour."""
    mine, its = _hour_of(a.story), _hour_of(b.story)
    if mine is None or its is None or abs(mine - its) < JITTER:
        return UNKNOWN
    return A if mine < its else B


def _hour_of(story: Story) -> datetime | None:
    """Return when a report says that it was published; None if it says the day alone.

    Midnight to the second is what feeds write that know no hour.
    """
    at = story.published
    is_day = at is None or at.time() == time()
    return None if is_day or story.date_quality != EXACT else at


def agency_of(whose: str) -> str:
    """Return the agency that both reports credit; "" where it is none."""
    return whose.removeprefix(COMMON) if whose.startswith(COMMON) else ""
