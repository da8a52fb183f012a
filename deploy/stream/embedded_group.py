"""Groups of the embedded log: who reads which partitions, and how far they are."""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from crc32c import crc32c

from samestory.checksums import checked
from samestory.connection import refuse_moved
from samestory.database import reading
from samestory.deploy.stream.log import Fenced, Record
from samestory.errors import Misconfigured, Retry

POLL_S: Final = 0.05  # how soon a reader sees an append; a pragma each, under 0.1 % CPU
LEASE_S: Final = 15.0  # a member that is silent so long is gone
HEARTBEAT_S: Final = 3.0  # an fsync each
WRONG: Final = "its checksum is wrong, its bytes on the disk changed"
GROUP_TABLES: Final = {
    "positions": checked(
        """CREATE TABLE positions (
  grp TEXT NOT NULL, topic TEXT NOT NULL, part INTEGER NOT NULL, pos INTEGER NOT NULL,
  note TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (grp, topic, part)
) STRICT, WITHOUT ROWID"""
    ),
    "members": checked(
        """CREATE TABLE members (
  grp TEXT NOT NULL, topic TEXT NOT NULL, member TEXT NOT NULL,
  token TEXT NOT NULL, boot TEXT NOT NULL, seen REAL NOT NULL,
  PRIMARY KEY (grp, topic, member)
) STRICT, WITHOUT ROWID"""
    ),
    "generations": checked(
        """CREATE TABLE generations (
  grp TEXT NOT NULL, topic TEXT NOT NULL, generation INTEGER NOT NULL,
  PRIMARY KEY (grp, topic)
) STRICT, WITHOUT ROWID"""
    ),
}


class EmbeddedConsumer:
    """See `Consumer`. Members hold a lease; each change of them is a generation.

    The sorted names share the partitions in turn. A commit counts only in the
    generation that its batch was read in: a member that slept through its lease is
    fenced, and what it had in hand comes again elsewhere.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        path: Path,
        group: str,
        topic: str,
        *,
        partitions: int,
        member: str | None,
        check_crcs: bool,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._db = db
        self._path = path
        self._group = group
        self._topic = topic
        self._all = range(partitions)
        self._member = member
        self._token = secrets.token_hex(8)
        self._check_crcs = check_crcs
        self._boot = boot_id()
        self._clock = clock
        self._monotonic = monotonic
        self._beat_at = 0.0
        self._generation = -1
        self._handed = -1  # the generation that what is in hand was read in
        self._first = -1
        self._next: dict[int, int] = {}
        if member is None:
            self._assign(self._all)
        else:
            self._join()
            self._handed = self._generation

    def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """See `Consumer.poll`."""
        end = time.monotonic() + timeout_s
        seen = None
        while True:
            refuse_moved(self._db)
            self.keep()
            self._handed = self._generation
            version = self._db.execute("PRAGMA data_version").fetchone()[0]
            if version != seen:
                with reading(self._db):  # else an append between looks like a gap
                    records = self._take(limit)
                if records:
                    return records
                seen = version
            if time.monotonic() >= end:
                return []
            time.sleep(min(POLL_S, max(0.0, end - time.monotonic())))

    def _take(self, limit: int) -> list[Record]:
        records: list[Record] = []
        # Each time another partition comes first, so that a busy one starves none.
        self._first += 1
        parts = sorted(self._next)
        start = self._first % len(parts) if parts else 0
        for part in parts[start:] + parts[:start]:
            rows = read_records(
                self._db,
                self._topic,
                part,
                self._next[part],
                limit - len(records),
                check=self._check_crcs,
            )
            begin = rows[0].offset if rows else head(self._db, self._topic, part)
            if begin > self._next[part] > 0:
                raise Misconfigured(
                    f"topic {self._topic}: group {self._group} is to read on at"
                    f" {part}:{self._next[part]}, the log begins at {part}:{begin}:"
                    " retention passed it, what was between was never read; start from"
                    " what is there with another --state"
                )
            if rows:
                self._next[part] = rows[-1].offset + 1
                records += rows
            if len(records) >= limit:
                break
        return records

    def keep(self) -> None:
        """See `Consumer.keep`."""
        if self._member is None or self._monotonic() < self._beat_at:
            return
        self._beat_at = self._monotonic() + HEARTBEAT_S
        with self._writing("heartbeat"):
            if not self._is_member():
                self._enrol()
            self._expire()
            self._db.execute(
                "UPDATE members SET seen = ? WHERE grp=? AND topic=? AND member=?",
                (self._monotonic(), self._group, self._topic, self._member),
            )
            self._follow()

    def commit(
        self, positions: Mapping[int, int], notes: Mapping[int, str] | None = None
    ) -> None:
        """See `Consumer.commit`."""
        with self._writing("commit"):
            if self._member is not None and (
                not self._is_member() or self._current() != self._handed
            ):
                self._beat_at = 0.0
                raise Fenced(
                    f"group {self._group}: the members of {self._topic} changed,"
                    " its batch comes again"
                )
            self._db.executemany(
                "INSERT OR REPLACE INTO positions VALUES (?,?,?,?,?,?)",
                [
                    (self._group, self._topic, p, n, (notes or {}).get(p, ""), at)
                    for at in (self._clock(),)
                    for p, n in positions.items()
                ],
            )

    def notes(self) -> dict[int, str]:
        """See `Consumer.notes`."""
        return {
            part: committed(self._db, self._group, self._topic, part)[1]
            for part in self._next
        }

    def seek(self, partition: int, position: int) -> None:
        """See `Consumer.seek`."""
        if partition not in self._next:
            raise Misconfigured(f"topic {self._topic} has no partition {partition}")
        self._next[partition] = position

    def close(self) -> None:
        """See `Consumer.close`."""
        if self._member is None:
            return
        with self._writing("leave"):
            if self._is_member():
                self._db.execute(
                    "DELETE FROM members WHERE grp=? AND topic=? AND member=?",
                    (self._group, self._topic, self._member),
                )
                self._turn()

    # membership, within a transaction

    def _writing(self, doing: str) -> "_Writing":
        return _Writing(self._db, f"log {self._path}: {doing} of group {self._group}")

    def _join(self) -> None:
        with self._writing("join"):
            self._enrol()
            self._expire()
            self._follow()

    def _enrol(self) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO members VALUES (?,?,?,?,?,?)",
            (
                *(self._group, self._topic, self._member),
                *(self._token, self._boot, self._monotonic()),
            ),
        )
        self._turn()

    def _expire(self) -> None:
        gone = self._db.execute(
            "DELETE FROM members WHERE grp=? AND topic=? AND member!=?"
            " AND (boot!=? OR seen<?)",
            (
                *(self._group, self._topic, self._member),
                *(self._boot, self._monotonic() - LEASE_S),
            ),
        ).rowcount
        if gone:
            self._turn()

    def _is_member(self) -> bool:
        row = self._db.execute(
            "SELECT token FROM members WHERE grp=? AND topic=? AND member=?",
            (self._group, self._topic, self._member),
        ).fetchone()
        if row and row[0] != self._token:
            raise Misconfigured(
                f"member {self._member} of group {self._group} was taken over by"
                " another process of that name: stop one of them, or name them apart"
            )
        return row is not None

    def _turn(self) -> None:
        self._db.execute(
            "INSERT INTO generations VALUES (?,?,1) ON CONFLICT DO UPDATE"
            " SET generation = generation + 1",
            (self._group, self._topic),
        )

    def _current(self) -> int:
        row = self._db.execute(
            "SELECT generation FROM generations WHERE grp=? AND topic=?",
            (self._group, self._topic),
        ).fetchone()
        return int(row[0]) if row else 0

    def _follow(self) -> None:
        """Take the partitions that the current generation gives us."""
        if self._current() == self._generation:
            return
        self._generation = self._current()
        rows = self._db.execute(
            "SELECT member FROM members WHERE grp=? AND topic=? ORDER BY member",
            (self._group, self._topic),
        ).fetchall()
        place = [row[0] for row in rows].index(self._member)
        self._assign(range(place, len(self._all), len(rows)))

    def _assign(self, parts: Sequence[int]) -> None:
        """Read on from the committed positions, whatever was in hand."""
        self._next = {
            part: committed(self._db, self._group, self._topic, part)[0]
            for part in parts
        }


class _Writing:
    """A write transaction; what the disk refuses is Retry."""

    def __init__(self, db: sqlite3.Connection, doing: str) -> None:
        self._db = db
        self._doing = doing

    def __enter__(self) -> None:
        refuse_moved(self._db)
        try:
            self._db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise Retry(f"{self._doing}: {error}") from error

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        try:
            if error is None:
                self._db.commit()
                return
            self._db.rollback()
        except sqlite3.OperationalError as refused:
            self._db.rollback()
            raise Retry(f"{self._doing}: {refused}") from refused
        if isinstance(error, sqlite3.OperationalError):
            raise Retry(f"{self._doing}: {error}") from error


def crc_of(key: str, value: bytes, headers: str, appended_at: float) -> int:
    """Return the CRC-32C of a record: no flipped bit goes unnoticed."""
    crc: int = crc32c(value, crc32c(f"{key} {headers} {appended_at!r}".encode()))
    return crc


def read_records(
    db: sqlite3.Connection,
    topic: str,
    part: int,
    position: int,
    limit: int,
    *,
    check: bool,
) -> list[Record]:
    """Return up to `limit` records of a partition from a position on.

    Raises:
        Misconfigured: the checksum of the first is wrong; those before it come first.
    """
    rows = db.execute(
        "SELECT pos, key, value, headers, appended_at, crc FROM records"
        " WHERE topic = ? AND part = ? AND pos >= ? ORDER BY pos LIMIT ?",
        (topic, part, position, limit),
    ).fetchall()
    for at, (offset, *record, crc) in enumerate(rows if check else ()):
        if crc is not None and crc != crc_of(*record):
            if at == 0:
                raise Misconfigured(
                    f"log, record {topic}:{part}:{offset}: {WRONG}: restore log.db from"
                    " a copy, or set check_crcs to false to read on: what then is no"
                    " message goes to the quarantine"
                )
            rows = rows[:at]
            break
    return [
        Record(
            topic=topic,
            partition=part,
            offset=offset,
            key=key,
            value=value,
            headers=json.loads(headers) if headers != "{}" else {},
            appended_at=appended_at,
        )
        for offset, key, value, headers, appended_at, _ in rows
    ]


def damaged_records(db: sqlite3.Connection) -> Iterator[str]:
    """Yield topic:partition:offset of the records whose checksum is wrong."""
    for topic, part, pos, *record, crc in db.execute(
        "SELECT topic, part, pos, key, value, headers, appended_at, crc FROM records"
        " WHERE crc IS NOT NULL"
    ):
        if crc != crc_of(*record):
            yield f"{topic}:{part}:{pos}"


def head(db: sqlite3.Connection, topic: str, part: int) -> int:
    """Return the offset that the partition's next record will have."""
    row = db.execute(
        "SELECT next FROM heads WHERE topic = ? AND part = ?", (topic, part)
    ).fetchone()
    return int(row[0])


def committed(
    db: sqlite3.Connection, group: str, topic: str, part: int
) -> tuple[int, str]:
    """Return (position, note) that the group committed; (0, "") before the first."""
    row = db.execute(
        "SELECT pos, note FROM positions WHERE grp = ? AND topic = ? AND part = ?",
        (group, topic, part),
    ).fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "")


def boot_id() -> str:
    """Return what names this boot of the machine; "" where nothing does."""
    path = Path("/proc/sys/kernel/random/boot_id")
    return path.read_text("ascii").strip() if path.exists() else ""
