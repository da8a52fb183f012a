"""Which stories a person means who names an outlet or an address."""

import sqlite3
from collections.abc import Collection


class Addresses:
    """Stories by what they are known by outside; reads alone."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of_outlet(self, name: str) -> list[str]:
        """Return the stories of an outlet, written large or small, by id."""
        rows = self._db.execute(
            "SELECT story_id FROM stories WHERE outlet = ? COLLATE NOCASE"
            " ORDER BY story_id",
            (name,),
        )
        return [row[0] for row in rows]

    def names(self, column: str) -> list[str]:
        """Return which outlets, or languages, the stories have, from A to Z.

        Args:
            column: `outlet` or `lang`.
        """
        if column not in {"outlet", "lang"}:
            raise AssertionError(column)
        rows = self._db.execute(
            f"SELECT DISTINCT {column} FROM stories WHERE {column} > ''"
            f" ORDER BY {column}"
        )
        return [row[0] for row in rows]

    def at_url(self, url: str) -> set[str]:
        """Return the stories at an address as it is spelled."""
        rows = self._db.execute("SELECT story_id FROM stories WHERE url = ?", (url,))
        return {row[0] for row in rows}

    def at_addresses(self, ids: Collection[str]) -> set[str]:
        """Return the stories at addresses: a guid or a feed may have named them.

        Args:
            ids: that the addresses give, however they are spelled.
        """
        rows = self._db.execute("SELECT story_id, url FROM stories WHERE url > ''")
        wanted = set(ids)
        from samestory.story_keys import ids_at  # noqa: PLC0415  (0.01 s, not every question's)

        return {row[0] for row in rows if not wanted.isdisjoint(ids_at(row[1]))}
