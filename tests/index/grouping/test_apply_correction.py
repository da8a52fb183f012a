"""Corrections: obeyed at once, for ever, by every replay; conflicts are refused."""

import json
import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestory.index.answers.explanation import why_pair
from samestory.index.decision.pair_model import PairModel
from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.constraints import Constraints
from samestory.index.messages.correction import APART, DIFFERENT, SAME, UNDO
from samestory.index.messages.forget import Forget
from samestory.index.search.changes import Moved
from samestory.index.store.corrections import ACCEPTED, REFUSED, UNDONE
from samestory.index.store.state import State
from tests.index.corrected import AT, IDS, STORIES, Harness, said, stories
from tests.index.vectors import record


@pytest.fixture
def harness(tmp_path):
    """Nine stories of three topics: 0 3 6, 1 4 7, 2 5 8."""
    found = Harness(tmp_path / "s.db", stories())
    assert found.groups() == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]
    return found


def test_same_joins_two_events_and_undo_takes_them_apart(harness):
    """The older event keeps its name; both tell a revision."""
    before = harness.state.assignments()
    harness.state.clear_outbox([one.number for one in harness.state.revisions.outbox()])
    found = harness.say(SAME, 4, 3)
    assert found.status == ACCEPTED
    assert harness.groups() == [[0, 1, 3, 4, 6, 7], [2, 5, 8]]
    assert {harness.state.assignments()[IDS[i]] for i in (1, 4, 7)} == {before[IDS[0]]}
    assert sorted(one.key for one in harness.state.revisions.outbox()) == sorted(
        {before[IDS[0]], before[IDS[1]]}
    )
    assert harness.say(UNDO, "", found.correction.correction_id).status == ACCEPTED
    assert harness.state.assignments() == before
    assert (
        harness.state.corrections.get(found.correction.correction_id).status == UNDONE
    )


@pytest.mark.parametrize("order", list(permutations(range(2))))
@pytest.mark.parametrize(
    "pairs", [[(0, 1), (0, 2)], [(1, 2), (0, 1)], [(2, 1), (2, 0)]]
)
def test_who_takes_back_all_that_was_said_has_what_was_before(harness, pairs, order):
    """In whatever order: no joining outlives the corrections that made it."""
    before = harness.state.assignments()
    made = [harness.say(SAME, a, b).correction.correction_id for a, b in pairs]
    assert harness.groups() == [list(range(9))]
    for at in order:
        assert harness.say(UNDO, "", made[at]).status == ACCEPTED
    assert harness.state.assignments() == before


def test_what_was_joined_again_goes_back_where_that_had_it(tmp_path):
    """An undone joining of before does not send it elsewhere."""
    harness = Harness(tmp_path / "s.db", stories(4, topics=4))
    first = harness.say(SAME, 2, 3).correction.correction_id
    harness.say(UNDO, "", first)
    harness.say(SAME, 2, 3)
    joined = harness.say(SAME, 0, 2).correction.correction_id
    assert harness.groups() == [[0, 2, 3], [1]]
    harness.say(UNDO, "", joined)
    assert harness.groups() == [[0], [1], [2, 3]]


def test_an_undo_leaves_what_others_join_and_takes_what_it_alone_joined(harness):
    """Two joinings of three events; the first is taken back."""
    first = harness.say(SAME, 0, 1)
    harness.say(SAME, 1, 2)
    harness.say(UNDO, "", first.correction.correction_id)
    assert harness.groups() == [[0, 3, 6], [1, 2, 4, 5, 7, 8]]


def test_an_undo_of_what_moved_nothing_moves_nothing(tmp_path):
    """Nor what an undo before it had taken home with those that had drawn it."""
    harness = Harness(tmp_path / "s.db", stories(6, topics=2))
    joined = harness.say(SAME, 0, 5).correction.correction_id
    harness.index.apply([(len(harness.records), record("n6", 1, 6, hours=6))])
    harness.records.append(b"")
    harness.say(UNDO, "", joined)
    assert harness.groups() == [[0, 2, 4], [1, 3, 5, 6]]
    twice = harness.say(SAME, 1, 3)
    assert not twice.moved
    harness.say(UNDO, "", twice.correction.correction_id)
    assert harness.groups() == [[0, 2, 4], [1, 3, 5, 6]]


@pytest.mark.parametrize("gone", ["expired", "forgotten"])
def test_what_was_joined_to_a_story_that_is_gone_stays_joined(harness, gone):
    """An undo of something else does not take it apart; nor of what led to it."""
    led = harness.say(SAME, 2, 1).correction.correction_id
    harness.say(SAME, 2, 0)
    if gone == "forgotten":
        forget = Forget(forget_id="f-1", story_ids=(IDS[0],), who="Ada", at=AT)
        harness.index.apply([(len(harness.records), forget.encode())])
        harness.records.append(b"")
    else:
        with harness.state.transaction():
            harness.index._placements.remove([IDS[0]], "expired")
    everyone = [list(range(1, 9))]
    assert harness.groups() == everyone
    none = harness.say(SAME, 3, 6).correction.correction_id
    harness.say(UNDO, "", none)
    assert harness.groups() == everyone
    harness.say(UNDO, "", led)
    apart = [[1, 4, 7], [2, 3, 5, 6, 8]]
    assert harness.groups() == (apart if gone == "expired" else everyone)


def test_what_the_index_moves_on_a_second_look_no_undo_takes_back(harness):
    """It was joined by people and taken back, and then joined by the index."""
    joined = harness.say(SAME, 1, 0).correction.correction_id
    harness.say(UNDO, "", joined)
    events = harness.state.assignments()
    way = {"source": events[IDS[1]], "target": events[IDS[0]]}
    seqs = harness.state.membership.seqs_of([IDS[i] for i in (1, 4, 7)])
    with harness.state.transaction():
        moved = [Moved(seqs=seqs, **way)]
        harness.index._placements.move(moved, "moved", story=IDS[0])
    before = harness.groups()
    none = harness.part(8, 3).correction.correction_id
    harness.say(UNDO, "", none)
    assert harness.groups() == before == [[0, 1, 3, 4, 6, 7], [2, 5, 8]]


@pytest.mark.parametrize("topics", [6, 3])
@pytest.mark.parametrize("seed", range(12))
def test_who_takes_back_everything_has_what_was_before(tmp_path, seed, topics):
    """Whatever was joined, parted and taken back in between, in whatever order."""
    rng = random.Random(seed)
    harness = Harness(tmp_path / "s.db", stories(6, topics=topics))
    before, made = harness.state.assignments(), []
    for _ in range(14):
        if made and rng.random() < 0.4:
            harness.say(UNDO, "", made.pop(rng.randrange(len(made))))
            continue
        kind, (a, b) = (
            rng.choice([SAME, SAME, DIFFERENT, APART]),
            rng.sample(range(6), 2),
        )
        one = harness.part(a, b) if kind == APART else harness.say(kind, a, b)
        if one.status == ACCEPTED:
            made.append(one.correction.correction_id)
        held = harness.state.assignments()
        assert harness.state.corrections.in_force().broken(held) is None
    while made:
        harness.say(UNDO, "", made.pop(rng.randrange(len(made))))
        held = harness.state.assignments()
        assert harness.state.corrections.in_force().broken(held) is None
    assert harness.state.assignments() == before


def test_what_a_joined_story_drew_goes_back_with_it(tmp_path):
    """A report that came since, of the topic of those that are taken back."""
    harness = Harness(tmp_path / "s.db", stories(8))
    made = harness.say(SAME, 0, 1).correction.correction_id
    harness.index.apply([(len(harness.records), record("n8", 1, 8, hours=8))])
    harness.records.append(b"")
    (joined,) = [group for group in harness.groups() if 8 in group]
    assert {0, 1, 8} <= set(joined)
    harness.say(UNDO, "", made)
    assert harness.groups() == [[0, 3, 6], [1, 4, 7, 8], [2, 5]]


@pytest.mark.parametrize(("a", "b", "moves"), [(2, 3, False), (5, 2, True)])
def test_what_came_to_a_parted_story_stays_with_it(tmp_path, a, b, moves):
    """An undo tells its event from the one that the parted story once began."""
    harness = Harness(tmp_path / "s.db", stories(4, topics=2))
    harness.say(SAME, 3, 0)
    harness.part(1, 3)
    harness.index.apply([(len(harness.records), record("n5", 1, 5, hours=5))])
    harness.records.append(b"")
    before = [[0, 2, 3], [1, 5]]
    assert harness.groups() == before
    said = harness.say(SAME, a, b)
    assert bool(said.moved) == moves
    undone = harness.say(UNDO, "", said.correction.correction_id)
    assert harness.groups() == before
    assert undone.moved.keys() == said.moved.keys()


def test_an_undo_leaves_an_event_its_name(tmp_path):
    """One story alone goes, as it came; those that stay are not renamed."""
    harness = Harness(tmp_path / "s.db", stories(8, topics=2))
    for kind, a, b in ((DIFFERENT, 1, 2), (DIFFERENT, 0, 7), (DIFFERENT, 1, 7)):
        harness.say(kind, a, b)
    harness.part(0, 3)
    harness.say(UNDO, "", "c-10")
    harness.say(SAME, 3, 2)
    harness.say(DIFFERENT, 5, 7)
    before = harness.state.assignments()
    said = harness.say(SAME, 2, 6)
    assert list(said.moved) == [IDS[6]]
    harness.say(UNDO, "", said.correction.correction_id)
    assert harness.state.assignments() == before


def test_different_splits_an_event_along_what_is_alike(tmp_path):
    """Two topics that one `same` had joined come apart by one `different`."""
    harness = Harness(tmp_path / "s.db", stories())
    joined = harness.say(SAME, 0, 1)
    harness.say(UNDO, "", joined.correction.correction_id)
    again = harness.say(SAME, 3, 4)
    assert harness.say(DIFFERENT, 0, 1).status == ACCEPTED
    # 3 and 4 must be together, so one of them leaves its topic.
    (one,) = [g for g in harness.groups() if 3 in g]
    assert 4 in one
    assert (0 in one) != (1 in one)
    assert again.status == ACCEPTED


@pytest.mark.parametrize("story", [0, 3, 6])
def test_a_story_leaves_its_event_and_the_others_stay_under_its_id(harness, story):
    """Also the first, whose id the event has; undo puts it back."""
    before = harness.state.assignments()
    home = before[IDS[0]]
    harness.state.clear_outbox([one.number for one in harness.state.revisions.outbox()])
    found = harness.part(story, 0 if story else 3)
    after = harness.state.assignments()
    assert found.status == ACCEPTED
    assert harness.groups() == sorted(
        [[story], sorted({0, 3, 6} - {story}), [1, 4, 7], [2, 5, 8]]
    )
    assert after == before | {IDS[story]: after[IDS[story]]}
    assert after[IDS[story]] not in before.values()
    assert found.moved == {IDS[story]: (home, after[IDS[story]])}
    told = [json.loads(one.value) for one in harness.state.revisions.outbox()]
    assert {one["event_id"] for one in told} == {home, after[IDS[story]]}
    assert {(one["reason"], one["correction"]) for one in told} == {
        ("corrected", found.correction.correction_id)
    }
    assert harness.say(UNDO, "", found.correction.correction_id).status == ACCEPTED
    assert harness.state.assignments() == before


def test_a_story_that_is_not_in_the_event_is_kept_out_from_now_on(harness):
    """Nothing moves; whatever would bring them together is refused."""
    before = harness.state.assignments()
    found = harness.part(1, 0)
    assert (found.status, found.moved) == (ACCEPTED, {})
    assert harness.state.assignments() == before
    for other in (0, 3, 6):
        assert "is not in e-" in harness.say(SAME, 1, other).reason
    assert harness.say(SAME, 4, 3).status == ACCEPTED  # without 1, which may not come
    assert harness.groups() == [[0, 3, 4, 6], [1, 7], [2, 5, 8]]


def test_a_story_takes_along_what_must_be_with_it(harness):
    """And is refused if that is one of the event's own."""
    harness.say(SAME, 0, 3)
    refused = harness.part(0, 6)
    assert (refused.status, "c-9" in refused.reason) == (REFUSED, True)
    found = harness.say(APART, 0, harness.state.assignments()[IDS[6]], 6)
    assert found.status == ACCEPTED
    assert [g for g in harness.groups() if {0, 6} & set(g)] == [[0, 3], [6]]


def test_reports_that_come_later_do_not_undo_it(tmp_path):
    """Of the very topic, many of them: a second look moves neither to the other."""
    harness = Harness(
        tmp_path / "s.db", [record(f"n{i}", 0, i, hours=i) for i in range(4)]
    )
    assert harness.groups() == [[0, 1, 2, 3]]
    harness.part(0, 1)
    for number in range(4, STORIES):
        harness.index.apply(
            [(len(harness.records), record(f"n{number}", 0, number, hours=1))]
        )
        harness.records.append(b"")
    (mine,) = [group for group in harness.groups() if 0 in group]
    assert not {1, 2, 3} & set(mine)


def test_a_record_of_before_does_what_it_did(harness):
    """A `different` without members: each other report goes with the one it is like."""
    old = {"type": "correction", "version": "1.0", "id": "c-9", "kind": "different"}
    old |= {"a": IDS[3], "b": IDS[0], "who": "Ada", "why": "", "at": AT.isoformat()}
    home = harness.state.assignments()[IDS[0]]
    harness.index.apply([(len(harness.records), json.dumps(old).encode())])
    found = harness.state.corrections.get("c-9")
    assert (found.status, found.correction.members) == (ACCEPTED, ())
    assert found.moved == {IDS[3]: (home, "e-" + IDS[3][2:])}
    assert harness.groups() == [[0, 6], [1, 4, 7], [2, 5, 8], [3]]


def test_a_conflict_is_refused_with_the_chain_that_causes_it(harness):
    """Nothing is changed; every correction of the chain is named."""
    for kind, a, b in ((SAME, 0, 3), (SAME, 3, 1), (DIFFERENT, 1, 2)):
        assert harness.say(kind, a, b).status == ACCEPTED
    before = harness.groups()
    for kind, a, b, chain in (
        (SAME, 0, 2, ("c-9", "c-10", "c-11")),
        (DIFFERENT, 1, 0, ("c-9", "c-10")),
    ):
        found = harness.say(kind, a, b)
        assert found.status == REFUSED
        assert all(name in found.reason for name in chain)
    assert harness.groups() == before


@pytest.mark.parametrize(
    ("kind", "a", "b", "why"),
    [
        (SAME, "s-0000000000000000", 1, "there is no story s-0000000000000000"),
        (DIFFERENT, 1, 1, "it names one story twice"),
        (UNDO, "", "c-404", "c-404 is not known"),
    ],
)
def test_what_makes_no_sense_is_refused(harness, kind, a, b, why):
    """With the reason, and kept."""
    found = harness.say(kind, a, b)
    assert (found.status, why in found.reason) == (REFUSED, True)


def test_an_undo_that_others_forbid_leaves_the_stories_where_they_are(harness):
    """0 and 1 were joined; what is said later of 4 and 3 needs them together."""
    first = harness.say(SAME, 0, 1)
    harness.say(SAME, 4, 3)
    found = harness.say(UNDO, "", first.correction.correction_id)
    assert found.status == ACCEPTED
    assert "the stories stay" in found.reason
    assert [0, 1, 3, 4, 6, 7] in harness.groups()
    again = harness.say(UNDO, "", first.correction.correction_id)
    assert (again.status, "is undone" in again.reason) == (REFUSED, True)
    assert "is an undo" in harness.say(UNDO, "", found.correction.correction_id).reason


def test_why_tells_what_people_said(harness):
    """Of stories together and apart."""
    harness.say(SAME, 0, 1)
    harness.say(DIFFERENT, 0, 2)
    model, state = PairModel.load(), harness.state

    def why(a, b):
        one, two = state.member(IDS[a]), state.member(IDS[b])
        return why_pair(state, one, two, lambda: model).reason

    assert "corrected: c-9" in why(0, 1)
    assert "brought together by c-9" in why(3, 4)
    assert "corrected: c-9" in why(1, 2)
    assert "c-10" in why(1, 2)


steps = st.lists(
    st.tuples(
        st.sampled_from([SAME, DIFFERENT, APART, UNDO]),
        st.integers(0, STORIES - 1),
        st.integers(0, STORIES - 1),
    ),
    max_size=14,
)


@settings(max_examples=60)
@given(steps, st.integers(1, STORIES), st.integers(1, 7))
def test_no_accepted_correction_is_ever_broken_and_a_replay_agrees(
    tmp_path_factory, sequence, arrived, batch
):
    """Any sequence, some of the stories arriving after it; batches and restarts too."""
    folder = tmp_path_factory.mktemp("c")
    everything = stories()
    harness = Harness(folder / "s.db", everything[:arrived])

    def obeyed():
        held = [
            o.correction
            for o in harness.state.corrections.all()
            if o.status == ACCEPTED
        ]
        assert Constraints(held).broken(harness.state.assignments()) is None

    for kind, a, b in sequence:
        if kind == APART:
            if a < arrived and b < arrived and a != b:
                harness.part(a, b)
        else:
            name = f"c-{arrived + b}" if kind == UNDO else b
            harness.say(kind, "" if kind == UNDO else a, name)
        obeyed()
    for one in everything[arrived:]:
        harness.index.apply([(len(harness.records), one)])
        harness.records.append(one)
        obeyed()
    replayed = EventIndex(State(folder / "again.db"))
    records = list(enumerate(harness.records))
    for at in range(0, len(records), batch):
        replayed.apply(records[max(0, at - 1) : at + batch])
        replayed.state.close()
        replayed = EventIndex(State(folder / "again.db"))
    assert replayed.state.digest() == harness.state.digest()
    replayed.state.close()
    harness.state.close()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "maybe"},
        {"id": "x"},
        {"at": "soon"},
        {"at": "2026-01-01"},
        {"a": 5},
        {"kind": APART},
        {"kind": APART, "members": []},
        {"kind": APART, "members": ["s-1"] * 1_001},
        {"kind": APART, "members": ["e-1"]},
        {"kind": APART, "members": [5]},
    ],
)
def test_a_torn_correction_is_refused_by_the_index(tmp_path, change):
    """It goes to the quarantine, and the next record is read."""
    value = json.loads(said(0, SAME, IDS[0], IDS[1])) | change
    harness = Harness(tmp_path / "s.db", [json.dumps(value).encode(), *stories(2)])
    (refused,) = [one for one in harness.state.revisions.outbox() if one.refused]
    assert "correction" in refused.refused
    assert len(harness.state.assignments()) == 2
    harness.state.close()
