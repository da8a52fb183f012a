"""What is wrong with a feed is told until it is mended."""

from tests.hostile.readings import EVIL, TITLE, read, reading, rss

CUT_OFF = rss((TITLE, "http://evilnews.example/1"))[2][:-30]


def poll(harness):
    """Poll the feed once more; return what is said of it."""
    feeds = harness.frontier.feeds
    before = feeds.get(EVIL).polls
    feeds.make_due()
    harness.run(lambda: feeds.get(EVIL).polls > before and harness.is_idle)
    return feeds.get(EVIL).status


def test_a_damaged_feed_is_told_until_another_document_is_read(tmp_path, sandbox):
    """While it stays as it is, and while its host fails; then no more."""
    kind = {"Content-Type": "application/rss+xml"}
    sites = {EVIL: (200, kind, CUT_OFF)}
    with reading(tmp_path, sandbox, sites) as harness:
        read(harness, EVIL)
        damaged = harness.frontier.feeds.get(EVIL).status
        unchanged = poll(harness)
        sites[EVIL] = (404, {}, b"")
        failed = poll(harness)
        sites[EVIL] = rss((TITLE, "http://evilnews.example/1"))
        mended, again = poll(harness), poll(harness)
    wrong = damaged[damaged.index("damaged: ") :]
    assert unchanged == f"unchanged; when it was read: {wrong}"
    assert failed.endswith(f"404; when it was read: {wrong}")
    assert "damaged" not in mended
    assert again == "unchanged"
