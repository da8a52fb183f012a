"""The ingest worker: feeds and pages in, stories out."""

import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import partial

from samestory.deploy import wiring
from samestory.deploy.config import Settings
from samestory.deploy.feedlists import FeedLists
from samestory.deploy.loop import patiently
from samestory.deploy.quarantine import HeldFeeds, quarantine_rejected
from samestory.deploy.stream.log import STORIES, Log, Message
from samestory.errors import Rejected
from samestory.ingest.fetch.robots import Robots
from samestory.ingest.polling.poller import Poller
from samestory.story import Story

_log = logging.getLogger("samestory")


def run_ingest(
    settings: Settings,
    log: Log,
    stop: Callable[[], bool],
    *,
    urls: Sequence[str],
    lists: Sequence[str],
) -> None:
    """Poll and fetch until told to stop.

    Args:
        settings: of the product.
        log: where stories and rejects go.
        stop: says when.
        urls: of feeds to add.
        lists: of feeds to add and, where they are files, to follow.
    """
    client = wiring.open_client(settings)
    frontier = wiring.open_frontier(settings)
    if settings.shard and not settings.brokers:
        _log.warning(
            "--shard without --brokers: this worker's stories meet those of the other"
            " shards nowhere; each has a log of its own"
        )
    feedlists = FeedLists(frontier, settings, urls=urls, lists=lists)

    def publish(stories: Sequence[Story]) -> None:
        messages = [Message(key=s.story_id, value=s.encode()) for s in stories]
        patiently(lambda: log.publish(STORIES, messages), stop)
        if stories:
            _log.info("published stories=%d", len(stories))

    held = HeldFeeds(log)

    def reject(rejected: Sequence[Rejected]) -> None:
        patiently(partial(quarantine_rejected, log, "ingest", rejected), stop)
        held.held(rejected)

    def mended(url: str) -> None:
        patiently(partial(held.mended, url), stop)

    def each_turn() -> None:
        frontier.refuse_moved()
        feedlists.follow()

    with wiring.open_sandbox(settings) as sandbox:
        Poller(
            frontier=frontier,
            client=client,
            robots=Robots(client, sandbox, settings.user_agent),
            sandbox=sandbox,
            publish=publish,
            reject=reject,
            log=_log.info,
            politeness=wiring.politeness(settings),
            clock=time.time,
            rng=random.Random(),  # noqa: S311  (jitter)
            each_turn=each_turn,
            mended=mended,
        ).run(stop)
    client.close()
    frontier.close()
