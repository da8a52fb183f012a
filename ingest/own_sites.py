"""What each feed may speak for: its own site, and those whose pages link to it."""

import sqlite3
from typing import Final

from ingest.database import checked
from ingest.outlets import FeedVoice, voice_of

OWN_SITES: Final = checked(
    """CREATE TABLE own_sites (
  feed_url TEXT NOT NULL, site TEXT NOT NULL, PRIMARY KEY (feed_url, site)
) STRICT, WITHOUT ROWID"""
)


class OwnSites:
    """The table of a frontier; see `Frontier` for transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def voice(self, feed_url: str) -> FeedVoice:
        """Return what a feed may speak for, by where it was fetched at last."""
        row = self._db.execute(
            "SELECT validated_url, title FROM feeds WHERE url = ?", (feed_url,)
        ).fetchone()
        sites = self._db.execute(
            "SELECT site FROM own_sites WHERE feed_url = ?", (feed_url,)
        )
        return FeedVoice(
            url=(row["validated_url"] if row else "") or feed_url,
            title=row["title"] if row else "",
            sites=frozenset(site for (site,) in sites),
        )

    def prove(self, feed_url: str, page_url: str) -> None:
        """Keep that a page of a site links to a feed as the site's own."""
        site = voice_of(page_url)
        if site is not None:
            with self._db:
                self._db.execute(
                    "INSERT OR IGNORE INTO own_sites VALUES (?,?)", (feed_url, site)
                )
