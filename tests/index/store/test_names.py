"""Which stories name what, as they come, change and go."""

from datetime import timedelta

import pytest

from samestory.index.grouping.event_index import EventIndex
from samestory.index.messages.forget import Forget
from samestory.index.store.state import State
from tests.conftest import NOW, make_story
from tests.index.vectors import record


@pytest.fixture
def index(tmp_path):
    found = EventIndex(State(tmp_path / "s.db"))
    texts = ("Flight QX17 fell near Torez.", "QX17 again.", "It was qx18.")
    found.apply([(n, record(f"n{n}", n, n, text=t)) for n, t in enumerate(texts)])
    yield found
    found.state.close()


def naming(index, *words):
    return [
        member.story.text.split()[0]
        for member in index.state.members_by_seq(index.state.names.naming(words))
    ]


def test_stories_are_found_by_all_that_they_name_the_latest_first(index):
    """Large and small; nothing finds nothing."""
    assert naming(index, "qx17") == ["QX17", "Flight"]
    assert naming(index, "qx17", "torez") == ["Flight"]
    assert naming(index, "qx18") == ["It"]
    assert naming(index, "again") == []
    assert naming(index, "a b") == []  # no word, whoever asks
    assert naming(index) == []


def test_a_new_version_is_found_by_what_it_names(index):
    """And no more by what the former one did."""
    later = NOW + timedelta(hours=1)
    index.apply([(3, record("n1", 1, 1, text="QX19 it was.", observed=later))])
    assert naming(index, "qx17") == ["Flight"]
    assert naming(index, "qx19") == ["QX19"]


def test_no_word_of_what_was_forgotten_stays(index):
    """Neither in a table nor in the file."""
    story_id = make_story("n0").story_id
    one = Forget(forget_id="f-1", story_ids=(story_id,), who="Ada", at=NOW)
    index.apply([(3, one.encode())])
    index.state.scrub()
    assert naming(index, "torez") == []
    assert b"orez" not in index.state.path.read_bytes()
    assert naming(index, "qx17") == ["QX17"]
