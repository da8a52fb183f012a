"""The index's state: one SQLite file, one writer, any number of readers.

One transaction holds the position in the journal, the stories, their events, the join
records and the outbox of `events`: after a crash they agree.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from embed.vector import PASSAGES, StoryVector, to_bytes
from index.correction import Correction
from ingest.database import open_database
from ingest.errors import Misconfigured
from ingest.story import Story

SCHEMA: Final = 4
LARGEST_S: Final = 7 * 86_400.0  # event time in which the largest event is looked for
SWALLOWED: Final = 50  # reports of an event that may have swallowed others,
SWALLOWED_SHARE: Final = 0.2  # if it holds more than this share of the latest stories
LATENCIES: Final = 1_000  # stories whose way through the stages is kept
_TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE stories (
  seq INTEGER PRIMARY KEY, story_id TEXT NOT NULL UNIQUE, digest TEXT NOT NULL,
  observed REAL NOT NULL, first_seen REAL NOT NULL, event_time REAL NOT NULL,
  event_id TEXT NOT NULL, outlet TEXT NOT NULL, lang TEXT, url TEXT,
  story TEXT NOT NULL, vectors BLOB NOT NULL, crowd REAL NOT NULL, rare BLOB NOT NULL
) STRICT;
CREATE INDEX stories_event ON stories (event_id, event_time);
CREATE INDEX stories_time ON stories (event_time);
CREATE INDEX stories_url ON stories (url);
CREATE TABLE events (
  event_id TEXT PRIMARY KEY, revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE joins (
  story_id TEXT PRIMARY KEY, event_id TEXT NOT NULL, record TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, value BLOB NOT NULL,
  refused TEXT
) STRICT;
CREATE TABLE latencies (
  slot INTEGER PRIMARY KEY, embed_s REAL NOT NULL, index_s REAL NOT NULL
) STRICT;
"""
_CORRECTIONS: Final = """
CREATE TABLE corrections (
  number INTEGER PRIMARY KEY AUTOINCREMENT, correction_id TEXT NOT NULL UNIQUE,
  value BLOB NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL, moved TEXT NOT NULL
) STRICT;
"""
# Stories of before have met no crowd and share no rare words.
_SECOND_LOOK: Final = """
ALTER TABLE stories ADD COLUMN crowd REAL NOT NULL DEFAULT 0;
ALTER TABLE stories ADD COLUMN rare BLOB NOT NULL DEFAULT x'';
"""
_UPGRADES: Final = {2: _CORRECTIONS, 3: _SECOND_LOOK}


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds that a story took to be embedded once published, then to be grouped."""

    embed_s: float
    index_s: float


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


class Placed(NamedTuple):
    """Where a story stands: what the index holds in memory of it.

    `rare` are its rarest words, as numbers; `vectors` has shape (2, dim).
    """

    seq: int
    event_time: float
    event_id: str
    rare: list[int]
    vectors: NDArray[np.float16]


class Largest(NamedTuple):
    """The largest event among the latest stories, and how many those are."""

    event_id: str
    reports: int
    stories: int

    @property
    def is_suspicious(self) -> bool:
        """Whether it may have swallowed others: too large a part of the news."""
        return (
            self.reports >= SWALLOWED and self.reports > SWALLOWED_SHARE * self.stories
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """A correction and what became of it.

    Attributes:
        correction: as it came.
        status: accepted, refused or undone.
        reason: why it was refused, or what else there is to say.
        moved: (event before, event after) by story that it moved.
    """

    correction: Correction
    status: str
    reason: str
    moved: Mapping[str, tuple[str, str]] = field(default_factory=dict)


class State:
    """Stories, events and the position that they stand for."""

    def __init__(self, path: Path) -> None:
        """Open or create the state.

        Raises:
            Misconfigured: not a state, or of a newer samestory.
        """
        self._db = open_database(
            path, _TABLES + _CORRECTIONS, SCHEMA, "state", upgrades=_UPGRADES
        )
        # The driver must not begin or end transactions by itself.
        self._db.isolation_level = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything inside at once, or nothing of it."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

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

    def journal_id(self) -> str | None:
        """Return which journal the position counts in; None in a new state."""
        return self._meta("journal")

    def set_journal_id(self, name: str) -> None:
        """Bind the state to a journal; part of the caller's transaction."""
        self._set_meta("journal", name)

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
        record: dict[str, Any],
        crowd: float,
        rare: Sequence[int],
    ) -> None:
        """Write a story's version.

        Args:
            found: the version.
            seq: the story's number, the former one if it is known.
            event_id: the event that it is in.
            record: why.
            crowd: how crowded the topic was when it came.
            rare: its rarest words, as numbers.
        """
        story = found.story
        self._db.execute(
            "INSERT INTO stories VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
            " ON CONFLICT (story_id) DO UPDATE SET digest=excluded.digest,"
            " observed=excluded.observed, event_time=excluded.event_time,"
            " event_id=excluded.event_id, outlet=excluded.outlet, lang=excluded.lang,"
            " url=excluded.url, story=excluded.story, vectors=excluded.vectors,"
            " rare=excluded.rare",
            (
                seq,
                story.story_id,
                story.digest,
                story.observed.timestamp(),
                story.first_seen.timestamp(),
                story.event_time.timestamp(),
                event_id,
                story.outlet,
                story.lang,
                story.url,
                json.dumps(story.to_json(), ensure_ascii=False),
                to_bytes(found.vectors),
                crowd,
                np.array(rare, "<u4").tobytes(),
            ),
        )
        self._db.execute(
            "INSERT OR REPLACE INTO joins VALUES (?,?,?)",
            (story.story_id, event_id, json.dumps(record, ensure_ascii=False)),
        )

    def last_seq(self) -> int:
        """Return the highest number of a story; 0 in an empty state."""
        row = self._db.execute("SELECT max(seq) FROM stories").fetchone()
        return int(row[0] or 0)

    def known(self, story_id: str) -> tuple[str, float] | None:
        """Return (digest, observed) of the version held; None for an unknown story."""
        row = self._db.execute(
            "SELECT digest, observed FROM stories WHERE story_id = ?", (story_id,)
        ).fetchone()
        return (str(row[0]), float(row[1])) if row else None

    def member(self, story_id: str) -> Member | None:
        """Return a story by its id, None if there is none."""
        return next(iter(self._members("story_id = ?", (story_id,))), None)

    def members_by_seq(self, seqs: Sequence[int]) -> list[Member]:
        """Return stories by their numbers, in the order given."""
        marks = ",".join("?" * len(seqs))
        found = {m.seq: m for m in self._members(f"seq IN ({marks})", tuple(seqs))}
        return [found[seq] for seq in seqs if seq in found]

    def members_of(self, event_id: str) -> list[Member]:
        """Return an event's stories, by event time and id."""
        return self._members("event_id = ?", (event_id,))

    def stories(
        self,
        *,
        since: float | None = None,
        lang: str | None = None,
        outlet: str | None = None,
    ) -> list[Member]:
        """Return the stories that match, by event time and id; all without filters."""
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
        return self._members(clause, tuple(value for _, value in wanted))

    def _members(self, clause: str, values: tuple[Any, ...]) -> list[Member]:
        rows = self._db.execute(
            "SELECT seq, story, event_id, vectors, crowd FROM stories"
            f" WHERE {clause} ORDER BY event_time, story_id",
            values,
        )
        return [
            Member(
                seq=row["seq"],
                story=Story.from_json(json.loads(row["story"])),
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
        """Return the event that each story was put into when it came, by story id."""
        return dict(self._pairs("joins"))

    def _pairs(self, table: str) -> Iterator[tuple[str, str]]:
        for row in self._db.execute(f"SELECT story_id, event_id FROM {table}"):
            yield row[0], row[1]

    def placed(self) -> Iterator[Placed]:
        """Yield where each story stands, in the order of arrival."""
        for row in self._db.execute(
            "SELECT seq, event_time, event_id, rare, vectors FROM stories ORDER BY seq"
        ):
            yield Placed(
                seq=row[0],
                event_time=row[1],
                event_id=row[2],
                rare=np.frombuffer(row[3], "<u4").tolist(),
                vectors=np.frombuffer(row[4], "<f2").reshape(PASSAGES, -1),
            )

    def resolve(self, beginning: str) -> str:
        """Return the one story or event id that begins so.

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
        return str(rows[0][0])

    def counts(self) -> dict[str, int]:
        """Return how many stories and events there are."""
        count = self._db.execute
        return {
            "stories": count("SELECT count(*) FROM stories").fetchone()[0],
            "events": count("SELECT count(DISTINCT event_id) FROM stories").fetchone()[
                0
            ],
        }

    def largest_event(self) -> Largest | None:
        """Return the largest event of the last LARGEST_S of event time.

        None in an empty state.
        """
        row = self._db.execute(
            "WITH latest AS (SELECT event_id FROM stories WHERE event_time >="
            " (SELECT max(event_time) FROM stories) - ?)"
            " SELECT event_id, count(*), (SELECT count(*) FROM latest) FROM latest"
            " GROUP BY event_id ORDER BY 2 DESC, 1 LIMIT 1",
            (LARGEST_S,),
        ).fetchone()
        return Largest(*row) if row else None

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
        for one in self.corrections():
            total.update(f"{one.correction.correction_id} {one.status}\n".encode())
        return total.hexdigest()

    def newest_first_seen(self) -> datetime | None:
        """Return when the story seen last was first seen; None in an empty state."""
        row = self._db.execute("SELECT max(first_seen) FROM stories").fetchone()
        return None if row[0] is None else datetime.fromtimestamp(row[0]).astimezone()

    def join_record(self, story_id: str) -> dict[str, Any] | None:
        """Return why a story is in its event; None for an unknown story."""
        row = self._db.execute(
            "SELECT record FROM joins WHERE story_id = ?", (story_id,)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def set_join_record(self, story_id: str, record: dict[str, Any]) -> None:
        """Replace why a story is in its event; where it went on arrival stays."""
        self._db.execute(
            "UPDATE joins SET record = ? WHERE story_id = ?",
            (json.dumps(record, ensure_ascii=False), story_id),
        )

    # corrections

    def put_correction(self, one: Corrected) -> None:
        """Keep a correction with what became of it; part of the transaction."""
        self._db.execute(
            "INSERT INTO corrections (correction_id, value, status, reason, moved)"
            " VALUES (?,?,?,?,?)",
            (
                one.correction.correction_id,
                one.correction.encode(),
                one.status,
                one.reason,
                json.dumps(dict(one.moved)),
            ),
        )

    def set_correction_status(self, correction_id: str, status: str) -> None:
        """Change what became of a correction; part of the transaction."""
        self._db.execute(
            "UPDATE corrections SET status = ? WHERE correction_id = ?",
            (status, correction_id),
        )

    def corrected(self, correction_id: str) -> Corrected | None:
        """Return a correction by its id; None if it has not come."""
        found = self._corrections("correction_id = ?", (correction_id,))
        return found[0] if found else None

    def corrections(self) -> list[Corrected]:
        """Return all corrections in their order."""
        return self._corrections("1", ())

    def _corrections(self, clause: str, values: tuple[Any, ...]) -> list[Corrected]:
        rows = self._db.execute(
            "SELECT value, status, reason, moved FROM corrections"
            f" WHERE {clause} ORDER BY number",
            values,
        )
        return [
            Corrected(
                correction=Correction.from_json(json.loads(row["value"])),
                status=row["status"],
                reason=row["reason"],
                moved={s: (a, b) for s, (a, b) in json.loads(row["moved"]).items()},
            )
            for row in rows
        ]

    def move(self, story_id: str, event_id: str) -> None:
        """Put a story into another event; part of the transaction."""
        self._db.execute(
            "UPDATE stories SET event_id = ? WHERE story_id = ?", (event_id, story_id)
        )

    # events going out

    def revise(self, event_id: str, reason: str) -> None:
        """Write the event's next revision to the outbox; within a transaction."""
        ((revision,),) = self._db.execute(
            "INSERT INTO events VALUES (?,1) ON CONFLICT (event_id)"
            " DO UPDATE SET revision = revision + 1 RETURNING revision",
            (event_id,),
        ).fetchall()
        members = self._db.execute(
            "SELECT story_id FROM stories WHERE event_id = ?"
            " ORDER BY event_time, story_id",
            (event_id,),
        )
        value = {
            "type": "event",
            "version": "1.0",
            "event_id": event_id,
            "revision": revision,
            "reason": reason,
            "members": [row[0] for row in members],
        }
        self._db.execute(
            "INSERT INTO outbox (key, value) VALUES (?,?)",
            (event_id, json.dumps(value).encode()),
        )

    def refuse(self, offset: int, value: bytes, reason: str) -> None:
        """Write a journal record that can't be applied to the outbox."""
        self._db.execute(
            "INSERT INTO outbox (key, value, refused) VALUES (?,?,?)",
            (str(offset), value, reason),
        )

    def outbox(self) -> list[Outgoing]:
        """Return what is not yet published, in order."""
        rows = self._db.execute(
            "SELECT id AS number, key, value, refused FROM outbox ORDER BY id"
        )
        return [Outgoing(**dict(row)) for row in rows]

    def clear_outbox(self, numbers: Iterable[int]) -> None:
        """Forget what was published."""
        with self.transaction():
            self._db.executemany(
                "DELETE FROM outbox WHERE id = ?", [(number,) for number in numbers]
            )

    def keep_latencies(self, found: Mapping[int, Latency]) -> None:
        """Keep the way of the latest stories, by journal offset."""
        with self.transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO latencies VALUES (?,?,?)",
                [(n % LATENCIES, one.embed_s, one.index_s) for n, one in found.items()],
            )

    def latencies(self) -> list[Latency]:
        """Return those of the latest LATENCIES stories, in no order."""
        rows = self._db.execute("SELECT embed_s, index_s FROM latencies")
        return [Latency(embed_s=row[0], index_s=row[1]) for row in rows]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


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
