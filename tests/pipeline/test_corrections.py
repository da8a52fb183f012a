"""`samestory same`, `different`, `undo`, `corrections`: as people and scripts use them."""

import json
import shutil

import pytest

from samestory.database import connect
from samestory.deploy.cli import correct
from samestory.deploy.labelled import read_pairs
from samestory.deploy.process import hold_lock, running
from samestory.index.store.reader import Reader
from tests.processes import start, wait_for
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
    (refused,) = run.rows("different", a, b, expect=4)
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


def test_a_story_is_taken_out_of_an_event_that_stays_as_it_is(run, tmp_path):
    """Even its first, in either order of the names; what moved where is told."""
    event = max(run.rows("events"), key=lambda e: len(e["reports"]))
    home, others = event["event_id"], [r["story_id"] for r in event["reports"]]
    story = "s-" + home[2:]
    others.remove(story)
    first = next(r for r in event["reports"] if r["story_id"] == story)
    before = {s["story_id"]: s["event_id"] for s in run.rows("stories")}
    out, _ = run("different", home, story, "--why", "last year's", "--who", "Ada")
    after = {s["story_id"]: s["event_id"] for s in run.rows("stories")}
    assert after == before | {story: after[story]}
    assert after[story] not in before.values()
    (held,) = run.rows("corrections", "list")
    assert out == (
        f"{held['id']} accepted: {story} left {home} for {after[story]};"
        f" {len(others)} others stay\n"
        f"  {story[:10]} {first['outlet']}: {first['title']}\n"
        f"samestory undo {held['id'][:10]} takes it back\n"
    )
    assert held["moved"] == {story: {"from": home, "to": after[story]}}
    assert sorted(held["members"]) == sorted(others)
    lines = run("corrections", "export")[0]
    pairs = [json.loads(line) for line in lines.splitlines()]
    assert [(p["a"]["id"], p["b"]["id"]) for p in pairs] == [
        (story, other) for other in held["members"]
    ]
    (tmp_path / "pairs.jsonl").write_text(lines)
    read = read_pairs(str(tmp_path / "pairs.jsonl"))
    assert [pair.same for pair in read] == [False] * len(others)
    assert f"{story} is not in {home}" in run("why", story, others[0])[0]
    (again,) = run.rows("replay", "--into", str(tmp_path / "again"))
    assert again["digest"] == run.rows("digest")[0]["digest"]
    assert "whole: " in run("check")[0]
    run("undo", held["id"])
    assert {s["story_id"]: s["event_id"] for s in run.rows("stories")} == before


def test_a_story_that_is_not_in_the_event_is_kept_out(run):
    """Nothing moves; an event of that story alone is no such event."""
    one, other = run.rows("events")[:2]
    story, event = one["reports"][0]["story_id"], other["event_id"]
    out, _ = run("different", story, event)
    assert f" accepted: {story} is not in {event}, and is kept out from now on\n" in out
    (refused,) = run.rows("same", story, event, expect=4)
    assert f"{story} is not in {event}" in refused["reason"]
    run("import", "-", stdin=json.dumps({"text": "Herons nest.", "outlet": "Zorblat"}))
    (alone,) = (s for s in run.rows("stories") if s["outlet"] == "Zorblat")
    _, said = run("different", alone["story_id"], alone["event_id"], expect=2)
    assert f"has no story beside {alone['story_id']}" in said


def test_a_correction_that_waits_for_the_index_says_that_it_will_be_obeyed(run):
    """Another process holds its lock; the next one that is the index obeys."""
    a, b = (event["event_id"] for event in run.rows("events")[:2])
    with hold_lock(run.state, "index", 0.0):
        _, said = run("same", a, b, "--wait", "0", expect=3)
    assert "\nsamestory: gave up waiting: c-" in said
    assert said.startswith("by themselves 0.")  # two that nothing joins
    assert said.endswith("the index has not come to it yet: it will be obeyed\n"), said
    run("undo", run.rows("same", a, b)[0]["id"])
    held = [(one["kind"], one["status"]) for one in run.rows("corrections", "list")]
    assert held == [("same", "accepted"), ("same", "undone"), ("undo", "accepted")]


def test_of_a_great_event_the_latest_stories_are_named(news, monkeypatch, capsys):
    """A message has an end; whoever corrects is told so."""
    monkeypatch.setattr(correct, "MOST_MEMBERS", 2)
    event = max(news.rows("events"), key=lambda e: len(e["reports"]))
    first, *others = (report["story_id"] for report in event["reports"])
    state = Reader(news.state / "index" / "state.db")
    args = correct.Different(a=first, b=event["event_id"], who="Ada")
    found = correct._apart(state, first, event["event_id"], args)
    state.close()
    assert found.members == tuple(others[-2:])
    assert "is kept apart from the 2 latest" in capsys.readouterr().err


def test_a_running_index_takes_the_correction(run):
    """No second worker is started beside it; it need not be told twice."""
    process = start(run.state, "index")
    try:
        wait_for(lambda: running(run.state, "index") == process.pid)
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


def test_what_is_in_force_is_not_said_again(run):
    """Whichever way round, of stories, an event or a mark; after an undo it is."""
    first, second = run.rows("events", "--min-voices", "2", "--limit", "2")
    (a, other), (b, _) = ends(first), ends(second)
    for said, again in (
        (("same", a, b), ("same", b, a)),
        (("star", a), ("star", a)),
        (("note", a, "denied"), ("note", a, "denied")),
    ):
        (told,) = run.rows(*said, "--who", "Ada")
        assert run.rows(*again, "--who", "Bob") == [told]
        assert run(*again)[0].startswith(f"{told['id']} is in force (Ada, ")
    assert run.rows("note", a, "confirmed")[0]["id"] != told["id"]
    (same,) = [one for one in run.rows("corrections", "list") if one["kind"] == "same"]
    run("undo", same["id"])
    (parted,) = run.rows("different", other, first["event_id"])
    assert run.rows("different", other, first["event_id"]) == [parted]
    assert run.rows("same", a, b)[0]["id"] != same["id"]


def test_a_row_is_an_event_to_different_as_its_id_is(run, monkeypatch, tmp_path):
    """The story leaves the event; it is not kept from its first report alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    run("events", "--min-voices", "3")
    (event,) = run.rows("event", "@1")
    _, last = ends(event)
    (told,) = run.rows("different", "@1", last)
    assert (told["kind"], told["a"], told["b"]) == ("apart", last, event["event_id"])
