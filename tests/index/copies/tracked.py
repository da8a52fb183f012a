"""Who copied whom among stories, as the index keeps it; no event is decided for it."""

from pathlib import Path

import numpy as np

from samestory.index.decision.join_record import JoinRecord
from samestory.index.grouping.copy_tracker import CopyTracker
from samestory.index.store.copies import Kept
from samestory.index.store.state import State
from samestory.story import Story
from samestory.story_vector import PASSAGES, StoryVector

EVENT = "e-1"
VECTORS = np.full((PASSAGES, 4), 0.5, np.float16)


class Tracked:
    """A state with stories that are all in one event."""

    def __init__(self, path: Path, stories: list[Story] = ()) -> None:
        self.state = State(path)
        self.tracker = CopyTracker(self.state)
        self.seqs: dict[str, int] = {}
        for story in stories:
            self.take(story)

    def take(self, story: Story) -> set[str]:
        """Write a story or its new version; return the others with news."""
        seq = self.seqs.setdefault(story.story_id, len(self.seqs))
        vector = StoryVector(
            story=story, vectors=VECTORS, space_id="test", made_by="test"
        )
        with self.state.transaction():
            record, seen = JoinRecord(), story.first_seen.timestamp()
            self.state.put(vector, seq, EVENT, record, 0.0, [], seen=seen)
            news = self.tracker.place(seq, story)
        return {name for name, at in self.seqs.items() if at in news}

    def remove(self, *stories: Story) -> None:
        """Let stories go."""
        with self.state.transaction():
            gone = self.state.remove([one.story_id for one in stories])
            self.tracker.remove([one.seq for one in gone])

    @property
    def voices(self) -> list[str]:
        """The voices, the earliest first."""
        rows = [
            (m.story.event_time, m.story.story_id, self.state.copies.voice(m.seq))
            for m in self.state.members_of(EVENT)
        ]
        return list(dict.fromkeys(voice for _, _, voice in sorted(rows) if voice))

    @property
    def copies(self) -> list[Kept]:
        """The copies, by time."""
        return self.state.copies.in_event(EVENT)

    def table(self) -> list[tuple]:
        """All that is kept, by the stories' ids."""
        names = {seq: name for name, seq in self.seqs.items()}
        pairs = [
            (names[seq], names[one.seq], one.pair)
            for name, seq in self.seqs.items()
            if name in names.values()
            for one in self.state.copies.neighbours(seq)
        ]
        kept = [
            (k.story_id, k.of_id, k.copied.share, k.copied.source) for k in self.copies
        ]
        return [sorted(pairs, key=lambda one: one[:2]), kept, self.voices]
