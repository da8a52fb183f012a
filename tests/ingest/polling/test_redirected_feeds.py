"""Feeds that redirect to other hosts are asked in those hosts' turn."""

import itertools
import threading
from itertools import pairwise

import pytest

from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.frontier.frontier import Frontier
from tests.poller_harness import Harness
from tests.publishers import ITEM, led, publishing, rss


def test_a_feed_on_another_host_waits_for_that_hosts_turn(tmp_path, client, sandbox):
    """As with a feed service: twelve feeds lead to it, it is asked one by one."""
    etags = []
    with publishing(1_773_100_800.0) as world:

        def service(path, headers):
            etags.append(headers.get("if-none-match"))
            item = ITEM.format(f"Story {path}", f"http://a.example{path}")
            item = item.replace(
                "</description>", " And so on, at length.</description>"
            )
            body = f"<rss version='2.0'><channel>{item}</channel></rss>"
            return 304 if etags[-1] else 200, {"ETag": '"1"'}, body.encode()

        target = world.add(service)
        feeds = [led(world, [302], end=f"{target}/{n}") for n in range(12)]
        paced = Harness(
            tmp_path / "f.db", client, sandbox, clock=lambda: world.now, spacing_s=2.0
        )
        paced.frontier.feeds.add([FeedRef(url=feed) for feed in feeds])

        def polled(times):
            world.now += 0.25 if paced.is_idle else 0.0
            return all(f.polls == times for f in paced.frontier.feeds.all())

        paced.run(lambda: polled(1))
        paced.frontier.feeds.make_due()
        paced.run(lambda: polled(2))
        times = [request.at for request in world.asked(target)]
        paced.frontier.close()
    assert [len(world.asked(feed)) for feed in feeds] == [2] * 12
    assert etags == [None] * 12 + ['"1"'] * 12
    assert min(b - a for a, b in pairwise(times)) >= 2.0


@pytest.mark.parametrize(
    ("codes", "moved"),
    [((301,), 1), ((308, 301), 2), ((301, 302, 301), 1), ((302, 301), None)],
)
def test_a_feed_has_moved_to_where_permanent_redirects_alone_lead(
    tmp_path, client, sandbox, codes, moved
):
    """From host to host, as on one."""
    with publishing(1_773_100_800.0) as world:
        target = world.add(lambda *_: (200, {}, rss()))
        url = led(world, codes, end=f"{target}/f")
        way = [*(f"http://{site}:{world.port}/f" for site in [*world.sites][::-1])]
        harness = Harness(tmp_path / "f.db", client, sandbox, clock=lambda: world.now)
        harness.frontier.feeds.add([FeedRef(url=url)])
        harness.run(lambda: harness.frontier.feeds.all()[0].polls)
        moves = harness.frontier._db.execute("SELECT url, target FROM moves").fetchall()
        harness.frontier.close()
    assert way[0] == url
    assert [tuple(row) for row in moves] == ([(url, way[moved])] if moved else [])


def two_that_lead_to_one(world, tmp_path, client, sandbox, site):
    """Return (a desk, two feeds, the host that both lead to, which is slow)."""
    target = world.add(site)
    feeds = [led(world, [302], end=f"{target}/{n}") for n in range(2)]
    harness = Harness(
        tmp_path / "f.db", client, sandbox, clock=lambda: world.now, spacing_s=9.0
    )
    harness.frontier.feeds.add([FeedRef(url=feed) for feed in feeds])
    return harness, feeds, target


def test_a_feed_that_is_retried_half_way_begins_at_its_own_url(
    tmp_path, client, sandbox
):
    """It waits for the turn of where it led to, and a person asks for it anew."""
    with publishing(1_773_100_800.0) as world:
        harness, feeds, target = two_that_lead_to_one(
            world, tmp_path, client, sandbox, lambda *_: (200, {}, rss())
        )
        harness.run(lambda: harness.is_idle and len(world.asked(target)) == 1)
        (waits,) = [f.url for f in harness.frontier.feeds.all() if not f.polls]
        harness.frontier.feeds.retry(waits)

        def is_done():
            world.now += 0.5 if harness.is_idle else 0.0
            return all(feed.polls for feed in harness.frontier.feeds.all())

        harness.run(is_done)
        harness.frontier.close()
        other = next(feed for feed in feeds if feed != waits)
        assert len(world.asked(waits)) == 2
        assert len(world.asked(other)) == 1
        assert len(world.asked(target)) == 2


def test_a_retry_while_a_redirects_host_is_asked_closes_it_to_nobody(
    tmp_path, client, sandbox
):
    """The host that was asked is free again, not the one that will be."""
    retried, turned, turns = threading.Event(), threading.Event(), itertools.count()

    def site(*_):
        if not retried.is_set():
            other = Frontier(tmp_path / "f.db")
            for feed in other.feeds.all():
                other.feeds.retry(feed.url)
            other.close()
            retried.set()
            assert turned.wait(60)
        return 200, {}, rss()

    with publishing(1_773_100_800.0) as world:
        harness, _, target = two_that_lead_to_one(
            world, tmp_path, client, sandbox, site
        )

        def is_done():
            if retried.is_set() and next(turns) > 3:
                turned.set()
            world.now += 0.5 if harness.is_idle else 0.0
            return len(world.asked(target)) >= 3

        harness.run(is_done)
        harness.frontier.close()


def test_a_feed_whose_redirect_leads_to_a_host_that_asks_to_wait_is_put_off(
    tmp_path, client, sandbox
):
    """The host is not asked again, and the feed's status says which it is."""
    with publishing(1_773_100_800.0) as world:
        harness, _, target = two_that_lead_to_one(
            world,
            tmp_path,
            client,
            sandbox,
            lambda *_: (429, {"Retry-After": "3600"}, b""),
        )
        harness.run(lambda: all(feed.failures for feed in harness.frontier.feeds.all()))
        assert len(world.asked(target)) == 1
        found = harness.frontier.feeds.all()
        harness.frontier.close()
    assert [feed.polls for feed in found] == [1, 1]
    assert sum(f"leads to {target}/" in feed.status for feed in found) == 1
    assert all(feed.due_at >= world.now + 3_600 for feed in found)


def test_a_feed_that_leads_from_host_to_host_is_given_up(tmp_path, client, sandbox):
    """After three, with a word; next time it is asked anew from its own URL."""
    with publishing(1_773_100_800.0) as world:
        url = led(world, [301] * 5, end="http://127.9.9.9/f")
        harness = Harness(tmp_path / "f.db", client, sandbox, clock=lambda: world.now)
        harness.frontier.feeds.add([FeedRef(url=url)])
        for polls in (1, 2):
            harness.frontier.feeds.make_due()
            harness.run(lambda p=polls: harness.frontier.feeds.all()[0].failures == p)
        status = harness.frontier.feeds.all()[0].status
        harness.frontier.close()
    assert status == f"{url}: leads on to more than 3 hosts"
    assert [len(world.asked(f"http://{s}")) for s in [*world.sites][::-1]] == [
        2,
        2,
        2,
        2,
        0,
    ]
