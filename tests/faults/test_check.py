"""`samestory check`: what is gone is damage; what can't be judged is not, and says why."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from samestory.database import connect
from samestory.deploy.cli import run
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.kafka import KafkaLog
from samestory.deploy.stream.kafka_address import KafkaAddress
from samestory.deploy.stream.log import JOURNAL, Log, Message
from samestory.index.store.state import State
from samestory.ingest.feeds.opml import FeedRef
from samestory.ingest.frontier.frontier import Frontier
from tests.faults.room import SEED, room
from tests.ingest.polls import FEED, entry, poll
from tests.killed_index import journal_of, undisturbed

NOBODY = 65534
FILES = ("frontier.db", "log.db", "index/state.db")
RESTORE = "restore"


def indexed(home: Path, log: Log) -> int:
    """Leave behind what an index worker does; return how much it has read."""
    journal = journal_of(20, SEED)
    log.publish(JOURNAL, [Message(key="", value=value) for value in journal])
    state = undisturbed(journal, home / "index", 50)
    with state.transaction():
        state.meta.set_journal_id(log.fingerprint(JOURNAL))
    state.close()
    log.consumer("index", JOURNAL).commit({0: len(journal)})
    (home / "index.lock").touch()
    return len(journal)


@pytest.fixture
def home(tmp_path):
    """What `samestory run` leaves behind."""
    home = tmp_path / "state"
    with closing(EmbeddedLog(home / "log.db")) as log:
        indexed(home, log)
    with closing(Frontier(home / "frontier.db")) as frontier:
        frontier.feeds.add([FeedRef(url=FEED)])
        poll(frontier, [entry()])
    return home


def check(home: Path, capsys, *options: str) -> tuple[int, dict, str]:
    """Return the exit code, what it printed as JSON, and stderr."""
    code = run(["check", "--json", "--state", str(home), *options])
    told = capsys.readouterr()
    return code, json.loads(told.out), told.err


def test_a_whole_state_is_whole_and_nothing_is_unjudged(home, capsys):
    """Each file is named once."""
    code, told, said = check(home, capsys)
    files = {str(home / name) for name in FILES}
    assert (code, set(told["checked"]), len(told["checked"])) == (0, files, 3)
    assert (told["damaged"], told["unjudged"], said) == ([], [], "")


def deleted(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def made_anew(path: Path) -> None:
    """As `samestory status` does where it is not there."""
    path.unlink()
    {"frontier.db": Frontier, "log.db": EmbeddedLog, "state.db": State}[path.name](
        path
    ).close()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("lose", [deleted, emptied, made_anew])
def test_a_file_that_was_in_use_and_is_gone_is_damage(home, capsys, name, lose):
    """The others know that it was; where a worker would make it anew, it says of what."""
    lose(home / name)
    code, told, said = check(home, capsys)
    (found,) = told["damaged"]
    assert (code, found["file"]) == (2, str(home / name))
    words = {
        "frontier.db": "name the feeds again",
        "log.db": "another --state",
        "index/state.db": "makes it anew of what the log holds, all of it",
    }
    assert words[name] in found["damage"]
    assert RESTORE in said


def test_the_index_makes_a_deleted_state_anew_as_check_says(home, capsys):
    """The advice is true: the same events, of the same journal."""
    with closing(State(home / "index" / "state.db")) as state:
        before = state.digest()
    shutil.rmtree(home / "index")
    assert check(home, capsys)[0] == 2
    process = subprocess.Popen(
        [sys.executable, "-m", "samestory.deploy.cli", "index", "--state", str(home)],
        env=os.environ | {"SAMESTORY_KEEP_DAYS": "20"},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert any("indexed " in line for line in process.stderr)
    finally:
        process.terminate()
        process.communicate()
    with closing(State(home / "index" / "state.db")) as state:
        assert state.digest() == before
    assert check(home, capsys)[0] == 0


def test_a_state_that_a_replay_made_has_no_log_and_is_whole(home, capsys, tmp_path):
    """No worker has run on it."""
    shutil.copytree(home / "index", tmp_path / "replayed" / "index")
    code, told, _ = check(tmp_path / "replayed", capsys)
    assert (code, told["damaged"], told["unjudged"]) == (0, [], [])


def test_stories_that_were_imported_need_no_frontier(tmp_path, capsys):
    """It knows what feeds brought only."""
    with closing(EmbeddedLog(tmp_path / "log.db")) as log:
        indexed(tmp_path, log)
    with closing(connect(tmp_path / "index" / "state.db")) as db, db:
        db.execute(
            "UPDATE stories SET story = json_set(story, '$.text_from', 'import')"
        )
    told = check(tmp_path, capsys)[1]
    assert "frontier.db" not in {Path(one["file"]).name for one in told["damaged"]}


def test_a_snapshot_that_is_empty_is_none(tmp_path, capsys):
    """A copy that ended before it began."""
    emptied(tmp_path / "snapshot.db")
    code, told, _ = check(tmp_path, capsys, str(tmp_path / "snapshot.db"))
    assert (code, told["damaged"][0]["damage"]) == (2, "it is empty, no snapshot")


@pytest.mark.parametrize("name", FILES)
def test_a_locked_file_may_be_judged_later(home, capsys, name, monkeypatch):
    """Exit 3, and no word of restoring."""
    monkeypatch.setattr("samestory.database.BUSY_S", 0.01)
    with closing(connect(home / name)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        code, told, said = check(home, capsys)
    (found,) = told["unjudged"]
    assert (code, found["file"], told["damaged"]) == (3, str(home / name), [])
    assert "database is locked" in found["why"]
    assert RESTORE not in said


def test_a_disk_without_room_may_be_judged_later(home, capsys):
    """SQLite writes a little beside a file that it reads."""
    with room(1_000):
        code, told, said = check(home, capsys)
    assert (code, told["damaged"]) == (3, [])
    assert {one["file"] for one in told["unjudged"]} == {str(home / n) for n in FILES}
    assert RESTORE not in said


@pytest.fixture
def shared(home):
    """The same where every user may come: pytest's folders are its own."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "state"
        shutil.copytree(home, copy)
        for one in (Path(folder), copy, *copy.rglob("*")):
            one.chmod(0o777)
        yield copy


@pytest.fixture
def user():
    """Return a function that makes us a user without special rights."""
    before = os.geteuid()
    yield lambda: os.seteuid(NOBODY if before == 0 else before)
    os.seteuid(before)


@pytest.mark.parametrize(
    ("path", "mode", "why"),
    [
        ("log.db", 0o000, "may not read"),
        ("index", 0o000, "may not read"),
    ],
)
def test_what_we_may_not_read_is_not_damaged(shared, user, capsys, path, mode, why):
    """Exit 2 with who may not, and what to do."""
    (shared / path).chmod(mode)
    user()
    code, told, said = check(shared, capsys)
    (found,) = told["unjudged"]
    assert (code, told["damaged"]) == (2, [])
    assert why in found["why"]
    assert RESTORE not in said


def test_an_index_that_is_read_only_is_judged_and_said_to_be(shared, user, capsys):
    """Nobody writes it, so that it can be read without a file beside it."""
    (shared / "index").chmod(0o555)
    user()
    code, told, said = check(shared, capsys)
    files = {str(shared / name) for name in FILES}
    assert (code, set(told["checked"]), told["damaged"]) == (0, files, [])
    assert f"read-only for user {os.geteuid()}: {shared}/index/state.db;" in said
    assert RESTORE not in said


def test_a_file_system_that_is_read_only_is_not_damage(home, tmp_path):
    """As in a container, or of a snapshot of the disk: only the log is not opened."""
    place = tmp_path / "mounted"
    place.mkdir()
    script = (
        'mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" &&'
        ' exec "$3" -m samestory.deploy.cli check --json --state "$2"'
    )
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "-", home, place, sys.executable],
        capture_output=True,
        text=True,
        check=False,
    )
    if "mount" in done.stderr:
        pytest.skip("nobody may mount here, as in most containers")
    told = json.loads(done.stdout)
    assert (done.returncode, told["damaged"]) == (2, [])
    assert "read-only for user" in done.stderr
    assert RESTORE not in done.stderr
    (unjudged,) = told["unjudged"]
    assert unjudged["file"] == str(place / "log.db")
    assert "is read-only for us" in unjudged["why"]


def test_brokers_that_are_away_leave_the_rest_judged(home, capsys):
    """The files are whole, the log may be asked later."""
    options = ("--brokers", "127.0.0.1:9", "--wait", "0")
    code, told, said = check(home, capsys, *options)
    assert (code, told["damaged"]) == (3, [])
    assert set(told["checked"]) == {str(home / name) for name in FILES}
    assert [one["file"] for one in told["unjudged"]] == ["log on 127.0.0.1:9"]
    assert RESTORE not in said


@pytest.mark.kafka
def test_on_kafka_a_state_that_is_gone_where_its_index_ran_is_damage(
    broker, tmp_path, capsys, monkeypatch
):
    """The group's position tells; on a machine where no index ran it is nothing."""
    prefix = f"c{uuid.uuid4().hex[:8]}."
    monkeypatch.setenv("SAMESTORY_KAFKA_PREFIX", prefix)
    address = KafkaAddress(brokers=broker.bootstrap, prefix=prefix)
    with closing(KafkaLog(address, partitions=None)) as log:
        read = indexed(tmp_path, log)
    Frontier(tmp_path / "frontier.db").close()
    options = ("--brokers", broker.bootstrap)
    assert check(tmp_path, capsys, *options)[0] == 0
    shutil.rmtree(tmp_path / "index")
    code, told, _ = check(tmp_path, capsys, *options)
    (found,) = told["damaged"]
    assert (code, found["file"]) == (2, str(tmp_path / "index" / "state.db"))
    assert f"the index had read {read} records" in found["damage"]
    (tmp_path / "index.lock").unlink()
    assert check(tmp_path, capsys, *options)[0] == 0
