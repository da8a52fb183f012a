"""Follows who copied whom as stories come, change and go, whatever event they are in.

What is kept depends on the stories alone, not on the order in which they came (up to
the bounds of `samestory.index.store.copies` and `MATES`). A report is judged anew when
another comes that it may be a copy of, and when one goes. All within the transaction
that places or removes the stories.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Final

from samestory.errors import Quarantine
from samestory.index.copies.house_lines import REPEATED, house_lines
from samestory.index.copies.kept import A
from samestory.index.copies.pairs import Text, are_comparable, pair_of
from samestory.index.copies.prints import prints_of
from samestory.index.copies.voices import MATES, Mate, judged, may_be_source
from samestory.index.store.copies import LINES, PRINTS
from samestory.index.store.state import State
from samestory.story import Story

LEAST_SHARED: Final = 0.04  # of the prints of the shorter one: less makes no copy
REMEMBERED: Final = 1_500_000  # words of texts that were read, 32 to 47 bytes each
AT_ONCE: Final = 200  # stories of an older state in one transaction


class CopyTracker:
    """Who copied whom in a state; see above."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._copies = state.copies
        self._texts: OrderedDict[int, Text] = OrderedDict()
        self._words = 0  # of all of them

    def place(self, seq: int, story: Story) -> set[int]:
        """Take in a story whose row is written, new or in a new version.

        Args:
            seq: its number.
            story: what it says.

        Returns:
            The other stories of which more is known now: that they are copies, of whom,
            or whose voice they are.
        """
        news = _News(changed={seq})
        lines = house_lines(story)
        is_new = self._copies.voice(seq) is None
        other_lines = self._copies.put_numbers(LINES, seq, lines)
        having = self._copies.printing({*lines, *other_lines})
        repeated = {line for one, line in lines.items() if len(having[one]) >= REPEATED}
        self._compare(seq, story, news, repeated, is_new=is_new)
        for other in self._reread({one: having[one] for one in other_lines}, seq):
            self._compare(other, self._text_of(other).story, news)
        return self._settle(news) - {seq}

    def remove(self, seqs: Collection[int]) -> set[int]:
        """Let go of stories whose rows are gone.

        Returns:
            The other stories of which something else is known now.
        """
        news = _News()
        for seq in seqs:
            news.sources |= self._source(seq)
        lines = {line for seq in seqs for line in self._copies.drop_text(seq)}
        having = self._copies.printing(lines)
        left = self._copies.drop(seqs)
        for seq in seqs:
            self._let_go(seq)
        copies = [seq for seq in sorted(left) if self._copies.of(seq) is not None]
        self._judge_all(copies, news)
        for other in self._reread(having, -1):
            self._compare(other, self._text_of(other).story, news)
        news.sources -= set(seqs)
        return self._settle(news)

    def _reread(self, lines: Mapping[int, Collection[int]], but: int) -> list[int]:
        """Return the stories of which a line became the house's now, or is no more.

        Args:
            lines: that have come with a story, or gone with some, and who has each.
            but: that story's number, -1 if they have gone.
        """
        again = set()
        for having in lines.values():
            is_new = len(having) == REPEATED and but in having
            is_gone = len(having) < REPEATED and but not in having
            again |= set(having) - {but} if is_new or is_gone else set()
        for seq in again:
            self._let_go(seq)
        return sorted(again)

    def _compare(
        self,
        seq: int,
        story: Story,
        news: "_News",
        repeated: Collection[str] | None = None,
        *,
        is_new: bool = False,
    ) -> None:
        """Compare a story with those that may share a passage; judge who may copy.

        Args:
            seq: its number.
            story: what it says.
            news: what is known now is added.
            repeated: lines of it that its outlet repeats; None to look them up.
            is_new: it was never compared.
        """
        self._let_go(seq)
        mine = self._text(seq, story, repeated)
        again = set[int]()
        if not is_new:
            news.sources |= self._source(seq)
            again = self._copies.drop([seq])
        prints = prints_of(mine.reading)
        near = self._near(prints, story)
        self._copies.put_numbers(PRINTS, seq, prints)
        shares = False
        for other in near:
            text = self._text_of(other)
            pair = pair_of(mine, text)
            if pair is not None:
                self._copies.put_pair(seq, other, pair)
                shares = True
                if pair.whose == A or _place(story) < _place(text.story):
                    again.add(other)  # it may be a copy of this
        self._judge_all([*[seq] * shares, *sorted(again)], news)

    def _source(self, seq: int) -> set[int]:
        copied = self._copies.of(seq)
        return set() if copied is None else {copied.of}

    def catch_up(self) -> Iterator[int]:
        """Take in the stories of a state of before; yields how many after each step.

        One that can't be read is nobody's voice; `check` names it.
        """
        while True:
            with self._state.transaction():
                seqs = self._copies.untold(AT_ONCE)
                for seq in seqs:
                    try:
                        (member,) = self._state.members_by_seq([seq])
                    except (ValueError, Quarantine):
                        self._copies.set_voice(seq, "")
                    else:
                        self.place(seq, member.story)
            if not seqs:
                return
            yield len(seqs)

    def _near(self, prints: Collection[int], story: Story) -> list[int]:
        """Return the stories that may share a passage with one."""
        at = story.event_time.timestamp()
        near = (
            one.seq
            for one in self._copies.holders(prints, at)
            if one.shared >= LEAST_SHARED * min(len(prints), one.prints)
            and are_comparable(story.outlet, story.lang, one.outlet, one.lang)
        )
        return list(islice(near, MATES))

    def _judge_all(self, seqs: Iterable[int], news: "_News") -> None:
        """Judge stories anew; add those of which something else is known now."""
        for seq in seqs:
            mine = self._text_of(seq)
            before = self._source(seq)
            if self._copies.put(seq, judged(mine, self._sources(seq, mine.story))):
                news.changed.add(seq)
                news.sources |= before | self._source(seq)

    def _sources(self, seq: int, story: Story) -> Iterator[Mate]:
        """Yield the stories that one may be a copy of, the earliest first."""
        place = _place(story)
        for one in self._copies.neighbours(seq):
            is_earlier = (one.event_time, one.story_id) < place
            title = partial(self._title, one.seq)
            if may_be_source(one.whose, is_earlier=is_earlier, title=title):
                yield Mate(seq=one.seq, outlet=one.outlet, pair=one.pair)

    def _settle(self, news: "_News") -> set[int]:
        """Give each story the voice of what it copies; return those with news."""
        waiting, told = sorted(news.changed | news.sources), set(news.changed)
        while waiting:
            seq = waiting.pop()
            voice = self._voice(seq)
            if voice != self._copies.voice(seq):
                self._copies.set_voice(seq, voice)
                told.add(seq)
                waiting += self._copies.copies_of(seq)
        return told

    def _voice(self, seq: int) -> str:
        """Return whose voice a story is: that of the last in the row of its sources."""
        if not self._text_of(seq).voice:
            return ""
        row = [seq]
        while (copied := self._copies.of(row[-1])) is not None:
            if copied.of in row:  # each credits the other
                ring = row[row.index(copied.of) :]
                return min(
                    map(self._text_of, ring), key=lambda t: _place(t.story)
                ).voice
            row.append(copied.of)
        return self._credited_by_copies(row[-1]) or self._text_of(row[-1]).voice

    def _credited_by_copies(self, seq: int) -> str:
        """Return the agency that its first copy credits, if a text names none."""
        text = self._text_of(seq)
        if not text.is_own:
            return ""
        return self._copies.credited(seq, but=text.voice)

    # texts

    def _title(self, seq: int) -> str:
        kept = self._texts.get(seq)
        return kept.story.title if kept else self._copies.title(seq)

    def _text_of(self, seq: int) -> Text:
        found = self._texts.get(seq)
        if found is None:
            (member,) = self._state.members_by_seq([seq])
            found = self._text(seq, member.story)
        return found

    def _text(
        self, seq: int, story: Story, repeated: Collection[str] | None = None
    ) -> Text:
        found = self._texts.get(seq)
        if found is None:
            if repeated is None:
                repeated = self._copies.repeated(story)
            found = Text.of(story, repeated)
            self._texts[seq] = found
            self._words += found.reading.size
        self._texts.move_to_end(seq)
        while self._words > REMEMBERED and len(self._texts) > 1:
            self._let_go(next(iter(self._texts)))
        return found

    def _let_go(self, seq: int) -> None:
        text = self._texts.pop(seq, None)
        self._words -= text.reading.size if text else 0


@dataclass(slots=True)
class _News:
    """What a change brings: stories of which something else is known, and sources.

    `sources` are those that the former were, or are now, copies of: whose text they
    are may be told by their copies.
    """

    changed: set[int] = field(default_factory=set)
    sources: set[int] = field(default_factory=set)


def _place(story: Story) -> tuple[float, str]:
    return story.event_time.timestamp(), story.story_id
