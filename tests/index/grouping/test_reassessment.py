"""The second look: what a new report shows about those that came before it."""

import pytest

from samestory.index.answers.explanation import why_pair, why_story
from samestory.index.messages.correction import DIFFERENT, SAME
from tests.conftest import make_story
from tests.index.corrected import said
from tests.index.looks import MODEL, Harness, groups, report


@pytest.fixture
def harness(tmp_path):
    found = Harness(tmp_path / "s.db")
    yield found
    found.index.state.close()


MISPLACED = [
    report("a1", 0),
    report("m", 55),  # cosine 0.57 with a1: joins it, there is nothing better
    report("b1", 100),  # cosine 0.71 with m, which alone drags it to a1's event down
]


def test_a_young_report_moves_to_where_it_fits_clearly_better(harness):
    """The record tells why it is there now, and on whose arrival."""
    harness(*MISPLACED[:2])
    assert harness.groups() == groups("a1 m")
    harness(MISPLACED[2])
    assert harness.groups() == groups("a1", "m b1")
    assert harness.reasons()[-2:] == ["moved", "moved"]
    record = harness.index.state.joins.of(harness.member("m").story.story_id)
    assert record.moved.after == harness.member("b1").story.story_id
    assert record.joined
    found = why_pair(
        harness.index.state, harness.member("m"), harness.member("b1"), lambda: MODEL
    )
    assert len(found.chain) == 1
    assert (
        "on a second look" in why_story(harness.index.state, harness.member("m")).reason
    )
    apart = why_pair(
        harness.index.state, harness.member("a1"), harness.member("m"), lambda: MODEL
    )
    assert "fitted the other event clearly better" in apart.reason
    assert harness.index.state.joins.arrivals() != harness.index.state.assignments()


def test_a_report_of_two_days_ago_stays(harness):
    """Only what is younger than a day is looked at again."""
    harness(*MISPLACED[:2], report("b1", 100, hours=25))
    assert harness.groups() == groups("a1 m", "b1")


def test_what_people_said_is_not_moved(harness):
    """A correction fixes its stories, also after a restart."""
    names = [make_story(name).story_id for name in ("a1", "m")]
    harness(*MISPLACED[:2], said(1, SAME, *names))
    harness.restart()
    harness(MISPLACED[2])
    assert harness.groups() == groups("a1 m", "b1")


def test_a_restart_in_between_changes_nothing(harness):
    """Everything that the second look reads is in the state."""
    harness(*MISPLACED[:2])
    harness.restart()
    harness(MISPLACED[2])
    assert harness.groups() == groups("a1", "m b1")


TWO = [report("a1", 0), report("a2", 1), report("b1", 61), report("b2", 62)]
BETWEEN = [report(f"x{n}", 30 + n / 2) for n in range(3)]  # cosine 0.86 with all four


def test_two_events_become_one_when_each_clearly_speaks_for_the_other(harness):
    """One report between them is not enough, three are; why leads across."""
    harness(*TWO)
    assert harness.groups() == groups("a1 a2", "b1 b2")
    harness(*BETWEEN[:2])
    assert harness.groups() == groups("a1 a2 x0 x1", "b1 b2")
    harness(BETWEEN[2])
    assert harness.groups() == groups("a1 a2 x0 x1 x2 b1 b2")
    assert "merged" in harness.reasons()
    ends = harness.member("a1"), harness.member("b2")
    assert ends[0].event_id == "e-" + ends[0].story.story_id[2:]
    found = why_pair(harness.index.state, *ends, lambda: MODEL)
    assert found.weakest is not None
    assert found.weakest.probability > 0.9
    assert "merged from" in why_story(harness.index.state, ends[1]).reason


def test_a_merger_that_people_forbid_does_not_happen(harness):
    """Nor does it when the correction came before a restart."""
    names = [make_story(name).story_id for name in ("a1", "b1")]
    harness(*TWO, said(1, DIFFERENT, *names))
    harness.restart()
    harness(*BETWEEN)
    a, b = harness.member("a1"), harness.member("b1")
    assert a.event_id != b.event_id


def test_what_people_placed_is_not_merged_away_so_that_undo_finds_it(harness):
    """The younger event holds corrected stories: it stays where it was put."""
    names = [make_story(name).story_id for name in ("b1", "b2")]
    harness(*TWO, said(1, SAME, *names), *BETWEEN)
    assert harness.groups() == groups("a1 a2 x0 x1 x2", "b1 b2")


HANGING = [
    report("a1", -20),
    report("a2", 0, hours=1),
    report("m", 45, hours=100),  # like a2, hardly like a1
    *(report(f"y{n}", 90 + n, hours=175) for n in range(3)),  # a1, a2: too long ago
]


def test_an_event_that_hangs_on_one_weak_edge_comes_apart(harness):
    """A late report sees both ends, and that they are not alike."""
    harness(*HANGING)
    assert harness.groups() == groups("a1 a2 m y0 y1 y2")
    harness(report("late", 92, hours=120))
    assert harness.groups() == groups("a1 a2", "m y0 y1 y2 late")
    assert harness.reasons()[-2:] == ["split", "split"]
    first = harness.member("a1")
    assert first.event_id == "e-" + first.story.story_id[2:]
    found = why_pair(
        harness.index.state, harness.member("a2"), harness.member("m"), lambda: MODEL
    )
    assert "on the far side of one weak pair" in found.reason
    assert found.event_id is None


def test_what_people_put_together_is_not_split(harness):
    """One correction among its stories holds the event together."""
    harness(*HANGING)
    names = [make_story(name).story_id for name in ("a1", "y0")]
    harness(said(1, SAME, *names), report("late", 92, hours=120))
    assert harness.groups() == groups("a1 a2 m y0 y1 y2 late")


@pytest.mark.parametrize("journal", [MISPLACED, [*TWO, *BETWEEN], HANGING])
def test_batches_and_restarts_change_nothing(tmp_path, journal):
    """One by one with a restart after each, or all at once."""
    late = report("late", 92, hours=120)
    whole, parts = Harness(tmp_path / "w.db"), Harness(tmp_path / "p.db")
    whole(*journal, late)
    for one in [*journal, late]:
        parts(one)
        parts.restart()
    assert parts.index.state.assignments() == whole.index.state.assignments()
    assert parts.index.state.revisions.outbox() == whole.index.state.revisions.outbox()
    for member in whole.index.state.stories():
        name = member.story.story_id
        assert parts.index.state.joins.of(name) == whole.index.state.joins.of(name)
    for harness in (whole, parts):
        harness.index.state.close()
