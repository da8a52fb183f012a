"""The second look: what a new report shows about those that came before it."""

import json
from datetime import timedelta

import numpy as np
import pytest

from samestory.embed.vector import StoryVector
from samestory.index.correction import DIFFERENT, SAME
from samestory.index.events import EventIndex
from samestory.index.explanation import why_pair, why_story
from samestory.index.features import FEATURES
from samestory.index.pair_model import PairModel
from samestory.index.state import State
from tests.conftest import NOW, make_story
from tests.index.test_corrections import said

# Alike by the cosine alone: 0.5 at 60 degrees' half, 0.9 at a cosine of 0.72.
MODEL = PairModel(
    name="by cosine",
    bias=-5.0,
    weights=tuple(10.0 * (name == "similarity") for name in FEATURES),
    threshold=0.5,
)


def at(*degrees: float) -> np.ndarray:
    """Return a unit vector: the first angle in one plane, the second in another."""
    first, second = np.radians([*degrees, 0.0][:2])
    found = np.zeros((1, 8))
    found[0, :3] = np.cos(first) * np.cos(second), np.sin(first), np.sin(second)
    return np.repeat(found / np.linalg.norm(found), 2, axis=0).astype(np.float16)


def report(
    name: str,
    *degrees: float,
    hours: float = 0.0,
    title: str = "",
    outlet: str = "example.org",
) -> bytes:
    moment = NOW + timedelta(hours=hours)
    story = make_story(
        name,
        title=title or name,
        text="",
        published=moment,
        first_seen=moment,
        outlet=outlet,
    )
    return StoryVector(story=story, vectors=at(*degrees), space_id="v-t").encode()


class Desk:
    """An index by MODEL, told one report after another."""

    def __init__(self, path) -> None:
        self.path = path
        self.index = EventIndex(State(path), MODEL)

    def __call__(self, *records: bytes) -> None:
        begin = self.index.state.position()
        self.index.apply(list(enumerate(records, begin)))

    def restart(self) -> None:
        self.index.state.close()
        self.index = EventIndex(State(self.path), MODEL)

    def groups(self) -> set[frozenset[str]]:
        found: dict[str, set[str]] = {}
        for member in self.index.state.stories():
            found.setdefault(member.event_id, set()).add(member.story.title)
        return {frozenset(group) for group in found.values()}

    def reasons(self) -> list[str]:
        values = [one.value for one in self.index.state.revisions.outbox()]
        return [json.loads(value)["reason"] for value in values]

    def member(self, name: str):
        found = self.index.state.member(make_story(name).story_id)
        assert found is not None
        return found


@pytest.fixture
def desk(tmp_path):
    found = Desk(tmp_path / "s.db")
    yield found
    found.index.state.close()


MISPLACED = [
    report("a1", 0),
    report("m", 55),  # cosine 0.57 with a1: joins it, there is nothing better
    report("b1", 100),  # cosine 0.71 with m, which alone drags it to a1's event down
]


def groups(*names: str) -> set[frozenset[str]]:
    return {frozenset(one.split()) for one in names}


def test_a_young_report_moves_to_where_it_fits_clearly_better(desk):
    """The record tells why it is there now, and on whose arrival."""
    desk(*MISPLACED[:2])
    assert desk.groups() == groups("a1 m")
    desk(MISPLACED[2])
    assert desk.groups() == groups("a1", "m b1")
    assert desk.reasons()[-2:] == ["moved", "moved"]
    record = desk.index.state.join_record(desk.member("m").story.story_id)
    assert record.moved.after == desk.member("b1").story.story_id
    assert record.joined
    found = why_pair(desk.index.state, desk.member("m"), desk.member("b1"), MODEL)
    assert len(found.chain) == 1
    assert "on a second look" in why_story(desk.index.state, desk.member("m")).reason
    apart = why_pair(desk.index.state, desk.member("a1"), desk.member("m"), MODEL)
    assert "fitted the other event clearly better" in apart.reason
    assert desk.index.state.arrivals() != desk.index.state.assignments()


def test_a_report_of_two_days_ago_stays(desk):
    """Only what is younger than a day is looked at again."""
    desk(*MISPLACED[:2], report("b1", 100, hours=25))
    assert desk.groups() == groups("a1 m", "b1")


def test_what_people_said_is_not_moved(desk):
    """A correction fixes its stories, also after a restart."""
    names = [make_story(name).story_id for name in ("a1", "m")]
    desk(*MISPLACED[:2], said(1, SAME, *names))
    desk.restart()
    desk(MISPLACED[2])
    assert desk.groups() == groups("a1 m", "b1")


def test_a_restart_in_between_changes_nothing(desk):
    """Everything that the second look reads is in the state."""
    desk(*MISPLACED[:2])
    desk.restart()
    desk(MISPLACED[2])
    assert desk.groups() == groups("a1", "m b1")


TWO = [report("a1", 0), report("a2", 1), report("b1", 61), report("b2", 62)]
BETWEEN = [report(f"x{n}", 30 + n / 2) for n in range(3)]  # cosine 0.86 with all four


def test_two_events_become_one_when_each_clearly_speaks_for_the_other(desk):
    """One report between them is not enough, three are; why leads across."""
    desk(*TWO)
    assert desk.groups() == groups("a1 a2", "b1 b2")
    desk(*BETWEEN[:2])
    assert desk.groups() == groups("a1 a2 x0 x1", "b1 b2")
    desk(BETWEEN[2])
    assert desk.groups() == groups("a1 a2 x0 x1 x2 b1 b2")
    assert "merged" in desk.reasons()
    ends = desk.member("a1"), desk.member("b2")
    assert ends[0].event_id == "e-" + ends[0].story.story_id[2:]
    found = why_pair(desk.index.state, *ends, MODEL)
    assert found.weakest is not None
    assert found.weakest.probability > 0.9
    assert "merged from" in why_story(desk.index.state, ends[1]).reason


def test_a_merger_that_people_forbid_does_not_happen(desk):
    """Nor does it when the correction came before a restart."""
    names = [make_story(name).story_id for name in ("a1", "b1")]
    desk(*TWO, said(1, DIFFERENT, *names))
    desk.restart()
    desk(*BETWEEN)
    a, b = desk.member("a1"), desk.member("b1")
    assert a.event_id != b.event_id


def test_what_people_placed_is_not_merged_away_so_that_undo_finds_it(desk):
    """The younger event holds corrected stories: it stays where it was put."""
    names = [make_story(name).story_id for name in ("b1", "b2")]
    desk(*TWO, said(1, SAME, *names), *BETWEEN)
    assert desk.groups() == groups("a1 a2 x0 x1 x2", "b1 b2")


HANGING = [
    report("a1", -20),
    report("a2", 0, hours=1),
    report("m", 45, hours=100),  # like a2, hardly like a1
    *(report(f"y{n}", 90 + n, hours=175) for n in range(3)),  # a1, a2: too long ago
]


def test_an_event_that_hangs_on_one_weak_edge_comes_apart(desk):
    """A late report sees both ends, and that they are not alike."""
    desk(*HANGING)
    assert desk.groups() == groups("a1 a2 m y0 y1 y2")
    desk(report("late", 92, hours=120))
    assert desk.groups() == groups("a1 a2", "m y0 y1 y2 late")
    assert desk.reasons()[-2:] == ["split", "split"]
    first = desk.member("a1")
    assert first.event_id == "e-" + first.story.story_id[2:]
    found = why_pair(desk.index.state, desk.member("a2"), desk.member("m"), MODEL)
    assert "on the far side of one weak pair" in found.reason
    assert found.event_id is None


def test_what_people_put_together_is_not_split(desk):
    """One correction among its stories holds the event together."""
    desk(*HANGING)
    names = [make_story(name).story_id for name in ("a1", "y0")]
    desk(said(1, SAME, *names), report("late", 92, hours=120))
    assert desk.groups() == groups("a1 a2 m y0 y1 y2 late")


@pytest.mark.parametrize("journal", [MISPLACED, [*TWO, *BETWEEN], HANGING])
def test_batches_and_restarts_change_nothing(tmp_path, journal):
    """One by one with a restart after each, or all at once."""
    late = report("late", 92, hours=120)
    whole, parts = Desk(tmp_path / "w.db"), Desk(tmp_path / "p.db")
    whole(*journal, late)
    for one in [*journal, late]:
        parts(one)
        parts.restart()
    assert parts.index.state.assignments() == whole.index.state.assignments()
    assert parts.index.state.revisions.outbox() == whole.index.state.revisions.outbox()
    for member in whole.index.state.stories():
        name = member.story.story_id
        assert parts.index.state.join_record(name) == whole.index.state.join_record(
            name
        )
    for desk in (whole, parts):
        desk.index.state.close()
