"""The tables of a frontier, and how a frontier of a former schema becomes one of today.

Each table is made by its owner; here stands what schemas before this one had otherwise.
An upgrade loses nothing that tells a known story from a new one.
"""

from typing import Final

from samestory.checksums import checked, rebuilt
from samestory.ingest.frontier.feed_table import FEEDS, FEEDS_DUE
from samestory.ingest.frontier.forgotten import FORGOTTEN
from samestory.ingest.frontier.host_waits import HOSTS
from samestory.ingest.frontier.listed import LISTED
from samestory.ingest.frontier.moves import MOVES
from samestory.ingest.frontier.own_sites import OWN_SITES
from samestory.ingest.frontier.redirects import REDIRECTS
from samestory.ingest.frontier.sightings import SIGHTINGS
from samestory.ingest.frontier.story_table import STORIES, STORIES_DUE

SCHEMA: Final = 5
TABLES: Final = ";".join(
    [
        *(FEEDS, FEEDS_DUE, MOVES, LISTED, HOSTS, STORIES, STORIES_DUE),
        *(SIGHTINGS, FORGOTTEN, OWN_SITES, REDIRECTS),
    ]
)

_STORIES_4: Final = checked(  # until schema 4
    """CREATE TABLE stories (
  story_id TEXT PRIMARY KEY, feed_url TEXT NOT NULL, host TEXT NOT NULL,
  entry TEXT NOT NULL, state TEXT NOT NULL, due_at REAL NOT NULL,
  tries INTEGER NOT NULL, first_seen REAL NOT NULL, digest TEXT, reason TEXT,
  told TEXT NOT NULL DEFAULT '', page_url TEXT NOT NULL DEFAULT '',
  fetched_from TEXT NOT NULL DEFAULT '', is_foreign INTEGER NOT NULL DEFAULT 0,
  given_for TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID"""
)
_OF_4: Final = ("fetched_from", "is_foreign", "given_for")
_OF_3: Final = (  # columns of feeds that schema 3 brought
    *("validated_url", "read_at", "distrusted", "interval_s", "least_s"),
    *("skips", "score", "polls", "unchanged", "stories"),
)
_PAGE_URLS: Final = """INSERT INTO redirects (name, url, hops, since)
  SELECT story_id, page_url, tries, due_at FROM stories WHERE page_url <> ''"""
UPGRADES: Final = {
    1: ";".join([rebuilt("sightings", SIGHTINGS), FORGOTTEN]),
    2: ";".join(
        [
            rebuilt("feeds", FEEDS, _OF_3),
            rebuilt("stories", _STORIES_4, ["told", "page_url", *_OF_4]),
            "UPDATE sightings SET entry_digest = ''",  # they were made of more
            *(FEEDS_DUE, MOVES, LISTED, HOSTS, STORIES_DUE),
        ]
    ),
    3: ";".join([rebuilt("stories", _STORIES_4, _OF_4), STORIES_DUE, OWN_SITES]),
    # Where pages led to was a column of theirs; where feeds did was not kept.
    4: ";".join(
        [
            REDIRECTS,
            _PAGE_URLS,
            "ALTER TABLE stories RENAME COLUMN told TO last_version",
            rebuilt("stories", STORIES),
            STORIES_DUE,
        ]
    ),
}
