"""Poll what is due, read what is new, publish it, mark it.

One thread owns the frontier and decides; fetching runs in threads, parsing in the
sandbox's processes. A slow host holds up nothing but itself.
"""

import hashlib
import random
import sqlite3
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Final

from ingest.client import MAX_FEED_BYTES, MAX_PAGE_BYTES, Client, FetchFailed, HostAway
from ingest.errors import Quarantine, Retry
from ingest.feed import Entry, ParsedFeed, parse_feed
from ingest.frontier import Feed, Frontier, PendingStory
from ingest.language import identify
from ingest.markup import plain_text
from ingest.page import Cleaned, choose_text
from ingest.plan import EntryPlan, make_story, plan_entries
from ingest.robots import Robots
from ingest.sandbox import Sandbox
from ingest.schedule import HostGate, next_poll_s, page_retry_s
from ingest.story import Story
from ingest.urls import host_of

FETCHES_AT_ONCE: Final = 16
FEEDS_AT_ONCE: Final = 1_000  # hosts whose feeds are looked at in one go
TICK_S: Final = 0.5  # how long a new feed or a stop may go unnoticed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Polled:
    """A feed's answer: `parsed` is None if nothing changed."""

    feed: Feed
    parsed: ParsedFeed | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """A story's text."""

    story: PendingStory
    cleaned: Cleaned


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """What could not become a story, for the quarantine."""

    reason: str
    source: str
    detail: str


class Poller:
    """Feeds in, stories out, until told to stop.

    Args:
        frontier: what is due and known; owned by the thread that calls `run`.
        client: fetches feeds and pages.
        robots: says which pages may be fetched.
        sandbox: runs the parsers.
        publish: called with stories; they are durable when it returns.
        reject: called with what will never be a story; durable when it returns.
        log: one line for a person.
        interval_s: seconds between polls of a feed.
        spacing_s: seconds between requests to a host.
        clock: seconds since the epoch.
        rng: for jitter.
    """

    def __init__(
        self,
        *,
        frontier: Frontier,
        client: Client,
        robots: Robots,
        sandbox: Sandbox,
        publish: Callable[[Sequence[Story]], None],
        reject: Callable[[Sequence[Rejected]], None],
        log: Callable[[str], None],
        interval_s: float,
        spacing_s: float,
        clock: Callable[[], float],
        rng: random.Random,
    ) -> None:
        self._frontier = frontier
        self._client = client
        self._robots = robots
        self._sandbox = sandbox
        self._publish = publish
        self._reject = reject
        self._log = log
        self._interval_s = interval_s
        self._clock = clock
        self._rng = rng
        self._gate = HostGate(spacing_s)
        self._jobs: dict[Future[_Polled | _Read], Feed | PendingStory] = {}
        self._idle = threading.Event()  # never set: a pause
        self._busy: set[str] = set()  # feed URLs and story ids in flight

    def run(self, stop: Callable[[], bool]) -> None:
        """Poll until `stop` says so; what is in flight then is done again later."""
        threads = ThreadPoolExecutor(FETCHES_AT_ONCE)
        try:
            while not stop():
                self._start_due(threads)
                if self._jobs:
                    wait(self._jobs, timeout=TICK_S, return_when=FIRST_COMPLETED)
                else:
                    self._idle.wait(self._pause_s())
                self._finish_done()
        finally:  # without waiting: a slow host must not hold up a stop
            threads.shutdown(wait=False, cancel_futures=True)

    def _pause_s(self) -> float:
        dues = (self._frontier.next_feed_due(), self._frontier.next_story_due())
        waits = [due - self._clock() for due in dues if due is not None]
        return max(0.05, min([TICK_S, *waits]))  # a closed host's dues are in the past

    def _start_due(self, threads: ThreadPoolExecutor) -> None:
        now = self._clock()
        room = 2 * FETCHES_AT_ONCE - len(self._jobs)
        if room <= 0:
            return
        for story in self._frontier.due_stories(now, room):
            away = self._gate.away(story.host, now)
            if away:
                self._give_up_host(story.host, away[1])
            else:
                self._start(threads, story, story.story_id, story.host)
        for feed in self._frontier.due_feeds(now, FEEDS_AT_ONCE):
            away = self._gate.away(host_of(feed.url), now)
            if away and feed.url not in self._busy:
                self._feed_failed(feed, FetchFailed(away[1], away[0]), away[0])
            else:
                self._start(threads, feed, feed.url, host_of(feed.url))

    def _start(
        self,
        threads: ThreadPoolExecutor,
        task: Feed | PendingStory,
        name: str,
        host: str,
    ) -> None:
        free = not host or self._gate.is_free(host, self._clock())
        if name in self._busy or not free or len(self._jobs) >= 2 * FETCHES_AT_ONCE:
            return
        if host:
            self._gate.start(host)
        self._busy.add(name)
        if isinstance(task, Feed):
            self._jobs[threads.submit(self._poll, task)] = task
        else:
            self._jobs[threads.submit(self._read, task)] = task

    # in threads

    def _poll(self, feed: Feed) -> _Polled:
        headers = {}
        if feed.etag:
            headers["If-None-Match"] = feed.etag
        if feed.last_modified:
            headers["If-Modified-Since"] = feed.last_modified
        found = self._client.get(feed.url, max_bytes=MAX_FEED_BYTES, headers=headers)
        if found.status == 304:  # noqa: PLR2004
            return _Polled(feed=feed, parsed=None)
        digest = hashlib.sha256(found.body).hexdigest()
        kept = replace(
            feed,
            etag=_validator(found.headers.get("etag")),
            last_modified=_validator(found.headers.get("last-modified")),
            body_digest=digest,
        )
        if digest == feed.body_digest:
            return _Polled(feed=kept, parsed=None)
        parsed: ParsedFeed = self._sandbox.run(
            parse_feed, found.body, found.url, found.headers.get("content-type", "")
        )
        return _Polled(feed=kept, parsed=parsed)

    def _read(self, story: PendingStory) -> _Read:
        url = story.entry.link or story.feed_url
        try:
            page = self._fetch_page(url) if story.host else None
            cleaned: Cleaned = self._sandbox.run(
                choose_text,
                page,
                url=url,
                title=story.entry.title,
                feed_text=_feed_text(story.entry),
                stated=story.entry.lang,
            )
        except FetchFailed:
            raise  # the page may work later
        except Quarantine as error:
            cleaned = _from_feed(story.entry, f"page-failed: {error}")
        return _Read(story=story, cleaned=cleaned)

    def _fetch_page(self, url: str) -> bytes:
        if not self._robots.allows(url):
            raise Quarantine(f"{url}: robots.txt disallows it")
        return self._client.get(url, max_bytes=MAX_PAGE_BYTES).body

    # in the owner's thread

    def _finish_done(self) -> None:
        read: list[_Read] = []
        for job in [job for job in self._jobs if job.done()]:
            task = self._jobs.pop(job)
            try:
                found = job.result()
                self._settle(task, None)
                if isinstance(found, _Polled):
                    self._polled(found)
                else:
                    read.append(found)
            except (Retry, Quarantine) as error:
                self._settle(task, error)
                self._failed(task, error)
            except (sqlite3.Error, OSError):
                raise  # disk trouble: whoever supervises us starts us again
            except Exception as error:  # noqa: BLE001  (our bug must not become a loop)
                trace = "".join(traceback.format_exception(error))
                self._log(f"bug, please report it: {trace}")
                self._settle(task, error)
                self._failed(task, Quarantine(f"bug of ours: {error!r}"))
            finally:
                name = task.url if isinstance(task, Feed) else task.story_id
                self._busy.discard(name)
        if read:
            self._publish_read(read)

    def _settle(self, task: Feed | PendingStory, error: Exception | None) -> None:
        """Open the task's host again, as its answer asks for."""
        host = host_of(task.url) if isinstance(task, Feed) else task.host
        wait_s = getattr(error, "retry_after_s", None)
        now = self._clock()
        if not host:
            return
        if isinstance(error, HostAway) and error.host == host:
            self._gate.lost(host, now, str(error))
        elif wait_s:
            self._gate.asked_to_wait(host, now, wait_s, str(error))
        else:
            self._gate.answered(host, now)

    def _failed(self, task: Feed | PendingStory, error: Exception) -> None:
        now = self._clock()
        retry_after_s = getattr(error, "retry_after_s", None)
        if isinstance(task, Feed):
            self._feed_failed(task, error, retry_after_s)
            return
        if type(error) is HostAway and error.host == task.host:
            return  # the gate counts for all stories of the host; this one stays due
        again = page_retry_s(task.tries + 1, retry_after_s)
        if again is None:
            self._fall_back([task], str(error))
        else:
            self._frontier.postpone(task.story_id, now + again, str(error))

    def _feed_failed(
        self, feed: Feed, error: Exception, retry_after_s: float | None
    ) -> None:
        now = self._clock()
        failures = feed.failures + 1
        said = str(error)
        status = said if feed.url in said else f"{feed.url}: {said}"
        self._log(f"feed failed, {failures} in a row: {status}")
        if isinstance(error, Quarantine) and status != feed.status:
            self._reject([Rejected(reason=status, source=feed.url, detail="")])
        self._frontier.record_poll(
            replace(
                feed,
                failures=failures,
                status=status,
                polled_at=now,
                due_at=now + self._next_poll_s(failures, retry_after_s),
            ),
            now=now,
        )

    def _next_poll_s(self, failures: int, retry_after_s: float | None) -> float:
        return next_poll_s(
            interval_s=self._interval_s,
            failures=failures,
            retry_after_s=retry_after_s,
            jitter=self._rng.uniform(-1, 1),
        )

    def _polled(self, polled: _Polled) -> None:
        now, parsed = self._clock(), polled.parsed
        feed = replace(
            polled.feed,
            polled_at=now,
            ok_at=now,
            failures=0,
            due_at=now + self._next_poll_s(0, None),
        )
        if parsed is None:
            self._frontier.record_poll(replace(feed, status="unchanged"), now=now)
            return
        plan = plan_entries(parsed, feed.url, self._frontier, now)
        status = _outcome(parsed, plan)
        self._log(f"feed {feed.url}: {status}")
        if plan.refused:
            self._reject(
                [
                    Rejected(reason=why, source=feed.url, detail=story.entry.guid)
                    for story, why in plan.refused
                ]
            )
        self._frontier.record_poll(
            replace(
                feed,
                title=parsed.title or feed.title,
                status=status,
                entries=len(parsed.entries),
            ),
            pending=plan.pending,
            sightings=plan.sightings,
            refused=plan.refused,
            now=now,
        )

    def _give_up_host(self, host: str, reason: str) -> None:
        waiting = self._frontier.due_of_host(host, 100)
        self._fall_back([s for s in waiting if s.story_id not in self._busy], reason)

    def _fall_back(self, stories: Sequence[PendingStory], reason: str) -> None:
        """Publish what the feed said, since the page can't be had."""
        self._publish_read(
            [
                _Read(story=s, cleaned=_from_feed(s.entry, f"page-failed: {reason}"))
                for s in stories
            ]
        )

    def _publish_read(self, read: Sequence[_Read]) -> None:
        titles = {feed.url: feed.title for feed in self._frontier.feeds()}
        made: list[tuple[PendingStory, Story]] = []
        for item in read:
            title = titles.get(item.story.feed_url, "")
            try:
                story = make_story(item.story, item.cleaned, title, self._clock)
                made.append((item.story, story))
            except Quarantine as error:
                source = item.story.entry.link or item.story.feed_url
                why = "; ".join([str(error), *item.cleaned.flags])
                self._reject([Rejected(reason=why, source=source, detail="")])
                self._frontier.mark_refused(item.story.story_id, why)
        gone = self._frontier.forgotten(story.story_id for _, story in made)
        made = [(due, story) for due, story in made if story.story_id not in gone]
        self._publish([story for _, story in made])
        self._frontier.mark_published(
            [(due, s.digest, "; ".join(s.flags) or None) for due, s in made]
        )


def _outcome(parsed: ParsedFeed, plan: EntryPlan) -> str:
    """Tell in words what a document held."""
    parts = [f"{len(plan.pending)} new of {len(parsed.entries)}"]
    if plan.repeated:
        parts.append(f"{plan.repeated} told twice")
    if parsed.left_out:
        parts.append(f"{parsed.left_out} left out: too many, or no entries")
    if parsed.note:
        parts.append(f"damaged: {parsed.note}")
    return ", ".join(parts)


def _validator(value: str | None) -> str | None:
    """Return a validator that can be sent back; None for one that can't."""
    return value if value and value.isascii() and value.isprintable() else None


def _feed_text(entry: Entry) -> str:
    """Return the most that the feed says beside the title; "" if nothing."""
    text = max(plain_text(entry.content), entry.summary, key=len)
    return "" if text == entry.title else text


def _from_feed(entry: Entry, flag: str) -> Cleaned:
    """Take the feed's own words, without a parser that could fail."""
    text = _feed_text(entry)
    return Cleaned(
        text=text,
        text_from="feed",
        lang=identify(f"{entry.title}\n{text}", entry.lang),
        flags=(flag,) if text else (flag, "no-text"),
    )
