"""The topic `events`: its last records are the truth, and say why they came."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.correction import DIFFERENT, SAME, UNDO
from samestory.index.messages.forget import Forget
from samestory.index.store.state import State
from tests.conftest import NOW, make_story
from tests.index.copies import made_copies as make
from tests.index.corrected import AT, IDS, said
from tests.index.tables import OWN, PARAPHRASE, table_in, table_of
from tests.index.vectors import record

DAY_S = 86_400.0


step = st.one_of(
    st.tuples(
        st.just("story"), st.integers(0, 8), st.integers(0, 3), st.integers(0, 9)
    ),
    st.tuples(st.just("version"), st.integers(0, 8), st.integers(0, 3), st.just(0)),
    st.tuples(
        st.sampled_from([SAME, DIFFERENT]),
        st.integers(0, 8),
        st.integers(0, 8),
        st.just(0),
    ),
    st.tuples(st.just(UNDO), st.integers(0, 20), st.just(0), st.just(0)),
    st.tuples(st.just("forget"), st.integers(0, 8), st.just(0), st.just(0)),
)


def journal_of(sequence) -> list[bytes]:
    """Return a journal: stories of days apart, versions, corrections, forgettings."""
    found = []
    for number, (kind, a, b, c) in enumerate(sequence):
        seen = NOW + timedelta(days=number)
        if kind == "story":
            found.append(record(f"n{a}", b, c, hours=a, first_seen=seen, observed=NOW))
        elif kind == "version":
            text = f"Version {number}, {number} hurt."
            found.append(
                record(
                    f"n{a}", b, a, hours=a, first_seen=seen, observed=seen, text=text
                )
            )
        elif kind == UNDO:
            found.append(said(number, UNDO, "", f"c-{a}"))
        elif kind == "forget":
            one = Forget(forget_id=f"f-{number}", story_ids=(IDS[a],), who="Ada", at=AT)
            found.append(one.encode())
        else:
            found.append(said(number, kind, IDS[a], IDS[b]))
    return found


@settings(max_examples=60)
@given(st.lists(step, max_size=40), st.integers(1, 9), st.sampled_from([0, 12]))
def test_a_table_rebuilt_from_the_records_alone_is_the_state(
    tmp_path_factory, sequence, batch, keep_days
):
    """Whatever happens, in whatever batches, with stories that expire; some twice."""
    keep_s = keep_days * DAY_S or float("inf")
    folder = tmp_path_factory.mktemp("r")
    journal = list(enumerate(journal_of(sequence)))
    whole = EventIndex(State(folder / "whole.db"), keep_s=keep_s)
    whole.apply(journal)
    index = EventIndex(State(folder / "parts.db"), keep_s=keep_s)
    sent: list[bytes] = []
    for at in range(0, len(journal), batch):
        index.apply(journal[max(0, at - 1) : at + batch])
        waiting = index.state.revisions.outbox()
        sent += [one.value for one in waiting if one.refused is None]
        sent += sent[-2:]  # at least once
        assert table_of(sent) == table_in(index.state)
        index.state.clear_outbox([one.number for one in waiting])
        index.state.close()
        index = EventIndex(State(folder / "parts.db"), keep_s=keep_s)
    assert index.state.digest() == whole.state.digest()
    index.state.close()
    whole.state.close()


COPY = f"{OWN} Read more on our site."


def reasons_of(path, *told) -> list[str]:
    """Return what is said of the events of (outlet, text), in turn."""
    index = EventIndex(State(path))
    index.apply(
        [
            (n, record(f"n{n}", 1, n, hours=n, outlet=outlet, text=text))
            for n, (outlet, text) in enumerate(told)
        ]
    )
    index.state.close()
    return [json.loads(one.value)["reason"] for one in outbox_of(path)]


def outbox_of(path):
    state = State(path)
    found = state.revisions.outbox()
    state.close()
    return found


REUTERS = f"GENEVA (Reuters) - {PARAPHRASE}"
STYLE = "(Reporting by Ann Lee; editing by Bo Ray)"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("a.org", OWN), ("b.org", PARAPHRASE), "confirmed"),
        (("a.org", OWN), ("a.org", PARAPHRASE), "grown"),
        (("a.org", OWN), ("A.org", PARAPHRASE), "grown"),
        (("a.org", OWN), ("www.a.org", PARAPHRASE), "grown"),
        (("a.org", OWN), ("b.org", COPY), "grown"),
        (("a.org", OWN), ("b.org", REUTERS), "confirmed"),
        (("a.org", f"PARIS (Reuters) - {OWN}"), ("b.org", REUTERS), "grown"),
        (("reuters.com", OWN), ("b.org", f"{PARAPHRASE} {STYLE}"), "grown"),
        (
            ("reuters.com", OWN),
            ("b.org", f"Reuters was told. {PARAPHRASE}"),
            "confirmed",
        ),
    ],
    ids=range(9),
)
def test_a_second_voice_confirms(tmp_path, first, second, expected):
    """Another family, with words of its own, that comes from another agency."""
    assert reasons_of(tmp_path / "s.db", first, second)[1] == expected


def test_a_copy_that_becomes_a_report_of_its_own_confirms(tmp_path):
    """By itself, with its new version; not the copy that comes after it."""
    index = EventIndex(State(tmp_path / "s.db"))
    later = NOW + timedelta(hours=9)
    journal = [
        record("n0", 1, 0, hours=0, outlet="a.org", text=OWN),
        record("n1", 1, 1, hours=1, outlet="b.org", text=COPY),
        record("n1", 1, 1, hours=1, outlet="b.org", text=PARAPHRASE, observed=later),
        record("n2", 1, 2, hours=2, outlet="c.org", text=COPY),
    ]
    index.apply(list(enumerate(journal)))
    found = [json.loads(one.value) for one in index.state.revisions.outbox()]
    told = [(one["reason"], one["story"]) for one in found]
    assert ("confirmed", IDS[1]) in told
    assert [reason for reason, _ in told].count("confirmed") == 1
    assert told[-1] == ("grown", IDS[2])


def test_a_source_that_comes_later_is_told_and_counts(tmp_path):
    """Two papers with one text were two voices until the third brought its words."""
    lines = make.report(0)
    halves = "\n".join(lines[:3]), "\n".join(lines[3:])
    index = EventIndex(State(tmp_path / "s.db"))
    journal = [
        record("n0", 1, 0, hours=2, outlet="a.org", text=halves[0]),
        record("n1", 1, 1, hours=3, outlet="b.org", text=halves[1]),
        record("n2", 1, 2, hours=1, outlet="c.org", text="\n".join(lines)),
    ]
    index.apply(list(enumerate(journal)))
    found = [json.loads(one.value) for one in index.state.revisions.outbox()]
    reasons = ["created", "confirmed", "grown", "unconfirmed"]
    assert [one["reason"] for one in found] == reasons
    assert found[1]["voices"] == ["a.org", "b.org"]
    assert found[2]["voices"] == ["c.org"]
    assert found[2]["copies"] == [[IDS[0], IDS[2]], [IDS[1], IDS[2]]]


@pytest.mark.parametrize("way", ["forgotten", "moved", "retracted"])
def test_a_confirmation_is_taken_back_when_its_ground_goes(tmp_path, way):
    """The one report of another voice is forgotten, moved, or its outlet retracts it."""
    index = EventIndex(State(tmp_path / "s.db"))
    journal = [
        record("n0", 1, 0, hours=0, outlet="a.org", text=OWN),
        record("n1", 1, 1, hours=1, outlet="b.org", text=PARAPHRASE),
    ]
    index.apply(list(enumerate(journal)))
    if way == "forgotten":
        gone = Forget(forget_id="f-1", story_ids=(IDS[1],), who="Ada", at=NOW)
        index.apply([(2, gone.encode())])
    elif way == "retracted":
        text = "b.org has retracted its report of the talks."
        index.apply([(2, record("n2", 1, 2, hours=2, outlet="b.org", text=text))])
        assert (
            index.state.copies.second_source(index.state.assignments()[IDS[0]]) is None
        )
    else:
        index.apply([(2, said(1, DIFFERENT, IDS[0], IDS[1]))])
    found = [json.loads(one.value) for one in index.state.revisions.outbox()]
    mine = [one for one in found if one["event_id"] == found[0]["event_id"]]
    assert [one["reason"] for one in mine][:2] == ["created", "confirmed"]
    assert mine[-1]["reason"] == "unconfirmed"
    assert "story" not in mine[-1]


def test_an_event_tells_that_it_is_confirmed_once(tmp_path):
    """Created, grown by a copy, confirmed by the first of its own words, grown."""
    index = EventIndex(State(tmp_path / "s.db"))
    told = [
        ("a", "a.org", OWN),
        ("b", "b.org", COPY),
        ("c", "c.org", PARAPHRASE),
        ("d", "d.org", "Rules for ships that carry grain: what the ministers settled."),
    ]
    index.apply(
        [
            (n, record(name, 1, n, hours=n, outlet=outlet, text=text))
            for n, (name, outlet, text) in enumerate(told)
        ]
    )
    found = [json.loads(one.value) for one in index.state.revisions.outbox()]
    assert [one["reason"] for one in found] == [
        "created",
        "grown",
        "confirmed",
        "grown",
    ]
    assert [one["story"] for one in found] == [
        make_story(name).story_id for name, _, _ in told
    ]
    assert [one["revision"] for one in found] == [1, 2, 3, 4]


def test_people_who_join_two_events_may_confirm_them(tmp_path):
    """The record of it follows that of the correction."""
    index = EventIndex(State(tmp_path / "s.db"))
    index.apply(
        [
            (0, record("n0", 0, 0, outlet="a.org", text=OWN)),
            (1, record("n1", 1, 1, hours=1, outlet="b.org", text=PARAPHRASE)),
            (2, said(2, SAME, IDS[0], IDS[1])),
        ]
    )
    found = [json.loads(one.value) for one in index.state.revisions.outbox()][2:]
    assert {one["reason"] for one in found} == {"corrected", "confirmed"}
    assert (found[-1]["reason"], found[-1]["story"]) == ("confirmed", IDS[1])
