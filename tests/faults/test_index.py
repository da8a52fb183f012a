"""The index's state under everything that may befall it: kill -9, bit rot, no room."""

import random
import sqlite3

import pytest

from samestory.database import connect, damage_of
from samestory.database_copy import copy_database
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.log import JOURNAL, Message
from samestory.errors import Retry
from samestory.index.grouping.event_index import EventIndex
from samestory.index.search import segments
from samestory.index.store.integrity import damage_of_state
from samestory.index.store.state import State
from tests.faults.room import SEED, room
from tests.killed_index import KEEP_DAYS, journal_of, killed_often, undisturbed

KEEP_S = KEEP_DAYS * 86_400.0


@pytest.mark.slow
def test_killed_at_random_moments_it_ends_as_if_nothing_had_been(tmp_path):
    """`make campaign` does it 200 times.

    Six lives of up to two seconds each, and two indexes of 660 records.
    """
    found = killed_often(tmp_path, stories=600, kills=6, seed=SEED, upto_s=2.0)
    assert found["tracebacks"] == 0
    assert found["records"] > 650


@pytest.fixture
def whole(tmp_path, monkeypatch):
    """A state with its files, a snapshot and a log, all closed."""
    monkeypatch.setattr(segments, "DAY_UNFILED", 12)
    journal = journal_of(300, SEED)
    undisturbed(journal, tmp_path / "index", 50).close()
    copy_database(tmp_path / "index" / "state.db", tmp_path / "snapshot.db")
    log = EmbeddedLog(tmp_path / "log.db")
    log.publish(JOURNAL, [Message(key="", value=value) for value in journal])
    log.close()
    return tmp_path


def dump_of(path) -> list[str] | str:
    """Return all that a database holds; why, if it can't be read."""
    db = connect(path)
    try:
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return [
            repr([tuple(row) for row in db.execute(f"SELECT * FROM {name}")])
            for (name,) in tables.fetchall()
        ]
    except sqlite3.Error as error:
        return str(error)
    finally:
        db.close()


def damage_in(path, folder) -> list[str]:
    """Return what `samestory check` and `restore` say of a file, by its name."""
    if path.name == "log.db":
        found = damage_of(path)
        log = None if found else EmbeddedLog(path)
        found += log.damage() if log else []
        if log:
            log.close()
        return found
    state = folder / "index" / "state.db"
    is_snapshot = path.name == "snapshot.db"
    named = damage_of_state(path if is_snapshot else state, with_files=not is_snapshot)
    return [line for file, line in named if file == path]


def test_a_flipped_bit_is_noticed_in_every_file_by_name(whole):
    """Wherever it is; where nothing is kept, nothing is lost by it."""
    rng = random.Random(SEED)
    files = [
        whole / "index" / "state.db",
        whole / "snapshot.db",
        whole / "log.db",
        *sorted((whole / "index" / "state.vectors").iterdir())[:6],
    ]
    assert all(damage_in(path, whole) == [] for path in files)
    for path in files:
        content = path.read_bytes()
        held = dump_of(path) if path.suffix == ".db" else None
        noticed = 0
        for _ in range(40 if held else 5):
            flipped = bytearray(content)
            flipped[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            path.write_bytes(flipped)
            found = damage_in(path, whole)
            noticed += bool(found)
            assert found or dump_of(path) == held, path.name
            path.with_name(path.name + "-shm").unlink(missing_ok=True)
            path.with_name(path.name + "-wal").unlink(missing_ok=True)
        path.write_bytes(content)
        assert noticed >= (10 if held else 5), path.name
        assert damage_in(path, whole) == []


def test_no_room_at_any_write_loses_nothing(tmp_path, monkeypatch):
    """The batch is tried again, from a state that is whole, when there is a little.

    Forty and more refusals, and every tenth time the state is opened anew.
    """
    monkeypatch.setattr(segments, "DAY_UNFILED", 12)
    journal = journal_of(110, SEED)
    calm = undisturbed(journal, tmp_path / "calm", 64)
    state = State(tmp_path / "rough" / "state.db")
    index = EventIndex(state, keep_s=KEEP_S)
    records, rng = list(enumerate(journal)), random.Random(SEED)
    limit, refused = 100_000, 0
    while state.meta.position() < len(records):
        at = state.meta.position()
        try:
            with room(limit):
                index.apply(records[at : at + rng.choice([1, 5, 30])])
        except (sqlite3.Error, OSError, Retry):
            refused += 1
            limit += 2_000
            assert state.meta.position() >= at
            if refused % 10 == 0:
                state.close()
                state = State(tmp_path / "rough" / "state.db")
                index = EventIndex(state, keep_s=KEEP_S)
    assert refused > 40
    index.apply([])
    assert state.digest() == calm.digest()
    assert list(damage_of_state(tmp_path / "rough" / "state.db")) == []
