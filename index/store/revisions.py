"""What leaves the index: a revision for each change of an event, in an outbox.

The outbox is part of the commit that changes the events; it is published afterwards, at
least once, in order. Who keeps the highest revision of each event has the truth.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

TYPE: Final = "event"
VERSION: Final = "1.2"
REASONS: Final = {
    "created": "a report that belongs to no other event",
    "grown": "a report joined",
    "confirmed": "a second voice that knows it by itself: no copy, no citation",
    "unconfirmed": "what confirmed it is gone, or is no second source any more",
    "voices": "another report shows who copied whom",
    "updated": "a report has a new text",
    "materially-updated": "a report has other figures, or a correction notice",
    "moved": "reports moved between two events",
    "merged": "two events are one",
    "split": "an event came apart",
    "corrected": "a person said so",
    "expired": "some of its reports are older than what is kept",
    "forgotten": "a report was forgotten",
    "restored": "a snapshot was put back: what holds from here on",
    "closed": "none of its reports is kept any more",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What an event is after a change: the message of topic `events`.

    Attributes:
        event_id: of the event.
        revision: 1 for its first; the highest is true.
        reason: one of REASONS.
        details: what caused it, by name: `story`, `correction`; `into` or `from`, the
            other event of a move.
        members: ids of its stories, by their own time.
        voices: who tell it independently, the earliest first.
        copies: of its stories: (id of the copy, id of what it copies).
    """

    event_id: str
    revision: int
    reason: str
    details: Mapping[str, str]
    members: tuple[str, ...]
    voices: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]

    def encode(self) -> bytes:
        """Return the message's value: one JSON object."""
        return json.dumps(
            {
                "type": TYPE,
                "version": VERSION,
                "event_id": self.event_id,
                "revision": self.revision,
                "reason": self.reason,
                **self.details,
                "members": self.members,
                "voices": self.voices,
                "copies": self.copies,
            }
        ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A record that leaves the index.

    `refused` is None for an event's revision, whose key is the event id; for a journal
    record that can't be applied it is the reason, and the key is its offset.
    """

    number: int
    key: str
    value: bytes
    refused: str | None


class Revisions:
    """The events' revisions and the outbox; every change within a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def revise(self, event_id: str, reason: str, **details: str) -> None:
        """Write the event's next revision to the outbox.

        Args:
            event_id: of the event, whose members are those of now.
            reason: one of REASONS.
            details: what caused it: `story`, `correction`; `into` or `from`, an event.
        """
        ((revision,),) = self._db.execute(
            "INSERT INTO events VALUES (?,1,NULL,NULL) ON CONFLICT (event_id)"
            " DO UPDATE SET revision = revision + 1 RETURNING revision",
            (event_id,),
        ).fetchall()
        rows = self._db.execute(
            "SELECT s.story_id, s.voice, o.story_id AS source FROM stories s"
            " LEFT JOIN copies c ON c.seq = s.seq"
            " LEFT JOIN stories o ON o.seq = c.source"
            " WHERE s.event_id = ? ORDER BY s.event_time, s.story_id",
            (event_id,),
        ).fetchall()
        value = Revision(
            event_id=event_id,
            revision=revision,
            reason=reason,
            details=details,
            members=tuple(row["story_id"] for row in rows),
            voices=tuple(dict.fromkeys(row["voice"] for row in rows if row["voice"])),
            copies=tuple(
                (row["story_id"], row["source"]) for row in rows if row["source"]
            ),
        )
        self._db.execute(
            "INSERT INTO outbox (key, value) VALUES (?,?)", (event_id, value.encode())
        )

    def announce_anew(self, highest: Mapping[str, int]) -> None:
        """Announce every event anew, above the revisions announced before.

        Args:
            highest: the highest revision by event, e.g. of the state that is replaced.
        """
        self._db.executemany(
            "INSERT INTO events VALUES (?,?,NULL,NULL) ON CONFLICT (event_id)"
            " DO UPDATE SET revision = max(revision, excluded.revision)",
            highest.items(),
        )
        rows = self._db.execute("SELECT event_id FROM events ORDER BY event_id")
        for (event_id,) in rows.fetchall():
            self.revise(event_id, "restored")

    def highest(self) -> dict[str, int]:
        """Return the revision of each event."""
        rows = self._db.execute("SELECT event_id, revision FROM events")
        return {row[0]: row[1] for row in rows}

    def confirmed_by(self, event_id: str) -> str | None:
        """Return the story that confirmed an event; None if none has."""
        row = self._of(event_id)
        return row["confirmed"] if row else None

    def confirm(self, event_id: str, story_id: str | None) -> None:
        """Keep which story confirmed an event; None for none any more."""
        self._db.execute(
            "UPDATE events SET confirmed = ? WHERE event_id = ?", (story_id, event_id)
        )

    def merge(self, event_id: str, into: str) -> None:
        """Let an event's id stand for another event while it has no stories itself."""
        self._db.execute(
            "UPDATE events SET merged_into = ? WHERE event_id = ?", (into, event_id)
        )

    def today(self, event_id: str) -> str:
        """Return the event that an id stands for today, after mergers."""
        seen = set[str]()
        while event_id not in seen and not self._is_alive(event_id):
            seen.add(event_id)
            row = self._of(event_id)
            event_id = row["merged_into"] or event_id if row else event_id
        return event_id

    def _is_alive(self, event_id: str) -> bool:
        row = self._db.execute(
            "SELECT 1 FROM stories WHERE event_id = ? LIMIT 1", (event_id,)
        ).fetchone()
        return row is not None

    def _of(self, event_id: str) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self._db.execute(
            "SELECT * FROM events WHERE event_id = ?", (event_id,)
        ).fetchone()
        return row

    # outbox

    def refuse(self, offset: int, value: bytes, reason: str) -> None:
        """Write a journal record that can't be applied to the outbox."""
        self._db.execute(
            "INSERT INTO outbox (key, value, refused) VALUES (?,?,?)",
            (str(offset), value, reason),
        )

    def drop_refused(self, ids: Iterable[str]) -> None:
        """Let go of refused records that name one of these stories or corrections."""
        for one in ids:
            self._db.execute(
                "DELETE FROM outbox WHERE refused IS NOT NULL AND instr(value, ?)",
                (one.encode(),),
            )

    def outbox(self) -> list[Outgoing]:
        """Return what is not yet published, in order."""
        rows = self._db.execute(
            "SELECT id AS number, key, value, refused FROM outbox ORDER BY id"
        )
        return [Outgoing(**dict(row)) for row in rows]

    def clear(self, numbers: Iterable[int]) -> None:
        """Forget what was published."""
        self._db.executemany(
            "DELETE FROM outbox WHERE id = ?", [(number,) for number in numbers]
        )
