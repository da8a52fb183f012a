"""The contract of the log: every backend passes it. Today: the embedded one."""

import multiprocessing
import os
import signal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from deploy.stream.embedded import EmbeddedLog
from deploy.stream.log import JOURNAL, STORIES, Message
from ingest.errors import Misconfigured, Retry


@pytest.fixture
def log(tmp_path):
    found = EmbeddedLog(tmp_path / "log.db")
    yield found
    found.close()


def messages(*texts: str) -> list[Message]:
    return [
        Message(key=t, value=t.encode(), headers={"n": str(i)})
        for i, t in enumerate(texts)
    ]


def test_records_come_in_order_with_key_value_headers_and_place(log):
    """What was published is what is read."""
    log.publish(STORIES, messages("a", "b"))
    log.publish(STORIES, messages("c"))
    found = log.consumer("g", STORIES).poll(10, 0)
    assert [(r.offset, r.key, r.value) for r in found] == [
        (0, "a", b"a"),
        (1, "b", b"b"),
        (2, "c", b"c"),
    ]
    assert [r.headers["n"] for r in found] == ["0", "1", "0"]


def test_a_group_goes_on_from_what_it_committed(log):
    """What was read but not committed comes again; groups are independent."""
    log.publish(STORIES, messages(*"abcde"))
    reader = log.consumer("g", STORIES)
    assert [r.key for r in reader.poll(2, 0)] == ["a", "b"]
    reader.commit({0: 2})
    assert [r.key for r in reader.poll(2, 0)] == ["c", "d"]
    assert [r.key for r in log.consumer("g", STORIES).poll(9, 0)] == ["c", "d", "e"]
    assert [r.key for r in log.consumer("other", STORIES).poll(1, 0)] == ["a"]
    reader.seek(0, 1)
    assert [r.key for r in reader.poll(1, 0)] == ["b"]


def test_lag_counts_what_the_group_has_not_committed(tmp_path):
    """Records behind, and the age of the oldest."""
    now = [100.0]
    log = EmbeddedLog(tmp_path / "log.db", clock=lambda: now[0])
    assert log.lag("g", STORIES).behind == 0
    assert log.lag("g", STORIES).oldest_s is None
    log.publish(STORIES, messages("a"))
    now[0] = 160.0
    log.publish(STORIES, messages("b"))
    lag = log.lag("g", STORIES)
    assert (lag.behind, lag.oldest_s) == (2, 60.0)
    log.consumer("g", STORIES).commit({0: 1})
    assert (log.lag("g", STORIES).behind, log.lag("g", STORIES).oldest_s) == (1, 0.0)
    assert log.count(STORIES) == 2
    log.close()


def test_a_mistyped_topic_is_refused_and_never_made(log):
    """The message lists the topics there are."""
    for action in (
        lambda: log.publish("storiez", messages("a")),
        lambda: log.consumer("g", "storiez"),
    ):
        with pytest.raises(Misconfigured, match="'storiez' does not exist"):
            action()
    with pytest.raises(Misconfigured, match="no partition 3"):
        log.consumer("g", STORIES).seek(3, 0)


def test_a_reader_wakes_up_for_an_append_of_another_process(tmp_path, log):
    """poll waits, and returns as soon as there is something."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_append, args=(tmp_path / "log.db", 1))
    process.start()
    found = log.consumer("g", JOURNAL).poll(1, 60)
    process.join()
    assert [r.key for r in found] == ["0"]


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
    keys = [r.key for r in log.consumer("g", JOURNAL).poll(20_000, 0)]
    assert keys == [str(i) for i in range(len(keys))]
    assert len(keys) > acknowledged


def _append(path, count, pipe=None):
    log = EmbeddedLog(path)
    for i in range(count):
        log.publish(JOURNAL, [Message(key=str(i), value=b"x" * 500)])
        if pipe:
            pipe.send(i)


def test_a_full_disk_raises_retry_and_leaves_the_log_whole(log):
    """Nothing half-written; the same append works when there is room again."""
    log.publish(STORIES, messages("a"))
    pages = log._db.execute("PRAGMA page_count").fetchone()[0]
    log._db.execute(f"PRAGMA max_page_count = {pages}")
    big = [Message(key="b", value=b"x" * 1_000_000)]
    with pytest.raises(Retry, match="full"):
        log.publish(STORIES, big)
    assert log.count(STORIES) == 1
    log._db.execute("PRAGMA max_page_count = 1000000")
    log.publish(STORIES, big)
    assert [r.key for r in log.consumer("g", STORIES).poll(9, 0)] == ["a", "b"]


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
            behind = self.log.lag("g", STORIES).behind
            assert behind == len(self.model) - self.committed

    def teardown(self):
        if hasattr(self, "log"):
            self.log.close()
            self.folder.cleanup()


TestLogModel = LogMachine.TestCase
TestLogModel.settings = settings(max_examples=30, stateful_step_count=20, deadline=None)
