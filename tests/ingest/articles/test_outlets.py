"""Who speaks, and what of a headline is its name."""

import pytest

from samestory.errors import Misconfigured
from samestory.ingest.articles.outlets import FeedVoice, attributed
from samestory.ingest.articles.titles import clean_title
from samestory.ingest.polling.shards import Shard
from samestory.publishers import (
    has_no_page,
    is_aggregator,
    is_own,
    outlet_named,
    voice_of,
)
from tests.conftest import make_story

GOOGLE = "https://news.google.com/rss/articles/CBMi"
BBC = "https://www.bbc.co.uk/news/1"


@pytest.mark.parametrize(
    ("feed", "url", "page", "source", "expected"),
    [
        # Its page shows whose it is.
        ("https://x.org/f", BBC, BBC, "", "BBC"),
        ("https://x.org/f", "https://t.co/a", BBC, "", "BBC"),
        ("https://x.org/f", BBC, "https://evil.org/1", "", "evil.org"),
        (
            "https://x.org/f",
            "https://notbbc.com/1",
            "https://notbbc.com/1",
            "",
            "notbbc.com",
        ),
        # Its publisher's own feed tells it.
        ("https://feeds.bbci.co.uk/f", BBC, "", "", "BBC"),
        ("https://feeds.skynews.com/f", "https://news.sky.com/1", "", "", "Sky News"),
        ("https://sky.it/f", "https://sky.it/1", "", "", "sky.it"),
        ("https://www.lemonde.fr/rss", None, "", "", "Le Monde"),
        (
            "https://jane.substack.com/f",
            "https://jane.substack.com/p",
            "",
            "",
            "jane.substack.com",
        ),
        # An aggregator names it.
        ("https://news.google.com/rss", GOOGLE, "", ("BBC News", ""), "BBC"),
        (GOOGLE, GOOGLE, "", ("Reuters.com", "https://www.reuters.com"), "Reuters"),
        (GOOGLE, GOOGLE, "", ("Whatever", "https://www.reuters.com/x"), "Reuters"),
        (GOOGLE, GOOGLE, "", ("Kleine Zeitung", "https://kz.example"), "kz.example"),
        (GOOGLE, GOOGLE, "", ("The Observer", "https://observer.ug"), "observer.ug"),
        (
            "https://msn.com/f",
            "https://msn.com/x",
            "https://msn.com/x",
            ("The Guardian", ""),
            "Guardian",
        ),
        # All else is hearsay.
        ("https://evil.org/f", BBC, "", "", "evil.org (of BBC)"),
        (
            "https://evil.org/f",
            BBC,
            "",
            ("BBC", "https://bbc.co.uk"),
            "evil.org (of BBC)",
        ),
        (
            "https://evil.org/f",
            GOOGLE,
            "",
            ("Reuters", ""),
            "evil.org (of news.google.com)",
        ),
        ("https://evil.org/f", "https://evil.org/1", "", ("Reuters", ""), "evil.org"),
        (
            "https://evil.org/f",
            "https://sub.a.co.uk/1",
            "",
            "",
            "evil.org (of a.co.uk)",
        ),
        (
            "https://news.ycombinator.com/rss",
            BBC,
            "",
            ("BBC", ""),
            "news.ycombinator.com (of BBC)",
        ),
        (
            "https://evil.weebly.com/f",
            "https://a.weebly.com/1",
            "",
            "",
            "evil.weebly.com (of a.weebly.com)",
        ),
        (
            "https://medium.com/feed/@eve",
            "https://medium.com/@bob/1",
            "",
            "",
            "medium.com/@eve (of medium.com/@bob)",
        ),
        (
            "https://x.org/f",
            "https://youtube.com/watch?v=1",
            "",
            "",
            "x.org (of youtube.com)",
        ),
        ("http://93.184.216.34/f", BBC, "", "", "93.184.216.34 (of BBC)"),
        # A network that the operator opened has names of its own, of no newsroom.
        ("http://127.0.0.1/f", "http://127.0.0.1/1", "", ("Reuters", ""), "The Feed"),
        ("http://127.0.0.1/f", "http://127.0.0.2/1", "", "", "The Feed (of 127.0.0.2)"),
        ("http://93.184.216.34/f", "http://93.184.216.34/1", "", "", "93.184.216.34"),
    ],
    ids=range(28),
)
def test_a_report_is_whose_it_is_proved_to_be(feed, url, page, source, expected):
    """By its page, its own feed, an aggregator's word; else it is the teller's."""
    name, address = source or ("", "")
    found = attributed(
        feed=FeedVoice(url=feed, title="The Feed"),
        url=url,
        page_url=page,
        source=name,
        source_url=address,
    )
    story = make_story(outlet=found.outlet, hearsay_of=found.hearsay_of)
    assert story.attribution == expected


def test_a_feed_that_a_sites_pages_link_to_speaks_for_the_site():
    """And for no other."""
    feed = FeedVoice(
        url="https://feeds.feedburner.com/callan", sites={"callan.example"}
    )
    told = attributed(feed=feed, url="https://www.callan.example/1")
    assert (told.outlet, told.hearsay_of) == ("callan.example", "")
    told = attributed(feed=feed, url=BBC)
    assert (told.outlet, told.hearsay_of) == ("feeds.feedburner.com/callan", "BBC")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.weebly.com/", "https://b.weebly.com/"),
        ("https://a.blogspot.com/", "https://b.blogspot.com/"),
        ("https://a.blogspot.de/", "https://b.blogspot.de/"),
        ("https://a.blogspot.com.br/", "https://b.blogspot.com.br/"),
        ("https://a.github.io/", "https://b.github.io/"),
        ("https://a.netlify.app/", "https://b.netlify.app/"),
        ("https://medium.com/feed/@a", "https://medium.com/@b/1"),
        ("https://sites.google.com/view/a/x", "https://sites.google.com/view/b"),
        ("https://feeds.feedburner.com/a", "https://feeds.feedburner.com/b"),
        ("https://t.me/s/a", "https://t.me/b/11"),
        ("https://www.reddit.com/r/a/.rss", "https://www.reddit.com/r/b/comments/1/x/"),
        ("https://callan.social/@a.rss", "https://callan.social/@b/11223344"),
        ("https://callan.social/users/a.rss", "https://callan.social/@b/11223344"),
        (
            "https://youtube.com/feeds/videos.xml?channel_id=A",
            "https://youtube.com/feeds/videos.xml?channel_id=B",
        ),
        ("https://github.com/a/x", "https://github.com/b/x"),
        ("https://x.tilda.ws/", "https://y.tilda.ws/"),
        ("https://rss.app/feeds/a.xml", "https://rss.app/feeds/b.xml"),
    ],
)
def test_strangers_on_one_host_are_strangers(one, other):
    """Where many write on a site, its host or the channel is the outlet."""
    assert voice_of(one) != voice_of(other)
    assert not is_own(one, other)
    assert is_own(one, one)


def test_a_channels_own_feed_tells_addresses_that_name_no_channel():
    """YouTube makes the feed of a channel, whose videos are at /watch."""
    feed = FeedVoice(url="https://www.youtube.com/feeds/videos.xml?channel_id=UCx")
    told = attributed(feed=feed, url="https://www.youtube.com/watch?v=1")
    assert (told.outlet, told.hearsay_of) == ("youtube.com/ucx", "")


def test_names_and_domains_of_a_newsroom_are_one_outlet():
    """As lines of an import write them."""
    names = ["CNN", "cnn.com", "edition.cnn.com", "www.cnn.com", "CNN.com", " cnn "]
    assert {outlet_named(name) for name in names} == {"CNN"}
    assert outlet_named("sport.example.co.uk") == "example.co.uk"
    assert outlet_named("Kleine Zeitung") == "Kleine Zeitung"
    assert outlet_named("") == ""


def test_aggregators_are_known_and_some_have_pages():
    """Google's links lead to a script, Yahoo's pages carry the report."""
    assert is_aggregator(GOOGLE)
    assert has_no_page(GOOGLE)
    assert is_aggregator("https://www.news.yahoo.com/x")
    assert not has_no_page("https://news.yahoo.com/x")
    assert not is_aggregator("https://mynews.google.com.evil.org/x")


@pytest.mark.parametrize(
    ("title", "outlet", "expected"),
    [
        ("Blinken warns NATO - BBC News", "BBC", "Blinken warns NATO"),
        ("Blinken warns NATO | World | Reuters", "Reuters", "Blinken warns NATO"),
        ("Blinken warns NATO – The Feed", "x.org", "Blinken warns NATO"),
        (
            "Reuters: Kremlin says talks are off",
            "Reuters",
            "Kremlin says talks are off",
        ),
        ("LIVE: Russia strikes Kyiv again", "x.org", "Russia strikes Kyiv again"),
        ("UPDATE 2 - Kremlin calls off talks", "Reuters", "Kremlin calls off talks"),
        ("UK - France deal is signed today", "BBC", "UK - France deal is signed today"),
        (
            "The Guardian view on Gaza: a deal",
            "Guardian",
            "The Guardian view on Gaza: a deal",
        ),
        ("Talks resume: what to know", "x.org", "Talks resume: what to know"),
        ("War | World", "x.org", "War | World"),
        ("News - BBC", "BBC", "News - BBC"),
        ("Peace talks fail - Reuters", "BBC", "Peace talks fail - Reuters"),
        ("Kein Frieden in Sicht - DER SPIEGEL", "Der Spiegel", "Kein Frieden in Sicht"),
        (
            "Ceasefire holds for now | example.org",
            "example.org",
            "Ceasefire holds for now",
        ),
        ("", "BBC", ""),
        (
            "Ukraine: Russian drones hit Odesa",
            "Guardian",
            "Ukraine: Russian drones hit Odesa",
        ),
        (
            "[Kyiv] explosion kills three people",
            "x.org",
            "[Kyiv] explosion kills three people",
        ),
        (
            "Live - Aid concert returns to Wembley",
            "x.org",
            "Live - Aid concert returns to Wembley",
        ),
    ],
    ids=range(18),
)
def test_a_headline_loses_its_outlets_name_and_nothing_else(title, outlet, expected):
    """Another outlet's name, a short rest, a hyphen of its own stay."""
    found = clean_title(
        title, outlet, feed_title="Ukraine | The Feed", url="https://example.org/1"
    )
    assert found == expected


def test_every_feed_is_one_shards_and_a_domains_feeds_are_together():
    """Three workers: each feed has one; two of a domain have the same."""
    shards = [Shard.parse(f"{n}/3") for n in (1, 2, 3)]
    urls = [f"https://{sub}.site{n}.org/f" for n in range(200) for sub in "ab"]
    owners = {u: [s.number for s in shards if s.owns(u)] for u in urls}
    assert {len(found) for found in owners.values()} == {1}
    assert all(
        owners[f"https://a.site{n}.org/f"] == owners[f"https://b.site{n}.org/f"]
        for n in range(200)
    )
    counts = [sum(found == [n] for found in owners.values()) for n in (1, 2, 3)]
    assert min(counts) > 80
    assert all(Shard.parse("").owns(url) for url in urls)


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/0", "-1/2", "1/99999"])
def test_a_shard_that_is_none_is_the_operators_mistake(text):
    """Named, with an example."""
    with pytest.raises(Misconfigured, match=r"must be I/N, e\.g\. 2/3"):
        Shard.parse(text)


@pytest.mark.parametrize(
    ("url", "author", "expected"),
    [
        ("https://t.me/callan_mfa/11", "", "t.me/callan_mfa via bridge.example"),
        ("https://medium.com/@callan/a1", "", "medium.com/@callan via bridge.example"),
        (
            "https://callan.social/@mfa/112233",
            "",
            "callan.social/@mfa via bridge.example",
        ),
        (
            "https://www.youtube.com/watch?v=1",
            "Callan TV",
            "Callan TV on youtube.com via bridge.example",
        ),
        ("https://www.youtube.com/watch?v=1", "Jane Roe", "bridge.example"),
        ("https://www.callan.example/1", "Callan TV", "bridge.example"),
    ],
    ids=range(6),
)
def test_what_a_bridge_tells_of_a_channel_is_that_channels_hearsay(
    url, author, expected
):
    """Two channels behind one host are two; a blog that links to a video is a blog."""
    feed = FeedVoice(url="https://bridge.example/x", title="Callan TV")
    found = attributed(feed=feed, url=url, author=author)
    assert found.outlet == expected
    assert found.hearsay_of
