"""Where stories stand is written in one place, which tells whoever follows it."""

import hashlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from samestory.index.decision.join_record import JoinRecord
from samestory.index.grouping.event_ids import new_event_id
from samestory.index.grouping.event_index import EventIndex
from samestory.index.grouping.grouper import Grouper
from samestory.index.measure.in_memory import InMemory
from samestory.index.messages.correction import APART, DIFFERENT, SAME, UNDO
from samestory.index.messages.forget import Forget
from samestory.index.messages.journal import decode_journal
from samestory.index.search.changes import Change, Moved, Placed, Removed
from samestory.index.search.memory import Memory
from tests.conftest import NOW, make_story
from tests.index.corrected import said
from tests.index.looks import MODEL, Harness, report

NAMES = [f"r{n}" for n in range(8)]
IDS = [make_story(name).story_id for name in NAMES]
ANGLES = st.integers(0, 180)


class Following:
    """Knows of the stories only what it is told."""

    def __init__(self) -> None:
        self.events: dict[int, str] = {}
        self.texts: dict[int, str] = {}

    def after(self, change: Change) -> None:
        if isinstance(change, Placed):
            former = self.texts.get(change.view.seq)
            assert (change.former and change.former.title) == former
            self.events[change.view.seq] = change.event_id
            self.texts[change.view.seq] = change.story.title
        elif isinstance(change, Moved):
            for seq in change.seqs:
                assert self.events[seq] == change.source
                self.events[seq] = change.target
        elif isinstance(change, Removed):
            for seq in change.seqs:
                del self.events[seq], self.texts[seq]


def reports():
    return st.builds(
        lambda n, angle, hours, version: report(
            NAMES[n], angle, hours=hours, title=f"{NAMES[n]} {version}"
        ),
        st.integers(0, len(NAMES) - 1),
        ANGLES,
        st.integers(0, 12),
        st.integers(0, 3),
    )


def sayings():
    one = st.sampled_from(IDS)
    return st.tuples(st.sampled_from([SAME, DIFFERENT, APART, UNDO]), one, one, one)


@settings(max_examples=60)
@given(st.lists(st.one_of(reports(), sayings(), st.sampled_from(IDS)), max_size=24))
def test_who_follows_the_changes_knows_where_every_story_stands(
    tmp_path_factory, steps
):
    """Arrivals, new versions, second looks, corrections, undos, forgetting."""
    harness, following = Harness(tmp_path_factory.mktemp("s") / "s.db"), Following()
    harness.index = EventIndex(harness.index.state, MODEL, components=[following])
    made: list[str] = []
    for number, step in enumerate(steps):
        if isinstance(step, bytes):
            harness(step)
        elif isinstance(step, str):
            harness(
                Forget(
                    forget_id=f"f-{number}", story_ids=(step,), who="Ada", at=NOW
                ).encode()
            )
        else:
            kind, a, b, other = step
            if kind == UNDO:
                a, b = "", made[-1] if made else "c-none"
            harness(said(number, kind, a, b, *((other,) if kind == APART else ())))
            made.append(f"c-{number}")
    stored = harness.index.state.stories()
    assert following.events == {one.seq: one.event_id for one in stored}
    assert following.texts == {one.seq: one.story.title for one in stored}
    harness.index.state.close()


@settings(max_examples=60)
@given(st.lists(st.tuples(ANGLES, st.integers(0, 30)), min_size=1, max_size=14))
def test_the_grouper_decides_alike_in_memory_and_in_a_state(tmp_path_factory, told):
    """`train` and the worker decide by the very same code."""
    records = [
        report(f"n{n}", angle, hours=hours) for n, (angle, hours) in enumerate(told)
    ]
    harness = Harness(tmp_path_factory.mktemp("s") / "s.db")
    harness(*records)
    views = []
    memory, membership = Memory(8, lambda seqs: [views[s] for s in seqs]), InMemory()
    grouper = Grouper(MODEL, memory, membership)
    for seq, record in enumerate(records):
        found = decode_journal(record)
        plan = grouper.arrive(MODEL.view(found.story, found.vectors, seq=seq))
        views.append(plan.view)
        memory.put(plan.view)
        membership.put(seq, plan.event_id, plan.view.outlet)
        for move in plan.moves:
            for moved in move.seqs:
                membership.move(moved, move.target)
    events = membership.events_of(range(len(views)))
    assert {views[seq].story_id: event for seq, event in events.items()} == (
        harness.index.state.assignments()
    )
    harness.index.state.close()


def test_a_plan_changes_nothing_until_it_is_carried_out(tmp_path):
    """Deciding is pure: asked twice, it says the same."""
    harness = Harness(tmp_path / "s.db")
    harness(report("a1", 0), report("m", 55))
    late = decode_journal(report("b1", 100))
    arriving = MODEL.view(late.story, late.vectors, seq=99)
    before = harness.index.state.assignments(), harness.reasons()
    plans = [harness.index._grouper().arrive(arriving) for _ in range(2)]
    assert [[move.reason for move in plan.moves] for plan in plans] == [["moved"]] * 2
    assert plans[0].record == plans[1].record
    assert plans[0].event_id == plans[1].event_id
    assert (harness.index.state.assignments(), harness.reasons()) == before
    harness.index.state.close()


def test_an_event_is_named_after_its_first_story_if_that_id_is_free():
    """Else after what caused it and the story, and so on until it is."""
    assert new_event_id("s-1", "s-2", lambda _: False) == "e-1"
    taken = {"e-1"}
    second = new_event_id("s-1", "c-9", taken.__contains__)
    assert second == "e-" + hashlib.sha256(b"c-9 s-1").hexdigest()[:16]
    third = new_event_id("s-1", "c-9", (taken | {second}).__contains__)
    assert third not in taken | {second}


def test_a_record_of_an_older_samestory_lacks_parts_and_is_read():
    """What `encode` wrote comes back as it was; keys that are missing are empty."""
    assert JoinRecord.decode("{}") == JoinRecord()
    former = {"joined": True, "probability": 0.9, "threshold": 0.5, "runner_up": None}
    found = JoinRecord.decode(json.dumps(former))
    assert (found.joined, found.probability, found.pairs) == (True, 0.9, ())
    assert JoinRecord.decode(found.encode()) == found
