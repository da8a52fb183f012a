"""Until when hosts have asked not to be asked again; it counts over a restart, too."""

import sqlite3
from typing import Final

from samestory.checksums import checked

HOSTS: Final = checked(
    """CREATE TABLE hosts (
  host TEXT PRIMARY KEY, until REAL NOT NULL, reason TEXT NOT NULL
) STRICT, WITHOUT ROWID"""
)


class HostWaits:
    """The table of a frontier; while a worker runs, its `HostGate` knows them."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def keep(self, host: str, until: float, reason: str) -> None:
        """Remember until when a host is not to be asked."""
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO hosts VALUES (?,?,?)", (host, until, reason)
            )

    def end(self, now: float) -> None:
        """Forget the waits that are over."""
        with self._db:
            self._db.execute("DELETE FROM hosts WHERE until <= ?", (now,))

    def in_force(self, now: float) -> list[tuple[str, float, str]]:
        """Return (host, until, reason) of hosts not to be asked yet, the next first."""
        rows = self._db.execute(
            "SELECT host, until, reason FROM hosts WHERE until > ? ORDER BY until",
            (now,),
        )
        return [(row[0], row[1], row[2]) for row in rows]
