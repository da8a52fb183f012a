"""`samestory run` and the workers it supervises: ingest, embed, index."""

import argparse
import logging
import os
import sys
import threading
import time
import traceback
from typing import Any

from samestory.deploy import wiring
from samestory.deploy.cli import exit_code
from samestory.deploy.cli.output import plain
from samestory.deploy.config import Settings, is_supervised
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
from samestory.deploy.progress import ProgressLine, standing
from samestory.deploy.supervisor import RUNS_ELSEWHERE, Supervisor
from samestory.deploy.worker import NAMES, run_worker
from samestory.errors import Misconfigured
from samestory.index.store.query import Query
from samestory.ingest.frontier.frontier import Frontier

ABOUT = {
    "ingest": "poll feeds, fetch and clean pages, publish stories",
    "embed": "turn stories into vectors",
    "index": "group stories into events",
}


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add run, ingest, embed and index."""
    run = commands.add_parser(
        "run",
        parents=[common],
        help="all workers under one supervisor",
        description="Poll feeds and group what they bring, until stopped. Feeds given"
        " once are remembered; `samestory feeds` lists them.",
    )
    _feed_options(run)
    run.add_argument(
        "--until-idle",
        action="store_true",
        help="poll every feed once, stop when all of it has been read and grouped",
    )
    run.set_defaults(run=run_all)
    for name in NAMES:
        worker = commands.add_parser(
            name,
            parents=[common],
            help=f"one worker, as deployed: {ABOUT[name]}",
            description=f"Run one worker until stopped: {ABOUT[name]}.",
        )
        if name == "ingest":
            _feed_options(worker)
        worker.set_defaults(run=run_one)


def _feed_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--feed", action="append", default=[], metavar="URL", help="a feed to add"
    )
    parser.add_argument(
        "--feeds",
        action="append",
        default=[],
        metavar="FILE|URL",
        help="feeds to add: OPML, or a text with one URL a line. A file is followed:"
        " what is added to it is polled, what is taken out is not any more",
    )


def run_one(args: argparse.Namespace, settings: Settings) -> int:
    """Run one worker; ends the process, whatever its threads are doing."""
    code = 1
    try:
        code = exit_code(lambda: _run_one(args, settings))
    except Exception:  # noqa: BLE001  (a supervisor starts us again)
        sys.stderr.write(masked(traceback.format_exc()))
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)  # a fetch still under way would hold the exit up for its time-out


def _run_one(args: argparse.Namespace, settings: Settings) -> int:
    log_to_stderr(settings)
    if is_supervised():
        follow_supervisor()
    sources = (args.feed, args.feeds) if args.command == "ingest" else ()
    try:
        run_worker(args.command, settings, *sources)
    except AlreadyRuns:
        if is_supervised():
            return RUNS_ELSEWHERE
        raise
    return 0


def run_all(args: argparse.Namespace, settings: Settings) -> int:
    """Run all workers, until stopped or idle."""
    stop = stop_on_signals()
    with hold_lock(settings.home, "run", 10.0):
        frontier = wiring.open_frontier(settings)
        lists = FeedLists(frontier, settings, urls=args.feed, lists=args.feeds)
        if not frontier.feeds.all():
            raise Misconfigured(
                f"no feeds in {settings.home}: add some with --feed URL or --feeds"
                " FILE.opml; deploy/feeds/diplomacy.opml is a list to begin with"
            )
        started = time.time()
        if args.until_idle:
            frontier.feeds.make_due()
        until_idle = started if args.until_idle else None
        return _supervise(settings, stop, frontier, lists, until_idle)


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
    line = ProgressLine()
    try:
        with Supervisor(NAMES, settings) as supervisor:
            while not stop.wait(0.3):
                supervisor.tend()
                supervisor.ensure(n for n in NAMES if running(settings.home, n) is None)
                now = patiently(lambda: standing(frontier, log, started), stop.is_set)
                line.show(str(now))
                if until_idle is not None and now.is_idle:
                    break
                patiently(lists.follow, stop.is_set)
    finally:
        line.end()
        log.close()
        frontier.close()
    return _say_result(settings)


def _say_result(settings: Settings) -> int:
    """Tell what there is; return 1 if every feed failed."""
    frontier, state = wiring.open_frontier(settings), wiring.read_made_state(settings)
    with state.reading():
        counts, joined = state.counts(), state.count_events(Query(min_outlets=2))
    feeds = frontier.feeds.all()
    failing = [feed for feed in feeds if feed.failures]
    refused = frontier.stories.counts()["refused"]
    sys.stderr.write(
        f"{len(feeds)} feeds, {counts['stories']} stories, {counts['events']} events,"
        f" {joined} of them told by two outlets or more\n"
    )
    for feed in failing[:10]:
        sys.stderr.write(f"feed failed: {plain(feed.status)}\n")
    if len(failing) > 10:  # noqa: PLR2004
        sys.stderr.write(f"... and {len(failing) - 10} more: samestory feeds list\n")
    if refused:
        sys.stderr.write(f"{refused} entries refused: samestory quarantine list\n")
    return 1 if feeds and len(failing) == len(feeds) else 0
