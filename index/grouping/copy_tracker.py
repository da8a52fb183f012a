"""Follows who copied whom as stories come, change and go, whatever event they are in.

What is kept depends on the stories alone, not on the order in which they came (up to
the bounds of `samestory.index.store.copies` and `MATES`). A report is judged anew when
another comes that it may be a copy of, and when one goes. All within the transaction
that places or removes the stories.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Final

from samestory.index.copies.house_lines import REPEATED, house_lines
from samestory.index.copies.pairs import Text, are_comparable, pair_of
from samestory.index.copies.prints import prints_of
from samestory.index.copies.sources import A
from samestory.index.copies.voices import MATES, judged
from samestory.index.store.state import State
from samestory.story import Story

LEAST_SHARED: Final = 0.04  # of the prints of the shorter one: less makes no copy
REMEMBERED: Final = 1024  # texts as they were read, some 20 kB each: mates come soon
AT_ONCE: Final = 200  # stories of an older state in one transaction


class CopyTracker:
    """Who copied whom in a state; see above."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._copies = state.copies
        self._texts: OrderedDict[int, Text] = OrderedDict()

    def place(self, seq: int, story: Story) -> set[int]:
        """Take in a story whose row is written, new or in a new version.

        Args:
            seq: its number.
            story: what it says.

        Returns:
            The other stories of which more is known now: that they are copies, of whom,
            or whose voice they are.
        """
        lines = self._copies.put_lines(seq, house_lines(story))
        changed = self._compare(seq, story)
        for other in self._reread(lines, seq):
            changed |= self._compare(other, self._text_of(other).story)
        return self._settle(changed) - {seq}

    def remove(self, seqs: Collection[int]) -> set[int]:
        """Let go of stories whose rows are gone.

        Returns:
            The other stories of which something else is known now.
        """
        lines = {line for seq in seqs for line in self._copies.drop_text(seq)}
        left = self._copies.drop(seqs)
        for seq in seqs:
            self._texts.pop(seq, None)
        changed = self._judge_all(s for s in left if self._copies.of(s) is not None)
        for other in self._reread(lines, -1):
            changed |= self._compare(other, self._text_of(other).story)
        return self._settle(changed)

    def _reread(self, lines: Iterable[int], but: int) -> list[int]:
        """Return the stories of which a line became the house's now, or is no more.

        Args:
            lines: that have come with a story, or gone with some.
            but: that story's number, -1 if they have gone.
        """
        again = set()
        for line in lines:
            having = self._copies.printing(line)
            is_new = len(having) == REPEATED and but in having
            is_gone = len(having) < REPEATED and but not in having
            again |= set(having) - {but} if is_new or is_gone else set()
        for seq in again:
            self._texts.pop(seq, None)
        return sorted(again)

    def _compare(self, seq: int, story: Story) -> set[int]:
        """Compare a story with those that may share a passage; judge all that may copy.

        Returns:
            It, and the others of which something else is known now.
        """
        self._texts.pop(seq, None)
        mine = self._text(seq, story)
        again = self._copies.drop([seq])
        prints = prints_of(mine.reading)
        near = self._near(prints, story)
        self._copies.put_prints(seq, prints)
        shares = False
        for other in near:
            text = self._text_of(other)
            pair = pair_of(mine, text)
            if pair is not None:
                self._copies.put_pair(seq, other, pair)
                shares = True
                if pair.whose == A or _place(story) < _place(text.story):
                    again.add(other)  # it may be a copy of this
        return self._judge_all([*[seq] * shares, *sorted(again)]) | {seq}

    def catch_up(self) -> Iterator[int]:
        """Take in the stories of a state of before; yields how many after each step."""
        while True:
            with self._state.transaction():
                seqs = self._copies.untold(AT_ONCE)
                for member in self._state.members_by_seq(seqs):
                    self.place(member.seq, member.story)
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

    def _judge_all(self, seqs: Iterable[int]) -> set[int]:
        """Judge stories anew; return those of which something else is known now."""
        changed = set()
        for seq in seqs:
            mine = self._text_of(seq)
            mates = [one.as_mate_of(mine.story) for one in self._copies.neighbours(seq)]
            if self._copies.put(seq, judged(mine, mates)):
                changed.add(seq)
        return changed

    def _settle(self, changed: Collection[int]) -> set[int]:
        """Give each story the voice of what it copies; return those with news."""
        waiting, news = sorted(changed), set(changed)
        while waiting:
            seq = waiting.pop()
            voice = self._voice(seq)
            if voice != self._copies.voice(seq):
                self._copies.set_voice(seq, voice)
                news.add(seq)
                waiting += self._copies.copies_of(seq)
        return news

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
        return self._text_of(row[-1]).voice

    # texts

    def _text_of(self, seq: int) -> Text:
        found = self._texts.get(seq)
        if found is None:
            (member,) = self._state.members_by_seq([seq])
            found = self._text(seq, member.story)
        return found

    def _text(self, seq: int, story: Story) -> Text:
        found = self._texts.get(seq) or Text.of(story, self._copies.repeated(story))
        self._texts[seq] = found
        self._texts.move_to_end(seq)
        if len(self._texts) > REMEMBERED:
            self._texts.popitem(last=False)
        return found


def _place(story: Story) -> tuple[float, str]:
    return story.event_time.timestamp(), story.story_id
