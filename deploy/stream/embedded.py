"""The embedded log: one SQLite-WAL file, for one machine without a server.

An append is acknowledged after fsync, all messages of a call with one. Groups share
partitions by leases (`embedded_group`), and what every stage and every live group has
read is removed in small steps when it is old or too much (`embedded_retention`).
"""

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from samestory.checksums import checked, rebuilt
from samestory.database import open_database, reading
from samestory.database_copy import vacuum
from samestory.deploy.stream.embedded_group import (
    GROUP_TABLES,
    WRONG,
    EmbeddedConsumer,
    committed,
    crc_of,
    damaged_records,
    head,
    read_records,
)
from samestory.deploy.stream.embedded_retention import (
    CLOCK_OF_RECORDS,
    CLOCK_TABLE,
    Retention,
)
from samestory.deploy.stream.log import TOPICS, Lag, Message, Record, partitions_of
from samestory.deploy.stream.partition import partition_of
from samestory.errors import Misconfigured, Retry

SCHEMA: Final = 3
PAGE_BYTES: Final = 16_384  # appends of 5 kB: 1.3 times those of 4 kB pages
TRIM_EVERY_S: Final = 30.0
BUSY_MS: Final = 2_000  # then Retry: while SQLite waits, no signal is heard
_RECORDS: Final = """
CREATE TABLE records (
  topic TEXT NOT NULL, part INTEGER NOT NULL, pos INTEGER NOT NULL,
  key TEXT NOT NULL, value BLOB NOT NULL, headers TEXT NOT NULL,
  appended_at REAL NOT NULL, crc INTEGER,
  PRIMARY KEY (topic, part, pos)
) STRICT;
"""
_CHECKED: Final = {
    "topics": checked(
        """CREATE TABLE topics (
  topic TEXT PRIMARY KEY, partitions INTEGER NOT NULL, made TEXT NOT NULL
) STRICT, WITHOUT ROWID"""
    ),
    "heads": checked(
        """CREATE TABLE heads (
  topic TEXT NOT NULL, part INTEGER NOT NULL, next INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY (topic, part)
) STRICT, WITHOUT ROWID"""
    ),
    **GROUP_TABLES,
}
_TABLES: Final = ";".join([_RECORDS, *_CHECKED.values(), CLOCK_TABLE])
# Records of before have no checksum, and none is asked of them.
_UPGRADES: Final = {
    1: ";".join(
        [
            "ALTER TABLE records ADD COLUMN crc INTEGER",
            *(rebuilt(name, table) for name, table in _CHECKED.items()),
        ]
    ),
    2: f"{CLOCK_TABLE};{CLOCK_OF_RECORDS}",
}


class EmbeddedLog:
    """See `Log`. One object for each thread; many processes may share the file."""

    def __init__(
        self,
        path: Path,
        *,
        partitions: Mapping[str, int] | None = None,
        retention_s: float = float("inf"),
        retention_bytes: float = float("inf"),
        check_crcs: bool = True,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open or create the log.

        Args:
            path: the file.
            partitions: by topic, 1 where it says nothing; fixed when the file is made.
            retention_s: seconds that a record is kept at least.
            retention_bytes: of values in a topic; older records go when it is passed.
            check_crcs: refuse records whose checksum is wrong.
            clock: seconds since the epoch, for the age of records.
            monotonic: seconds since this machine's boot, for leases and retention: a
                jump of the clock expels nobody and removes nothing.

        Raises:
            Misconfigured: the file can't be opened, holds something else, or has other
                partitions (changing them would move keys).
        """
        self._path = path
        self._clock = clock
        self._monotonic = monotonic
        self._trim_at = 0.0
        wanted = {topic: (partitions or {}).get(topic, 1) for topic in TOPICS}
        self._db = open_database(
            path,
            f"{_TABLES};{_topic_rows(wanted)}",
            SCHEMA,
            "log",
            marker="records",
            page_bytes=PAGE_BYTES,
            upgrades=_UPGRADES,
        )
        self._retention = Retention(
            self._db,
            keep_s=retention_s,
            keep_bytes=retention_bytes,
            clock=clock,
            monotonic=monotonic,
        )
        self._check_crcs = check_crcs
        self._db.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        self._partitions = dict(
            self._db.execute("SELECT topic, partitions FROM topics").fetchall()
        )
        for topic, number in (partitions or {}).items():
            if self._partitions.get(topic) != number:
                raise Misconfigured(
                    f"log {path}: topic {topic} has {self._partitions.get(topic)}"
                    f" partitions, the settings say {number}: keys would move;"
                    " keep the number, or start another --state"
                )

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """See `Log.publish`: one transaction, one fsync for all of them."""
        number = self._known(topic)
        if not messages:
            return
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._append(topic, number, messages)
        except sqlite3.OperationalError as error:  # locked, disk full
            raise Retry(f"log {self._path}: {error}") from error
        if self._monotonic() >= self._trim_at:
            self._trim_at = self._monotonic() + TRIM_EVERY_S
            with suppress(sqlite3.OperationalError):  # no room, locked: it can wait
                self.trim()

    def _append(self, topic: str, number: int, messages: Sequence[Message]) -> None:
        heads = {p: head(self._db, topic, p) for p in range(number)}
        sizes = dict.fromkeys(heads, 0)
        rows, now = [], self._clock()
        for m in messages:
            part = partition_of(m.key, number)
            headers = json.dumps(dict(m.headers))
            crc = crc_of(m.key, m.value, headers, now)
            rows.append((topic, part, heads[part], m.key, m.value, headers, now, crc))
            heads[part] += 1
            sizes[part] += len(m.value)
        self._db.executemany("INSERT INTO records VALUES (?,?,?,?,?,?,?,?)", rows)
        self._db.executemany(
            "UPDATE heads SET next = ?, bytes = bytes + ? WHERE topic=? AND part=?",
            [(heads[p], sizes[p], topic, p) for p in heads],
        )

    def rewrite(
        self, topic: str, change: Callable[[Record], Message | None], page: int = 500
    ) -> int:
        """Put messages in the place of records, whose bytes are gone afterwards.

        Args:
            topic: all its partitions are read.
            change: what takes a record's place, under its own key; None keeps it.
            page: records read at once.

        Returns:
            How many records were replaced.

        Raises:
            Retry: the disk is full, or others hold the file; done in part.
        """
        count = 0
        try:
            for part in range(self._known(topic)):
                position = 0
                while records := self.read(topic, part, position, page):
                    position = records[-1].offset + 1
                    changed = [(one, new) for one in records if (new := change(one))]
                    self._replace(changed)
                    count += len(changed)
        except sqlite3.OperationalError as error:  # locked, disk full
            raise Retry(f"log {self._path}: {error}") from error
        return count

    def scrub(self) -> None:
        """Let no byte of removed or replaced records stay in the file.

        Raises:
            Retry: the disk has no room for it, or others hold the file.
        """
        vacuum(self._db, self._path)

    def _replace(self, changed: Sequence[tuple[Record, Message]]) -> None:
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            for one, new in changed:
                headers = json.dumps(dict(new.headers))
                where = (one.topic, one.partition, one.offset)
                before = self._db.execute(
                    "SELECT length(value) FROM records"
                    " WHERE topic = ? AND part = ? AND pos = ?",
                    where,
                ).fetchone()
                if before is None:  # retention was quicker
                    continue
                self._db.execute(
                    "UPDATE records SET value = ?, headers = ?, crc = ?"
                    " WHERE topic = ? AND part = ? AND pos = ?",
                    (
                        *(new.value, headers),
                        crc_of(one.key, new.value, headers, one.appended_at),
                        *where,
                    ),
                )
                self._db.execute(
                    "UPDATE heads SET bytes = bytes + ? WHERE topic = ? AND part = ?",
                    (len(new.value) - before[0], one.topic, one.partition),
                )

    def trim(self) -> int:
        """Remove records that are old or too much, in one small step; return how many.

        Never what a stage has not read, see READERS, nor what another group has not,
        unless it has been silent for STALE_GROUP_S: then it is named in a warning and
        holds the log back no longer.
        """
        return self._retention.trim(self._partitions)

    def consumer(
        self, group: str, topic: str, member: str | None = None
    ) -> EmbeddedConsumer:
        """See `Log.consumer`."""
        return EmbeddedConsumer(
            self._db,
            self._path,
            group,
            topic,
            partitions=self._known(topic),
            member=member,
            check_crcs=self._check_crcs,
            clock=self._clock,
            monotonic=self._monotonic,
        )

    def read(
        self, topic: str, partition: int, position: int, limit: int
    ) -> list[Record]:
        """See `Log.read`."""
        if not 0 <= partition < self._known(topic):
            raise Misconfigured(f"topic {topic} has no partition {partition}")
        return read_records(
            self._db, topic, partition, position, limit, check=self._check_crcs
        )

    def lag(self, group: str, topic: str) -> list[Lag]:
        """See `Log.lag`."""
        with reading(self._db):
            return [self._lag(group, topic, part) for part in range(self._known(topic))]

    def _lag(self, group: str, topic: str, part: int) -> Lag:
        position = committed(self._db, group, topic, part)[0]
        row = self._db.execute(
            "SELECT appended_at FROM records WHERE topic = ? AND part = ?"
            " AND pos >= ? ORDER BY pos LIMIT 1",
            (topic, part, position),
        ).fetchone()
        oldest_s = max(0.0, self._clock() - row[0]) if row else None
        return Lag(
            partition=part,
            position=position,
            behind=head(self._db, topic, part) - position,
            oldest_s=oldest_s,
        )

    def position(self, group: str, topic: str, partition: int = 0) -> int:
        """Return what a group has committed of a partition; 0 if nothing."""
        return committed(self._db, group, topic, partition)[0]

    def partitions(self, topic: str) -> int:
        """See `Log.partitions`."""
        return self._known(topic)

    def damage(self) -> list[str]:
        """Return the records whose checksum is wrong, a line each."""
        return [f"record {where}: {WRONG}" for where in damaged_records(self._db)]

    def count(self, topic: str) -> int:
        """See `Log.count`."""
        return sum(head(self._db, topic, p) for p in range(self._known(topic)))

    def fingerprint(self, topic: str) -> str:
        """See `Log.fingerprint`."""
        self._known(topic)
        row = self._db.execute("SELECT made FROM topics WHERE topic = ?", (topic,))
        return str(row.fetchone()[0])

    def _known(self, topic: str) -> int:
        return partitions_of(self._partitions, topic)

    def close(self) -> None:
        """See `Log.close`."""
        self._db.close()


def _topic_rows(partitions: Mapping[str, int]) -> str:
    rows = []
    for topic, number in partitions.items():
        made = secrets.token_hex(8)
        rows.append(f"INSERT INTO topics VALUES ('{topic}', {int(number)}, '{made}')")
        rows += [
            f"INSERT INTO heads VALUES ('{topic}', {p}, 0, 0)" for p in range(number)
        ]
    return ";".join(rows)
