"""Why: the chain, the sum, what both texts share, and what keeps stories apart."""

import math

import pytest

from samestory.errors import Misconfigured
from samestory.index.answers.explanation import why_event, why_pair, why_story
from samestory.index.answers.shared_terms import shared_terms
from samestory.index.decision.pair_model import PairModel
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.state import State
from tests.conftest import make_story
from tests.index.vectors import record

MODEL = PairModel.load()


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    """Three topics: twelve reports of the first in eight days, one of each other."""
    found = State(tmp_path_factory.mktemp("why") / "s.db")
    title = "Premier Ardal resigns over the Brisk affair"
    records = [
        record(f"n{i}", topic=0, noise=i, hours=16 * i, title=title) for i in range(12)
    ]
    records += [record("other", topic=1, noise=50), record("far", 2, 60, hours=2_000)]
    EventIndex(found).apply(list(enumerate(records)))
    return found


def member(state, name):
    found = state.member(make_story(name).story_id)
    assert found is not None
    return found


def test_a_chain_leads_from_one_to_the_other_and_each_sum_adds_up(state):
    """Stories too far apart to be compared are together by those between."""
    first, last = member(state, "n0"), member(state, "n11")
    found = why_pair(state, first, last, lambda: MODEL)
    assert found.event_id == first.event_id == last.event_id
    assert len(found.chain) > 1
    at = first.story.story_id
    for link in found.chain:
        ends = {link.story.story_id, link.other.story_id}
        assert at in ends
        (at,) = ends - {at}
        assert link.logit == math.fsum([link.bias, *(c for _, _, c in link.features)])
        assert link.hours_apart <= 7 * 24
        assert link.joined >= link.threshold
    assert at == last.story.story_id
    assert found.weakest == min(found.chain, key=lambda link: link.probability)
    assert found.direct is not None
    assert found.direct.ends == (last.story.story_id, first.story.story_id)
    assert found.direct.probability < found.weakest.probability
    neighbour = why_pair(state, first, member(state, "n1"), lambda: MODEL)
    assert (len(neighbour.chain), neighbour.direct) == (1, None)


def test_reprints_that_are_as_like_as_can_be_have_a_chain(tmp_path):
    """Every way from one to another is as strong: one of the shortest is told."""
    reprints = State(tmp_path / "s.db")
    records = [record(f"n{i}", topic=0, noise=0) for i in range(9)]
    EventIndex(reprints).apply(list(enumerate(records)))
    for i in range(1, 9):
        ends = member(reprints, "n0"), member(reprints, f"n{i}")
        assert len(why_pair(reprints, *ends, lambda: MODEL).chain) in (1, 2)


def test_no_other_chain_has_a_stronger_weakest_link(state):
    """Checked by taking away every pair that is as weak or weaker."""
    first, last = member(state, "n0"), member(state, "n11")
    weakest = why_pair(state, first, last, lambda: MODEL).weakest
    reached, grown = {first.story.story_id}, True
    links = [
        (story.story_id, pair.story_id)
        for story in (m.story for m in state.members_of(first.event_id))
        for pair in state.joins.of(story.story_id).pairs
        if pair.logit > weakest.logit
    ]
    while grown:
        grown = False
        for a, b in links:
            if (a in reached) != (b in reached):
                reached |= {a, b}
                grown = True
    assert last.story.story_id not in reached


def test_an_event_tells_how_each_story_came_in(state):
    """All but the one that opened it."""
    event_id = member(state, "n0").event_id
    found = why_event(state, event_id)
    assert len(found.stories) == 12
    assert [link.story.story_id for link in found.chain] == [
        one.story.story_id for one in found.stories[1:]
    ]


def test_a_story_tells_why_it_joined_or_opened(state):
    """With the numbers that decided."""
    assert "the mean over" in why_story(state, member(state, "n3")).reason
    assert "no story within seven days" in why_story(state, member(state, "n0")).reason
    assert "opened the event: the best other had" in (
        why_story(state, member(state, "other")).reason
    )


def test_stories_apart_are_compared_and_the_reason_is_told(state):
    """Another topic; another time; one story twice is refused."""
    found = why_pair(state, member(state, "n0"), member(state, "other"), lambda: MODEL)
    assert found.event_id is None
    assert "opened its own event" in found.reason
    (link,) = found.chain
    assert link.probability < link.threshold
    found = why_pair(state, member(state, "n0"), member(state, "far"), lambda: MODEL)
    assert "only stories within seven days are compared" in found.reason
    with pytest.raises(Misconfigured, match="twice"):
        why_pair(state, member(state, "n0"), member(state, "n0"), lambda: MODEL)


@pytest.mark.parametrize(
    ("one", "two", "shared"),
    [
        (
            "Envoys of Port Callan met Nora Whitlock. Talks on 14 ships go on.",
            "In Port Callan, 14 ships wait; Ms Nora Whitlock spoke. Talks fail.",
            ("Port Callan", "Nora Whitlock", "14"),  # "Talks" begins its sentence
        ),
        ("The Cod is dear in Sorrel.", "A cod from Sorrel", ("Sorrel",)),
        ("It was 2026 in Dor", "Since 2026 in Dor", ("Dor",)),
        ("nothing", "Something else", ()),
    ],
)
def test_shared_terms_really_are_in_both_texts(one, two, shared):
    """Names as they are written, numbers, no years, no mere beginnings of sentences."""
    a, b = (make_story(n, title="", text=t) for n, t in (("a", one), ("b", two)))
    assert shared_terms(a, b) == shared
