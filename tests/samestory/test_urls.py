"""Which URLs can be fetched, and from which host."""

import pytest

from samestory.urls import absolute_url, flags_of_host, host_of


def test_a_site_is_one_host_with_and_without_the_dot_behind_it():
    """It is asked in one turn, by one robots.txt's word."""
    assert host_of("https://A.org.:8443/x") == "a.org"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/a b", None),
        ("/news/1", "https://a.org/news/1"),
        ("//b.org/2", "https://b.org/2"),
        (" https://c.org/3\n", "https://c.org/3"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("http://[bad", None),
        ("//./x", None),
        ("http://[::1]:@80]]/x", None),
        ("http://a.org:99999999/", None),
        ("https://a.org/" + "x" * 3000, None),
        ("https://a.org/\ud800", None),
        ("https://me:hidden@a.org:8443/x?y=@", "https://a.org:8443/x?y=@"),
    ],
)
def test_a_link_becomes_an_absolute_http_url_or_nothing(link, expected):
    """Nothing that isn't http(s) gets to the client."""
    assert absolute_url(link, "https://a.org/feed") == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.reuters.com/x", ()),
        (None, ()),
        ("https://r\u0435uters.com/x", ("host-mixed-scripts",)),
        ("https://www.xn--ruters-3of.com/x", ("host-mixed-scripts",)),
        ("https://xn--80ak6aa92e.com/x", ()),  # one script, though like another
        ("https://\u0440\u0438\u0430.com/x", ()),  # each label its own
        ("https://\u65e5\u672c\u30cb\u30e5\u30fc\u30b9tv.jp/x", ()),
        ("https://b\xfccher1.de/x", ()),
        ("https://\u03b1lpha.gr/x", ("host-mixed-scripts",)),
    ],
)
def test_a_host_whose_label_mixes_scripts_is_flagged(url, expected):
    """A letter of another script makes a host look like a known one."""
    assert flags_of_host(url) == expected
