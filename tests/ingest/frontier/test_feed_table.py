"""Which feeds are polled, when, and under which address."""

import sqlite3
from dataclasses import replace

import pytest

from samestory.ingest.feeds.opml import (
    FeedRef,
)
from samestory.ingest.frontier.frontier import Frontier
from samestory.ingest.frontier.listed import BY_HAND
from tests.ingest.polls import FEED, entry, poll
from tests.interleaving import just_before


def test_a_feed_that_moved_is_polled_at_its_new_url_with_all_it_told(frontier):
    """Nothing is read anew; the old URL in a list is the same feed."""
    poll(frontier, [entry(link=None)])
    frontier.moves.see(FEED, "https://a.org/new", 100.0)
    frontier.feeds.move(FEED, "https://a.org/new")
    assert [f.url for f in frontier.feeds.all()] == [
        "https://a.org/new",
        "https://b.org/feed",
    ]
    assert poll(frontier, [entry(link=None)], "https://a.org/new").pending == []
    assert frontier.feeds.add([FeedRef(url=FEED)]) == 0
    frontier.moves.see("https://a.org/new", FEED, 200.0)
    frontier.feeds.move("https://a.org/new", FEED)
    assert frontier.moves.see(FEED, "https://a.org/new", 300.0) == (1, 300.0)
    frontier.feeds.move(FEED, "https://a.org/new")
    frontier.moves.see("https://b.org/feed", "https://a.org/new", 100.0)
    frontier.feeds.move("https://b.org/feed", "https://a.org/new")
    assert [f.url for f in frontier.feeds.all()] == ["https://a.org/new"]


def test_moves_are_counted_and_forgotten_when_the_redirect_ends(frontier):
    """A maintenance page that redirects for a day does not move a feed."""
    moved = [frontier.moves.see(FEED, "https://x.org", t) for t in (1.0, 2.0)]
    assert moved == [(1, 1.0), (2, 1.0)]
    assert frontier.moves.see(FEED, None, 3.0) == (0, 3.0)
    assert frontier.moves.see(FEED, "https://x.org", 4.0) == (1, 4.0)
    assert frontier.moves.see(FEED, "https://y.org", 5.0) == (1, 5.0)


def test_a_list_that_is_followed_takes_back_what_it_alone_named(frontier):
    """Feeds that a person or another list named stay."""
    table = frontier.feeds
    refs = {n: FeedRef(url=f"https://{n}.org/f") for n in "cde"}
    assert table.follow("/l.opml", refs.values()) == (3, 0)
    assert table.follow("/k.opml", [refs["e"]]) == (0, 0)
    assert table.follow("/l.opml", [refs["d"], FeedRef(url=FEED)]) == (0, 1)
    assert table.get(refs["e"].url) is not None
    assert table.follow("/l.opml", [refs["d"]]) == (0, 0)
    assert table.get(FEED) is not None
    frontier.listed.forget_lists(but=["/l.opml"])
    assert frontier.listed.of(refs["e"].url) == []
    assert table.follow("/k.opml", []) == (0, 0)
    urls = [FEED, "https://b.org/feed", refs["d"].url, refs["e"].url]
    assert [f.url for f in table.all()] == urls


def test_what_is_made_due_while_it_is_asked_stays_due_and_is_read_whole(frontier):
    """`feeds retry` in the middle of a poll is not lost."""
    feed = replace(frontier.feeds.get(FEED), due_at=50.0)
    frontier.feeds.postpone(FEED, 50.0, "")
    frontier.feeds.retry(FEED)
    asked = replace(feed, due_at=700.0, etag="1", body_digest="x", status="ok")
    frontier.record_poll(asked, was_due_at=50.0, now=100.0)
    after = frontier.feeds.get(FEED)
    assert (after.due_at <= 0, after.etag, after.body_digest) == (True, None, None)
    frontier.record_poll(asked, was_due_at=after.due_at, now=100.0)
    assert frontier.feeds.get(FEED).due_at == 700.0


def test_hosts_that_asked_to_wait_are_remembered_until_then(tmp_path):
    """A restart does not forget a Retry-After."""
    first = Frontier(tmp_path / "f.db")
    first.host_waits.keep("a.org", 500.0, "429")
    first.close()
    again = Frontier(tmp_path / "f.db")
    assert again.host_waits.in_force(499.0) == [("a.org", 500.0, "429")]
    assert again.host_waits.in_force(500.0) == []
    again.close()


def test_who_is_due_at_once_and_made_due_again_is_read_whole(frontier, tmp_path):
    """Both moments are now: it shows all the same that something came between."""
    other, people = "https://b.org/feed", Frontier(tmp_path / "frontier.db")
    poll(frontier, [entry()])
    poll(frontier, [entry()], other)
    frontier.feeds.make_due()
    asked = frontier.feeds.get(other)
    people.feeds.remove(FEED)
    after = replace(asked, polled_at=200.0, due_at=800.0)
    frontier.record_poll(after, was_due_at=asked.due_at, now=200.0)
    found = frontier.feeds.get(other)
    assert (found.due_at <= 0, found.body_digest) == (True, None)


def test_a_feed_that_a_person_adds_while_its_list_drops_it_stays(frontier, tmp_path):
    """The person's word comes before or after, never in the middle."""
    people = Frontier(tmp_path / "frontier.db")
    people._db.execute("PRAGMA busy_timeout = 0")
    listed = FeedRef(url="https://listed.org/feed")
    frontier.feeds.follow("list", [listed])

    def add() -> None:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            people.feeds.add([listed])

    with just_before(frontier._db, "DELETE FROM feeds", add):
        frontier.feeds.follow("list", [])
    assert frontier.feeds.get(listed.url) is None
    people.feeds.add([listed])
    frontier.feeds.follow("list", [])
    assert frontier.listed.of(listed.url) == [BY_HAND]


def test_one_feed_of_each_host_is_due_so_that_none_holds_up_the_others(frontier):
    """Two hundred feeds of one host leave the first place to others."""
    frontier.feeds.add(FeedRef(url=f"https://a.org/{n}") for n in range(200))
    assert [f.url.split("/")[2] for f in frontier.feeds.due(100, 9)] == [
        "a.org",
        "b.org",
    ]
