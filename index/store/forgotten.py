"""Which stories must never come back, and the requests that said so."""

import sqlite3


class Forgotten:
    """Stories that are refused for ever; every change within a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, story_id: str) -> None:
        """Refuse a story for ever."""
        self._db.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", (story_id,))

    def has(self, story_id: str) -> bool:
        """Return whether a story is refused for ever."""
        row = self._db.execute(
            "SELECT 1 FROM forgotten WHERE story_id = ?", (story_id,)
        ).fetchone()
        return row is not None

    def put_request(self, forget_id: str, stories: int) -> None:
        """Keep that a request to forget came, and how many stories it removed.

        It is done when no byte of them is left, see `set_all_done`.
        """
        self._db.execute("INSERT INTO forgets VALUES (?,?,0)", (forget_id, stories))

    def request_came(self, forget_id: str) -> bool:
        """Return whether a request to forget came before."""
        row = self._db.execute(
            "SELECT 1 FROM forgets WHERE forget_id = ?", (forget_id,)
        ).fetchone()
        return row is not None

    def removed_by(self, forget_id: str) -> int | None:
        """Return how many stories a request removed; None if it is not done."""
        row = self._db.execute(
            "SELECT stories FROM forgets WHERE forget_id = ? AND done", (forget_id,)
        ).fetchone()
        return int(row[0]) if row else None

    def all_done(self) -> bool:
        """Return whether every request that came is done."""
        row = self._db.execute("SELECT 1 FROM forgets WHERE NOT done").fetchone()
        return row is None

    def set_all_done(self) -> None:
        """Let every request that came be done."""
        self._db.execute("UPDATE forgets SET done = 1 WHERE NOT done")
