"""Replay, diff, check and backup: the same journal, the same answer."""

import json
import shutil
import time

import pytest

from samestory.database import connect
from samestory.deploy import wiring
from samestory.deploy.cli.replay import Replay
from samestory.deploy.cli.snapshots import Restore
from samestory.deploy.config import Settings
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import EVENTS, JOURNAL, QUARANTINE, STORIES, Message
from samestory.errors import Misconfigured
from tests.interleaving import just_before
from tests.processes import kill_at
from tests.product import Run

pytestmark = [pytest.mark.model, pytest.mark.slow]


def digest(rows):
    (found,) = rows
    return found["digest"], found["stories"], found["events"]


def test_a_replay_gives_the_same_digest_whatever_the_batches(
    news, tmp_path, monkeypatch
):
    """The newsroom's journal, in commits of 7 records; diff finds nothing."""
    monkeypatch.setenv("SAMESTORY_INDEX_BATCH", "7")
    found = news.rows("replay", "--into", str(tmp_path / "again"))
    assert digest(found) == digest(news.rows("digest"))
    said, _ = news("diff", str(news.state), str(tmp_path / "again"))
    assert said == f"the same: 157 stories in {found[0]['events']} events\n"
    _, said = news("replay", "--into", str(tmp_path / "again"), expect=2)
    assert "there is a state in it already" in said


def test_a_replay_that_was_killed_and_begun_anew_gives_the_same(news, tmp_path):
    """kill -9 on the way; what it left is no state, and is swept by the next."""
    target = tmp_path / "again"
    for moment_s in (0.3, 0.8, 1.2):
        shutil.rmtree(target / "index", ignore_errors=True)
        arguments = ("replay", "--into", str(target))
        kill_at(news.state, moment_s, *arguments, whole_group=True)
    shutil.rmtree(target / "index", ignore_errors=True)
    assert digest(news.rows("replay", "--into", str(target))) == digest(
        news.rows("digest")
    )
    assert [path.name for path in target.iterdir()] == ["index"]


def test_a_snapshot_goes_on_where_retention_has_removed_the_beginning(news, tmp_path):
    """Refused without one; with one the same answer; with a stale one refused."""
    run = Run(tmp_path / "state")
    shutil.copytree(news.state, run.state)
    snapshot, old = tmp_path / "new.db", tmp_path / "old.db"
    (told,) = run.rows("backup", str(snapshot))
    assert (told["stories"], told["position"]) == (157, 157)
    db = connect(run.state / "log.db")
    with db:
        db.execute("DELETE FROM records WHERE topic = ? AND pos < 30", (JOURNAL,))
    db.close()
    into = ("replay", "--into", str(tmp_path / "again"))
    _, said = run(*into, expect=2)
    assert "the journal begins at 30" in said
    assert "--from FILE" in said
    shutil.copy(snapshot, old)
    stale = connect(old)
    with stale:
        stale.execute("UPDATE meta SET value = '20' WHERE name = 'position'")
    stale.close()
    _, said = run(*into, "--from", str(old), expect=2)
    assert "it ends at 20, the journal begins at 30" in said
    found = run.rows(*into, "--from", str(snapshot))
    assert digest(found) == digest(news.rows("digest"))
    left = run.rows("replay", "--into", str(tmp_path / "rest"), "--from", "BEGINNING")
    assert left[0]["stories"] == 127
    changes = run.rows("diff", str(run.state), str(tmp_path / "rest"), expect=1)
    assert {row["change"] for row in changes} >= {"missing"}
    _, said = run("backup", str(snapshot), expect=2)
    assert "is there already" in said


def test_records_that_go_while_they_are_replayed_are_missed_by_name(
    news, tmp_path, monkeypatch
):
    """Never a digest of what happened to be left, and no half of a state."""
    shutil.copy(news.state / "log.db", tmp_path / "log.db")
    settings = Settings(state=str(tmp_path), index_batch=20)
    log = wiring.open_log(settings)
    worker = EmbeddedLog(
        tmp_path / "log.db",
        retention_s=0,
        clock=lambda: time.time() + 10,
        monotonic=lambda: time.monotonic() + 3600,
    )
    monkeypatch.setattr(wiring, "open_log", lambda _: log)
    with (
        just_before(log._db, "SELECT pos, key, value", worker.trim, nth=3),
        pytest.raises(Misconfigured, match="retention removed what was between"),
    ):
        Replay(into=str(tmp_path / "new")).run(settings)
    assert list((tmp_path / "new").iterdir()) == []
    worker.close()


def test_the_digest_of_an_earlier_position_is_rebuilt(news, tmp_path):
    """The same as that of an index that had read no further."""
    (early,) = news.rows("digest", "--at", "40")
    assert (early["position"], early["stories"]) == (40, 40)
    run = Run(tmp_path / "state")
    shutil.copytree(news.state, run.state)
    db = connect(run.state / "log.db")
    with db:
        db.execute("DELETE FROM records WHERE topic = ? AND pos >= 40", (JOURNAL,))
        db.execute("UPDATE heads SET next = 40 WHERE topic = ?", (JOURNAL,))
    db.close()
    (found,) = run.rows("replay", "--into", str(tmp_path / "again"))
    assert found == early
    assert news.rows("digest", "--at", "157") == news.rows("digest")
    _, said = news("digest", "--at", "158", expect=2)
    assert "the state has read up to 157" in said


def test_a_snapshot_is_restored_and_the_index_goes_on_from_there(news, tmp_path):
    """The state that was there is kept beside; a damaged snapshot is refused."""
    run = Run(tmp_path / "state")
    shutil.copytree(news.state, run.state)
    snapshot = tmp_path / "snapshot.db"
    run("backup", str(snapshot))
    assert "whole: " in run("check", str(snapshot))[0]
    before = digest(run.rows("digest"))
    line = {"text": "Envoys met in Port Callan.", "url": "https://x.example/1"}
    run("import", "-", stdin=json.dumps(line))
    after = digest(run.rows("digest"))
    assert after != before
    _, said = run("restore", str(snapshot), expect=2)
    assert "--replace" in said
    (told,) = run.rows("restore", str(snapshot), "--replace")
    assert told["position"] == 157
    assert digest(run.rows("digest")) == before
    former = connect(told["former"])
    assert former.execute("SELECT count(*) FROM stories").fetchone()[0] == 158
    former.close()
    assert run("import", "/dev/null")[0] == "0 new, 0 known, 0 refused\n"
    assert digest(run.rows("digest")) == after
    assert "whole: " in run("check")[0]
    log = EmbeddedLog(run.state / "log.db")
    told = [json.loads(one.value) for one in log.read(EVENTS, 0, 0, 5_000)]
    log.close()
    latest = {one["event_id"]: one for one in sorted(told, key=lambda o: o["revision"])}
    groups = {e["event_id"]: e for e in run.rows("events")}
    assert {e for e, one in latest.items() if one["members"]} == groups.keys()
    for event_id, event in groups.items():
        members = {report["story_id"] for report in event["reports"]}
        assert set(latest[event_id]["members"]) == members
    damaged = bytearray(snapshot.read_bytes())
    words = run.rows("stories")[0]["text"][:20].encode()
    damaged[damaged.index(words) + 7] ^= 4  # where something is kept
    (tmp_path / "damaged.db").write_bytes(damaged)
    _, said = run("restore", str(tmp_path / "damaged.db"), "--replace", expect=2)
    assert "is damaged" in said
    assert "damaged.db: " in run("check", str(tmp_path / "damaged.db"), expect=2)[0]
    assert digest(run.rows("digest")) == after
    (run.state / "index" / "state.db").write_bytes(b"no database at all" * 500)
    run("restore", str(snapshot), "--replace")
    assert digest(run.rows("digest")) == before


@pytest.mark.parametrize(
    ("statement", "nth", "is_held"),
    [("BEGIN IMMEDIATE", 1, False), ("SELECT pos, key, value", 2, True)],
)
def test_retention_takes_nothing_from_under_a_restore(
    news, tmp_path, monkeypatch, statement, nth, is_held
):
    """Another process trims, a month later: before the position is back, or after it.

    Then it is refused, with everything as it was; else the journal stays from there.
    """
    run = Run(tmp_path / "state")
    shutil.copytree(news.state, run.state)
    snapshot = tmp_path / "snapshot.db"
    run("backup", str(snapshot))
    run("import", "-", stdin=json.dumps({"text": "Envoys met in Port Callan."}))
    before = digest(run.rows("digest"))
    settings = Settings(state=str(run.state))
    log, month_s = wiring.open_log(settings), 31 * 86_400
    worker = EmbeddedLog(
        run.state / "log.db",
        retention_s=1.0,
        clock=lambda: time.time() + month_s,
        monotonic=lambda: time.monotonic() + month_s,
    )
    monkeypatch.setattr(wiring, "open_log", lambda _: log)
    args = Restore(file=str(snapshot), replace=True, json=True)
    position = log.position("index", JOURNAL)
    with just_before(log._db, statement, worker.trim, nth=nth):
        if is_held:
            assert args.run(settings) == 0
        else:
            with pytest.raises(Misconfigured, match="what was between is gone"):
                args.run(settings)
    worker.close()
    monkeypatch.undo()
    if not is_held:
        log = EmbeddedLog(run.state / "log.db")
        assert log.position("index", JOURNAL) == position
        log.close()
    run("import", "/dev/null")
    assert digest(run.rows("digest")) == before


def test_a_snapshot_of_another_log_is_refused(news, tmp_path):
    """Its position would count in another journal."""
    snapshot = tmp_path / "snapshot.db"
    news("backup", str(snapshot))
    other = Run(tmp_path / "other")
    other("import", "-", "--no-wait", stdin=json.dumps({"text": "One."}))
    into = ("replay", "--into", str(tmp_path / "again"), "--from", str(snapshot))
    _, said = other(*into, expect=2)
    assert "another log's snapshot" in said
    assert not (tmp_path / "again" / "index" / "state.db").exists()


def test_check_names_the_file_that_is_damaged(news, tmp_path):
    """Whole at first; then bytes of each file are overwritten, one after the other."""
    assert "whole: " in news("check")[0]
    for name in ("frontier.db", "log.db", "index/state.db"):
        run = Run(tmp_path / name.replace("/", "-"))
        shutil.copytree(news.state, run.state)
        path = run.state / name
        with path.open("r+b") as file:
            for page in range(2, path.stat().st_size // 4_096, 2):
                file.seek(page * 4_096)
                file.write(b"\xff" * 64)
        (told,) = run.rows("check", expect=2)
        assert {row["file"] for row in told["damaged"]} == {str(path)}


def test_check_names_the_row_that_is_damaged(news, tmp_path):
    """A story that is not what its digest names; a vector of nonsense."""
    run = Run(tmp_path / "state")
    shutil.copytree(news.state, run.state)
    db = connect(run.state / "index" / "state.db")
    ids = [row[0] for row in db.execute("SELECT story_id FROM stories ORDER BY seq")]
    with db:
        db.execute(
            "UPDATE stories SET story = json_set(story, '$.text', 'Another.')"
            " WHERE story_id = ?",
            (ids[3],),
        )
        db.execute("UPDATE stories SET vectors = x'00' WHERE story_id = ?", (ids[5],))
        db.execute("UPDATE joins SET record = '{' WHERE story_id = ?", (ids[7],))
    db.close()
    _, said = run("backup", str(tmp_path / "damaged.db"), expect=2)
    assert "the state is damaged, no snapshot was made" in said
    assert not (tmp_path / "damaged.db").exists()
    (told,) = run.rows("check", expect=2)
    lines = [row["damage"] for row in told["damaged"]]
    assert f"story {ids[3]}: is not what its digest names" in lines
    assert any(line.startswith(f"story {ids[5]}: vectors") for line in lines)
    assert any(line.startswith(f"story {ids[7]}: the record") for line in lines)
    _, said = Run(tmp_path / "empty")("check", expect=2)
    assert "nothing to check" in said


def test_junk_in_the_journal_is_refused_again_and_changes_nothing(tmp_path):
    """Set aside by the worker, passed over by the replay: one digest."""
    run, log = Run(tmp_path / "state"), EmbeddedLog(tmp_path / "state" / "log.db")
    log.publish(JOURNAL, [Message(key="x", value=b"junk")])
    run("import", "-", stdin=json.dumps({"text": "Envoys met in Port Callan."}))
    assert (log.count(STORIES), log.count(QUARANTINE)) == (1, 1)
    found = run.rows("replay", "--into", str(tmp_path / "again"))
    assert digest(found) == digest(run.rows("digest"))
    assert found[0]["position"] == 2
    assert log.count(QUARANTINE) == 1
    log.close()
