"""The embedded log: one SQLite-WAL file, for one machine without a server.

An append is acknowledged after fsync. Each topic has one partition here, so that one
import always gives one order; records carry the partition for the day of more.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from deploy.stream.log import TOPICS, Lag, Message, Record
from ingest.database import open_database
from ingest.errors import Misconfigured, Retry

SCHEMA: Final = 1
POLL_S: Final = (
    0.05  # how soon a reader sees an append; one pragma each, under 0.1 % CPU
)
_TABLES: Final = """
CREATE TABLE records (
  topic TEXT NOT NULL, part INTEGER NOT NULL, pos INTEGER NOT NULL,
  key TEXT NOT NULL, value BLOB NOT NULL, headers TEXT NOT NULL,
  appended_at REAL NOT NULL,
  PRIMARY KEY (topic, part, pos)
) STRICT, WITHOUT ROWID;
CREATE TABLE heads (
  topic TEXT NOT NULL, part INTEGER NOT NULL, next INTEGER NOT NULL,
  PRIMARY KEY (topic, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE positions (
  grp TEXT NOT NULL, topic TEXT NOT NULL, part INTEGER NOT NULL, pos INTEGER NOT NULL,
  PRIMARY KEY (grp, topic, part)
) STRICT, WITHOUT ROWID;
""" + ";".join(f"INSERT INTO heads VALUES ('{topic}', 0, 0)" for topic in TOPICS)


class EmbeddedLog:
    """See `Log`. One object for each thread; many processes may share the file."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Open or create the log.

        Raises:
            Misconfigured: the file can't be opened, or holds something else.
        """
        self._path = path
        self._clock = clock
        self._db = open_database(path, _TABLES, SCHEMA, "log")

    def publish(self, topic: str, messages: Sequence[Message]) -> None:
        """See `Log.publish`: one transaction, one fsync for all of them."""
        if not messages:
            return
        now = self._clock()
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                head = self._head(topic)
                self._db.executemany(
                    "INSERT INTO records VALUES (?,0,?,?,?,?,?)",
                    [
                        (
                            topic,
                            head + i,
                            m.key,
                            m.value,
                            json.dumps(dict(m.headers)),
                            now,
                        )
                        for i, m in enumerate(messages)
                    ],
                )
                self._db.execute(
                    "UPDATE heads SET next = ? WHERE topic = ? AND part = 0",
                    (head + len(messages), topic),
                )
        except sqlite3.OperationalError as error:  # locked, disk full
            raise Retry(f"log {self._path}: {error}") from error

    def consumer(self, group: str, topic: str) -> "EmbeddedConsumer":
        """See `Log.consumer`."""
        self._head(topic)
        return EmbeddedConsumer(self._db, group, topic)

    def lag(self, group: str, topic: str) -> Lag:
        """See `Log.lag`."""
        behind = self._head(topic) - _position(self._db, group, topic)
        row = self._db.execute(
            "SELECT appended_at FROM records WHERE topic = ? AND part = 0 AND pos >= ?"
            " ORDER BY pos LIMIT 1",
            (topic, _position(self._db, group, topic)),
        ).fetchone()
        oldest_s = max(0.0, self._clock() - row[0]) if row else None
        return Lag(behind=behind, oldest_s=oldest_s)

    def count(self, topic: str) -> int:
        """See `Log.count`."""
        return self._head(topic)

    def _head(self, topic: str) -> int:
        row = self._db.execute(
            "SELECT next FROM heads WHERE topic = ? AND part = 0", (topic,)
        ).fetchone()
        if row is None:
            raise Misconfigured(f"topic {topic!r} does not exist; there are {TOPICS}")
        return int(row[0])

    def close(self) -> None:
        """See `Log.close`."""
        self._db.close()


class EmbeddedConsumer:
    """See `Consumer`."""

    def __init__(self, db: sqlite3.Connection, group: str, topic: str) -> None:
        self._db = db
        self._group = group
        self._topic = topic
        self._next = _position(db, group, topic)

    def poll(self, limit: int, timeout_s: float) -> list[Record]:
        """See `Consumer.poll`."""
        end = time.monotonic() + timeout_s
        seen = None
        while True:
            version = self._db.execute("PRAGMA data_version").fetchone()[0]
            if version != seen:
                found = self._read(limit)
                if found:
                    self._next = found[-1].offset + 1
                    return found
                seen = version
            if time.monotonic() >= end:
                return []
            time.sleep(min(POLL_S, max(0.0, end - time.monotonic())))

    def commit(self, positions: Mapping[int, int]) -> None:
        """See `Consumer.commit`."""
        try:
            with self._db:
                self._db.executemany(
                    "INSERT OR REPLACE INTO positions VALUES (?,?,?,?)",
                    [(self._group, self._topic, p, n) for p, n in positions.items()],
                )
        except sqlite3.OperationalError as error:
            raise Retry(f"log: commit of {self._group}: {error}") from error

    def seek(self, partition: int, position: int) -> None:
        """See `Consumer.seek`."""
        if partition != 0:
            raise Misconfigured(f"topic {self._topic} has no partition {partition}")
        self._next = position

    def _read(self, limit: int) -> list[Record]:
        rows = self._db.execute(
            "SELECT pos, key, value, headers, appended_at FROM records"
            " WHERE topic = ? AND part = 0 AND pos >= ? ORDER BY pos LIMIT ?",
            (self._topic, self._next, limit),
        )
        return [
            Record(
                topic=self._topic,
                partition=0,
                offset=row[0],
                key=row[1],
                value=row[2],
                headers=json.loads(row[3]),
                appended_at=row[4],
            )
            for row in rows
        ]


def _position(db: sqlite3.Connection, group: str, topic: str) -> int:
    row = db.execute(
        "SELECT pos FROM positions WHERE grp = ? AND topic = ? AND part = 0",
        (group, topic),
    ).fetchone()
    return int(row[0]) if row else 0
