"""What one outlet floods the index with weighs once: it links no events of others."""

import random
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest

from samestory.embed.embedding import embed_stories
from samestory.index.decision.decision import believed
from samestory.index.grouping.event_index import EventIndex
from samestory.index.grouping.groups import MEMBERS_READ, Groups
from samestory.index.store.state import State
from samestory.story import Story
from tests.conftest import NOW, make_story
from tests.index.looks import Harness, groups, report

OUTLETS = ("north.example", "harbour.example", "observer.example", "wire.example")
ATTACK = 230
# Who, did what, where, and a detail: all invented.
TOLD = """
Brezhia's president Kalmor|signs a truce with Ostrava rebels|in Vellin|Fighting in the Ostrava valley has lasted three years.
Foreign minister Tessil of Corvane|recalls the ambassador|from Jundar|The row began over fishing rights near Pell island.
The port of Marenholt|closes after a tanker ran aground|at Grey Point|Some 400 tonnes of fuel oil leaked into the bay.
Quorra's central bank|raises its key rate to 6.5 percent|in a surprise vote|Inflation in Quorra reached nine percent in March.
Striking miners|occupy the Dalgren copper works|near Usk|Their union demands pay for unused leave.
A passenger train|derails on the Torvik bridge|north of Sund|Eleven people were taken to hospital.
Judges of the high court|free the editor Lina Marovic|in Petrograv|She had been held for 14 months on charges of slander.
Wildfires|drive 9,000 people from their homes|around Casterra|Two firefighting planes came from neighbouring Alden.
The parliament of Ilvania|passes a ban on shark fins|after a long debate|Restaurants have until June to sell their stock.
Drone maker Helix Aero|cuts 2,300 jobs|at its plant in Norbeck|Orders fell by a third when the army cancelled a contract.
A cholera outbreak|spreads to the refugee camp of Besh|in southern Tamar|Doctors count 61 cases and ask for clean water.
Skater Yuna Hald|wins the world title|in Tromsby|She beat the champion of last year by two points.
Farmers on tractors|block the border crossing of Zell|over grain imports|Lorries wait in a line of twelve kilometres.
Archaeologists|find a royal tomb|under the market of Old Sarum Quay|Gold masks and a chariot lay beside the coffin.
Cyclone Imara|makes landfall|on the coast of Ndolo|Winds of 190 kilometres an hour tore roofs off schools.
The telecom Vantel|admits that hackers took data of four million customers|in a letter|Passwords were not among what was stolen.
Opposition leader Rashid Omero|is barred from the election|in Sefara|The commission says that he lacks 900 signatures.
A dam|bursts above the village of Loch Arden|after days of rain|Divers look for nine missing people.
Space agency Orbis|loses contact with its moon lander|minutes before touchdown|The probe Pilgrim was to look for ice at the south pole.
Novelist Aurel Dask|receives the Lindqvist prize|for his life's work|His best-known book tells of a lighthouse keeper.
""".strip().splitlines()


def reports_of(event: int) -> list[tuple[str, str]]:
    """Return what each of the OUTLETS says of an event: title and text."""
    who, did, where, detail = TOLD[event].split("|")
    said = f"{who} {did} {where}"
    return [
        (said, f"{said}, officials said. {detail}"),
        (f"{who} {did}", f"{detail} On Tuesday {said}."),
        (f"{did.capitalize()} {where}: {who}", f"It is confirmed: {said}. {detail}"),
        (
            f"{where.capitalize()}: {who} {did}",
            f"{said}. Witnesses spoke of a shock. {detail}",
        ),
    ]


def crafted(number: int) -> tuple[str, str]:
    """Return a report that blends two events.

    For each of twelve pairs six that are more like the one, six that are more like the
    other, and seven that are like both.
    """
    pairs = [(2 * n, 2 * n + 1) for n in range(10)] + [(0, 2), (4, 6)]
    turn, step = divmod(number, 19)
    a, b = (reports_of(event) for event in pairs[turn % len(pairs)])
    one, other = (a, b) if step < 6 or (step >= 12 and step % 2) else (b, a)
    (title, text), (_, more) = one[step % 4], one[(step + 1) % 4]
    if step < 12:
        return title, f"{text} {more} {other[step % 4][1]}"
    texts = " ".join(text for side in (one, other) for _, text in side)
    return f"{title}; {other[step % 4][0]}", texts


def told() -> list[Story]:
    """Return the genuine reports, and then those that one outlet crafted later."""
    genuine = [
        (outlet, event, *reports_of(event)[number])
        for number, outlet in enumerate(OUTLETS)
        for event in range(len(TOLD))
    ]
    forged = [("flood.example", -1, *crafted(number)) for number in range(ATTACK)]
    found = []
    for number, (outlet, event, title, text) in enumerate([*genuine, *forged]):
        at = NOW + timedelta(hours=2 * (event < 0), seconds=number)
        story = make_story(f"{event} {number}", outlet=outlet, title=title, text=text)
        found.append(replace(story, published=at, first_seen=at, observed=at))
    return found


@pytest.fixture(scope="module")
def flood(encoder):
    return embed_stories(told(), encoder)


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("outlets", [4, 1])
@pytest.mark.parametrize("order", ["afterwards", "meanwhile"])
def test_crafted_reports_of_one_outlet_tie_no_events_of_others_together(
    flood, tmp_path, outlets, order
):
    """Of 20 events 230 of them, blends of pairs, left 14; 9 where each had one report."""
    journal = [*flood[: outlets * len(TOLD)], *flood[-ATTACK:]]
    if order == "meanwhile":
        random.Random(3).shuffle(journal)
    index = EventIndex(State(tmp_path / "state.db"))
    index.apply([(n, one.encode()) for n, one in enumerate(journal)])
    events = defaultdict(set)
    for member in index.state.stories():
        if member.story.outlet in OUTLETS:
            events[member.event_id].add(member.story.title)
    titles = {title: event for event in range(20) for title, _ in reports_of(event)}
    found = sorted(sorted({titles[title] for title in one}) for one in events.values())
    assert found == [[event] for event in range(20)]


TWO = [
    report("a1", 0, outlet="a"),
    report("a2", 1, outlet="b"),
    report("b1", 61, outlet="c"),
    report("b2", 62, outlet="d"),
]


def between(*outlets: str) -> list[bytes]:
    """Return reports that are as like one of the TWO events as like the other."""
    return [
        report(f"x{n}", 30 + n / 2, outlet=outlet) for n, outlet in enumerate(outlets)
    ]


@pytest.fixture
def harness(tmp_path):
    found = Harness(tmp_path / "s.db")
    yield found
    found.index.state.close()


def test_two_events_are_not_merged_on_what_one_outlet_says(harness):
    """Two outlets are needed between them; how often each speaks does not matter."""
    harness(*TWO, *between(*"x" * 9))
    assert len(harness.groups()) == 2
    harness(*between(*"yz" * 9)[9:])
    assert len(harness.groups()) == 1
    assert "merged" in harness.reasons()


def test_a_report_is_not_moved_to_another_event_by_what_one_outlet_says(harness):
    """Alone it would go with the crafted ones, but another outlet is there."""
    harness(report("a", 0, outlet="a"), report("b", 80, outlet="b"))
    harness(*between(*"xxx"))
    assert harness.member("a").event_id != harness.member("b").event_id


def test_a_report_joins_what_one_outlet_alone_told(harness):
    """A second outlet confirms an event, be it by one report among many."""
    harness(*(report(f"x{n}", n / 2, outlet="x") for n in range(9)))
    harness(report("a", 20, outlet="a"))
    assert harness.groups() == groups("x0 x1 x2 x3 x4 x5 x6 x7 x8 a")


def test_an_outlet_that_floods_an_event_leaves_others_heard(harness):
    """Of more reports than are read, the nearest of each outlet are among them."""
    harness(report("a", 0, outlet="a", hours=5), report("b", 1, outlet="b", hours=5))
    many = MEMBERS_READ + 5
    harness(*(report(f"x{n}", n / many, outlet="x", hours=n / 60) for n in range(many)))
    arrived = harness.member("x0")
    index = harness.index
    groups_now = Groups(index.model, index._memory(), index.state.membership)
    (view,) = groups_now.views([arrived.seq])
    found = groups_now.around(arrived.event_id, view)
    assert len(found) == MEMBERS_READ
    assert found[0] == harness.member("x1").seq
    assert found[1:3] == [harness.member("a").seq, harness.member("b").seq]
    assert groups_now.around(arrived.event_id, view, without="x") == found[1:3]
    assert groups_now.outlets(arrived.event_id) == {"a", "b", "x"}


@pytest.mark.parametrize(
    ("votes", "mean"),
    [
        ([("x", 0.5)], 0.5),
        ([("x", 0.75), ("x", 0.25)], 0.5),
        ([("x", 1.0), ("x", 1.0), ("x", 1.0), ("a", 0.5)], 0.75),
        ([("x", 1.0), ("a", 0.0)], 0.0),
        ([("x", 1.0), ("a", 0.01), ("b", 0.02)], 0.015),
        ([("x", 0.9), ("a", 0.3), ("b", 0.0)], 0.4),
    ],
    ids=str,
)
def test_outlets_weigh_once_and_none_is_believed_alone_against_all_others(votes, mean):
    """The mean over outlets of the mean of each; without the first if none agrees."""
    assert believed(votes) == pytest.approx(mean)
