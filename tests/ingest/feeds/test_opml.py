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
    read = parse_feedlist(to_opml(feeds), "x.opml")
    assert [(f.url, f.group, f.lang) for f in read] == [
        ("https://a.org/f", "Wires", "en"),
        ("https://b.org/f", "", ""),
    ]
    text = b"# mine\n\nhttps://c.org/f\n"
    assert [f.url for f in parse_feedlist(text, "x.txt")] == ["https://c.org/f"]
    with pytest.raises(Misconfigured, match="x.txt:2: not a feed URL"):
        parse_feedlist(b"https://c.org/f\nftp://d.org\n", "x.txt")
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
