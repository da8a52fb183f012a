"""Which entry of a feed is which story: what each feed has named so far.

An entry is recognised by its identities. The first is the key of its link's address;
others count within its feed alone, and begin with the word that says what they are
(`WITHIN_FEED`): its guid, its title under a link that names a page, a digest of the
whole of an entry that has nothing else, a digest of its words and date; and that its
link names a page. These words are in every frontier and in the ids of what was
forgotten: they can't change.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from samestory.checksums import checked

GUID: Final = "guid "
TITLE: Final = "title "
WHOLE: Final = "said "
WORDS: Final = "told "
PAGE: Final = "page "
WITHIN_FEED: Final = (GUID, TITLE, WHOLE, WORDS, PAGE)
SIGHTINGS: Final = checked(
    """CREATE TABLE sightings (
  feed_url TEXT NOT NULL, identity TEXT NOT NULL, story_id TEXT NOT NULL,
  entry_digest TEXT NOT NULL, PRIMARY KEY (feed_url, identity)
) STRICT, WITHOUT ROWID"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An entry in a feed: its identities there, its story, a digest of what it said.

    The digest is "" where a frontier before schema 3 wrote it: it was made otherwise.
    """

    identities: tuple[str, ...]
    story_id: str
    entry_digest: str


class Sightings:
    """The table of a frontier; see `Frontier` for transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of(self, feed_url: str, identities: Iterable[str]) -> dict[str, Sighting]:
        """Return what a feed said before, by identity, in one query."""
        names = list(identities)  # a document's 2,000 entries have some 8,000
        rows = self._db.execute(
            "SELECT identity, story_id, entry_digest FROM sightings WHERE feed_url = ?"
            f" AND identity IN ({','.join('?' * len(names))})",
            (feed_url, *names),
        )
        return {
            name: Sighting(identities=(name,), story_id=story_id, entry_digest=digest)
            for name, story_id, digest in rows
        }

    def add(self, feed_url: str, sightings: Iterable[Sighting]) -> None:
        """Write down what a feed says now."""
        self._db.executemany(
            "INSERT OR REPLACE INTO sightings (feed_url, identity, story_id,"
            " entry_digest) VALUES (?,?,?,?)",
            [
                (feed_url, identity, one.story_id, one.entry_digest)
                for one in sightings
                for identity in one.identities
            ],
        )

    def names_of(self, story_ids: Collection[str]) -> list[tuple[str, str, str]]:
        """Return (feed URL, identity, story id) of these stories, in one pass."""
        rows = self._db.execute(
            "SELECT feed_url, identity, story_id FROM sightings"
            " WHERE story_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(story_ids)),),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def feeds_of(self, story_ids: Collection[str]) -> set[str]:
        """Return the URLs of the feeds that have named these stories."""
        return {feed_url for feed_url, _, _ in self.names_of(story_ids)}

    def give_id(self, feed_url: str, story_id: str, new_id: str) -> None:
        """Let what a feed said of a story be said of what it turned out to be."""
        self._db.execute(
            "UPDATE sightings SET story_id = ? WHERE story_id = ? AND feed_url = ?",
            (new_id, story_id, feed_url),
        )

    def remove(self, story_ids: Collection[str]) -> None:
        """Remove what any feed said of these stories, in one pass."""
        self._db.execute(
            "DELETE FROM sightings WHERE story_id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(story_ids)),),
        )

    def remove_feed(self, feed_url: str) -> None:
        """Remove what a feed said."""
        self._db.execute("DELETE FROM sightings WHERE feed_url = ?", (feed_url,))

    def move_feed(self, url: str, target: str) -> None:
        """Let another feed have said what one said, but where it has said it itself."""
        self._db.execute(
            "UPDATE OR IGNORE sightings SET feed_url = ? WHERE feed_url = ?",
            (target, url),
        )
        self.remove_feed(url)
