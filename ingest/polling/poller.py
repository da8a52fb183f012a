"""Poll what is due, read what is new, publish it, mark it.

One thread owns the frontier and decides; fetching runs in threads, parsing in the
sandbox's processes. A slow host holds up nothing but itself.
"""

import random
import sqlite3
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from samestory import errors
from samestory.errors import Quarantine, Retry
from samestory.ingest.fetch.client import Client
from samestory.ingest.fetch.errors import (
    Elsewhere,
    FetchRefused,
    HostAway,
    asked_to_wait_s,
)
from samestory.ingest.fetch.host_gate import MAX_WAIT_S, HostGate
from samestory.ingest.fetch.robots import Robots
from samestory.ingest.fetch.sandbox import Sandbox
from samestory.ingest.frontier.feed_table import Feed
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.moves import is_moved
from samestory.ingest.frontier.pending_story import PendingStory
from samestory.ingest.frontier.redirects import MAX_HOSTS, Redirect
from samestory.ingest.polling.fetch_story import Read, page_url, read_on, read_story
from samestory.ingest.polling.intervals import page_retry_s
from samestory.ingest.polling.plan import EntryPlan, described, plan_entries
from samestory.ingest.polling.politeness import Politeness
from samestory.ingest.polling.poll import (
    Polled,
    after_failure,
    after_success,
    poll,
    with_what_was_wrong,
)
from samestory.ingest.polling.publish import Delivery
from samestory.story import Story
from samestory.story_keys import ids_at
from samestory.urls import host_of

FETCHES_AT_ONCE: Final = 32
FEEDS_AT_ONCE: Final = 1_000  # hosts whose feeds are looked at in one go
TICK_S: Final = 0.5  # how long a new feed or a stop may go unnoticed
MAX_PARTS: Final = 100  # reports on several pages that are read at once
A_MOMENT_S: Final = 0.05  # to wait for more of it


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A host's robots.txt is there; the pause that it asks for."""

    host: str
    crawl_delay_s: float


def nothing() -> None:
    """Do nothing."""


class Poller:
    """Feeds in, stories out, until `stop` says so.

    Args:
        frontier: what is due and known; owned by the thread that calls `run`.
        client: fetches feeds and pages.
        robots: says which pages may be fetched.
        sandbox: runs the parsers.
        publish: called with stories; they are durable when it returns.
        reject: called with what will never be a story; durable when it returns.
        log: one line for a person.
        politeness: how hosts are asked.
        clock: seconds since the epoch.
        rng: for jitter.
        mended: called with the URL of a feed that is read again, or for the first time;
            may be twice.
        each_turn: called now and then, between requests.
    """

    def __init__(
        self,
        *,
        frontier: Frontier,
        client: Client,
        robots: Robots,
        sandbox: Sandbox,
        publish: Callable[[Sequence[Story]], None],
        reject: Callable[[Sequence[errors.Rejected]], None],
        log: Callable[[str], None],
        politeness: Politeness,
        clock: Callable[[], float],
        rng: random.Random,
        mended: Callable[[str], None],
        each_turn: Callable[[], None] = nothing,
    ) -> None:
        self._frontier = frontier
        self._client = client
        self._robots = robots
        self._sandbox = sandbox
        self._delivery = Delivery(
            frontier=frontier, send=publish, reject=reject, log=log, clock=clock
        )
        self._reject = reject
        self._log = log
        self._limits = politeness.limits
        self._shard = politeness.shard
        self._clock = clock
        self._rng = rng
        self._each_turn = each_turn
        self._mended = mended
        self._gate = HostGate(politeness.spacing_s)
        self._jobs: dict[
            Future[Polled | Read | _Asked], tuple[Feed | PendingStory, str]
        ] = {}  # with the host that is asked, whose gate is closed
        self._idle = threading.Event()  # never set: a pause
        self._busy: set[str] = set()  # feed URLs and story ids in flight
        self._parts: dict[str, Read] = {}  # of reports on several pages, by story

    def run(self, stop: Callable[[], bool]) -> None:
        """Poll until `stop` says so; what is in flight then is done again later."""
        now = self._clock()
        self._frontier.feeds.take_back(now)
        self._frontier.host_waits.end(now)
        for host, until, reason in self._frontier.host_waits.in_force(now):
            self._gate.asked_to_wait(host, now, until - now, reason)
        threads = ThreadPoolExecutor(FETCHES_AT_ONCE)
        try:
            while not stop():
                self._each_turn()
                self._start_due(threads)
                if self._jobs:
                    self._wait_for_jobs()
                else:
                    self._idle.wait(self._pause_s())
                self._finish_done()
        finally:  # without waiting: a slow host must not hold up a stop
            threads.shutdown(wait=False, cancel_futures=True)

    def _wait_for_jobs(self) -> None:
        """Wait for one, and a moment for others: they share one commit."""
        wait(self._jobs, timeout=TICK_S, return_when=FIRST_COMPLETED)
        if len(self._jobs) >= FETCHES_AT_ONCE:
            wait(self._jobs, timeout=A_MOMENT_S)

    def _pause_s(self) -> float:
        dues = (self._frontier.feeds.next_due(), self._frontier.stories.next_due())
        waits = [due - self._clock() for due in dues if due is not None]
        return max(0.05, min([TICK_S, *waits]))  # a closed host's dues are in the past

    def _start_due(self, threads: ThreadPoolExecutor) -> None:
        now = self._clock()
        room = 2 * FETCHES_AT_ONCE - len(self._jobs)
        if room <= 0:
            return
        # Feeds first: a host with thousands of pages due must not hold up its news.
        feeds = self._frontier.feeds.due(now, FEEDS_AT_ONCE)
        redirects = self._frontier.redirects.of(feed.url for feed in feeds)
        for feed in feeds:
            if not self._shard.owns(feed.url):
                self._frontier.feeds.leave(feed.url, "polled by another worker")
                continue
            if feed.url in self._busy:
                continue
            led = redirects.get(feed.url)
            host = host_of(led.url if led else feed.url)
            away = self._gate.away(host, now)
            if away:
                self._leave_for_later(feed, led, *away)
            else:
                self._start(threads, feed, host, led)
        for story in self._frontier.stories.due(now, room):
            away = self._gate.away(story.host, now)
            if away:
                self._give_up_host(story.host, away[1])
            else:
                self._start(threads, story, story.host)

    def _start(
        self,
        threads: ThreadPoolExecutor,
        task: Feed | PendingStory,
        host: str,
        led: Redirect | None = None,
    ) -> None:
        is_free = not host or self._gate.is_free(host, self._clock())
        is_full = len(self._jobs) >= 2 * FETCHES_AT_ONCE
        if task.name in self._busy or not is_free or is_full:
            return
        now = self._clock()
        if host:
            self._gate.start(host, now)
        self._busy.add(task.name)
        job: Callable[[], Polled | Read | _Asked]
        if isinstance(task, Feed):
            job = partial(poll, task, self._client, self._sandbox, now, led)
        elif host and not self._robots.knows(page_url(task)):
            job = partial(self._ask_robots, host, page_url(task))
        else:
            parts = (self._client, self._robots, self._sandbox)
            begun = self._parts.get(task.story_id)
            if begun is not None and begun.story.entry == task.entry:
                job = partial(read_on, begun, *parts, now)
            else:
                job = partial(read_story, task, *parts, now)
        self._jobs[threads.submit(job)] = task, host

    def _ask_robots(self, host: str, url: str) -> _Asked:
        """Ask for robots.txt alone: the page has to wait for its turn after it."""
        self._robots.ask(url)
        return _Asked(host=host, crawl_delay_s=self._robots.crawl_delay_s(url))

    # in the owner's thread

    def _finish_done(self) -> None:
        read: list[Read] = []
        for job in [job for job in self._jobs if job.done()]:
            task, host = self._jobs.pop(job)
            result, error = _outcome_of(job)
            self._settle(host, error)
            if isinstance(result, _Asked):  # the page itself is to come
                self._gate.crawl_delay(result.host, result.crawl_delay_s)
                self._busy.discard(task.name)
                continue
            part = self._parts.pop(task.name, None)
            if error is not None and part is None:
                self._failed(task, error)
            elif isinstance(result, Read) or part is not None:
                whole = self._read(task.name, result, part, error)
                read += [whole] if whole else []
            elif isinstance(result, Polled):
                self._guarded(partial(self._polled, result), task)
            self._busy.discard(task.name)
        if read:
            self._delivery.publish(read)

    def _read(
        self, name: str, result: object, part: Read | None, error: Exception | None
    ) -> Read | None:
        """Return a story that is read; None while it goes on in its host's next turn.

        Args:
            name: of the story.
            result: of this turn.
            part: what was read of it before, if that was a part.
            error: why there is no result.
        """
        if not isinstance(result, Read):
            return part.cut_short(error) if part else None
        if result.pages and len(self._parts) < MAX_PARTS:
            self._parts[name] = result
            return None
        return result.cut_short("too many at once") if result.pages else result

    def _guarded(self, work: Callable[[], None], task: Feed | PendingStory) -> None:
        """Do what may show a bug of ours, which must not become a loop."""
        try:
            work()
        except (Retry, sqlite3.Error, OSError):
            raise  # the log's or the disk's trouble: whoever supervises us starts anew
        except Exception as error:  # noqa: BLE001
            trace = "".join(traceback.format_exception(error))
            self._log(f"bug, please report it: {trace}")
            self._failed(task, Quarantine(f"bug of ours: {error!r}"))

    def _settle(self, host: str, error: Exception | None) -> None:
        """Let a host be asked again after the pause that its answer calls for.

        Args:
            host: that was asked; "" for none.
            error: what came of it, None for an answer. Where another host is to blame
                for it, that one is closed, and the one that was asked is free.
        """
        wait_s = asked_to_wait_s(error)
        said_by = getattr(error, "host", "") or host
        now = self._clock()
        is_lost = type(error) is HostAway  # a slow page may be slow alone
        if host and (said_by != host or not (wait_s or is_lost)):
            self._gate.answered(host, now)
        if host and is_lost:
            self._gate.lost(said_by, now, str(error))
        elif host and wait_s:
            self._gate.asked_to_wait(said_by, now, wait_s, str(error))
            if wait_s > MAX_WAIT_S:  # a restart must not ask again before that
                self._frontier.host_waits.keep(said_by, now + wait_s, str(error))

    def _failed(self, task: Feed | PendingStory, error: Exception) -> None:
        if isinstance(error, Elsewhere) and self._frontier.lead_on(
            task, error, self._clock()
        ):
            return
        if isinstance(task, Feed):
            self._feed_failed(task, error)
        elif isinstance(error, Elsewhere):
            self._delivery.fall_back([task], str(error))
        else:
            self._page_failed(task, error)

    def _page_failed(self, task: PendingStory, error: Exception) -> None:
        if not isinstance(error, (Retry, Quarantine)):
            error = Quarantine(f"bug of ours: {error!r}")
        if type(error) is HostAway and error.host == task.host:
            return  # the gate counts for all stories of the host; this one stays due
        again = page_retry_s(task.tries + 1, asked_to_wait_s(error))
        if again is None:
            self._delivery.fall_back([task], str(error))
        else:
            due_at = self._clock() + again
            self._frontier.stories.postpone(task.story_id, due_at, str(error))

    def _feed_failed(self, feed: Feed, error: Exception) -> None:
        if isinstance(error, Elsewhere):
            error = FetchRefused(f"{feed.url}: leads on to more than {MAX_HOSTS} hosts")
        now = self._clock()
        jitter = self._rng.uniform(-1, 1)
        failed = after_failure(feed, error, now=now, limits=self._limits, jitter=jitter)
        self._log(f"feed failed, {failed.failures} in a row: {failed.status}")
        if isinstance(error, Quarantine) and failed.status != feed.status:
            self._reject([_of_feed(feed, failed.status)])
        self._frontier.record_poll(failed, was_due_at=feed.due_at, now=now)

    def _leave_for_later(
        self, feed: Feed, led: Redirect | None, wait_s: float, reason: str
    ) -> None:
        """Put off a feed whose host is away, without a request that would say so."""
        now = self._clock()
        what = f"leads to {led.url}, not" if led else "not"
        waits = replace(
            feed,
            polls=feed.polls + bool(led),
            failures=max(1, feed.failures),
            status=f"{feed.url}: {what} asked, since its host said: {reason}",
            polled_at=now,
            due_at=now + wait_s * (1 + 0.05 * self._rng.random()),
        )
        self._log(f"feed put off: {waits.status}")
        self._frontier.record_poll(waits, was_due_at=feed.due_at, now=now)

    def _polled(self, polled: Polled) -> None:
        now, parsed, url = self._clock(), polled.parsed, polled.feed.url
        plan = EntryPlan()
        status = with_what_was_wrong("unchanged", polled.feed.status)
        if parsed is not None:
            at = polled.feed.validated_url
            plan = plan_entries(parsed, url, self._frontier, now, at)
            status = described(parsed, plan)
            self._log(f"feed {url}: {status}")
        if plan.refused:
            self._reject(
                [
                    errors.Rejected(reason=why, source=url, detail=story.entry.guid)
                    for story, why in plan.refused
                    if not self._frontier.forgotten.among(
                        [story.story_id, *ids_at(story.entry.guid)]
                    )
                ]
            )
        if polled.feed.failures or polled.feed.ok_at is None:
            self._mended(url)  # told before it is written down that none are left
        feed = after_success(
            polled,
            new=plan.new,
            now=now,
            limits=self._limits,
            jitter=self._rng.uniform(-1, 1),
        )
        self._frontier.record_poll(
            replace(feed, status=status),
            was_due_at=polled.feed.due_at,
            pending=plan.pending,
            sightings=plan.sightings,
            refused=plan.refused,
            now=now,
        )
        self._follow_move(feed, polled.moved_to, now)

    def _follow_move(self, feed: Feed, target: str | None, now: float) -> None:
        """Poll a feed at its new URL once it has redirected there for long enough."""
        move = self._frontier.moves.see(feed.url, target, now)
        ours = target is not None and self._shard.owns(target)
        if target and ours and feed.entries and is_moved(move, now):
            self._frontier.feeds.move(feed.url, target)
            self._log(f"feed moved for good: {feed.url} is now {target}")

    def _give_up_host(self, host: str, reason: str) -> None:
        waiting = self._frontier.stories.due_of_host(host, 100)
        idle = [story for story in waiting if story.story_id not in self._busy]
        self._delivery.fall_back(idle, reason)


def _of_feed(feed: Feed, reason: str) -> errors.Rejected:
    return errors.Rejected(reason=reason, source=feed.url, detail="", is_feed=True)


def _outcome_of(
    job: Future[Polled | Read | _Asked],
) -> tuple[Polled | Read | _Asked | None, Exception | None]:
    """Return (what a job result, what it raised); disk trouble is raised again."""
    try:
        return job.result(), None
    except (sqlite3.Error, OSError):
        raise  # whoever supervises us starts us again
    except Exception as error:  # noqa: BLE001
        return None, error
