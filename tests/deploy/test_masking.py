"""What is shown of an address, and what is not."""

import pytest

from samestory.deploy.masking import masked, shown

UUID = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
LOT = "Zx81kQm4Lr07Tb95"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://me:hidden@a.org/feed", "https://***@a.org/feed"),
        ("socks5://me:hidden@a.org:1080", "socks5://***@a.org:1080"),
        ("https://a.org/rss?token=abc&n=5", "https://a.org/rss?token=***&n=5"),
        ("https://a.org/rss?n=5&amp;auth=abc", "https://a.org/rss?n=5&amp;auth=***"),
        ("https://a.org/rss?API_KEY=abc", "https://a.org/rss?API_KEY=***"),
        (
            "https://a.org/rss?X-Amz-Signature=ab",
            "https://a.org/rss?X-Amz-Signature=***",
        ),
        ("https://a.org/x#access_token=abc", "https://a.org/x#access_token=***"),
        (f"https://a.org/rss?u={LOT}", "https://a.org/rss?u=***"),
        (f"https://a.org/rss?u={LOT}%3D%3D", "https://a.org/rss?u=***"),
        ("https://a.org/rss?j=eyJh1.eyJz2dWIi.sig3Nature", "https://a.org/rss?j=***"),
        (f"https://a.org/feed/{LOT}/rss.xml", "https://a.org/feed/***/rss.xml"),
        (
            f"https://a.org/podcast/1/private/{UUID}.rss",
            "https://a.org/podcast/1/private/***.rss",
        ),
    ],
)
def test_what_lets_anybody_in_is_hidden(url, expected):
    """Passwords, parameters that say so, and what was drawn by lot in a feed's URL."""
    assert masked(url) == expected
    assert (
        masked(f"feed {url}: 503 after 3 tries")
        == f"feed {expected}: 503 after 3 tries"
    )
    assert (
        masked(f"two, '{url}' and {url}, fail")
        == f"two, '{expected}' and {expected}, fail"
    )


@pytest.mark.parametrize(
    "text",
    [
        "https://a.org/feed.xml",
        "https://www.youtube.com/feeds/videos.xml?channel_id=UCXuqSBlHAE6Xw-yeJA0Tunw",
        "https://news.google.com/rss/search?q=envoys+when:1d&hl=en-US&ceid=US:en",
        "https://news.google.com/rss/articles/CBMiqwFBVV95cUxObExLZ2dxX0hFMy0tejIxVGhU",
        f"https://a.org/news/article.aspx?storyid={UUID}",
        "https://a.org/d9c56babf0a14593bae804e841249937",
        "https://a.org/feed/2026-03-10-envoys-of-38-states-met-in-2026",
        "https://a.org/news/S-P-500-Fluctuates-Near-High-5307115.php",
        "https://github.com/x/y/commits/main.atom",
        "--allow-network 10.0.0.0/8, a:b@c, key=abc, 12:30",
        "",
    ],
)
def test_ordinary_addresses_and_texts_stay_as_they_are(text):
    """Ten of 11,709 addresses of news stories change, all for such parameters."""
    assert masked(text) == text


def test_every_text_of_a_value_is_masked():
    """Rows of `--json`."""
    row = {"url": "https://a.org/?key=b", "n": 1, "all": [{"x": "y"}, None, True]}
    assert shown(row) == row | {"url": "https://a.org/?key=***"}


@pytest.mark.parametrize(
    "text", ["a" * 300_000, "http://" + ":" * 300_000, "x://a?" + "a=1&" * 90_000]
)
def test_a_text_of_a_stranger_takes_no_long_time(text):
    """Cases in quarantine are long, and made by anybody: the time grows with them."""
    assert masked(text) == text
