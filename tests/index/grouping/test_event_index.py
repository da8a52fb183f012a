"""The index applies the journal: same order, same events, whatever happens on the way."""

import json
import sqlite3
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestory.errors import Misconfigured
from samestory.index.answers.lookup import Lookup, query_of
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.query import Query
from samestory.index.store.reader import Reader
from samestory.index.store.revisions import Revisions
from samestory.index.store.state import State
from samestory.story_vector import StoryVector
from tests.conftest import NOW, make_story
from tests.index.vectors import JOURNAL, MODEL, record, vector


def open_index(path) -> EventIndex:
    return EventIndex(State(path))


def assignments(state: State) -> dict[str, str]:
    return {m.story.story_id: m.event_id for m in state.stories()}


def test_reports_of_a_topic_become_one_event(tmp_path):
    """Four topics, four events; junk is refused with its offset; repeats change nothing."""
    index = open_index(tmp_path / "s.db")
    index.apply(JOURNAL)
    (junk,) = [one for one in index.state.revisions.outbox() if one.refused]
    assert (junk.key, junk.value) == ("24", b"junk")
    assert "not JSON" in junk.refused
    found = assignments(index.state)
    assert len(found) == 24
    assert len(set(found.values())) == 4
    assert index.state.meta.position() == 26
    sizes = sorted(len(e.reports) for e in Reader(index.state.path).events(Query()))
    assert sizes == [6, 6, 6, 6]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The state of the journal that was applied at once."""
    index = open_index(tmp_path_factory.mktemp("whole") / "whole.db")
    index.apply(JOURNAL)
    return index.state


@settings(max_examples=20)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.booleans())
def test_batch_boundaries_and_restarts_change_nothing(
    whole, tmp_path_factory, sizes, restart
):
    """The same journal gives the same assignments, records and revisions."""
    folder = tmp_path_factory.mktemp("s")
    index = open_index(folder / "parts.db")
    at = 0
    for size in [*sizes, len(JOURNAL)]:
        index.apply(JOURNAL[max(0, at - 2) : at + size])  # two of them come again
        at += size
        if restart:
            index.state.close()
            index = open_index(folder / "parts.db")
    assert assignments(index.state) == assignments(whole)
    assert index.state.revisions.outbox() == whole.revisions.outbox()
    for story_id in assignments(whole):
        assert index.state.joins.of(story_id) == whole.joins.of(story_id)


def test_a_crash_inside_a_batch_leaves_nothing_of_it(whole, tmp_path, monkeypatch):
    """Position, stories and outbox stand or fall together; the next try succeeds."""
    index = open_index(tmp_path / "s.db")
    index.apply(JOURNAL[:5])
    before = (
        assignments(index.state),
        index.state.meta.position(),
        index.state.revisions.outbox(),
    )
    real = Revisions.revise

    def crash(self, event_id, reason, **details):
        if index.state.counts()["stories"] > 9:
            raise KeyboardInterrupt
        real(self, event_id, reason, **details)

    with monkeypatch.context() as patched:
        patched.setattr(Revisions, "revise", crash)
        with pytest.raises(KeyboardInterrupt):
            index.apply(JOURNAL[5:])
    after = (
        assignments(index.state),
        index.state.meta.position(),
        index.state.revisions.outbox(),
    )
    assert after == before
    index.apply(JOURNAL[5:])
    assert assignments(index.state) == assignments(whole)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=30), st.integers(1, 9))
def test_broken_off_at_any_step_it_ends_the_same(whole, tmp_path_factory, steps, size):
    """SQLite is stopped in the middle of some statement, again and again."""
    folder = tmp_path_factory.mktemp("s")
    index = open_index(folder / "broken.db")
    left = list(steps)
    while index.state.meta.position() < len(JOURNAL):
        at, ticks = index.state.meta.position(), [left.pop() if left else 10**9]

        def stop(ticks=ticks) -> int:
            ticks[0] -= 1
            return int(ticks[0] <= 0)

        index.state._db.set_progress_handler(stop, 30)
        try:
            index.apply(JOURNAL[at : at + size])
        except sqlite3.OperationalError as error:
            if str(error) != "interrupted":
                raise
            index.state.close()  # as the end of its process does
            index = open_index(folder / "broken.db")
        index.state._db.set_progress_handler(None, 0)
    assert index.state.digest() == whole.digest()
    assert index.state.revisions.outbox() == whole.revisions.outbox()


def test_the_same_topic_weeks_later_is_another_event(tmp_path):
    """Candidates lie within seven days of the story's own time, in any order."""
    index = open_index(tmp_path / "s.db")
    index.apply(
        [
            (0, record("late", 1, 1, hours=24 * 30)),
            (1, record("early", 1, 2)),
            (2, record("early2", 1, 3, hours=2)),
        ]
    )
    found = assignments(index.state)
    ids = [make_story(n).story_id for n in ("late", "early", "early2")]
    assert found[ids[1]] == found[ids[2]] != found[ids[0]]


def test_a_new_version_replaces_the_text_and_an_older_one_is_dropped(tmp_path):
    """The event stays; its revision says why."""
    index = open_index(tmp_path / "s.db")
    index.apply([(0, record("a", 1, 1)), (1, record("b", 1, 2, hours=1))])
    later = {"text": "Corrected.", "observed": NOW + timedelta(hours=5)}
    older = {"text": "Draft.", "observed": NOW - timedelta(hours=5)}
    index.apply([(2, record("a", 1, 1, **later)), (3, record("a", 1, 1, **older))])
    member = index.state.member(make_story("a").story_id)
    assert member is not None
    assert member.story.text == "Corrected."
    assert index.state.counts() == {"stories": 2, "events": 1}
    assert b'"reason": "updated"' in index.state.revisions.outbox()[2].value


def test_vectors_of_another_model_are_refused_by_name_and_the_rest_goes_on(tmp_path):
    """Silent drift between models never happens, and no record blocks the journal."""
    index = open_index(tmp_path / "s.db")
    index.apply([(0, record("a", 1, 1))])
    foreign = StoryVector(
        story=make_story("b"), vectors=vector(1, 2), space_id="v-other"
    )
    index.apply([(1, foreign.encode()), (2, record("c", 1, 3))])
    said = index.state.revisions.outbox()[-2].refused
    assert f"space v-t, story {make_story('b').story_id} has v-other" in said
    assert index.state.counts()["stories"] == 2
    assert index.state.meta.position() == 3


def test_a_new_version_keeps_when_its_story_was_first_seen(tmp_path):
    """A corrected story without a date stays at its place in time."""
    index = open_index(tmp_path / "s.db")
    index.apply([(0, record("a", 1, 1, published=None, first_seen=NOW))])
    late = NOW + timedelta(days=3)
    changed = {"text": "Corrected.", "observed": late, "first_seen": late}
    index.apply([(1, record("a", 1, 1, published=None, **changed))])
    (found,) = index.state.stories()
    assert (found.story.text, found.story.event_time) == ("Corrected.", NOW)


def test_lookup_finds_stories_by_vector_filter_and_id(tmp_path):
    """The nearest first; ids by their beginning; filters before search."""
    index = open_index(tmp_path / "s.db")
    index.apply(JOURNAL)
    state = index.state
    query = query_of(MODEL, "Unheard", "", vector(2, 2))
    lookup = Lookup(state, MODEL)
    found = lookup.nearest(query, 7)
    first = make_story("n2").story_id
    assert found[0].member.story.story_id == first
    assert found[0].likeness.similarity == pytest.approx(1, abs=1e-3)
    assert {near.member.event_id for near in found[:6]} == {found[0].member.event_id}
    assert found[0].likeness.word_overlap == 0
    chances = [near.likeness.probability for near in found]
    assert chances == sorted(chances, reverse=True)
    assert Lookup(State(tmp_path / "empty.db"), MODEL).nearest(query, 3) == []
    reader = Reader(state.path)
    assert reader.resolve(first[:10]) == first
    with pytest.raises(Misconfigured, match="ambiguous"):
        reader.resolve("s-")
    with pytest.raises(Misconfigured, match="no id begins"):
        reader.resolve("e-zzz")
    with pytest.raises(Misconfigured, match="is no id"):
        reader.resolve("hello")
    filtered = lookup.nearest(query, 7, outlet="EXAMPLE.org", lang="en")
    assert [near.to_json() for near in filtered] == [near.to_json() for near in found]
    assert lookup.nearest(query, 7, lang="de") == []
    late = (NOW + timedelta(hours=50)).timestamp()
    assert {
        near.member.story.story_id for near in lookup.nearest(query, 9, since=late)
    } == {make_story(f"n{i}").story_id for i in range(17, 24)}
    assert reader.events(Query(min_outlets=2)) == []
    one = reader.event(found[0].member.event_id)
    assert one.to_json()["first_report"] == one.reports[0].story_id


def test_a_state_that_is_not_there_says_how_to_get_one(tmp_path):
    """The message names the commands."""
    with pytest.raises(Misconfigured, match="samestory run --feed"):
        Reader(tmp_path / "none.db")


def test_of_stories_that_are_as_near_the_one_with_the_same_words_comes_first(tmp_path):
    """The vector does not know an invented name, the words do."""
    index = open_index(tmp_path / "s.db")
    names = ["Ardal", "Brisk", "Corvo", "Drake"]
    index.apply(
        [
            (i, record(n, topic=1, noise=1, title=f"Premier {n} resigns"))
            for i, n in enumerate(names)
        ]
    )
    for name in names:
        text = f"the resignation of premier {name}"
        query = query_of(MODEL, "", text, vector(1, 1))
        first = Lookup(index.state, MODEL).nearest(query, 4)[0]
        assert first.member.story.title == f"Premier {name} resigns"
        assert 0 < first.likeness.word_overlap < 1


def changed(**story) -> bytes:
    value = json.loads(record("odd", 1, 1))
    value["story"].update(story)
    return json.dumps(value).encode()


def with_vectors(**vectors) -> bytes:
    value = json.loads(record("odd", 1, 1))
    value["vectors"].update(vectors)
    return json.dumps(value).encode()


FORGET = {"type": "forget", "version": "1.0", "stories": ["s-1"], "who": "x"}


@pytest.mark.parametrize(
    "value",
    [
        changed(title="a\ud800"),
        changed(story_id="s-\ud800"),
        changed(first_seen="9999-12-31T23:59:59+00:00"),
        changed(published="0001-01-01T00:00:00+10:00"),
        changed(observed="9999-12-31T23:59:59-10:00"),
        with_vectors(shape=[2, float("inf")]),
        with_vectors(shape=[2, 2**70]),
        with_vectors(shape=[2, -1]),
        with_vectors(space="a b"),
        with_vectors(space="\ud800"),
        json.dumps(FORGET | {"id": [], "at": "2026-01-01T00:00:00+00:00"}).encode(),
        json.dumps(FORGET | {"id": "f-1", "at": "0001-01-01T00:00:00+10:00"}).encode(),
        b'{"type": ' + 50_000 * b"[" + 50_000 * b"]" + b"}",
    ],
    ids=range(13),
)
@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
def test_a_hostile_record_is_refused_and_the_next_is_taken(tmp_path, value, first):
    """Also as the very first, which must not bind the state to anything."""
    index = open_index(tmp_path / "s.db")
    good = [record("a", 1, 1), record("b", 1, 2, hours=1)]
    records = [value, *good] if first else [*good, value]
    index.apply(list(enumerate(records)))
    (refused,) = [one for one in index.state.revisions.outbox() if one.refused]
    assert refused.value == value
    assert len(index.state.assignments()) == 2
    index.state.close()
    assert len(open_index(tmp_path / "s.db").state.assignments()) == 2
