"""What can't become a story is set aside, unless it was forgotten."""

import pytest

from samestory.ingest.feeds.entry import Entry
from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.pending_story import PendingStory
from samestory.ingest.polling.publish import Delivery
from samestory.story import story_id_from
from samestory.story_keys import url_key
from tests.conftest import serve
from tests.poller_harness import Harness

URL = "https://a.org/1"
EMPTY = PendingStory(
    story_id="s-0123456789abcdef",
    feed_url="https://a.org/feed",
    host="a.org",
    entry=Entry(
        guid="g1",
        link=URL,
        title="",
        summary="",
        content="",
        published_raw=None,
        source="",
        lang=None,
    ),
    tries=0,
    first_seen=100.0,
)


@pytest.mark.parametrize(
    ("forgotten", "kept"),
    [
        ([], [URL]),
        ([EMPTY.story_id], []),
        ([story_id_from(url_key(URL))], []),  # the guid made another id of it
    ],
)
def test_an_address_that_was_forgotten_is_not_set_aside_again(
    tmp_path, forgotten, kept
):
    """It was on its way when it was forgotten, or comes under another id."""
    frontier, rejected = Frontier(tmp_path / "f.db"), []
    frontier.forget(forgotten)
    Delivery(
        frontier=frontier,
        send=lambda _: None,
        reject=rejected.extend,
        log=lambda _: None,
        clock=lambda: 200.0,
    ).fall_back([EMPTY], "404")
    assert [one.source for one in rejected] == kept
    frontier.close()


def test_an_empty_entry_that_was_forgotten_is_not_set_aside_at_each_poll(
    tmp_path, client, sandbox
):
    """Its guid may be its address; another empty entry is named."""
    items = "".join(
        f"<item><guid isPermaLink='false'>{URL}{n}</guid></item>" for n in "ab"
    )
    body = f"<rss version='2.0'><channel><title>F</title>{items}</channel></rss>"
    harness = Harness(tmp_path / "f.db", client, sandbox)
    harness.frontier.forget([story_id_from(url_key(f"{URL}a"))])
    with serve(lambda *_: (200, {}, body.encode())) as base:
        harness.frontier.feeds.add([FeedRef(url=f"{base}/feed")])
        harness.run(lambda: bool(harness.rejected))
    assert [one.detail for one in harness.rejected] == [f"{URL}b"]
    harness.frontier.close()
