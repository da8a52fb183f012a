"""Redirects to another host: the rules, their rows, and a poller that dies half-way."""

import shutil
from pathlib import Path

import pytest

from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.fetch.errors import Elsewhere
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.redirects import (
    LASTS_S,
    MAX_HOSTS,
    Redirect,
    moved_over,
    next_redirect,
)
from tests.poller_harness import Harness
from tests.publishers import led, publishing, rss

BEGIN = 1_773_100_800.0
FEED, THERE = "https://a.org/feed", "https://b.org/feed"


def after(hops, moved_to=None, url=THERE):
    return Redirect(url=url, hops=hops, since=BEGIN, moved_to=moved_to)


@pytest.mark.parametrize(
    ("before", "tries", "hops"),
    [
        (None, 0, 1),
        (after(1), 0, 2),
        (after(MAX_HOSTS - 1), 0, MAX_HOSTS),
        (after(MAX_HOSTS), 0, None),
        (after(1), 2, 2),
        (after(1), MAX_HOSTS, None),
        (None, MAX_HOSTS, None),
    ],
)
def test_a_redirect_is_followed_over_so_many_hosts(before, tries, hops):
    """A page's tries that failed count as hosts."""
    to = Elsewhere("https://c.org/", "https://c.org/")
    found = next_redirect(before, to, tries=tries, now=BEGIN)
    expected = after(hops, to.moved_to, to.url) if hops else None
    assert found == expected


@pytest.mark.parametrize(
    ("before", "further", "moved"),
    [
        (None, None, None),
        (None, THERE, THERE),
        (after(1, THERE), None, THERE),
        (after(1, THERE), "https://c.org/", "https://c.org/"),
        (after(1, None), "https://c.org/", None),
        (after(1, FEED + "/2"), "https://c.org/", FEED + "/2"),
    ],
)
def test_a_feed_moves_to_where_permanent_redirects_lead_without_a_break(
    before, further, moved
):
    """A temporary one on the way ends it, whatever comes behind."""
    assert moved_over(before, further) == moved


@pytest.fixture
def frontier(tmp_path):
    found = Frontier(tmp_path / "f.db")
    found.feeds.add([FeedRef(url=FEED), FeedRef(url=THERE)])
    yield found
    found.close()


def lead(frontier, now=BEGIN):
    """Let the feed lead to the other host, as a poll of it does."""
    feed = frontier.feeds.get(FEED)
    assert frontier.lead_on(feed, Elsewhere(THERE), now)
    return feed


def due(frontier):
    return {feed.url for feed in frontier.feeds.due(BEGIN, 9)}


def test_a_feed_that_leads_on_waits_in_the_other_hosts_queue(frontier):
    """One of a host is due at a time, wherever it is polled."""
    assert due(frontier) == {FEED, THERE}
    lead(frontier)
    assert len(due(frontier)) == 1
    assert frontier.redirects.of([FEED, THERE]) == {FEED: after(1)}


@pytest.mark.parametrize(
    "end",
    [
        lambda f: f.feeds.retry(FEED),
        lambda f: f.feeds.remove(FEED),
        lambda f: f.feeds.take_back(BEGIN + LASTS_S + 1),
    ],
    ids=["retried", "removed", "a day old at a start"],
)
def test_a_feed_begins_at_its_own_url_again(frontier, end):
    """And holds up nobody in the other host's queue."""
    lead(frontier)
    end(frontier)
    assert frontier.redirects.of([FEED]) == {}
    assert due(frontier) == {feed.url for feed in frontier.feeds.all()}


@pytest.mark.parametrize("goes_on", ["take_back", "make_due"])
def test_a_start_goes_on_where_a_feed_was_led_to(frontier, goes_on):
    """Also one that makes all feeds due, as `run --until-idle` does."""
    lead(frontier)
    if goes_on == "make_due":
        frontier.feeds.make_due()
    frontier.feeds.take_back(BEGIN + LASTS_S)
    assert frontier.redirects.of([FEED]) == {FEED: after(1)}
    assert len(due(frontier)) == 1


@pytest.mark.parametrize("meanwhile", ["retry", "remove"])
def test_a_redirect_of_before_a_retry_or_removal_counts_for_nothing(
    frontier, meanwhile
):
    """It came back from a request that nobody waits for any more."""
    feed = frontier.feeds.get(FEED)
    getattr(frontier.feeds, meanwhile)(FEED)
    assert frontier.lead_on(feed, Elsewhere(THERE), BEGIN)
    assert frontier.redirects.of([FEED]) == {}


def test_a_poller_that_dies_half_way_goes_on_where_it_was_led_to(
    tmp_path, client, sandbox
):
    """The first host was asked; the second is, in its turn, by whoever starts next."""
    with publishing(BEGIN) as world:
        target = world.add(lambda *_: (200, {}, rss()))
        feeds = [led(world, [302, 301], end=f"{target}/{n}") for n in range(2)]
        clock = {"clock": lambda: world.now, "spacing_s": 9.0}
        died = Harness(tmp_path / "f.db", client, sandbox, **clock)
        died.frontier.feeds.add([FeedRef(url=feed) for feed in feeds])
        died.run(lambda: died.is_idle and len(world.asked(target)) == 1)
        after_kill = copy(tmp_path, tmp_path / "after")
        died.frontier.close()
        again = Harness(after_kill, client, sandbox, **clock)
        (waits,) = [f.url for f in again.frontier.feeds.all() if not f.polls]
        assert again.frontier.redirects.of([waits])[waits].hops == 2

        def is_done():
            world.now += 0.25 if again.is_idle else 0.0
            return all(feed.polls == 1 for feed in again.frontier.feeds.all())

        again.run(is_done)
        statuses = {f.url: (f.status, f.failures) for f in again.frontier.feeds.all()}
        assert again.frontier.redirects.of(feeds) == {}
        again.frontier.close()
    assert statuses == dict.fromkeys(feeds, ("0 new of 0", 0))
    assert [len(world.asked(f"http://{s}")) for s in world.sites] == [2, 1, 1, 1, 1]


def copy(folder: Path, to: Path) -> Path:
    """Return the frontier as kill -9 leaves it: file and journal, never closed."""
    to.mkdir()
    for one in folder.glob("f.db*"):
        shutil.copy(one, to)
    return to / "f.db"
