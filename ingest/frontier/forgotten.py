"""Which stories are forgotten: refused for ever, by every id that may name them."""

import json
import sqlite3
from collections.abc import Iterable
from typing import Final

from samestory.checksums import checked

FORGOTTEN: Final = checked(
    "CREATE TABLE forgotten (story_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"
)


class Forgotten:
    """The table of a frontier; see `Frontier` for transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def among(self, story_ids: Iterable[str]) -> set[str]:
        """Return those of these ids that are refused for ever, in one query."""
        rows = self._db.execute(
            "SELECT story_id FROM forgotten"
            " WHERE story_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(story_ids)),),
        )
        return {row[0] for row in rows}

    def add(self, story_ids: Iterable[str]) -> None:
        """Refuse these ids from now on."""
        self._db.execute(
            "INSERT OR IGNORE INTO forgotten SELECT value FROM json_each(?)",
            (json.dumps(list(story_ids)),),
        )
