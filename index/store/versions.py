"""What a story said before."""

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
    """Former versions of stories; every change within a transaction."""

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
