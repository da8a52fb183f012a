"""The stories of a frontier: which are due, which were published, which are refused.

A story is due until its text was had; published or refused, it is known by its row. One
that its feed changes is due again, under the same id.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, replace
from typing import Final

from samestory.checksums import checked
from samestory.database import writing
from samestory.ingest.articles.outlets import FeedVoice
from samestory.ingest.articles.versions import LastVersion
from samestory.ingest.feeds.entry import Entry
from samestory.ingest.frontier.own_sites import OwnSites
from samestory.ingest.frontier.pending_story import PendingStory, Published
from samestory.ingest.frontier.redirects import Redirect, Redirects
from samestory.publishers import same_site
from samestory.urls import host_of

STORIES: Final = checked(
    """CREATE TABLE stories (
  story_id TEXT PRIMARY KEY, feed_url TEXT NOT NULL, host TEXT NOT NULL,
  entry TEXT NOT NULL, state TEXT NOT NULL, due_at REAL NOT NULL,
  tries INTEGER NOT NULL, first_seen REAL NOT NULL, digest TEXT, reason TEXT,
  last_version TEXT NOT NULL DEFAULT '', fetched_from TEXT NOT NULL DEFAULT '',
  is_foreign INTEGER NOT NULL DEFAULT 0, given_for TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID"""
)
# A publisher's own come first: nobody else fills the queue of its host.
STORIES_DUE: Final = (
    "CREATE INDEX stories_due ON stories (state, host, is_foreign, due_at)"
)
_KEPT: Final = (  # that a story takes along to another id
    *("feed_url", "host", "entry", "due_at", "tries", "fetched_from", "is_foreign"),
)
_AMONG: Final = "story_id IN (SELECT value FROM json_each(?))"
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
  AND due_at <= ? ORDER BY is_foreign, due_at LIMIT 1)
"""


def given_id(
    story_ids: Sequence[str], known: Collection[str], forgotten: Collection[str]
) -> str:
    """Return which id of a story was given to it; the last if none was yet.

    One that is refused for ever comes before one that is known.

    Args:
        story_ids: all that it may have, the one of today last.
        known: ids of stories.
        forgotten: ids that are refused.
    """
    given = [one for one in story_ids if one in forgotten]
    given += [one for one in story_ids if one in known]
    return (given or story_ids)[0 if given else -1]


class StoryTable:
    """The table; see `Frontier` for transactions.

    Methods that mark a single story commit by themselves; `write`, `wait_for`,
    `give_id`, `move_feed` and `remove` work within a transaction of the caller's.
    """

    def __init__(
        self, db: sqlite3.Connection, own_sites: OwnSites, redirects: Redirects
    ) -> None:
        self._db, self._own_sites, self._redirects = db, own_sites, redirects

    # what is known

    def get(self, story_id: str) -> PendingStory | None:
        """Return a known story, see `among`; None if it is not known."""
        return self.among([story_id]).get(story_id)

    def among(self, story_ids: Iterable[str]) -> dict[str, PendingStory]:
        """Return those of these stories that are known, due or not, by id.

        The feed of one is "" if it was removed since: any other may go on with it.
        """
        rows = self._db.execute(
            "SELECT stories.*, ifnull(feeds.url, '') AS owner FROM stories"
            f" LEFT JOIN feeds ON feeds.url = feed_url WHERE {_AMONG}",
            (json.dumps(list(story_ids)),),
        ).fetchall()
        return {
            row["story_id"]: replace(story, feed_url=row["owner"])
            for row, story in zip(rows, self._pending(rows), strict=True)
        }

    def unknown(self, story_ids: Collection[str]) -> set[str]:
        """Return those of these ids that are no known story's."""
        rows = self._db.execute(
            f"SELECT story_id FROM stories WHERE {_AMONG}",
            (json.dumps(list(story_ids)),),
        )
        return set(story_ids) - {row[0] for row in rows}

    def of_outlet(self, name: str) -> list[str]:
        """Return the stories that an outlet tells, known or due, by id."""
        rows = self._db.execute("SELECT * FROM stories ORDER BY story_id").fetchall()
        return [
            one.story_id
            for one in self._pending(rows)
            if one.outlet.casefold() == name.casefold()
        ]

    def links_but_of(self, story_ids: Collection[str]) -> set[str | None]:
        """Return the links of all stories but these."""
        rows = self._db.execute(
            f"SELECT json_extract(entry, '$.link') FROM stories WHERE NOT {_AMONG}",
            (json.dumps(list(story_ids)),),
        )
        return {row[0] for row in rows}

    def counts(self) -> dict[str, int]:
        """Return the number of stories by state: due, published, refused."""
        rows = self._db.execute("SELECT state, count(*) FROM stories GROUP BY state")
        return {"due": 0, "published": 0, "refused": 0} | {r[0]: r[1] for r in rows}

    # what is due

    def due(self, now: float, limit: int) -> list[PendingStory]:
        """Return stories due, at most one of each host, and `limit` without a page."""
        rows = self._db.execute(_DUE_BY_HOST, (now,)).fetchall()
        rows += self._db.execute(
            "SELECT * FROM stories WHERE state = 'due' AND host = '' LIMIT ?", (limit,)
        ).fetchall()
        return self._pending(rows)

    def due_of_host(self, host: str, limit: int) -> list[PendingStory]:
        """Return the stories due now or later from one host."""
        rows = self._db.execute(
            "SELECT * FROM stories WHERE state = 'due' AND host = ? LIMIT ?",
            (host, limit),
        ).fetchall()
        return self._pending(rows)

    def due_of_feed(self, feed_url: str) -> list[str]:
        """Return the ids of the stories that are due from a feed, now or later."""
        rows = self._db.execute(
            "SELECT story_id FROM stories WHERE feed_url = ? AND state = 'due'",
            (feed_url,),
        )
        return [row[0] for row in rows]

    def next_due(self) -> float | None:
        """Return when the next story is due; None if none is."""
        at = self._db.execute(
            "SELECT min(due_at) FROM stories WHERE state = 'due'"
        ).fetchone()[0]
        return None if at is None else float(at)

    def due_count(self) -> int:
        """Return how many stories are due, now or later."""
        row = self._db.execute("SELECT count(*) FROM stories WHERE state = 'due'")
        return int(row.fetchone()[0])

    def postpone(self, story_id: str, due_at: float, reason: str) -> None:
        """Count a failed try and make the story due again."""
        with writing(self._db):
            self._db.execute(
                "UPDATE stories SET tries = tries + 1, due_at = ?, reason = ?"
                " WHERE story_id = ?",
                (due_at, reason, story_id),
            )

    def make_due(self, story_ids: Sequence[str], link: str) -> list[str]:
        """Make stories due now, by their ids or their link; return their ids."""
        rows = self._db.execute(
            "UPDATE stories SET state='due', due_at=0, tries=0"
            f" WHERE {_AMONG} OR json_extract(entry, '$.link') = ?"
            " RETURNING story_id",
            (json.dumps(story_ids), link),
        ).fetchall()
        return [row[0] for row in rows]

    def wait_for(self, story: PendingStory, url: str, now: float) -> bool:
        """Let a page be fetched in the turn of the host that it redirects to.

        Another site's own stories come before it there. False if it is not known.
        """
        is_foreign = story.is_foreign or not same_site(url, story.entry.link or "")
        changed = self._db.execute(
            "UPDATE stories SET host = ?, tries = tries + 1, due_at = ?, is_foreign = ?"
            " WHERE story_id = ?",
            (host_of(url), now, is_foreign, story.story_id),
        ).rowcount
        return changed > 0

    # what becomes of it

    def write(
        self, story: PendingStory, state: str, reason: str | None, now: float
    ) -> None:
        """Write down a story as its feed has it now; it begins at its own link."""
        self._redirects.end([story.story_id])
        self._db.execute(
            "INSERT INTO stories (story_id, feed_url, host, entry, state, due_at,"
            " tries, first_seen, reason, fetched_from, is_foreign)"
            " VALUES (?,?,?,?,?,?,0,?,?,?,?)"
            " ON CONFLICT (story_id) DO UPDATE SET entry=excluded.entry,"
            " host=excluded.host, state=excluded.state, due_at=excluded.due_at,"
            " feed_url=excluded.feed_url, tries=0, reason=excluded.reason,"
            " fetched_from=excluded.fetched_from, is_foreign=excluded.is_foreign",
            (
                story.story_id,
                story.feed_url,
                story.host,
                _entry_json(story.entry),
                state,
                now,
                story.first_seen,
                reason,
                story.fetched_from,
                story.is_foreign,
            ),
        )

    def mark_published(self, published: Sequence[Published]) -> None:
        """Mark stories as published: their text is not due.

        One that its feed has changed since it was read stays due, to be read again.
        """
        with writing(self._db):
            for one in published:
                row = self._db.execute(
                    "SELECT * FROM stories WHERE story_id = ?", (one.story.story_id,)
                ).fetchone()
                version = one.version.to_json()
                is_changed = row and _entry(row) != one.story.entry
                self._db.execute(
                    "UPDATE stories SET state=iif(?, state, 'published'), digest=?,"
                    " reason=?, last_version=? WHERE story_id=?",
                    (
                        *(is_changed, one.digest, one.reason),
                        version,
                        one.story.story_id,
                    ),
                )

    def settle(self, story_id: str, state: str, reason: str) -> None:
        """Mark a story, of which nothing is published now, as published or refused."""
        with writing(self._db):
            self._db.execute(
                "UPDATE stories SET state=?, reason=? WHERE story_id=?",
                (state, reason, story_id),
            )

    def give_id(self, story: PendingStory, given: PendingStory) -> None:
        """Write down a due story under another id as well, with what is known of that.

        Args:
            story: as it was read.
            given: the same under the other id.
        """
        kept = ", ".join(_KEPT)
        version = given.last_version.to_json() if given.last_version else ""
        self._redirects.copy(story.story_id, given.story_id)
        self._db.execute(
            "INSERT OR REPLACE INTO stories (story_id, state, first_seen,"
            f" last_version, given_for, {kept}) SELECT ?, 'due', ?, ?, ?, {kept}"
            " FROM stories WHERE story_id=?",
            (
                *(given.story_id, given.first_seen, version, given.given_for),
                story.story_id,
            ),
        )

    def move_feed(self, url: str, target: str) -> None:
        """Let the stories of a feed be another's."""
        self._db.execute(
            "UPDATE stories SET feed_url = ? WHERE feed_url = ?", (target, url)
        )

    def remove(self, story_ids: Collection[str]) -> None:
        """Remove stories, in one pass."""
        self._redirects.end(story_ids)
        self._db.execute(
            f"DELETE FROM stories WHERE {_AMONG}", (json.dumps(list(story_ids)),)
        )

    def _pending(self, rows: Sequence[sqlite3.Row]) -> list[PendingStory]:
        """Return stories with what their feeds may speak for and where they led to."""
        asked = [(row["feed_url"], row["fetched_from"]) for row in rows]
        voices = self._own_sites.voices(asked)
        redirects = self._redirects.of(row["story_id"] for row in rows)
        return [
            _pending_story(row, voices[feed], redirects.get(row["story_id"]))
            for row, feed in zip(rows, asked, strict=True)
        ]


def _entry_json(entry: Entry) -> str:
    return json.dumps(asdict(entry), ensure_ascii=False)


def _entry(row: sqlite3.Row) -> Entry:
    return Entry(**json.loads(row["entry"]))


def _pending_story(
    row: sqlite3.Row, voice: FeedVoice, led: Redirect | None
) -> PendingStory:
    return PendingStory(
        story_id=row["story_id"],
        feed_url=row["feed_url"],
        host=row["host"],
        entry=_entry(row),
        tries=row["tries"],
        first_seen=row["first_seen"],
        last_version=LastVersion.from_json(row["last_version"]),
        fetched_from=row["fetched_from"],
        is_foreign=bool(row["is_foreign"]),
        given_for=row["given_for"],
        page_url=led.url if led else "",
        voice=voice,
    )
