"""The labels of busy days: what two readings say of one window, and that they agree."""

import json

import pytest

from bench.busy_weeks import LABELS, labels_of

WINDOW = {
    "events": {"vote": ["a", "b"], "vote-opens": ["c", "d"], "talks": ["e", "f"]},
    "alone": ["g", "h"],
    "uncertain": [["a", "e"]],
    "beside": {
        "same": [["g", "vote"], ["vote", "h"]],
        "uncertain": [["vote", "vote-opens"]],
    },
}


def test_the_second_reading_joins_and_doubts():
    """What is the same by way of a third is one event; a doubt is of all entries."""
    event, unsure = labels_of(WINDOW, strict=False)
    assert event["g"] == event["a"] == event["b"] == event["h"] == "g"
    assert (event["c"], event["e"]) == ("vote-opens", "talks")
    assert unsure["a"] == {"e", "c", "d"}
    assert unsure["d"] == {"a", "b"}
    assert "g" not in unsure


def test_the_first_reading_stands_alone():
    """As its readers wrote it."""
    event, unsure = labels_of(WINDOW, strict=True)
    assert event["a"] == event["b"] == "vote"
    assert (event["g"], event["h"]) == ("g", "h")
    assert unsure == {"a": {"e"}, "e": {"a"}}


@pytest.mark.parametrize("name", json.loads(LABELS.read_text("utf-8")))
def test_each_window_is_labelled_once(name):
    """No entry in two events; whom the second reading names is there."""
    window = json.loads(LABELS.read_text("utf-8"))[name]
    entries = [
        *window["alone"],
        *(k for keys in window["events"].values() for k in keys),
    ]
    assert len(entries) == len(set(entries))
    named = {n for kind in window["beside"].values() for pair in kind for n in pair}
    assert named <= {*window["alone"], *window["events"]}
    assert {key for pair in window["uncertain"] for key in pair} <= set(entries)
    doubted = {frozenset(pair) for pair in window["beside"]["uncertain"]}
    assert not doubted & {frozenset(pair) for pair in window["beside"]["same"]}
