"""What expires, what is forgotten, and what stays for ever."""

from datetime import timedelta

import pytest

from samestory.errors import Misconfigured
from samestory.index.answers.explanation import why_event
from samestory.index.decision.expiry import LATEST
from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.correction import DIFFERENT, SAME
from samestory.index.store.integrity import damage_of_state
from samestory.index.store.reader import Reader
from samestory.index.store.state import State
from tests.conftest import NOW, make_story
from tests.index.corrected import said
from tests.index.retained import KEEP_S, KEPT_DAYS, Harness, crowd, id_of, last_of, seen


@pytest.fixture
def harness(tmp_path):
    return Harness(tmp_path / "state.db")


def test_stories_go_a_whole_day_at_a_time_when_they_are_too_old(harness):
    """By when they were first seen, told by the stories that come."""
    state = harness.read(
        *(seen(f"a{i}", 1, i, day=i) for i in range(3)), *crowd(KEPT_DAYS + 0.1)
    )
    assert state.known(id_of("a0")) is not None
    event = state.events_of([id_of("a0")])[id_of("a0")]
    state = harness.read(*crowd(KEPT_DAYS + 1.1))
    assert state.known(id_of("a0")) is None
    assert state.known(id_of("a1")) is not None
    assert last_of(state, event)["reason"] == "expired"
    assert last_of(state, event)["members"] == [id_of("a1"), id_of("a2")]
    state = harness.read(*crowd(KEPT_DAYS + 30))
    assert last_of(state, event) | {"revision": 0} == {
        "type": "event",
        "version": "1.2",
        "event_id": event,
        "revision": 0,
        "reason": "closed",
        "members": [],
        "voices": [],
        "copies": [],
    }
    with pytest.raises(Misconfigured, match="has no stories any more: they have"):
        Reader(state.path).event(event)
    with pytest.raises(Misconfigured, match="has no stories any more"):
        why_event(state, event)
    assert list(damage_of_state(harness.path)) == []
    whole = EventIndex(State(harness.path.with_name("whole.db")), keep_s=KEEP_S)
    whole.apply(list(enumerate(harness.journal)))
    assert whole.state.digest() == state.digest()


def test_a_story_of_the_future_expires_nothing(harness):
    """A wrong clock may tell up to half of what comes, and again and again."""
    half = LATEST // 2
    for turn in range(3):
        ahead = [seen(f"f{turn} {i}", 5, i, day=9_000) for i in range(half)]
        state = harness.read(*crowd(turn), *ahead)
        assert state.known(id_of("day0 0")) is not None
    state = harness.read(*crowd(KEPT_DAYS + 1.1))
    assert state.known(id_of("day0 0")) is None


def test_an_old_report_that_comes_now_is_kept_and_joins_its_own_time(harness):
    """Age counts from when it was first seen; an archive may bring any."""
    old = {"published": NOW - timedelta(days=400)}
    state = harness.read(
        *crowd(20),
        seen("x", 3, 1, day=20, **old),
        seen("now", 3, 2, day=20),
        seen("y", 3, 3, day=21, **old),
    )
    x, now, y = (state.events_of([id_of(n)])[id_of(n)] for n in ("x", "now", "y"))
    assert x == y != now


def test_a_story_that_lagged_behind_stays_as_long_as_others_whoever_restarts(tmp_path):
    """One of a clock that is behind: its age counts from the day when it is read."""
    late = [seen("late", 1, 1, day=1), *crowd(21.1, 3)]
    records = [*crowd(0), *crowd(20), *crowd(21), *late, *crowd(30.1), *crowd(32.1)]
    harness = Harness(tmp_path / "often.db")
    index = EventIndex(State(tmp_path / "whole" / "state.db"), keep_s=KEEP_S)
    for number in range(0, len(records), 7):
        state = harness.read(*records[number : number + 7])
        index.apply(list(enumerate(records))[number : number + 7])
        assert state.assignments() == index.state.assignments()
        if 3 * LATEST < number < len(records) - LATEST - 7:
            assert id_of("late") in state.assignments()
    assert id_of("late") not in state.assignments()


def test_without_a_limit_nothing_expires(tmp_path):
    """The default."""
    harness = Harness(tmp_path / "state.db", keep_s=float("inf"))
    state = harness.read(*crowd(0), *crowd(5_000))
    assert len(state.assignments()) == 2 * LATEST


def test_corrections_hold_when_their_stories_have_expired_and_come_again(harness):
    """`different` keeps a story out that came back, `same` brings it home."""
    state = harness.read(
        seen("a", 1, 1, day=0),
        seen("b", 1, 2, day=0),
        seen("c", 2, 3, day=0),
        said(3, DIFFERENT, id_of("a"), id_of("b")),
        said(4, SAME, id_of("b"), id_of("c")),
        *crowd(KEPT_DAYS + 5),
    )
    assert state.assignments().keys().isdisjoint(map(id_of, "abc"))
    (first, second) = state.corrections.all()
    assert (first.status, second.status) == ("accepted", "accepted")
    assert first.stories[id_of("a")]["title"] == make_story("a").title
    days = KEPT_DAYS + 5
    state = harness.read(
        seen("b", 1, 2, day=days), seen("a", 1, 1, day=days), seen("c", 2, 3, day=days)
    )
    found = state.events_of(map(id_of, "abc"))
    assert found[id_of("b")] == found[id_of("c")] != found[id_of("a")]
    refused = harness.read(said(99, SAME, id_of("a"), id_of("c"))).corrections.get(
        "c-99"
    )
    assert refused is not None
    assert (refused.status, "c-3" in refused.reason) == ("refused", True)
    gone = harness.read(said(100, SAME, id_of("a"), id_of("never"))).corrections
    assert gone.get("c-100").status == "refused"


def test_a_story_that_comes_again_after_its_event_was_closed_goes_on_counting(harness):
    """No revision of an id is told twice, else a consumer would keep the old one."""
    state = harness.read(seen("a", 1, 1, day=0), *crowd(KEPT_DAYS + 5))
    event = "e-" + id_of("a")[2:]
    assert last_of(state, event)["revision"] == 2
    state = harness.read(seen("a", 1, 1, day=KEPT_DAYS + 5))
    last = last_of(state, event)
    assert (last["revision"], last["reason"]) == (3, "created")


def test_what_bound_others_binds_them_when_it_has_expired(harness):
    """A chain of corrections holds though a story in its middle is gone."""
    days = KEPT_DAYS + 1.1
    state = harness.read(
        seen("b", 1, 1, day=0),
        *(seen(name, n, n, day=5) for n, name in enumerate("axy", 2)),
        said(4, DIFFERENT, id_of("b"), id_of("x")),
        said(5, SAME, id_of("a"), id_of("b")),
        *crowd(days),
    )
    assert state.known(id_of("b")) is None
    assert state.known(id_of("a")) is not None
    state = harness.read(said(900, SAME, id_of("x"), id_of("a")))
    refused = state.corrections.get("c-900")
    assert refused is not None
    assert (refused.status, "c-4" in refused.reason) == ("refused", True)
    state = harness.read(said(901, SAME, id_of("x"), id_of("y")))
    state = harness.read(seen("b", 1, 1, day=days))
    found = state.events_of(map(id_of, "abxy"))
    assert found[id_of("a")] == found[id_of("b")]
    assert found[id_of("x")] == found[id_of("y")] != found[id_of("a")]
    assert list(damage_of_state(harness.path)) == []


def test_a_story_that_comes_again_does_not_take_its_old_name_from_others(harness):
    """Its event lives on without it; it now tells something else."""
    days = KEPT_DAYS + 1.1
    state = harness.read(seen("x", 1, 1, day=0), seen("y", 1, 2, day=1))
    event = state.events_of([id_of("y")])[id_of("y")]
    assert event == "e-" + id_of("x")[2:]
    state = harness.read(*crowd(days), seen("x", 7, 77, day=days))
    found = state.events_of([id_of("x"), id_of("y")])
    assert found[id_of("y")] == event != found[id_of("x")]
