"""What a state holds, as both its writer and its readers see it."""

import hashlib
import json
import sqlite3
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final

import numpy as np

from samestory.database import reading
from samestory.index.search.rare_terms import TERMS
from samestory.index.search.segments import Segments, files_of
from samestory.index.store.addresses import Addresses
from samestory.index.store.copies import Copies
from samestory.index.store.corrections import Corrections
from samestory.index.store.forgotten import Forgotten
from samestory.index.store.health import Health
from samestory.index.store.joins import Joins
from samestory.index.store.membership import Stored
from samestory.index.store.meta import Meta
from samestory.index.store.names import Names
from samestory.index.store.revisions import Revisions
from samestory.index.store.rows import MEMBER, Member, Placed, member_of
from samestory.index.store.versions import History
from samestory.story import Story

EXACT_S: Final = 9e9  # microseconds up to it are whole numbers in float64


class Held:
    """Stories, events and the position that they stand for.

    Attributes:
        path: of the file.
        copies: who copied whom.
        corrections: what people said.
        revisions: of the events, and the outbox.
        history: former versions, and what was forgotten.
        health: what an operator watches.
        membership: which stories are in which event.
        vectors: that are searched.
        names: which stories name what.
    """

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        """Read from a connection that is open."""
        self.path = path
        self._use(db)

    def _use(self, db: sqlite3.Connection) -> None:
        # The driver must not begin or end transactions by itself.
        db.isolation_level = None
        self._db = db
        self.copies = Copies(db)
        self.corrections = Corrections(db)
        self.revisions = Revisions(db)
        self.history = History(db)
        self.forgotten = Forgotten(db)
        self.health = Health(db)
        self.membership = Stored(db)
        self.vectors = Segments(db, files_of(self.path))
        self.names = Names(db)

    @property
    def meta(self) -> Meta:
        """How far it has read which journal, in which space."""
        return Meta(self._db)

    @property
    def joins(self) -> Joins:
        """Why each story is in its event."""
        return Joins(self._db)

    @property
    def addresses(self) -> Addresses:
        """Which stories are at an address, or of an outlet."""
        return Addresses(self._db)

    def reading(self) -> AbstractContextManager[None]:
        """See one and the same commit in all that is read inside."""
        return reading(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def known(self, story_id: str) -> tuple[str, float] | None:
        """Return (digest, observed) of the version held; None for an unknown story."""
        row = self._db.execute(
            "SELECT digest, observed FROM stories WHERE story_id = ?", (story_id,)
        ).fetchone()
        return (str(row[0]), float(row[1])) if row else None

    def given_id(self, story: Story) -> str:
        """Return the id by which a story is refused or known here; else its own."""
        from samestory.story_keys import ids_at, ids_of  # noqa: PLC0415  (0.01 s, not every question's)

        ids = ids_of(story.story_id, story.url)
        at = ids_at(story.url) if story.url else ()  # also of a guid's, and hearsay
        gone = [one for one in (*ids, *at) if self.forgotten.has(one)]
        given = gone or [one for one in ids if self.known(one)]
        return given[0] if given else story.story_id

    def member(self, story_id: str) -> Member | None:
        """Return a story by its id, None if there is none."""
        return next(iter(self._members("story_id = ?", (story_id,))), None)

    def members_by_seq(self, seqs: Sequence[int]) -> list[Member]:
        """Return stories by their numbers, in the order given."""
        marks = ",".join("?" * len(seqs))
        by_seq = {m.seq: m for m in self._members(f"seq IN ({marks})", tuple(seqs))}
        return [by_seq[seq] for seq in seqs if seq in by_seq]

    def members_of(self, event_id: str) -> list[Member]:
        """Return an event's stories, by event time and id."""
        return self._members("event_id = ?", (event_id,))

    def events_of(self, story_ids: Collection[str]) -> dict[str, str]:
        """Return the event of each of these stories that is there."""
        events = {}
        for story_id in story_ids:
            row = self._db.execute(
                "SELECT event_id FROM stories WHERE story_id = ?", (story_id,)
            ).fetchone()
            if row:
                events[story_id] = row[0]
        return events

    def _members(self, clause: str, values: tuple[Any, ...]) -> list[Member]:
        rows = self._db.execute(
            f"SELECT {MEMBER} FROM stories WHERE {clause}"
            " ORDER BY event_time, story_id",
            values,
        )
        return [member_of(row) for row in rows]

    def assignments(self) -> dict[str, str]:
        """Return each story's event, by story id."""
        return dict(self._db.execute("SELECT story_id, event_id FROM stories"))

    def placed(self) -> Placed:
        """Return where all stories stand."""
        # Gathered by SQLite, as text: five times faster than row by row. Times are
        # whole microseconds.
        seqs, times, rare = self._db.execute(
            "SELECT json_group_array(seq),"
            " json_group_array(CAST(round(event_time * 1e6) AS INTEGER)),"
            " CAST(group_concat(rare, '') AS BLOB)"
            " FROM stories INDEXED BY stories_placed"
        ).fetchone()
        numbers = np.array(json.loads(seqs), np.int64)
        moments = np.array(json.loads(times), np.int64) / 1e6
        # Centuries away float64 does not hold them: those are taken one by one.
        for seq, time in self._db.execute(
            "SELECT seq, event_time FROM stories INDEXED BY stories_placed"
            " WHERE event_time < ? OR event_time > ?",
            (-EXACT_S, EXACT_S),
        ):
            moments[numbers == seq] = time
        order = np.argsort(numbers)
        words = np.frombuffer(rare or b"", "<u4").reshape(-1, TERMS)
        return Placed(
            seqs=numbers[order],
            times=moments[order],
            rare=words[order],
        )

    def matching(
        self, *, since: float | None, lang: str | None, outlet: str | None
    ) -> list[int]:
        """Return the numbers of the stories that match; None matches all."""
        wanted: list[tuple[str, Any]] = [
            (clause, value)
            for clause, value in (
                ("event_time >= ?", since),
                ("lang = ?", lang),
                ("outlet = ? COLLATE NOCASE", outlet),
            )
            if value is not None
        ]
        clause = " AND ".join(c for c, _ in wanted) or "1"
        rows = self._db.execute(
            f"SELECT seq FROM stories INDEXED BY stories_placed WHERE {clause}",
            [value for _, value in wanted],
        )
        return [row[0] for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many stories and events there are."""
        stories, events = self._db.execute(
            "SELECT count(*), count(DISTINCT event_id) FROM stories"
        ).fetchone()
        return {"stories": stories, "events": events}

    def digest(self) -> str:
        """Return the sha256 of all lines `story version event`, by story: hex.

        Then `story source words voice` for each, by story, and `id status` for each
        correction. Equal digests mean the same versions of the same stories in the same
        events, with the same voices, by the same corrections.
        """
        rows = self._db.execute(
            "SELECT story_id, digest, event_id FROM stories ORDER BY story_id"
        )
        total = hashlib.sha256()
        for row in rows:
            total.update(f"{row[0]} {row[1]} {row[2]}\n".encode())
        for line in self.copies.digest_lines():
            total.update(f"{line}\n".encode())
        for one in self.corrections.all():
            total.update(f"{one.correction.correction_id} {one.status}\n".encode())
        return total.hexdigest()
