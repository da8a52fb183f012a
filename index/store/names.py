"""Which stories name what: an index of words (FTS5) over `names_in` of each story.

It holds no text of its own. To take a story out of it SQLite must be told the very
words that went in: if `names_in` changes, the schema must, so that it is made anew.
"""

import json
import re
import sqlite3
from collections.abc import Collection
from typing import Any, Final

from samestory.index.search.names import names_in
from samestory.index.store.query import has_words
from samestory.scripts import UNSPACED

_UNSPACED: Final = re.compile(f"[{UNSPACED}]")
NAMES: Final = """CREATE VIRTUAL TABLE names USING fts5(words, content='', detail=none,
  columnsize=0, tokenize="unicode61 remove_diacritics 0 tokenchars '-.'")"""


class Names:
    """Stories by what they name; every change within a transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, seq: int, story: str) -> None:
        """Take a story in.

        Args:
            seq: its number.
            story: its JSON.
        """
        self._db.execute(
            "INSERT INTO names (rowid, words) VALUES (?, ?)", (seq, named_in(story))
        )

    def remove(self, seq: int, story: str) -> None:
        """Let go of a story that was taken in so."""
        self._db.execute(
            "INSERT INTO names (names, rowid, words) VALUES ('delete', ?, ?)",
            (seq, named_in(story)),
        )

    def naming(self, words: Collection[str]) -> list[int]:
        """Return the numbers of the stories that name all of these, the latest first.

        In a script that puts no blanks between words a name stands within a word: then
        every text is read.

        Args:
            words: as `names_in` has them; none names nothing.
        """
        if not words:
            return []
        if any(_UNSPACED.search(word) for word in words):
            stories = self._db.execute(
                "SELECT seq, json_extract(story, '$.title'),"
                " json_extract(story, '$.text') FROM stories ORDER BY seq DESC"
            )
            asked = " ".join(sorted(words))
            return [seq for seq, one, text in stories if has_words(one, text, asked)]
        try:
            rows = self._db.execute(
                "SELECT rowid FROM names WHERE names MATCH ? ORDER BY rowid DESC",
                (" ".join(f'"{word}"' for word in sorted(words)),),
            ).fetchall()
        except sqlite3.OperationalError as error:
            # A letter that is younger than SQLite's tables parts a word in two.
            if "phrase queries" not in str(error):
                raise
            return []
        return [row[0] for row in rows]

    def purge(self) -> None:
        """Let no word of what was removed stay."""
        self._db.execute("INSERT INTO names (names) VALUES ('optimize')")


def named_in(story: str) -> str:
    """Return what a story names, of its JSON; "" if that can't be read."""
    try:
        value: dict[str, Any] = json.loads(story)
        return " ".join(sorted(names_in(f"{value['title']}\n{value['text']}")))
    except (ValueError, KeyError, TypeError):
        return ""
