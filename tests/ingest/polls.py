"""What a poll brings to a frontier."""

from dataclasses import replace

from samestory.ingest.articles.versions import LastVersion
from samestory.ingest.feeds.entry import Entry, ParsedFeed
from samestory.ingest.frontier.pending_story import Published
from samestory.ingest.polling.plan import plan_entries
from tests.conftest import make_story

FEED = "https://a.org/feed"


def entry(**changes) -> Entry:
    values = {
        "guid": "g1",
        "link": "https://a.org/1",
        "title": "One",
        "summary": "Short.",
        "content": "",
        "published_raw": None,
        "source": "",
        "lang": None,
    }
    return Entry(**(values | changes))


def poll(frontier, entries, feed_url=FEED, now=100.0):
    """Poll once: plan and record, as the poller does."""
    parsed = ParsedFeed(title="T", entries=tuple(entries), left_out=0, note=None)
    plan = plan_entries(parsed, feed_url, frontier, now)
    feed = next(f for f in frontier.feeds.all() if f.url == feed_url)
    frontier.record_poll(
        replace(feed, polled_at=now, due_at=now + 600),
        was_due_at=feed.due_at,
        pending=plan.pending,
        sightings=plan.sightings,
        refused=plan.refused,
        now=now,
    )
    return plan


def publish(frontier, story, title="One", text="Text."):
    """Mark a story as published, as the poller does."""
    url = story.entry.link
    version = LastVersion.of(
        make_story(title=title, text=text, url=url), story.last_version
    )
    frontier.stories.mark_published(
        [Published(story=story, digest="d", reason=None, version=version)]
    )
