"""What two reports share, and who says whose it is.

Two reports of one publisher are not compared: its series (urgent, lead, write-through)
and the states of its live blog are one voice anyway. Nor are reports in two languages:
they share no words, and a translation is not told.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from samestory.credits import AGENCIES
from samestory.index.copies.comparison import MIN_COPIED
from samestory.index.copies.kept import AGENCY, CREDIT, UNKNOWN, A, B, Pair, Run
from samestory.index.copies.reading import SHINGLE, Reading, read
from samestory.index.copies.sources import Credited, credited, source_of
from samestory.index.copies.spans import Piece, shared
from samestory.publishers import outlet_key
from samestory.story import Story

EXACT: Final = "exact"  # quality of a date whose zone is known
# Feeds state whole minutes, and some round them: less apart tells no order.
JITTER: Final = timedelta(minutes=1)
_OWNERS: Final = frozenset(name.casefold() for name in AGENCIES.values())


@dataclass(frozen=True, kw_only=True)
class Text:
    """A report as copies are told from it.

    Attributes:
        story: the report.
        reading: its words with what each is.
    """

    story: Story
    reading: Reading

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
        return cls(story=story, reading=reading)

    @cached_property
    def credited(self) -> Credited:
        """Whom it credits, and who it is."""
        return credited(self.story.text, self.story.outlet)

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
    return outlet_key(outlet) != outlet_key(other) and (
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
    if mine == its or copied < MIN_COPIED * max(a.reading.letters, b.reading.letters):
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
