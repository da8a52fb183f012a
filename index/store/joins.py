"""Why each story is in its event: the join records of a state."""

import re
import sqlite3
from collections.abc import Collection, Iterator
from typing import Final

from samestory.index.decision.join_record import JoinRecord

_NAMED: Final = re.compile(r'"([se]-[^"]+)"')  # ids in a record


class Joins:
    """Join records by story; every change within a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, story_id: str) -> JoinRecord | None:
        """Return why a story is in its event; None for an unknown story."""
        row = self._db.execute(
            "SELECT record FROM joins WHERE story_id = ?", (story_id,)
        ).fetchone()
        return JoinRecord.decode(row[0]) if row else None

    def near(
        self, begin: float, end: float, least: float, names: set[str]
    ) -> Iterator[tuple[str, JoinRecord]]:
        """Yield (event, record) of stories that nearly joined another event.

        Args:
            begin: event time of the first of them, seconds since the epoch.
            end: that of the last.
            least: probability of the other event; of one with a veto any.
            names: ids of stories and events, of which a record has at least one.
        """
        rows = self._db.execute(
            "SELECT s.event_id, j.record FROM stories s JOIN joins j USING (story_id)"
            " WHERE s.event_time BETWEEN ? AND ? AND"
            " (json_extract(j.record, '$.runner_up[1]') >= ?3"
            " OR instr(j.record, '\"vetoed\": [{')"
            " OR (NOT json_extract(j.record, '$.joined')"
            " AND json_extract(j.record, '$.probability') >= ?3))"
            " ORDER BY s.event_time, s.seq",
            (begin, end, least),
        )
        for event_id, record in rows:
            if not names.isdisjoint(_NAMED.findall(record)):
                yield event_id, JoinRecord.decode(record)

    def arrivals(self) -> dict[str, str]:
        """Return the event that each story's version was put into, by story id."""
        return dict(self._db.execute("SELECT story_id, event_id FROM joins"))

    def put(self, story_id: str, event_id: str, record: JoinRecord) -> None:
        """Keep why a story's version was put into an event."""
        self._db.execute(
            "INSERT OR REPLACE INTO joins VALUES (?,?,?)",
            (story_id, event_id, record.encode()),
        )

    def replace(self, story_id: str, record: JoinRecord) -> None:
        """Say otherwise why a story is in its event; where it went on arrival stays."""
        self._db.execute(
            "UPDATE joins SET record = ? WHERE story_id = ?",
            (record.encode(), story_id),
        )

    def strip_vetoes(self, story_ids: Collection[str]) -> None:
        """Remove vetoes that name these stories, which may quote their words."""
        for table in ("joins", "versions"):
            rows = self._db.execute(
                f"SELECT story_id, record FROM {table}"
                " WHERE instr(record, '\"vetoed\": [{') ORDER BY story_id"
            ).fetchall()
            for story_id, text in rows:
                record = JoinRecord.decode(text)
                kept = record.without(frozenset(story_ids))
                if kept != record:
                    now = kept.encode()
                    self._db.execute(
                        f"UPDATE {table} SET record = ?"
                        " WHERE story_id = ? AND record = ?",
                        (now, story_id, text),
                    )
