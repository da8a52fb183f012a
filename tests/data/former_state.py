"""Makes former_state.tar.gz: a state in which spelling still made ids.

At commit b1a14d2, the last whose keys were so: python -m tests.data.former_state
"""

import json
import tarfile
import tempfile
from dataclasses import replace
from pathlib import Path

from samestory.ingest.articles.versions import LastVersion
from samestory.ingest.feeds.entry import Entry, ParsedFeed
from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.pending_story import Published
from samestory.ingest.polling.plan import plan_entries
from tests.product import Run

FEED = "https://a.example/feed"
POLLED = (
    *("https://a.example./polled", "https://a.example/./polled/2"),
    *("https://a.example//polled/3", "https://a.example/polled/%34"),
    *("https://a.example/polled/%d0%bf", "https://a.example/b/../polled/6"),
    "https://xn--bcher-kva.example/polled/7",
)
POLLED_FORGOTTEN = "https://a.example/./polled/forgotten"
IMPORTED = ("https://a.example./imported", "https://a.example/./imported/2")
IMPORTED_FORGOTTEN = "https://a.example/imported/%66orgotten"


def entry_of(url: str) -> Entry:
    """Return the entry of a feed that tells the story at an address."""
    return Entry(
        guid=None,
        link=url,
        title=f"Title of {url}",
        summary="Short.",
        content="",
        published_raw=None,
        source="",
        lang=None,
    )


def line_of(url: str) -> str:
    """Return the line of an import that tells it."""
    return json.dumps({"url": url, "title": f"At {url}", "text": f"Told at {url}."})


def poll(frontier: Frontier, urls: tuple[str, ...], feed_url: str = FEED):
    """Poll a feed that tells these stories, without the network."""
    entries = tuple(map(entry_of, urls))
    parsed = ParsedFeed(title="T", entries=entries, left_out=0, note=None)
    plan = plan_entries(parsed, feed_url, frontier, 100.0)
    frontier.feeds.add([FeedRef(url=feed_url)])
    feed = frontier.feeds.get(feed_url)
    frontier.record_poll(
        replace(feed, polled_at=100.0, due_at=feed.due_at + 600),
        was_due_at=feed.due_at,
        pending=plan.pending,
        sightings=plan.sightings,
        refused=plan.refused,
        now=100.0,
    )
    return plan


def main() -> None:
    """Import, poll, publish, forget one of each, pack."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        run = Run(state)
        urls = (*IMPORTED, IMPORTED_FORGOTTEN)
        run("import", "-", stdin="\n".join(map(line_of, urls)))
        frontier = Frontier(state / "frontier.db")
        found = poll(frontier, (*POLLED, POLLED_FORGOTTEN)).pending
        frontier.stories.mark_published(
            [
                Published(
                    story=s,
                    digest="d",
                    reason=None,
                    version=LastVersion(title=s.entry.title, marks=()),
                )
                for s in found
            ]
        )
        frontier.close()
        for url in (POLLED_FORGOTTEN, IMPORTED_FORGOTTEN):
            run("forget", url, "--yes")
        with tarfile.open(Path(__file__).with_suffix(".tar.gz"), "w:gz") as archive:
            for path in sorted(state.rglob("*.db")):
                archive.add(path, path.relative_to(state))


if __name__ == "__main__":
    main()
