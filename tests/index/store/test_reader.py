"""Who only asks: changes nothing, sees one commit, and is told what to do."""

import importlib
import inspect
import os
import pkgutil
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

import samestory.index
from samestory.database import connect
from samestory.errors import Misconfigured, Retry
from samestory.index.grouping.event_index import EventIndex
from samestory.index.store.query import Query
from samestory.index.store.reader import Reader
from samestory.index.store.state import State
from tests.index.vectors import JOURNAL, record

NOBODY = 65534


@pytest.fixture
def index():
    """An index in a folder that every user may come to, unlike pytest's."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "index").mkdir(mode=0o755)
        path = Path(folder) / "index" / "state.db"
        State(path).close()
        path.chmod(0o644)  # SQLite makes its -wal and -shm alike
        found = EventIndex(State(path))
        found.apply(JOURNAL)
        yield found
        found.state.close()


@pytest.fixture
def user():
    """Return a function that makes us a user without special rights."""
    if os.geteuid():
        pytest.skip("only root may be another user")
    yield lambda: os.seteuid(NOBODY)
    os.seteuid(0)


def test_nothing_that_is_asked_changes_a_byte_of_the_state(index):
    """And what would change something is refused by SQLite itself."""
    path = index.state.path
    digest = index.state.digest()
    index.state.close()
    before = path.read_bytes()
    with Reader(path) as reader:
        assert reader.digest() == digest
        assert reader.counts() == {"stories": 24, "events": 4}
        with pytest.raises(sqlite3.OperationalError, match="readonly database"):
            reader.forgotten.add("s-1")
        with pytest.raises(sqlite3.OperationalError, match="readonly database"):
            reader.revisions.confirm("e-1", "s-1")
    assert path.read_bytes() == before


def test_a_question_sees_one_commit_though_the_writer_goes_on(index):
    """Who asks again sees the next one, and was told that it is there."""
    with Reader(index.state.path) as reader:
        assert not reader.has_changed()
        with reader.reading():
            before = reader.events(Query())
            index.apply([(90, record("new", topic=0, noise=90))])
            assert reader.events(Query()) == before
            assert reader.counts()["stories"] == 24
        assert reader.has_changed()
        assert not reader.has_changed()
        assert reader.counts()["stories"] == 25
        assert sum(len(one.reports) for one in reader.events(Query())) == 25


def test_a_state_that_another_took_the_place_of_is_opened_anew(index, tmp_path):
    """As after a copy was put back while a server ran."""
    path = index.state.path
    State(tmp_path / "other.db").close()
    with Reader(path) as reader:
        index.state.close()
        for one in path.parent.glob("state.db*"):
            one.unlink()
        shutil.copy(tmp_path / "other.db", path)
        assert reader.has_changed()
        assert reader.events(Query()) == []
        path.unlink()
        with pytest.raises(Misconfigured, match="no stories yet.*does not exist"):
            reader.events(Query())


def test_another_user_asks_while_the_writer_is_there_and_after_it(index, user):
    """Its -wal and -shm carry the state's mode; without them the file is all."""
    path = index.state.path
    digest = index.state.digest()
    user()
    with Reader(path) as reader:
        assert reader.digest() == digest
        index.apply([(90, record("new", topic=0, noise=90))])  # its files are open
        assert reader.has_changed()
        assert reader.counts()["stories"] == 25
    os.seteuid(0)
    digest = index.state.digest()
    index.state.close()
    assert [one.name for one in path.parent.glob("state.db*")] == ["state.db"]
    user()
    with Reader(path) as reader:
        assert reader.digest() == digest
    assert [one.name for one in path.parent.glob("state.db*")] == ["state.db"]


def test_a_reader_of_a_state_without_writer_notices_when_one_begins(index, user):
    """It had opened the file as one that nobody changes."""
    path = index.state.path
    index.state.close()
    user()
    with Reader(path) as reader:
        assert reader.counts()["stories"] == 24
        os.seteuid(0)
        writer = EventIndex(State(path))
        writer.apply([(90, record("new", topic=0, noise=90))])
        user()
        assert reader.has_changed()
        assert reader.counts()["stories"] == 25
        os.seteuid(0)
        writer.state.close()
        user()
        assert reader.counts()["stories"] == 25


def test_a_writer_that_begins_during_a_question_makes_it_be_asked_again(index, user):
    """What was read may be of two commits."""
    path = index.state.path
    index.state.close()
    user()
    with Reader(path) as reader:
        question = reader.reading()
        question.__enter__()
        assert reader.counts()["stories"] == 24
        os.seteuid(0)
        EventIndex(State(path)).apply([(90, record("new", 0, 90))])
        user()
        with pytest.raises(Retry, match="was written while it was read: ask again"):
            question.__exit__(None, None, None)
        assert reader.counts()["stories"] == 25


def test_a_snapshot_taken_beside_a_live_writer_is_read_as_it_is(index, user):
    """With its write-ahead log, in a folder that can't be written."""
    digest = index.state.digest()
    taken = Path(
        shutil.copytree(
            index.state.path.parent, index.state.path.parents[1] / "snapshot"
        )
    )
    assert (taken / "state.db-wal").stat().st_size > 0
    for one in taken.glob("state.db*"):
        one.chmod(0o444)
    taken.chmod(0o555)
    user()
    with Reader(taken / "state.db") as reader:
        assert reader.digest() == digest
    os.seteuid(0)
    (taken / "state.db-shm").unlink()
    user()
    with pytest.raises(Misconfigured, match=r"read-only for user 65534.*state.db-shm"):
        Reader(taken / "state.db")


@pytest.mark.parametrize(
    ("name", "mode"), [("index", 0o700), ("index/state.db", 0o600)]
)
def test_who_has_no_right_is_told_which_setting_gives_it(index, user, name, mode):
    """Also where not even the folder may be entered."""
    home = index.state.path.parents[1]
    index.state.close()
    (home / name).chmod(mode)
    user()
    with pytest.raises(Misconfigured) as caught:
        Reader(index.state.path)
    assert str(caught.value) == (
        f"user 65534 may not read {home / name}: its owner lets a group or all read by"
        " the setting index_readable, see docs/state.md; or ask as its owner"
    )


def test_what_is_no_state_is_not_asked(tmp_path):
    """A file of something else, an empty one, a damaged one, one of a newer schema."""
    with closing(connect(tmp_path / "log.db")) as db:
        db.execute("CREATE TABLE records (a TEXT)")
    with pytest.raises(Misconfigured, match="it holds something else"):
        Reader(tmp_path / "log.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(Misconfigured, match="it is empty: no stories yet"):
        Reader(tmp_path / "empty.db")
    (tmp_path / "junk.db").write_bytes(b"junk " * 999)
    with pytest.raises(Misconfigured, match="file is not a database"):
        Reader(tmp_path / "junk.db")
    State(tmp_path / "new.db").close()
    with closing(connect(tmp_path / "new.db")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(Misconfigured, match="schema 99.*or another --state"):
        Reader(tmp_path / "new.db")


def test_no_class_of_the_index_has_more_than_twenty_public_methods():
    """With what it inherits: who reads it can hold it in mind."""
    counts = {}
    for found in pkgutil.walk_packages(samestory.index.__path__, "samestory.index."):
        for name, one in vars(importlib.import_module(found.name)).items():
            if isinstance(one, type) and one.__module__ == found.name:
                methods = inspect.getmembers(one, inspect.isfunction)
                counts[name] = sum(not method.startswith("_") for method, _ in methods)
    assert min(counts["State"], counts["Reader"]) > 10
    assert {name: number for name, number in counts.items() if number > 20} == {}
