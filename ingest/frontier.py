"""The frontier: what is to be fetched and what is known, in one SQLite file.

Publish first, then mark: a crash in between publishes a story again, and its id makes
that harmless. One process writes; others may read.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from ingest.database import checked, open_database, rebuilt, vacuum
from ingest.feed import Entry
from ingest.feedlist import FeedRef
from ingest.outlets import outlet_of
from ingest.story import story_id_from
from ingest.urls import host_of, url_key

SCHEMA: Final = 2
_OLD: Final = {
    "feeds": checked(
        """CREATE TABLE feeds (
  url TEXT PRIMARY KEY, host TEXT NOT NULL, title TEXT NOT NULL,
  grp TEXT NOT NULL, lang TEXT NOT NULL,
  etag TEXT, last_modified TEXT, body_digest TEXT,
  polled_at REAL, ok_at REAL, due_at REAL NOT NULL, failures INTEGER NOT NULL,
  status TEXT NOT NULL, entries INTEGER NOT NULL
) STRICT, WITHOUT ROWID"""
    ),
    "stories": checked(
        """CREATE TABLE stories (
  story_id TEXT PRIMARY KEY, feed_url TEXT NOT NULL, host TEXT NOT NULL,
  entry TEXT NOT NULL, state TEXT NOT NULL, due_at REAL NOT NULL,
  tries INTEGER NOT NULL, first_seen REAL NOT NULL, digest TEXT, reason TEXT
) STRICT, WITHOUT ROWID"""
    ),
    "sightings": checked(
        """CREATE TABLE sightings (
  feed_url TEXT NOT NULL, identity TEXT NOT NULL, story_id TEXT NOT NULL,
  entry_digest TEXT NOT NULL, PRIMARY KEY (feed_url, identity)
) STRICT, WITHOUT ROWID"""
    ),
}
_NEW: Final = (
    checked("CREATE TABLE forgotten (story_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"),
    "CREATE INDEX stories_due ON stories (state, host, due_at)",
)
_TABLES: Final = ";".join([*_OLD.values(), *_NEW])
_UPGRADES: Final = {
    1: ";".join([*(rebuilt(name, table) for name, table in _OLD.items()), *_NEW])
}
_FEED: Final = (
    "url,title,grp AS 'group',lang,etag,last_modified,body_digest,"
    "polled_at,ok_at,failures,status,entries"
)
# Hops from host to host in the index; grouping would read every story that is due.
_DUE_BY_HOST: Final = """
WITH RECURSIVE hosts (host) AS (
  SELECT min(host) FROM stories WHERE state = 'due' AND host > ''
  UNION ALL
  SELECT (SELECT min(host) FROM stories WHERE state = 'due' AND host > hosts.host)
  FROM hosts WHERE hosts.host IS NOT NULL
)
SELECT stories.* FROM hosts JOIN stories ON story_id = (
  SELECT story_id FROM stories WHERE state = 'due' AND host = hosts.host
  AND due_at <= ? ORDER BY due_at LIMIT 1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as the frontier knows it. Times are seconds since the epoch, UTC.

    `polled_at` and `ok_at` are None until the first poll and the first good one;
    `status` is the last outcome in words; `entries` the number in the last document.
    """

    url: str
    title: str
    group: str
    lang: str
    etag: str | None
    last_modified: str | None
    body_digest: str | None
    polled_at: float | None
    ok_at: float | None
    due_at: float
    failures: int
    status: str
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An entry in a feed: its identities there, the story it tells, its digest."""

    identities: tuple[str, ...]
    story_id: str
    entry_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingStory:
    """A story whose text is still to be had; `host` is "" if no page is needed."""

    story_id: str
    feed_url: str
    host: str
    entry: Entry
    tries: int
    first_seen: float


class Frontier:
    """Feeds, stories due and stories known."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            Misconfigured: the file is not a frontier, or of a newer samestory.
        """
        self._path = path
        self._db = open_database(
            path, _TABLES, SCHEMA, "frontier", marker="sightings", upgrades=_UPGRADES
        )

    # feeds

    def add_feeds(self, feeds: Iterable[FeedRef]) -> int:
        """Add feeds that are not known yet, due at once; return how many were new."""
        before = self._db.total_changes
        with self._db:
            self._db.executemany(
                "INSERT OR IGNORE INTO feeds VALUES"
                " (?,?,?,?,?,NULL,NULL,NULL,NULL,NULL,0,0,'never polled',0)",
                [(f.url, host_of(f.url), f.title, f.group, f.lang) for f in feeds],
            )
        return self._db.total_changes - before

    def remove_feed(self, url: str) -> bool:
        """Forget a feed and what is still due from it; its stories stay.

        Other feeds that carry what is still due are read anew, and bring it.
        """
        due = "SELECT story_id FROM stories WHERE feed_url = ? AND state = 'due'"
        with self._db:
            gone = self._db.execute("DELETE FROM feeds WHERE url = ?", (url,)).rowcount
            self._db.execute(
                "UPDATE feeds SET due_at = 0, etag = NULL, last_modified = NULL,"
                " body_digest = NULL WHERE url IN (SELECT feed_url FROM sightings"
                f" WHERE story_id IN ({due}))",
                (url,),
            )
            self._db.execute(f"DELETE FROM sightings WHERE story_id IN ({due})", (url,))
            self._db.execute(
                "DELETE FROM stories WHERE feed_url = ? AND state = 'due'", (url,)
            )
        return gone > 0

    def feeds(self) -> list[Feed]:
        """Return all feeds by URL."""
        rows = self._db.execute(f"SELECT {_FEED}, due_at FROM feeds ORDER BY url")
        return [Feed(**dict(row)) for row in rows]

    def due_feeds(self, now: float, limit: int) -> list[Feed]:
        """Return feeds due at `now`, one of each host, the longest overdue first."""
        rows = self._db.execute(
            f"SELECT {_FEED}, min(due_at) AS due_at FROM feeds WHERE due_at <= ?"
            " GROUP BY host ORDER BY due_at, url LIMIT ?",
            (now, limit),
        )
        return [Feed(**dict(row)) for row in rows]

    def next_feed_due(self) -> float | None:
        """Return when the next feed is due; None without feeds."""
        found = self._db.execute("SELECT min(due_at) FROM feeds").fetchone()[0]
        return None if found is None else float(found)

    def record_poll(
        self,
        feed: Feed,
        *,
        pending: Sequence[PendingStory] = (),
        sightings: Sequence[Sighting] = (),
        refused: Sequence[tuple[PendingStory, str]] = (),
        now: float,
    ) -> None:
        """Write a poll's outcome, with the stories it brought, in one transaction.

        A feed that was removed meanwhile stays removed, and a story that is to be
        forgotten is not written down again.
        """
        told = [one.story_id for one in (*pending, *(s for s, _ in refused))]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            gone = self.forgotten([*told, *(one.story_id for one in sightings)])
            cursor = self._db.execute(
                "UPDATE feeds SET title=?, etag=?, last_modified=?, body_digest=?,"
                " polled_at=?, ok_at=?, due_at=?, failures=?, status=?, entries=?"
                " WHERE url=?",
                (
                    feed.title,
                    feed.etag,
                    feed.last_modified,
                    feed.body_digest,
                    feed.polled_at,
                    feed.ok_at,
                    feed.due_at,
                    feed.failures,
                    feed.status,
                    feed.entries,
                    feed.url,
                ),
            )
            if cursor.rowcount == 0:
                return
            self._see(feed.url, [s for s in sightings if s.story_id not in gone])
            for story in pending:
                if story.story_id not in gone:
                    self._upsert(story, "due", None, now)
            for story, reason in refused:
                if story.story_id not in gone:
                    self._upsert(story, "refused", reason, now)

    def _see(self, feed_url: str, sightings: Sequence[Sighting]) -> None:
        self._db.executemany(
            "INSERT OR REPLACE INTO sightings VALUES (?,?,?,?)",
            [
                (feed_url, identity, s.story_id, s.entry_digest)
                for s in sightings
                for identity in s.identities
            ],
        )

    def _upsert(
        self, story: PendingStory, state: str, reason: str | None, now: float
    ) -> None:
        self._db.execute(
            "INSERT INTO stories VALUES (?,?,?,?,?,?,0,?,NULL,?)"
            " ON CONFLICT (story_id) DO UPDATE SET entry=excluded.entry,"
            " host=excluded.host, state=excluded.state, due_at=excluded.due_at,"
            " feed_url=excluded.feed_url, tries=0, reason=excluded.reason",
            (
                story.story_id,
                story.feed_url,
                story.host,
                _entry_json(story.entry),
                state,
                now,
                story.first_seen,
                reason,
            ),
        )

    # stories

    def sighted(self, feed_url: str, identities: Sequence[str]) -> dict[str, Sighting]:
        """Return what this feed said before about any of these identities."""
        found = {}
        for identity in identities:
            row = self._db.execute(
                "SELECT story_id, entry_digest FROM sightings"
                " WHERE feed_url = ? AND identity = ?",
                (feed_url, identity),
            ).fetchone()
            if row:
                found[identity] = Sighting(
                    identities=(identity,), story_id=row[0], entry_digest=row[1]
                )
        return found

    def owners(self, story_ids: Sequence[str]) -> dict[str, tuple[str, float]]:
        """Return, for known stories, the feed that brought each, and first seen.

        The feed is "" if it was removed since: then any other may go on telling it.
        """
        found = {}
        for story_id in story_ids:
            row = self._db.execute(
                "SELECT ifnull(feeds.url, ''), first_seen FROM stories"
                " LEFT JOIN feeds ON feeds.url = feed_url WHERE story_id = ?",
                (story_id,),
            ).fetchone()
            if row:
                found[story_id] = (str(row[0]), float(row[1]))
        return found

    def due_stories(self, now: float, limit: int) -> list[PendingStory]:
        """Return stories due, at most one of each host, and `limit` without a page."""
        rows = self._db.execute(_DUE_BY_HOST, (now,)).fetchall()
        rows += self._db.execute(
            "SELECT * FROM stories WHERE state = 'due' AND host = '' LIMIT ?", (limit,)
        ).fetchall()
        return [_pending(row) for row in rows]

    def due_of_host(self, host: str, limit: int) -> list[PendingStory]:
        """Return the stories due now or later from one host."""
        rows = self._db.execute(
            "SELECT story_id, feed_url, host, entry, tries, first_seen FROM stories"
            " WHERE state = 'due' AND host = ? LIMIT ?",
            (host, limit),
        ).fetchall()
        return [_pending(row) for row in rows]

    def next_story_due(self) -> float | None:
        """Return when the next story is due; None if none is."""
        found = self._db.execute(
            "SELECT min(due_at) FROM stories WHERE state = 'due'"
        ).fetchone()[0]
        return None if found is None else float(found)

    def postpone(self, story_id: str, due_at: float, reason: str) -> None:
        """Count a failed try and make the story due again."""
        with self._db:
            self._db.execute(
                "UPDATE stories SET tries = tries + 1, due_at = ?, reason = ?"
                " WHERE story_id = ?",
                (due_at, reason, story_id),
            )

    def mark_published(
        self, published: Sequence[tuple[PendingStory, str, str | None]]
    ) -> None:
        """Mark (story, digest, reason) as published: their text is not due.

        One that its feed has changed since it was read stays due, to be read again.
        """
        with self._db:
            self._db.executemany(
                "UPDATE stories SET state='published', digest=?, reason=?"
                " WHERE story_id=? AND entry=?",
                [
                    (digest, reason, story.story_id, _entry_json(story.entry))
                    for story, digest, reason in published
                ],
            )

    def mark_refused(self, story_id: str, reason: str) -> None:
        """Mark a story as one that can't be had."""
        with self._db:
            self._db.execute(
                "UPDATE stories SET state='refused', reason=? WHERE story_id=?",
                (reason, story_id),
            )

    def forget(self, story_ids: Iterable[str]) -> None:
        """Remove stories with all that is known of them, and refuse them for ever.

        Raises:
            Retry: they are refused, but their bytes could not be overwritten yet.
        """
        with self._db:
            for story_id in story_ids:
                for table in ("stories", "sightings"):
                    self._db.execute(
                        f"DELETE FROM {table} WHERE story_id = ?", (story_id,)
                    )
                self._db.execute(
                    "INSERT OR IGNORE INTO forgotten VALUES (?)", (story_id,)
                )
        vacuum(self._db, self._path)

    def forgotten(self, story_ids: Iterable[str]) -> set[str]:
        """Return those of these stories that are refused for ever."""
        return {
            story_id
            for story_id in story_ids
            if self._db.execute(
                "SELECT 1 FROM forgotten WHERE story_id = ?", (story_id,)
            ).fetchone()
        }

    def of_outlet(self, name: str) -> list[str]:
        """Return the stories that an outlet tells, known or due, by id."""
        rows = self._db.execute(
            "SELECT story_id, entry, feed_url, ifnull(feeds.title, '') AS title"
            " FROM stories LEFT JOIN feeds ON feeds.url = feed_url ORDER BY story_id"
        )
        found = []
        for row in rows:
            entry = Entry(**json.loads(row["entry"]))
            outlet = outlet_of(
                source=entry.source,
                url=entry.link,
                feed_title=row["title"],
                feed_url=row["feed_url"],
            )
            if outlet.casefold() == name.casefold():
                found.append(row["story_id"])
        return found

    def counts(self) -> dict[str, int]:
        """Return the number of stories by state: due, published, refused."""
        rows = self._db.execute("SELECT state, count(*) FROM stories GROUP BY state")
        return {"due": 0, "published": 0, "refused": 0} | {r[0]: r[1] for r in rows}

    def retry(self, url: str) -> bool:
        """Make a feed, or the story of a page, due now; False if neither is known."""
        story_id = story_id_from(url_key(url))
        with self._db:
            feeds = self._db.execute(
                "UPDATE feeds SET due_at=0, etag=NULL, last_modified=NULL,"
                " body_digest=NULL, status='to be tried again' WHERE url=?",
                (url,),
            ).rowcount
            stories = self._db.execute(
                "UPDATE stories SET state='due', due_at=0, tries=0 WHERE story_id=?",
                (story_id,),
            ).rowcount
        return feeds + stories > 0

    def due_count(self) -> int:
        """Return how many stories are due, now or later."""
        row = self._db.execute("SELECT count(*) FROM stories WHERE state = 'due'")
        return int(row.fetchone()[0])

    def unpolled_since(self, moment: float) -> tuple[int, int]:
        """Return (feeds not polled since `moment`, all feeds)."""
        row = self._db.execute(
            "SELECT count(*) FILTER (WHERE polled_at IS NULL OR polled_at < ?),"
            " count(*) FROM feeds",
            (moment,),
        ).fetchone()
        return int(row[0]), int(row[1])

    def make_due(self) -> None:
        """Make every feed due now, though its time has not come."""
        with self._db:
            self._db.execute("UPDATE feeds SET due_at = 0")

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _entry_json(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False)


def _pending(row: sqlite3.Row) -> PendingStory:
    return PendingStory(
        story_id=row["story_id"],
        feed_url=row["feed_url"],
        host=row["host"],
        entry=Entry(**json.loads(row["entry"])),
        tries=row["tries"],
        first_seen=row["first_seen"],
    )
