"""`samestory forget`: gone from every file, and refused for ever."""

import json
import re
import shutil

import pytest

from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, STORIES, Message
from tests.conftest import make_story
from tests.product import LOCAL, Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


def bytes_of(folder) -> bytes:
    """Return all that a state directory holds."""
    files = sorted(one for one in folder.rglob("*") if one.is_file())
    return b"".join(one.read_bytes() for one in files)


def mark_of(story: dict) -> bytes:
    """Return words of a story that JSON writes as they are."""
    return max(re.split(r"[\n\"\\\\]", story["text"]), key=len)[:60].encode()


def told_by(run: Run, topic: str) -> list[dict]:
    log = EmbeddedLog(run.state / "log.db")
    found = [json.loads(one.value) for one in log.read(topic, 0, 0, 1_000)]
    log.close()
    return found


@pytest.fixture
def run(news, tmp_path):
    """A copy of the newsroom's state."""
    shutil.copytree(news.state, tmp_path / "state")
    return Run(tmp_path / "state")


def test_a_forgotten_story_is_in_no_file_and_does_not_come_back(
    run, newsroom, tmp_path
):
    """Neither by its feed, nor by an import, nor by a replay."""
    event = max(run.rows("events"), key=lambda e: len(e["reports"]))
    rows = {row["story_id"]: row for row in run.rows("stories")}
    story = rows[event["reports"][1]["story_id"]]
    marks = [mark_of(story), story["url"].encode()]
    assert all(mark in bytes_of(run.state) for mark in marks)
    out, said = run("forget", story["story_id"][:12], expect=1)
    assert story["title"][:30] in out
    assert "nothing is removed yet" in said
    (told,) = run.rows("forget", story["story_id"][:12], "--yes")
    assert (told["removed"], told["records"]) == (1, 2)
    held = bytes_of(run.state)
    assert not [mark for mark in marks if mark in held]
    assert {row["story_id"] for row in run.rows("stories")} == rows.keys() - {
        story["story_id"]
    }
    (last,) = [one for one in told_by(run, "events") if one["reason"] == "forgotten"]
    assert story["story_id"] not in last["members"]
    assert len(last["members"]) == len(event["reports"]) - 1
    assert "whole: " in run("check")[0]
    line = {name: story[name] for name in ("url", "title", "text", "outlet")}
    out, said = run("import", "-", stdin=json.dumps(line), expect=4)
    assert out == "0 new, 0 known, 1 refused\n"
    assert "it was forgotten" in said
    run("run", "--feeds", newsroom.opml_url, "--until-idle", *LOCAL)
    assert story["story_id"] not in {row["story_id"] for row in run.rows("stories")}
    held = bytes_of(run.state)
    assert not [mark for mark in marks if mark in held]
    (again,) = run.rows("replay", "--into", str(tmp_path / "again"))
    assert again["stories"] == len(rows) - 1


def test_an_outlet_is_forgotten_with_all_its_stories_so_far(run):
    """What waits to be embedded, too; another outlet's stories stay where they are."""
    rows = run.rows("stories")
    outlet = rows[0]["outlet"]
    theirs = {row["story_id"] for row in rows if row["outlet"] == outlet}
    assert 1 < len(theirs) < len(rows)
    waiting = {"text": "Zorblat was never embedded.", "outlet": outlet.upper()}
    run("import", "-", "--no-wait", stdin=json.dumps(waiting))
    (told,) = run.rows("forget", outlet, "--yes")
    assert told["removed"] == len(theirs)
    assert len(told["stories"]) == len(theirs) + 1
    assert b"Zorblat" not in bytes_of(run.state)
    run("import", "/dev/null")
    kept = {row["story_id"]: row["event_id"] for row in run.rows("stories")}
    assert kept == {
        row["story_id"]: row["event_id"]
        for row in rows
        if row["story_id"] not in theirs
    }
    assert [one["type"] for one in told_by(run, STORIES)].count("forgotten") == len(
        told["stories"]
    )
    assert [one["type"] for one in told_by(run, JOURNAL)].count("forgotten") == len(
        theirs
    )
    assert run.rows("quarantine", "list", expect=1) == []


def test_an_address_that_is_not_here_yet_is_kept_out(run):
    """The id of a URL is known before its story is."""
    url = "https://never.example/story?utm_source=x"
    (told,) = run.rows("forget", url, "--yes")
    assert told["removed"] == 0
    line = {"text": "Envoys met.", "url": "https://never.example/story"}
    assert "1 refused" in run("import", "-", stdin=json.dumps(line), expect=4)[0]


def test_a_name_that_nobody_has_is_a_mistake(run):
    """Exit 2, before anything is done."""
    _, said = run("forget", "no such outlet", "--yes", expect=2)
    assert "no story of an outlet of this name" in said


def test_what_is_in_quarantine_is_forgotten_too(run):
    """A feed's entry, or a message, that was set aside with its text."""
    log = EmbeddedLog(run.state / "log.db")
    from samestory.deploy.quarantine import quarantine_record

    records = log.read(STORIES, 0, 0, 1_000)
    texts = b"".join(record.value for record in records)
    marks = [mark_of(json.loads(record.value)) for record in records]
    at = next(n for n, mark in enumerate(marks) if texts.count(mark) == 1)  # no reprint
    quarantine_record(log, "embed", records[at], "the model failed")
    story, mark = json.loads(records[at].value), marks[at]
    log.close()
    (told,) = run.rows("forget", story["url"], "--yes")
    assert (told["removed"], told["records"]) == (1, 3)
    assert mark not in bytes_of(run.state)
    assert run.rows("quarantine", "list", expect=1) == []


def test_a_refused_line_and_a_story_of_another_id_leave_by_their_address(run):
    """Quarantine holds the line as it came; a guid had made the id of a story."""
    url = "https://refused.example/1"
    line = {"text": "Zorblat spoke.", "url": url, "outlet": 5}
    run("import", "-", stdin=json.dumps(line), expect=4)
    assert b"Zorblat" in bytes_of(run.state)
    (told,) = run.rows("forget", url, "--yes")
    assert told["records"] == 1
    assert b"Zorblat" not in bytes_of(run.state)


def test_the_reasons_of_corrections_are_in_no_file_and_a_replay_makes_the_same(
    run, tmp_path
):
    """Of those that name the story, also if the index refused them as torn."""
    lines = [  # the last to come, and of nothing else: others are grouped without them
        {"text": "A heron nests on the Vilmar lighthouse.", "outlet": "Zorblat"},
        {"text": "Choirs rehearse for the Bolvik jubilee.", "outlet": "Zorblat"},
    ]
    run("import", "-", stdin="\n".join(map(json.dumps, lines)))
    a, b = (s["story_id"] for s in run.rows("stories") if s["outlet"] == "Zorblat")
    secret = "Quzzar of Bolvik"
    (told,) = run.rows("same", a, b, "--why", f"{secret} spoke", "--who", "Ada Desk")
    torn = {"type": "correction", "version": "1.0", "id": "c-1", "kind": "perhaps"}
    torn |= {"a": a, "b": b, "who": "Ada", "why": secret, "at": "2026-03-01T00:00:00Z"}
    log = EmbeddedLog(run.state / "log.db")
    log.publish(JOURNAL, [Message(key="c-1", value=json.dumps(torn).encode())])
    log.close()
    (undone,) = run.rows("undo", told["id"], "--why", f"no {secret}")
    assert len(run.rows("quarantine", "list")) == 1
    (told_of,) = run.rows("forget", a, "--yes")
    assert told_of["records"] == 6  # two of the story, three of people, one refused
    assert secret.encode() not in bytes_of(run.state)
    held = {one["id"]: one for one in run.rows("corrections", "list")}
    assert held[told["id"]]["who"] == "Ada Desk"
    for one in (told, undone):
        assert (held[one["id"]]["status"], held[one["id"]]["why"]) == ("forgotten", "")
    assert run.rows("quarantine", "list", expect=1) == []
    _, said = run("undo", told["id"], "--why", secret, expect=2)
    assert f"{told['id']} is forgotten: it holds no longer" in said
    (again,) = run.rows("replay", "--into", str(tmp_path / "again"))
    assert again["digest"] == run.rows("digest")[0]["digest"]
    assert secret.encode() not in bytes_of(tmp_path / "again")
    assert "whole: " in run("check")[0]


def test_a_refused_line_of_a_forgotten_address_is_not_taken_in_again(run):
    """Its place is told, and that it was forgotten; nothing of it is kept."""
    url = "https://never.example/story"
    run("forget", url, "--yes")
    lines = [
        json.dumps({"title": "Zorblat", "url": f"{url}?utm_source=x"}),
        json.dumps({"title": "Zorblat", "url": url}).replace("/", "\\/")[:-1],
        '{"url":"' + url + '\\u003futm_source=x","title":"Zorblat',
        json.dumps({"URL": url, "title": "Zorblat"}),
        "{'url': '" + url + "', 'title': 'Zorblat'}",
        f"{url},Zorblat of Bolvik",
        json.dumps({"title": "Another", "url": f"{url}/2"}),
    ]
    _, said = run("import", "-", stdin="\n".join(lines), expect=4)
    assert said.splitlines()[:6] == [
        f"-:{n}: refused: it was forgotten" for n in range(1, 7)
    ]
    assert b"Zorblat" not in bytes_of(run.state)
    assert [one["where"] for one in run.rows("quarantine", "list")] == ["-:7"]


def test_a_state_that_restore_left_is_named_with_what_removes_it(run, tmp_path):
    """As a command to copy, in JSON too."""
    run("backup", str(tmp_path / "b.db"))
    run("restore", str(tmp_path / "b.db"), "--replace")
    kept = run.state / "index" / "state.before-restore-1.db"
    out, said = run("forget", "https://never.example/1", "--yes")
    assert f"{kept} still holds what it held: rm {kept}\n" in said
    (told,) = run.rows("forget", "https://never.example/1", "--yes")
    assert told["left"] == [{"file": str(kept), "remove": f"rm {kept}"}]
    assert out.startswith("forgot 1: 0 stories removed")


def test_a_title_can_not_steer_the_terminal(run):
    """It was written by a stranger."""
    line = {"title": "Hi\u061c\u180e there", "text": "Envoys met in Bolvik today."}
    run("import", "-", stdin=json.dumps(line))
    (story,) = [one for one in run.rows("stories") if one["title"].startswith("Hi")]
    out, _ = run("forget", story["story_id"], expect=1)
    assert out == f"{story['story_id']} Hi   there\n"


@pytest.mark.parametrize("target", ["story_id", "url", "outlet"])
def test_what_no_worker_could_read_leaves_the_log_and_the_quarantine(tmp_path, target):
    """A story of no possible date, a torn message: by its id, address and outlet."""
    run, story = Run(tmp_path), make_story("odd", outlet="Zorblat Herald").to_json()
    story |= {"published": "9999-12-31T23:59:59-23:59", "text": "Zorblat spoke."}
    whole = json.dumps(story, ensure_ascii=False).encode()
    vector = {"type": "story-vector", "version": "1.0", "story": story, "vectors": {}}
    log = EmbeddedLog(tmp_path / "log.db")
    for value in (whole, whole[:-30]):
        log.publish(STORIES, [Message(key="", value=value)])
    log.publish(JOURNAL, [Message(key="", value=json.dumps(vector).encode())])
    run("import", "-", stdin=json.dumps({"text": "Envoys met."}))
    assert len(run.rows("quarantine", "list")) == 3
    (told,) = run.rows("forget", story[target], "--yes")
    assert (told["removed"], told["records"]) == (0, 6)
    assert b"Zorblat" not in bytes_of(run.state)
    assert run.rows("quarantine", "list", expect=1) == []
