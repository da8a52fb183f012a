"""A new version of a story is decided again, and its history is kept."""

import json
from datetime import timedelta

from samestory.index.answers.explanation import why_story
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.reader import Reader
from samestory.index.store.state import State
from samestory.index.store.versions import KEPT
from tests.conftest import NOW, make_story
from tests.index.vectors import record

HOME = [record(f"h{i}", topic=1, noise=i, hours=i) for i in range(3)]
AWAY = [record(f"a{i}", topic=2, noise=10 + i, hours=i) for i in range(3)]


def index_of(path, records) -> EventIndex:
    index = EventIndex(State(path / "s.db"))
    index.apply(list(enumerate(records)))
    return index


def event_of(index: EventIndex, name: str) -> str:
    member = index.state.member(make_story(name).story_id)
    assert member is not None
    return member.event_id


def version(name: str, topic: int, noise: int, hours: float, text: str) -> bytes:
    observed = NOW + timedelta(days=9, hours=hours)
    return record(name, topic, noise, hours=1, text=text, observed=observed)


def reasons(index: EventIndex, begin: int = 0) -> list[tuple[str, str]]:
    """Return (event, reason) of the revisions since the so-many-th."""
    found = [json.loads(one.value) for one in index.state.revisions.outbox()]
    return [(one["event_id"], one["reason"]) for one in found[begin:]]


def test_a_report_that_now_tells_another_event_moves_there(tmp_path):
    """As if it had come so; both events tell it, its former version is kept."""
    index = index_of(tmp_path, [*HOME, *AWAY])
    home, away = event_of(index, "h1"), event_of(index, "a0")
    assert home != away
    sent = len(index.state.revisions.outbox())
    index.apply([(6, version("h1", 2, 13, hours=1, text="Rewritten."))])
    assert event_of(index, "h1") == away
    assert event_of(index, "h0") == event_of(index, "h2") == home
    assert reasons(index, sent) == [
        (home, "updated"),
        (home, "moved"),
        (away, "moved"),
    ]
    story_id = make_story("h1").story_id
    (former,) = index.state.history.versions(story_id)
    assert (former.event_id, former.story.text) == (home, make_story("h1").text)
    assert former.record.joined
    member = index.state.member(story_id)
    assert member is not None
    why = why_story(index.state, member)
    assert why.event_id == away


def test_a_report_that_now_fits_nowhere_leaves_for_an_event_of_its_own(tmp_path):
    """Its event keeps its name, also without its first report."""
    index = index_of(tmp_path, HOME)
    home = event_of(index, "h0")
    index.apply([(3, version("h0", 7, 99, hours=1, text="Something else."))])
    assert event_of(index, "h1") == event_of(index, "h2") == home
    alone = event_of(index, "h0")
    assert alone != home
    assert len(index.state.members_of(alone)) == 1


def test_a_lone_report_that_now_tells_a_known_event_joins_it(tmp_path):
    """The id of its own event stands for the other from then on."""
    index = index_of(tmp_path, [HOME[0], *AWAY])
    alone, away = event_of(index, "h0"), event_of(index, "a0")
    index.apply([(4, version("h0", 2, 14, hours=1, text="Rewritten."))])
    assert event_of(index, "h0") == away
    assert Reader(index.state.path).resolve(alone) == away
    last = json.loads(index.state.revisions.outbox()[-2].value)
    assert (last["event_id"], last["reason"]) == (alone, "merged")
    assert (last["into"], last["members"]) == (away, [])


def test_a_version_that_says_the_same_stays_where_it_is(tmp_path):
    """The event's revision says whether figures changed, or a correction came."""
    index = index_of(tmp_path, HOME)
    home = event_of(index, "h0")
    sent = len(index.state.revisions.outbox())
    said = make_story("h1").text
    changes = [
        ("Better told.", "updated"),
        ("At least 14 were hurt.", "materially-updated"),
        ("At least 14 people were hurt.", "updated"),
        ("At least 15 people were hurt.", "materially-updated"),
        (
            "At least 15 people were hurt. Correction: it was another town.",
            "materially-updated",
        ),
    ]
    for number, (text, _) in enumerate(changes):
        one = version("h1", 1, 1, hours=number, text=f"{said} {text}")
        index.apply([(3 + number, one)])
    assert event_of(index, "h1") == home
    assert reasons(index, sent) == [(home, reason) for _, reason in changes]


def test_the_latest_former_versions_are_kept(tmp_path):
    """A page that changes at each visit does not fill the disk."""
    index = index_of(tmp_path, HOME[:1])
    for number in range(KEPT + 5):
        text = f"Version {number}."
        index.apply([(1 + number, version("h0", 1, 0, hours=number, text=text))])
    kept = index.state.history.versions(make_story("h0").story_id)
    assert [one.story.text for one in kept] == [
        f"Version {number}." for number in range(4, KEPT + 4)
    ]


def test_versions_in_any_order_end_with_the_latest(tmp_path):
    """An older one that arrives late is dropped; a replay in that order agrees."""
    late = version("h1", 2, 13, hours=5, text="The latest.")
    early = version("h1", 1, 1, hours=2, text="In between.")
    first = index_of(tmp_path / "a", [*HOME, *AWAY, early, late])
    second = index_of(tmp_path / "b", [*HOME, *AWAY, late, early])
    for index in (first, second):
        member = index.state.member(make_story("h1").story_id)
        assert member is not None
        assert member.story.text == "The latest."
        assert member.event_id == event_of(index, "a0")
    assert len(first.state.history.versions(make_story("h1").story_id)) == 2
    assert len(second.state.history.versions(make_story("h1").story_id)) == 1
