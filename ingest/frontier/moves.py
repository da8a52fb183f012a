"""When a feed has moved for good: where it redirects permanently, and since when.

The rule: a permanent redirect (301, 308) is followed at each poll; once it was seen
MOVE_SIGHTINGS times over MOVE_S, to the same target, without a poll in between that
found none, the feed is polled at its target from then on. A page for maintenance that
redirects for a day moves no feed, and a redirect to elsewhere begins the count anew.
Whoever names the former URL afterwards, in a list or by hand, means the target.
"""

import sqlite3
from typing import Final, NamedTuple

from samestory.checksums import checked
from samestory.days import DAY_S

MOVE_SIGHTINGS: Final = 3  # of a permanent redirect, over at least ...
MOVE_S: Final = 2 * DAY_S  # ... so long, before the new URL is kept
MOVES: Final = checked(
    """CREATE TABLE moves (
  url TEXT PRIMARY KEY, target TEXT NOT NULL, seen INTEGER NOT NULL,
  since REAL NOT NULL, kept INTEGER NOT NULL
) STRICT, WITHOUT ROWID"""
)


class Move(NamedTuple):
    """A permanent redirect of a feed: how often it was seen, and since when."""

    seen: int
    since: float


def is_moved(move: Move, now: float) -> bool:
    """Tell whether a permanent redirect was seen often and long enough to be kept."""
    return move.seen >= MOVE_SIGHTINGS and now - move.since >= MOVE_S


class Moves:
    """The table of a frontier; see `Frontier` for transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def target_of(self, url: str) -> str:
        """Return where a feed is polled now; the URL itself if it has not moved."""
        row = self._db.execute(
            "SELECT target FROM moves WHERE url = ? AND kept = 1", (url,)
        ).fetchone()
        return str(row[0]) if row else url

    def see(self, url: str, target: str | None, now: float) -> Move:
        """Count that a feed redirects for good; None: it no longer does."""
        with self._db:
            self._db.execute(
                "DELETE FROM moves WHERE url = ? AND target IS NOT ?", (url, target)
            )
            if target is None:
                return Move(0, now)
            row = self._db.execute(
                "INSERT INTO moves VALUES (?,?,1,?,0)"
                " ON CONFLICT (url) DO UPDATE SET seen = seen + 1"
                " RETURNING seen, since",
                (url, target, now),
            ).fetchone()
        return Move(int(row[0]), float(row[1]))

    def keep(self, url: str, target: str) -> None:
        """Know a feed by its new URL, also where it had moved to the former one."""
        self._db.execute(
            "UPDATE moves SET target = ? WHERE target = ? AND kept = 1", (target, url)
        )
        self._db.execute("UPDATE moves SET kept = 1 WHERE url = ?", (url,))
        self._db.execute("DELETE FROM moves WHERE url = ?", (target,))

    def remove(self, url: str) -> None:
        """Forget where a feed has moved to, and which have moved to it."""
        self._db.execute("DELETE FROM moves WHERE url = ?1 OR target = ?1", (url,))
