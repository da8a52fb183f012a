"""Feeds and servers that are odd or hostile: each comes to what it has to."""

import re
from collections import defaultdict
from urllib.parse import urlsplit

import pytest

from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.fetch.sandbox import Sandbox
from tests.conftest import open_client
from tests.hostile.feeds import FEEDS, Feed
from tests.poller_harness import Harness
from tests.publishers import Raw, publishing

pytestmark = pytest.mark.slow


def site_of(feed: Feed):
    """Answer as the case says; robots.txt and pages are not there."""

    def answer(path, _):
        if path == "/robots.txt":
            return 404, {}, b""
        if callable(feed.answer) and not isinstance(feed.answer, Raw):
            return feed.answer(path)
        return feed.answer if path == "/" else (404, {}, b"")

    return answer


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """All of them polled at once by one poller; by name: (feed, stories, base).

    As long as the slowest publisher takes to run into a time limit.
    """
    path = tmp_path_factory.mktemp("hostile") / "frontier.db"
    with (
        publishing() as world,
        open_client(total_s=4.0) as client,
        Sandbox(2, timeout_s=10.0) as sandbox,
    ):
        bases = {name: world.add(site_of(feed)) for name, feed in FEEDS.items()}
        harness = Harness(path, client, sandbox)
        harness.frontier.feeds.add(FeedRef(url=base + "/") for base in bases.values())

        def is_done():
            return (
                harness.is_idle
                and not harness.frontier.stories.due_count()
                and all(f.polled_at for f in harness.frontier.feeds.all())
            )

        harness.run(is_done, seconds=240)
        stories = defaultdict(list)
        for story in harness.stories:
            stories[story.feed_url].append(story)
        feeds = {feed.url: feed for feed in harness.frontier.feeds.all()}
        yield {
            name: (feeds[base + "/"], stories[base + "/"], base, harness, world)
            for name, base in bases.items()
        }
        harness.frontier.close()


def test_there_are_more_cases_than_anyone_asks_for():
    """At least 120, of feeds alone."""
    assert len(FEEDS) >= 120


@pytest.mark.parametrize("name", FEEDS)
def test_a_feed_comes_to_what_it_has_to(outcomes, name):
    """Its stories are there, or its status tells a person why they are not."""
    expected = FEEDS[name]
    feed, stories, base, harness, _ = outcomes[name]
    is_lost = bool(expected.lost and feed.failures)
    status, titles = expected.status, expected.titles
    if is_lost:
        status, titles = expected.lost, ()
    assert re.search(status, feed.status), feed.status
    assert sorted(s.title for s in stories) == sorted(titles), feed.status
    is_read = "new of" in feed.status
    assert bool(feed.failures) is not is_read
    if feed.failures:
        assert base in feed.status
        is_later = any(
            said in feed.status for said in ("time-out", "Error", ": 5", ": 429")
        )
        held = [r.reason for r in harness.rejected if r.source == feed.url]
        assert is_later or held == [feed.status]
    if expected.story and not is_lost:
        check(stories[0], base, *expected.story)


def check(story, base, what, value):
    """Compare one thing of a story with what it has to be."""
    if what == "path":
        full = base + value if value and value.startswith("/") else value
        assert story.url == full
    elif what == "dated":
        at, quality = value
        found = story.published and story.published.isoformat()[:16]
        assert (found, story.date_quality) == (at, quality)
    elif what == "without":
        assert value not in story.text + story.title
    else:
        assert getattr(story, what) == value


def test_nobody_was_asked_more_than_that_takes(outcomes):
    """One request for the feed, one for each redirect, none for closed networks."""
    *_, world = outcomes["parsed: rss"]
    asked = defaultdict(int)
    for request in world.requests:
        if request.path == "/":
            asked[request.host] += 1
    for name, (_, _, base, _, _) in outcomes.items():
        again = 2 if name == "server: called gzip" else 1
        assert asked[urlsplit(base).hostname] == again, name
