"""What a command says, and with which exit code, of a file that it can't use."""

import resource
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from samestory.database import connect
from samestory.deploy.cli import exit_code
from samestory.disk import named
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
