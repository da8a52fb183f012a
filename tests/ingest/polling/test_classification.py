"""What an entry is, by what is known: every rule of classification.py, by name."""

from dataclasses import replace

import pytest

from samestory.ingest.articles.outlets import FeedVoice
from samestory.ingest.articles.versions import LastVersion
from samestory.ingest.feeds.entry import Entry
from samestory.ingest.frontier.pending_story import PendingStory
from samestory.ingest.frontier.sightings import Sighting
from samestory.ingest.frontier.story_table import given_id
from samestory.ingest.polling.classification import MAX_FUTILE, Known, Outcome, classify
from samestory.ingest.polling.entry_identity import named
from samestory.story import story_id_from
from samestory.story_keys import story_ids_of
from tests.conftest import make_story

FEED, OTHER = "https://a.org/feed", "https://b.org/feed"
LINK, STRANGE = "https://a.org/1", "https://b.org/1"
ENTRY = Entry(
    guid="g1",
    link=LINK,
    title="Envoys leave the customs house",
    summary="They met until noon, and will meet again on Friday.",
    content="",
    published_raw="Monday",
    source="",
    lang=None,
)
EMPTY = replace(ENTRY, link=None, title="", summary="")


def story_of(entry, story_id, feed_url=FEED, futile=0, **changes):
    """Return a story that is known, published and read so often in vain."""
    last = None
    for _ in range(futile + 1):
        version = make_story(title=entry.title, text="T.", url=entry.link)
        last = LastVersion.of(version, last)
    values = {
        "story_id": story_id,
        "feed_url": feed_url,
        "host": "a.org",
        "entry": entry,
        "tries": 0,
        "first_seen": 7.0,
        "last_version": last,
        "voice": FeedVoice(url=feed_url),
    }
    return PendingStory(**(values | changes))


def known(*entries, by=FEED, stories=None, forgotten=(), **changes):
    """Return what the feed knows that brought these entries before.

    Args:
        entries: of one document of it, each a story of its address.
        by: the feed that brought the stories.
        stories: what is known of them, by id, where that is something else.
        forgotten: ids.
        changes: of each story.
    """
    sightings, found = {}, {}
    for one in named(entries):
        story_id = one.story_ids(FEED)[-1]
        found[story_id] = story_of(one.entry, story_id, by, **changes)
        for identity in one.identities:
            sightings[identity] = Sighting(
                identities=(identity,), story_id=story_id, entry_digest=one.digest
            )
    return Known(
        feed_url=FEED,
        voice=FeedVoice(url=FEED),
        sightings=sightings if by == FEED else {},
        stories=found if stories is None else stories,
        forgotten=forgotten,
    )


def of_before_schema_3(before):
    """Return the same with the digests that an upgrade leaves."""
    rows = before.sightings.items()
    return replace(
        before, sightings={i: replace(one, entry_digest="") for i, one in rows}
    )


def outcomes(entries, before):
    return [one.outcome.name for one in classify(named(entries), before)]


RETITLED = replace(ENTRY, title="Envoys come back")
REDATED = replace(ENTRY, published_raw="Tuesday")
ANOTHER = replace(ENTRY, link="https://a.org/2", title="Ferry lost", guid="g2")
CASES = {
    "nothing is known": ([ENTRY], known(), "NEW"),
    "said as before": ([ENTRY], known(ENTRY), "KNOWN"),
    "another title": ([RETITLED], known(ENTRY), "CHANGED"),
    "another date": ([REDATED], known(ENTRY), "CHANGED"),
    "another date, read in vain": (
        [REDATED],
        known(ENTRY, futile=MAX_FUTILE),
        "KNOWN",
    ),
    "another title, read in vain": (
        [RETITLED],
        known(ENTRY, futile=MAX_FUTILE),
        "CHANGED",
    ),
    "a link with the same guid": (
        [replace(ENTRY, link="https://a.org/moved")],
        known(ENTRY),
        "CHANGED",
    ),
    "a guid that another article has now": (
        [replace(ANOTHER, guid="g1", published_raw="Tuesday")],
        known(ENTRY),
        "NEW",
    ),
    "the same words under another link and guid": (
        [replace(ENTRY, guid="x", link="https://a.org/1?session=2")],
        known(replace(ENTRY, link="https://a.org/1?session=1")),
        "KNOWN",
    ),
    "the same words beside the story itself": (
        [ENTRY, replace(ENTRY, guid="x", link="https://a.org/2")],
        known(ENTRY),
        "KNOWN NEW",
    ),
    "another title under a known link": (
        [ENTRY, replace(ENTRY, guid="g2", title="One", link=LINK + "?utm_source=x")],
        known(ENTRY),
        "KNOWN NEW",
    ),
    "the very same twice in a document": ([ENTRY, ENTRY], known(), "NEW REPEATED"),
    "an address that another feed brought": (
        [ENTRY],
        known(ENTRY, by=OTHER),
        "CHANGED",
    ),
    "an address that its own publisher's feed brought": (
        [replace(ENTRY, link=STRANGE)],
        known(replace(ENTRY, link=STRANGE), by=OTHER),
        "KNOWN",
    ),
    "a story whose feed was removed": (
        [RETITLED],
        known(ENTRY, by=""),
        "CHANGED",
    ),
    "without anything": ([EMPTY], known(), "EMPTY"),
    "without anything, as before": ([EMPTY], known(EMPTY), "KNOWN"),
    "first seen by schema 2": ([RETITLED], of_before_schema_3(known(ENTRY)), "KNOWN"),
    "sighted, but its story was removed": ([RETITLED], known(ENTRY, stories={}), "NEW"),
    "three notes under one link": (
        [replace(ENTRY, guid="", title=f"Note {n}") for n in "abc"],
        known(),
        "NEW NEW NEW",
    ),
}


@pytest.mark.parametrize(
    ("entries", "before", "expected"), CASES.values(), ids=list(CASES)
)
def test_an_entry_is(entries, before, expected):
    """New, changed, known, repeated or empty."""
    assert " ".join(outcomes(entries, before)) == expected


def test_a_strangers_link_takes_no_address_unless_its_story_is_known_or_forgotten():
    """Its story is the feed's own until the page shows whose it is."""
    (one,) = named([replace(ENTRY, link=STRANGE)])
    address, here = story_ids_of(STRANGE)[-1], one.id_within(FEED)
    nothing = known()
    taken = replace(nothing, stories={address: story_of(ENTRY, address, OTHER)})
    forgotten = replace(nothing, forgotten={address})

    def story(before):
        (found,) = classify([one], before)
        assert found.is_foreign
        return found.story_id

    assert [story(nothing), story(taken), story(forgotten)] == [here, address, address]


def test_only_what_says_something_new_is_written_down():
    """A sighting for each entry but the known and the repeated."""
    entries = named([ENTRY, ANOTHER, ANOTHER])
    found = list(classify(entries, known(ENTRY)))
    assert [one.outcome for one in found] == [
        Outcome.KNOWN,
        Outcome.NEW,
        Outcome.REPEATED,
    ]
    (written,) = [one.sighting for one in found if one.sighting]
    assert written == Sighting(
        identities=entries[1].identities,
        story_id=story_ids_of(ANOTHER.link)[-1],
        entry_digest=entries[1].digest,
    )


@pytest.mark.parametrize(
    ("known_ids", "forgotten", "given"),
    [
        ((), (), "today"),
        (("former",), (), "former"),
        (("today",), (), "today"),
        (("former", "today"), (), "former"),
        (("former",), ("today",), "today"),
    ],
)
def test_the_id_that_was_given_to_a_story_is_kept(known_ids, forgotten, given):
    """One that is refused for ever before one that is known."""
    assert given_id(["former", "today"], known_ids, forgotten) == given


def test_a_guid_counts_within_its_feed():
    """Two feeds that give "1" to their entry tell two stories."""
    (one,) = named([replace(ENTRY, link=None)])
    ids = {tuple(one.story_ids(feed)) for feed in (FEED, OTHER)}
    assert ids == {(story_id_from(f"{feed} guid g1"),) for feed in (FEED, OTHER)}


# links that name a page, parameters that name an article


SHOW = "https://a.org/show"
FIRST = replace(ENTRY, link=SHOW, guid="e1", title="Envoys at noon")
SECOND = replace(
    ENTRY, link=SHOW, guid="e2", title="A ferry is lost", published_raw="Tuesday"
)


def polled(*documents, site=""):
    """Return what the entries of each poll's document are: (outcome, story id)."""
    sightings, stories, said = {}, {}, []
    for document in documents:
        entries = named(document, site)
        before = Known(
            feed_url=FEED,
            voice=FeedVoice(url=FEED),
            sightings=dict(sightings),
            stories=dict(stories),
        )
        found = list(classify(entries, before))
        for one in found:
            story_id = one.story_id
            stories[story_id] = story_of(one.named.entry, story_id)
            names = one.sighting.identities if one.sighting else ()
            for name in names:
                sightings[name] = replace(one.sighting, identities=(name,))
        said.append([(one.outcome.name, one.story_id) for one in found])
    return said


def test_a_link_that_carries_another_item_each_day_names_a_page():
    """One item a poll, always under the programme's address: none replaces another."""
    (first,), (second,), (third,), (again,) = polled(
        [FIRST],
        [SECOND],
        [replace(SECOND, guid="e3", published_raw="Friday")],  # the same title, too
        [replace(FIRST, summary="They met until one.")],
    )
    assert first[0] == second[0] == third[0] == "NEW"
    assert len({first[1], second[1], third[1]}) == 3
    assert again == ("CHANGED", first[1])


def test_an_item_under_a_page_without_a_guid_is_known_by_its_title():
    """Under the site's own address, where the feed states it."""
    entry = replace(ENTRY, link="https://a.org/", guid="")
    (first,), (other,), (again,) = polled(
        [entry],
        [replace(entry, title="A ferry is lost", published_raw="Tuesday")],
        [replace(entry, summary="They met until one.", published_raw="Friday")],
        site="https://www.a.org",
    )
    assert (first[0], other[0], again) == ("NEW", "NEW", ("CHANGED", first[1]))
    assert other[1] != first[1]


@pytest.mark.parametrize("guid", ["https://a.org/show#1", "https://a.org/show?v=2"])
def test_a_guid_that_counts_an_articles_versions_makes_no_page_of_it(guid):
    """The same address with another number is what some feeds give an update."""
    (first,), (again,) = polled([FIRST], [replace(SECOND, guid=guid)])
    assert again == ("CHANGED", first[1])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.org/view?uid=41", "https://a.org/view?uid=42"),
        ("https://a.org/view?ref=rss", "https://a.org/view?ref=home"),
        ("https://a.org/view?utm_content=1", "https://a.org/view?utm_content=2"),
    ],
)
def test_entries_whose_links_differ_in_one_parameter_are_two_stories(one, other):
    """Also where it is a tracker by its name: in one document it names the article."""
    both = [replace(FIRST, link=one, guid=""), replace(SECOND, link=other, guid="")]
    found, then = polled(both, both[::-1])
    assert [outcome for outcome, _ in found] == ["NEW", "NEW"]
    assert then == [("KNOWN", found[1][1]), ("KNOWN", found[0][1])]
    assert not any(one.is_on_page for one in named(both))


def test_an_item_that_has_nothing_else_is_named_by_what_it_says():
    """Not by what the other items' dates show of its own, nor by its author."""
    update = replace(ENTRY, link="https://a.org/", guid="", title="Update")
    several = [replace(update, content=str(n)) for n in range(3)]
    ids = [
        {one[1] for one in polled(items, site="https://a.org/")[0]}
        for items in (
            several,
            [replace(one, is_day=True) for one in several],
            [replace(one, author="Ada Roe") for one in several],
        )
    ]
    assert len(ids[0]) == 3
    assert ids[0] == ids[1] == ids[2]
