"""The feeds of a site, its news sitemaps, and the walls before them."""

import pytest

from samestory.ingest.feeds.announced import Announced
from samestory.ingest.feeds.discovery import FoundFeed, linked_feeds, usual_places
from samestory.ingest.feeds.entry import MAX_ENTRIES
from samestory.ingest.feeds.parse import NotAFeed, parse_feed
from samestory.ingest.feeds.sitemap import parse_sitemap
from samestory.ingest.fetch.errors import BotWall
from samestory.ingest.text.bot_walls import wall_of

HEAD = b"""<html><head><base href="https://cdn.a.org/x/">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
<LINK REL='alternate home' TYPE='application/rss+xml; charset=utf-8' HREF='../world.xml'
 title='World &amp; more'>
<link rel="alternate" type="application/atom+xml" href="https://a.org/atom">
<link rel="alternate" type="application/feed+json" href="//a.org/feed.json">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
<link rel="alternate" hreflang="de" href="https://a.org/de">
<link rel="stylesheet" type="text/css" href="/s.css">
<link rel="alternate" type="application/atom+xml" href="https://a.org/atom">"""


def test_the_feeds_that_a_page_links_to_come_without_those_of_comments_first():
    """Relative to its base; once each; nothing but http(s)."""
    assert linked_feeds(HEAD, "https://a.org/") == [
        FoundFeed(url="https://cdn.a.org/world.xml", title="World & more"),
        FoundFeed(url="https://a.org/atom", title=""),
        FoundFeed(url="https://a.org/feed.json", title=""),
        FoundFeed(url="https://cdn.a.org/comments/feed", title="Comments"),
    ]
    assert linked_feeds(b"\xff\xfe<<<link>", "https://a.org/") == []
    assert usual_places("https://a.org/x/y")[0] == "https://a.org/feed"


SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{0}</urlset>"""
URL = """<url><loc>https://a.org/{0}</loc><news:news><news:publication>
<news:name>A News</news:name><news:language>en</news:language></news:publication>
<news:publication_date>2026-03-{1:02}T10:00:00Z</news:publication_date>
<news:title>Story &amp; {0}</news:title></news:news></url>"""


def test_a_news_sitemap_is_a_feed_newest_first():
    """URLs without news are counted as left out."""
    body = SITEMAP.format(
        URL.format(1, 1)
        + "<url><loc>https://a.org/about</loc></url>"
        + URL.format(2, 2)
    )
    found = parse_feed(body.encode(), "https://a.org/news.xml", "")
    assert [
        (e.title, e.link, e.published_raw, e.source, e.lang) for e in found.entries
    ] == [
        ("Story & 2", "https://a.org/2", "2026-03-02T10:00:00Z", "A News", "en"),
        ("Story & 1", "https://a.org/1", "2026-03-01T10:00:00Z", "A News", "en"),
    ]
    assert found.left_out == 1


def test_a_huge_or_damaged_sitemap_is_read_as_far_as_it_goes():
    """The cap of entries holds; damage ends it, and entities are not expanded."""
    many = SITEMAP.format("".join(URL.format(n, 1) for n in range(MAX_ENTRIES + 3)))
    found = parse_feed(many.encode(), "https://a.org/n", "")
    assert (len(found.entries), found.left_out) == (MAX_ENTRIES, 3)
    cut = SITEMAP.format(URL.format(1, 1) + URL.format(2, 2))[:-150]
    assert len(parse_feed(cut.encode(), "https://a.org/n", "").entries) >= 1
    evil = SITEMAP.replace(
        "<urlset", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><urlset'
    )
    body = evil.format(URL.format(1, 1).replace("Story", "&e;"))
    assert (
        "root:" not in parse_feed(body.encode(), "https://a.org/n", "").entries[0].title
    )


def test_half_a_surrogate_in_a_sitemap_is_a_space():
    """Fuzzing found that lxml then raises when the text is read."""
    body = SITEMAP.format(URL.format(1, 1).replace("Story", "Story &#xD800;"))
    (entry,) = parse_feed(body.encode(), "https://a.org/n", "").entries
    assert entry.title == "Story & 1"
    assert parse_sitemap("<?xml encib'?>\0") == ([], 0)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (
            SITEMAP.format("<url><loc>https://a.org/1</loc></url>"),
            "without news .1 URLs",
        ),
        (
            "<sitemapindex><sitemap><loc>https://a.org/n.xml</loc></sitemap></sitemapindex>",
            "it lists https://a.org/n.xml",
        ),
    ],
)
def test_sitemaps_without_news_say_what_they_are(body, says):
    """With where to look on."""
    with pytest.raises(NotAFeed, match=says):
        parse_feed(body.encode(), "https://a.org/s.xml", "")


def test_what_a_feed_announces_comes_with_it():
    """ttl, skipHours and skipDays of RSS 2.0; sy:update* of RSS 1.0."""
    body = b"""<rss version='2.0'><channel><title>T</title><ttl>90</ttl><skipHours>
    <hour>0</hour><hour>1</hour></skipHours><skipDays><day>Sunday</day></skipDays>
    <item><title>One</title></item></channel></rss>"""
    said = parse_feed(body, "https://a.org/f", "").said
    assert said == Announced(least_s=5400, hours=(0, 1), days=(6,))
    body = b"""<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>
    <channel><title>T</title><sy:updatePeriod>hourly</sy:updatePeriod>
    <sy:updateFrequency>2</sy:updateFrequency><item><title>One</title></item></channel>
    </rss>"""
    assert parse_feed(body, "https://a.org/f", "").said == Announced(least_s=1800)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html><title>Just a moment...</title>", "Cloudflare challenge"),
        (b"<html><title>Before you continue</title>", "consent page"),
        (b"<html><TITLE lang=en> Log in | A News</TITLE>", "login page"),
        (
            b"<html><script src='/cdn-cgi/challenge-platform/h/g/x'>",
            "Cloudflare challenge",
        ),
        (b"<html><script src='/cdn-cgi/challenge-platform/scripts/jsd/main.js'>", None),
        (b"<html><title>Cloudflare outage hits the web</title>", None),
        (b"<html><title>Talks in Rome</title>" + b"x" * 90_000 + b"px-captcha", None),
        (b"", None),
    ],
    ids=range(8),
)
def test_walls_are_told_from_reports_about_them(body, kind):
    """By whole titles and by marks in small pages."""
    assert wall_of({}, body) == kind


def test_a_wall_in_the_place_of_a_feed_is_its_own_status():
    """Never an empty feed, never merely "HTML"."""
    with pytest.raises(BotWall, match="bot wall: consent page"):
        parse_feed(b"<html><title>Before you continue</title></html>", "https://a/", "")


def test_a_feed_may_be_named_as_plain_xml_or_in_a_header():
    """`type=text/xml`, and the header Link, before those of the page."""
    page = b"<html><head><link rel=alternate type=text/xml href=/all></head></html>"
    header = (
        '</style.css>; rel=preload, </news/atom>; rel="alternate";'
        ' type="application/atom+xml"; title="News", <javascript:x>; rel=alternate;'
        " type=application/rss+xml"
    )
    assert linked_feeds(page, "https://a.org/x/", "", header) == [
        FoundFeed(url="https://a.org/news/atom", title="News"),
        FoundFeed(url="https://a.org/all", title=""),
    ]
    assert linked_feeds(page, "https://a.org/", "", "<" * 100_000)[0].url.endswith(
        "/all"
    )
