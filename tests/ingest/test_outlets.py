"""Who speaks, and what of a headline is its name."""

import pytest

from ingest.errors import Misconfigured
from ingest.outlets import has_no_page, is_aggregator, outlet_of
from ingest.shards import Shard
from ingest.titles import clean_title

GOOGLE = "https://news.google.com/rss/articles/CBMi"


@pytest.mark.parametrize(
    ("source", "source_url", "url", "feed_url", "expected"),
    [
        ("", "", "https://www.bbc.co.uk/news/1", "https://feeds.bbci.co.uk/f", "BBC"),
        ("", "", "https://www.bbc.com/news/1", "https://feeds.bbci.co.uk/f", "BBC"),
        ("BBC News", "", GOOGLE, "https://news.google.com/rss", "BBC"),
        ("Reuters.com", "https://www.reuters.com", GOOGLE, GOOGLE, "Reuters"),
        ("Whatever", "https://www.reuters.com/x", GOOGLE, GOOGLE, "Reuters"),
        ("Kleine Zeitung", "https://kz.example", GOOGLE, GOOGLE, "kz.example"),
        ("The Guardian", "", "https://msn.com/x", "https://msn.com/f", "Guardian"),
        ("", "", "https://news.sky.com/1", "https://feeds.skynews.com/f", "Sky News"),
        ("", "", "https://sky.it/1", "https://sky.it/f", "sky.it"),
        ("", "", "https://sport.example.co.uk/1", "https://x.org/f", "example.co.uk"),
        ("", "", None, "https://www.lemonde.fr/rss", "Le Monde"),
        ("", "", "http://127.0.0.1/1", "http://127.0.0.1/f", "The Feed"),
        ("", "", GOOGLE, "https://x.org/f", "x.org"),
        ("", "", "https://notbbc.com/1", "https://x.org/f", "notbbc.com"),
        (
            "Reuters",
            "https://reuters.com",
            "https://evil.org/1",
            "https://evil.org/f",
            "evil.org",
        ),
        ("The Observer", "https://observer.ug", GOOGLE, GOOGLE, "observer.ug"),
        (
            "",
            "",
            "https://jane.substack.com/p/1",
            "https://jane.substack.com/f",
            "jane.substack.com",
        ),
    ],
    ids=range(17),
)
def test_an_outlet_is_one_whatever_its_address_or_name(
    source, source_url, url, feed_url, expected
):
    """Families by domain and by name; an aggregator is nobody's voice."""
    found = outlet_of(
        source=source,
        source_url=source_url,
        url=url,
        feed_title="The Feed",
        feed_url=feed_url,
    )
    assert found == expected


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
