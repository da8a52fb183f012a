"""Lists of feeds, as OPML and as text."""

import pytest

from samestory.errors import Misconfigured
from samestory.ingest.feeds.opml import (
    checked_ref,
    parse_feedlist,
    to_opml,
)


def test_feed_lists_are_read_and_written_alike():
    """OPML out and in again; a text with comments; each mistake is named."""
    feeds = [
        checked_ref("https://a.org/f", "A & B", "Wires", "en"),
        checked_ref("https://b.org/f"),
    ]
    read = parse_feedlist(to_opml(feeds), "x.opml").feeds
    assert [(f.url, f.group, f.lang) for f in read] == [
        ("https://a.org/f", "Wires", "en"),
        ("https://b.org/f", "", ""),
    ]
    text = b"# mine\n\nhttps://c.org/f\n"
    assert [f.url for f in parse_feedlist(text, "x.txt").feeds] == ["https://c.org/f"]
    with pytest.raises(Misconfigured, match="x.txt:2: not a feed URL"):
        parse_feedlist(b"\nftp://d.org\n", "x.txt")
    with pytest.raises(Misconfigured, match="no feed in it"):
        parse_feedlist(b"<opml><body/></opml>", "x.opml")
    with pytest.raises(Misconfigured, match="not readable as OPML"):
        parse_feedlist(b"<opml><body>", "x.opml")
    with pytest.raises(Misconfigured, match="no feed in it"):
        parse_feedlist(b"\n", "x.txt")


@pytest.mark.parametrize(
    "given", ["feed:https://c.org/f", " FEED:https://c.org/f", "feed://c.org/f"]
)
def test_an_address_as_browsers_hand_it_out_is_that_of_the_feed(given):
    """With `feed:` before it or in place of its scheme; nothing else is let in by it."""
    assert checked_ref(given).url.partition("://")[2] == "c.org/f"
    for other in ("feed:ftp://c.org/f", "feed:file:///etc/passwd", "feed:"):
        with pytest.raises(Misconfigured):
            checked_ref(other)
    with pytest.raises(Misconfigured, match="password"):
        checked_ref("feed://me:secret@c.org/f")


LIST = b"""<?xml version="1.0"?>
<opml version="2.0"><body>
<outline text="A" htmlUrl="https://a.org/?x=1&y=2" xmlUrl="https://a.org/f?x=1&y=2"/>
<outline text="B" xmlUrl="/feed.xml"/>
<outline text="C" xmlUrl="file:///etc/passwd"/>
<outline text="D" xmlUrl="https://me:hidden@d.org/f"/>
<outline text="E &amp; F" xmlUrl="https://e.org/f"/>
"""


def test_one_bad_line_of_a_list_takes_no_other_with_it():
    """Each is named with its line; a bare ampersand is what it looks like."""
    whole = parse_feedlist(LIST + b"</body></opml>", "x.opml")
    assert [f.url for f in whole.feeds] == [
        "https://a.org/f?x=1&y=2",
        "https://e.org/f",
    ]
    assert [f.title for f in whole.feeds] == ["A", "E & F"]
    relative, local, secret = whole.left_out
    assert relative.startswith("x.opml:4: not a feed URL: '/feed.xml'")
    assert local.startswith("x.opml:5: not a feed URL: 'file:///etc/passwd'")
    assert secret.startswith("x.opml:6: a feed URL with a password in it")
    assert '--feed-headers file ["https://d.org/f"]' in secret
    assert not whole.is_damaged
    assert "hidden" not in "".join(whole.left_out)


def test_a_character_that_xml_forbids_is_a_blank():
    """A lone half of a pair, as a reference, made lxml raise (found by fuzzing)."""
    body = b"<opml><body><outline text='&#xD800;x' xmlUrl='https://a.org/f'/></body></opml>"
    assert [f.title for f in parse_feedlist(body, "x.opml").feeds] == [" x"]


def test_a_list_that_is_cut_off_is_read_as_far_as_it_goes():
    """It is told; in a text as well, each line stands for itself."""
    cut = parse_feedlist(LIST, "x.opml")
    assert len(cut.feeds) == 2
    assert cut.is_damaged
    assert cut.left_out[0].startswith("x.opml: not readable as OPML from line")
    text = parse_feedlist(b"https://c.org/f\nftp://d.org\nd.org/g\n", "x.txt")
    assert [f.url for f in text.feeds] == ["https://c.org/f"]
    assert [one[:8] for one in text.left_out] == ["x.txt:2:", "x.txt:3:"]
