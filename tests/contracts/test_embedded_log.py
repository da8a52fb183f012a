"""The embedded log alone: clocks, disks and processes of our own."""

import multiprocessing
import os
import signal
import sqlite3
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from samestory.database import connect, damage_of
from samestory.deploy.index_worker import _beginning
from samestory.deploy.stream.embedded import EmbeddedLog
from samestory.deploy.stream.embedded_group import HEARTBEAT_S, LEASE_S
from samestory.deploy.stream.log import (
    JOURNAL,
    STORIES,
    TOPICS,
    Fenced,
    Message,
    behind,
)
from samestory.errors import Misconfigured, Retry
from tests.contracts.records import messages
from tests.interleaving import just_before


@pytest.fixture
def log(tmp_path):
    found = EmbeddedLog(tmp_path / "log.db")
    yield found
    found.close()


def test_a_member_that_slept_through_its_lease_is_fenced(tmp_path):
    """A zombie's commit sets nothing; the other has its partitions; it may join again."""
    now = [1_000.0]
    log = EmbeddedLog(tmp_path / "log.db", monotonic=lambda: now[0])
    log.publish(STORIES, messages("a", "b"))
    zombie = log.consumer("g", STORIES, "z")
    assert [r.key for r in zombie.poll(1, 0)] == ["a"]
    now[0] += LEASE_S + 1
    other = log.consumer("g", STORIES, "a")
    assert [r.key for r in other.poll(1, 0)] == ["a"]
    with pytest.raises(Fenced, match="members of stories changed"):
        zombie.commit({0: 1})
    assert behind(log, "g", STORIES) == 2
    other.commit({0: 1})
    assert zombie.poll(5, 0) == []
    other.close()
    now[0] += 4  # a heartbeat later it has them
    assert [r.key for r in zombie.poll(5, 0)] == ["b"]
    log.close()


def test_a_member_that_says_so_stays_one_and_a_jump_of_the_clock_expels_nobody(
    tmp_path,
):
    """`keep` while a long batch is worked on; leases are on the time since boot."""
    boot, wall = [1_000.0], [1_700_000_000.0]
    log = EmbeddedLog(
        tmp_path / "log.db", monotonic=lambda: boot[0], clock=lambda: wall[0]
    )
    log.publish(STORIES, messages("a"))
    one = log.consumer("g", STORIES, "a")
    assert [r.key for r in one.poll(1, 0)] == ["a"]
    for hours in (1, -2, 24 * 365):
        wall[0] += 3600 * hours
        boot[0] += LEASE_S - 1
        one.keep()
        assert log.consumer("g", STORIES, "b").poll(1, 0) == []
    wall[0] = 1_700_000_000.0
    with pytest.raises(Fenced):  # b joined: its turn, not the clock's
        one.commit({0: 1})
    one.poll(1, 0)
    one.commit({0: 1})
    assert behind(log, "g", STORIES) == 0
    log.close()


def test_a_name_taken_twice_stops_the_first_to_have_it(tmp_path):
    """As Kafka's static members do; the message says what to do."""
    log = EmbeddedLog(tmp_path / "log.db")
    first = log.consumer("g", STORIES, "m")
    log.consumer("g", STORIES, "m")
    with pytest.raises(Misconfigured, match="taken over .* name them apart"):
        first.commit({0: 0})
    log.close()


def test_a_reader_wakes_up_for_an_append_of_another_process(tmp_path, log):
    """poll waits, and returns as soon as there is something."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_append, args=(tmp_path / "log.db", 1))
    process.start()
    found = log.consumer("g", JOURNAL).poll(1, 60)
    process.join()
    assert [r.key for r in found] == ["0"]


def test_an_append_while_a_reader_looks_is_no_gap(tmp_path, log):
    """It found nothing, then asked where the log begins: a record had come between."""
    log.publish(JOURNAL, messages("a"))
    other = EmbeddedLog(tmp_path / "log.db")
    reader = other.consumer("index", JOURNAL)
    assert [r.key for r in reader.poll(5, 0)] == ["a"]
    append = partial(log.publish, JOURNAL, messages("b"))
    with just_before(other._db, "FROM heads", append):
        assert reader.poll(5, 0) == []
    assert [r.key for r in reader.poll(5, 0)] == ["b"]
    other.close()


@pytest.mark.parametrize("statement", ["FROM heads", "FROM records"])
def test_a_new_index_begins_before_what_is_appended_while_it_looks(
    tmp_path, log, statement
):
    """Else the first story of a new installation would never be indexed."""
    other = EmbeddedLog(tmp_path / "log.db")
    append = partial(log.publish, JOURNAL, messages("b"))
    with just_before(other._db, statement, append):
        assert _beginning(other) == 0
    other.close()


def test_a_member_alone_outlives_its_own_lease(tmp_path):
    """Nobody took its partitions while the disk held its heartbeat up."""
    now = [1_000.0]
    log = EmbeddedLog(tmp_path / "log.db", monotonic=lambda: now[0])
    log.publish(STORIES, messages("a", "b"))
    reader = log.consumer("g", STORIES, "m")
    assert [r.key for r in reader.poll(1, 0)] == ["a"]
    now[0] += LEASE_S + 1
    reader.keep()
    reader.commit({0: 1})
    assert [r.key for r in reader.poll(5, 0)] == ["b"]
    log.close()


def test_who_lost_a_partition_with_a_batch_in_hand_is_fenced(tmp_path):
    """Though `keep` has told it of its new partitions: the batch was read before."""
    now = [1_000.0]
    log = EmbeddedLog(tmp_path / "log.db", monotonic=lambda: now[0])
    log.publish(STORIES, messages("a"))
    before = log.consumer("g", STORIES, "z")
    assert [r.key for r in before.poll(5, 0)] == ["a"]
    after = log.consumer("g", STORIES, "a")
    now[0] += HEARTBEAT_S + 1
    before.keep()
    with pytest.raises(Fenced):
        before.commit({0: 1})
    assert [r.key for r in after.poll(5, 0)] == ["a"]
    after.commit({0: 1})
    assert behind(log, "g", STORIES) == 0
    log.close()


def test_a_writer_killed_at_any_moment_loses_nothing_acknowledged(tmp_path, log):
    """SIGKILL: what publish returned for is there, in order, once."""
    context = multiprocessing.get_context("spawn")
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(
        target=_append, args=(tmp_path / "log.db", 10_000, writer)
    )
    process.start()
    writer.close()
    acknowledged = -1
    while acknowledged < 200:
        acknowledged = reader.recv()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    while reader.poll():
        try:
            acknowledged = reader.recv()
        except EOFError:
            break
    found = [r.key for r in log.consumer("g", JOURNAL).poll(20_000, 0)]
    assert found == [str(i) for i in range(len(found))]
    assert len(found) > acknowledged


def _append(path, count, pipe=None):
    log = EmbeddedLog(path)
    for i in range(count):
        log.publish(JOURNAL, [Message(key=str(i), value=b"x" * 500)])
        if pipe:
            pipe.send(i)


def test_a_full_disk_raises_retry_and_leaves_the_log_whole(log, tmp_path):
    """Nothing half-written, the file is named; with room again the same works."""
    log.publish(STORIES, messages("a"))
    group = log.consumer("g", STORIES)
    group.poll(1, 0)
    pages = log._db.execute("PRAGMA page_count").fetchone()[0]
    log._db.execute(f"PRAGMA max_page_count = {pages}")
    big = [Message(key="b", value=b"x" * 1_000_000)]
    with pytest.raises(Retry, match=f"^log {tmp_path / 'log.db'}: .* full"):
        log.publish(STORIES, big)
    with pytest.raises(Retry, match=f"^log {tmp_path / 'log.db'}: commit .* full"):
        group.commit({0: 1}, {0: "n" * 1_000_000})
    assert log.count(STORIES) == behind(log, "g", STORIES) == 1
    log._db.execute("PRAGMA max_page_count = 1000000")
    log.publish(STORIES, big)
    assert [r.key for r in log.consumer("g", STORIES).poll(9, 0)] == ["a", "b"]


def test_a_log_that_is_removed_under_its_readers_and_writers_is_named(tmp_path, log):
    """An idle reader notices as well."""
    log.publish(STORIES, messages("a"))
    reader = log.consumer("g", STORIES, "m")
    assert [r.key for r in reader.poll(1, 0)] == ["a"]
    (tmp_path / "log.db").unlink()
    for action in (
        lambda: log.publish(STORIES, messages("b")),
        lambda: reader.poll(1, 0),
        lambda: reader.commit({0: 1}),
        lambda: behind(log, "g", STORIES),
    ):
        with pytest.raises(Misconfigured, match="log.db: the file that is open was re"):
            action()


class LogMachine(RuleBasedStateMachine):
    """The log against a list."""

    @initialize()
    def begin(self):
        import tempfile
        from pathlib import Path

        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "log.db"
        self.log = EmbeddedLog(self.path)
        self.reader = self.log.consumer("g", STORIES)
        self.model: list[bytes] = []
        self.next = self.committed = 0

    @rule(values=st.lists(st.binary(max_size=40), max_size=4))
    def publish(self, values):
        self.log.publish(STORIES, [Message(key="k", value=v) for v in values])
        self.model += values

    @rule(limit=st.integers(1, 5))
    def poll(self, limit):
        found = self.reader.poll(limit, 0)
        assert [r.value for r in found] == self.model[self.next : self.next + limit]
        self.next += len(found)

    @rule()
    def commit(self):
        self.reader.commit({0: self.next})
        self.committed = self.next

    @rule()
    def restart(self):
        self.log.close()
        self.log = EmbeddedLog(self.path)
        self.reader = self.log.consumer("g", STORIES)
        self.next = self.committed

    @invariant()
    def lag_is_exact(self):
        if hasattr(self, "log"):
            left = behind(self.log, "g", STORIES)
            assert left == len(self.model) - self.committed

    def teardown(self):
        if hasattr(self, "log"):
            self.log.close()
            self.folder.cleanup()


TestLogModel = LogMachine.TestCase
TestLogModel.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)


# As schema 1 was, before records and rows had checksums.
FIRST = """
CREATE TABLE topics (
  topic TEXT PRIMARY KEY, partitions INTEGER NOT NULL, made TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE records (
  topic TEXT NOT NULL, part INTEGER NOT NULL, pos INTEGER NOT NULL,
  key TEXT NOT NULL, value BLOB NOT NULL, headers TEXT NOT NULL,
  appended_at REAL NOT NULL,
  PRIMARY KEY (topic, part, pos)
) STRICT;
CREATE TABLE heads (
  topic TEXT NOT NULL, part INTEGER NOT NULL, next INTEGER NOT NULL,
  bytes INTEGER NOT NULL, PRIMARY KEY (topic, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE positions (
  grp TEXT NOT NULL, topic TEXT NOT NULL, part INTEGER NOT NULL, pos INTEGER NOT NULL,
  note TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (grp, topic, part)
) STRICT, WITHOUT ROWID;
CREATE TABLE members (
  grp TEXT NOT NULL, topic TEXT NOT NULL, member TEXT NOT NULL,
  token TEXT NOT NULL, boot TEXT NOT NULL, seen REAL NOT NULL,
  PRIMARY KEY (grp, topic, member)
) STRICT, WITHOUT ROWID;
CREATE TABLE generations (
  grp TEXT NOT NULL, topic TEXT NOT NULL, generation INTEGER NOT NULL,
  PRIMARY KEY (grp, topic)
) STRICT, WITHOUT ROWID;
INSERT INTO records VALUES ('journal', 0, 0, 'k', x'6f6e65', '{"a": "b"}', 1.5);
INSERT INTO positions VALUES ('index', 'journal', 0, 1, 'noted', 1.5);
PRAGMA user_version = 1;
"""


def test_a_log_of_before_is_read_on_where_it_was(tmp_path):
    """Its records have no checksum, and none is asked of them."""
    db = sqlite3.connect(tmp_path / "log.db")
    db.executescript(FIRST)
    for topic in TOPICS:
        number = int(topic == JOURNAL)
        db.execute("INSERT INTO topics VALUES (?, 1, ?)", (topic, f"made-{topic}"))
        db.execute("INSERT INTO heads VALUES (?, 0, ?, ?)", (topic, number, 3 * number))
    db.commit()
    db.close()
    log = EmbeddedLog(tmp_path / "log.db")
    (old,) = log.read(JOURNAL, 0, 0, 9)
    assert (old.value, old.headers, old.appended_at) == (b"one", {"a": "b"}, 1.5)
    assert log.fingerprint(JOURNAL) == "made-journal"
    consumer = log.consumer("index", JOURNAL)
    assert consumer.notes() == {0: "noted"}
    log.publish(JOURNAL, [Message(key="k", value=b"two")])
    assert [one.value for one in consumer.poll(9, 1.0)] == [b"two"]
    log.close()
    assert damage_of(tmp_path / "log.db") == []


def test_a_record_whose_bytes_changed_is_named_and_not_read(tmp_path):
    """Those before it come; with check_crcs false it is read on."""
    log = EmbeddedLog(tmp_path / "log.db")
    log.publish(JOURNAL, [Message(key="k", value=b"%d" % n) for n in range(4)])
    db = connect(tmp_path / "log.db")
    with db:
        db.execute("UPDATE records SET value = x'39' WHERE pos = 2")
    db.close()
    assert [one.value for one in log.read(JOURNAL, 0, 0, 9)] == [b"0", b"1"]
    with pytest.raises(Misconfigured, match="record journal:0:2: its checksum"):
        log.read(JOURNAL, 0, 2, 9)
    consumer = log.consumer("g", JOURNAL)
    assert len(consumer.poll(9, 1.0)) == 2
    with pytest.raises(Misconfigured, match="check_crcs"):
        consumer.poll(9, 1.0)
    assert [line.split(":")[:3] for line in log.damage()] == [
        ["record journal", "0", "2"]
    ]
    log.close()
    lenient = EmbeddedLog(tmp_path / "log.db", check_crcs=False)
    assert len(lenient.read(JOURNAL, 0, 0, 9)) == 4
    lenient.close()
