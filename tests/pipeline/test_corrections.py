"""`samestory same`, `different`, `undo`, `corrections`: as people and scripts use them."""

import json
import shutil

import pytest

from ingest.database import connect
from tests.faults.test_kill import start, wait_for
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


@pytest.fixture
def run(news, tmp_path):
    """A copy of the newsroom's state."""
    found = Run(tmp_path / "state")
    shutil.copytree(news.state, found.state)
    return found


def ends(event):
    return event["reports"][0]["story_id"], event["reports"][-1]["story_id"]


def test_a_correction_is_obeyed_listed_exported_replayed_and_undone(run, tmp_path):
    """Two events joined by name; a conflict is exit 1 with the chain."""
    before = {e["event_id"]: e for e in run.rows("events")}
    big = sorted(before.values(), key=lambda e: -len(e["reports"]))[:2]
    (a, _), (b, _) = ends(big[0]), ends(big[1])
    said = ("--why", "one visit", "--who", "Ada Desk")
    (told,) = run.rows("same", big[0]["event_id"], big[1]["event_id"], *said)
    assert told["status"] == "accepted"
    assert set(told["moved"]) in [{r["story_id"] for r in e["reports"]} for e in big]
    joined = {e["event_id"]: len(e["reports"]) for e in run.rows("events")}
    assert sum(len(e["reports"]) for e in big) in joined.values()
    assert len(joined) == len(before) - 1
    assert "corrected: " + told["id"] in run("why", a, b)[0]
    (refused,) = run.rows("different", a, b, expect=1)
    assert told["id"] in refused["reason"]
    listed, _ = run("corrections", "list")
    assert "Ada Desk" in listed
    assert "one visit" in listed
    (pair,) = [
        json.loads(line) for line in run("corrections", "export")[0].splitlines()
    ]
    assert (pair["a"]["id"], pair["b"]["id"], pair["label"]) == (a, b, "same")
    assert pair["a"]["text"]
    (again,) = run.rows("replay", "--into", str(tmp_path / "again"))
    assert again["digest"] == run.rows("digest")[0]["digest"]
    assert run.rows("diff", str(run.state), str(tmp_path / "again")) == []
    out, _ = run("undo", told["id"][:8])
    assert "accepted" in out
    assert {e["event_id"] for e in run.rows("events")} == set(before)


def test_different_takes_an_event_apart_for_ever(run):
    """Two reports of one event are of two, and `why` tells who said so."""
    event = max(run.rows("events"), key=lambda e: len(e["reports"]))
    first, last = ends(event)
    out, _ = run("different", first, last, "--who", "Ada Desk")
    assert "accepted" in out
    events = {s["story_id"]: s["event_id"] for s in run.rows("stories")}
    assert events[first] != events[last]
    assert event["event_id"] in (events[first], events[last])
    page, _ = run("why", first, last)
    assert "corrected: c-" in page
    assert "Ada Desk" in page
    assert "whole: " in run("check")[0]
    db = connect(run.state / "index" / "state.db")
    with db:
        db.execute("UPDATE stories SET event_id = ?", (events[first],))
    db.close()
    assert "the events do not obey it" in run("check", expect=2)[0]


def test_a_running_index_takes_the_correction(run):
    """No second worker is started beside it; it need not be told twice."""
    process = start(run.state, "index")
    try:
        wait_for((run.state / "index.lock").exists)
        a, b = (e["event_id"] for e in run.rows("events")[:2])
        (told,) = run.rows("same", a, b)
        assert told["status"] == "accepted"
        assert process.poll() is None
    finally:
        process.terminate()
        assert process.wait(90) == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["same", "s-", "e-zz"], "is ambiguous"),
        (["same", "x", "y"], "is no id"),
        (["undo", "c-none"], "is no correction's id"),
    ],
)
def test_what_can_be_no_correction_is_refused_before_it_is_published(
    news, arguments, says
):
    """Exit 2 and one line."""
    assert says in news(*arguments, expect=2)[1]
