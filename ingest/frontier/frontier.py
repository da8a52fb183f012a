"""The frontier: what is to be fetched and what is known, in one SQLite file.

Each table is written by one owner, a file each (`feed_table.py`, `story_table.py`,
`sightings.py` ...); it may read others'. Here is what has to change several tables at
once, or not at all: each method is one transaction.

Publish first, then mark: a crash in between publishes a story again, and its id makes
that harmless. The ingest worker writes; commands that add, remove or retry do too.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from samestory.connection import refuse_moved
from samestory.database import open_database
from samestory.database_copy import vacuum
from samestory.ingest.fetch.errors import Elsewhere
from samestory.ingest.frontier.feed_table import Companions, Feed, FeedTable
from samestory.ingest.frontier.forgotten import Forgotten
from samestory.ingest.frontier.host_waits import HostWaits
from samestory.ingest.frontier.listed import Listed
from samestory.ingest.frontier.moves import Moves
from samestory.ingest.frontier.own_sites import OwnSites
from samestory.ingest.frontier.pending_story import PendingStory
from samestory.ingest.frontier.redirects import Redirects, next_redirect
from samestory.ingest.frontier.schema import SCHEMA, TABLES, UPGRADES
from samestory.ingest.frontier.sightings import (
    GUID,
    PAGE,
    WHOLE,
    WITHIN_FEED,
    Sighting,
    Sightings,
)
from samestory.ingest.frontier.story_table import StoryTable, given_id
from samestory.story import scoped_id, story_id_from
from samestory.story_keys import ids_at, story_ids_of
from samestory.urls import host_of


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
        self.forgotten = Forgotten(self._db)
        self.host_waits = HostWaits(self._db)
        self.listed = Listed(self._db)
        self.moves = Moves(self._db)
        self.own_sites = OwnSites(self._db)
        self.redirects = Redirects(self._db)
        self.sightings = Sightings(self._db)
        self.stories = StoryTable(self._db, self.own_sites, self.redirects)
        self.feeds = FeedTable(
            self._db,
            Companions(
                listed=self.listed,
                moves=self.moves,
                own_sites=self.own_sites,
                redirects=self.redirects,
                sightings=self.sightings,
                stories=self.stories,
            ),
        )

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
        written down again. Nor are sightings of stories that went with their feed
        while this one was read: they would hide that this feed has them, too.
        """
        brought = [*pending, *(story for story, _ in refused)]
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            out = self._refused(feed.url, brought, sightings)
            if not self.feeds.write(feed, was_due_at):
                return
            known = {one.story_id for one in sightings}
            out |= self.stories.unknown(known - {one.story_id for one in brought})
            self.sightings.add(
                feed.url, [one for one in sightings if one.story_id not in out]
            )
            for story in pending:
                if story.story_id not in out:
                    self.stories.write(story, "due", None, now)
            for story, reason in refused:
                if story.story_id not in out:
                    self.stories.write(story, "refused", reason, now)

    def _refused(
        self,
        feed_url: str,
        brought: Sequence[PendingStory],
        sightings: Sequence[Sighting],
    ) -> set[str]:
        """Return the stories that are to be forgotten, by any of their names."""
        names: dict[str, set[str]] = defaultdict(set)
        for story in brought:
            names[story.story_id].update(ids_at(story.entry.link or ""))
        for one in sightings:
            said = (n for n in one.identities if not n.startswith((GUID, PAGE)))
            names[one.story_id].update(scoped_id(feed_url, name) for name in said)
        for story_id, ids in names.items():
            ids.add(story_id)
        gone = self.forgotten.among({one for ids in names.values() for one in ids})
        return {story_id for story_id, ids in names.items() if ids & gone}

    def given_id(self, story_ids: Sequence[str]) -> str:
        """Return which id of a story was given to it, see `story_table.given_id`."""
        unknown = self.stories.unknown(story_ids)
        known = [one for one in story_ids if one not in unknown]
        return given_id(story_ids, known, self.forgotten.among(story_ids))

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
                waits = self.stories.wait_for(task, to.url, now)
            else:
                waits = self.feeds.wait_for(host_of(to.url), task.url, task.due_at)
            if waits:
                self.redirects.keep(task.name, after)
        return True

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
            The story under its new id, a change of it where this feed brought it; None
            where another did: its publisher's story is nobody else's to tell.
        """
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            held = self.stories.get(story_id)
            given = replace(
                story,
                story_id=story_id,
                last_version=held.last_version if held else None,
                first_seen=held.first_seen if held else now,
                given_for=address,
            )
            self.sightings.give_id(story.feed_url, story.story_id, story_id)
            goes_on = held is None or held.feed_url in {"", story.feed_url}
            if goes_on:
                self.stories.give_id(story, given)
            if story.last_version:
                reason = f"known already, or else: {story_id}"
                self.stories.settle(story.story_id, "published", reason)
            else:
                self.stories.remove([story.story_id])
        return given if goes_on else None

    def forget(self, story_ids: Iterable[str]) -> None:
        """Remove stories with all that is known of them, and refuse them for ever.

        Raises:
            Retry: they are refused, but their bytes could not be overwritten yet.
        """
        ids = list(story_ids)  # each table in one pass: an outlet has thousands
        with self._db:
            self.stories.remove(ids)
            self.sightings.remove(ids)
            self.forgotten.add(ids)
        vacuum(self._db, self._path)

    def names_of(self, story_ids: Collection[str]) -> set[str]:
        """Return the ids by which feeds may tell these stories again.

        By the addresses they had; within their feed also by what it said. Not by a
        guid: some feeds give it to their next story. Hearsay leaves the address to its
        publisher, and one of several stories at an address leaves it to the others.
        """
        names: set[str] = set()
        known = self.stories.among(story_ids)
        own = {one for one, story in known.items() if story.is_own}
        for feed_url, identity, story_id in self.sightings.names_of(known):
            if identity.startswith((GUID, WHOLE, PAGE)):
                continue
            names.add(scoped_id(feed_url, identity))
            if story_id in own and not identity.startswith(WITHIN_FEED):
                names.add(story_id_from(identity))
        others = self.stories.links_but_of(known)
        for story_id in own:
            story = known[story_id]
            for url in {story.entry.link or "", story.page_url, story.address}:
                ids = ids_at(url)
                if story_id in ids or url not in others:
                    names.update(ids)
        return names

    def retry(self, url: str) -> bool:
        """Make a feed, or the story of a page, due now; False if neither is known."""
        with self._db:
            stories = self.stories.make_due(story_ids_of(url), url)
            self.redirects.count_anew(stories)
        return self.feeds.retry(url) or bool(stories)

    def refuse_moved(self) -> None:
        """Stop where the file was removed while it is open."""
        refuse_moved(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
