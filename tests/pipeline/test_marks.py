"""Stars and notes: kept in the journal, shown, undone, forgotten; they move nothing."""

import json

import pytest

from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]
TEXTS = ["Envoys of Kesmark met in Port Callan.", "A dam burst near Usk on Monday."]


@pytest.fixture
def run(tmp_path):
    found = Run(tmp_path / "state")
    lines = "\n".join(json.dumps({"text": text}) for text in TEXTS)
    found("import", "-", stdin=lines)
    return found


def event_of(run, text):
    (event,) = run.rows("events", "--grep", text)
    return event["event_id"]


def test_a_star_finds_its_event_again(run):
    """By a story, an event or a row; undone it is gone."""
    dam = event_of(run, "dam")
    assert run.rows("events", "--starred", expect=1) == []
    (said,) = run.rows("star", dam, "--who", "Ada")
    assert (said["kind"], said["status"], said["moved"]) == ("star", "accepted", {})
    assert [one["event_id"] for one in run.rows("events", "--starred")] == [dam]
    assert "starred (Ada, " in run("event", dam)[0]
    run("undo", said["id"])
    assert run.rows("events", "--starred", expect=1) == []
    assert run.rows("event", dam)[0]["marks"] == []


def test_a_note_is_shown_and_leaves_with_its_story(run, tmp_path):
    """In every replay, too; forgotten, its words are in no file."""
    envoys = event_of(run, "envoys")
    run("note", envoys, "Ministry denies it, see Quzzar", "--who", "Ada")
    (found,) = run.rows("event", envoys)
    (mark,) = found["marks"]
    assert (mark["text"], mark["who"]) == ("Ministry denies it, see Quzzar", "Ada")
    assert "note: Ministry denies it, see Quzzar (Ada, " in run("event", envoys)[0]
    before = run.rows("digest")[0]["digest"]
    again = Run(tmp_path / "again")
    assert run.rows("replay", "--into", str(again.state))[0]["digest"] == before
    assert again.rows("event", envoys)[0]["marks"] == [mark]
    run("forget", mark["story_id"], "--yes")
    files = [one for one in run.state.rglob("*") if one.is_file()]
    assert [one for one in files if b"Quzzar" in one.read_bytes()] == []
    (held,) = run.rows("corrections", "list")
    assert (held["kind"], held["status"], held["why"]) == ("note", "forgotten", "")


def test_what_can_not_be_marked_is_said(run):
    """No such report, no words; nothing is written."""
    assert "no id begins" in run("star", "s-zz", expect=2)[1]
    assert "TEXT is missing" in run("note", event_of(run, "dam"), expect=2)[1]
    assert "TEXT is empty" in run("note", event_of(run, "dam"), " ", expect=2)[1]
    assert run.rows("corrections", "list", expect=1) == []


def test_marks_bind_no_stories(run):
    """Both reports starred, and still two events; `corrections export` has none."""
    for text in ("dam", "envoys"):
        run("star", event_of(run, text))
    assert len(run.rows("events")) == 2
    assert run("corrections", "export", expect=1)[0] == ""
