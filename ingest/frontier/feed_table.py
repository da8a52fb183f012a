"""The feeds of a frontier: what is polled, when next, and what was last heard of it."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Final

from samestory.checksums import checked
from samestory.ingest.feeds.announced import Announced
from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.frontier.listed import BY_HAND, Listed
from samestory.ingest.frontier.moves import Moves
from samestory.ingest.frontier.own_sites import OwnSites
from samestory.ingest.frontier.redirects import LASTS_S, Redirects
from samestory.ingest.frontier.sightings import Sightings
from samestory.ingest.frontier.story_table import StoryTable
from samestory.urls import host_of

NEVER: Final = float("inf")
FEEDS: Final = checked(
    """CREATE TABLE feeds (
  url TEXT PRIMARY KEY, host TEXT NOT NULL, title TEXT NOT NULL,
  grp TEXT NOT NULL, lang TEXT NOT NULL,
  etag TEXT, last_modified TEXT, body_digest TEXT,
  polled_at REAL, ok_at REAL, due_at REAL NOT NULL, failures INTEGER NOT NULL,
  status TEXT NOT NULL, entries INTEGER NOT NULL,
  validated_url TEXT NOT NULL DEFAULT '',
  read_at REAL NOT NULL DEFAULT 0, distrusted INTEGER NOT NULL DEFAULT 0,
  interval_s REAL NOT NULL DEFAULT 0, least_s REAL NOT NULL DEFAULT 0,
  skips TEXT NOT NULL DEFAULT '', score REAL NOT NULL DEFAULT 0,
  polls INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0,
  stories INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID"""
)
FEEDS_DUE: Final = "CREATE INDEX feeds_due ON feeds (due_at)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed as the frontier knows it. Times are seconds since the epoch, UTC.

    Attributes:
        url: where it is polled.
        title: as its document says, or the list that named it.
        group: of that list; "" for none.
        lang: as that list says; "" if it does not.
        etag: of the last answer, None if it had none.
        last_modified: likewise.
        body_digest: of the last body; None before the first.
        polled_at: None until the first poll.
        ok_at: when a poll last worked; None until then.
        due_at: when it is polled next; infinite if another worker polls it.
        failures: how many polls failed in a row.
        status: the last outcome in words.
        entries: in the last document.
        validated_url: which URL etag and last_modified are of.
        read_at: when its body was last read whole, 0 before.
        distrusted: its validators lie: the body changed under them.
        interval_s: between polls, by how often it has news; 0 if not known yet.
        least_s: between polls, as its headers announce; 0 if they do not.
        skips: what its document announces, see `said`.
        score: of its failures in a row, by how bad each was.
        polls: how often it was asked.
        unchanged: how often it had not changed.
        stories: how many stories it brought.
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
    validated_url: str = ""
    read_at: float = 0.0
    distrusted: bool = False
    interval_s: float = 0.0
    least_s: float = 0.0
    skips: str = ""
    score: float = 0.0
    polls: int = 0
    unchanged: int = 0
    stories: int = 0

    @property
    def name(self) -> str:
        """What it is called in the frontier."""
        return self.url

    @property
    def said(self) -> Announced:
        """What its document announces about when to come again."""
        return Announced.decode(self.skips)


_COLUMN: Final = {"group": "grp"}
_COLUMNS: Final = {f.name: _COLUMN.get(f.name, f.name) for f in fields(Feed)}
_FEED: Final = ",".join(f"{c} AS '{n}'" for n, c in _COLUMNS.items() if n != "due_at")
# Due now, and another value than before: a poll that is under way sees it by that.
_ANEW: Final = "min(due_at, 0) - 1"
_KEPT: Final = ("url", "group", "lang")  # a poll does not change them


@dataclass(frozen=True, slots=True, kw_only=True)
class Companions:
    """The tables in which something goes with a feed; their owners write them."""

    listed: Listed
    moves: Moves
    own_sites: OwnSites
    redirects: Redirects
    sightings: Sightings
    stories: StoryTable


class FeedTable:
    """The table. `write` and `wait_for` need a transaction of the caller's.

    Where a feed is added, removed, moved or made due anew, what goes with it in other
    tables changes in the same transaction.
    """

    def __init__(self, db: sqlite3.Connection, companions: Companions) -> None:
        self._db, self._with = db, companions

    def add(self, feeds: Iterable[FeedRef], source_list: str = BY_HAND) -> int:
        """Add feeds that are not known yet, due at once; return how many were new.

        One that has moved since it was written down is known under its new URL.

        Args:
            feeds: what to add.
            source_list: the file that names them.
        """
        refs = list(feeds)
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            return self._add(refs, source_list)

    def _add(self, feeds: Iterable[FeedRef], source_list: str) -> int:
        new = 0
        for feed in feeds:
            url = self._with.moves.target_of(feed.url)
            new += self._db.execute(
                "INSERT OR IGNORE INTO feeds (url, host, title, grp, lang, due_at,"
                " failures, status, entries)"
                " VALUES (?,?,?,?,?,0,0,'never polled',0)",
                (url, host_of(url), feed.title, feed.group, feed.lang),
            ).rowcount
            self._with.listed.add(source_list, url)
        return new

    def remove(self, url: str) -> bool:
        """Forget a feed and what is still due from it; its stories stay.

        Other feeds that carry what is still due are read anew, and bring it.
        """
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            return self._remove(url)

    def _remove(self, url: str) -> bool:
        beside = self._with
        gone = self._db.execute("DELETE FROM feeds WHERE url = ?", (url,)).rowcount
        beside.moves.remove(url)
        beside.listed.remove(url)
        beside.own_sites.remove(url)
        beside.redirects.end([url])
        due = beside.stories.due_of_feed(url)
        for other in beside.sightings.feeds_of(due):
            self._make_due_anew(other)
        beside.sightings.remove(due)
        beside.stories.remove(due)
        return gone > 0

    def _make_due_anew(self, url: str) -> bool:
        """Let a feed be read whole, now, from its own URL on; False if not known."""
        self._with.redirects.end([url])
        changed = self._db.execute(
            f"UPDATE feeds SET due_at={_ANEW}, etag=NULL, last_modified=NULL,"
            " body_digest=NULL, host=? WHERE url=?",
            (host_of(url), url),
        ).rowcount
        return changed > 0

    def follow(self, source_list: str, feeds: Iterable[FeedRef]) -> tuple[int, int]:
        """Hold the feeds that a list names, as it is now; return (added, removed).

        Those that it named before and no longer does go, unless a person or another
        list has named them too.
        """
        refs = list(feeds)
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")  # people add feeds, feeds move
            added = self._add(refs, source_list)
            named = {self._with.moves.target_of(feed.url) for feed in refs}
            gone = self._with.listed.drop_others(source_list, named)
            return added, sum(self._remove(url) for url in gone)

    def all(self) -> list[Feed]:
        """Return all feeds by URL."""
        rows = self._db.execute(f"SELECT {_FEED}, due_at FROM feeds ORDER BY url")
        return [_feed(row) for row in rows]

    def get(self, url: str) -> Feed | None:
        """Return a feed; None if it is not known."""
        row = self._db.execute(
            f"SELECT {_FEED}, due_at FROM feeds WHERE url = ?", (url,)
        ).fetchone()
        return _feed(row) if row else None

    def due(self, now: float, limit: int) -> list[Feed]:
        """Return feeds due at `now`, one of each host, the longest overdue first."""
        rows = self._db.execute(
            f"SELECT {_FEED}, min(due_at) AS due_at FROM feeds WHERE due_at <= ?"
            " GROUP BY host ORDER BY due_at, url LIMIT ?",
            (now, limit),
        )
        return [_feed(row) for row in rows]

    def next_due(self) -> float | None:
        """Return when the next feed is due; None without feeds."""
        at = self._db.execute("SELECT min(due_at) FROM feeds").fetchone()[0]
        return None if at is None else float(at)

    def write(self, feed: Feed, was_due_at: float) -> bool:
        """Write what a poll has changed; False if the feed was removed meanwhile.

        Where others made it due while it was asked, it stays due, to be read whole.
        Within a transaction of the caller.

        Args:
            feed: after the poll.
            was_due_at: when it was due as the poll began.
        """
        row = self._db.execute(
            "SELECT due_at FROM feeds WHERE url = ?", (feed.url,)
        ).fetchone()
        if row is None:
            return False
        if row[0] != was_due_at:
            feed = replace(feed, etag=None, last_modified=None, body_digest=None)
            feed = replace(feed, due_at=float(row[0]))
        self._with.redirects.end([feed.url])
        names = [name for name in _COLUMNS if name not in _KEPT]
        changes = ",".join(f"{_COLUMNS[name]}=?" for name in names)
        self._db.execute(
            f"UPDATE feeds SET {changes}, host=? WHERE url=?",
            [*(getattr(feed, name) for name in names), host_of(feed.url), feed.url],
        )
        return True

    def wait_for(self, host: str, url: str, was_due_at: float) -> bool:
        """Let a feed be asked in the turn of the host that it redirects to.

        Within a transaction of the caller. False if it was removed or made due by
        others while it was asked: then it begins at its own URL.
        """
        changed = self._db.execute(
            "UPDATE feeds SET host = ? WHERE url = ? AND due_at = ?",
            (host, url, was_due_at),
        ).rowcount
        return changed > 0

    def postpone(self, url: str, due_at: float, status: str) -> None:
        """Make a feed due later, though nothing was asked of it."""
        with self._db:
            self._db.execute(
                "UPDATE feeds SET due_at = ?, status = ? WHERE url = ?",
                (due_at, status, url),
            )

    def leave(self, url: str, status: str) -> None:
        """Leave a feed to another worker."""
        self.postpone(url, NEVER, status)

    def take_back(self, now: float) -> None:
        """Make due what was left to other workers: the shards may be others now.

        Feeds whose redirect is too old to count are asked at their own URL again.
        """
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute("UPDATE feeds SET due_at = 0 WHERE due_at = ?", (NEVER,))
            rows = self._db.execute("SELECT url, host FROM feeds").fetchall()
            redirects = self._with.redirects.of(url for url, _ in rows)
            old = {u for u, one in redirects.items() if now - one.since > LASTS_S}
            self._with.redirects.end(old)
            asked_at = {u: one.url for u, one in redirects.items() if u not in old}
            hosts = {url: host_of(asked_at.get(url, url)) for url, _ in rows}
            self._db.executemany(
                "UPDATE feeds SET host = ? WHERE url = ?",
                [(hosts[url], url) for url, host in rows if host != hosts[url]],
            )

    def retry(self, url: str) -> bool:
        """Read a feed anew, now, also if it has moved; False if it is not known."""
        at = self._with.moves.target_of(url)
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            self._db.execute(
                "UPDATE feeds SET status='to be tried again' WHERE url=?", (at,)
            )
            return self._make_due_anew(at)

    def make_due(self) -> None:
        """Make every feed due now, though its time has not come."""
        with self._db:
            self._db.execute("UPDATE feeds SET due_at = 0 WHERE due_at < ?", (NEVER,))

    def unpolled_since(self, moment: float) -> tuple[int, int]:
        """Return (our feeds that were not polled since `moment`, all of ours)."""
        row = self._db.execute(
            "SELECT count(*) FILTER (WHERE polled_at IS NULL OR polled_at < ?),"
            " count(*) FROM feeds WHERE due_at < ?",
            (moment, NEVER),
        ).fetchone()
        return int(row[0]), int(row[1])

    def move(self, url: str, target: str) -> None:
        """Poll a feed at its new URL from now on, with all that is known of it.

        Where the target is polled already, what the former URL's guids named goes:
        anyone can redirect to anyone.
        """
        beside = self._with
        with self._db:
            if self.get(target):
                beside.sightings.remove_feed(url)
            self._db.execute(
                "UPDATE OR IGNORE feeds SET url = ? WHERE url = ?", (target, url)
            )
            self._db.execute("DELETE FROM feeds WHERE url = ?", (url,))
            self._db.execute(
                "UPDATE feeds SET host = ? WHERE url = ?", (host_of(target), target)
            )
            beside.redirects.end([url])
            beside.listed.move(url, target)
            beside.sightings.move_feed(url, target)
            beside.stories.move_feed(url, target)
            beside.moves.keep(url, target)


def _feed(row: sqlite3.Row) -> Feed:
    values = dict(row)
    return Feed(**values | {"distrusted": bool(values["distrusted"])})
