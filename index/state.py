"""The index's state: one SQLite file, one writer, any number of readers.

One transaction holds the position in the journal, the stories, their events, the join
records, the corrections and the outbox of `events`: after a crash they agree.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samestory.embed.vector import PASSAGES, StoryVector, to_bytes
from samestory.index.corrected import Corrections
from samestory.index.expiry import Calendar
from samestory.index.health import Health
from samestory.index.history import History
from samestory.index.join_record import JoinRecord
from samestory.index.membership import Stored
from samestory.index.rare_terms import TERMS
from samestory.index.revisions import Revisions
from samestory.index.schema import SCHEMA, TABLES, UPGRADES
from samestory.index.vector_files import VectorFiles, files_of
from samestory.ingest.database import (
    open_database,
    open_to_read,
    reading,
    transaction,
    vacuum,
)
from samestory.ingest.errors import Misconfigured
from samestory.ingest.story import Story
from samestory.ingest.urls import ids_at, ids_of

EXACT_S: Final = 9e9  # microseconds up to it are whole numbers in float64


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A story in its event.

    `vectors` has shape (2, dim): title, title and lead; `crowd` is how crowded the
    topic was when it came.
    """

    seq: int
    story: Story
    event_id: str
    vectors: NDArray[np.float16]
    crowd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where the n stories stand: what the index holds in memory of them.

    Attributes:
        seqs: their numbers, ascending, shape (n,).
        times: their event times, seconds since the epoch, shape (n,).
        rare: their rarest words as numbers, 0 for none, shape (n, TERMS).
    """

    seqs: NDArray[np.int64]
    times: NDArray[np.float64]
    rare: NDArray[np.uint32]


class Removed(NamedTuple):
    """Where a story stood: its number, its event, its time in seconds since 1970."""

    seq: int
    event_id: str
    event_time: float


class State:
    """Stories, events and the position that they stand for.

    Attributes:
        corrections: what people said.
        revisions: of the events, and the outbox.
        history: former versions, and what was forgotten.
        health: what an operator watches.
        membership: which stories are in which event.
        vectors: that are searched.
    """

    def __init__(self, path: Path) -> None:
        """Open or create the state.

        Raises:
            Misconfigured: not a state, or of a newer samestory.
        """
        self._db = open_database(
            path, TABLES, SCHEMA, "state", marker="joins", upgrades=UPGRADES
        )
        self.path = path
        # The driver must not begin or end transactions by itself.
        self._db.isolation_level = None
        self.corrections = Corrections(self._db)
        self.revisions = Revisions(self._db)
        self.history = History(self._db)
        self.health = Health(self._db)
        self.membership = Stored(self._db)
        self.vectors = VectorFiles(self._db, files_of(path))

    def transaction(self) -> AbstractContextManager[None]:
        """Commit everything inside at once, or nothing of it."""
        return transaction(self._db)

    def reading(self) -> AbstractContextManager[None]:
        """See one and the same commit in all that is read inside."""
        return reading(self._db)

    # meta

    def position(self) -> int:
        """Return the offset of the journal record that is to be read next."""
        return int(self._meta("position") or 0)

    def set_position(self, position: int) -> None:
        """Move the position; part of the caller's transaction."""
        self._set_meta("position", str(position))

    def space(self) -> tuple[str, int] | None:
        """Return (space id, dim) of the vectors held; None in an empty state."""
        found = self._meta("space")
        if found is None:
            return None
        space_id, dim = found.split(" ")
        return space_id, int(dim)

    def set_space(self, space_id: str, dim: int) -> None:
        """Bind the state to an embedding space; part of the caller's transaction."""
        self._set_meta("space", f"{space_id} {dim}")

    def made_by(self) -> str:
        """Return which engine made the latest vectors; empty before the first."""
        return self._meta("made_by") or ""

    def set_made_by(self, name: str) -> None:
        """Note the engine; part of the caller's transaction, not of the digest."""
        self._set_meta("made_by", name)

    def journal_id(self) -> str | None:
        """Return which journal the position counts in; None in a new state."""
        return self._meta("journal")

    def set_journal_id(self, name: str) -> None:
        """Bind the state to a journal; part of the caller's transaction."""
        self._set_meta("journal", name)

    def calendar(self) -> Calendar:
        """Return the day by which stories expire, and what tells it."""
        found = self._meta("calendar")
        if found is None:  # a state of before knows the day alone, if it let any go
            return Calendar(day=int(self._meta("expired_day") or 0))
        return Calendar.from_json(json.loads(found))

    def set_calendar(self, now: Calendar) -> None:
        """Keep it; part of the caller's transaction."""
        self._set_meta("calendar", json.dumps(now.to_json(), ensure_ascii=False))

    def _meta(self, name: str) -> str | None:
        row = self._db.execute(
            "SELECT value FROM meta WHERE name = ?", (name,)
        ).fetchone()
        return str(row[0]) if row else None

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (name, value))

    # stories

    def put(
        self,
        found: StoryVector,
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
            found: the version.
            seq: the story's number, the former one if it is known.
            event_id: the event that it is in.
            record: why.
            crowd: how crowded the topic was when it came.
            rare: its rarest words, as numbers.
            seen: from when on its age counts, in seconds since the epoch; that of the
                first version counts.
        """
        story = found.story
        padded = np.zeros(TERMS, "<u4")
        padded[: len(rare)] = rare
        event_time = story.event_time.timestamp()
        columns = (
            "seq, story_id, digest, observed, first_seen, event_time, event_id,"
            " outlet, lang, url, story, vectors, crowd, rare"
        )
        self._db.execute(
            f"INSERT INTO stories ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
            " ON CONFLICT (story_id) DO UPDATE SET digest=excluded.digest,"
            " observed=excluded.observed, event_time=excluded.event_time,"
            " event_id=excluded.event_id, outlet=excluded.outlet, lang=excluded.lang,"
            " first_seen=min(first_seen, excluded.first_seen), url=excluded.url,"
            " story=excluded.story, vectors=excluded.vectors,"
            " rare=excluded.rare, crowd=excluded.crowd",
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
                json.dumps(story.to_json(), ensure_ascii=False),
                to_bytes(found.vectors),
                crowd,
                padded.tobytes(),
            ),
        )
        self._db.execute(
            "INSERT OR REPLACE INTO joins VALUES (?,?,?)",
            (story.story_id, event_id, record.encode()),
        )
        self.vectors.put(seq, event_time, found.vectors)

    def remove(self, story_ids: Collection[str]) -> list[Removed]:
        """Remove stories with all that is kept of them; part of the transaction.

        Returns:
            Where those that were there stood; what they say need not be readable.
        """
        found: list[Removed] = []
        for story_id in story_ids:
            rows = self._db.execute(
                "DELETE FROM stories WHERE story_id = ?"
                " RETURNING seq, event_id, event_time",
                (story_id,),
            ).fetchall()
            found += [Removed(*row) for row in rows]
            self.vectors.remove(row["seq"] for row in rows)
            for table in ("joins", "versions"):
                self._db.execute(
                    f"DELETE FROM {table} WHERE story_id = ?",
                    (story_id,),
                )
        return found

    def seen_before(self, moment: float) -> list[str]:
        """Return the stories first seen before a moment, in order of arrival."""
        rows = self._db.execute(
            "SELECT story_id FROM stories WHERE first_seen < ? ORDER BY seq", (moment,)
        )
        return [row[0] for row in rows]

    def next_seq(self) -> int:
        """Return the number of the story that comes next; none is used twice."""
        return int(self._meta("next_seq") or self._last_seq() + 1)

    def set_next_seq(self, seq: int) -> None:
        """Move it; part of the transaction."""
        self._set_meta("next_seq", str(seq))

    def _last_seq(self) -> int:
        row = self._db.execute("SELECT max(seq) FROM stories").fetchone()
        return int(row[0] or 0)

    def known(self, story_id: str) -> tuple[str, float] | None:
        """Return (digest, observed) of the version held; None for an unknown story."""
        row = self._db.execute(
            "SELECT digest, observed FROM stories WHERE story_id = ?", (story_id,)
        ).fetchone()
        return (str(row[0]), float(row[1])) if row else None

    def given_id(self, story: Story) -> str:
        """Return the id by which a story is refused or known here; else its own."""
        ids = ids_of(story.story_id, story.url)
        at = ids_at(story.url) if story.url else ()  # also of a guid's, and hearsay
        gone = [one for one in (*ids, *at) if self.history.is_forgotten(one)]
        given = gone or [one for one in ids if self.known(one)]
        return given[0] if given else story.story_id

    def member(self, story_id: str) -> Member | None:
        """Return a story by its id, None if there is none."""
        return next(iter(self._members("story_id = ?", (story_id,))), None)

    def members_by_seq(self, seqs: Sequence[int]) -> list[Member]:
        """Return stories by their numbers, in the order given."""
        marks = ",".join("?" * len(seqs))
        found = {m.seq: m for m in self._members(f"seq IN ({marks})", tuple(seqs))}
        return [found[seq] for seq in seqs if seq in found]

    def members_of(self, event_id: str, limit: int = -1) -> list[Member]:
        """Return an event's stories, by event time and id; the first so many of it."""
        return self._members("event_id = ?", (event_id,), limit)

    def events_of(self, story_ids: Collection[str]) -> dict[str, str]:
        """Return the event of each of these stories that is there."""
        found = {}
        for story_id in story_ids:
            row = self._db.execute(
                "SELECT event_id FROM stories WHERE story_id = ?", (story_id,)
            ).fetchone()
            if row:
                found[story_id] = row[0]
        return found

    def stories(self) -> list[Member]:
        """Return all stories, by event time and id."""
        return self._members("1", ())

    def _members(
        self, clause: str, values: tuple[Any, ...], limit: int = -1
    ) -> list[Member]:
        rows = self._db.execute(
            "SELECT seq, story, event_id, vectors, crowd FROM stories"
            f" WHERE {clause} ORDER BY event_time, story_id LIMIT ?",
            (*values, limit),
        )
        return [
            Member(
                seq=row["seq"],
                story=Story.stored(json.loads(row["story"])),
                event_id=row["event_id"],
                vectors=np.frombuffer(row["vectors"], "<f2").reshape(PASSAGES, -1),
                crowd=row["crowd"],
            )
            for row in rows
        ]

    def assignments(self) -> dict[str, str]:
        """Return each story's event, by story id."""
        return dict(self._pairs("stories"))

    def arrivals(self) -> dict[str, str]:
        """Return the event that each story's version was put into, by story id."""
        return dict(self._pairs("joins"))

    def _pairs(self, table: str) -> Iterator[tuple[str, str]]:
        for row in self._db.execute(f"SELECT story_id, event_id FROM {table}"):
            yield row[0], row[1]

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

    def of_outlet(self, name: str) -> list[str]:
        """Return the stories of an outlet, written large or small, by id."""
        rows = self._db.execute(
            "SELECT story_id FROM stories WHERE outlet = ? COLLATE NOCASE"
            " ORDER BY story_id",
            (name,),
        )
        return [row[0] for row in rows]

    def at_url(self, url: str) -> set[str]:
        """Return the stories at an address as it is spelled."""
        rows = self._db.execute("SELECT story_id FROM stories WHERE url = ?", (url,))
        return {row[0] for row in rows}

    def at_addresses(self, ids: Collection[str]) -> set[str]:
        """Return the stories at addresses: a guid or a feed may have named them.

        Args:
            ids: that the addresses give, however they are spelled.
        """
        rows = self._db.execute("SELECT story_id, url FROM stories WHERE url > ''")
        wanted = set(ids)
        return {row[0] for row in rows if not wanted.isdisjoint(ids_at(row[1]))}

    def resolve(self, beginning: str) -> str:
        """Return the one story or event id that begins so; after mergers today's.

        Raises:
            Misconfigured: none does, or more than one.
        """
        kinds = {"s-": ("story_id", "stories"), "e-": ("event_id", "events")}
        if beginning[:2] not in kinds:
            raise Misconfigured(f"{beginning!r} is no id: ids begin with s- or e-")
        column, table = kinds[beginning[:2]]
        rows = self._db.execute(
            f"SELECT {column} FROM {table} WHERE {column} >= ? AND {column} < ?"
            f" ORDER BY {column} LIMIT 3",
            (beginning, beginning + "\uffff"),
        ).fetchall()
        if not rows:
            raise Misconfigured(f"no id begins with {beginning!r}")
        if len(rows) > 1 and rows[0][0] != beginning:
            first = ", ".join(row[0] for row in rows)
            raise Misconfigured(f"{beginning!r} is ambiguous: {first}; give more of it")
        whole = str(rows[0][0])
        return self.revisions.today(whole) if column == "event_id" else whole

    def counts(self) -> dict[str, int]:
        """Return how many stories and events there are."""
        stories, events = self._db.execute(
            "SELECT count(*), count(DISTINCT event_id) FROM stories"
        ).fetchone()
        return {"stories": stories, "events": events}

    def digest(self) -> str:
        """Return the sha256 of all lines `story version event`, by story: hex.

        Then a line `id status` for each correction. Equal digests mean the same
        versions of the same stories in the same events, by the same corrections.
        """
        rows = self._db.execute(
            "SELECT story_id, digest, event_id FROM stories ORDER BY story_id"
        )
        total = hashlib.sha256()
        for row in rows:
            total.update(f"{row[0]} {row[1]} {row[2]}\n".encode())
        for one in self.corrections.all():
            total.update(f"{one.correction.correction_id} {one.status}\n".encode())
        return total.hexdigest()

    def newest_first_seen(self) -> datetime | None:
        """Return when the story seen last was first seen; None in an empty state."""
        row = self._db.execute("SELECT max(first_seen) FROM stories").fetchone()
        return None if row[0] is None else datetime.fromtimestamp(row[0], UTC)

    def join_record(self, story_id: str) -> JoinRecord | None:
        """Return why a story is in its event; None for an unknown story."""
        row = self._db.execute(
            "SELECT record FROM joins WHERE story_id = ?", (story_id,)
        ).fetchone()
        return JoinRecord.decode(row[0]) if row else None

    def set_join_record(self, story_id: str, record: JoinRecord) -> None:
        """Replace why a story is in its event; where it went on arrival stays."""
        self._db.execute(
            "UPDATE joins SET record = ? WHERE story_id = ?",
            (record.encode(), story_id),
        )

    def clear_outbox(self, numbers: Collection[int]) -> None:
        """Forget what was published."""
        with self.transaction():
            self.revisions.clear(numbers)

    def strip_reasons(self, story_ids: Collection[str]) -> None:
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

    def scrub(self) -> None:
        """Let no byte of removed rows stay; see `samestory.ingest.database.vacuum`."""
        vacuum(self._db, self.path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Peek(NamedTuple):
    """What a state or snapshot stands for."""

    position: int
    journal_id: str | None
    stories: int
    events: int


def peek(path: Path) -> Peek:
    """Look into a state without touching it, whatever its schema."""
    db = open_to_read(path)
    try:
        with reading(db):
            meta = dict(db.execute("SELECT name, value FROM meta").fetchall())
            stories, events = db.execute(
                "SELECT count(*), count(DISTINCT event_id) FROM stories"
            ).fetchone()
    finally:
        db.close()
    return Peek(int(meta.get("position", 0)), meta.get("journal"), stories, events)


def existing_state(path: Path) -> State:
    """Open a state that must be there.

    Raises:
        Misconfigured: it is not; says how to get one.
    """
    if not path.exists():
        raise Misconfigured(
            f"no stories yet: {path} does not exist; bring some in with"
            " `samestory run --feed URL` or `samestory import FILE.jsonl`,"
            " or name another --state"
        )
    return State(path)
