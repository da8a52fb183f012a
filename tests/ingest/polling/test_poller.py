"""The poller on living servers: what fails is tried again, then told."""

import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from samestory.ingest.feeds.opml import FeedRef
from tests.conftest import serve
from tests.poller_harness import Harness
from tests.publishers import ITEM, publishing, rss

PAGE = (
    "<html><body><article><h1>T</h1><p>"
    + "The envoys met in the old customs house until late at night. " * 8
    + "</p></article></body></html>"
).encode()


@pytest.fixture
def harness(tmp_path, client, sandbox):
    found = Harness(
        tmp_path / "frontier.db", client, sandbox, shortest_s=3600, hastens=True
    )
    yield found
    found.frontier.close()


def test_a_page_that_fails_twice_and_then_works_is_the_page(harness):
    """503 is tried again by due time; robots.txt is obeyed and asked once."""
    asked = []

    def answer(path, _):
        asked.append(path)
        if path == "/robots.txt":
            return 200, {}, b"User-agent: *\nDisallow: /private\n"
        if path == "/feed":
            return 200, {"ETag": '"1"'}, rss("/a", "/private/b")
        return (503 if asked.count("/a") < 3 else 200), {}, PAGE

    with serve(answer) as base:
        harness.frontier.feeds.add([FeedRef(url=f"{base}/feed")])
        harness.run(lambda: len(harness.stories) == 2)
    by_title = {s.title: s for s in harness.stories}
    assert by_title["Story 0"].text_from == "page"
    assert by_title["Story 1"].text == "Story 1 summary."
    assert "robots.txt disallows" in by_title["Story 1"].flags[0]
    assert asked.count("/a") == 3
    assert asked.count("/robots.txt") == 1
    assert "/private/b" not in asked


def test_a_page_that_never_works_gives_the_feeds_words_with_the_reason(harness):
    """Three tries, or one where the server asks for an hour."""
    other = []

    def answer(path, _):
        if path == "/feed":
            return 200, {}, rss("/a", f"{other[0]}/b")
        if path == "/b":
            return 429, {"Retry-After": "3600"}, b""
        return (404 if path == "/robots.txt" else 500), {}, b""

    with serve(answer) as base:
        other.append(base.replace("127.0.0.1", "localhost"))
        harness.frontier.feeds.add([FeedRef(url=f"{base}/feed")])
        harness.run(lambda: len(harness.stories) == 2)
    flags = {s.title: s.flags[0] for s in harness.stories}
    assert flags["Story 0"].endswith("/a: 500")
    assert flags["Story 1"].endswith("/b: 429")
    assert {s.text_from for s in harness.stories} == {"feed"}


def test_an_unchanged_feed_costs_a_304_and_a_changed_one_a_new_version(harness):
    """Validators are sent; the same body without them is unchanged too."""
    seen, bodies = [], [rss("/a"), rss("/a"), rss("/a", "/b")]

    def answer(path, headers):
        if path != "/feed":
            return (404 if path == "/robots.txt" else 200), {}, PAGE
        seen.append(headers.get("If-None-Match"))
        if len(seen) == 2:
            return 304, {}, b""
        return 200, {"ETag": f'"{len(seen)}"'}, bodies[min(len(seen), 3) - 1]

    with serve(answer) as base:
        url = f"{base}/feed"
        harness.frontier.feeds.add([FeedRef(url=url)])
        harness.run(lambda: len(harness.stories) == 1)
        harness.frontier.feeds.make_due()
        harness.run(lambda: len(seen) == 2)
        harness.run(lambda: harness.frontier.feeds.all()[0].status == "unchanged")
        harness.frontier.feeds.make_due()
        harness.run(lambda: len(harness.stories) == 2)
    assert seen[:3] == [None, '"1"', '"1"']
    assert [s.title for s in harness.stories] == ["Story 0", "Story 1"]


def test_a_feed_that_writes_midnights_tells_days_and_pages_their_hours(harness):
    """The day as it was written in the feed's zone; it stays what it is named by."""
    at = "Wed, 04 Mar 2026 00:00:00 +0530"
    dated = rss("/a", "/b", "/c").replace(
        b"</item>", f"<pubDate>{at}</pubDate></item>".encode()
    )
    hour = b'<meta property="article:published_time" content="2026-03-04T09:30:00Z">'

    def answer(path, _):
        if path == "/feed":
            return 200, {}, dated
        if path == "/robots.txt":
            return 404, {}, b""
        return 200, {}, PAGE.replace(b"<body>", hour * (path == "/a") + b"<body>")

    with serve(answer) as base:
        harness.frontier.feeds.add([FeedRef(url=f"{base}/feed")])
        harness.run(lambda: len(harness.stories) == 3)
        harness.frontier.feeds.make_due()
        harness.run(lambda: harness.frontier.feeds.all()[0].status == "unchanged")
    told = {s.title: s for s in harness.stories}
    assert len(harness.stories) == 3
    assert told["Story 0"].published == datetime(2026, 3, 4, 9, 30, tzinfo=UTC)
    assert not told["Story 0"].is_day
    for title in ("Story 1", "Story 2"):
        assert told[title].published == datetime(2026, 3, 4, tzinfo=UTC)
        assert told[title].is_day


def test_a_feed_that_is_read_again_is_mended_once(harness):
    """It failed, it is read, it is unchanged."""
    bodies = [b"<html>Log in</html>", b"", rss("/a"), rss("/a")]

    def answer(path, _):
        if path != "/feed":
            return (404 if path == "/robots.txt" else 200), {}, PAGE
        return 200, {}, bodies.pop(0) if len(bodies) > 1 else bodies[0]

    with serve(answer) as base:
        url = f"{base}/feed"
        harness.frontier.feeds.add([FeedRef(url=url)])
        for number in range(1, 5):
            harness.frontier.feeds.make_due()
            harness.run(lambda n=number: harness.frontier.feeds.all()[0].polls == n)
    assert harness.mended == [url]
    assert [one.is_feed for one in harness.rejected] == [True, True]


def test_a_host_that_is_away_is_asked_once_and_its_stories_keep_the_feeds_words(
    harness,
):
    """No connection: the other pages of the host are not tried one by one."""
    dead = "http://127.0.0.1:9"

    def answer(path, _):
        body = rss(f"{dead}/1", f"{dead}/2", f"{dead}/3")
        return (200 if path == "/feed" else 404), {}, body

    with serve(answer) as base:
        harness.frontier.feeds.add(
            [FeedRef(url=f"{base.replace('127.0.0.1', 'localhost')}/feed")]
        )
        harness.run(lambda: len(harness.stories) == 3)
    assert all("no connection" in s.flags[0] for s in harness.stories)


def test_a_feed_that_fails_backs_off_and_is_named_once(harness):
    """The quarantine holds it once for each reason; it is polled again."""
    with serve(lambda *_: (200, {}, b"<html><body>Log in</body></html>")) as base:
        harness.frontier.feeds.add([FeedRef(url=f"{base}/feed")])
        harness.run(lambda: len(harness.rejected) == 1)
        harness.frontier.feeds.make_due()
        harness.run(lambda: harness.frontier.feeds.all()[0].failures == 2)
    assert len(harness.rejected) == 1
    assert "an HTML page, not a feed" in harness.rejected[0].reason
    assert harness.rejected[0].source == f"{base}/feed"


def test_a_story_that_was_read_keeps_its_text_when_its_page_fails(harness):
    """A changed title is looked for again; a wall in between is no new version."""
    wall = b"<html><title>Just a moment...</title><body><p>Verify.</p></body></html>"
    now = {"title": "Talks in the customs house", "page": PAGE}

    def answer(path, _):
        if path == "/feed":
            item = ITEM.format(now["title"], "/a")
            body = f"<rss version='2.0'><channel>{item}</channel></rss>"
            return 200, {}, body.encode()
        return (404, {}, b"") if path == "/robots.txt" else (200, {}, now["page"])

    with serve(answer) as base:
        harness.frontier.feeds.add([FeedRef(url=f"{base}/feed")])
        harness.run(lambda: len(harness.stories) == 1)
        now |= {"title": "Talks in the customs house fail", "page": wall}
        harness.frontier.feeds.make_due()
        harness.run(lambda: harness.frontier.stories.next_due() is not None)
        harness.run(
            lambda: (harness.frontier.stories.next_due() or 0) > time.time() + 3_000
        )
        assert len(harness.stories) == 1
        now["page"] = PAGE.replace(
            b"late at night. </p>", b"late at night.</p><p>They failed. </p>"
        )
        harness.ahead_s += 4_000
        harness.run(lambda: len(harness.stories) == 2)
    first, second = harness.stories
    assert first.story_id == second.story_id
    assert second.text_from == "page"
    assert second.changes[0] == "title was: Talks in the customs house"


def test_a_page_on_another_host_waits_for_that_hosts_turn(tmp_path, client, sandbox):
    """Twenty links that redirect to one host: it is asked one by one, with pauses."""
    with publishing(1_773_100_800.0) as world:

        def page(path, _):
            return (404, {}, b"") if path == "/robots.txt" else (200, {}, PAGE)

        target = world.add(page)
        links = [
            world.add(
                lambda path, _, n=n: (
                    (302, {"Location": f"{target}/{n}"}, b"")
                    if path == "/go"
                    else (404, {}, b"")
                )
            )
            for n in range(20)
        ]
        feed = world.add(lambda *_: (200, {}, rss(*(f"{one}/go" for one in links))))
        paced = Harness(
            tmp_path / "f.db", client, sandbox, clock=lambda: world.now, spacing_s=2.0
        )
        paced.frontier.feeds.add([FeedRef(url=f"{feed}/f")])

        def is_done():
            world.now += 0.25 if paced.is_idle else 0.0
            return len(paced.stories) == 20

        paced.run(is_done)
        times = [request.at for request in world.asked(target)]
        paced.frontier.close()
    assert len(times) == 21  # robots.txt and the pages
    assert min(b - a for a, b in pairwise(times)) >= 2.0
    assert {story.text_from for story in paced.stories} == {"page"}
    assert {story.url for story in paced.stories} == {
        f"{target}/{n}" for n in range(20)
    }
