"""A link that leads elsewhere takes nothing of what it led to along."""

import pytest

from samestory.story import story_id_from
from samestory.story_keys import url_key
from tests.hostile.readings import (
    BBC_FEED,
    EVIL,
    FORGED,
    NEWS,
    TITLE,
    page,
    read,
    reading,
    rss,
    to,
)


def test_an_open_redirect_makes_no_page_the_victims(tmp_path, sandbox):
    """What it leads to is the story of whose page that is."""
    link, there = "http://www.bbc.co.uk/go?to=evil", "http://evilnews.example/war"
    sites = {EVIL: rss((FORGED, link)), link: to(there), there: page(FORGED)}
    with reading(tmp_path, sandbox, sites) as harness:
        (story,) = read(harness, EVIL)
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
    with reading(tmp_path, sandbox, sites) as harness:
        found = read(harness, EVIL)
        again = read(harness, BBC_FEED)
    assert {(s.story_id, s.outlet, s.title, s.url) for s in [*found, *again]} == {
        (story_id_from(url_key(NEWS)), "BBC", TITLE, NEWS)
    }
    assert len(found) == 1


@pytest.mark.parametrize("link", ["http://evilnews.example/1", "http://t.example/1"])
def test_a_link_that_led_to_a_report_takes_no_id_of_it_along(tmp_path, sandbox, link):
    """Afterwards it leads home, or nowhere: the newsroom's report is as it was."""
    sites = {EVIL: rss((TITLE, link)), link: to(NEWS), NEWS: page()}
    with reading(tmp_path, sandbox, sites) as harness:
        (first,) = read(harness, EVIL)
        assert (first.outlet, first.url) == ("BBC", NEWS)
        sites |= {EVIL: rss((FORGED, link)), link: page(FORGED, text="War. " * 40)}
        for story in read(harness, EVIL):
            assert story.story_id != first.story_id
            assert story.outlet != "BBC"
        sites[BBC_FEED] = rss(("Envoys go home", NEWS))
        (own,) = read(harness, BBC_FEED)
    assert (own.story_id, own.title) == (first.story_id, "Envoys go home")


def test_a_link_that_leads_to_another_report_is_that_report(tmp_path, sandbox):
    """Of the same newsroom, too: the first keeps its own words."""
    link, second = "http://evilnews.example/1", "http://www.bbc.co.uk/news/2"
    sites = {EVIL: rss((TITLE, link)), link: to(NEWS), NEWS: page()}
    with reading(tmp_path, sandbox, sites) as harness:
        read(harness, EVIL)
        sites |= {
            link: to(second),
            second: page("Old crash", text="Old crash in Port Callan. " * 3),
        }
        sites[EVIL] = rss((FORGED, link))
        (story,) = read(harness, EVIL)
    assert story.story_id == story_id_from(url_key(second))


def test_a_feed_goes_on_with_its_story_after_a_stray_redirect(tmp_path, sandbox):
    """For one poll its link led to a parked page; each correction is told."""
    feed, link, parked = (
        "http://callan.example/feed",
        "http://callan.example/1",
        "http://parked.example/1",
    )
    sites = {feed: rss((TITLE, link)), link: page(), parked: page("Buy this domain")}
    with reading(tmp_path, sandbox, sites) as harness:
        (first,) = read(harness, feed)
        sites |= {feed: rss((TITLE + " at noon", link)), link: to(parked)}
        read(harness, feed)
        for n in range(2):
            title = f"Correction {n}: nobody left"
            sites |= {feed: rss((title, link)), link: page(title)}
            (story,) = read(harness, feed)
            assert (story.story_id, story.title) == (first.story_id, title)


def test_links_to_one_page_are_one_story_whose_page_is_read_once_a_poll(
    tmp_path, sandbox
):
    """However many links of a feed lead there, and what changes in their words."""
    links = [f"http://evilnews.example/{n}" for n in range(5)]
    asked = []

    def news():
        asked.append(NEWS)
        return page()

    sites = {NEWS: news, **{link: to(NEWS) for link in links}}
    with reading(tmp_path, sandbox, sites) as harness:
        for n in range(3):
            rows = [(f"{TITLE} {n} {link}", link) for link in links]
            sites[EVIL] = rss(*rows)
            ids = {story.story_id for story in read(harness, EVIL)}
            assert ids <= {story_id_from(url_key(NEWS))}
    assert len(asked) <= len(links) + 2


def canonical(address, title=TITLE):
    """Return a page that says to be at an address."""
    return page(title, f'<link rel="canonical" href="{address}">')


CALLAN = "http://callan.example/feed"
LONG, SHORT = "http://callan.example/2026/envoys-leave", "http://callan.example/?p=41"


def test_links_to_a_page_that_says_its_address_are_one_story(tmp_path, sandbox):
    """A feed with short links and one with long ones, and each again."""
    other = "http://callan.example/world"
    sites = {
        CALLAN: rss((TITLE, SHORT)),
        other: rss((TITLE, LONG)),
        SHORT: canonical(LONG),
        LONG: canonical(LONG),
    }
    with reading(tmp_path, sandbox, sites) as harness:
        (first,) = read(harness, CALLAN)
        assert read(harness, other) == []
        sites[CALLAN] = rss((f"{TITLE} again", SHORT))
        (again,) = read(harness, CALLAN)
    assert first.story_id == again.story_id == story_id_from(url_key(LONG))
    assert first.url == LONG


@pytest.mark.parametrize(
    "said",
    [
        "http://callan.example/",
        "http://www.bbc.co.uk/news/1",
        "http://callan.example/world",
    ],
    ids=["the front page", "another site", "the section"],
)
def test_an_address_that_is_no_reports_own_is_not_believed(tmp_path, sandbox, said):
    """Some say it on every page; nobody takes another's story by it."""
    rows = [("Envoys leave at noon", SHORT), ("A ferry is lost in storm", LONG)]
    sites = {CALLAN: rss(*rows)}
    sites |= {link: canonical(said, title) for title, link in rows}
    with reading(tmp_path, sandbox, sites) as harness:
        found = read(harness, CALLAN)
    assert {story.title for story in found} == {title for title, _ in rows}
    assert len({story.story_id for story in found}) == 2
    assert all(story.outlet == "callan.example" for story in found)
