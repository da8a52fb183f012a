"""One feed speaks for nobody but itself, whatever it links to and says."""

import re
from urllib.parse import quote_plus

import pytest

from samestory.ingest.feeds.opml import FeedRef
from samestory.publishers import voice_of
from samestory.story import story_id_from
from samestory.story_keys import url_key
from samestory.urls import host_of
from tests.hostile.readings import (
    BBC_FEED,
    EVIL,
    FORGED,
    NEWS,
    TEXT,
    TITLE,
    page,
    read,
    reading,
    rss,
    to,
)


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
    with reading(tmp_path, sandbox, {EVIL: rss(*rows)}) as harness:
        found = read(harness, EVIL)
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
    with reading(tmp_path, sandbox, sites) as harness:
        told = read(harness, EVIL, google)
        (led,) = read(harness, "http://news.google.com/url?q=evil")
    assert sorted(story.attribution for story in told) == [
        "Reuters",
        "evilnews.example (of news.google.com)",
    ]
    assert led.attribution == "evilnews.example (of news.google.com)"


def test_a_feed_speaks_as_where_it_was_fetched_not_as_what_led_there(tmp_path, sandbox):
    """An open redirect at a newsroom makes no newsroom's feed of it."""
    led = "http://www.bbc.co.uk/go?to=evil"
    sites = {led: to(EVIL), EVIL: rss((FORGED, NEWS))}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, led)
    assert story.attribution == "evilnews.example (of BBC)"


@pytest.mark.parametrize("headline", [FORGED, TITLE + ", and declare war"])
@pytest.mark.parametrize("summary", ["War was declared at noon. " * 9, "They met."])
def test_forged_words_never_stand_under_a_real_pages_outlet(
    tmp_path, sandbox, headline, summary
):
    """Either the page's own words, title too, or hearsay of the teller."""
    sites = {EVIL: rss((headline, NEWS), summary=summary), NEWS: page()}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, EVIL)
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
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, BBC_FEED)
    assert (story.outlet, story.title, story.flags) == ("BBC", "Envoys go home", ())


@pytest.mark.parametrize("has_page", [True, False])
def test_nobody_changes_what_a_publisher_told(tmp_path, sandbox, has_page):
    """Its page is gone, its feed removed: others' words stay theirs."""
    sites = {BBC_FEED: rss((TITLE, NEWS)), EVIL: rss((FORGED, NEWS))}
    if has_page:
        sites[NEWS] = page()
    with reading(tmp_path, sandbox, sites) as harness:
        (first,) = read(harness, BBC_FEED)
        sites.pop(NEWS, None)
        harness.frontier.feeds.remove(BBC_FEED)
        harness.frontier.feeds.add([FeedRef(url=EVIL)])
        clock = iter(range(10**9, 2 * 10**9, 10_000))
        harness.poller._clock = harness.poller._delivery._clock = lambda: (
            next(clock) + 2e9
        )
        harness.run(
            lambda: (
                harness.is_idle
                and harness.frontier.feeds.get(EVIL).polls > 0
                and not harness.frontier.stories.due_count()
            )
        )
    assert first.attribution == "BBC"
    assert harness.stories == [first]


def test_hearsay_and_the_publishers_own_report_are_two_stories(tmp_path, sandbox):
    """The address gives its id to the publisher's; the teller's can be forgotten."""
    sites = {EVIL: rss((TITLE, NEWS)), BBC_FEED: rss((TITLE, NEWS))}
    with reading(tmp_path, sandbox, sites) as harness:
        (hearsay,) = read(harness, EVIL)
        (own,) = read(harness, BBC_FEED)
        assert harness.frontier.stories.of_outlet("evilnews.example") == [
            hearsay.story_id
        ]
        sites[EVIL] = rss((FORGED, NEWS), ("Another", NEWS))
        assert [s.attribution for s in read(harness, EVIL)] == [
            "evilnews.example (of BBC)"
        ] * 2
    assert (hearsay.attribution, own.attribution) == (
        "evilnews.example (of BBC)",
        "BBC",
    )
    assert own.story_id == story_id_from(url_key(NEWS)) != hearsay.story_id
    assert own.changes == ()


def guid(name):
    return f"<guid isPermaLink='false'>{name}</guid>"


@pytest.mark.parametrize("first", [NEWS, "http://evilnews.example/1"])
def test_a_guid_or_a_link_that_changes_hands_changes_no_story(tmp_path, sandbox, first):
    """First it names a newsroom's report, by its address or a redirect; then the feed's."""
    war = "http://evilnews.example/war"
    sites = {
        BBC_FEED: rss((TITLE, NEWS)),
        NEWS: page(),
        EVIL: rss((TITLE, first), more=guid("g")),
        "http://evilnews.example/1": to(NEWS),
        war: page(FORGED),
    }
    with reading(tmp_path, sandbox, sites) as harness:
        (own,) = read(harness, BBC_FEED)
        assert read(harness, EVIL) == []
        sites[EVIL] = rss((FORGED, war), more=guid("g"))
        told = read(harness, EVIL)
        sites["http://evilnews.example/1"] = page(FORGED)
        sites[EVIL] = rss((FORGED, first), more=guid("h"))
        told += read(harness, EVIL)
        sites[BBC_FEED] = rss((TITLE + " again", NEWS))
        (again,) = read(harness, BBC_FEED)
    assert {story.outlet for story in told} <= {"evilnews.example"}
    assert own.story_id not in {story.story_id for story in told}
    assert (again.story_id, again.outlet) == (own.story_id, "BBC")


def test_a_feed_speaks_as_where_it_was_when_it_told(tmp_path, sandbox):
    """Where it redirects to by the time a page is read proves nothing of its words."""
    links = [(FORGED, f"http://www.bbc.co.uk/none/{n}") for n in range(4)]
    sites = {EVIL: rss(*links), BBC_FEED: rss((TITLE, NEWS))}
    with reading(tmp_path, sandbox, sites) as harness:
        harness.frontier.feeds.add([FeedRef(url=EVIL)])
        harness.run(
            lambda: harness.is_idle and harness.frontier.stories.due_count() > 0
        )
        sites[EVIL] = to(BBC_FEED)
        told = [*harness.stories, *read(harness, EVIL)]
    forged = [story for story in told if story.title == FORGED]
    assert len(forged) == 4
    assert {story.attribution for story in forged} == {"evilnews.example (of BBC)"}


def test_a_proof_is_of_the_address_that_the_page_links_to(tmp_path, sandbox):
    """A feed that redirected there once does not speak for the site afterwards."""
    feed = "http://feeds.feedburner.com/callan"
    one, two = "http://callan.example/1", "http://callan.example/2"
    link = f"<link rel='alternate' type='application/rss+xml' href='{feed}'>"
    sites = {feed: rss(("Envoys go home", one)), one: page(head=link), EVIL: to(feed)}
    with reading(tmp_path, sandbox, sites) as harness:
        (proved,) = read(harness, EVIL)
        sites[EVIL] = rss((FORGED, two))
        (forged,) = read(harness, EVIL)
    assert proved.attribution == "callan.example"
    assert forged.attribution == "evilnews.example (of callan.example)"


def test_what_a_log_lost_is_told_again_and_a_redirect_may_be_corrected(
    tmp_path, sandbox
):
    """Links that lead to another site's page: publish first, then mark."""
    planet = "http://planet.example/feed"
    link = "http://short.example/1"
    sites = {planet: rss((TITLE, link)), link: to(NEWS), NEWS: page()}
    with reading(tmp_path, sandbox, sites) as harness:
        send, lost = harness.poller._delivery._send, []

        def fail_once(stories):
            if stories and not lost:
                lost.extend(stories)
                raise OSError("disk full")
            send(stories)

        harness.poller._delivery._send = fail_once
        with pytest.raises(OSError, match="disk full"):
            read(harness, planet)
        harness.poller._busy.clear()
        (told,) = read(harness, planet)
        sites[NEWS] = page("Envoys come back to the customs house", text=TEXT * 2)
        sites[planet] = rss(("Envoys come back to the customs house", link))
        (again,) = read(harness, planet)
    assert told.story_id == again.story_id == story_id_from(url_key(NEWS))
    assert (again.outlet, again.title) == (
        "BBC",
        "Envoys come back to the customs house",
    )


def test_one_host_is_one_outlet_however_it_is_spelled():
    """Full-width dots, a dot behind it, capitals, numbers: where it is connected to."""
    spelled = [
        "www.bbc.co.uk",
        "www.bbc\u3002co\u3002uk",
        "www.bbc.co.uk.",
        "WWW.BBC.co.uk",
    ]
    assert {voice_of(f"http://{host}/news/1") for host in spelled} == {"BBC"}
    numbers = ["203.0.113.5", "3405803781", "0xcb.0.0x71.5", "203.0.113.5."]
    assert {host_of(f"http://{host}/") for host in numbers} == {"203.0.113.5"}


def test_the_feeds_title_and_date_have_no_say_on_anothers_page(tmp_path, sandbox):
    """A headline loses only what is its outlet's; a page without a date has none."""
    headline = "Israel strikes Tehran - claim denied by both armies"
    feed = rss(
        (headline, NEWS),
        title="claim denied by both armies",
        more="<pubDate>Mon, 01 Apr 2024 09:00:00 GMT</pubDate>",
    )
    sites = {EVIL: feed, NEWS: page(headline)}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, EVIL)
    assert (story.outlet, story.title) == ("BBC", headline)
    assert (story.published, story.published_raw) == (None, None)


def test_an_addresss_own_words_are_no_headline(tmp_path, sandbox):
    """A search page that repeats what it was asked reports nothing."""
    link = "http://www.bbc.co.uk/search?q=Port+Callan+declares+war+on+its+neighbours"
    sites = {EVIL: rss((FORGED, link)), link: page(FORGED)}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, EVIL)
    assert story.attribution == "evilnews.example (of BBC)"


@pytest.mark.parametrize(
    "url",
    [
        "https://medium.com/@x?" + "&".join(f"a{n}=1" for n in range(90)),
        "https://youtube.com/?" + "&".join(["channel_id=a"] * 90),
        "https://medium.com/feed/@evil?user=@victim",
    ],
)
def test_a_query_names_no_channel(url):
    """Nor does one of any length stop a feed."""
    assert voice_of(url) in {"medium.com/@x", "medium.com/@evil", "youtube.com"}


def test_a_feed_that_pages_link_to_is_the_sites_own_from_then_on(tmp_path, sandbox):
    """Also for a page that can't be read; on a service where anyone has feeds."""
    feed = "http://feeds.feedburner.com/callan"
    first, second = "http://callan.example/1", "http://callan.example/2"
    link = f"<link rel='alternate' type='application/rss+xml' href='{feed}'>"
    sites = {feed: rss(("Envoys go home", first)), first: page(head=link)}
    with reading(tmp_path, sandbox, sites) as harness:
        (one,) = read(harness, feed)
        sites[feed] = rss(("Envoys come back", second))
        (two,) = read(harness, feed)
    assert (one.attribution, one.title) == ("callan.example", "Envoys go home")
    assert (two.attribution, two.text_from) == ("callan.example", "feed")
    assert re.search("page-failed: .*404", two.flags[0])


def test_what_was_hearsay_gets_its_address_once_its_feed_is_proved(tmp_path, sandbox):
    """A page names the feed as its site's own: the report is told under its own id."""
    feed, link = "http://feeds.feedburner.com/callan", "http://callan.example/1"
    more = "http://callan.example/2"
    head = f"<link rel='alternate' type='application/rss+xml' href='{feed}'>"
    sites = {feed: rss((TITLE, link)), more: page("Two", head)}
    with reading(tmp_path, sandbox, sites) as harness:
        (first,) = read(harness, feed)
        assert first.hearsay_of == "callan.example"
        sites[feed] = rss((TITLE, link), ("Two", more))
        read(harness, feed)
        sites |= {feed: rss((TITLE + ", corrected", link), ("Two", more))}
        sites[link] = page(head=head)
        (story,) = read(harness, feed)
    assert story.story_id == story_id_from(url_key(link))


def test_a_strange_feed_picks_no_headline_out_of_a_pages_data(tmp_path, sandbox):
    """A reader's post, a related report."""
    data = (
        '<script type="application/ld+json">[{"@type": "DiscussionForumPosting",'
        f' "headline": "{FORGED}"}}, {{"@type": "NewsArticle", "headline":'
        f' "{FORGED}"}}]</script>'
    )
    sites = {EVIL: rss((FORGED, NEWS)), NEWS: page(head=data)}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, EVIL)
    assert story.title == TITLE


@pytest.mark.parametrize("words", ["港口卡兰向邻国宣战", "War declared"])
def test_a_search_page_repeats_few_words_or_words_without_blanks(
    tmp_path, sandbox, words
):
    link = f"http://www.bbc.co.uk/search?q={quote_plus(words)}"
    sites = {EVIL: rss((words, link)), link: page(words)}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, EVIL)
    assert story.attribution == "evilnews.example (of BBC)"
