"""What the embedded log removes: what was read, and is old or too much.

A stage of the pipeline holds its topic back for ever, other groups as long as they
live. Age is told by a clock of the log's own, kept in its file: the machine's may jump
by years, and what was removed for it would be gone.
"""

import logging
import sqlite3
from collections.abc import Callable, Mapping
from typing import Final

from samestory.checksums import checked
from samestory.days import DAY_S
from samestory.deploy.stream.clock import JUMP_S, Moment, advanced, utc_text
from samestory.deploy.stream.embedded_group import boot_id, committed, head
from samestory.deploy.stream.log import READERS

TRIM_ROWS: Final = 500  # removed in one step: an appender waits some milliseconds
STALE_GROUP_S: Final = 7 * DAY_S  # a group silent so long holds nothing back
CLOCK_TABLE: Final = checked(
    """CREATE TABLE retention_clock (
  one INTEGER PRIMARY KEY, at REAL NOT NULL, boot TEXT NOT NULL,
  since_boot REAL NOT NULL
) STRICT"""
)
# Of a log that had none, before ours appends anything: its clock may be off.
CLOCK_OF_RECORDS: Final = """
INSERT INTO retention_clock SELECT 1, newest, '', 0.0 FROM (
  SELECT max((SELECT appended_at FROM records WHERE topic = heads.topic
    AND part = heads.part ORDER BY pos DESC LIMIT 1)) AS newest FROM heads
) WHERE newest IS NOT NULL
"""

_log = logging.getLogger("samestory")


class Retention:
    """Removes records of a log's file, in small steps."""

    def __init__(
        self,
        db: sqlite3.Connection,
        *,
        keep_s: float,
        keep_bytes: float,
        clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        """Remember what to keep, see `EmbeddedLog`."""
        self._db = db
        self._keep_s, self._keep_bytes = keep_s, keep_bytes
        self._clock, self._monotonic = clock, monotonic
        self._warned = False
        self._behind_since = monotonic()

    def trim(self, partitions: Mapping[str, int]) -> int:
        """Remove a little of each partition; return how many records."""
        now = self._now()
        return sum(
            self._trim_partition(topic, part, number, now)
            for topic, number in partitions.items()
            for part in range(number)
        )

    def _now(self) -> float:
        """Move the log's clock; return its time, which is never ahead of ours."""
        wall = self._clock()
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            boot, since_boot = boot_id(), self._monotonic()
            oldest, newest = self._stamps(wall)
            held = self._db.execute("SELECT at, boot, since_boot FROM retention_clock")
            row = held.fetchone() or (newest, "", 0.0)
            is_new = not row[1]
            last = Moment(
                at=row[0],
                boot=boot if is_new else row[1],
                since_boot=since_boot if is_new else row[2],
            )
            self._behind_since = since_boot if wall >= last.at else self._behind_since
            now = advanced(
                last,
                wall=wall,
                boot=boot,
                since_boot=since_boot,
                oldest=oldest,
                behind_s=since_boot - self._behind_since,
            )
            self._db.execute(
                "INSERT OR REPLACE INTO retention_clock VALUES (1,?,?,?)",
                (now.at, now.boot, now.since_boot),
            )
        self._warn_of(wall, now.at)
        return min(now.at, wall)

    def _stamps(self, wall: float) -> tuple[float, float]:
        """Return when the oldest and the newest record came; `wall` without any."""
        ends = [
            self._db.execute(
                "SELECT (SELECT appended_at FROM records WHERE topic = heads.topic"
                f" AND part = heads.part ORDER BY pos {order} LIMIT 1) FROM heads"
            )
            for order in ("ASC", "DESC")
        ]
        first, last = ([at for (at,) in rows if at is not None] for rows in ends)
        return min(first, default=wall), max(last, default=wall)

    def _warn_of(self, wall: float, at: float) -> None:
        if self._warned or abs(wall - at) <= JUMP_S:
            return
        self._warned = True
        _log.warning(
            "this machine's clock says %s, by what has passed it is %s: it jumped, or"
            " the machine was off; no record is removed for that, they are kept longer"
            " until both agree",
            *(utc_text(wall), utc_text(at)),
        )

    def _trim_partition(self, topic: str, part: int, number: int, now: float) -> int:
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")  # several workers trim
            return self._trimmed(topic, part, number, now)

    def _trimmed(self, topic: str, part: int, number: int, now: float) -> int:
        size = self._db.execute(
            "SELECT bytes FROM heads WHERE topic=? AND part=?", (topic, part)
        ).fetchone()[0]
        surplus = size - self._keep_bytes / number
        oldest = self._db.execute(
            "SELECT pos, appended_at, length(value) FROM records"
            " WHERE topic=? AND part=? ORDER BY pos LIMIT ?",
            (topic, part, TRIM_ROWS),
        ).fetchall()
        limit, freed, end = None, 0, now - self._keep_s
        for pos, at, length in oldest:
            if at >= end and freed >= surplus:
                break
            limit, freed = pos + 1, freed + length
        if limit is None:
            return 0
        limit = min(limit, self._read_by_all(topic, part, now))
        freed = sum(length for pos, _, length in oldest if pos < limit)
        self._db.execute(
            "UPDATE heads SET bytes = bytes - ? WHERE topic=? AND part=?",
            (freed, topic, part),
        )
        return self._db.execute(
            "DELETE FROM records WHERE topic=? AND part=? AND pos < ?",
            (topic, part, limit),
        ).rowcount

    def _read_by_all(self, topic: str, part: int, now: float) -> int:
        """Return the first offset that a stage or a live group has not read."""
        stages = [group for group, read in READERS.items() if read == topic]
        limits = [committed(self._db, group, topic, part)[0] for group in stages]
        limit = min([head(self._db, topic, part), *limits])
        for group, pos, at in self._db.execute(
            "SELECT grp, pos, at FROM positions WHERE topic=? AND part=?", (topic, part)
        ):
            if now - at <= STALE_GROUP_S:
                limit = min(limit, pos)
            elif pos < limit:
                _log.warning(
                    "group %s has not read %s:%d for %.0f days: it holds the log back"
                    " no longer, what it has not read is removed",
                    *(group, topic, part, (now - at) / DAY_S),
                )
        return limit
