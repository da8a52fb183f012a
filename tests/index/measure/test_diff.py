"""What differs between two groupings, and that nothing does where they agree."""

from hypothesis import given
from hypothesis import strategies as st

from samestory.index.measure.diff import differences

STORIES = "abcdefgh"
groupings = st.dictionaries(st.sampled_from(STORIES), st.integers(0, 3).map(str))


def changes(first, second):
    return [(c.kind, "".join(c.stories)) for c in differences(first, second)]


def grouping(text):
    """`ab c` -> a and b in one event, c in another."""
    return {story: group for group in text.split() for story in group}


def test_each_kind_of_change_by_hand():
    """Whatever the events are called."""
    assert changes(grouping("ab c"), grouping("abc")) == [("merged", "abc")]
    assert changes(grouping("abc"), grouping("a bc")) == [("split", "abc")]
    assert changes(grouping("ab cd"), grouping("ac bd")) == [("moved", "abcd")]
    assert changes(grouping("ab c"), grouping("ab")) == [("missing", "c")]
    assert changes(grouping("ab"), grouping("ab c")) == [("new", "c")]
    assert changes(grouping("ab c"), grouping("abd c")) == [("moved", "abd")]
    assert changes({"a": "x", "b": "x"}, {"a": "y", "b": "y"}) == []


@given(groupings, groupings)
def test_nothing_differs_exactly_where_the_same_stories_are_together(one, two):
    """And every story whose company changed is in exactly one change."""

    def company(groups, story):
        if story not in groups:
            return None
        return {s for s in groups if groups[s] == groups[story]}

    moved = {s for s in one.keys() | two.keys() if company(one, s) != company(two, s)}
    found = [story for change in differences(one, two) for story in change.stories]
    assert len(found) == len(set(found))
    assert moved <= set(found)
    assert bool(found) == bool(moved)
