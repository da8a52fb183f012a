"""How many voices an event has: reports that are no copies of others.

Each report is compared with those before it, and with later ones that it credits. One
whose own words are mostly theirs is a copy: it adds the sentences that they have not.
What is no copy is a voice: its publisher's, or the agency's that it is marked as coming
from; two papers that print two dispatches of one agency are one voice. "Earliest seen"
is by the time that reports state, never by the order in which they came to us.

Under MIN_TO_TELL words a share is noise: such a report is a copy only where nearly all
of it is another's. Hearsay is nobody's voice. Two languages share no words: a
translation is not told (docs/voices.md).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final

from samestory.credits import credits_of
from samestory.index.copies.comparison import COVERED, MIN_CONTAINED, MIN_COPIED
from samestory.index.copies.reading import Reading, read
from samestory.index.copies.sources import (
    COMMON,
    UNKNOWN,
    A,
    B,
    Credited,
    credited,
    source_of,
)
from samestory.index.copies.spans import COPY, kinds_in, shared
from samestory.publishers import family_of
from samestory.story import Story

MIN_TO_TELL: Final = 80  # words of a report
NEARLY_ALL: Final = 0.8  # of the words of a shorter one
MIN_SHINGLES: Final = 7  # that two texts must share to have a passage of 12 words
MAX_REPORTS: Final = 300  # of an event; of more each pair of texts takes its time
MAX_HAVING: Final = 30  # the first reports that have a shingle: others have theirs
EXACT: Final = "exact"  # quality of a date whose zone is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A report that is a copy.

    Attributes:
        story_id: of it.
        of: the report that it credits, or that has most of it.
        share: of its own words that others have, 0 to 1.
        added: its sentences that they do not have, in order.
        source: whose text it is: a name; "" if nobody says.
        is_ordered: the other was published before it, as both state.
    """

    story_id: str
    of: str
    share: float
    added: tuple[str, ...]
    source: str
    is_ordered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Voices:
    """The voices of an event: their names, the earliest first, and its copies."""

    names: tuple[str, ...]
    copies: tuple[Copied, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    story: Story
    reading: Reading
    credited: Credited


def voices_of(stories: Sequence[Story]) -> Voices:
    """Return the voices of an event's reports, in whatever order they are given."""
    ordered = sorted(stories, key=lambda one: (one.event_time, one.story_id))
    reports = [
        _Report(
            story=one,
            reading=read(one.text),
            credited=credited(one.text, one.outlet),
        )
        for one in ordered
    ]
    mates = _mates(reports)
    copies = [_copied(at, reports, sorted(mates[at])) for at in range(len(reports))]
    names = [
        _voice(report)
        for report, copy in zip(reports, copies, strict=True)
        if copy is None and not report.story.hearsay_of
    ]
    return Voices(
        names=tuple(dict.fromkeys(names)),
        copies=tuple(copy for copy in copies if copy is not None),
    )


def _mates(reports: Sequence[_Report]) -> dict[int, set[int]]:
    """Return by report those that share enough shingles to have a passage in common."""
    having: dict[tuple[str, ...], set[int]] = defaultdict(set)
    for at, report in enumerate(reports):
        for shingle in report.reading.shingles:
            having[shingle].add(at)
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for several in having.values():
        first = sorted(several)[:MAX_HAVING]
        for one in several if len(several) > 1 else ():
            for other in first:
                counts[one, other] += one != other
    mates: dict[int, set[int]] = defaultdict(set)
    for (one, other), count in counts.items():
        if count >= MIN_SHINGLES:
            mates[one].add(other)
    return mates


def _copied(at: int, reports: Sequence[_Report], mates: Sequence[int]) -> Copied | None:
    """Return what a report copies; None if it is its own."""
    mine = reports[at]
    covered: set[int] = set()
    aside: set[int] = set()
    shares: dict[int, tuple[bool, int]] = {}  # is credited, words
    for other in mates:
        its = reports[other]
        whose = source_of(its.credited, mine.credited)
        if whose == B or (other > at and whose != A):
            continue  # it is this one's copy, or came later and is not credited
        spans = shared(its.reading, mine.reading)
        places = kinds_in(its.reading, mine.reading, spans)[1]
        copied = {place for place, kind in places.items() if kind == COPY}
        aside |= places.keys() - copied
        shares[other] = (whose == A, len(copied))
        covered |= copied
    own = set(mine.reading.own) - (aside - covered)
    if not _is_copy(len(covered & own), len(own), len(mine.reading.words)):
        return None
    first = max(shares, key=lambda one: (*shares[one], -one))
    source = reports[first]
    whose = source_of(source.credited, mine.credited)
    return Copied(
        story_id=mine.story.story_id,
        of=source.story.story_id,
        share=len(covered & own) / len(own),
        added=tuple(
            mine.reading.passage(sentence)
            for sentence in mine.reading.sentences
            if sum(place in covered for place in sentence) < COVERED * len(sentence)
            and not set(sentence) <= aside
        ),
        source=_named(whose, source),
        is_ordered=_is_before(source.story, mine.story),
    )


def _is_copy(covered: int, own: int, words: int) -> bool:
    if words < MIN_TO_TELL:
        return own > 0 and covered >= NEARLY_ALL * own
    return covered >= MIN_COPIED and covered >= MIN_CONTAINED * own


def _named(whose: str, source: _Report) -> str:
    if whose == UNKNOWN:
        return ""
    return source.story.outlet if whose == A else whose.removeprefix(COMMON)


def _is_before(one: Story, other: Story) -> bool:
    """Tell whether a report states an earlier time, both with an hour."""
    mine, its = _hour_of(one), _hour_of(other)
    return mine is not None and its is not None and mine < its


def _hour_of(story: Story) -> datetime | None:
    """Return when a report says that it was published; None if it says the day alone.

    Midnight to the second is what feeds write that know no hour.
    """
    at = story.published
    is_day = at is None or at.time() == time()
    return None if is_day or story.date_quality != EXACT else at


def _voice(report: _Report) -> str:
    """Return whose voice a report is: an agency's that it is marked as, or its own."""
    agencies = report.story.agencies or credits_of(report.story.text).agencies
    others = [name for name in agencies if name.casefold() != family_of(report.story)]
    return others[0] if others else report.story.outlet
