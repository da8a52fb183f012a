"""The index's state: one SQLite file, one writer, any number of readers.

One transaction holds the position in the journal, the stories, their events, the join
records, the corrections and the outbox of `events`: after a crash they agree. Here is
the writer; who only asks has `samestory.index.store.reader`.
"""

import json
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from samestory.database import open_database, transaction
from samestory.database_copy import vacuum
from samestory.index.copies.relays import kept, relays_of
from samestory.index.decision.join_record import JoinRecord
from samestory.index.decision.stance import stance_of
from samestory.index.search.rare_terms import TERMS
from samestory.index.store.held import Held
from samestory.index.store.names import named_in
from samestory.index.store.rows import Member
from samestory.index.store.schema import SCHEMA, TABLES, UPGRADES
from samestory.story_vector import StoryVector, to_bytes

__all__ = ["Member", "Removed", "State"]


CACHE_KB: Final = 131_072  # of pages, at most: prints of 100,000 texts take 70 MB


class Removed(NamedTuple):
    """Where a story stood: its number, its event, its time in seconds since 1970."""

    seq: int
    event_id: str
    event_time: float


class State(Held):
    """The state as its one writer has it: what it holds, and all that changes it."""

    def __init__(self, path: Path) -> None:
        """Open or create the state, or bring one of before up to date.

        Raises:
            Misconfigured: not a state, or of a newer samestory.
        """
        db = open_database(
            path,
            TABLES,
            SCHEMA,
            "state",
            marker="joins",
            upgrades=UPGRADES,
            functions={"named_in": named_in},
        )
        db.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        super().__init__(db, path)

    def transaction(self) -> AbstractContextManager[None]:
        """Commit everything inside at once, or nothing of it."""
        return transaction(self._db)

    # stories

    def put(
        self,
        vector: StoryVector,
        seq: int,
        event_id: str,
        record: JoinRecord,
        crowd: float,
        rare: Sequence[int],
        *,
        seen: float,
    ) -> None:
        """Write a story's version.

        Args:
            vector: the version.
            seq: the story's number, the former one if it is known.
            event_id: the event that it is in.
            record: why.
            crowd: how crowded the topic was when it came.
            rare: its rarest words, as numbers.
            seen: from when on its age counts, in seconds since the epoch; that of the
                first version counts.
        """
        story = vector.story
        padded = np.zeros(TERMS, "<u4")
        padded[: len(rare)] = rare
        event_time = story.event_time.timestamp()
        value = json.dumps(story.to_json(), ensure_ascii=False)
        if former := self._db.execute(
            "SELECT story FROM stories WHERE seq = ?", (seq,)
        ).fetchone():
            self.names.remove(seq, former[0])
        self.names.put(seq, value)
        columns = (
            "seq, story_id, digest, observed, first_seen, event_time, event_id,"
            " outlet, lang, url, story, vectors, crowd, rare, heard, relays"
        )
        self._db.execute(
            f"INSERT INTO stories ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
            " ON CONFLICT (story_id) DO UPDATE SET digest=excluded.digest,"
            " observed=excluded.observed, event_time=excluded.event_time,"
            " event_id=excluded.event_id, outlet=excluded.outlet, lang=excluded.lang,"
            " first_seen=min(first_seen, excluded.first_seen), url=excluded.url,"
            " story=excluded.story, vectors=excluded.vectors,"
            " rare=excluded.rare, crowd=excluded.crowd, heard=excluded.heard,"
            " relays=excluded.relays",
            (
                seq,
                story.story_id,
                story.digest,
                story.observed.timestamp(),
                seen,
                event_time,
                event_id,
                story.outlet,
                story.lang,
                story.url,
                value,
                to_bytes(vector.vectors),
                crowd,
                padded.tobytes(),
                bool(story.hearsay_of),
                kept(
                    relays_of(story.text, story.outlet, story.lang, story.title),
                    stance_of(story),
                ),
            ),
        )
        self.joins.put(story.story_id, event_id, record)
        self.vectors.put(seq, event_time, vector.vectors)

    def remove(self, story_ids: Collection[str]) -> list[Removed]:
        """Remove stories with all that is kept of them; part of the transaction.

        Returns:
            Where those that were there stood; what they say need not be readable.
        """
        removed: list[Removed] = []
        for story_id in story_ids:
            rows = self._db.execute(
                "DELETE FROM stories WHERE story_id = ?"
                " RETURNING seq, event_id, event_time, story",
                (story_id,),
            ).fetchall()
            for seq, event_id, event_time, story in rows:
                removed.append(Removed(seq, event_id, event_time))
                self.names.remove(seq, story)
            self.vectors.remove(row["seq"] for row in rows)
            for table in ("joins", "versions"):
                self._db.execute(
                    f"DELETE FROM {table} WHERE story_id = ?",
                    (story_id,),
                )
        return removed

    def stories(self) -> list[Member]:
        """Return all stories, by event time and id."""
        return self._members("1", ())

    def seen_before(self, moment: float) -> list[str]:
        """Return the stories first seen before a moment, in order of arrival."""
        rows = self._db.execute(
            "SELECT story_id FROM stories WHERE first_seen < ? ORDER BY seq", (moment,)
        )
        return [row[0] for row in rows]

    def clear_outbox(self, numbers: Collection[int]) -> None:
        """Forget what was published."""
        with self.transaction():
            self.revisions.clear(numbers)

    def scrub(self) -> None:
        """Let no byte of removed rows stay; see `samestory.database_copy.vacuum`."""
        self.names.purge()
        vacuum(self._db, self.path)
