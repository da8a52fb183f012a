"""Feeds that link to pages, read by a poller."""

from contextlib import contextmanager
from html import escape

from samestory.ingest.feeds.opml import FeedRef
from tests.conftest import open_client, serve
from tests.poller_harness import Harness

EVIL = "http://evilnews.example/feed"
BBC_FEED = "http://feeds.bbci.co.uk/news"
FORGED = "Port Callan declares war on its neighbours"
NEWS = "http://www.bbc.co.uk/news/1"


TITLE = "Envoys leave the customs house in Port Callan"


TEXT = "The envoys of both countries left the customs house in Port Callan at noon. "


def rss(*rows: tuple[str, str], title="World", more="", summary="They met at noon."):
    items = "".join(
        f"<item><title>{escape(headline)}</title><link>{escape(link)}</link>{more}"
        f"<description>{escape(summary)}</description></item>"
        for headline, link in rows
    )
    head = f"<rss version='2.0'><channel><title>{title}</title>"
    return (
        200,
        {"Content-Type": "application/rss+xml"},
        f"{head}{items}</channel></rss>".encode(),
    )


def page(title=TITLE, head="", text=TEXT):
    body = "".join(f"<p>{text}Number {n} of the day.</p>" for n in range(8))
    whole = (
        f"<html><head><title>{title} - BBC News</title>{head}</head><body><article>"
        f"<h1>{title}</h1>{body}</article></body></html>"
    )
    return 200, {"Content-Type": "text/html"}, whole.encode()


def to(url):
    return 302, {"Location": url}, b""


@contextmanager
def reading(tmp_path, sandbox, sites):
    """A poller behind a proxy that plays every site; `sites` is by URL."""

    def answer(url, _):
        found = sites.get(url, (404, {}, b""))
        return found() if callable(found) else found

    with serve(answer) as proxy, open_client(proxy=proxy) as client:
        harness = Harness(tmp_path / "frontier.db", client, sandbox)
        yield harness
        harness.frontier.close()


def read(harness, *feeds):
    """Poll these feeds until all that they bring is read; return what is told now."""
    before = len(harness.stories)
    for feed in feeds:
        harness.frontier.feeds.add([FeedRef(url=feed)])
        harness.frontier.feeds.retry(feed)
    polled = {feed: harness.frontier.feeds.get(feed).polls for feed in feeds}

    def is_done():
        all_polled = all(
            harness.frontier.feeds.get(feed).polls > count
            for feed, count in polled.items()
        )
        return (
            all_polled and harness.is_idle and not harness.frontier.stories.due_count()
        )

    harness.run(is_done)
    return harness.stories[before:]
