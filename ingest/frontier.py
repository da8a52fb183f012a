"""The frontier: what is to be fetched and what is known, in one SQLite file.

Publish first, then mark: a crash in between publishes a story again, and its id makes
that harmless. The ingest worker writes; commands that add, remove or retry do too.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from samestory.ingest.connection import refuse_moved
from samestory.ingest.database import open_database, vacuum
from samestory.ingest.entry import Entry
from samestory.ingest.errors import Elsewhere
from samestory.ingest.feed_table import Feed, FeedTable
from samestory.ingest.frontier_schema import SCHEMA, TABLES, UPGRADES
from samestory.ingest.outlets import FeedVoice, attributed, same_site
from samestory.ingest.own_sites import OwnSites
from samestory.ingest.redirects import Redirects, next_redirect
from samestory.ingest.story import scoped_id, story_id_from
from samestory.ingest.urls import host_of, ids_at, story_ids_of
from samestory.ingest.versions import told_url, was_proved

WITHIN_FEED: Final = ("guid ", "said ", "told ")  # identities that are no address
_COLUMNS: Final = (  # that a story takes along to another id
    *("feed_url", "host", "entry", "due_at", "tries"),
    *("fetched_from", "is_foreign"),
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
  AND due_at <= ? ORDER BY is_foreign, due_at LIMIT 1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An entry in a feed: its identities there, the story it tells, its digest."""

    identities: tuple[str, ...]
    story_id: str
    entry_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingStory:
    """A story whose text is still to be had; `host` is "" if no page is needed.

    Attributes:
        told: what `versions.told_of` says of its last version; "" if there was none.
        page_url: where its link has redirected to, on another host; "" for the link.
        fetched_from: where its feed was fetched when it told it; "" if unknown.
        is_foreign: the feed was not known to be its publisher's own then, or its link
            leads to another's site.
        given_for: the address that its id was given for, where that was found out by
            reading it; "" where its feed names it.
        voice: what its feed could speak for then; None where that is not known.
    """

    story_id: str
    feed_url: str
    host: str
    entry: Entry
    tries: int
    first_seen: float
    told: str = ""
    page_url: str = ""
    fetched_from: str = ""
    is_foreign: bool = False
    given_for: str = ""
    voice: FeedVoice | None = None

    @property
    def name(self) -> str:
        """What it is called in the frontier."""
        return self.story_id

    @property
    def feed_voice(self) -> FeedVoice:
        """What its feed may speak for."""
        return self.voice or FeedVoice(url=self.fetched_from or self.feed_url)

    @property
    def address(self) -> str:
        """Where it is: as it was published, else as its feed says; "" for nowhere."""
        return self.given_for or told_url(self.told) or self.entry.link or ""

    @property
    def was_proved(self) -> bool:
        """Whether it was published as its outlet's own report."""
        return was_proved(self.told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A story that is on the log: its digest, what is odd about it, what it told."""

    story: PendingStory
    digest: str
    reason: str | None
    told: str


class Frontier:
    """Feeds, stories due and stories known."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            Misconfigured: the file is not a frontier, or of a newer samestory.
        """
        self._path = path
        self._db = open_database(
            path, TABLES, SCHEMA, "frontier", marker="sightings", upgrades=UPGRADES
        )
        self.redirects = Redirects(self._db)
        self.feeds = FeedTable(self._db, self.redirects)
        self.own_sites = OwnSites(self._db)

    def record_poll(
        self,
        feed: Feed,
        *,
        was_due_at: float,
        pending: Sequence[PendingStory] = (),
        sightings: Sequence[Sighting] = (),
        refused: Sequence[tuple[PendingStory, str]] = (),
        now: float,
    ) -> None:
        """Write a poll's outcome, with the stories it brought, in one transaction.

        `was_due_at` is when the feed was due as the poll began. A feed that was
        removed meanwhile stays removed, and a story that is to be forgotten is not
        written down again.
        """
        all_told = [*pending, *(story for story, _ in refused)]
        told = [one.story_id for one in all_told]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            gone = self._refused(feed.url, all_told, sightings)
            if not self.feeds.write(feed, was_due_at):
                return
            gone |= self._removed(sightings, told)
            self._see(feed.url, [s for s in sightings if s.story_id not in gone])
            for story in pending:
                if story.story_id not in gone:
                    self._upsert(story, "due", None, now)
            for story, reason in refused:
                if story.story_id not in gone:
                    self._upsert(story, "refused", reason, now)

    def _refused(
        self,
        feed_url: str,
        told: Sequence[PendingStory],
        sightings: Sequence[Sighting],
    ) -> set[str]:
        """Return the stories that are to be forgotten, by any of their names."""
        names = {one.story_id: {one.story_id} for one in sightings}
        for story in told:
            names.setdefault(story.story_id, {story.story_id}).update(
                ids_at(story.entry.link or "")
            )
        for one in sightings:
            said = (name for name in one.identities if not name.startswith("guid "))
            names[one.story_id].update(scoped_id(feed_url, name) for name in said)
        return {one for one, found in names.items() if self.forgotten(found)}

    def _removed(self, sightings: Sequence[Sighting], told: Sequence[str]) -> set[str]:
        """Return the stories that went with their feed while this one was read.

        To sight them now would hide that this feed has them, too.
        """
        found = {one.story_id for one in sightings} - set(told)
        return {
            story_id
            for story_id in found
            if not self._db.execute(
                "SELECT 1 FROM stories WHERE story_id = ?", (story_id,)
            ).fetchone()
        }

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
        self.redirects.end([story.story_id])
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

    def story(self, story_id: str) -> PendingStory | None:
        """Return a known story, due or not; None if it is not known.

        Its feed is "" if it was removed since: then any other may go on telling it.
        """
        row = self._db.execute(
            "SELECT stories.*, ifnull(feeds.url, '') AS owner FROM stories"
            " LEFT JOIN feeds ON feeds.url = feed_url WHERE story_id = ?",
            (story_id,),
        ).fetchone()
        if row is None:
            return None
        (found,) = self._pending([row])
        return replace(found, feed_url=row["owner"])

    def given_id(self, story_ids: Sequence[str]) -> str:
        """Return which id of a story was given to it; the last if none was yet.

        One that is refused for ever comes before one that is known.
        """
        gone = self.forgotten(story_ids)
        given = gone or {one for one in story_ids[:-1] if self.story(one)}
        return next((one for one in story_ids if one in given), story_ids[-1])

    def due_stories(self, now: float, limit: int) -> list[PendingStory]:
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

    def _pending(self, rows: Sequence[sqlite3.Row]) -> list[PendingStory]:
        told = [(row["feed_url"], row["fetched_from"]) for row in rows]
        voices = {one: self.own_sites.voice(*one) for one in set(told)}
        redirects = self.redirects.of(row["story_id"] for row in rows)
        return [
            replace(
                _pending(row),
                voice=voices[one],
                page_url=redirects[id_].url
                if (id_ := row["story_id"]) in redirects
                else "",
            )
            for row, one in zip(rows, told, strict=True)
        ]

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

    def lead_on(self, task: Feed | PendingStory, to: Elsewhere, now: float) -> bool:
        """Let a feed or page be asked where it redirects to, in that host's turn.

        A feed that others made due while it was asked begins at its own URL instead.

        Returns:
            False if it has led over too many hosts: it has to be given up.
        """
        before = self.redirects.of([task.name]).get(task.name)
        tries = task.tries if isinstance(task, PendingStory) else 0
        after = next_redirect(before, to, tries=tries, now=now)
        if after is None:
            return False
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            if isinstance(task, PendingStory):
                waits = self._wait_for(task, to.url, now)
            else:
                waits = self.feeds.wait_for(host_of(to.url), task.url, task.due_at)
            if waits:
                self.redirects.keep(task.name, after)
        return True

    def _wait_for(self, story: PendingStory, url: str, now: float) -> bool:
        """Let a page be fetched in the turn of the host that it redirects to.

        Another site's own stories come before it there.
        """
        is_foreign = story.is_foreign or not same_site(url, story.entry.link or "")
        changed = self._db.execute(
            "UPDATE stories SET host = ?, tries = tries + 1, due_at = ?, is_foreign = ?"
            " WHERE story_id = ?",
            (host_of(url), now, is_foreign, story.story_id),
        ).rowcount
        return changed > 0

    def rename(
        self, story: PendingStory, story_id: str, address: str, now: float
    ) -> PendingStory | None:
        """Know a story by the id of what it turned out to be.

        What was published under its former id stays as it is.

        Args:
            story: as it was read.
            story_id: of the report that it is.
            address: of that.
            now: the time.

        Returns:
            The story under its new id, a change of it where this feed told it; None
            where another did: its publisher's story is nobody else's to tell.
        """
        columns = ", ".join(_COLUMNS)
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            held = self.story(story_id)
            self._db.execute(
                "UPDATE sightings SET story_id = ? WHERE story_id = ? AND feed_url = ?",
                (story_id, story.story_id, story.feed_url),
            )
            first_seen, told = (held.first_seen, held.told) if held else (now, "")
            goes_on = held is None or held.feed_url in {"", story.feed_url}
            if goes_on:
                self._db.execute(
                    "INSERT OR REPLACE INTO stories (story_id, state, first_seen, told,"
                    f" given_for, {columns}) SELECT ?, 'due', ?, ?, ?, {columns}"
                    " FROM stories WHERE story_id=?",
                    (story_id, first_seen, told, address, story.story_id),
                )
            if goes_on:
                self.redirects.copy(story.story_id, story_id)
            if story.told:
                self._db.execute(
                    "UPDATE stories SET state='published', reason=? WHERE story_id=?",
                    (f"told already, or else: {story_id}", story.story_id),
                )
            else:
                self.redirects.end([story.story_id])
                self._db.execute(
                    "DELETE FROM stories WHERE story_id = ?", (story.story_id,)
                )
        if not goes_on:
            return None
        return replace(
            story,
            story_id=story_id,
            told=told,
            first_seen=first_seen,
            given_for=address,
        )

    def mark_published(self, published: Sequence[Published]) -> None:
        """Mark stories as published: their text is not due.

        One that its feed has changed since it was read stays due, to be read again.
        """
        with self._db:
            for one in published:
                row = self._db.execute(
                    "SELECT * FROM stories WHERE story_id = ?", (one.story.story_id,)
                ).fetchone()
                is_changed = row and _pending(row).entry != one.story.entry
                self._db.execute(
                    "UPDATE stories SET state=iif(?, state, 'published'), digest=?,"
                    " reason=?, told=? WHERE story_id=?",
                    (is_changed, one.digest, one.reason, one.told, one.story.story_id),
                )

    def keep_version(self, story: PendingStory, reason: str) -> None:
        """Leave a story as it was published, though it should have been read again."""
        with self._db:
            self._db.execute(
                "UPDATE stories SET state='published', reason=? WHERE story_id=?",
                (f"kept as it was: {reason}", story.story_id),
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
        gone = list(story_ids)
        ids = (json.dumps(gone),)  # in one pass: an outlet has thousands
        with self._db:
            self.redirects.end(gone)
            for table in ("stories", "sightings"):
                self._db.execute(
                    f"DELETE FROM {table} WHERE story_id IN"
                    " (SELECT value FROM json_each(?))",
                    ids,
                )
            self._db.execute(
                "INSERT OR IGNORE INTO forgotten SELECT value FROM json_each(?)", ids
            )
        vacuum(self._db, self._path)

    def names_of(self, story_ids: Collection[str]) -> set[str]:
        """Return the ids by which feeds may tell these stories again.

        By the addresses they had; within their feed also by what it said. Not by a
        guid: some feeds give it to their next story. Hearsay leaves the address to its
        publisher, and one of several stories at an address leaves it to the others.
        """
        found: set[str] = set()
        known = {one: story for one in story_ids if (story := self.story(one))}
        own = {one for one, story in known.items() if _is_own(story)}
        for row in self._db.execute("SELECT * FROM sightings"):
            identity = row["identity"]
            if row["story_id"] not in known or identity.startswith(("guid ", "said ")):
                continue
            found.add(scoped_id(row["feed_url"], identity))
            if row["story_id"] in own and not identity.startswith(WITHIN_FEED):
                found.add(story_id_from(identity))
        rows = self._db.execute(
            "SELECT story_id, json_extract(entry, '$.link') AS link FROM stories"
        )
        others = {row["link"] for row in rows if row["story_id"] not in known}
        for story_id in own:
            story = known[story_id]
            for url in {story.entry.link or "", story.page_url, story.address}:
                ids = ids_at(url)
                if story_id in ids or url not in others:
                    found.update(ids)
        return found

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
        rows = self._db.execute("SELECT * FROM stories ORDER BY story_id").fetchall()
        return [
            one.story_id
            for one in self._pending(rows)
            if _outlet_of(one).casefold() == name.casefold()
        ]

    def counts(self) -> dict[str, int]:
        """Return the number of stories by state: due, published, refused."""
        rows = self._db.execute("SELECT state, count(*) FROM stories GROUP BY state")
        return {"due": 0, "published": 0, "refused": 0} | {r[0]: r[1] for r in rows}

    def retry(self, url: str) -> bool:
        """Make a feed, or the story of a page, due now; False if neither is known."""
        with self._db:
            rows = self._db.execute(
                "UPDATE stories SET state='due', due_at=0, tries=0 WHERE"
                " story_id IN (SELECT value FROM json_each(?))"
                " OR json_extract(entry, '$.link') = ? RETURNING story_id",
                (json.dumps(story_ids_of(url)), url),
            ).fetchall()
            self.redirects.count_anew(row["story_id"] for row in rows)
        return self.feeds.retry(url) or bool(rows)

    def due_count(self) -> int:
        """Return how many stories are due, now or later."""
        row = self._db.execute("SELECT count(*) FROM stories WHERE state = 'due'")
        return int(row.fetchone()[0])

    # hosts

    def keep_host(self, host: str, until: float, reason: str) -> None:
        """Remember, also over a restart, until when a host is not to be asked."""
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO hosts VALUES (?,?,?)", (host, until, reason)
            )

    def kept_hosts(self, now: float) -> list[tuple[str, float, str]]:
        """Return (host, until, reason) of hosts that are not to be asked yet."""
        with self._db:
            self._db.execute("DELETE FROM hosts WHERE until <= ?", (now,))
        rows = self._db.execute("SELECT host, until, reason FROM hosts")
        return [(row[0], row[1], row[2]) for row in rows]

    def refuse_moved(self) -> None:
        """Stop where the file was removed while it is open."""
        refuse_moved(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def _is_own(story: PendingStory) -> bool:
    """Tell whether a story is its publisher's own, as far as that is known yet."""
    return story.was_proved if story.told else not story.is_foreign


def _outlet_of(story: PendingStory) -> str:
    """Return who told a story, or who would if its page can be had."""
    is_read = bool(story.host) and (story.was_proved or not story.told)
    at = story.page_url or story.entry.link if is_read else ""
    return attributed(
        feed=story.feed_voice,
        url=story.entry.link,
        page_url=at or "",
        source=story.entry.source,
        source_url=story.entry.source_url,
    ).outlet


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
        told=row["told"],
        fetched_from=row["fetched_from"],
        is_foreign=bool(row["is_foreign"]),
        given_for=row["given_for"],
    )
