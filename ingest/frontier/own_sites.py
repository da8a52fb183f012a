"""What each feed may speak for: its own site, and those whose pages link to it.

Anybody can put anybody's address into a feed. A page that links to a feed as its own
(`<link rel="alternate">`) proves that its publisher stands behind that feed, e.g. one
at a feed service; a feed that links to pages proves nothing. Proofs are kept until the
feed is removed, by the address that the pages link to.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from samestory.checksums import checked
from samestory.former_keys import spelled_key
from samestory.ingest.articles.outlets import FeedVoice
from samestory.publishers import voice_of

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
            fetched_from: where it redirected to when it brought what is asked about; ""
                if nowhere.
        """
        asked = (feed_url, fetched_from)
        return self.voices([asked])[asked]

    def voices(
        self, feeds: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], FeedVoice]:
        """Return what each of several feeds may speak for, in two queries.

        Args:
            feeds: pairs as of `voice`.
        """
        asked = set(feeds)
        titles = self._db.execute(
            "SELECT url, title FROM feeds"
            " WHERE url IN (SELECT value FROM json_each(?))",
            (json.dumps([feed_url for feed_url, _ in asked]),),
        ).fetchall()
        keys = {url: spelled_key(url) for pair in asked for url in pair if url}
        sites: dict[str, set[str]] = defaultdict(set)
        for feed, site in self._db.execute(
            "SELECT feed, site FROM own_sites"
            " WHERE feed IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys.values())),),
        ):
            sites[feed].add(site)
        title_of = {row["url"]: row["title"] for row in titles}
        return {
            (polled_at, fetched_from): FeedVoice(
                url=fetched_from or polled_at,
                title=title_of.get(polled_at, ""),
                sites=frozenset(
                    site
                    for url in {polled_at, fetched_from or polled_at}
                    for site in sites.get(keys.get(url, ""), ())
                ),
            )
            for polled_at, fetched_from in asked
        }

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

    def remove(self, feed_url: str) -> None:
        """Forget for which sites a feed may speak."""
        self._db.execute(
            "DELETE FROM own_sites WHERE feed = ?", (spelled_key(feed_url),)
        )
