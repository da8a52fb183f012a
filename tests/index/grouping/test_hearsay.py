"""Hearsay joins events and counts for nothing in them."""

import json

import pytest

from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.query import Query
from samestory.index.store.reader import Reader
from samestory.index.store.state import State
from tests.conftest import make_story
from tests.index.tables import OWN, PARAPHRASE
from tests.index.vectors import record

THIRD = "Rules for ships that carry grain: what the ministers settled."


@pytest.fixture
def index(tmp_path):
    found = EventIndex(State(tmp_path / "s.db"))
    yield found
    found.state.close()


def events(index, **wanted):
    return Reader(index.state.path).events(Query(**wanted))


def told(name, hours, outlet, text, hearsay_of="", **changes):
    return record(
        name, 1, 1, hours, outlet=outlet, text=text, hearsay_of=hearsay_of, **changes
    )


def reasons(index):
    return [json.loads(one.value)["reason"] for one in index.state.revisions.outbox()]


def test_hearsay_counts_neither_as_outlet_nor_as_first_nor_as_a_second_voice(index):
    """Five newsrooms that one feed says have told it: one outlet, not confirmed."""
    sites = ("BBC", "Reuters", "AP", "AFP", "CNN")
    rows = [
        told(f"h{n}", n, "evil.org", f"{THIRD} {n}", s) for n, s in enumerate(sites)
    ]
    rows += [told("own", 9, "a.org", OWN)]
    index.apply(list(enumerate(rows)))
    (found,) = events(index)
    assert (len(found.reports), found.outlets) == (6, ["a.org"])
    assert found.first.outlet == "a.org"
    assert found.to_json()["first_report"] == make_story("own").story_id
    assert [one["hearsay_of"] for one in found.to_json()["reports"]] == [*sites, None]
    assert events(index, min_outlets=2) == []
    assert "confirmed" not in reasons(index)


def test_an_event_of_hearsay_alone_is_told_by_no_outlet(index):
    """It is listed, by the teller with the site that it links to."""
    index.apply([(0, told("h", 0, "evil.org", OWN, "BBC"))])
    (found,) = events(index)
    assert found.outlets == []
    assert found.first.attribution == "evil.org (of BBC)"
    assert events(index, min_outlets=1) == []


def test_nothing_is_confirmed_by_hearsay_or_beside_hearsay_alone(index):
    """A second report needs a first one."""
    index.apply(
        [
            (0, told("h", 0, "evil.org", THIRD, "BBC")),
            (1, told("o", 1, "a.org", OWN)),
            (2, told("i", 2, "worse.org", f"{THIRD} 2", "CNN")),
        ]
    )
    assert "confirmed" not in reasons(index)
    index.apply([(3, told("p", 3, "b.org", PARAPHRASE))])
    assert reasons(index)[-1] == "confirmed"
