"""What a state stands for: how far it has read which journal, in which space."""

import json
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samestory.index.decision.expiry import Calendar


class Meta:
    """What is noted of a state beside its stories; the writer alone changes it."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def position(self) -> int:
        """Return the offset of the journal record that is to be read next."""
        return int(self._meta("position") or 0)

    def space(self) -> tuple[str, int] | None:
        """Return (space id, dim) of the vectors held; None in an empty state."""
        stored = self._meta("space")
        if stored is None:
            return None
        space_id, dim = stored.split(" ")
        return space_id, int(dim)

    def made_by(self) -> str:
        """Return which engine made the latest vectors; empty before the first."""
        return self._meta("made_by") or ""

    def journal_id(self) -> str | None:
        """Return which journal the position counts in; None in a new state."""
        return self._meta("journal")

    def calendar(self) -> "Calendar":
        """Return the day by which stories expire, and what tells it."""
        from samestory.index.decision.expiry import Calendar  # noqa: PLC0415  (few ask)

        stored = self._meta("calendar")
        if stored is None:  # a state of before knows the day alone, if it let any go
            return Calendar(day=int(self._meta("expired_day") or 0))
        return Calendar.from_json(json.loads(stored))

    def next_seq(self) -> int:
        """Return the number of the story that comes next; none is used twice."""
        return int(self._meta("next_seq") or self._last_seq() + 1)

    def set_position(self, position: int) -> None:
        """Move the position; part of the caller's transaction."""
        self._set_meta("position", str(position))

    def set_space(self, space_id: str, dim: int) -> None:
        """Bind the state to an embedding space; part of the caller's transaction."""
        self._set_meta("space", f"{space_id} {dim}")

    def set_made_by(self, name: str) -> None:
        """Note the engine; part of the caller's transaction, not of the digest."""
        self._set_meta("made_by", name)

    def set_journal_id(self, name: str) -> None:
        """Bind the state to a journal; part of the caller's transaction."""
        self._set_meta("journal", name)

    def set_calendar(self, now: "Calendar") -> None:
        """Keep it; part of the caller's transaction."""
        self._set_meta("calendar", json.dumps(now.to_json(), ensure_ascii=False))

    def set_next_seq(self, seq: int) -> None:
        """Move it; part of the transaction."""
        self._set_meta("next_seq", str(seq))

    def _meta(self, name: str) -> str | None:
        row = self._db.execute(
            "SELECT value FROM meta WHERE name = ?", (name,)
        ).fetchone()
        return str(row[0]) if row else None

    def _last_seq(self) -> int:
        row = self._db.execute("SELECT max(seq) FROM stories").fetchone()
        return int(row[0] or 0)

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, value))
