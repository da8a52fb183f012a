"""How many voices an event has, whoever printed what, in whatever order it came."""

import itertools
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from samestory.index.copies.kept import AGENCY, CREDIT, EARLIER
from samestory.index.copies.reading import MAX_READ, read
from tests.conftest import NOW, make_story
from tests.index.copies import made_copies as make
from tests.index.copies.tracked import Tracked

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


@pytest.fixture
def told(tmp_path):
    """Return who copied whom among stories, as the index keeps it."""
    count = itertools.count()
    return lambda *stories: Tracked(tmp_path / f"{next(count)}.db", stories)


def test_reports_of_their_own_are_a_voice_each(told):
    """Whose event they tell does not matter here."""
    found = told(story(1, "a.example", WIRE), story(2, "b.example", OWN))
    assert (found.voices, found.copies) == (["a.example", "b.example"], [])


def test_a_reprint_is_no_voice(told):
    """Told with its share and its source, which was published before it."""
    stories = story(1, "a.example", WIRE), story(2, "b.example", f"{WIRE}\n{ADDED}")
    found = told(*stories)
    (copy,) = found.copies
    assert found.voices == ["a.example"]
    assert (copy.story_id, copy.of_id) == (stories[1].story_id, stories[0].story_id)
    assert (copy.copied.ground, copy.copied.sources) == (EARLIER, 1)
    assert 0.7 < copy.copied.share < 0.95


def many():
    """Return reports with reprints of parts, an agency's own, and lines of a house."""
    wire, other = make.report(0), make.report(2)
    house = "Get the harbour briefing every morning in your inbox, free of charge."
    return [
        story(1, "a.example", WIRE),
        story(2, "b.example", f"{WIRE}\n{ADDED}"),
        story(3, "c.example", f"{OWN}\n{house}"),
        story(4, "d.example", make.merged(wire, other).text),
        story(5, "e.example", f"KESMARK (AP) - {OTHER}"),
        story(6, "AP", OTHER),
        story(7, "c.example", f"{make.cut(wire, 0.7, other[:1]).text}\n{house}"),
        story(8, "c.example", f"{make.report(4)[0]}\n{house}"),
        story(9, "f.example", f"{OTHER}\n{house}", date_quality="zone-guessed"),
        story(10, "g.example", f"{make.report(5)[0]}\n{house}"),
    ]


def test_the_order_of_arrival_changes_nothing(told):
    """Nor does our clock: what the reports state counts, to the last passage."""
    stories = many()
    table = told(*stories).table()
    assert len(table[0]) > 12
    assert len(table[1]) == 5
    for seed in range(6):
        random.Random(seed).shuffle(stories)
        assert told(*stories).table() == table


def test_what_was_there_for_a_while_changes_nothing(told):
    """Another version, or a report that was forgotten: as if it had never been."""
    stories = many()
    for number, one in enumerate(stories):
        others = [*stories[:number], *stories[number + 1 :]]
        found = told(*stories)
        found.remove(one)
        assert found.table() == told(*others).table()
        found = told(replace(one, text=make.report(7)[0]), *others, one)
        assert found.table() == told(one, *others).table()


def test_two_papers_that_print_an_agency_are_one_voice_seen_or_not(told):
    """Its own report may come last: it is the source all the same."""
    papers = [
        story(n, f"{n}.example", f"KESMARK (AP) - {WIRE}", agencies=("AP",))
        for n in (1, 2)
    ]
    unseen = told(*papers)
    assert unseen.voices == ["AP"]
    assert [copy.copied.source for copy in unseen.copies] == ["AP"]
    own = story(9, "AP", WIRE, url="https://apnews.com/9")
    seen = told(*papers)
    assert seen.take(own) == {one.story_id for one in papers}
    assert seen.voices == ["AP"]
    assert {copy.of_id for copy in seen.copies} == {own.story_id}
    assert {copy.copied.ground for copy in seen.copies} == {CREDIT}


def test_an_agency_is_the_source_of_who_has_its_words(told):
    """Nobody says so, and the paper states the earlier time."""
    paper = story(1, "a.example", f"{ADDED}\n{WIRE}")
    (copy,) = told(paper, story(2, "AFP", WIRE)).copies
    assert (copy.story_id, copy.copied.source) == (paper.story_id, "AFP")
    assert copy.copied.ground == AGENCY


@pytest.mark.parametrize(
    "changes",
    [
        {"date_quality": "zone-guessed"},
        {"published": NOW.replace(hour=0, minute=0, second=0, microsecond=0)},
        {"published": NOW + timedelta(hours=2, seconds=-59)},
    ],
    ids=["no zone", "midnight", "the same minute"],
)
def test_a_day_alone_tells_no_order(told, changes):
    """Midnight to the second is what feeds write that know no hour."""
    first = story(1, "a.example", WIRE, **changes)
    (copy,) = told(first, story(2, "b.example", WIRE)).copies
    assert copy.copied.ground == ""


@pytest.mark.parametrize(
    ("text", "is_copy"),
    [(make.report(0)[0], True), (f"{make.report(0)[0]} {make.report(1)[0]}", False)],
    ids=["wholly", "half"],
)
def test_a_short_report_is_a_copy_only_if_nearly_all_of_it_is(told, text, is_copy):
    """Of sixty words a share is noise."""
    found = told(story(1, "a.example", WIRE), story(2, "b.example", text))
    assert bool(found.copies) is is_copy


def test_hearsay_is_nobodys_voice(told):
    """It was not heard from whom it names; nor is it anybody's source."""
    heard = story(2, "b.example", OWN, hearsay_of="BBC")
    assert told(story(1, "a.example", WIRE), heard).voices == ["a.example"]
    later = told(heard, story(3, "c.example", OWN))
    assert (later.voices, later.copies) == (["c.example"], [])


def test_an_agency_is_one_voice_with_two_dispatches(told):
    """Papers print other texts of it: it is one newsroom all the same."""
    found = told(
        story(1, "a.example", f"KESMARK (AP) - {WIRE}", agencies=("AP",)),
        story(2, "b.example", f"KESMARK (AP) - {OTHER}", agencies=("AP",)),
        story(3, "c.example", OWN),
    )
    assert found.voices == ["AP", "c.example"]


def test_a_series_of_one_agency_is_one_voice(told):
    """Urgent, lead, write-through: each holds the former; a paper prints the second."""
    lines = make.report(0)
    series = [
        story(1, "AP", lines[0], title="URGENT: Harbour closed"),
        story(2, "AP", "\n".join(lines[:3]), title="Harbour closed, lead"),
        story(4, "AP", WIRE, title="Harbour closed, write-through"),
    ]
    found = told(*series, story(3, "a.example", "\n".join(lines[:3])))
    assert found.voices == ["AP"]
    assert [copy.of_id for copy in found.copies] == [series[1].story_id]


@pytest.mark.parametrize("title", ["Harbour fire – live updates", "Live: harbour fire"])
def test_nobody_copies_a_live_blog_unless_he_says_so(told, title):
    """It holds what others wrote, and holds it early."""
    blog = story(1, "a.example", f"{WIRE}\n{OWN}", title=title)
    found = told(blog, story(2, "b.example", WIRE))
    assert (found.voices, found.copies) == (["a.example", "b.example"], [])
    named = told(blog, story(2, "b.example", f"a.example\n{WIRE}"))
    assert named.voices == ["a.example"]


def test_a_round_up_adds_no_voice(told):
    """It takes a third from each of three, and says from how many."""
    parts = [make.report(n) for n in (0, 1, 2)]
    sources = [
        story(n, f"{n}.example", "\n".join(part)) for n, part in enumerate(parts, 1)
    ]
    mixed = "\n".join(line for part in parts for line in part[:2])
    found = told(*sources, story(9, "z.example", mixed))
    (copy,) = found.copies
    assert found.voices == ["1.example", "2.example", "3.example"]
    assert copy.copied.sources == 3
    assert copy.copied.is_round_up


def test_two_languages_are_not_compared(told):
    """One may be the translation of the other: nobody says that it is its own."""
    found = told(story(1, "a.example", WIRE), story(2, "b.example", WIRE, lang="fr"))
    assert found.copies == []


def test_a_market_table_is_not_copied_from_who_prints_it_too(told):
    """The exchange's figures are nobody's words."""
    table = "\n".join(
        f"Company {n} {n}.{n}0 +{n % 7}.{n % 9} {n}00 {n % 13} {n}5" for n in range(60)
    )
    found = told(
        story(1, "a.example", f"{make.report(0)[0]}\n{table}"),
        story(2, "b.example", f"{make.report(1)[0]}\n{table}"),
    )
    assert (found.voices, found.copies) == (["a.example", "b.example"], [])


def test_a_headline_alone_is_a_copy_of_the_same_headline(told):
    """Feeds without texts: two papers with one agency's headline are one voice."""
    title = "Velund expels six diplomats of Kesmark after talks fail"
    found = told(
        story(1, "a.example", "", title=title),
        story(2, "b.example", "", title=title),
        story(3, "c.example", "", title="Kesmark recalls its ambassador from Velund"),
    )
    assert found.voices == ["a.example", "c.example"]


def test_lines_of_the_house_are_no_copy_where_a_third_report_has_them(told):
    """A paper of a chain prints its chain's lines: they tell nobody's story."""
    house = " ".join(f"h{n}" for n in range(56))
    own = [" ".join(f"own{k}x{n}" for n in range(60)) for k in range(4)]
    mine = [story(n, "a.example", f"{own[n]}\n{house}") for n in range(3)]
    other = story(4, "b.example", f"{own[3]}\n{house}")
    assert len(told(*mine[:2], other).copies) == 1
    assert told(*mine, other).copies == []


def test_a_report_that_stands_there_thrice_is_not_the_house(told):
    """One text under three addresses of its outlet, or a reprint under three."""
    text = make.report(0)
    again = [
        story(n, "a.example", "\n".join([*text, f"Section {n}"])) for n in (1, 2, 3)
    ]
    reprints = [story(n, "b.example", WIRE) for n in (4, 5, 6)]
    found = told(*again, *reprints)
    assert found.voices == ["a.example"]
    assert len(found.copies) == 3


def test_what_copies_credit_tells_whose_text_it_is(told):
    """A paper that names nobody printed it first; one that reprints it names AP."""
    silent = story(1, "a.example", WIRE)
    naming = story(2, "b.example", f"KESMARK (AP) - {WIRE}")
    found = told(silent, naming, story(3, "c.example", OWN))
    assert found.voices == ["AP", "c.example"]
    found.remove(naming)
    assert found.voices == ["a.example", "c.example"]


def test_two_agencies_are_told_alike_whichever_came_first(told):
    """One text under two datelines: the same source in any order."""
    stories = [
        story(1, "a.example", f"KESMARK (AP) - {WIRE}"),
        story(2, "b.example", f"KESMARK (Reuters) - {WIRE}"),
    ]
    sources = {
        told(*order).copies[0].copied.source for order in (stories, stories[::-1])
    }
    assert sources == {"AP"}


def test_words_of_the_same_number_part_a_passage_and_do_not_hide_it(told):
    """CRC-32 is easily met: "Tarsk" and "a8zsabcz" have one."""
    text = f"Tarsk says no. {WIRE} Tarsk says no to the envoys of all the others."
    (copy,) = told(
        story(1, "a.example", text),
        story(2, "b.example", text.replace("Tarsk", "a8zsabcz")),
    ).copies
    assert copy.copied.share > 0.9


@pytest.mark.parametrize(
    "text",
    ["\uff9e\u0301" * 100_000, "\u0301\u0316" * 100_000, "\ufdfa" * 200_000],
    ids=["kana marks", "marks", "one letter that is eighteen"],
)
def test_a_text_that_grows_or_piles_up_is_read_in_bounds(text):
    """NFKC of a run of marks takes the square of its length; a letter becomes many."""
    assert len(read(text).text) <= MAX_READ
