"""`samestory run` and the workers it supervises: ingest, embed, index."""

import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from cyclopts import Parameter

from samestory.counted import counted
from samestory.deploy import wiring
from samestory.deploy.cli import exit_code
from samestory.deploy.cli.board import board_of
from samestory.deploy.cli.last_run import name_forgotten
from samestory.deploy.cli.options import Deciding, Model, Polling, Worker
from samestory.deploy.cli.output import plain
from samestory.deploy.config import Settings, is_supervised
from samestory.deploy.exit_codes import DONE, NOTHING_FOUND, RUNS_ELSEWHERE
from samestory.deploy.feedlists import FeedLists
from samestory.deploy.loop import patiently
from samestory.deploy.masking import masked
from samestory.deploy.process import (
    AlreadyRuns,
    follow_supervisor,
    hold_lock,
    log_to_stderr,
    running,
    stop_on_signals,
)
from samestory.deploy.progress import standing
from samestory.deploy.supervisor import Supervisor
from samestory.deploy.worker import NAMES, run_worker
from samestory.errors import Misconfigured
from samestory.index.store.query import Query
from samestory.ingest.frontier.frontier import Frontier


@dataclass(frozen=True, kw_only=True)
class Run(Polling, Worker, Deciding):
    """Poll feeds and group what they bring, until stopped: all workers.

    Feeds given once are remembered; `samestory feeds list` lists them. Of the other
    options of the last run those that are not given again are named.

    Examples:
      samestory run --feed https://news.un.org/feed/subscribe/en/news/all/rss.xml
      samestory run --feeds deploy/feeds/diplomacy.opml --until-idle
    """

    until_idle: Annotated[
        bool,
        Parameter(
            help="poll every feed once, stop when all of it has been read and grouped"
        ),
    ] = False

    def run(self, settings: Settings) -> int:
        """Run all workers, until stopped or idle."""
        stop = stop_on_signals()
        with hold_lock(settings.home, "run", 10.0):
            frontier = wiring.open_frontier(settings)
            lists = FeedLists(frontier, settings, urls=self.feed, lists=self.feeds)
            if not frontier.feeds.all() and not _waits(frontier, settings):
                raise Misconfigured(
                    f"no feeds in {settings.home}: add some with --feed URL or --feeds"
                    " FILE.opml; `samestory init` has a list to begin with"
                )
            name_forgotten(self, settings)
            started = time.time()
            if self.until_idle:
                frontier.feeds.make_due()
            until_idle = started if self.until_idle else None
            return _supervise(settings, stop, frontier, lists, until_idle)


@dataclass(frozen=True, kw_only=True)
class Ingest(Polling, Worker):
    """Run one worker: poll feeds, fetch and clean pages, publish stories.

    Examples:
      samestory ingest --feeds feeds.opml
      samestory ingest --brokers kafka:9092 --shard 2/3
    """

    def run(self, settings: Settings) -> int:
        """Run it; ends the process."""
        return _run_one("ingest", settings, self.feed, self.feeds)


@dataclass(frozen=True, kw_only=True)
class Embed(Worker, Model):
    """Run one worker: turn stories into vectors.

    Examples:
      samestory embed
      samestory embed --brokers kafka:9092 --precision int8
    """

    def run(self, settings: Settings) -> int:
        """Run it; ends the process."""
        return _run_one("embed", settings)


@dataclass(frozen=True, kw_only=True)
class Index(Worker, Deciding):
    """Run one worker: group stories into events.

    Examples:
      samestory index
      samestory index --brokers kafka:9092 --joining tight
    """

    def run(self, settings: Settings) -> int:
        """Run it; ends the process."""
        return _run_one("index", settings)


def _waits(frontier: Frontier, settings: Settings) -> bool:
    """Tell whether something came in, by an import say, that is not grouped yet."""
    log = wiring.open_log(settings)
    now = standing(frontier, log, time.time())
    log.close()
    return bool(now.to_embed or now.to_index)


def _run_one(name: str, settings: Settings, *sources: Sequence[str]) -> int:
    """Run one worker; ends the process, whatever its threads are doing."""
    code = 1
    try:
        code = exit_code(lambda: _work(name, settings, *sources))
    except Exception:  # noqa: BLE001  (a supervisor starts us again)
        sys.stderr.write(masked(traceback.format_exc()))
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)  # a fetch still under way would hold the exit up for its time-out


def _work(name: str, settings: Settings, *sources: Sequence[str]) -> int:
    log_to_stderr(settings)
    if is_supervised():
        follow_supervisor()
    try:
        run_worker(name, settings, *sources)
    except AlreadyRuns:
        if is_supervised():
            return RUNS_ELSEWHERE
        raise
    return 0


def _supervise(
    settings: Settings,
    stop: threading.Event,
    frontier: Frontier,
    lists: FeedLists,
    until_idle: float | None,
) -> int:
    """Keep the workers running; `until_idle` is when a run to its end began."""
    log = wiring.open_log(settings)
    started = time.time() if until_idle is None else until_idle
    shown = board_of(settings, frontier)
    try:
        with shown, Supervisor(NAMES, settings, tell=shown.tell) as supervisor:
            while not stop.wait(0.3):
                supervisor.tend()
                supervisor.ensure(n for n in NAMES if running(settings.home, n) is None)
                now = patiently(lambda: standing(frontier, log, started), stop.is_set)
                shown.show(now, supervisor)
                if until_idle is not None and now.is_idle:
                    break
                patiently(lists.follow, stop.is_set)
    finally:
        log.close()
        frontier.close()
    code = _say_result(settings)
    if stop.is_set():
        sys.stderr.write(
            "stopped, nothing is lost: `samestory run` goes on from here\n"
        )
    return code


def _say_result(settings: Settings) -> int:
    """Tell what there is; return 1 if every feed failed."""
    frontier, state = wiring.open_frontier(settings), wiring.read_made_state(settings)
    with state.reading():
        counts, joined = state.counts(), state.count_events(Query(min_outlets=2))
    feeds = frontier.feeds.all()
    failing = [feed for feed in feeds if feed.failures]
    refused = frontier.stories.counts()["refused"]
    sys.stderr.write(
        f"{counted(len(feeds), 'feed')}, {counted(counts['stories'], 'story')},"
        f" {counted(counts['events'], 'event')},"
        f" {joined} of them told by two outlets or more\n"
    )
    for feed in failing[:10]:
        sys.stderr.write(f"feed failed: {plain(feed.status)}\n")
    if len(failing) > 10:  # noqa: PLR2004
        sys.stderr.write(f"... and {len(failing) - 10} more: samestory feeds list\n")
    if refused:
        sys.stderr.write(
            f"{counted(refused, 'entry')} refused: samestory quarantine list\n"
        )
    return NOTHING_FOUND if feeds and len(failing) == len(feeds) else DONE
