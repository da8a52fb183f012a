"""How many voices an event has, whoever printed what, in whatever order it came."""

import random
from datetime import timedelta

import pytest

from samestory.index.copies.voices import voices_of
from tests.conftest import NOW, make_story
from tests.index.copies import made_copies as make

WIRE = "\n".join(make.report(0))
OWN = "\n".join(make.report(1))
OTHER = "\n".join(make.report(2))
ADDED = make.report(3)[0]


def story(number, outlet, text, **changes):
    """Return a report of the hour that its number says."""
    at = NOW + timedelta(hours=number)
    values = {
        "story_id": f"s-{number:016x}",
        "outlet": outlet,
        "text": text,
        "title": f"Headline {number}",
        "url": f"https://{outlet}/{number}",
        "published": at,
        "first_seen": at,
        "date_quality": "exact",
    }
    return make_story(**(values | changes))


def test_reports_of_their_own_are_a_voice_each():
    """Whose event they tell does not matter here."""
    found = voices_of([story(1, "a.example", WIRE), story(2, "b.example", OWN)])
    assert (found.names, found.copies) == (("a.example", "b.example"), ())


def test_a_reprint_is_no_voice_and_adds_what_is_its_own():
    """Told with its share and its source, which was published before it."""
    reprint = f"{WIRE}\n{ADDED}"
    stories = [story(1, "a.example", WIRE), story(2, "b.example", reprint)]
    found = voices_of(stories)
    (copy,) = found.copies
    assert found.names == ("a.example",)
    assert (copy.story_id, copy.of, copy.is_ordered) == (
        stories[1].story_id,
        stories[0].story_id,
        True,
    )
    assert 0.7 < copy.share < 0.95
    assert " ".join(copy.added).split()[0] == ADDED.split()[0]
    assert all(one in ADDED for one in copy.added)


def test_the_order_of_arrival_changes_nothing():
    """Nor does our clock: what the reports state counts."""
    stories = [
        story(1, "a.example", WIRE),
        story(2, "b.example", f"{WIRE}\n{ADDED}"),
        story(3, "c.example", OWN),
        story(4, "d.example", make.merged(make.report(0), make.report(2)).text),
    ]
    found = voices_of(stories)
    for seed in range(4):
        random.Random(seed).shuffle(stories)
        assert voices_of(stories) == found


def test_two_papers_that_print_an_agency_are_one_voice_seen_or_not():
    """Its own report may come last: it is the source all the same."""
    papers = [
        story(n, f"{n}.example", f"KESMARK (AP) - {WIRE}", agencies=("AP",))
        for n in (1, 2)
    ]
    unseen = voices_of(papers)
    assert unseen.names == ("AP",)
    assert [copy.source for copy in unseen.copies] == ["AP"]
    own = story(9, "AP", WIRE, url="https://apnews.com/9")
    seen = voices_of([*papers, own])
    assert seen.names == ("AP",)
    assert {copy.of for copy in seen.copies} == {own.story_id}
    assert not any(copy.is_ordered for copy in seen.copies)


@pytest.mark.parametrize(
    "changes",
    [
        {"date_quality": "zone-guessed"},
        {"published": NOW.replace(hour=0, minute=0, second=0, microsecond=0)},
    ],
    ids=["no zone", "midnight"],
)
def test_a_day_alone_tells_no_order(changes):
    """Midnight to the second is what feeds write that know no hour."""
    first = story(1, "a.example", WIRE, **changes)
    (copy,) = voices_of([first, story(2, "b.example", WIRE)]).copies
    assert not copy.is_ordered


@pytest.mark.parametrize(
    ("text", "is_copy"),
    [(make.report(0)[0], True), (f"{make.report(0)[0]} {make.report(1)[0]}", False)],
    ids=["wholly", "half"],
)
def test_a_short_report_is_a_copy_only_if_nearly_all_of_it_is(text, is_copy):
    """Of sixty words a share is noise."""
    found = voices_of([story(1, "a.example", WIRE), story(2, "b.example", text)])
    assert bool(found.copies) is is_copy


def test_hearsay_is_nobodys_voice():
    """It was not heard from whom it names."""
    heard = story(2, "b.example", OWN, hearsay_of="BBC")
    assert voices_of([story(1, "a.example", WIRE), heard]).names == ("a.example",)


def test_an_agency_is_one_voice_with_two_dispatches():
    """Papers print other texts of it: it is one newsroom all the same."""
    stories = [
        story(1, "a.example", f"KESMARK (AP) - {WIRE}", agencies=("AP",)),
        story(2, "b.example", f"KESMARK (AP) - {OTHER}", agencies=("AP",)),
        story(3, "c.example", OWN),
    ]
    assert voices_of(stories).names == ("AP", "c.example")
