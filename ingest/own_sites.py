"""What each feed may speak for: its own site, and those whose pages link to it."""

import sqlite3
from typing import Final

from samestory.ingest.database import checked
from samestory.ingest.outlets import FeedVoice, voice_of
from samestory.ingest.urls import url_key

# By the key of the address that pages link to: what redirects there is another feed.
OWN_SITES: Final = checked(
    """CREATE TABLE own_sites (
  feed TEXT NOT NULL, site TEXT NOT NULL, PRIMARY KEY (feed, site)
) STRICT, WITHOUT ROWID"""
)


class OwnSites:
    """The table of a frontier; see `Frontier` for transactions."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def voice(self, feed_url: str, fetched_from: str = "") -> FeedVoice:
        """Return what a feed may speak for.

        Args:
            feed_url: where it is polled.
            fetched_from: where it redirected to when it told what is asked about; ""
                if nowhere.
        """
        url = fetched_from or feed_url
        row = self._db.execute(
            "SELECT title FROM feeds WHERE url = ?", (feed_url,)
        ).fetchone()
        sites = self._db.execute(
            "SELECT site FROM own_sites WHERE feed IN (?,?)",
            (url_key(feed_url), url_key(url)),
        )
        return FeedVoice(
            url=url,
            title=row[0] if row else "",
            sites=frozenset(site for (site,) in sites),
        )

    def prove(self, feed: str, page_url: str) -> None:
        """Keep that a page links to a feed as its site's own.

        Args:
            feed: key of the address that it links to.
            page_url: where the page was fetched at last.
        """
        site = voice_of(page_url)
        if site is not None:
            with self._db:
                self._db.execute(
                    "INSERT OR IGNORE INTO own_sites VALUES (?,?)", (feed, site)
                )
