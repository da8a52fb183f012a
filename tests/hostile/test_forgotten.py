"""What was forgotten comes back by no other address, guid or redirect."""

import pytest

from tests.hostile.readings import NEWS, TITLE, page, read, reading, rss, to

FEED = "http://www.bbc.co.uk/feed"
OTHER = ("Harvests fail in the north", "http://www.bbc.co.uk/news/9")
MOVED = "http://www.bbc.co.uk/news/1-final"


def forget(harness, story):
    """Forget a story as the command does, whose state knows no more than this."""
    ids = {story.story_id} | harness.frontier.names_of([story.story_id])
    harness.frontier.forget(ids)


def held(tmp_path):
    return b"".join(one.read_bytes() for one in tmp_path.glob("frontier.db*"))


def guid(text):
    return f"<guid isPermaLink='false'>{text}</guid>"


def test_a_story_whose_link_was_changed_before(tmp_path, sandbox):
    """By the new link too; another story of the feed comes in."""
    sites = {
        FEED: rss((TITLE, NEWS), more=guid("g1")),
        **{at: page() for at in (NEWS, MOVED)},
    }
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, FEED)
        sites[FEED] = rss((TITLE, MOVED), more=guid("g1"))
        read(harness, FEED)
        forget(harness, story)
        sites[FEED] = rss((TITLE, MOVED), OTHER)
        sites[OTHER[1]] = page(OTHER[0])
        assert [one.url for one in read(harness, FEED)] == [OTHER[1]]
    assert b"customs house" not in held(tmp_path)


def test_a_story_whose_link_is_changed_later(tmp_path, sandbox):
    """What it says is known in its feed."""
    said = "The envoys met in the customs house at noon."
    sites = {FEED: rss((TITLE, NEWS), summary=said), NEWS: page(), MOVED: page()}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, FEED)
        forget(harness, story)
        sites[FEED] = rss((TITLE, MOVED), summary=said)
        assert read(harness, FEED) == []


def test_an_address_that_its_feed_lists_twice(tmp_path, sandbox):
    sites = {FEED: rss((TITLE, NEWS)), NEWS: page()}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, FEED)
        forget(harness, story)
        sites[FEED] = rss((TITLE, NEWS), ("UPDATE: " + TITLE, NEWS))
        assert read(harness, FEED) == []
    assert b"customs house" not in held(tmp_path)


@pytest.mark.parametrize(
    "link", ["http://www.bbc.co.uk/?p=77", "http://short.example/x", NEWS]
)
def test_an_address_that_leads_to_it(tmp_path, sandbox, link):
    """On its site, from another, as hearsay: nothing is told, and nothing kept."""
    feed = "http://" + link.split("/")[2] + "/more"
    sites = {FEED: rss((TITLE, NEWS)), NEWS: page()}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, FEED)
        forget(harness, story)
        sites |= {FEED: rss(OTHER), OTHER[1]: page(OTHER[0])}
        sites[feed] = rss((TITLE, link))
        if link != NEWS:
            sites[link] = to(NEWS)
        assert read(harness, feed) == []
    assert b"customs house" not in held(tmp_path)


def test_hearsay_leaves_the_address_to_its_publisher(tmp_path, sandbox):
    """To forget what an aggregator told refuses nobody else's report."""
    sites = {"http://planet.example/feed": rss((TITLE, NEWS))}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, "http://planet.example/feed")
        assert story.hearsay_of == "BBC"
        forget(harness, story)
        sites |= {FEED: rss((TITLE, NEWS)), NEWS: page()}
        assert [one.outlet for one in read(harness, FEED)] == ["BBC"]
        assert read(harness, "http://planet.example/feed") == []
