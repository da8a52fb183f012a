"""Which addresses are one story, and which are not."""

import pytest

from samestory.story import story_id_from
from samestory.story_keys import ids_at, ids_of, story_ids_of, url_key, url_keys
from samestory.trackers import is_tracker

ONE = [
    ("https://a.org/x?utm_source=rss&utm_medium=f", "https://a.org/x"),
    ("http://a.org/x", "https://www.a.org/x/"),
    ("https://a.org/x#top", "https://a.org/x"),
    ("https://a.org:443/x", "https://a.org/x"),
    ("https://a.org/x?smid=tw&id=5", "https://a.org/x?id=5"),
    ("https://a.org/x?b=2&a=1", "https://a.org/x?a=1&b=2"),
    ("https://a.org/x?mod=rss_world", "https://a.org/x"),
    ("https://a.org/x?ref=hp-top", "https://a.org/x"),
    ("https://a.org/x?source=Newsletter.daily", "https://a.org/x"),
    ("https://a.org/x?session=" + "0f" * 16, "https://a.org/x"),
    ("https://a.org/x;jsessionid=0F1A?id=5", "https://a.org/x?id=5"),
    ("https://a.org/x#xtor=RSS-3208", "https://a.org/x"),
    ("https://a.org/x#:~:text=envoys%20left", "https://a.org/x"),
    ("https://m.a.org/x", "https://a.org/x"),
    ("https://amp.a.co.uk/x", "https://www.a.co.uk/x"),
    ("https://a.org/amp/x", "https://a.org/x"),
    ("https://a.org/x/amp/", "https://a.org/x"),
    ("https://a.org/x.amp.html", "https://a.org/x.html"),
    ("https://a.org/x?outputType=amp", "https://a.org/x"),
    ("https://a.org/x?amp", "https://a.org/x"),
    ("https://a.org/x/index.html", "https://a.org/x"),
    ("https://a.org/Default.aspx?id=5", "https://a.org?id=5"),
]
TWO = [
    ("https://a.org/x?p=1", "https://a.org/x?p=2"),
    ("https://a.org/watch?v=abc", "https://a.org/watch?v=ABC"),
    ("https://a.org/x", "https://b.org/x"),
    ("http://127.0.0.1:8001/x", "http://127.0.0.1:8002/x"),
    ("https://a.org/x?uid=4101", "https://a.org/x?uid=4102"),
    ("https://a.org/x?cid=4101", "https://a.org/x?cid=4102"),
    ("https://a.org/x?ref=4101", "https://a.org/x"),
    ("https://a.org/x?source=treaty-signed", "https://a.org/x?source=treaty-broken"),
    ("https://a.org/x?session=2026-3", "https://a.org/x?session=2026-4"),
    ("https://a.org/x?partner=41", "https://a.org/x?partner=42"),
    ("https://a.org/#/news/41", "https://a.org/#/news/42"),
    ("https://a.org/#!41", "https://a.org/#!42"),
    ("https://a.org/list#item-41", "https://a.org/list#item-42"),
    ("https://a.org/x?q=%EF%F0", "https://a.org/x?q=%E0%F1"),  # windows-1251
    ("https://m.blogspot.com/x", "https://blogspot.com/x"),  # m is a blog there
    ("https://m.com/x", "https://com/x"),
    ("https://a.org/amp", "https://a.org"),
    ("https://a.org/example", "https://a.org/ex"),
]
SPELLED = [
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
    ("http://[::1]:8001/x", "[::1]:8001/x"),
    ("https://u:p@a.org./x", "a.org/x"),
]


@pytest.mark.parametrize(("one", "other"), ONE)
def test_forms_and_trackers_do_not_count(one, other):
    """Scheme, www, ports, places of a page, trackers, telephones, AMP, index.html."""
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(("one", "other"), TWO)
def test_urls_of_two_articles_stay_two(one, other):
    """What may name the article is kept: in doubt, too."""
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(("one", "key"), SPELLED)
def test_an_address_has_one_key_however_it_is_spelled(one, key):
    """What RFC 3986, section 6.2.2, says is the same; a %2F is no slash."""
    if key is None:
        key = url_key(one.replace("org//", "org/"))
    assert url_key(one) == key


@pytest.mark.parametrize(
    "name", ["utm_source", "fbclid", "at_medium", "wt_mc", "ncid", "mc_cid", "_hsenc"]
)
def test_a_name_of_nothing_else_is_a_tracker_with_any_value(name):
    """Whole names: what only contains one is kept."""
    assert is_tracker(name, "41")
    assert is_tracker(name.upper(), "41")
    assert not is_tracker(f"my{name}41", "41")


def test_ids_once_given_are_among_those_of_an_address():
    """The former first: it counts where it is known."""
    before, today = story_ids_of("https://a.org/./x")
    assert before == story_id_from("a.org/./x")
    assert (today,) == story_ids_of("https://a.org/x")
    assert story_ids_of("https://m.a.org/x") == (
        story_id_from("m.a.org/x"),
        story_id_from("a.org/x"),
    )


def test_the_key_of_today_is_the_last_whatever_the_former_ones_were():
    """Also where the first rule gave the same and the second another."""
    address = "https://mhttps://mhttps://"  # found by fuzzing
    assert url_keys(address)[-1] == url_key(address)
    assert len(set(url_keys(address))) == len(url_keys(address))


def test_an_id_that_several_articles_shared_is_no_address_any_more():
    """A former key left out what names the article: it names none."""
    (today,) = ids_at("https://a.org/view?uid=4101")
    assert today == story_id_from("a.org/view?uid=4101")
    assert ids_of(today, "https://a.org/view?uid=4101") == (today,)


def test_a_url_inside_a_url_never_raises():
    """courlan takes it out of the query, with a port that is no number."""
    found = story_ids_of("https://a.org/?u=http://b.org:x/")
    assert found == (story_id_from("a.org?u=http%3A%2F%2Fb.org%3Ax%2F"),)


def test_a_url_in_the_query_is_not_the_storys():
    """Another site's story can't be claimed by linking to it."""
    address = "https://evil.org/x?url=https://www.a.org/1"
    assert url_key(address) == "evil.org/x?url=https%3A%2F%2Fwww.a.org%2F1"
    assert set(ids_at(address)).isdisjoint(ids_at("https://www.a.org/1"))
    many = "&".join(f"p{n}=1" for n in range(220))
    assert len(ids_at(f"https://a.org/x?{many}")) == 1


def test_what_courlan_breaks_is_left_as_it_was():
    """Fuzzing found a URL that it gives back with a port that is no number."""
    assert ids_at("http://[::1]</item>:=https://x?url=https://c.org/")
