"""A question is answered by SQL as a walk over all stories answers it."""

import sqlite3
import unicodedata
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samestory.errors import Misconfigured
from samestory.index.decision.join_record import JoinRecord
from samestory.index.decision.whole_vector import combine
from samestory.index.store.query import NEWEST, OLDEST, Cursor, Query
from samestory.index.store.reader import Reader
from samestory.index.store.state import State
from samestory.story_vector import StoryVector
from tests.conftest import NOW, make_story
from tests.index.vectors import vector

OUTLETS = ("a.org", "A.org", "b.org", "Ć.example")
LANGS = ("en", "de", None)
WORDS = ("Ćuprija", "talks", "Border", "grain", "%", "_")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """A state of 90 stories in 30 events: of hearsay, of equal times, without titles."""
    state = State(tmp_path_factory.mktemp("query") / "state.db")
    rng = np.random.default_rng(3)

    def one_of(values):
        return values[rng.integers(len(values))]

    with state.transaction():
        for n in range(90):
            at = NOW + timedelta(hours=int(rng.integers(40)), microseconds=7)
            words = " ".join(one_of(WORDS) for _ in range(3))
            story = make_story(
                f"q{n}",
                published=None if n % 11 == 0 else at,
                first_seen=at + timedelta(hours=1),
                outlet=one_of(OUTLETS),
                lang=one_of(LANGS),
                title="" if n % 7 == 0 else f"{one_of(WORDS)} {n}",
                text=f"{words}\nSecond line {n}.",
                hearsay_of="BBC" if rng.random() < 0.3 else "",
            )
            vectors = vector(n % 30, n)
            found = StoryVector(story=story, vectors=vectors, space_id="v-t")
            event = f"e-{n % 30:016x}"
            state.put(found, n + 1, event, JoinRecord(), 0.0, [], seen=0.0)
    yield state
    state.close()


@pytest.fixture(scope="module")
def reader(filled):
    with Reader(filled.path) as found:
        yield found


def own_of(members):
    return [m for m in members if not m.story.hearsay_of] or members


def time_of(member) -> float:
    return member.story.event_time.timestamp()


def matches(member, query: Query) -> bool:
    story, at = member.story, time_of(member)
    there = words_of(f"{story.title}\n{story.text}")
    return (
        (query.since is None or at >= query.since)
        and (query.until is None or at < query.until)
        and (
            query.outlet is None
            or ascii_small(story.outlet) == ascii_small(query.outlet)
        )
        and (query.lang is None or story.lang == query.lang)
        and (query.event is None or member.event_id == query.event)
        and there >= words_of(query.text)
    )


def words_of(text: str) -> set[str]:
    apart = unicodedata.normalize("NFKD", text.casefold())
    return set("".join(c for c in apart if not unicodedata.combining(c)).split())


def ascii_small(text: str) -> str:
    """As SQLite's NOCASE does: letters of ASCII alone."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def page(rows: list[tuple[float, str]], query: Query) -> list[tuple[float, str]]:
    way = -1 if query.order == NEWEST else 1
    rows = sorted(rows, key=lambda row: (way * row[0], row[1]))
    if query.after is not None:
        place = (way * query.after.at, query.after.id)
        rows = [row for row in rows if (way * row[0], row[1]) > place]
    return rows[: query.limit]


def groups(state: State):
    found = defaultdict(list)
    for member in state.stories():
        found[member.event_id].append(member)
    return found


def outlets_of(members) -> set[str]:
    return {m.story.outlet for m in members if not m.story.hearsay_of}


def events_by_hand(state: State, query: Query) -> list[tuple[float, str]]:
    rows = []
    for event_id, members in groups(state).items():
        own = own_of(members)
        told = len(outlets_of(members)) >= query.min_outlets
        if told and any(matches(m, query) for m in own):
            times = [time_of(m) for m in own]
            at = max(times) if query.order == NEWEST else min(times)
            rows.append((at, event_id))
    return page(rows, query)


def stories_by_hand(state: State, query: Query) -> list[tuple[float, str]]:
    told = {e: len(outlets_of(ms)) for e, ms in groups(state).items()}
    rows = [
        (time_of(m), m.story.story_id)
        for m in state.stories()
        if told[m.event_id] >= query.min_outlets and matches(m, query)
    ]
    return page(rows, query)


hours = st.integers(-1, 42).map(
    lambda h: (NOW + timedelta(hours=h, microseconds=7)).timestamp()
)
cursors = st.builds(
    Cursor, hours, st.integers(0, 31).map(lambda n: f"e-{n:016x}") | st.just("s-8")
)
queries = st.builds(
    Query,
    since=st.none() | hours,
    until=st.none() | hours,
    outlet=st.none() | st.sampled_from([*OUTLETS, "a.ORG", "none"]),
    lang=st.none() | st.sampled_from(["en", "de", "fr"]),
    min_outlets=st.integers(-1, 4),
    event=st.none() | st.integers(0, 31).map(lambda n: f"e-{n:016x}"),
    text=st.lists(st.sampled_from([*WORDS, "ĆUPRIJA", "order", "zzz"]), max_size=2).map(
        " ".join
    ),
    order=st.sampled_from([NEWEST, OLDEST]),
    limit=st.none() | st.integers(1, 12),
    after=st.none() | cursors,
)


@settings(max_examples=150, deadline=None)
@given(query=queries)
def test_events_are_those_that_a_walk_over_all_stories_finds(filled, reader, query):
    """In the same order, by the same times; counted without regard to the page."""
    expected = events_by_hand(filled, query)
    assert [tuple(one.cursor) for one in reader.events(query)] == expected
    whole = replace(query, limit=None, after=None)
    assert reader.count_events(query) == len(events_by_hand(filled, whole))


@settings(max_examples=150, deadline=None)
@given(query=queries)
def test_stories_are_those_that_a_walk_over_all_stories_finds(filled, reader, query):
    """Whole or without their texts: the same ones."""
    expected = stories_by_hand(filled, query)
    assert [tuple(one.cursor) for one in reader.stories(query)] == expected
    assert [one.story_id for one in reader.reports(query)] == [
        name for _, name in expected
    ]


@pytest.mark.parametrize("order", [NEWEST, OLDEST])
@pytest.mark.parametrize("name", ["events", "stories"])
def test_pages_one_behind_the_other_are_the_whole_list(reader, order, name):
    """Though many have the same time; a cursor survives as a word."""
    ask = getattr(reader, name)
    whole = [one.cursor for one in ask(Query(order=order))]
    found, after = [], None
    while page := ask(Query(order=order, limit=7, after=after)):
        found += [one.cursor for one in page]
        after = Cursor.decode(page[-1].cursor.encode())
    assert found == whole
    assert len(whole) == {"events": 30, "stories": 90}[name]


def test_an_event_says_what_its_stories_say(filled, reader):
    """Its headline is that of the own report nearest to all others, by the vectors."""
    members = groups(filled)
    for event in reader.events(Query()):
        own = own_of(members[event.event_id])
        rows = np.stack([combine(m.vectors) for m in own])
        best = int((rows @ rows.sum(axis=0)).argmax()) if len(own) > 2 else 0
        story = own[best].story
        assert event.title == (story.title or story.text.split("\n")[0])
        assert [r.story_id for r in event.reports] == [
            m.story.story_id for m in members[event.event_id]
        ]
        for report, member in zip(event.reports, members[event.event_id], strict=True):
            story = member.story
            assert (report.seq, report.title, report.url, report.outlet) == (
                member.seq,
                story.title,
                story.url,
                story.outlet,
            )
            assert (report.published, report.event_time) == (
                story.published,
                story.event_time,
            )
            assert (report.attribution, report.text_from) == (
                story.attribution,
                story.text_from,
            )


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (Query(since=NOW.timestamp()).events(), "stories_placed (event_time>"),
        (Query(outlet="a.org").events(), "stories_outlet (outlet="),
        (Query(event="e-1").events(), "stories_event (event_id="),
        (Query(min_outlets=2).count_of_events(), "COVERING INDEX stories_event"),
        (Query(since=NOW.timestamp()).stories(), "stories_placed (event_time>"),
        (Query(limit=9).stories(), "USING INDEX stories_placed"),
        (Query(event="e-1").stories(), "stories_event (event_id="),
        (Query(outlet="a.org").stories(), "stories_outlet (outlet="),
    ],
)
def test_an_index_serves_what_is_asked_most(filled, query, index):
    """No question of these walks over the stories themselves."""
    db = sqlite3.connect(filled.path)
    plan = [
        row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query.sql}", query.values)
    ]
    db.close()
    assert any(index in line for line in plan), plan
    assert not any(line in ("SCAN s", "SCAN stories") for line in plan), plan


def test_what_can_not_be_asked_is_refused_by_name():
    """Before anything is read."""
    with pytest.raises(Misconfigured, match="limit 0: must be 1 or more"):
        Query(limit=0)
    with pytest.raises(Misconfigured, match="order 'best': use newest, oldest, voices"):
        Query(order="best")
    with pytest.raises(Misconfigured, match="'yesterday' is no place in a list"):
        Cursor.decode("yesterday")
