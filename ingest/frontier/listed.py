"""Who named which feed: a list that is followed, or a person (`BY_HAND`)."""

import sqlite3
from collections.abc import Collection, Iterable
from typing import Final

from samestory.checksums import checked

BY_HAND: Final = ""  # the list of what a person added
LISTED: Final = checked(
    """CREATE TABLE listed (
  list TEXT NOT NULL, url TEXT NOT NULL, PRIMARY KEY (list, url)
) STRICT, WITHOUT ROWID"""
)


class Listed:
    """The table of a frontier; see `Frontier` for transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, url: str) -> list[str]:
        """Return the lists that name a feed; BY_HAND among them if a person did."""
        rows = self._db.execute("SELECT list FROM listed WHERE url = ?", (url,))
        return [row[0] for row in rows]

    def add(self, source_list: str, url: str) -> None:
        """Write down that a list names a feed."""
        self._db.execute(
            "INSERT OR IGNORE INTO listed VALUES (?,?)", (source_list, url)
        )

    def drop_others(self, source_list: str, named: Collection[str]) -> list[str]:
        """Let a list name these feeds alone; return those that nobody names now."""
        rows = self._db.execute(
            "SELECT url FROM listed WHERE list = ?", (source_list,)
        ).fetchall()
        gone = [row[0] for row in rows if row[0] not in named]
        self._db.executemany(
            "DELETE FROM listed WHERE list = ? AND url = ?",
            [(source_list, url) for url in gone],
        )
        return [url for url in gone if not self.of(url)]

    def forget_lists(self, but: Iterable[str]) -> None:
        """Forget who named what, of lists that are not followed any more."""
        kept = {BY_HAND, *but}
        with self._db:
            rows = self._db.execute("SELECT DISTINCT list FROM listed").fetchall()
            self._db.executemany(
                "DELETE FROM listed WHERE list = ?",
                [(row[0],) for row in rows if row[0] not in kept],
            )

    def remove(self, url: str) -> None:
        """Forget who named a feed."""
        self._db.execute("DELETE FROM listed WHERE url = ?", (url,))

    def move(self, url: str, target: str) -> None:
        """Let whoever named a feed have named another."""
        self._db.execute(
            "UPDATE OR IGNORE listed SET url = ? WHERE url = ?", (target, url)
        )
        self.remove(url)
