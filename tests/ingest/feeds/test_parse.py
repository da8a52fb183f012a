"""Feed bytes become entries, or the reason why not."""

import gzip
import json

import pytest

from samestory.ingest.feeds.entry import MAX_ENTRIES, Entry
from samestory.ingest.feeds.parse import NotAFeed, parse_feed

RSS = """<?xml version="1.0" encoding="{label}"?><rss version="2.0"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>Räte</title>
<language>de-DE</language><item><title>One &amp;amp; two</title><link>/1</link>
<guid isPermaLink="false">g1</guid><pubDate>Wed, 04 Mar 2026 10:00:00 CET</pubDate>
<description>&lt;p&gt;Kurz.&lt;/p&gt;</description>
<content:encoded><![CDATA[<p>Lang.</p>]]></content:encoded>
<source url="https://b.org/f">B News</source></item></channel></rss>"""


def test_rss_gives_every_field_of_an_entry():
    """Raw date, resolved link, plain title and summary, HTML content, real publisher."""
    found = parse_feed(RSS.format(label="utf-8").encode(), "https://a.org/feed", "")
    assert found.title == "Räte"
    assert found.entries == (
        Entry(
            guid="g1",
            link="https://a.org/1",
            title="One & two",
            summary="Kurz.",
            content="<p>Lang.</p>",
            published_raw="Wed, 04 Mar 2026 10:00:00 CET",
            source="B News",
            lang="de",
            source_url="https://b.org/f",
        ),
    )


@pytest.mark.parametrize(
    "body",
    [
        RSS.format(label="windows-1251").encode("utf-8"),
        b"\n\xef\xbb\xbf  " + RSS.format(label="utf-8").encode("utf-8"),
        RSS.format(label="iso-8859-1").encode("iso-8859-1"),
        RSS.format(label="utf-16").encode("utf-16"),
    ],
)
def test_valid_utf8_wins_over_any_label_and_labels_over_nothing(body):
    """The mojibake that feedparser makes of a wrong label does not happen."""
    assert parse_feed(body, "https://a.org/feed", "text/xml").title == "Räte"


def test_atom_without_published_takes_updated():
    """An Atom entry that has only `updated` still has a date."""
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>T</title><entry>
    <id>urn:1</id><title>E</title><link href="https://a.org/e"/>
    <updated>2026-03-04T10:00:00Z</updated></entry></feed>"""
    entry = parse_feed(body, "https://a.org/feed", "").entries[0]
    assert (entry.link, entry.published_raw) == (
        "https://a.org/e",
        "2026-03-04T10:00:00Z",
    )


def test_json_feed_is_read():
    """JSON Feed, which feedparser 6 can't read."""
    body = json.dumps(
        {
            "title": "J",
            "language": "fr",
            "items": [
                {
                    "id": 7,
                    "url": "https://a.org/7",
                    "title": "Sept",
                    "summary": "Court.",
                    "date_published": "2026-03-04T10:00:00Z",
                },
                "junk",
            ],
        }
    ).encode()
    found = parse_feed(body, "https://a.org/feed", "application/json")
    assert (found.left_out, found.note) == (1, None)
    assert found.entries[0] == Entry(
        guid="7",
        link="https://a.org/7",
        title="Sept",
        summary="Court.",
        content="",
        published_raw="2026-03-04T10:00:00Z",
        source="",
        lang="fr",
    )


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty body"),
        (b" \r\n", "empty body"),
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "an HTML page"),
        (b"%PDF-1.7 ...", "not a feed"),
        (b"/etc/passwd", "not a feed"),
        (b"{broken", "JSON that can't be read"),
        (b'{"items": 3}', "no list `items`"),
    ],
)
def test_what_is_no_feed_says_what_it_is(body, says):
    """Never an empty feed that looks healthy, never a local file."""
    with pytest.raises(NotAFeed, match=says):
        parse_feed(body, "https://a.org/feed", "text/html")


def test_a_truncated_feed_gives_what_it_has_with_a_note():
    """Broken XML never drops the entries that can be read."""
    body = RSS.format(label="utf-8").encode().replace(b"</channel></rss>", b"<item><ti")
    found = parse_feed(body, "https://a.org/feed", "")
    assert [e.guid for e in found.entries][:1] == ["g1"]
    assert found.note


def test_a_feed_that_only_a_second_parser_can_read_is_read():
    """feedparser finds nothing in it; in what neither reads the reason is told."""
    body = b"""<!-- comment --><?xml?xml version="1.0" ??><rss rss:version=2.0>
    <rss:channel><rss:title>T</rss:title><rss:item><rss:title>One</rss:title>
    <rss:link>https://a.org/1</rss:link><rss:description>Said.</rss:description>
    </rss:item></rss:channel></rss>"""
    (found,) = parse_feed(body, "https://a.org/feed", "").entries
    assert (found.title, found.link, found.summary) == (
        "One",
        "https://a.org/1",
        "Said.",
    )
    with pytest.raises(NotAFeed, match="beyond repair.*unclosed token"):
        parse_feed(b"<rss version='2.0'><chan", "https://a.org/feed", "")


def test_references_to_no_character_do_not_lose_the_feed():
    """An emoji as two halves, a control character: a space, and all entries."""
    body = b"""<rss version='2.0'><channel><title>T</title>
    <item><title>A &#55357;&#56842; b &#8; c & d &#xe9;</title></item>
    <item><title>Two</title></item></channel></rss>"""
    found = parse_feed(body, "https://a.org/feed", "").entries
    assert [e.title for e in found] == ["A b c & d é", "Two"]


def test_a_huge_feed_is_cut_and_a_bomb_is_harmless():
    """The entry cap holds; entity expansion stops."""
    items = b"<item><title>x</title></item>" * (MAX_ENTRIES + 5)
    body = b"<rss version='2.0'><channel><title>t</title>" + items + b"</channel></rss>"
    found = parse_feed(body, "https://a.org/f", "")
    assert (len(found.entries), found.left_out) == (MAX_ENTRIES, 5)
    bomb = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b
    "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><rss
    version="2.0"><channel><title>t</title><item><title>&c;</title></item></channel></rss>"""
    assert len(parse_feed(bomb, "https://a.org/f", "").entries[0].title) <= 500


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("<link>/a</link>", "https://www.site.example/a"),
        ("<link>www.site.example/a</link>", "http://www.site.example/a"),
        (
            "<link>https://x.example/41/Envoys Leave,\n Port</link>",
            "https://x.example/41/Envoys%20Leave,Port",
        ),
        ("<link/><guid>https://x.example/a</guid>", "https://x.example/a"),
        ("<link/><guid isPermaLink='false'>https://x.example/a</guid>", None),
        ("<link/><guid>4711</guid>", None),
    ],
)
def test_a_link_is_read_as_a_browser_reads_it(link, expected):
    """By the site's address; blanks escaped; a guid that is an address is one."""
    body = (
        "<rss version='2.0'><channel><title>S</title><link>https://www.site.example/</link>"
        f"<item><title>Envoys leave</title>{link}</item></channel></rss>"
    )
    found = parse_feed(body.encode(), "https://feeds.site.example/rss/f.xml", "")
    (entry,) = found.entries
    assert entry.link == expected


ITEM = """<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>F</title><item>
 <title>Envoys leave</title><link>https://a.org/1</link>{0}</item></channel></rss>"""


def entry_of(inner: str) -> Entry:
    """Return what is read of an item with these elements."""
    (entry,) = parse_feed(ITEM.format(inner).encode(), "https://a.org/feed", "").entries
    return entry


def test_a_pictures_caption_is_no_report():
    """Be it longer than the text; where there is no other, as of a video, it is taken."""
    own = "<description>Envoys left the house.</description>"
    caption = "<media:description>A long line on a yellow coat.</media:description>"
    for inner in (own + caption, caption + own):
        entry = entry_of(inner)
        assert (entry.summary, entry.content) == ("Envoys left the house.", "")
    video = f"<media:group>{caption}</media:group>"
    assert entry_of(video).summary == "A long line on a yellow coat."


def test_all_of_an_entrys_authors_are_told():
    """Each once, in their order."""
    names = ("Ana Moreno", "Tom Birch", "Ana Moreno")
    inner = "".join(f"<dc:creator>{name}</dc:creator>" for name in names)
    assert entry_of(inner).author == "Ana Moreno, Tom Birch"
    assert entry_of("<dc:creator>Ana Moreno</dc:creator>").author == "Ana Moreno"


@pytest.mark.parametrize(
    ("days", "kept"), [((1, 9), -1), ((9, 1), 0), ((0, 0), 0)], ids=str
)
def test_of_a_feed_beyond_the_cap_the_newest_are_kept(days, kept):
    """Also where the oldest come first; without dates, the first."""
    many = MAX_ENTRIES + 2
    first, last = (
        f"<pubDate>Mon, {day:02} Mar 2026 10:00:00 GMT</pubDate>" if day else ""
        for day in days
    )
    items = [f"<item><title>n{n}</title></item>" for n in range(many)]
    items[0] = items[0].replace("</item>", f"{first}</item>")
    items[-1] = items[-1].replace("</item>", f"{last}</item>")
    body = (
        f"<rss version='2.0'><channel><title>F</title>{''.join(items)}</channel></rss>"
    )
    found = parse_feed(body.encode(), "https://a.org/feed", "")
    assert (len(found.entries), found.left_out) == (MAX_ENTRIES, 2)
    assert found.entries[kept].title == f"n{(many - 1) if kept else 0}"


def test_a_recording_is_not_the_page_of_an_entry():
    """A podcast's item without a link has none."""
    item = (
        "<item><title>Episode 4</title><guid isPermaLink='false'>e4</guid>"
        "<enclosure url='https://a.org/4.mp3' type='audio/mpeg' length='5'/></item>"
    )
    body = f"<rss version='2.0'><channel><title>F</title>{item}</channel></rss>"
    (entry,) = parse_feed(body.encode(), "https://a.org/feed", "").entries
    assert (entry.link, entry.guid) == (None, "e4")


def test_a_feed_that_comes_packed_is_read():
    """Not one that fills the memory, nor what only begins so."""
    body = gzip.compress(RSS.format(label="utf-8").encode())
    assert len(parse_feed(body, "https://a.org/feed.gz", "").entries) == 1
    for wrong, said in (
        (gzip.compress(b" " * 30_000_000), "bytes, unpacked"),
        (b"\x1f\x8bnews", "can't be unpacked"),
    ):
        with pytest.raises(NotAFeed, match=said):
            parse_feed(wrong, "https://a.org/feed.gz", "")


@pytest.mark.parametrize(
    ("link", "led_to"),
    [
        (
            "https://www.google.com/url?rct=j&sa=t&url=https://b.org/1%3Fp%3D2&ct=ga",
            "https://b.org/1?p=2",
        ),
        (
            "http://www.bing.com/news/apiclick.aspx?ref=F&url=https%3a%2f%2fb.org%2f1",
            "https://b.org/1",
        ),
        ("https://a.org/redirect.aspx?url=/2", None),
        ("https://a.org/redirect.aspx?url=https://www.a.org/2", "https://www.a.org/2"),
        ("https://a.org/redirect?url=https://b.org/1", None),  # another's
        ("https://a.org/share?url=https://a.org/2", None),
        ("https://www.google.com/url?url=javascript:alert(1)", None),
        ("https://google.com.evil.org/url?url=https://b.org/1", None),
        ("https://a.org/redirect?" + "a=1&" * 400, None),
        ("https://www.google.com/amp/s/www.b.org/amp/1", "https://www.b.org/amp/1"),
        ("https://b-org.cdn.ampproject.org/c/s/b.org/1?amp=1", "https://b.org/1?amp=1"),
        ("https://b-org.cdn.ampproject.org/v/b.org/1", "http://b.org/1"),
        ("https://evil.org/amp/s/b.org/1", None),
    ],
)
def test_a_link_that_names_where_it_leads_is_that_address(link, led_to):
    """Of search engines any, of a site's own script its own; else it stays."""
    inner = f"<link>{link.replace('&', '&amp;')}</link>"
    body = ITEM.replace("<link>https://a.org/1</link>", "").format(inner)
    (entry,) = parse_feed(body.encode(), "https://a.org/feed", "").entries
    assert entry.link == (led_to or link)


def test_elements_that_only_look_like_ours_do_not_lose_the_feed():
    """`<links>` and a bare `<source>` are text to feedparser (found by fuzzing)."""
    body = (
        b"<rss version='2.0'><channel><title>F</title><item><title>T</title>"
        b"<links>https://a.org/x</links><source>Post</source></item></channel></rss>"
    )
    (entry,) = parse_feed(body, "https://a.org/feed", "").entries
    assert (entry.title, entry.link) == ("T", None)
