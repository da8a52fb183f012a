"""One feed speaks for nobody but itself, whatever it links to and says."""

import re
from contextlib import contextmanager
from html import escape

import pytest

from ingest.feedlist import FeedRef
from ingest.story import story_id_from
from ingest.urls import url_key
from tests.conftest import open_client, serve
from tests.desk import Desk

EVIL = "http://evilnews.example/feed"
BBC_FEED = "http://feeds.bbci.co.uk/news"
NEWS = "http://www.bbc.co.uk/news/1"
TITLE = "Envoys leave the customs house in Port Callan"
FORGED = "Port Callan declares war on its neighbours"
TEXT = "The envoys of both countries left the customs house in Port Callan at noon. "


def rss(*rows: tuple[str, str], title="World", more="", summary="They met at noon."):
    items = "".join(
        f"<item><title>{escape(headline)}</title><link>{escape(link)}</link>{more}"
        f"<description>{escape(summary)}</description></item>"
        for headline, link in rows
    )
    head = f"<rss version='2.0'><channel><title>{title}</title>"
    return (
        200,
        {"Content-Type": "application/rss+xml"},
        f"{head}{items}</channel></rss>".encode(),
    )


def page(title=TITLE, head="", text=TEXT):
    body = "".join(f"<p>{text}Number {n} of the day.</p>" for n in range(8))
    whole = (
        f"<html><head><title>{title} - BBC News</title>{head}</head><body><article>"
        f"<h1>{title}</h1>{body}</article></body></html>"
    )
    return 200, {"Content-Type": "text/html"}, whole.encode()


def to(url):
    return 302, {"Location": url}, b""


@contextmanager
def reading(tmp_path, sandbox, sites):
    """A poller behind a proxy that plays every site; `sites` is by URL."""

    def answer(url, _):
        found = sites.get(url, (404, {}, b""))
        return found() if callable(found) else found

    with serve(answer) as proxy, open_client(proxy=proxy) as client:
        desk = Desk(tmp_path / "frontier.db", client, sandbox)
        yield desk
        desk.frontier.close()


def read(desk, *feeds):
    """Poll these feeds until all that they bring is read; return what is told now."""
    before = len(desk.stories)
    for feed in feeds:
        desk.frontier.feeds.add([FeedRef(url=feed)])
        desk.frontier.feeds.retry(feed)
    polled = {feed: desk.frontier.feeds.get(feed).polls for feed in feeds}

    def is_done():
        all_polled = all(
            desk.frontier.feeds.get(feed).polls > count
            for feed, count in polled.items()
        )
        return all_polled and desk.is_idle and not desk.frontier.due_count()

    desk.run(is_done)
    return desk.stories[before:]


def test_links_to_pages_that_are_not_there_make_no_newsroom_speak(tmp_path, sandbox):
    """Five newsrooms "tell" it: five reports of one teller, each marked hearsay."""
    hosts = (
        "www.bbc.co.uk",
        "www.reuters.com",
        "www.nytimes.com",
        "apnews.com",
        "dw.com",
    )
    rows = [(FORGED, f"http://{host}/world/{n}") for n, host in enumerate(hosts)]
    with reading(tmp_path, sandbox, {EVIL: rss(*rows)}) as desk:
        found = read(desk, EVIL)
    assert {story.outlet for story in found} == {"evilnews.example"}
    assert sorted(story.hearsay_of for story in found) == [
        "AP", "BBC", "Deutsche Welle", "New York Times", "Reuters",
    ]  # fmt: skip
    assert all(any(f.startswith("hearsay: ") for f in s.flags) for s in found)


def test_an_aggregators_link_in_a_strangers_feed_names_nobody(tmp_path, sandbox):
    """`<source>` counts in a feed that was fetched from the aggregator itself."""
    link = "http://news.google.com/rss/articles/CBMi"
    source = "<source url='https://www.reuters.com'>Reuters</source>"
    google = "http://news.google.com/rss"
    sites = {
        EVIL: rss((FORGED, link), more=source),
        google: rss((TITLE, link + "x"), more=source),
        "http://news.google.com/url?q=evil": to(EVIL),
    }
    with reading(tmp_path, sandbox, sites) as desk:
        told = read(desk, EVIL, google)
        (led,) = read(desk, "http://news.google.com/url?q=evil")
    assert sorted(story.attribution for story in told) == [
        "Reuters",
        "evilnews.example (of news.google.com)",
    ]
    assert led.attribution == "evilnews.example (of news.google.com)"


def test_a_feed_speaks_as_where_it_was_fetched_not_as_what_led_there(tmp_path, sandbox):
    """An open redirect at a newsroom makes no newsroom's feed of it."""
    led = "http://www.bbc.co.uk/go?to=evil"
    sites = {led: to(EVIL), EVIL: rss((FORGED, NEWS))}
    with reading(tmp_path, sandbox, sites) as desk:
        (story,) = read(desk, led)
    assert story.attribution == "evilnews.example (of BBC)"


@pytest.mark.parametrize("headline", [FORGED, TITLE + ", and declare war"])
@pytest.mark.parametrize("summary", ["War was declared at noon. " * 9, "They met."])
def test_forged_words_never_stand_under_a_real_pages_outlet(
    tmp_path, sandbox, headline, summary
):
    """Either the page's own words, title too, or hearsay of the teller."""
    sites = {EVIL: rss((headline, NEWS), summary=summary), NEWS: page()}
    with reading(tmp_path, sandbox, sites) as desk:
        (story,) = read(desk, EVIL)
    if story.hearsay_of:
        assert story.attribution == "evilnews.example (of BBC)"
    else:
        assert (story.outlet, story.title) == ("BBC", TITLE)
        assert TEXT.strip() in story.text
        assert "title-of-page" in story.flags
        assert "war" not in (story.title + story.text).lower()


def test_the_publishers_own_feed_keeps_its_headline(tmp_path, sandbox):
    """Headlines of feed and page often differ."""
    sites = {BBC_FEED: rss(("Envoys go home", NEWS)), NEWS: page()}
    with reading(tmp_path, sandbox, sites) as desk:
        (story,) = read(desk, BBC_FEED)
    assert (story.outlet, story.title, story.flags) == ("BBC", "Envoys go home", ())


def test_an_open_redirect_makes_no_page_the_victims(tmp_path, sandbox):
    """What it leads to is the story of whose page that is."""
    link, there = "http://www.bbc.co.uk/go?to=evil", "http://evilnews.example/war"
    sites = {EVIL: rss((FORGED, link)), link: to(there), there: page(FORGED)}
    with reading(tmp_path, sandbox, sites) as desk:
        (story,) = read(desk, EVIL)
    assert (story.attribution, story.url) == ("evilnews.example", there)
    assert story.story_id == story_id_from(url_key(there))


def test_links_that_lead_to_a_page_are_that_pages_one_story(tmp_path, sandbox):
    """However many tell it, and whoever does, its publisher's story stays its own."""
    short = [f"http://evilnews.example/{n}" for n in range(3)]
    sites = {
        EVIL: rss(*[(FORGED, link) for link in short]),
        **{link: to(NEWS) for link in short},
        NEWS: page(),
        BBC_FEED: rss((TITLE, NEWS)),
    }
    with reading(tmp_path, sandbox, sites) as desk:
        found = read(desk, EVIL)
        again = read(desk, BBC_FEED)
    assert {(s.story_id, s.outlet, s.title, s.url) for s in [*found, *again]} == {
        (story_id_from(url_key(NEWS)), "BBC", TITLE, NEWS)
    }
    assert len(found) == 1


@pytest.mark.parametrize("has_page", [True, False])
def test_nobody_changes_what_a_publisher_told(tmp_path, sandbox, has_page):
    """Its page is gone, its feed removed: others' words stay theirs."""
    sites = {BBC_FEED: rss((TITLE, NEWS)), EVIL: rss((FORGED, NEWS))}
    if has_page:
        sites[NEWS] = page()
    with reading(tmp_path, sandbox, sites) as desk:
        (first,) = read(desk, BBC_FEED)
        sites.pop(NEWS, None)
        desk.frontier.feeds.remove(BBC_FEED)
        desk.frontier.feeds.add([FeedRef(url=EVIL)])
        clock = iter(range(10**9, 2 * 10**9, 10_000))
        desk.poller._clock = desk.poller._delivery._clock = lambda: next(clock) + 2e9
        desk.run(
            lambda: (
                desk.is_idle
                and desk.frontier.feeds.get(EVIL).polls > 0
                and not desk.frontier.due_count()
            )
        )
    assert first.attribution == "BBC"
    assert desk.stories == [first]


def test_a_publishers_own_report_takes_the_place_of_hearsay(tmp_path, sandbox):
    """The same words of its own feed are another version, its own."""
    sites = {EVIL: rss((TITLE, NEWS)), BBC_FEED: rss((TITLE, NEWS))}
    with reading(tmp_path, sandbox, sites) as desk:
        (hearsay,) = read(desk, EVIL)
        (own,) = read(desk, BBC_FEED)
    assert (hearsay.attribution, own.attribution) == (
        "evilnews.example (of BBC)",
        "BBC",
    )
    assert hearsay.story_id == own.story_id
    assert hearsay.digest != own.digest


def test_a_feed_that_pages_link_to_is_the_sites_own_from_then_on(tmp_path, sandbox):
    """Also for a page that can't be read; on a service where anyone has feeds."""
    feed = "http://feeds.feedburner.com/callan"
    first, second = "http://callan.example/1", "http://callan.example/2"
    link = f"<link rel='alternate' type='application/rss+xml' href='{feed}'>"
    sites = {feed: rss(("Envoys go home", first)), first: page(head=link)}
    with reading(tmp_path, sandbox, sites) as desk:
        (one,) = read(desk, feed)
        sites[feed] = rss(("Envoys come back", second))
        (two,) = read(desk, feed)
    assert (one.attribution, one.title) == ("callan.example", "Envoys go home")
    assert (two.attribution, two.text_from) == ("callan.example", "feed")
    assert re.search("page-failed: .*404", two.flags[0])
