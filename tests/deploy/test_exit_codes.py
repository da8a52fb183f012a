"""What a command says, and with which exit code, of a file that it can't use."""

import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from samestory.database import connect
from samestory.deploy.cli import exit_code, run
from samestory.deploy.exit_codes import NEEDS_A_PERSON
from samestory.disk import named
from samestory.index.store.state import State
from tests.faults.room import room

RESTORED = "must be restored"


def write_only_to_read(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "a.db")) as db:
        db.execute("CREATE TABLE one (a)")
    with closing(sqlite3.connect(f"file:{folder}/a.db?mode=ro", uri=True)) as db:
        db.execute("INSERT INTO one VALUES (1)")


def open_a_folder_as_a_database(folder: Path) -> None:
    connect(folder).execute("SELECT 1 FROM one")


def write_into_a_folder(folder: Path) -> None:
    folder.write_bytes(b"")


def read_what_is_gone(folder: Path) -> None:
    (folder / "gone").read_bytes()


def make_in_a_file(folder: Path) -> None:
    (folder / "file").touch()
    (folder / "file" / "inside").touch()


def read_junk(folder: Path) -> None:
    (folder / "a.db").write_bytes(b"no database at all" * 500)
    with closing(connect(folder / "a.db")) as db:
        db.execute("SELECT 1 FROM one")


def read_a_table_that_is_not_there(folder: Path) -> None:
    with closing(connect(folder / "a.db")) as db:
        db.execute("SELECT 1 FROM one")


def write_without_room(folder: Path) -> None:
    with room(1_000):
        (folder / "large").write_bytes(b"x" * 2_000)


def wait_for_a_lock(folder: Path) -> None:
    with (
        closing(connect(folder / "a.db")) as one,
        closing(connect(folder / "a.db")) as two,
    ):
        one.execute("BEGIN EXCLUSIVE")
        two.execute("PRAGMA busy_timeout = 1")
        two.execute("BEGIN EXCLUSIVE")


def open_too_many_files(folder: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        (folder / "file").touch()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (write_only_to_read, 2, "that is no damage"),
        (open_a_folder_as_a_database, 2, "that is no damage"),
        (write_into_a_folder, 2, "that is no damage"),
        (read_what_is_gone, 2, "that is no damage"),
        (make_in_a_file, 2, "that is no damage"),
        (read_junk, 2, RESTORED),
        (read_a_table_that_is_not_there, 2, "`samestory check` tells"),
        (write_without_room, 3, "make room"),
        (wait_for_a_lock, 3, "another process holds it"),
        (open_too_many_files, 3, "ulimit -n"),
    ],
)
def test_a_file_that_can_not_be_used_is_told_in_a_line(
    tmp_path, capsys, fault, code, words
):
    """Only what SQLite calls corrupt is to be restored."""
    assert exit_code(lambda: fault(tmp_path) or 0) == code
    said = capsys.readouterr().err
    assert said.startswith("samestory: ")
    assert said.count("\n") == 1
    assert words in said
    assert (RESTORED in said) == (fault is read_junk)


@pytest.mark.parametrize(
    ("fault", "code", "words"),
    [
        (make_in_a_file, 2, "--out words.gz: Not a directory"),
        (read_what_is_gone, 2, "--out words.gz: No such file or directory"),
        (write_without_room, 3, "--out words.gz: File too large"),
    ],
)
def test_a_path_that_the_user_gave_is_told_as_given(
    tmp_path, capsys, fault, code, words
):
    """Not as a fault of the state; without room it may go well later."""

    def run() -> int:
        with named("--out words.gz"):
            fault(tmp_path)
        return 0

    assert exit_code(run) == code
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("event", "\udcff\udcfe"), r"\xff\xfe: is not UTF-8"),
        (("search", "\udcff"), r"\xff: is not UTF-8"),
        (("search", "talks", "--limit", "9" * 30), "limit 999"),
        (("events", "--min-outlets", "9" * 20), "min-outlets 999"),
        (("near", "-k", "9" * 20, "talks"), "k 999"),
        (("near", "--file", "/dev/zero"), "over 10000000 bytes"),
        (("status", "--config", "/dev/zero"), "over 1000000 bytes"),
        (("status", "--config", "nested.toml"), "recursion"),
        (("status", "--config", "batch.toml"), "embed_batch: 1000000000000: expected"),
        (("status", "--config", "away.toml"), "fetch_timeout: 1e+300: expected"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(
    tmp_path, monkeypatch, capsys, arguments, says
):
    """Bytes of another encoding, numbers beyond any use, files without an end."""
    monkeypatch.chdir(tmp_path)
    Path("nested.toml").write_text(f"a = {'[' * 100_000}")
    Path("batch.toml").write_text(f"embed_batch = {10**12}")
    Path("away.toml").write_text("fetch_timeout = 1e300")
    State(tmp_path / "state" / "index" / "state.db").close()
    assert run([*arguments, "--state", "state"]) == NEEDS_A_PERSON
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
