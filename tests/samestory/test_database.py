"""Our SQLite files: where they may be, and who holds them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from samestory.checksums import checked
from samestory.database import (
    connect,
    damage_of,
    file_system_of,
    open_database,
    reading,
    transaction,
)
from samestory.disk import held_by
from samestory.errors import Misconfigured

TABLES = "CREATE TABLE one (a INTEGER PRIMARY KEY)"
NOBODY = 65534
MOUNTS = """\
overlay / overlay rw,relatime 0 0
srv:/home /home nfs4 rw,vers=4.2 0 0
/dev/sda1 /home/local ext4 rw 0 0
//box/news /mnt/news\\040room cifs rw 0 0
tmpfs /tmp tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/state/log.db", "overlay"),
        ("/home/ann/state/log.db", "nfs4"),
        ("/home", "nfs4"),
        ("/homes/log.db", "overlay"),
        ("/home/local/log.db", "ext4"),
        ("/mnt/news room/log.db", "cifs"),
        ("/mnt/news/log.db", "overlay"),
    ],
)
def test_the_file_system_is_that_of_the_innermost_mount(path, kind):
    """As a Linux machine lists them."""
    assert file_system_of(path, MOUNTS) == kind


def test_a_network_file_system_is_refused_with_path_and_reason(tmp_path, monkeypatch):
    """Locks do not hold there; it says what to do."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"srv:/x {tmp_path} nfs rw 0 0\n")
    monkeypatch.setattr("samestory.database.MOUNTS", mounts)
    with pytest.raises(
        Misconfigured, match=r"log .*a.db: on a network file sys.*\(nfs"
    ):
        open_database(tmp_path / "a.db", TABLES, 1, "log", marker="one")
    assert not (tmp_path / "a.db").exists()


def test_a_path_that_says_locked_or_full_is_no_file_that_is(tmp_path):
    """Waiting would not help: it is a file where a folder must be."""
    for name in ("locked", "full"):
        (tmp_path / name).write_text("")
        with pytest.raises(Misconfigured, match=name):
            open_database(tmp_path / name / "a.db", TABLES, 1, "log", marker="one")


def test_a_locked_file_names_who_holds_it(tmp_path):
    """Another process in a write transaction."""
    path = tmp_path / "a.db"
    open_database(path, TABLES, 1, "log", marker="one").close()
    code = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
        "db.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert other.stdout.readline() == b"held\n"
        assert held_by(path) == f", held by process {other.pid}"
    finally:
        other.communicate()
    assert held_by(path) == ""


@pytest.fixture
def user():
    """Return a function that makes us a user without special rights."""
    before = os.geteuid()
    yield lambda: os.seteuid(NOBODY if before == 0 else before)
    os.seteuid(before)


def test_a_read_only_file_is_refused_with_path_and_reason(tmp_path, monkeypatch, user):
    """As a user who may not write there, be it new or in use."""
    monkeypatch.chdir(tmp_path)
    open_database(Path("used.db"), TABLES, 1, "log", marker="one").close()
    Path("used.db").chmod(0o444)
    Path("closed").mkdir(mode=0o555)
    tmp_path.chmod(0o777)
    user()
    with pytest.raises(Misconfigured, match="log used.db: used.db is read-only for us"):
        open_database(Path("used.db"), TABLES, 1, "log", marker="one")
    with pytest.raises(Misconfigured, match="closed is read-only for us"):
        open_database(Path("closed/new.db"), TABLES, 1, "log", marker="one")


def test_a_file_of_another_kind_is_refused_and_left_as_it_is(tmp_path):
    """Ours of another kind, of any schema; or anybody's."""
    open_database(tmp_path / "a.db", TABLES, 2, "log", marker="one").close()
    before = (tmp_path / "a.db").read_bytes()
    with pytest.raises(Misconfigured, match="state .*a.db: it holds something else"):
        open_database(
            tmp_path / "a.db",
            "CREATE TABLE two (a TEXT)",
            3,
            "state",
            marker="two",
            upgrades={2: "CREATE TABLE three (a TEXT)"},
        )
    assert (tmp_path / "a.db").read_bytes() == before


CHECKED = checked(
    """CREATE TABLE rows (
  name TEXT PRIMARY KEY, n INTEGER, r REAL, b BLOB NOT NULL
) STRICT, WITHOUT ROWID"""
)


@pytest.mark.parametrize(
    "change",
    [
        "name = 'other'",
        "n = 8",
        "n = NULL",
        "r = 0.30000000000000009",
        "b = x'00ff00'",
        "b = x'00ff'",
    ],
)
def test_a_row_that_is_not_what_was_written_is_named(tmp_path, change):
    """Whatever column it is in; SQLite itself sees nothing of it."""
    path = tmp_path / "a.db"
    db = open_database(path, CHECKED, 1, "log", marker="rows")
    with db:
        db.execute("INSERT INTO rows VALUES ('one', 7, 0.30000000000000004, x'00ff01')")
        db.execute("INSERT INTO rows VALUES ('two', NULL, NULL, x'')")
        db.execute("UPDATE rows SET b = x'01' WHERE name = 'two'")
    db.close()
    assert damage_of(path) == []
    sums = "SELECT checksum FROM rows WHERE name = 'one'"
    db = connect(path)
    ((held,),) = db.execute(sums).fetchall()
    db.create_function("checksum", -1, lambda *_: held)  # as rotten bytes would be
    with db:
        db.execute(f"UPDATE rows SET {change} WHERE name = 'one'")
    db.close()
    (line,) = damage_of(path)
    assert line.startswith("table rows, row o")
    assert "its checksum is wrong" in line


@pytest.mark.parametrize("is_replaced", [False, True])
def test_a_file_that_was_removed_while_it_is_open_is_named(tmp_path, is_replaced):
    """Or replaced: nothing is written to what is gone at the end, nothing waits."""
    path = tmp_path / "a.db"
    db = open_database(path, TABLES, 1, "log", marker="one")
    with db:
        db.execute("INSERT INTO one VALUES (1)")
    path.unlink()
    if is_replaced:
        open_database(path, TABLES, 1, "log", marker="one").close()
    for context in (lambda: db, lambda: transaction(db), lambda: reading(db)):
        gone = pytest.raises(Misconfigured, match="a.db: the file .* was removed, or")
        with gone, context():
            db.execute("INSERT INTO one VALUES (2)")
    db.close()
