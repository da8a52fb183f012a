"""Which URLs are one story."""

import pytest

from samestory.story import story_id_from
from samestory.urls import (
    absolute_url,
    flags_of_host,
    host_of,
    story_ids_of,
    url_key,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.org/x?utm_source=rss&utm_medium=f", "https://a.org/x"),
        ("http://a.org/x", "https://www.a.org/x/"),
        ("https://a.org/x#top", "https://a.org/x"),
        ("https://a.org:443/x", "https://a.org/x"),
        ("https://a.org/x?smid=tw&id=5", "https://a.org/x?id=5"),
        ("https://a.org/x?b=2&a=1", "https://a.org/x?a=1&b=2"),
    ],
)
def test_urls_that_differ_by_tracking_alone_are_one_story(one, other):
    """Scheme, www, ports, fragments and trackers do not count."""
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "key"),
    [
        ("https://a.org./x", "a.org/x"),
        ("https://A.org.:443/x", "a.org/x"),
        ("https://a.org/./x", "a.org/x"),
        ("https://a.org/b/../x/.", "a.org/x"),
        ("https://a.org/../x", "a.org/x"),
        ("https://a.org/%2e%2E/x", "a.org/x"),
        ("https://a.org//x", "a.org/x"),
        ("https://a.org//x?" + "&".join("b=1" for _ in range(60)), None),
        ("https://a.org/%78", "a.org/x"),
        ("https://a.org/%7ex", "a.org/~x"),
        ("https://a.org/%d0%bf", "a.org/%D0%BF"),
        ("https://a.org/\u043f", "a.org/%D0%BF"),
        ("https://a.org/x%2fy", "a.org/x%2Fy"),
        ("https://xn--bcher-kva.org/x?utm_source=r", "b\xfccher.org/x"),
        ("https://xn--.org/x", "xn--.org/x"),
        ("http://[::1]:8001/x", "::1:8001/x"),
        ("https://u:p@a.org./x", "a.org/x"),
    ],
)
def test_an_address_has_one_key_however_it_is_spelled(one, key):
    """What RFC 3986, section 6.2.2, says is the same; a %2F is no slash."""
    if key is None:
        key = url_key(one.replace("org//", "org/"))
    assert url_key(one) == key


def test_a_site_is_one_host_with_and_without_the_dot_behind_it():
    """It is asked in one turn, by one robots.txt's word."""
    assert host_of("https://A.org.:8443/x") == "a.org"


def test_ids_once_given_are_among_those_of_an_address():
    """The former first: it counts where it is known."""
    before, today = story_ids_of("https://a.org/./x")
    assert before == story_id_from("a.org/./x")
    assert (today,) == story_ids_of("https://a.org/x")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.org/x?p=1", "https://a.org/x?p=2"),
        ("https://a.org/watch?v=abc", "https://a.org/watch?v=ABC"),
        ("https://a.org/x", "https://b.org/x"),
        ("http://127.0.0.1:8001/x", "http://127.0.0.1:8002/x"),
    ],
)
def test_urls_of_two_articles_stay_two(one, other):
    """WordPress ?p= and video ?v= name the article."""
    assert url_key(one) != url_key(other)


def test_a_url_inside_a_url_never_raises():
    """courlan takes it out of the query, with a port that is no number."""
    found = url_key("https://a.org/?u=http://b.org:x/")
    assert found == "a.org?u=http%3A%2F%2Fb.org%3Ax%2F"


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
        ("http://a.org:99999999/", None),
        ("https://a.org/" + "x" * 3000, None),
        ("https://a.org/\ud800", None),
        ("https://me:hidden@a.org:8443/x?y=@", "https://a.org:8443/x?y=@"),
    ],
)
def test_a_link_becomes_an_absolute_http_url_or_nothing(link, expected):
    """Nothing that isn't http(s) gets to the client."""
    assert absolute_url(link, "https://a.org/feed") == expected


def test_a_url_in_the_query_is_not_the_storys():
    """Another site's story can't be claimed by linking to it."""
    assert url_key("https://evil.org/x?url=https://www.a.org/1").startswith(
        "evil.org/x"
    )
    assert url_key("https://a.org/x?" + "&".join(f"p{n}=1" for n in range(220)))


def test_what_courlan_breaks_is_left_as_it_was():
    """Fuzzing found a URL that it gives back with a port that is no number."""
    assert url_key("http://[::1]</item>:=https://x?url=https://c.org/")


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
