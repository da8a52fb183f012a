"""What a story said before, and which stories must never come back."""

import json
import sqlite3
from dataclasses import dataclass
from typing import Final

from samestory.index.decision.join_record import JoinRecord
from samestory.story import Story

KEPT: Final = 20  # former versions of a story: a page may change at each visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A former version of a story: the event it was in, and why."""

    story: Story
    event_id: str
    record: JoinRecord


class History:
    """Former versions and forgotten stories; every change within a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def keep(self, one: Version) -> None:
        """Keep a version before another takes its place; the KEPT latest stay."""
        story_id = one.story.story_id
        self._db.execute(
            "INSERT INTO versions (story_id, event_id, story, record) VALUES (?,?,?,?)",
            (
                story_id,
                one.event_id,
                json.dumps(one.story.to_json(), ensure_ascii=False),
                one.record.encode(),
            ),
        )
        self._db.execute(
            "DELETE FROM versions WHERE story_id = ? AND number NOT IN (SELECT number"
            " FROM versions WHERE story_id = ? ORDER BY number DESC LIMIT ?)",
            (story_id, story_id, KEPT),
        )

    def versions(self, story_id: str) -> list[Version]:
        """Return a story's former versions, the oldest first."""
        rows = self._db.execute(
            "SELECT story, event_id, record FROM versions WHERE story_id = ?"
            " ORDER BY number",
            (story_id,),
        )
        return [
            Version(
                story=Story.stored(json.loads(row[0])),
                event_id=row[1],
                record=JoinRecord.decode(row[2]),
            )
            for row in rows
        ]

    def forget(self, story_id: str) -> None:
        """Refuse a story for ever."""
        self._db.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", (story_id,))

    def is_forgotten(self, story_id: str) -> bool:
        """Return whether a story is refused for ever."""
        row = self._db.execute(
            "SELECT 1 FROM forgotten WHERE story_id = ?", (story_id,)
        ).fetchone()
        return row is not None

    def put_request(self, forget_id: str, stories: int) -> None:
        """Keep that a request to forget came, and how many stories it removed.

        It is done when no byte of them is left, see `set_done`.
        """
        self._db.execute("INSERT INTO forgets VALUES (?,?,0)", (forget_id, stories))

    def has_come(self, forget_id: str) -> bool:
        """Return whether a request to forget came before."""
        row = self._db.execute(
            "SELECT 1 FROM forgets WHERE forget_id = ?", (forget_id,)
        ).fetchone()
        return row is not None

    def removed_by(self, forget_id: str) -> int | None:
        """Return how many stories a request removed; None if it is not done."""
        row = self._db.execute(
            "SELECT stories FROM forgets WHERE forget_id = ? AND done", (forget_id,)
        ).fetchone()
        return int(row[0]) if row else None

    def is_done(self) -> bool:
        """Return whether every request that came is done."""
        row = self._db.execute("SELECT 1 FROM forgets WHERE NOT done").fetchone()
        return row is None

    def set_done(self) -> None:
        """Let every request that came be done."""
        self._db.execute("UPDATE forgets SET done = 1 WHERE NOT done")
